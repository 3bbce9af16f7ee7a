"""Secrets out of what was sent, echoed or pasted.

A server may say back what it was told: as it came, in capitals, in base64, within a line of JSON or
HTML, cut off. A `Redactor` knows the secrets of a run and finds them in all these guises. It works
from two sides that meet in the middle. What has no beginning of its own in the data (base64, hex,
UTF-16, the other normal forms) is worked out of the secret, once: the *needles*. What is escaped
character by character, where any mix of escaped and plain is possible (`%70a%73s`, `p&#97;ss`,
`p\\x61ss`), is worked out of the data: it is *read* once for each way of escaping, as a decoder of it
would, and each reading knows the way back to the bytes it came from. Then all that is left is
`bytes.find`, which takes secrets of any length and stays fast whatever a hostile server sends.

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
import unicodedata
from binascii import b2a_base64
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

__all__ = ["LONGEST_CUT", "SECRET", "SHORTEST_CUT", "Redactor"]

SECRET = "[secret]"  # noqa: S105 - what stands in its place
SHORTEST_CUT = 8
LONGEST_CUT = 64

_MARK = SECRET.encode()
_FOLD = bytes(range(256)).lower().translate(bytes.maketrans(b"+", b" "))
_FOLDED_BASE64 = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789 /-_")
_TO_BASE64URL = bytes.maketrans(b"+/", b"-_")

# Within longer base64, fewer characters than this could be anything.
_SHORTEST_CORE = 4

Span = tuple[int, int]


class Redactor:
    """Finds the given secrets in bytes or text, in any common encoding, and masks them."""

    __slots__ = ("_hex", "_needles")

    def __init__(self, secrets: Iterable[str | bytes]) -> None:
        if isinstance(secrets, str | bytes):
            raise TypeError("Redactor takes the secrets as a list, not one secret")
        self._needles: set[_Needle] = set()
        self._hex: set[_Needle] = set()  # looked for in a reading of their own
        for secret in secrets:
            if secret:
                self._add(secret)

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
        return _merged(span for span in self._hits(data) if not _within(span, masks))

    def mask(self, data: bytes) -> bytes:
        """The data with `[secret]` for each span."""
        return _replaced(data, self.spans(data))

    def mask_text(self, text: str) -> str:
        """The text with `[secret]` for each place where a form of a secret stands."""
        data = text.encode("utf-8", "surrogatepass")
        whole_characters = _merged(_to_characters(data, span) for span in self.spans(data))
        return _replaced(data, whole_characters).decode("utf-8", "surrogatepass")

    def _add(self, secret: str | bytes) -> None:
        self._needles.update(map(_folded, _plain_forms(secret)))
        for form in _exact_forms(secret):
            self._needles.update(map(_folded, _base64_needles(form)))
            self._hex.add(_Needle(form.body.hex().encode(), 2 * form.least))

    def _hits(self, data: bytes) -> Iterator[Span]:
        as_it_is = _Reading(data.translate(_FOLD))
        readings = [as_it_is, *filter(None, (_Reading.through(codec, data) for codec in _CODECS))]
        for reading in readings:
            for needle in self._needles:
                yield from reading.find(needle)
                yield from reading.find_astride(needle)
        without_separators = _Reading.through(_HEX_SEPARATORS, data) or as_it_is
        for needle in self._hex:
            yield from without_separators.find(needle)


# --- What is worked out of the secret


class _Needle(NamedTuple):
    """Something to look for, and how much of its beginning gives it away."""

    body: bytes
    least: int
    # Base64: the character before, or behind, holds the first or last bits of the secret beside others.
    edge_before: bool = False
    edge_after: bool = False


def _folded(needle: _Needle) -> _Needle:
    return needle._replace(body=needle.body.translate(_FOLD))


def _exact_forms(secret: str | bytes) -> set[_Needle]:
    """The secret as bytes, in each character encoding and normal form: what an encoder may be given."""
    forms = {_as_bytes(secret)}
    for text in _normal_forms(_as_text(secret)):
        forms |= _in_encodings(text)
    return forms


def _plain_forms(secret: str | bytes) -> set[_Needle]:
    """The exact forms, and what else may stand there without any encoding: other case, written
    backwards, and UTF-8 taken for Latin-1."""
    forms = _exact_forms(secret)
    text = _as_text(secret)
    for normal in _normal_forms(text):
        for other in (normal.lower(), normal.upper(), normal[::-1]):
            forms |= _in_encodings(other)
    if not text.isascii():
        forms |= _in_encodings(text.encode("utf-8", "surrogatepass").decode("latin-1"))
    return forms


def _as_bytes(secret: str | bytes) -> _Needle:
    if isinstance(secret, bytes):
        return _Needle(secret, _least(len(secret)))
    # A surrogate in an argument or a variable of the environment stands for a byte; in JSON for itself.
    try:
        return _cut(secret, lambda text: text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return _cut(secret, lambda text: text.encode("utf-8", "surrogatepass"))


def _as_text(secret: str | bytes) -> str:
    if isinstance(secret, str):
        return secret
    try:
        return secret.decode("utf-8")
    except UnicodeDecodeError:
        return secret.decode("latin-1")


def _normal_forms(text: str) -> set[str]:
    if text.isascii():
        return {text}
    return {text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC"))}


def _in_encodings(text: str) -> set[_Needle]:
    """The text in each character encoding that has all of it."""
    encoders = [
        lambda text: text.encode("utf-8", "surrogatepass"),
        lambda text: text.encode("utf-16-le", "surrogatepass"),
        lambda text: text.encode("utf-16-be", "surrogatepass"),
    ]
    if not text.isascii():
        encoders += [_latin1_where_possible, lambda text: text.encode("cp1252")]
    found = set()
    for encode in encoders:
        try:
            found.add(_cut(text, encode))
        except UnicodeEncodeError:
            continue
    return found


def _latin1_where_possible(text: str) -> bytes:
    """Latin-1, if it has the whole text; else what is left of `\\xe9\\u20ac` when the escapes are read."""
    return b"".join(
        character.encode("latin-1" if character <= "\xff" else "utf-8", "surrogatepass") for character in text
    )


def _cut(text: str, encode: Callable[[str], bytes]) -> _Needle:
    """The needle for a text, from how much of it gives it away."""
    return _Needle(encode(text), len(encode(text[: _least(len(text))])))


def _least(length: int) -> int:
    return min(length, max(SHORTEST_CUT, min(length // 2, LONGEST_CUT)))


def _base64_needles(form: _Needle) -> Iterator[_Needle]:
    """The base64 of the form behind 0, 1 or 2 other bytes, for base64 goes by threes: of each, the
    characters that are the same whatever stands around."""
    body, least = form.body, form.least
    for before in range(3):
        start = -(-8 * before // 6)
        stop, shortest = 8 * (before + len(body)) // 6, 8 * (before + least) // 6
        core = b2a_base64(bytes(before) + body)[start:stop]
        if len(core) >= _SHORTEST_CORE:
            edge_after = bool(8 * (before + len(body)) % 6)
            least_core = max(_SHORTEST_CORE, shortest - start)
            for alphabet in (core, core.translate(_TO_BASE64URL)):
                yield _Needle(alphabet, least_core, bool(before), edge_after)
    if len(body) < 3:  # too short for a core; by itself it is looked for nonetheless
        whole = b2a_base64(body).rstrip(b"=\n")
        for alphabet in (whole, whole.translate(_TO_BASE64URL)):
            yield _Needle(alphabet, len(whole), edge_after=True)


# --- What is worked out of the data


class _Codec(NamedTuple):
    """A way of escaping. The expression is compiled when it is first used, by `re`, which keeps it."""

    sign: bytes  # without this in the data, nothing in it is escaped that way
    escape: bytes  # the expression for an escape
    decode: Callable[[bytes], bytes | None]  # what an escape stands for; None: it is none after all


class _Reading:
    """The data as one codec reads it, folded, and the way back."""

    __slots__ = ("_alike", "_ends", "_spans", "_starts", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        # Of each escape: where its value begins and ends in the text, and where it stands in the data.
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._spans: list[Span] = []
        # Hostile text has many escapes, but few different ones: by what it says, folded, the number of each.
        self._alike: dict[bytes, list[int]] = {}

    @classmethod
    def through(cls, codec: _Codec, data: bytes) -> _Reading | None:
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
            reading._alike.setdefault(escape.translate(_FOLD), []).append(len(reading._spans))
            reading._starts.append(start)
            reading._ends.append(length)
            reading._spans.append(span)
            done = last
        pieces.append(data[done:])
        reading.text = b"".join(pieces).translate(_FOLD)
        return reading if reading._spans else None

    def find(self, needle: _Needle) -> Iterator[Span]:
        """Where in the data the needle stands, by this reading."""
        for stretch in _stretches(self.text, needle):
            start, end = _with_edges(self.text, stretch, needle)
            yield self._origin(start)[0], self._origin(end - 1)[1]

    def find_astride(self, needle: _Needle) -> Iterator[Span]:
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


def _hex_value(escape: bytes) -> bytes:
    """`%61`, `=61`, `+61`."""
    return bytes([int(escape[1:], 16)])


def _percent(escape: bytes) -> bytes:
    """`%61`, and what JavaScript's escape() makes of the rest: `%u20ac`."""
    return _utf16(escape.replace(b"%u", b"")) if escape[1:2] == b"u" else _hex_value(escape)


def _quoted_printable(escape: bytes) -> bytes:
    """`=61`, or a soft line break."""
    return b"" if escape.endswith(b"\n") else _hex_value(escape)


def _entity(escape: bytes) -> bytes | None:
    """`&quot;`, `&#34;`, `&#x22;`."""
    if escape[1:2] == b"#":
        digits = escape[2:].rstrip(b";")
        return _character(int(digits[1:], 16) if digits[:1] in (b"x", b"X") else int(digits))
    from html.entities import html5  # the table is large, and rarely needed

    value = html5.get(escape[1:].decode("ascii"))
    return None if value is None else value.encode()


_CONTROLS = dict(zip(b"abefnrtv", b"\a\b\x1b\f\n\r\t\v", strict=True))


def _backslash(escape: bytes) -> bytes | None:
    """What C, Python, JSON, JavaScript and shells write with a backslash."""
    kind = escape[1:2]
    if kind == b"\\":
        return _half(escape)
    if kind == b"x":
        return bytes([int(escape[2:], 16)])
    if kind == b"u" and escape[2:3] != b"{":
        return _utf16(escape.replace(b"\\u", b""))
    if kind in (b"u", b"U"):
        return _character(int(escape[2:].strip(b"{}"), 16))
    if kind.isdigit():
        return bytes([int(escape[1:], 8)])
    return bytes([_CONTROLS.get(kind[0], kind[0])])


def _character(code: int) -> bytes | None:
    return chr(code).encode("utf-8", "surrogatepass") if code <= 0x10FFFF else None


def _half(run: bytes) -> bytes:
    """A run of doubled characters."""
    return run[: len(run) // 2]


def _backslash_in_text(escape: bytes) -> bytes | None:
    """The same where `\\xe9` is a character, not a byte: what Python's repr() leaves, or our own display."""
    return _character(int(escape[2:], 16)) if escape[1:2] == b"x" else _backslash(escape)


def _utf16(digits: bytes) -> bytes:
    """The character of one unit of UTF-16, or of a pair, in UTF-8."""
    return (
        bytes.fromhex(digits.decode()).decode("utf-16-be", "surrogatepass").encode("utf-8", "surrogatepass")
    )


_PAIR_OR_ONE = rb"%s(?:[dD][89abAB][0-9a-fA-F]{2}%s[dD][c-fC-F][0-9a-fA-F]{2}|[0-9a-fA-F]{4})"
_WITH_BACKSLASH = (
    rb"(?s:(?:\\\\)+|\\(?:x[0-9a-fA-F]{2}|U[0-9a-fA-F]{8}|u\{[0-9a-fA-F]{1,6}\}"
    rb"|[0-3][0-7]{2}|[0-7]{1,2}|[abefnrtv]|[^0-9A-Za-z])|" + _PAIR_OR_ONE % (rb"\\u", rb"\\u") + rb")"
)
_CODECS = (
    _Codec(b"%", rb"%[0-9a-fA-F]{2}|" + _PAIR_OR_ONE % (b"%u", b"%u"), _percent),
    _Codec(b"=", rb"=(?:[0-9a-fA-F]{2}|[ \t]*\r?\n)", _quoted_printable),
    _Codec(b"+", rb"\+[0-9a-fA-F]{2}", _hex_value),  # RFC 3461 4: xtext, in parameters of SMTP
    _Codec(b"&", rb"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31}(?=;));?", _entity),
    _Codec(b"\\", _WITH_BACKSLASH, _backslash),
    _Codec(b"\\x", _WITH_BACKSLASH, _backslash_in_text),
    _Codec(b'""', rb'(?:"")+', _half),  # CSV
    _Codec(b"''", rb"(?:'')+", _half),  # SQL
)
# 61:62:63, 61 62 63, 0x61, 0x62, 0x63
_HEX_SEPARATORS = _Codec(b"", rb"[\s:,;-]+(?:0[xX])?", lambda _: b"")


# --- Where they meet


def _stretches(text: bytes, needle: _Needle) -> Iterator[Span]:
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


def _with_edges(text: bytes, stretch: Span, needle: _Needle) -> Span:
    """The stretch of base64 with the characters at its edges that hold some bits of it, and its padding."""
    start, end = stretch
    if needle.edge_before and start and text[start - 1] in _FOLDED_BASE64:
        start -= 1
    if needle.edge_after:
        if end < len(text) and text[end] in _FOLDED_BASE64:
            end += 1
        end += len(text[end : end + 2]) - len(text[end : end + 2].lstrip(b"="))
    return start, end


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


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


def _replaced(data: bytes, spans: Iterable[Span]) -> bytes:
    pieces: list[bytes] = []
    done = 0
    for start, end in spans:
        pieces += (data[done:start], _MARK)
        done = end
    pieces.append(data[done:])
    return b"".join(pieces)
