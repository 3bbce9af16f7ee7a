"""The ways of escaping in which a secret may come back, and what an escape of each stands for.

A `Codec` is a row of a table: add one to CODECS, and secrets are found through it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Codec(NamedTuple):
    """A way of escaping. The expression is compiled when it is first used, by `re`, which keeps it."""

    sign: bytes  # without this in the data, nothing in it is escaped that way
    escape: bytes  # the expression for an escape
    decode: Callable[[bytes], bytes | None]  # what an escape stands for; None: it is none after all


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
CODECS = (
    Codec(b"%", rb"%[0-9a-fA-F]{2}|" + _PAIR_OR_ONE % (b"%u", b"%u"), _percent),
    Codec(b"=", rb"=(?:[0-9a-fA-F]{2}|[ \t]*\r?\n)", _quoted_printable),
    Codec(b"+", rb"\+[0-9a-fA-F]{2}", _hex_value),  # RFC 3461 4: xtext, in parameters of SMTP
    Codec(b"&", rb"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31}(?=;));?", _entity),
    Codec(b"\\", _WITH_BACKSLASH, _backslash),
    Codec(b"\\x", _WITH_BACKSLASH, _backslash_in_text),
    Codec(b'""', rb'(?:"")+', _half),  # CSV
    Codec(b"''", rb"(?:'')+", _half),  # SQL
)
# 61:62:63, 61 62 63, 0x61, 0x62, 0x63
HEX_SEPARATORS = Codec(b"", rb"[\s:,;-]+(?:0[xX])?", lambda _: b"")
