"""Entries of the catalogue in words: what `explain` shows, and what stands beside a reply in a report."""

from collections.abc import Mapping
from typing import Any

from smtpprobe.knowledge import lookup
from smtpprobe.knowledge.lookup import Key
from smtpprobe.words.entry import Action, Entry
from smtpprobe.words.texts import Facts, Words, fill, sentences


class _Unknown(Facts):
    """Placeholders of a finding or a cause that is explained without a session: HOST, CODE and the like."""

    def __init__(self) -> None:
        super().__init__({})

    def __missing__(self, key: str) -> str:
        return key.upper()


UNKNOWN_FACTS = _Unknown()


def entry(key: Key, words: Words) -> Entry:
    """The entry that a key names."""
    row = words.row(key.file, key.id)
    assert row is not None, key
    row = {**row, **_sense(row, key)}
    if key.kind in ("finding", "cause"):
        return _finding_or_cause(key, row, words)
    return Entry(
        id=key.name,
        kind=key.kind,
        title=row["title"],
        klass=_class(key, words),
        standing=row.get("standing", "rfc-defined"),
        meaning=row["meaning"],
        when=row["when"],
        fix=row["fix"],
        references=tuple(row["references"]),
        takes=_takes(row, words),
    )


def _takes(row: Mapping[str, Any], words: Words) -> str | None:
    if "takes" not in row:
        return None
    tls = words.label("answers", f"tls-{row['tls']}") if "tls" in row else ""
    return f"{row['takes']} {tls}".rstrip()


def _sense(row: Mapping[str, Any], key: Key) -> Mapping[str, Any]:
    senses: Mapping[str, Any] = row.get("classes" if key.kind == "enhanced" else "senses", {})
    found: Mapping[str, Any] = senses.get(key.sense or "", {})
    return found


def _finding_or_cause(key: Key, row: Mapping[str, Any], words: Words) -> Entry:
    facts = UNKNOWN_FACTS
    return Entry(
        id=key.name,
        kind=key.kind,
        title=fill(row["title"], facts),
        klass=words.label("groups", row.get("group", key.kind)),
        standing="smtpprobe",
        meaning=fill(row["meaning"], facts),
        when=fill(row.get("tell_apart", ""), facts),
        fix=join(actions(row, facts, words)),
        references=tuple(row.get("references", ())),
    )


def actions(row: Mapping[str, Any], facts: Mapping[str, str], words: Words) -> tuple[Action, ...]:
    """What to do, in order, of a finding or a cause; a finding without steps of its own names its cause.

    Steps for a server whose program is known are left out: `answering.fitting` chooses those.
    """
    if "next" not in row and "cause" in row:
        row = words.row("causes", row["cause"]) or row
    return tuple(
        Action(
            step["who"], fill(step["do"], facts), fill(step["command"], facts) if "command" in step else None
        )
        for step in row.get("next", ())
        if "unknown" in step.get("for", ("unknown",))
    )


def join(steps: tuple[Action, ...]) -> str:
    """What to do, in one text."""
    return sentences(*(f"{step.do} ({step.command})" if step.command else step.do for step in steps))


def _class(key: Key, words: Words) -> str:
    """`5yz Permanent Negative Completion` and its like."""
    if key.kind == "reply":
        klass = f"{key.id[0]}yz"
        row = words.row("classes", klass)
        return f"{klass} {row['title']}" if row else klass
    if key.kind == "enhanced":
        digit = key.name[0]
        row = words.row("enhanced", f"{digit}.X.X")
        return f"{digit}.X.X {row['title']}" if row else "X.X.X"
    return words.label("groups", key.kind)


def title_of(code: int, step: str | None, words: Words) -> str | None:
    """The short name of a reply code at a step, or None if no table has it."""
    keys = lookup.for_reply(code, step=step)
    return entry(keys[0], words).title if keys and keys[0].kind == "reply" else None
