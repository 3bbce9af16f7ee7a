"""The answers of the catalogue for a person: a head, and labelled paragraphs below it."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from smtpprobe.renderers import Options
from smtpprobe.renderers.folding import columns, fold, pad
from smtpprobe.words.entry import Entry
from smtpprobe.words.texts import Words

if TYPE_CHECKING:
    from smtpprobe.comparing import Comparison
    from smtpprobe.explaining import Answer
    from smtpprobe.listing import Listing

# Labels up to here stand beside their texts; where a language has longer ones, they stand above.
WIDEST_LABEL = 10
WIDEST_ID = 22
NARROWEST = 20
GAP = 3
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"

# The parts of an entry: (label, text).
Parts = list[tuple[str, str]]


def answers(answers: Sequence["Answer"], words: Words, options: Options) -> str:
    """Each answer, its most specific entries in full, what is only general in a line."""
    return "\n".join(_text(_answer(answer, words, options)) for answer in answers)


def _answer(answer: "Answer", words: Words, options: Options) -> list[str]:
    lines = [*_unknown(answer, words, options)] if not answer.known else []
    for index, entry in enumerate(answer.entries):
        if index > 0 and _general(entry):
            lines += _brief(entry, options)
            continue
        parts = parts_of(entry, words)
        if index == 0:
            parts = [*_of_answer(answer, words), *parts]
        lines += [*_head(entry, words, options), *_labelled(parts, options), ""]
    return lines


def _of_answer(answer: "Answer", words: Words) -> Parts:
    """What is told of this one reply, beside what its code means: what it says, and why it came."""
    named = words.labels("answers")
    parts = [(named["says"], text) for text in answer.says]
    parts += [(named["why"], answer.because)] if answer.because else []
    others = [f"{other.cause}: {other.tell_apart}" for other in answer.alternatives]
    return parts + [(named["or"], text) for text in others]


def _general(entry: Entry) -> bool:
    """A class or a subject: it speaks of many codes."""
    return entry.kind == "class" or entry.id.endswith(".X.X") or entry.id.count(".") == 1


def _unknown(answer: "Answer", words: Words, options: Options) -> list[str]:
    near = ", ".join(answer.nearest)
    key = "only-class" if answer.entries else "unknown-near" if near else "unknown"
    return _fold("", words.label("answers", key, asked=answer.asked, near=near), options)


def comparison(found: "Comparison", words: Words, options: Options) -> str:
    """Both entries in full, then what sets them apart, and what to do."""
    heading = words.labels("compare")
    lines = [_styled(line, BOLD, options) for line in _fold("", found.headline, options)]
    lines += [*_fold("", heading["same-code"] if found.same else found.classes, options), ""]
    for entry in (found.a,) if found.same else (found.a, found.b):
        lines += [*_head(entry, words, options), *_labelled(parts_of(entry, words), options), ""]
    if found.same:
        return _text(lines[:-1])
    lines += [_styled(heading["differences"], BOLD, options), *_differences(found, options)]
    lines += _fold("  ", heading["alike"], options) if not found.differences else []
    lines += ["", _styled(heading["instead"], BOLD, options)]
    lines += [line for text in found.instead for line in _fold("  ", text, options)]
    return _text(lines)


def _differences(found: "Comparison", options: Options) -> list[str]:
    """For each respect a line a code: `class   421  4yz ...`."""
    label = max((columns(one.label) for one in found.differences), default=0)
    id = max(columns(found.a.id), columns(found.b.id))
    lines = []
    for one in found.differences:
        lines += _fold(f"  {pad(one.label, label)}  {pad(found.a.id, id)}  ", one.words_a, options)
        lines += _fold(f"  {pad('', label)}  {pad(found.b.id, id)}  ", one.words_b, options)
    return lines


def listing(found: "Listing", words: Words, options: Options) -> str:
    """A line for each entry, under a heading for each kind."""
    headings = words.labels("catalogue")
    lines: list[str] = []
    for kind, group in groupby(found.entries, lambda entry: entry.kind):
        entries = list(group)
        ids = [entry.id for entry in entries]
        column = max((n for n in map(columns, ids) if n <= WIDEST_ID), default=0)
        lines += [*[""] * bool(lines), _styled(headings[kind], BOLD, options)]
        for entry in entries:
            lines += _row(entry, column, options)
    if found.sections:
        lines += [*[""] * bool(lines), _styled(headings["section"], BOLD, options)]
        lines += [f"  {section}" for section in found.sections]
    return _text(lines or _fold("", headings["none"], options))


def _row(entry: Entry, column: int, options: Options) -> list[str]:
    """An entry's name, and its standing as --standing takes it; a long id has a line of its own."""
    if options.width is None:
        return [f"  {pad(entry.id, column)}  {entry.title}   {entry.standing}"]
    lines = [f"  {entry.id}"] if columns(entry.id) > column else []
    left = f"  {pad('' if lines else entry.id, column)}  "
    room = max(options.width - columns(left) - len(entry.standing) - 2, NARROWEST)
    first, *rest = fold(entry.title, room)
    gap = max(options.width - columns(left) - columns(first) - len(entry.standing), 2)
    lines.append(f"{left}{first}{' ' * gap}{_styled(entry.standing, DIM, options)}")
    return [*lines, *(f"{' ' * columns(left)}{line}" for line in rest)]


# An entry


def parts_of(entry: Entry, words: Words) -> Parts:
    """The labelled texts of an entry, without those that are empty."""
    heading = words.labels("answers")
    code = entry.kind in ("reply", "enhanced", "class")
    when = "tell-apart" if entry.kind == "cause" else "when-code" if code else "when"
    parts = (
        (heading["means"], entry.meaning),
        (heading.get(f"takes-{entry.kind}", ""), entry.takes or ""),
        (heading[when], entry.when),
        (heading["fix"], entry.fix),
        (heading["source"], ", ".join(entry.references)),
    )
    return [(label, text) for label, text in parts if text]


def _head(entry: Entry, words: Words, options: Options) -> list[str]:
    """What it is called; at the right edge, or below, its class and who vouches for it."""
    left = f"{entry.id}  {entry.title}"
    standing = words.label("catalogue", f"standing-{entry.standing}")
    code = entry.kind in ("reply", "enhanced") and entry.standing in ("rfc-defined", "registered")
    right = entry.klass if code else f"{entry.klass}, {standing}"
    gap = options.width - columns(left) - columns(right) if options.width else GAP
    if gap >= GAP:
        return [_styled(left, BOLD, options) + " " * gap + _styled(right, DIM, options)]
    heads = [_styled(line, BOLD, options) for line in _fold("", left, options)]
    return [*heads, *(_styled(line, DIM, options) for line in _fold("  ", right, options))]


def _labelled(parts: Parts, options: Options) -> list[str]:
    """Each text behind its label, or below it where a label is long; a label is not said twice."""
    widest = max((columns(label) for label, _ in parts), default=0)
    lines: list[str] = []
    before = ""
    for label, text in parts:
        shown = "" if label == before and options.width else label
        before = label
        if widest <= WIDEST_LABEL or options.width is None:
            lines += _fold(f"  {pad(shown, min(widest, WIDEST_LABEL))}  ", text, options)
            continue
        lines += [f"  {_styled(shown, DIM, options)}"] if shown else []
        lines += _fold("    ", text, options)
    return lines


def _brief(entry: Entry, options: Options) -> list[str]:
    head = f"{entry.id}  {entry.title}: "
    first, *rest = fold(head + entry.meaning, _room(options, 2))
    if first.startswith(head):
        first = _styled(head, DIM, options) + first.removeprefix(head)
    return [first, *(f"  {line}" for line in rest)]


def _room(options: Options, used: int) -> int | None:
    return max(options.width - used, NARROWEST) if options.width else None


def _fold(head: str, text: str, options: Options) -> list[str]:
    first, *rest = fold(text, _room(options, columns(head)))
    return [head + first, *(" " * columns(head) + line for line in rest)]


def _styled(text: str, style: str, options: Options) -> str:
    return f"{style}{text}{PLAIN}" if options.color else text


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line.rstrip()}\n" for line in lines)
