"""Why a reply was given, from its own words: the most specific evidence first.

    1.  what a provider or a program is known to say      said.toml, each row with the cause that it names
    2.  words that point to a cause in any reply          words.toml, in the languages that servers use

What the code and the enhanced code mean by themselves is told elsewhere (`refusals` for AUTH), and comes
after these: 535 5.7.8 is said for almost everything, and so is 421. `certain` is only what the reply says
in so many words; what general words point to is at most likely. Facts only, no language.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from smtpprobe.knowledge import tables
from smtpprobe.knowledge.tables import Row

# Patterns look no further: a reply may be 64 KiB long.
CHARACTERS = 4096
GAP = 60
# Codes that answer nothing but AUTH.
AUTH_CODES = frozenset({432, 435, 524, 525, 534, 535, 538})


class Said(NamedTuple):
    """A refusal, and what is known of who gave it."""

    code: int
    text: str = ""
    """The lines behind the code, joined by line feeds; each line bears its enhanced code."""
    enhanced: str | None = None
    step: str | None = None
    """Where it was said; None if that is not known."""
    providers: tuple[str, ...] = ()
    """Keys of software.toml, of the provider and of the program."""
    encrypted: bool = True


class Reading(NamedTuple):
    """What a refusal comes to: the cause, how sure that is, what else it could be, and by which evidence.

    `by` is said, words, enhanced, code or session; `provider` is whose words they are (`said` only).
    """

    cause: str
    sure: str
    alternatives: tuple[str, ...] = ()
    by: str = "code"
    provider: str = ""


def recognise(said: Said) -> Reading | None:
    """The cause that the words of a refusal name; None if they name none."""
    if not re.search(r"[^\W\d]", said.text):
        return None
    return _by_row(said) or _by_words(said)


# What is known to be said


def _by_row(said: Said) -> Reading | None:
    reply = f"{said.code} {folded(said.text)}"
    for row in _rows(said):
        if re.search(row["pattern"], reply, re.IGNORECASE | re.DOTALL):
            sure = row["sure"]
            return Reading(row["cause"], sure, tuple(row.get("alternatives", ())), "said", row["provider"])
    return None


def _rows(said: Said) -> Iterator[Row]:
    """The rows that this reply can be, those of its own provider first."""
    found = [
        row
        for id in tables.ids("said")
        if id.startswith(f"{said.code}-") and (row := tables.row("said", id)) and _fits(row, said)
    ]
    yield from sorted(found, key=lambda row: row["provider"] not in said.providers)


def _fits(row: Row, said: Said) -> bool:
    if row.get("only_there") and row["provider"] not in said.providers:
        return False
    return said.step is None or "any" in row["steps"] or said.step in row["steps"]


# Words


def _by_words(said: Said) -> Reading | None:
    text = spaced(folded(said.text))
    named = [cause for cause in tables.ids("words") if _speaks_of(cause, text, said)]
    if not named:
        return None
    cause, *others = named
    contradicts = cause in _FOR_NOW and said.code >= 500
    return Reading(cause, "possible" if contradicts else "likely", tuple(others[:3]), "words")


# Causes that pass by themselves; a 5yz that speaks of one contradicts itself.
_FOR_NOW = frozenset({"temporary-server", "overload", "greylisted", "ip-rate-limited"})


def _speaks_of(cause: str, text: str, said: Said) -> bool:
    steps, phrases = _phrases()[cause]
    return _meant(steps, said) and any(_holds(text, phrase) for phrase in phrases)


def _meant(steps: Sequence[str], said: Said) -> bool:
    """The words are of this step; where it is not known, the code says whether it can be the login."""
    if said.step:
        return said.step in steps
    return "auth" in steps if said.code in AUTH_CODES else set(steps) != {"auth"}


@functools.cache
def _phrases() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    rows = tables.table("words").items()
    return {cause: (tuple(row["steps"]), tuple(row["phrases"])) for cause, row in rows}


def _holds(text: str, phrase: str) -> bool:
    """The parts of the phrase stand in the text, in order and not far apart."""
    first, *rest = phrase.split("*")
    at = text.find(first)
    while at >= 0:
        end = at + len(first)
        for part in rest:
            found = text.find(part, end - 1, end + GAP + len(part))
            if found < 0:
                break
            end = found + len(part)
        else:
            return True
        at = text.find(first, at + 1)
    return False


def folded(text: str) -> str:
    """The lines of a reply as one, without the enhanced codes that repeat themselves in each (RFC 2034 4)."""
    return re.sub(r"\n\s*(?:[245]\.\d{1,3}\.\d{1,3}\s+)?", " ", text[:CHARACTERS])


def spaced(text: str) -> str:
    """Lower case, and a blank for whatever is no letter and no digit: ` user is locked `."""
    return " " + re.sub(r"[\W_]+", " ", text.casefold()).strip() + " "
