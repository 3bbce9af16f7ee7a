"""What `explain` answers, as text and as JSON.

Made without rich: looking up a code has to be quick, and a few labelled paragraphs need no more than
the standard library.
"""

import textwrap
from collections.abc import Sequence
from typing import Any

from smtpprobe.explaining import Answer
from smtpprobe.words.entry import Entry
from smtpprobe.words.texts import label

LABEL_COLUMNS = 7
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def to_json(answers: Sequence[Answer]) -> str:
    """The contract's `explain --json`."""
    import json

    from smtpprobe.words.dump import to_json as plain

    document: dict[str, Any] = {"schema": 1, "answers": [plain(answer) for answer in answers]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def to_text(answers: Sequence[Answer], width: int | None, *, color: bool) -> str:
    """Each answer, its most specific entries in full, what is only general in a line."""
    blocks = [_answer(answer, width, color) for answer in answers]
    return "\n".join(blocks)


def _answer(answer: Answer, width: int | None, color: bool) -> str:
    lines = []
    if not answer.known:
        lines += _unknown(answer, width)
    for index, entry in enumerate(answer.entries):
        brief = index > 0 and _general(entry)
        lines += _brief(entry, width, color) if brief else _full(entry, width, color)
    return "".join(line + "\n" for line in lines)


def _general(entry: Entry) -> bool:
    """A class or a subject: it speaks of many codes."""
    return entry.kind == "class" or entry.id.endswith(".X.X") or entry.id.count(".") == 1


def _unknown(answer: Answer, width: int | None) -> list[str]:
    if answer.entries:
        return _fold("", label("answers", "only-class", asked=answer.asked), width)
    near = ", ".join(answer.nearest)
    key = "unknown-near" if near else "unknown"
    return _fold("", label("answers", key, asked=answer.asked, near=near), width)


def _full(entry: Entry, width: int | None, color: bool) -> list[str]:
    lines = [_head(entry, width, color)]
    for name, text in (
        ("means", entry.meaning),
        ("when", entry.when),
        ("fix", entry.fix),
        ("source", ", ".join(entry.references)),
    ):
        if text:
            lines += _fold(f"  {label('answers', name):<{LABEL_COLUMNS}}", text, width)
    return [*lines, ""]


def _brief(entry: Entry, width: int | None, color: bool) -> list[str]:
    head = f"{entry.id}  {entry.title}: "
    lines = _fold(head, entry.meaning, width, hang=2)
    return [lines[0].replace(head, _styled(head, DIM, color), 1), *lines[1:]]


def _head(entry: Entry, width: int | None, color: bool) -> str:
    left = f"{entry.id}  {entry.title}"
    right = entry.klass if entry.kind in ("reply", "enhanced") else f"{entry.klass}, {entry.standing}"
    gap = (width or 0) - len(left) - len(right)
    return _styled(left, BOLD, color) + (" " * gap if gap >= 3 else "   ") + _styled(right, DIM, color)


def _styled(text: str, style: str, color: bool) -> str:
    return f"{style}{text}{PLAIN}" if color else text


def _fold(head: str, text: str, width: int | None, hang: int | None = None) -> list[str]:
    if width is None:
        return [head + text]
    indent = " " * (len(head) if hang is None else hang)
    return textwrap.wrap(head + text, max(width, 30), subsequent_indent=indent, drop_whitespace=True) or [
        head
    ]
