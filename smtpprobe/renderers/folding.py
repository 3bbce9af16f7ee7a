"""Text folded to columns, in every script.

A Japanese character takes two columns of a terminal, and a line may break beside it although there
is no blank; but no line begins with a full stop or a small kana, and none ends with an opening
bracket. Text without such characters breaks at its blanks, and nowhere else: a command stays whole.
"""

import re
from collections.abc import Iterator

# Between two of these, and between them and a word, a line may break: kana, ideographs, full-width forms.
_WIDE = "\u3000-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60\uffe0-\uffe6"
# A word of katakana is read as one and stays whole, if it is not too long for that.
_PIECE = rf"\s+|[\u30a1-\u30fa\u30fc]{{1,12}}|[{_WIDE}]|[^\s{_WIDE}]+"
_BLANKS_AND_WORDS = r"\s+|\S+"
# JIS X 4051: what never begins a line, and what never ends one.
_NOT_FIRST = frozenset(
    "、。，．・：；？！）」』】〕〉》ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ),.:;?!]}"
)
_NOT_LAST = frozenset("（「『【〔〈《([{")


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # rich's tables of widths; not needed for English

    return cell_len(text)


def pad(text: str, width: int) -> str:
    """The text with blanks behind it, up to so many columns."""
    return text + " " * (width - columns(text))


def fold(text: str, width: int | None) -> list[str]:
    """The text in lines of at most `width` columns; whole where there is no width."""
    if width is None or columns(text) <= width:
        return [text]
    lines = [""]
    for blank, unit in _units(text):
        if lines[-1] and columns(lines[-1] + blank + unit) > width:
            lines.append(unit)
        else:
            lines[-1] += blank + unit
        while columns(lines[-1]) > width:
            lines[-1:] = _cut(lines[-1], width)
    return lines


def _units(text: str) -> Iterator[tuple[str, str]]:
    """What must not be torn, each with the blanks before it."""
    blank, unit = "", ""
    for piece in re.findall(_BLANKS_AND_WORDS if text.isascii() else _PIECE, text):
        if piece.isspace():
            if unit:
                yield blank, unit
            blank, unit = (piece, "") if unit or not blank else (blank, "")
        elif unit and (_wide(unit[-1]) or _wide(piece[0])) and not _glued(unit[-1], piece[0]):
            yield blank, unit
            blank, unit = "", piece
        else:
            unit += piece
    if unit:
        yield blank, unit


def _wide(character: str) -> bool:
    return re.match(f"[{_WIDE}]", character) is not None


def _glued(left: str, right: str) -> bool:
    return right in _NOT_FIRST or left in _NOT_LAST


def _cut(line: str, width: int) -> tuple[str, str]:
    """A unit that is longer than a line, cut where the line is full."""
    taken, used = 0, 0
    for character in line:
        used += columns(character)
        if used > width and taken:
            break
        taken += 1
    return line[:taken], line[taken:]
