"""The pieces that explanations and reports share.

They have a module of their own because `explain` needs no more than them: making a dataclass takes
most of a millisecond, and a document has twenty. The small ones are named tuples for the same reason.
"""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Entry:
    """An explanation out of the catalogue; `klass` is `class` in JSON."""

    id: str
    kind: str
    title: str
    klass: str
    standing: str
    meaning: str
    when: str
    fix: str
    references: tuple[str, ...]
    takes: str | None = None
    """What stands behind an EHLO keyword, or what a SASL mechanism needs."""


class Action(NamedTuple):
    """One thing to do, who must do it, and the command for it."""

    who: str
    do: str
    command: str | None


class Alternative(NamedTuple):
    """Another cause that the same reply can have, and a test that tells it apart."""

    cause: str
    tell_apart: str
