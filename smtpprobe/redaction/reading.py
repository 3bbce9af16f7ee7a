"""The data as a decoder would read it, where a needle stands in it, and the way back to the data.

A reading is one text, however many escapes were decoded for it; of each escape it keeps where the value
stands in the text and where the escape stood in the data. So a needle is looked for with `bytes.find`, and a
place where it is found leads back to bytes of the data.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from smtpprobe.redaction.escapes import Codec
from smtpprobe.redaction.forms import FOLD, Needle

Span = tuple[int, int]

_FOLDED_BASE64 = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789 /-_")


class Reading:
    """The data as it is, or as one codec reads it; folded. And the way back."""

    __slots__ = ("_alike", "_ends", "_spans", "_starts", "text")

    def __init__(self, data: bytes) -> None:
        self.text = data.translate(FOLD)
        # Of each escape: where its value begins and ends in the text, and where it stands in the data.
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._spans: list[Span] = []
        # Hostile text has many escapes, but few different ones: by what it says, folded, the number of each.
        self._alike: dict[bytes, list[int]] = {}

    @classmethod
    def through(cls, codec: Codec, data: bytes) -> Reading | None:
        """The data as the codec reads it; None if nothing in it is escaped that way."""
        if codec.sign not in data:
            return None
        reading = cls(b"")
        pieces: list[bytes] = []
        values: dict[bytes, bytes | None] = {}
        done = length = 0
        for match in re.finditer(codec.escape, data):
            escape = match[0]
            if escape not in values:
                values[escape] = codec.decode(escape)
            value = values[escape]
            if value is None:
                continue
            first, last = span = match.span()
            pieces += (data[done:first], value)
            start = length + first - done
            length = start + len(value)
            reading._alike.setdefault(escape.translate(FOLD), []).append(len(reading._spans))
            reading._starts.append(start)
            reading._ends.append(length)
            reading._spans.append(span)
            done = last
        pieces.append(data[done:])
        reading.text = b"".join(pieces).translate(FOLD)
        return reading if reading._spans else None

    def find(self, needle: Needle) -> Iterator[Span]:
        """Where in the data the needle stands, by this reading."""
        for stretch in _stretches(self.text, needle):
            start, end = _with_edges(self.text, stretch, needle)
            yield self._origin(start)[0], self._origin(end - 1)[1]

    def find_astride(self, needle: Needle) -> Iterator[Span]:
        """Where the needle begins plainly within what was taken for an escape (`1s%65cret` behind
        a stray `%4`), and goes on behind it."""
        body, least = needle.body, needle.least
        for escape, numbers in self._alike.items():
            if body[0] not in escape:
                continue
            for inside in range(1, min(len(escape), len(body))):
                if not escape.endswith(body[:inside]):
                    continue
                rest = body[inside:least]
                for number in numbers:
                    if self.text.startswith(rest, self._ends[number]):
                        yield self._astride(number, inside, body)

    def _astride(self, number: int, inside: int, body: bytes) -> Span:
        """The span of a body of which so much stands at the end of that escape."""
        last, behind = self._spans[number][1], self._ends[number]
        shared = _shared(self.text, behind, body[inside:])
        return last - inside, self._origin(behind + shared - 1)[1] if shared else last

    def _origin(self, place: int) -> Span:
        """The bytes of the data that the byte at this place of the text was read from."""
        index = bisect_right(self._starts, place) - 1
        if index < 0:
            return place, place + 1
        if place < self._ends[index]:
            return self._spans[index]
        start = self._spans[index][1] + place - self._ends[index]
        return start, start + 1


def _stretches(text: bytes, needle: Needle) -> Iterator[Span]:
    """Where the needle, or enough of its beginning, stands in the text; what overlaps is one stretch.

    A text that begins the needle at every byte costs no more: `end` only moves forward.
    """
    body, least = needle.body, needle.least
    head = body[:least]
    begin = end = -1
    start = text.find(head)
    while start >= 0:
        if start > end:
            if end >= 0:
                yield begin, end
            begin = start
        end = max(end, start + least)
        if text.startswith(body, start):
            end = start + len(body)
        else:
            known = end - start
            if text[end : end + 1] == body[known : known + 1] and text.startswith(body[:known], start):
                end += _shared(text, end, body[known:])
        if end == len(text):
            break
        start = text.find(head, start + 1)
    if end >= 0:
        yield begin, end


def _shared(text: bytes, start: int, body: bytes) -> int:
    """How much of the body's beginning stands in the text at `start`."""
    if text.startswith(body, start):
        return len(body)
    shared, most = 0, min(len(body), len(text) - start)
    while shared < most and text[start + shared] == body[shared]:
        shared += 1
    return shared


def _with_edges(text: bytes, stretch: Span, needle: Needle) -> Span:
    """The stretch of base64 with the characters at its edges that hold some bits of it, and its padding."""
    start, end = stretch
    if needle.edge_before and start and text[start - 1] in _FOLDED_BASE64:
        start -= 1
    if needle.edge_after:
        if end < len(text) and text[end] in _FOLDED_BASE64:
            end += 1
        end += len(text[end : end + 2]) - len(text[end : end + 2].lstrip(b"="))
    return start, end
