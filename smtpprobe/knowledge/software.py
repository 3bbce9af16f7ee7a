"""Who answers: the program and the provider, by what they say of themselves and by their host names.

The two are not the same. Google runs no Postfix; GoDaddy runs Exim, and says so; a host of one's own has a
program and no provider. Each text of a session is tried against the tables of `software.toml` for its
place, and what fits is a claim, no more: greetings are made up as people like. So the claims are weighed:

    1.  words that only one can say come before words that are typical of one
    2.  of equal ones, the greeting comes first, then what is hard to change: HELP, EHLO, STARTTLS, the rest
    3.  what is only typical counts for nothing at a provider, which may answer in the words of others, nor
        against a program that is named and bears a second sign; else programs that differ are all told
    4.  the name that was asked for counts as a provider's, unless another host answers with a program
    5.  mere form, such as the order of keywords, counts where nothing else is known and nothing differs

A masked greeting is a firewall's, and what speaks another protocol is no mail server, whatever it is called.
Facts only, no language.
"""

import functools
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from smtpprobe.display import visible
from smtpprobe.judgement import Claim, Recognised
from smtpprobe.knowledge import tables
from smtpprobe.knowledge.tables import Row

# Patterns look no further: a reply may be 64 KiB long.
CHARACTERS = 4096
MOST_TEXTS = 100
EVIDENCE_CHARACTERS = 160

CERTIFICATE, HOST = "certificate", "host"
SURE = ("high", "medium", "low")
ORDER = ("greeting", "help", "ehlo", "helo", "starttls", "auth", "quit", CERTIFICATE, HOST)
PROGRAMS = ("mta", "appliance")


class Heard(NamedTuple):
    """Something by which a server shows who it is."""

    where: str
    """The step whose reply it is, `certificate` (a name in it) or `host` (the name that was asked for)."""
    text: str
    """The reply with its codes, lines joined by line feeds; or the name."""


def recognise(heard: Iterable[Heard]) -> Recognised:
    """Who answers, by what was heard; the order of the texts does not matter."""
    return _recognise(tuple(Heard(where, text[:CHARACTERS]) for where, text in islice(heard, MOST_TEXTS)))


@functools.lru_cache(maxsize=8)  # the checks of one session all ask for the same
def _recognise(texts: tuple[Heard, ...]) -> Recognised:
    found = sorted((claim for text in texts for claim in _claims(text)), key=_rank)
    if any(claim.kind == "protocol" for claim in found):
        return Recognised()
    claims = _each_once(found)
    better = [claim for claim in claims if claim.sure != "low"]
    if not better:
        return Recognised(tuple(claims) if len(claims) == 1 else ())
    provider = _provider(better, texts)
    settled = provider is not None or _confirmed(found)
    return Recognised(tuple(claim for claim in better if _holds(claim, provider, settled=settled)))


def provider_of(heard: Iterable[Heard]) -> str | None:
    """The key of the provider that answers, else of the program; None if neither shows."""
    return next(iter(recognise(heard).keys), None)


# What a text claims


def _claims(heard: Heard) -> Iterator[Claim]:
    for row, pattern in _patterns(heard.where):
        if found := pattern.search(heard.text):
            yield _claim(row, heard.where, _lines(found), found.groupdict().get("version") or "")
    for name in _names(heard):
        for row, pattern in _patterns(HOST):
            if pattern.search(name):
                yield _claim(row, heard.where, name)


def _claim(row: Row, where: str, text: str, version: str = "") -> Claim:
    shown = visible(text, EVIDENCE_CHARACTERS)
    return Claim(row["key"], row["name"], row["kind"], row["confidence"], where, shown, version)


def _names(heard: Heard) -> Iterator[str]:
    """Host names in it: the text itself, or the one by which the server greets (RFC 5321 4.2)."""
    if heard.where in (CERTIFICATE, HOST):
        yield heard.text.lower().removeprefix("*.").rstrip(".")
    elif own := own_name(heard):
        yield own


def own_name(heard: Heard) -> str:
    """The name that the server gives itself in its greeting or its reply to EHLO; empty if it gives none."""
    found = re.match(r"\d{3}[- ]([a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){1,20})(?![\w.-])", heard.text, re.I)
    return found[1].lower() if found and heard.where in ("greeting", "ehlo", "helo") else ""


def _lines(found: re.Match[str]) -> str:
    """The lines that a match stands in, as one."""
    text = found.string
    start = text.rfind("\n", 0, found.start()) + 1
    end = text.find("\n", max(found.end() - 1, start))
    return " ".join(text[start : end if end >= 0 else None].split("\n")).strip()


@functools.cache
def _patterns(where: str) -> tuple[tuple[Row, re.Pattern[str]], ...]:
    """The tables for a place, with their patterns; those of `host` are tried on names alone."""
    places = {where, "reply"} - {HOST, CERTIFICATE} if where != HOST else {HOST}
    places |= {"ehlo"} if where == "helo" else set()
    rows = (row for row in tables.table("software").values() if row["where"] in places)
    return tuple((row, re.compile(row["pattern"], re.IGNORECASE | re.MULTILINE | re.ASCII)) for row in rows)


# What is to be believed of it


def _rank(claim: Claim) -> tuple[int, int]:
    place = ORDER.index(claim.where) if claim.where in ORDER else ORDER.index(CERTIFICATE)
    return SURE.index(claim.sure), place


def _each_once(claims: Iterable[Claim]) -> list[Claim]:
    """The best claim for each of whom there are some."""
    best: dict[tuple[str, str], Claim] = {}
    for claim in claims:
        best.setdefault((claim.kind, claim.key), claim)
    return list(best.values())


def _holds(claim: Claim, provider: Claim | None, *, settled: bool) -> bool:
    if claim.kind == "provider":
        return claim is provider
    return claim.kind not in PROGRAMS or claim.sure == "high" or not settled


def _confirmed(claims: list[Claim]) -> bool:
    """The program that is named bears another sign too, somewhere else."""
    named = _named(claims)
    return named is not None and any(c.key == named.key and c.where != named.where for c in claims)


def _named(claims: list[Claim]) -> Claim | None:
    return next((claim for claim in claims if claim.kind in PROGRAMS and claim.sure == "high"), None)


def _provider(claims: list[Claim], texts: Iterable[Heard]) -> Claim | None:
    """Whom its words show, or its certificate, or the name that was asked for, if no other host answers."""
    found = [claim for claim in claims if claim.kind == "provider"]
    certified = [claim for claim in found if claim.where == CERTIFICATE]
    said = [claim for claim in found if claim.where not in (CERTIFICATE, HOST)]
    asked = [claim for claim in found if claim.where == HOST]
    if said:
        return said[0]
    if len(certified) == 1:  # of a certificate for several of them, none answers
        return certified[0]
    elsewhere = _named(claims) and any(own_name(heard) for heard in texts)
    return asked[0] if asked and not elsewhere else None
