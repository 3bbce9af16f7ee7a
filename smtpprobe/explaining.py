"""`explain`: from a word, a code or a whole reply to entries of the catalogue. No network.

What a person pastes is read in this order: a whole reply (a code and text behind it), a basic code,
an enhanced code, a class, an EHLO keyword, a SASL mechanism, a finding, a cause.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from smtpprobe.display import decode, visible
from smtpprobe.knowledge import lookup, tables
from smtpprobe.knowledge.lookup import Key
from smtpprobe.knowledge.refusals import AUTH_CODES, Reading, read_refusal
from smtpprobe.words.catalogue import UNKNOWN_FACTS, entry
from smtpprobe.words.entry import Alternative, Entry
from smtpprobe.words.texts import fill

# A reply of a server is at most this long before it is cut; see protocol.replies.
MAX_CHARACTERS = 64 * 1024


class ExplainError(ValueError):
    """What was asked is nothing that can be explained; says what would be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one thing that was asked. `known` is false where only its class is."""

    asked: str
    known: bool
    cause: str | None
    sure: str | None
    alternatives: tuple[Alternative, ...]
    entries: tuple[Entry, ...]
    nearest: tuple[str, ...] = ()


_CODE = re.compile(r"\d{3}")
_ENHANCED = re.compile(r"[2345xX]\.\d{1,3}(\.\d{1,3})?")
_CLASS = re.compile(r"([1-5])(?:yz|xx)", re.IGNORECASE)
_REPLY = re.compile(r"(\d{3})(?:[ -]|$)")


def explain(what: str, *, step: str | None = None) -> Answer:
    """Everything known of `what`, the most specific entry first; `step` says where a reply was seen.

    Raises ExplainError for something empty, or a single digit.
    """
    asked = what.strip()[:MAX_CHARACTERS]
    if not asked:
        raise ExplainError("nothing to explain: give a code (535, 5.7.8), a reply, a keyword or an id")
    if re.fullmatch(r"\d{1,2}|\d{4,}", asked):
        raise ExplainError(f"{visible(asked, 40)!r} is no reply code: it has three digits, like 535")
    keys, known = _keys(asked, step)
    why = _why(keys, step)
    return Answer(
        asked=visible(asked.splitlines()[0], 400),
        known=known,
        cause=why[0] if why else None,
        sure=why[1] if why else None,
        alternatives=tuple(map(_alternative, why[2])) if why else (),
        entries=tuple(map(entry, keys)),
        nearest=() if keys else nearest(asked),
    )


def _why(keys: tuple[Key, ...], step: str | None) -> Reading | None:
    """Why a login was refused, if the reply is one to AUTH: by its code, or because `step` says so."""
    code = next((int(key.id) for key in keys if key.kind == "reply"), None)
    if code is None or not (code in AUTH_CODES or (step == "auth" and 400 <= code < 600 and code != 421)):
        return None
    enhanced = next((key.name for key in keys if key.kind == "enhanced" and key.name[0].isdigit()), None)
    # Nothing is known of the channel; to assume that it was protected proves nothing too much.
    return read_refusal(code, enhanced, encrypted=True)[1]


def _alternative(id: str) -> Alternative:
    row = tables.row("causes", id)
    assert row is not None, id
    return Alternative(id, fill(row["tell_apart"], UNKNOWN_FACTS))


def _keys(asked: str, step: str | None) -> tuple[tuple[Key, ...], bool]:
    """The keys for what was asked, and whether more than its class is known."""
    if _CODE.fullmatch(asked):
        keys = lookup.for_reply(int(asked), step=step)
        return keys, keys[0].kind == "reply"
    if _ENHANCED.fullmatch(asked):
        keys = tuple(lookup.for_enhanced(asked))
        return keys, bool(keys) and _as_exact_as(keys[0].id, asked)
    if found := _CLASS.fullmatch(asked):
        return (Key("class", "classes", f"{found[1]}yz", f"{found[1]}yz"),), True
    for key in (lookup.for_id(asked), lookup.for_keyword(asked), lookup.for_mechanism(asked)):
        if key:
            return (key,), True
    if _REPLY.match(asked):
        return _reply_keys(asked, step)
    first, _, rest = asked.partition(" ")
    if rest:  # an EHLO line without its code, or an enhanced code with its text
        return _keys(first, step)
    return (), False


def _as_exact_as(id: str, asked: str) -> bool:
    """The entry speaks of what was asked, not only of its subject or class."""
    return not id.endswith(".X.X") and id.count(".") >= asked.count(".")


def _reply_keys(asked: str, step: str | None) -> tuple[tuple[Key, ...], bool]:
    """A whole reply, pasted: its code, its enhanced code, and the EHLO keyword if it is an EHLO line."""
    # Reading a reply is the parser's work, but `explain 535` does not need to import it.
    from smtpprobe.protocol.replies import find_enhanced, make_reply, read_line

    lines = [line.encode("utf-8", "surrogateescape") for line in asked.splitlines() if line.strip()]
    reply = make_reply([read_line(line) for line in lines])
    if reply.code is None:
        return (), False
    found = next(filter(None, (find_enhanced(line.text) for line in reply.lines)), None)
    keys = lookup.for_reply(reply.code, str(found) if found else None, step)
    if reply.code == 250 and not found and step in (None, "ehlo"):
        keyword = _keyword(decode(reply.lines[0].text))
        keys = (keyword, *keys) if keyword else keys
    return keys, any(key.kind != "class" for key in keys)


def _keyword(text: str) -> Key | None:
    words = text.split()
    return lookup.for_keyword(words[0]) if words else None


def nearest(asked: str) -> tuple[str, ...]:
    """Ids that look like what was asked."""
    import difflib

    names = {name.lower(): name for file in FILES for name in tables.ids(file)}
    return tuple(names[name] for name in difflib.get_close_matches(asked.lower(), names, n=3, cutoff=0.6))


FILES = ("extensions", "mechanisms", "findings", "causes")


def split(words: Sequence[str]) -> list[str]:
    """Arguments into things to explain: an unquoted `535 5.7.8 text` is one reply.

    It is when the first word is a code and a later one is no code, keyword, mechanism or id.
    """
    if len(words) > 1 and re.fullmatch(r"\d{3}(-\S*)?", words[0]):
        later = [word for word in words[1:] if not _stands_alone(word)]
        if later:
            return [" ".join(words)]
    return list(words)


def _stands_alone(word: str) -> bool:
    if _CODE.fullmatch(word) or _ENHANCED.fullmatch(word) or _CLASS.fullmatch(word) or _REPLY.match(word):
        return True
    return bool(lookup.for_id(word) or lookup.for_keyword(word) or lookup.for_mechanism(word))
