"""What is written in the text of a target: scheme, user, password, host, port, each as far as it is there.

    submission://me:password@mail.example:587/

This is grammar (RFC 3986, with what people leave out), read from the left to the right, and everything that
is no target fails here. A `/` ends the host: `smtp://mail.example/@evil.example` is an error, not a login at
the latter.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from urllib.parse import unquote

from smtpprobe.display import visible
from smtpprobe.inputs.hosts import TargetError, read_host
from smtpprobe.redaction import SECRET
from smtpprobe.request import TlsMode

# What each scheme stands for: the port, and when TLS begins.
SCHEMES = {
    "smtp": (25, TlsMode.AUTO),
    "submission": (587, TlsMode.STARTTLS),
    "submit": (587, TlsMode.STARTTLS),
    "smtp+starttls": (25, TlsMode.STARTTLS),
    "smtps": (465, TlsMode.IMPLICIT),
    "submissions": (465, TlsMode.IMPLICIT),
    "smtp+insecure": (25, TlsMode.NONE),
}

# What people paste from beside it. None of them is a misspelt scheme of ours.
_OTHER_SCHEMES = {
    "ftp": "is for files",
    "http": "is for the web",
    "https": "is for the web",
    "imap": "is for reading mail",
    "imaps": "is for reading mail",
    "ldap": "is for directories",
    "ldaps": "is for directories",
    "lmtp": "is for delivery behind a mail server (RFC 2033)",
    "mailto": "names a mailbox, not a server",
    "pop": "is for fetching mail",
    "pop3": "is for fetching mail",
    "pop3s": "is for fetching mail",
    "pops": "is for fetching mail",
    "sieve": "is for mail filters",
    "ssh": "is for remote shells",
    "telnet": "is for remote shells",
}

_LONGEST_TEXT = 4096
_SHOWN = 80

_SCHEME = re.compile(r"([^:/?#@\[\]]*)://")
_NO_SLASHES = re.compile(r"([a-z0-9+]+):(?![0-9]*/?$)", re.IGNORECASE)
# Also the address literal of RFC 5321 4.1.3, [IPv6:...], as it stands in logs and after EHLO.
_BRACKETS = re.compile(r"\[(?:[iI][pP][vV]6:)?([^]]*)\](?::(.*))?", re.DOTALL)
_PORT = re.compile(r"[0-9]+")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Written:
    """The parts of a target's text; None is what is not there."""

    scheme: str | None
    user: str | None
    password: str | None = field(repr=False)
    place: str
    """Host and port as they stand in the text."""
    host: str
    name: str
    port: int | None


def take_apart(text: str) -> Written:
    """The parts of the text, taken off from the left to the right. Raises TargetError."""
    _check_characters(text)
    scheme, rest = _split_scheme(text)
    user, password, place = _split_login(_without_path(rest))
    host_text, port_text = _split_port(place)
    host, name = read_host(host_text)
    return Written(scheme, user, password, place, host, name, _read_port(port_text))


def _check_characters(text: str) -> None:
    if not text.strip():
        raise TargetError("there is nothing in it; write a host, like mail.example")
    if len(text) > _LONGEST_TEXT:
        raise TargetError(f"it is too long, {len(text)} characters; write scheme, host and port only")
    categories = {unicodedata.category(character) for character in text}
    if "Cc" in categories:
        raise TargetError("there is a control character in it; type it anew")
    if any(character.isspace() for character in text):
        raise TargetError("there is a blank in it; write the port as host:587, a blank in a user name as %20")
    if "Cs" in categories:
        raise TargetError("it is no valid UTF-8; type it anew, or write the host in ASCII (xn--...)")


def _split_scheme(text: str) -> tuple[str | None, str]:
    found = _SCHEME.match(text)
    if found is None:
        _check_slashes(text)
        return None, text
    scheme = found[1].lower()
    if scheme not in SCHEMES:
        raise TargetError(_unknown_scheme(scheme))
    return scheme, text[found.end() :]


def _check_slashes(text: str) -> None:
    """`smtp:mail.example` is a URL gone wrong; `smtp:25` is a host of that name, common among containers."""
    found = _NO_SLASHES.match(text)
    scheme = found[1].lower() if found else ""
    if scheme in SCHEMES:
        raise TargetError(f"there is no // behind the scheme; write {scheme}://host")
    if scheme in _OTHER_SCHEMES:
        raise TargetError(_unknown_scheme(scheme))


def _unknown_scheme(scheme: str) -> str:
    import difflib  # only for this error

    if what := _OTHER_SCHEMES.get(scheme):
        return f"{scheme} {what}, and only SMTP is spoken here; write smtp://host or submission://host"
    near = difflib.get_close_matches(scheme[:_SHOWN], SCHEMES, n=1)
    hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(SCHEMES)}"
    return f'there is no scheme "{visible(scheme, 30)}"; {hint}'


def _without_path(rest: str) -> str:
    """The part before the first `/`, `?` or `#` (RFC 3986 3.2); behind it may be nothing, or a lone `/`."""
    end = re.search(r"[/?#]", rest)
    if end is None or rest[end.start() :] == "/":
        return rest[: end.start()] if end else rest
    if "@" in rest[end.end() :]:
        raise TargetError(f'there is a "{end[0]}" before the "@"; write it as %{ord(end[0]):02X}')
    what = {"/": "path", "?": "query", "#": "fragment"}[end[0]]
    raise TargetError(f"a mail server has no {what}; leave out everything from the {end[0]} on")


def _split_login(rest: str) -> tuple[str | None, str | None, str]:
    """User and password, decoded, and what stands behind them."""
    login, at, place = rest.rpartition("@")
    if not at:
        return None, None, place
    user, colon, password = login.partition(":")
    if not user:
        raise TargetError("there is no user name before the @; write user@host, or leave the @ out")
    return _decoded(user, "user name"), (_decoded(password, "password") if colon else None), place


def _decoded(text: str, what: str) -> str:
    """Percent-decoded (RFC 3986 2.1)."""
    if _BAD_ESCAPE.search(text):
        raise TargetError(f"in the {what}, a % without two hex digits behind it; write the % itself as %25")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        pass  # raised below: this exception holds what may be a password
    raise TargetError(f"the {what} is no valid UTF-8 when decoded; write it in UTF-8, percent-encoded")


def _split_port(place: str) -> tuple[str, str | None]:
    """Host without brackets, and the text behind its colon."""
    if found := _BRACKETS.fullmatch(place):
        return found[1], found[2]
    if "[" in place or "]" in place:
        raise TargetError("the brackets do not fit; write an IPv6 address like [2001:db8::1]:25")
    if place.count(":") > 1:
        return place, None
    host, colon, port = place.partition(":")
    return host, (port if colon else None)


def _read_port(text: str | None) -> int | None:
    if text is None:
        return None
    if not text:
        raise TargetError("there is no port behind the colon; write host:587, or leave the colon out")
    # Digits in any number make an int that is slow to read: five are enough for any port.
    if not _PORT.fullmatch(text) or len(text) > 5:
        raise TargetError(f'"{visible(text, 20)}" is no port; write a number from 1 to 65535')
    return checked_port(int(text))


def checked_port(port: int) -> int:
    """The port, if it can be one. Raises TargetError."""
    if not 1 <= port <= 65535:
        raise TargetError(f"there is no port {port}; write a number from 1 to 65535")
    return port


def shown(text: str) -> str:
    """The text made inert, cut to a length for a line, and without the password it may hold."""
    scheme = _SCHEME.match(text)
    start = scheme.end() if scheme else 0
    login, at, place = text[start:].rpartition("@")
    user, colon, _ = login.partition(":")
    login = f"{user}:{SECRET}" if colon else user
    return visible(f"{text[:start]}{login}{at}{place}", _SHOWN)
