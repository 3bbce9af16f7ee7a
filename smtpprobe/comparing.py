"""`compare`: two codes side by side. No network.

What sets them apart is computed from facts (`knowledge.compare`), and so is what to do when one comes
where the other was expected: by the first digits, for a client acts on these (RFC 5321 4.3.2), and by
the commands that each of them answers.
"""

from dataclasses import dataclass, field

from smtpprobe.display import visible
from smtpprobe.explaining import ExplainError, read_name
from smtpprobe.knowledge.compare import Traits, apart, traits
from smtpprobe.knowledge.lookup import Key
from smtpprobe.pasted import CLASS, CODE, ENHANCED
from smtpprobe.words.catalogue import entry
from smtpprobe.words.entry import Entry
from smtpprobe.words.texts import Words, words_in


@dataclass(frozen=True, slots=True)
class Difference:
    """One respect in which two codes differ; `a` and `b` are keys, `text` says it in words."""

    of: str
    a: str
    b: str
    text: str
    label: str = field(metadata={"json": False})
    words_a: str = field(metadata={"json": False})
    words_b: str = field(metadata={"json": False})


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two codes side by side."""

    a: Entry
    b: Entry
    same_class: bool
    differences: tuple[Difference, ...]
    instead: tuple[str, ...]
    """What to do when one came where the other was expected."""
    headline: str = field(metadata={"json": False})
    classes: str = field(metadata={"json": False})
    """Whether the classes agree, in a sentence."""
    same: bool = field(metadata={"json": False})
    """Both are one and the same code."""


def compare(a: str, b: str, *, language: str = "en") -> Comparison:
    """Two codes side by side: basic or enhanced ones, known or not.

    Raises ExplainError for what is no code; ValueError for a language that is none of
    `words.texts.languages`.
    """
    words = words_in(language)
    keys = _key(a), _key(b)
    entries = entry(keys[0], words), entry(keys[1], words)
    facts = traits(keys[0]), traits(keys[1])
    same_class = facts[0].digit == facts[1].digit
    same = keys[0].name == keys[1].name
    headings = [words.label("catalogue", "entry", id=one.id, title=one.title) for one in entries]
    return Comparison(
        *entries,
        same_class=same_class,
        differences=tuple(_differences(keys, entries, facts, words)),
        instead=() if same else tuple(_instead(keys, facts, words)),
        headline=headings[0] if same else words.label("compare", "headline", a=headings[0], b=headings[1]),
        classes=_classes(keys, entries, same_class, words),
        same=same,
    )


def _key(text: str) -> Key:
    """The most specific key of a code, under the name that was asked for."""
    asked = text.strip()
    form = CODE.fullmatch(asked) or ENHANCED.fullmatch(asked) or CLASS.fullmatch(asked)
    read = read_name(asked) if form else None
    if not read or not read.keys:
        raise ExplainError(
            f"{visible(asked, 40)!r} is no reply code: compare two of the form 535, 5.7.8 or 5yz"
        )
    key = read.keys[0]
    return key if CLASS.fullmatch(asked) else key._replace(name=asked.upper())


def _classes(keys: tuple[Key, Key], entries: tuple[Entry, Entry], same_class: bool, words: Words) -> str:
    a, b = map(_class_of, keys, entries)
    return words.label("compare", "same-class" if same_class else "other-class", a=a, b=b)


def _class_of(key: Key, one: Entry) -> str:
    """`5yz Permanent Negative Completion`; a class is its own."""
    return f"{key.id} {one.title}" if key.kind == "class" else one.klass


# What sets them apart


def _differences(
    keys: tuple[Key, Key], entries: tuple[Entry, Entry], facts: tuple[Traits, Traits], words: Words
) -> list[Difference]:
    a, b = facts
    classes = _class_of(keys[0], entries[0]), _class_of(keys[1], entries[1])
    respects: tuple[Respect | None, ...] = (
        ("class", (a.klass, b.klass), classes),
        _said("permanence", "permanence-", (a.permanence, b.permanence), words),
        _said("who-acts", "who-", (a.who, b.who), words),
        _commands(a, b, words),
        _said("connection", "connection-", (a.closes, b.closes), words),
        _said("retry", "retry-", (a.retry, b.retry), words),
    )
    return [
        _difference(of, told, said, entries, words)
        for of, told, said in filter(None, respects)
        if told[0] != told[1]
    ]


def _difference(
    of: str, told: tuple[str, str], said: tuple[str, str], entries: tuple[Entry, Entry], words: Words
) -> Difference:
    label = words.label("compare", of)
    text = f"{label}: {entries[0].id} {said[0]}; {entries[1].id} {said[1]}"
    return Difference(of, *told, text=text, label=label, words_a=said[0], words_b=said[1])


# One respect: what it is called, the two facts, the two in words.
Respect = tuple[str, tuple[str, str], tuple[str, str]]


def _said(of: str, label: str, told: tuple[str, str], words: Words) -> Respect | None:
    """None where one of the two facts is not told by any table."""
    if not all(told):
        return None
    a, b = (words.label("compare", f"{label}{fact}") for fact in told)
    return of, told, (a, b)


def _commands(a: Traits, b: Traits, words: Words) -> Respect | None:
    if not (a.commands and b.commands):
        return None
    told = " ".join(a.commands), " ".join(b.commands)
    return "commands", told, (_in_words(a.commands, words), _in_words(b.commands, words))


def _in_words(commands: tuple[str, ...], words: Words) -> str:
    named = words.labels("compare")
    return ", ".join(named.get(f"commands-{one}", one) for one in commands)


# What to do


def _instead(keys: tuple[Key, Key], facts: tuple[Traits, Traits], words: Words) -> list[str]:
    a, b = keys
    first, second = facts
    if {a.kind, b.kind} == {"reply", "enhanced"}:
        return [_pair(keys, facts, words)]
    if apart(*facts):
        a_commands, b_commands = (_in_words(one.commands, words) for one in facts)
        return [
            words.label(
                "compare", "elsewhere", a=a.name, b=b.name, a_commands=a_commands, b_commands=b_commands
            )
        ]
    if not (first.digit and second.digit):
        return [_open(keys, facts, words)]
    if first.digit == second.digit:
        who_a, who_b = _who(first, words), _who(second, words)
        both = words.label("compare", f"both-{first.digit}", a=a.name, b=b.name, who_a=who_a, who_b=who_b)
        return [both, *_gone(keys, facts, words)]
    return [
        _one_way(b.name, a.name, second, first, words),
        _one_way(a.name, b.name, first, second, words),
        *_gone(keys, facts, words),
    ]


def _pair(keys: tuple[Key, Key], facts: tuple[Traits, Traits], words: Words) -> str:
    """A basic and an enhanced code: they stand in one reply, or contradict each other there."""
    basic, enhanced = sorted(keys, key=lambda key: key.kind == "enhanced")
    agree = "" in (facts[0].digit, facts[1].digit) or facts[0].digit == facts[1].digit
    label = "together" if agree else "contradiction"
    return words.label("compare", label, basic=basic.name, enhanced=enhanced.name)


def _open(keys: tuple[Key, Key], facts: tuple[Traits, Traits], words: Words) -> str:
    """One of them, or both, have no first digit that a client could act on."""
    known = [key.name for key, one in zip(keys, facts, strict=True) if one.digit]
    other = [key.name for key, one in zip(keys, facts, strict=True) if not one.digit]
    if known:
        return words.label("compare", "open-one", known=known[0], other=other[0])
    return words.label("compare", "open-both")


def _one_way(met: str, expected: str, came: Traits, wanted: Traits, words: Words) -> str:
    """What to do when `met` came where `expected` should have."""
    label = f"instead-{wanted.digit}-{came.digit}"
    return words.label("compare", label, met=met, expected=expected, who=_who(came, words))


def _who(one: Traits, words: Words) -> str:
    return words.label("compare", f"who-{one.who or 'you'}")


def _gone(keys: tuple[Key, Key], facts: tuple[Traits, Traits], words: Words) -> list[str]:
    """That the connection is gone with one of them and not with the other."""
    if facts[0].closes == facts[1].closes:
        return []
    return [
        words.label("compare", "closes", met=key.name)
        for key, one in zip(keys, facts, strict=True)
        if one.closes == "yes"
    ]
