"""From a reply to what is known of it: from the most specific entry to the least, and never nothing.

For `535 5.7.8` at AUTH: what 535 means at AUTH, 535 anywhere, 5.7.8, its subject X.7, its class 5,
and at last the digits themselves. A code that stands in no table still has a first digit, and that
is what a client acts on (RFC 5321 4.3.2). Facts only: a `Key` says where the words are.
"""

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from smtpprobe.knowledge import tables


class Key(NamedTuple):
    """An entry: its file, its id there, the sense or class that it has here, and what to call it."""

    kind: str
    file: str
    id: str
    name: str
    sense: str | None = None


def for_reply(code: int | None, enhanced: str | None = None, step: str | None = None) -> tuple[Key, ...]:
    """Keys for a reply, the most specific first; empty only if there is neither code nor enhanced code."""
    keys = [*(_for_code(code, step) if code is not None else ())]
    keys += [*(for_enhanced(enhanced) if enhanced else ())]
    keys += [*(for_class(code) if code is not None else ())]
    return tuple(keys)


def _for_code(code: int, step: str | None) -> Iterator[Key]:
    row = tables.row("replies", str(code))
    if row is None:
        return
    senses = row.get("senses", {})
    # HELO is answered like EHLO, unless a table says otherwise.
    sense = "ehlo" if step == "helo" and "helo" not in senses else step
    if step and sense in senses:
        yield Key("reply", "replies", str(code), f"{step.upper()} {code}", sense)
    elif step and step.upper() in row["commands"]:
        yield Key("reply", "replies", str(code), f"{step.upper()} {code}")
        return
    yield Key("reply", "replies", str(code), str(code))


def for_class(code: int) -> Iterator[Key]:
    """What the first and the second digit say."""
    first, second = code // 100, code // 10 % 10
    klass = f"{first}yz" if 1 <= first <= 5 else "0yz"
    yield Key("class", "classes", klass, klass)
    if 2 <= first <= 5 and second <= 5:
        yield Key("class", "classes", f"x{second}z", f"x{second}z")


_ENHANCED = re.compile(r"([2345X])\.(\d{1,3})(?:\.(\d{1,3}))?", re.IGNORECASE)


def for_enhanced(code: str) -> Iterator[Key]:
    """Keys for `5.7.8`, `X.7.8`, `5.7` or `X.7`; nothing for anything else."""
    found = _ENHANCED.fullmatch(code)
    if not found:
        return
    klass, subject = found[1].upper(), int(found[2])
    if found[3] is not None:
        detail = f"{subject}.{int(found[3])}"
        for owner, id in _details().get(detail, ()):
            if klass == "X" or owner in (klass, "X"):
                yield Key("enhanced", "enhanced", id, f"{klass}.{detail}", klass if klass != "X" else None)
    if tables.row("enhanced", f"X.{subject}") is not None:
        yield Key("enhanced", "enhanced", f"X.{subject}", f"X.{subject}")
    if tables.row("enhanced", f"{klass}.X.X") is not None:
        yield Key("enhanced", "enhanced", f"{klass}.X.X", f"{klass}.X.X")


_DETAIL = re.compile(r"([2345X])\.(\d+)\.(\d+)(?:-(\d+))?")


@functools.cache
def _details() -> dict[str, list[tuple[str, str]]]:
    """`7.8` to (class, id) of what speaks of it, the registered one first: an id may be a list or a range."""
    index: dict[str, list[tuple[str, str]]] = {}
    for id in sorted(tables.ids("enhanced"), key=lambda id: not id.startswith("X.")):
        for klass, subject, low, high in _DETAIL.findall(id):
            for detail in range(int(low), int(high or low) + 1):
                index.setdefault(f"{subject}.{detail}", []).append((klass, id))
    return index


_MASKED = re.compile(r"X{3,}[A-Z]")


def for_keyword(keyword: str) -> Key | None:
    """The key of an EHLO keyword, in any case, `=VALUE` behind it or not; None if it is not known."""
    upper = keyword.upper()
    ids = set(tables.ids("extensions"))
    base = upper.partition("=")[0]
    for id in (upper, f"{base}=" if "=" in upper else upper, base):
        if id in ids:
            return Key("keyword", "extensions", id, id)
    if _MASKED.fullmatch(upper):
        return Key("keyword", "extensions", "XXXA", upper)  # a firewall overwrote the name
    return None


def for_mechanism(name: str) -> Key | None:
    """The key of a SASL mechanism, in any case; None if it is not known."""
    upper = name.upper()
    id = "9798-U-RSA-SHA1-ENC" if upper.startswith("9798-") else upper
    return Key("mechanism", "mechanisms", id, upper) if id in tables.ids("mechanisms") else None


def for_id(name: str) -> tuple[Key, ...]:
    """The keys of the finding and of the cause of that id; some have both, and most have neither."""
    lower = name.lower()
    both = (Key("finding", "findings", lower, lower), Key("cause", "causes", lower, lower))
    return tuple(key for key in both if lower in tables.ids(key.file))
