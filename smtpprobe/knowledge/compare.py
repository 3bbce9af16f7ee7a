"""What sets two codes apart, from facts alone: class, permanence, who acts, commands, connection, retry.

A basic code has all of it in its table. An enhanced code has its first digit and who must act; which
commands it answers is what the basic codes have in common that it comes with (IANA names them).
"""

from collections.abc import Sequence
from typing import NamedTuple

from smtpprobe.knowledge import tables
from smtpprobe.knowledge.lookup import Key

PERMANENCE = {"2": "success", "3": "intermediate", "4": "transient", "5": "permanent"}
_RETRY = {"2": "no-need", "3": "no-need", "4": "later", "5": "changed"}


class Traits(NamedTuple):
    """The facts of one code, in keys; empty is what no table tells."""

    digit: str
    """The first digit; empty if it is none of an SMTP reply, or left open (X.7.8)."""
    who: str
    commands: tuple[str, ...]
    closes: str
    retry: str

    @property
    def klass(self) -> str:
        return f"{self.digit}yz" if self.digit else ""

    @property
    def permanence(self) -> str:
        return PERMANENCE.get(self.digit, "unknown")


def traits(key: Key) -> Traits:
    """The facts of the code that a key stands for."""
    row = tables.row(key.file, key.id) or {}
    digit = key.name[0] if key.name[0] in PERMANENCE else ""
    basics = [code for code in row.get("basic", ()) if code[0] == digit or not digit]
    together = [found for code in basics if (found := tables.row("replies", code))]
    return Traits(
        digit,
        row.get("who", ""),
        tuple(row["commands"]) if "commands" in row else _common(together),
        row.get("closes", ""),
        # RFC 5321 4.2.1: the first digit alone tells a client whether to try again.
        row.get("retry", _RETRY.get(digit, "")),
    )


def _common(rows: Sequence[tables.Row]) -> tuple[str, ...]:
    """The commands that each of some basic codes answers; one that answers ANY leaves it to the others."""
    named = [tuple(row["commands"]) for row in rows if "ANY" not in row["commands"]]
    return tuple(one for one in named[0] if all(one in other for other in named)) if named else ()


def apart(a: Traits, b: Traits) -> bool:
    """Whether no command is answered with both."""
    if not a.commands or not b.commands or "ANY" in (*a.commands, *b.commands):
        return False
    return not {*a.commands} & {*b.commands}
