"""The answers of the catalogue as Markdown: to paste into a ticket, and the pages of docs/catalogue/.

Everything is escaped: an entry holds `<CR><LF>` and `*` as themselves, and what was asked is foreign.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from smtpprobe.renderers import Options
from smtpprobe.renderers.lookups.text import parts_of
from smtpprobe.words.entry import Entry
from smtpprobe.words.texts import Words

if TYPE_CHECKING:
    from smtpprobe.comparing import Comparison
    from smtpprobe.explaining import Answer
    from smtpprobe.listing import Listing

# No text begins a line of the page, so marks that mean something only there stay as they are.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|!~$&]")
_CODE = re.compile(r"`[^`]+`")


def answers(answers: Sequence["Answer"], words: Words, options: Options) -> str:
    return "\n".join(line for answer in answers for line in _answer(answer, words))


def _answer(answer: "Answer", words: Words) -> Iterator[str]:
    if not answer.known:
        near = ", ".join(answer.nearest)
        key = "only-class" if answer.entries else "unknown-near" if near else "unknown"
        yield f"{escape(words.label('answers', key, asked=answer.asked, near=near))}\n"
    for index, entry in enumerate(answer.entries):
        yield f"## {_name(entry, words)}\n"
        if index == 0:
            named = words.labels("answers")
            yield from (f"**{escape(named['says'])}**: {escape(text)}\n" for text in answer.says)
            if answer.because:
                yield f"**{escape(named['why'])}**: {escape(answer.because)}\n"
            for other in answer.alternatives:
                yield f"- {escape(other.cause)}: {escape(other.tell_apart)}"
            if answer.alternatives:
                yield ""
        yield from _parts(entry, words)


def comparison(found: "Comparison", words: Words, options: Options) -> str:
    return "\n".join(_comparison(found, words))


def _comparison(found: "Comparison", words: Words) -> Iterator[str]:
    heading = words.labels("compare")
    yield f"# {escape(found.headline)}\n"
    yield f"{escape(heading['same-code'] if found.same else found.classes)}\n"
    for entry in (found.a,) if found.same else (found.a, found.b):
        yield f"## {_name(entry, words)}\n"
        yield from _parts(entry, words)
    if found.same:
        return
    yield f"## {escape(heading['differences'])}\n"
    if found.differences:
        yield f"| | {escape(found.a.id)} | {escape(found.b.id)} |\n| --- | --- | --- |"
        for one in found.differences:
            yield f"| {escape(one.label)} | {escape(one.words_a)} | {escape(one.words_b)} |"
    else:
        yield escape(heading["alike"])
    yield f"\n## {escape(heading['instead'])}\n"
    for text in found.instead:
        yield f"- {escape(text)}"
    yield ""


def listing(found: "Listing", words: Words, options: Options) -> str:
    """A page with every entry in full."""
    return "\n".join(_listing(found, words))


def _listing(found: "Listing", words: Words) -> Iterator[str]:
    heading = words.labels("catalogue")
    yield f"# {escape(heading['title'])}\n"
    yield f"{escape(words.label('catalogue', 'about', count=len(found.entries)))}\n"
    kind = ""
    for entry in found.entries:
        if entry.kind != kind:
            kind = entry.kind
            yield f"## {escape(heading[kind])}\n"
        yield f"### {_name(entry, words)}\n"
        yield f"{escape(entry.klass)} · {escape(heading[f'standing-{entry.standing}'])}\n"
        yield from _parts(entry, words)
    if found.sections:
        yield f"## {escape(heading['section'])}\n"
        yield from (f"- {escape(section)}" for section in found.sections)


def _name(entry: Entry, words: Words) -> str:
    return escape(words.label("catalogue", "entry", id=entry.id, title=entry.title))


def _parts(entry: Entry, words: Words) -> Iterator[str]:
    for label, text in parts_of(entry, words):
        yield f"**{escape(label)}**: {escape(text)}\n"


def escape(text: str) -> str:
    """Text that Markdown shows as it is; what stands in backticks stays code."""
    parts, at = [], 0
    for code in _CODE.finditer(text):
        parts += [_escaped(text[at : code.start()]), code[0]]
        at = code.end()
    return "".join([*parts, _escaped(text[at:])])


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", text)
