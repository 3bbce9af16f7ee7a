"""`codes`: the catalogue as a list, filtered by facts. No network."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from smtpprobe.knowledge import tables
from smtpprobe.knowledge.lookup import Key
from smtpprobe.words.catalogue import entry
from smtpprobe.words.entry import Entry
from smtpprobe.words.texts import words_in

# File to the kind of its entries, in the order of the list.
KINDS = {
    "classes": "class",
    "replies": "reply",
    "enhanced": "enhanced",
    "extensions": "keyword",
    "mechanisms": "mechanism",
    "findings": "finding",
    "causes": "cause",
}
STANDINGS = (
    "rfc-defined",
    "registered",
    "private",
    "obsolete",
    "implementation",
    "folklore",
    "smtpprobe",
)


@dataclass(frozen=True, slots=True)
class Listing:
    """Entries of the catalogue; where a translation is asked about, also the sections around it."""

    entries: tuple[Entry, ...]
    sections: tuple[str, ...] = ()


def codes(
    *,
    digit: str | None = None,
    command: str | None = None,
    standing: str | None = None,
    language: str = "en",
) -> Listing:
    """The entries of the catalogue that fit every filter that is given.

    `digit` is the first digit of a code, `command` what a reply code answers, `standing` one of
    STANDINGS. ValueError for a language that is none of `words.texts.languages`.
    """
    words = words_in(language)
    found = (entry(key, words) for key in keys() if _fits(key, digit, command))
    return Listing(tuple(one for one in found if standing in (None, one.standing)))


def untranslated(language: str) -> Listing:
    """What a language lacks, or has for older English words only; in English."""
    left = set(words_in(language).untranslated())
    english = words_in("en")
    return Listing(
        tuple(entry(key, english) for key in keys() if (key.file, key.id) in left),
        tuple(f"{file}.toml {id}" for file, id in sorted(left) if file not in KINDS),
    )


def keys() -> Iterator[Key]:
    """A key for each entry, in the order of the files."""
    for file, kind in KINDS.items():
        for id in tables.ids(file):
            yield Key(kind, file, id, id)


def commands() -> tuple[str, ...]:
    """Every command that a reply code answers."""
    named = {name for row in tables.table("replies").values() for name in row["commands"]}
    return tuple(sorted(named))


def _fits(key: Key, digit: str | None, command: str | None) -> bool:
    if digit and not (key.kind in ("class", "reply", "enhanced") and digit in _digits(key.id)):
        return False
    if command is None:
        return True
    row = tables.row(key.file, key.id) or {}
    answers = {*row.get("commands", ()), *map(str.upper, row.get("senses", {}))}
    return key.kind == "reply" and bool({command.upper(), "ANY"} & answers)


def _digits(id: str) -> str:
    """The first digits that the codes of an entry have: those of X.7.8 are 2, 4 and 5."""
    found = "".join(re.findall(r"(?<![\d.])([\dX])(?=\.|yz|\d\d$)", id))
    return found.replace("X", "245")
