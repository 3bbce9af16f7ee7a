"""What a server offers to log in with, in words: where it offers it, and what each mechanism takes."""

from collections.abc import Mapping

from smtpprobe.display import visible
from smtpprobe.words.texts import Words

MOST_NAMED = 6
NAME_CHARACTERS = 40


def in_words(facts: Mapping[str, str], words: Words) -> Mapping[str, str]:
    """The facts `offers` and `named` of a finding that has `offered`; of any other, nothing."""
    if "offered" not in facts:
        return {}
    return {"offers": _offers(facts, words), "named": _named(facts["offered"].split(), words)}


def _offers(facts: Mapping[str, str], words: Words) -> str:
    """Before TLS and under it, as far as EHLO was said there."""
    nothing = words.label("offers", "nothing")
    places = {"offered_clear": "clear", "offered_tls": "tls"}
    told = [
        words.label("offers", key, names=facts[fact] or nothing)
        for fact, key in places.items()
        if fact in facts
    ]
    return "; ".join(told) or nothing


def _named(names: list[str], words: Words) -> str:
    """Each mechanism with its title and what it takes."""
    told = [_takes(name, words) for name in names[:MOST_NAMED]]
    told += [words.label("rows", "more", count=len(names) - MOST_NAMED)] if len(names) > MOST_NAMED else []
    return " ".join(told)


def _takes(name: str, words: Words) -> str:
    row, shown = words.row("mechanisms", name), visible(name, NAME_CHARACTERS)
    if row is None:
        return words.label("offers", "unknown", name=shown)
    return words.label("offers", "takes", name=shown, title=row["title"], takes=row["takes"])
