"""What a secret can look like: every form that has no beginning of its own in the data, as a `Needle`.

A form that an encoder may be given (the secret in UTF-8, UTF-16, another normal form) is *exact*: of it
base64 and hex are made. What else may stand there *plainly* (in capitals, backwards) is looked for as it is.
"""

from __future__ import annotations

import unicodedata
from binascii import b2a_base64
from collections.abc import Callable, Iterator
from typing import NamedTuple

SHORTEST_CUT = 8
LONGEST_CUT = 64

# Lower case, and "+" a blank: what is done to needles and readings before they are compared.
FOLD = bytes(range(256)).lower().translate(bytes.maketrans(b"+", b" "))

_TO_BASE64URL = bytes.maketrans(b"+/", b"-_")

# Within longer base64, fewer characters than this could be anything.
_SHORTEST_CORE = 4


class Needle(NamedTuple):
    """Something to look for, and how much of its beginning gives it away."""

    body: bytes
    least: int
    # Base64: the character before, or behind, holds the first or last bits of the secret beside others.
    edge_before: bool = False
    edge_after: bool = False


def needles(secret: str | bytes) -> Iterator[Needle]:
    """What to look for in every reading of the data; folded."""
    base64 = (needle for form in _exact_forms(secret) for needle in _base64_needles(form))
    for needle in (*_plain_forms(secret), *base64):
        yield needle._replace(body=needle.body.translate(FOLD))


def hex_needles(secret: str | bytes) -> Iterator[Needle]:
    """What to look for where the separators between the digits are gone."""
    for form in _exact_forms(secret):
        yield Needle(form.body.hex().encode(), 2 * form.least)


def _exact_forms(secret: str | bytes) -> set[Needle]:
    """The secret as bytes, in each character encoding and normal form."""
    forms = {_as_bytes(secret)}
    for text in _normal_forms(_as_text(secret)):
        forms |= _in_encodings(text)
    return forms


def _plain_forms(secret: str | bytes) -> set[Needle]:
    """The exact forms, in any case, written backwards, and with UTF-8 taken for Latin-1."""
    forms = _exact_forms(secret)
    text = _as_text(secret)
    for normal in _normal_forms(text):
        for other in (normal.lower(), normal.upper(), normal[::-1]):
            forms |= _in_encodings(other)
    if not text.isascii():
        forms |= _in_encodings(text.encode("utf-8", "surrogatepass").decode("latin-1"))
    return forms


def _as_bytes(secret: str | bytes) -> Needle:
    if isinstance(secret, bytes):
        return Needle(secret, _least(len(secret)))
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
    return {text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC"))}


def _in_encodings(text: str) -> set[Needle]:
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


def _cut(text: str, encode: Callable[[str], bytes]) -> Needle:
    """The needle for a text, from how much of it gives it away."""
    return Needle(encode(text), len(encode(text[: _least(len(text))])))


def _least(length: int) -> int:
    return min(length, max(SHORTEST_CUT, min(length // 2, LONGEST_CUT)))


def _base64_needles(form: Needle) -> Iterator[Needle]:
    """The base64 of the form behind 0, 1 or 2 other bytes, for base64 goes by threes: of each, the
    characters that are the same whatever stands around; in both alphabets."""
    body, least = form.body, form.least
    for before in range(3):
        start = -(-8 * before // 6)
        stop, shortest = 8 * (before + len(body)) // 6, 8 * (before + least) // 6
        core = b2a_base64(bytes(before) + body)[start:stop]
        if len(core) >= _SHORTEST_CORE:
            edge_after = bool(8 * (before + len(body)) % 6)
            least_core = max(_SHORTEST_CORE, shortest - start)
            for alphabet in (core, core.translate(_TO_BASE64URL)):
                yield Needle(alphabet, least_core, bool(before), edge_after)
    if len(body) < 3:  # too short for a core; by itself it is looked for nonetheless
        whole = b2a_base64(body).rstrip(b"=\n")
        for alphabet in (whole, whole.translate(_TO_BASE64URL)):
            yield Needle(alphabet, len(whole), edge_after=True)
