"""Secrets out of what was sent, echoed or pasted.

A server may say back what it was told: as it came, in capitals, in base64, within a line of JSON or
HTML, cut off. A `Redactor` knows the secrets of a run and finds them in all these guises. It works
from two sides that meet in the middle. What has no beginning of its own in the data (base64, hex,
UTF-16, the other normal forms) is worked out of the secret, once: the *needles*. What is escaped
character by character, where any mix of escaped and plain is possible (`%70a%73s`, `p&#97;ss`,
`p\\x61ss`), is worked out of the data: it is *read* once for each way of escaping, as a decoder of it
would, and each reading knows the way back to the bytes it came from. Then all that is left is
`bytes.find`, which takes secrets of any length and stays fast whatever a hostile server sends.

    forms     out of the secret: the needles
    escapes   the ways of escaping, and what an escape stands for
    reading   out of the data: what it says, where a needle stands in it, and the way back

Needles and readings are folded before they are compared: letters to lower case, because servers echo
unknown commands in capitals; and `+` to a blank, because forms write it so.

An echo may be cut off, so the beginning of a secret is taken for it too: half of it, but at least
`SHORTEST_CUT` characters, and no more than `LONGEST_CUT` (a reply line has room for 510, a token may
have thousands). Where in doubt more is masked, rather than less.

Not looked for: one escaping around another (except around base64), ROT13, base32, decimal numbers,
digests and other things that do not give the secret back at a glance; nor a secret that begins with a
backslash escape directly behind a backslash that is not escaped itself. Base64 wrapped into lines is
found where the caller joins them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from smtpprobe.redaction.escapes import CODECS, HEX_SEPARATORS
from smtpprobe.redaction.forms import LONGEST_CUT, SHORTEST_CUT, hex_needles, needles
from smtpprobe.redaction.reading import Reading, Span

__all__ = ["LONGEST_CUT", "SECRET", "SHORTEST_CUT", "Redactor"]

SECRET = "[secret]"  # noqa: S105 - what stands in its place

_MARK = SECRET.encode()


class Redactor:
    """Finds the given secrets in bytes or text, in any common encoding, and masks them."""

    __slots__ = ("_hex", "_needles")

    def __init__(self, secrets: Iterable[str | bytes]) -> None:
        if isinstance(secrets, str | bytes):
            raise TypeError("Redactor takes the secrets as a list, not one secret")
        given = [secret for secret in secrets if secret]
        self._needles = {needle for secret in given for needle in needles(secret)}
        self._hex = {needle for secret in given for needle in hex_needles(secret)}

    def and_also(self, secrets: Iterable[str | bytes]) -> Redactor:
        """One that knows these as well."""
        other = Redactor(secrets)
        other._needles |= self._needles
        other._hex |= self._hex
        return other

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {'armed' if self._needles else 'empty'}>"

    def spans(self, data: bytes) -> list[Span]:
        """Where in the data a form of a secret stands: sorted, and no two of them touch.

        A mask that is already there is left alone, so that masking twice is masking once, also where
        the secret is the word "secret".
        """
        if not self._needles:
            return []
        masks = [match.span() for match in re.finditer(re.escape(_MARK), data)]
        return merged(span for span in self._hits(data) if not _within(span, masks))

    def mask(self, data: bytes) -> bytes:
        """The data with `[secret]` for each span."""
        return replaced(data, self.spans(data))

    def mask_text(self, text: str) -> str:
        """The text with `[secret]` for each place where a form of a secret stands."""
        data = text.encode("utf-8", "surrogatepass")
        whole_characters = merged(_to_characters(data, span) for span in self.spans(data))
        return replaced(data, whole_characters).decode("utf-8", "surrogatepass")

    def _hits(self, data: bytes) -> Iterator[Span]:
        as_it_is = Reading(data)
        for reading in (as_it_is, *filter(None, (Reading.through(codec, data) for codec in CODECS))):
            for needle in self._needles:
                yield from reading.find(needle)
                yield from reading.find_astride(needle)
        without_separators = Reading.through(HEX_SEPARATORS, data) or as_it_is
        for needle in self._hex:
            yield from without_separators.find(needle)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same places, sorted, those that overlap or touch as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _within(span: Span, sorted_spans: list[Span]) -> bool:
    """Whether the span lies in one of the others, which do not overlap."""
    index = bisect_right(sorted_spans, span[0], key=lambda other: other[0]) - 1
    return index >= 0 and span[1] <= sorted_spans[index][1]


def _to_characters(data: bytes, span: Span) -> Span:
    """The span of UTF-8, widened to whole characters."""
    start, end = span
    while start and _continues(data[start]):
        start -= 1
    while end < len(data) and _continues(data[end]):
        end += 1
    return start, end


def _continues(byte: int) -> bool:
    return 0x80 <= byte <= 0xBF


def replaced(data: bytes, spans: Iterable[Span]) -> bytes:
    """The data with `[secret]` for each of the spans, which are merged."""
    pieces: list[bytes] = []
    done = 0
    for start, end in spans:
        pieces += (data[done:start], _MARK)
        done = end
    pieces.append(data[done:])
    return b"".join(pieces)
