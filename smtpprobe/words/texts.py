"""Words by key, in one language: the one place that reads them out of the tables.

English stands in the tables of `knowledge`, beside the facts. Every other language is a folder here
with files of the same names that hold the words alone and are laid over the English ones. Each entry
of such an overlay carries, as `of`, a digest of the English that it was made from: where the English
has changed since, or the overlay lacks an entry, the reader gets English, and `untranslated` lists it.

    knowledge/replies.toml                words/ja/replies.toml
    ["535"]                               ["535"]
    who = "you"                           of = "0f3a9c21"
    title = "Authentication Failed"       title = "..."
    next = [{ who, do, command }]         do = ["..."]
"""

import functools
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from smtpprobe.display import visible
from smtpprobe.knowledge import tables
from smtpprobe.knowledge.tables import Row

HERE = os.path.dirname(__file__)

# No fact needs more than this of a line; a server's own text has its place in the evidence.
FACT_CHARACTERS = 300

# Files of knowledge whose entries hold words.
FILES = (
    "labels",
    "classes",
    "replies",
    "enhanced",
    "extensions",
    "mechanisms",
    "findings",
    "causes",
    "advice",
    "diagnosis",
)
# Keys of entries that hold facts; every other text is words, and in labels every one.
_FACTS = frozenset(
    {"standing", "references", "commands", "basic", "closes", "who", "retry", "group", "cause", "tls"}
)
_PLACEHOLDER = re.compile(r"\{\w*\}")


class Facts(dict[str, str]):
    """Facts that fill placeholders, made safe to show."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        super().__init__({key: visible(str(value), FACT_CHARACTERS) for key, value in facts.items()})


def sentences(*texts: str) -> str:
    """Sentences one after the other, empty ones left out; no blank stands behind a Japanese full stop."""
    return re.sub(r"。 ", "。", " ".join(filter(None, texts)))


def fill(template: str, facts: Mapping[str, str]) -> str:
    """A text of the tables with its placeholders filled."""
    return template.format_map(facts)


class Words:
    """The words of one language, each entry in English where there is no true translation of it."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._folder = os.path.join(HERE, language)
        self._rows: dict[tuple[str, str], Row | None] = {}

    def row(self, file: str, id: str) -> Row | None:
        """An entry of a file with its facts, worded in this language; None if there is none of that id."""
        at = file, id
        if at not in self._rows:
            self._rows[at] = self._read(file, id)
        return self._rows[at]

    def _read(self, file: str, id: str) -> Row | None:
        english = tables.row(file, id)
        if english is None or self.language == "en":
            return english
        overlay = tables.row(file, id, self._folder)
        return _laid_over(english, overlay) if overlay and is_true(file, english, overlay) else english

    def labels(self, section: str) -> Mapping[str, str]:
        """One section of labels.toml."""
        found = self.row("labels", section)
        assert found is not None, section
        return found

    def label(self, section: str, key: str, **facts: object) -> str:
        """One label, its placeholders filled."""
        return self.labels(section)[key].format_map(Facts(facts))

    def untranslated(self) -> Iterator[tuple[str, str]]:
        """(file, id) of every entry whose words are missing, or older than the English ones."""
        for file in FILES if self.language != "en" else ():
            for id in tables.ids(file):
                english, overlay = tables.row(file, id), tables.row(file, id, self._folder)
                if english and not (overlay and is_true(file, english, overlay)):
                    yield file, id


@functools.cache
def languages() -> tuple[str, ...]:
    """English, and every language that has a folder here."""
    folders = sorted(entry.name for entry in os.scandir(HERE) if entry.is_dir() and "_" not in entry.name)
    return ("en", *folders)


@functools.cache
def words_in(language: str) -> Words:
    """The words of a language of `languages`. Raises ValueError for any other."""
    if language not in languages():
        raise ValueError(f"{visible(language, 40)!r} is no language of smtpprobe: {', '.join(languages())}")
    return Words(language)


# Overlays


def words_of(file: str, row: Row) -> dict[str, Any]:
    """The words of an English entry, in the shape that an overlay has."""
    found: dict[str, Any] = {}
    facts = frozenset() if file == "labels" else _FACTS
    for key, value in row.items():
        if isinstance(value, Mapping):
            found |= {key: inner} if (inner := words_of(file, value)) else {}
        elif key == "next":
            found["do"] = [step["do"] for step in value]
        elif key not in facts and isinstance(value, str):
            found[key] = value
    return found


def digest(file: str, row: Row) -> str:
    """Eight hex digits that change when the words of an English entry do."""
    import json
    import zlib

    text = json.dumps(words_of(file, row), sort_keys=True, ensure_ascii=False)
    return f"{zlib.crc32(text.encode()):08x}"


def is_true(file: str, english: Row, overlay: Row) -> bool:
    """The overlay was made from these English words, and has a text for each of them."""
    texts = {key: value for key, value in overlay.items() if key != "of"}
    return overlay.get("of") == digest(file, english) and _alike(words_of(file, english), texts)


def _alike(english: Any, other: Any) -> bool:
    """The same keys, as many steps, the same placeholders."""
    if isinstance(english, Mapping):
        return (
            isinstance(other, Mapping)
            and english.keys() == other.keys()
            and all(_alike(value, other[key]) for key, value in english.items())
        )
    if isinstance(english, list):
        return isinstance(other, list) and len(english) == len(other) and all(map(_alike, english, other))
    if not isinstance(other, str) or not other:
        return False
    return set(_PLACEHOLDER.findall(english)) == set(_PLACEHOLDER.findall(other))


def _laid_over(english: Row, overlay: Row) -> Row:
    row = {**english}
    for key, value in overlay.items():
        if key == "do":
            row["next"] = [{**step, "do": do} for step, do in zip(english["next"], value, strict=True)]
        elif isinstance(value, Mapping):
            row[key] = _laid_over(english[key], value)
        elif key != "of":
            row[key] = value
    return row
