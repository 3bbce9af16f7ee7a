"""Text to Target: which server is meant, on which port, and when TLS begins.

A target is what people type: `mail.example`, `mail.example:587`, `[2001:db8::1]:25`, `me@mail.example`, or
a URL whose scheme says what the server is for. It is read in two halves that do not mix:

1. *What is written* (`_written`): scheme, user, password, host, port, each as far as it is there.
   This is grammar, and everything that is no target fails here.
2. *What is meant* (`_meant`): the text and the options together give one port and one TLS mode.
   An option wins over the text, the text over a default. What was decided so is told in `Target.read_as`,
   because a person who looks for a fault has to know which door was knocked at.

    scheme                                   port     TLS
    smtp                                     25       auto
    submission, submit                       587      starttls
    smtp+starttls                            25       starttls
    smtps, submissions                       465      implicit
    smtp+insecure                            25       none
    none, a port in the text or by --port    that     465 implicit, 587 starttls, others auto
    none, no port                            587 if a user is given (465 with --tls implicit), else 25

Reading is stricter than resolvers are, so that no typing mistake reaches a stranger's server: a `/` ends
the host (`smtp://mail.example/@evil.example` is an error, not a login at the latter), and `1.2.3` or
`010.0.0.1`, which a resolver would take for some address, are errors too. The final dot of an absolute
name is dropped: certificates and SNI do not have it (RFC 6066 3), and the host is looked for in both.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from smtpprobe.display import visible
from smtpprobe.redaction import SECRET
from smtpprobe.request import Target, TlsMode

__all__ = ["SCHEMES", "Given", "TargetError", "read_target", "read_targets"]

SCHEMES = {
    "smtp": (25, TlsMode.AUTO),
    "submission": (587, TlsMode.STARTTLS),
    "submit": (587, TlsMode.STARTTLS),
    "smtp+starttls": (25, TlsMode.STARTTLS),
    "smtps": (465, TlsMode.IMPLICIT),
    "submissions": (465, TlsMode.IMPLICIT),
    "smtp+insecure": (25, TlsMode.NONE),
}
_MODE_OF_PORT = {465: TlsMode.IMPLICIT, 587: TlsMode.STARTTLS}

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
_LONGEST_NAME, _LONGEST_LABEL = 253, 63  # RFC 1035 2.3.4, without the root
_SHOWN = 80

_SCHEME = re.compile(r"([^:/?#@\[\]]*)://")
_NO_SLASHES = re.compile(r"([a-z0-9+]+):(?![0-9]*/?$)", re.IGNORECASE)
_PORT = re.compile(r"[0-9]+")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# An underscore is no letter of a host name (RFC 952), but names that have one are out there and resolve.
_LABEL = re.compile(r"(?!-)[a-z0-9_-]+(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_ZONE = re.compile(r"[A-Za-z0-9._~-]+")
_COMMENT = re.compile(r"(^|\s)#.*", re.DOTALL)


class TargetError(ValueError):
    """A text that is no target. Its str is one line for a person; a password in the text is not in it."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a target's text gave: where to go, and the login that stood in it."""

    target: Target
    user: str | None = None
    """Decoded, but not judged, like the password: whether it can be one is for `credentials` to say."""
    password: str | None = field(default=None, repr=False)
    warnings: tuple[str, ...] = ()
    """Lines for a person: what works, but may not be what was wanted."""


def read_target(
    text: str, *, port: int | None = None, tls: TlsMode | None = None, user_given: bool = False
) -> Given:
    """Read one target; `port` and `tls` are the options of that name, `user_given` is whether -u
    names a user.

    `read_target(given.target.url)` leads to the same host, port and TLS mode again.
    Raises TargetError for anything else than a target, and for options that contradict it.
    """
    try:
        written = _written(text)
        target = _meant(written, port, tls, login=user_given or written.user is not None)
    except TargetError as error:
        problem = str(error)
    else:
        return Given(target, written.user, written.password, tuple(_warnings(written, target)))
    # Here, not in the except clause: the new error has no chain that a traceback could print.
    raise TargetError(f'target "{_shown(text)}": {problem}')


def read_targets(lines: Iterable[str]) -> list[str]:
    """The targets in a text of one a line, not yet read; without blank lines and `#` comments."""
    stripped = (_COMMENT.sub("", line.strip("\ufeff")).strip() for line in lines)
    return [line for line in stripped if line]


def _shown(text: str) -> str:
    """The text made inert, cut to a length for a line, and without the password it may hold."""
    scheme = _SCHEME.match(text)
    start = scheme.end() if scheme else 0
    login, at, place = text[start:].rpartition("@")
    user, colon, _ = login.partition(":")
    login = f"{user}:{SECRET}" if colon else user
    return visible(f"{text[:start]}{login}{at}{place}", _SHOWN)


# What is written


@dataclass(frozen=True, slots=True)
class _Written:
    """The parts of a target's text; None is what is not there."""

    scheme: str | None
    user: str | None
    password: str | None = field(repr=False)
    place: str
    """Host and port as they stand in the text."""
    host: str
    name: str
    port: int | None


def _written(text: str) -> _Written:
    """Take the text apart, from the left to the right. Raises TargetError."""
    _check_characters(text)
    scheme, rest = _split_scheme(text)
    login, place = _split_login(_without_path(rest))
    user, password = _read_login(login)
    host_text, port_text = _split_port(place)
    host, name = _read_host(host_text)
    return _Written(scheme, user, password, place, host, name, _read_port(port_text))


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


def _split_login(rest: str) -> tuple[str | None, str]:
    login, at, place = rest.rpartition("@")
    return (login if at else None), place


def _read_login(login: str | None) -> tuple[str | None, str | None]:
    """User and password, decoded."""
    if login is None:
        return None, None
    user, colon, password = login.partition(":")
    if not user:
        raise TargetError("there is no user name before the @; write user@host, or leave the @ out")
    return _decoded(user, "user name"), (_decoded(password, "password") if colon else None)


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
    if place.startswith("["):
        host, closing, tail = place[1:].partition("]")
        if not closing or tail[:1] not in ("", ":"):
            raise TargetError("the brackets do not fit; write an IPv6 address like [2001:db8::1]:25")
        # The address literal of RFC 5321 4.1.3, as it stands in logs and after EHLO.
        host = host[5:] if host.lower().startswith("ipv6:") else host
        return host, (tail[1:] if tail else None)
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
    return _checked_port(int(text))


def _checked_port(port: int) -> int:
    if not 1 <= port <= 65535:
        raise TargetError(f"there is no port {port}; write a number from 1 to 65535")
    return port


def _read_host(text: str) -> tuple[str, str]:
    """The host as it is resolved, and its Unicode form if that differs."""
    if not text:
        raise TargetError("there is no host in it; write one, like mail.example")
    if ":" in text:
        return _read_ipv6(text), ""
    mapped = text.lower() if text.isascii() else _mapped(text)
    host, name = _to_ascii(mapped.removesuffix(".")), mapped.removesuffix(".")
    _check_name(host)
    return host, ("" if name == host else name)


def _read_ipv6(text: str) -> str:
    """An IPv6 address, shortened as RFC 5952 wants it, with its zone."""
    address, percent, zone = text.partition("%")
    # RFC 6874 writes the % as %25 within a URL. Before a digit it stays: the zone may be a number.
    zone = re.sub(r"^25(?=[^0-9])", "", zone)
    if percent and not _ZONE.fullmatch(zone):
        raise TargetError("the zone behind the % is no interface; write it like fe80::1%eth0")
    if not _is_ipv6(address):
        raise TargetError("this is no valid IPv6 address; write host:587 or [2001:db8::1]:587")
    return f"{ipaddress.IPv6Address(address)}{percent}{zone}"


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _mapped(text: str) -> str:
    """A name as people write it to a name as IDNA wants it: case, width, other kinds of dot (UTS 46)."""
    import idna  # 20 ms, and most hosts are ASCII

    try:
        return idna.uts46_remap(text, std3_rules=False)
    except UnicodeError as error:
        raise TargetError(_not_international(error)) from None


def _to_ascii(name: str) -> str:
    """Each label of a mapped name as an A-label; those in ASCII stay, IDNA would refuse an underscore."""
    if name.isascii():
        return name
    import idna

    try:
        return ".".join(part if part.isascii() else idna.alabel(part).decode() for part in name.split("."))
    except UnicodeError as error:
        raise TargetError(_not_international(error)) from None


def _not_international(error: UnicodeError) -> str:
    return f"no host can have this name ({visible(str(error), 100)}); check the spelling"


def _check_name(host: str) -> None:
    """Raise TargetError unless `host` is a name or an IPv4 address."""
    labels = host.split(".")
    if not all(labels):
        raise TargetError("there is a dot too many in the host; write it like mail.example")
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise TargetError(
                f'"{visible(label, 30)}" can be no part of a host name; '
                "letters, digits, _ and inner hyphens can, as in mail.example"
            )
        if len(label) > _LONGEST_LABEL:
            raise TargetError(
                f'"{visible(label, 10)}" is longer than the {_LONGEST_LABEL} characters '
                "that a part of a host name can have; check the spelling"
            )
    if len(host) > _LONGEST_NAME:
        raise TargetError(f"the host name is longer than {_LONGEST_NAME} characters; check the spelling")
    if len(labels) > 1 and all(_NUMBER.fullmatch(label) for label in labels):
        _check_ipv4(host)


def _check_ipv4(text: str) -> None:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        raise TargetError(
            "this is not a valid address; write four numbers up to 255, without leading zeros, like 192.0.2.1"
        ) from None


# What is meant


def _meant(written: _Written, port: int | None, tls: TlsMode | None, *, login: bool) -> Target:
    """Text and options together. Raises TargetError for an option that cannot be meant."""
    if written.scheme == "smtp+insecure" and tls is TlsMode.IMPLICIT:
        raise TargetError("smtp+insecure:// is without TLS, --tls implicit is not; leave out one of them")
    chosen_port, by_port = _choose_port(written, port, tls, login=login)
    mode, by_mode = _choose_mode(written, chosen_port, tls)
    read_as = "; ".join(filter(None, (by_port, by_mode)))
    return Target(written.host, chosen_port, mode, name=written.name, read_as=read_as)


def _choose_port(
    written: _Written, option: int | None, tls: TlsMode | None, *, login: bool
) -> tuple[int, str]:
    """The port, and how it came about where the text alone does not say it."""
    said = written.port
    if said is None and written.scheme:
        said, _ = SCHEMES[written.scheme]
    if option is not None:
        differs = said is not None and said != option
        return _checked_port(option), (f"port {option} by --port instead of {said}" if differs else "")
    if said is not None:
        return said, ""
    if tls is TlsMode.IMPLICIT:
        # Neither 25 nor 587 is ever TLS from the first byte (RFC 8314 3.3): 465 must be meant.
        return 465, "port 465 because of --tls implicit"
    return (587, "port 587 because a user is given") if login else (25, "port 25: no user given")


def _choose_mode(written: _Written, port: int, option: TlsMode | None) -> tuple[TlsMode, str]:
    """The TLS mode, and how it came about where an option went against the text."""
    by_scheme = SCHEMES[written.scheme][1] if written.scheme else None
    if option is None:
        return by_scheme or _MODE_OF_PORT.get(port, TlsMode.AUTO), ""
    # A scheme always says something about TLS, `host:465` does, `host:2525` does not.
    said = by_scheme or _MODE_OF_PORT.get(written.port or 0)
    differs = said not in (None, option)
    return option, (f"TLS {option} by --tls instead of {said}" if differs else "")


def _warnings(written: _Written, target: Target) -> Iterable[str]:
    """What works, but may not be what was wanted."""
    if written.password is not None:
        yield (
            "a password in a URL shows up in process lists and shell histories; "
            "use --password-file or the variable SMTPPROBE_PASSWORD"
        )
    place = f"[{target.host}]" if ":" in target.host else target.host
    if target.port == 465 and target.tls is not TlsMode.IMPLICIT:
        yield f"port 465 normally speaks TLS from the first byte: smtps://{place}"
    if target.port in (25, 587) and target.tls is TlsMode.IMPLICIT:
        scheme = "smtp" if target.port == 25 else "submission"
        yield f"port {target.port} normally begins without TLS: {scheme}://{place}"
    if _NUMBER.fullmatch(target.host):
        yield f"{target.host} was read as the name of a host; a port is written behind it, like host:25"
    address, _, last = written.place.rpartition(":")
    if last in ("25", "465", "587", "2525") and _is_ipv6(address):
        yield f"{written.place} was read as one address; with {last} as the port it is [{address}]:{last}"
