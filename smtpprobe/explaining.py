"""`explain`: from a word, a code or a whole reply to entries of the catalogue. No network.

What a person pastes is read in this order: a basic code, an enhanced code, a class, the id of a
finding or a cause, an EHLO keyword, a SASL mechanism, a whole reply, an EHLO line without its code,
and at last a line of a log with a reply in it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from smtpprobe.display import decode, visible
from smtpprobe.knowledge import lookup, tables
from smtpprobe.knowledge.causes import AUTH_CODES, Reading, Said, recognise
from smtpprobe.knowledge.lookup import Key
from smtpprobe.knowledge.refusals import read_refusal
from smtpprobe.pasted import CLASS, CODE, ENHANCED, MAX_CHARACTERS, REPLY, inside
from smtpprobe.words.catalogue import UNKNOWN_FACTS, entry
from smtpprobe.words.entry import Alternative, Entry
from smtpprobe.words.saying import says
from smtpprobe.words.texts import Words, fill, sentences, words_in


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
    says: tuple[str, ...] = ()
    """What the line says by itself: a size in words, a challenge decoded."""
    because: str = field(default="", metadata={"json": False})
    """The cause in words, with how sure it is."""


class _Read(NamedTuple):
    """What was asked, read: keys, whether more than their class is known, and what the line says."""

    keys: tuple[Key, ...]
    known: bool
    says: tuple[str, ...] = ()
    step: str | None = None
    said: Said | None = None


def explain(what: str, *, step: str | None = None, language: str = "en") -> Answer:
    """Everything known of `what`, the most specific entry first; `step` says where a reply was seen.

    Raises ExplainError for what is empty, a single digit, too long or binary; ValueError for a language
    that is none of `words.texts.languages`.
    """
    words = words_in(language)
    asked = what.strip()
    _check(asked)
    read = _read(asked, step, words)
    if not read.keys and not decodable(asked):
        raise ExplainError("that is binary, no text: give a code (535, 5.7.8), a reply, a keyword or an id")
    why = _why(read, read.step or step)
    return Answer(
        asked=visible(asked.splitlines()[0], 400),
        known=read.known,
        cause=why.cause if why else None,
        sure=why.sure if why else None,
        alternatives=tuple(_alternative(id, words) for id in why.alternatives) if why else (),
        entries=tuple(entry(key, words) for key in read.keys),
        nearest=() if read.keys else nearest(asked),
        says=read.says,
        because=_because(why, words) if why else "",
    )


def _check(asked: str) -> None:
    if not asked:
        raise ExplainError("nothing to explain: give a code (535, 5.7.8), a reply, a keyword or an id")
    if len(asked) > MAX_CHARACTERS:
        raise ExplainError(f"that is too long to be a reply: give at most {MAX_CHARACTERS // 1024} KiB")
    if re.fullmatch(r"\d{1,2}|\d{4,}", asked):
        raise ExplainError(f"{visible(asked, 40)!r} is no reply code: it has three digits, like 535")


def decodable(text: str) -> bool:
    """Text as people paste it: no octets that are no UTF-8, and no control characters but ESC and blanks."""
    return not re.search(r"[\ud800-\udfff\x00-\x08\x0e-\x1a\x1c-\x1f]", text)


# Why


def _why(read: "_Read", step: str | None) -> Reading | None:
    """Why a refusal was given: by its words, and if it is one to AUTH, by its codes too."""
    said = read.said and read.said._replace(step=step)
    if said is None or not 400 <= said.code < 600:
        return None
    # Nothing is known of the channel; to assume that it was protected proves nothing too much.
    if said.code in AUTH_CODES or (step == "auth" and said.code != 421):
        reading = read_refusal(said)[1]
        return reading if said.text else reading._replace(by="")  # a code by itself has no words to weigh
    return recognise(said)


def _alternative(id: str, words: Words) -> Alternative:
    row = words.row("causes", id)
    assert row is not None, id
    return Alternative(id, fill(row["tell_apart"], UNKNOWN_FACTS))


def _because(why: Reading, words: Words) -> str:
    row = words.row("causes", why.cause)
    assert row is not None, why
    told = words.label("labels", f"sure-{why.sure}", cause=fill(row["title"], UNKNOWN_FACTS))
    evidence = words.labels("why").get("certain" if why.sure == "certain" else why.by, "")
    return sentences(told, evidence)


# What was asked


def _read(asked: str, step: str | None, words: Words) -> _Read:
    if read := read_name(asked, step):
        return read
    if REPLY.match(asked):
        return _read_reply(asked, step, words)
    if found := inside(asked):
        reply, seen = found
        read = _read(reply, step or seen, words)
        return read._replace(step=step or seen)
    first, _, rest = asked.partition(" ")
    if rest and (read := read_name(first, step)):  # an EHLO line without its code, an enhanced code with text
        as_ehlo = read.keys and read.keys[0].kind == "keyword"
        return _read_reply(f"250 {asked}", step, words) if as_ehlo else read
    return _Read((), False)


def read_name(asked: str, step: str | None = None) -> _Read | None:
    """A code, a class, a keyword, a mechanism or an id by itself; None if it is none of them."""
    if CODE.fullmatch(asked):
        keys = lookup.for_reply(int(asked), step=step)
        return _Read(keys, keys[0].kind == "reply", said=Said(int(asked)))
    if ENHANCED.fullmatch(asked):
        keys = tuple(lookup.for_enhanced(asked))
        return _Read(keys, bool(keys) and _as_exact_as(keys[0].id, asked))
    if found := CLASS.fullmatch(asked):
        return _Read((Key("class", "classes", f"{found[1]}yz", f"{found[1]}yz"),), True)
    named = lookup.for_keyword(asked) or lookup.for_mechanism(asked)
    keys = lookup.for_id(asked) or ((named,) if named else ())
    return _Read(keys, True) if keys else None


def stands_alone(word: str) -> bool:
    """Whether a word is the name of an entry that is no code."""
    return bool(lookup.for_id(word) or lookup.for_keyword(word) or lookup.for_mechanism(word))


def _as_exact_as(id: str, asked: str) -> bool:
    """The entry speaks of what was asked, not only of its subject or class."""
    return not id.endswith(".X.X") and id.count(".") >= asked.count(".")


def _read_reply(asked: str, step: str | None, words: Words) -> _Read:
    """A whole reply: its code, its enhanced code, and the keywords and mechanisms of EHLO lines."""
    # Reading a reply is the parser's work, but `explain 535` does not need to import it.
    from smtpprobe.protocol.replies import find_enhanced, make_reply, read_line

    lines = [line.encode("utf-8", "surrogateescape") for line in asked.splitlines() if line.strip()]
    reply = make_reply([read_line(line) for line in lines])
    if reply.code is None:
        return _Read((), False)
    found = next(filter(None, (find_enhanced(line.text) for line in reply.lines)), None)
    texts = [decode(line.text) for line in reply.lines]
    keys = lookup.for_reply(reply.code, str(found) if found else None, step)
    if reply.code == 250 and not found and step in (None, "ehlo"):
        keys = (*dict.fromkeys(_of_ehlo(texts)), *keys)
    refusal = Said(reply.code, "\n".join(texts), str(found) if found else None)
    known = any(key.kind != "class" for key in keys)
    return _Read(keys, known, says(reply.code, texts, words), said=refusal)


def _of_ehlo(texts: Iterable[str]) -> Iterable[Key]:
    """Keywords of EHLO lines, and the mechanisms behind AUTH."""
    for text in texts:
        keyword, *values = text.replace("AUTH=", "AUTH= ").split() or [""]
        key = lookup.for_keyword(keyword)
        if key:
            yield key
        if keyword.upper().rstrip("=") == "AUTH":
            yield from filter(None, map(lookup.for_mechanism, values))


# What is near


def nearest(asked: str) -> tuple[str, ...]:
    """Ids that look like what was asked."""
    import difflib

    names = {name.lower(): name for file in FILES for name in tables.ids(file)}
    return tuple(
        names[name] for name in difflib.get_close_matches(asked.lower()[:100], names, n=3, cutoff=0.6)
    )


FILES = ("extensions", "mechanisms", "findings", "causes")
