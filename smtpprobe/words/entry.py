"""The pieces that explanations and reports share.

They have a module of their own because `explain` needs no more than them: making a dataclass takes
most of a millisecond, and a document has twenty.
"""

from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do, who must do it, and the command for it."""

    who: str
    do: str
    command: str | None


@dataclass(frozen=True, slots=True)
class Alternative:
    cause: str
    tell_apart: str
