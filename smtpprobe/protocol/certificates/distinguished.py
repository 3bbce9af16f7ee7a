"""Distinguished names as text (RFC 4514), taken apart: `CN=mail.example,O=Example\\, Inc.`"""

import re

# `type=value`, up to a comma or a plus that no backslash precedes.
_PART = re.compile(r"(?P<type>[A-Za-z][\w-]*|\d[\d.]*)=(?P<value>(?:\\.|[^\\,+])*)(?:[,+]|$)", re.DOTALL)
_ESCAPE = re.compile(r"(?P<octets>(?:\\[0-9A-Fa-f]{2})+)|\\(?P<character>.)", re.DOTALL)
_LONGEST = 4096


def attributes(name: str, *types: str) -> tuple[str, ...]:
    """The values of the attributes of these types (`O`, `CN`), unescaped, in the order of the text."""
    found = _PART.finditer(name[:_LONGEST])
    return tuple(_unescaped(part["value"]) for part in found if part["type"].upper() in types)


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(_meant, value)


def _meant(escape: re.Match[str]) -> str:
    """A character behind a backslash, or the UTF-8 that pairs of digits spell."""
    if octets := escape["octets"]:
        return bytes.fromhex(octets.replace("\\", "")).decode(errors="replace")
    return escape["character"]
