"""Text to Target: which server is meant, on which port, and when TLS begins.

A target is what people type: `mail.example`, `mail.example:587`, `[2001:db8::1]:25`, `me@mail.example`, or
a URL whose scheme says what the server is for. It is read in two halves that do not mix:

1. *What is written* (`written.py`, and `hosts.py` for the host): the parts of the text.
2. *What is meant* (here): the text and the options together give one port and one TLS mode.
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
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from smtpprobe.inputs.hosts import TargetError, is_ipv6, is_number
from smtpprobe.inputs.written import SCHEMES, Written, checked_port, shown, take_apart
from smtpprobe.request import ReadAs, Target, TlsMode

__all__ = ["SCHEMES", "Given", "TargetError", "read_target", "read_targets"]

_MODE_OF_PORT = {465: TlsMode.IMPLICIT, 587: TlsMode.STARTTLS}
_COMMENT = re.compile(r"(^|\s)#.*", re.DOTALL)


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
        written = take_apart(text)
        target = _meant(written, port, tls, login=user_given or written.user is not None)
    except TargetError as error:
        problem = str(error)
    else:
        return Given(target, written.user, written.password, tuple(_warnings(written, target)))
    # Here, not in the except clause: the new error has no chain that a traceback could print.
    raise TargetError(f'target "{shown(text)}": {problem}')


def read_targets(lines: Iterable[str]) -> list[str]:
    """The targets in a text of one a line, not yet read; without blank lines and `#` comments."""
    stripped = (_COMMENT.sub("", line.strip("\ufeff")).strip() for line in lines)
    return [line for line in stripped if line]


def _meant(written: Written, port: int | None, tls: TlsMode | None, *, login: bool) -> Target:
    """Text and options together. Raises TargetError for an option that cannot be meant."""
    if written.scheme == "smtp+insecure" and tls is TlsMode.IMPLICIT:
        raise TargetError("smtp+insecure:// is without TLS, --tls implicit is not; leave out one of them")
    chosen_port, by_port = _choose_port(written, port, tls, login=login)
    mode, by_mode = _choose_mode(written, chosen_port, tls)
    return Target(
        written.host, chosen_port, mode, name=written.name, read_as=tuple(filter(None, (by_port, by_mode)))
    )


def _choose_port(
    written: Written, option: int | None, tls: TlsMode | None, *, login: bool
) -> tuple[int, ReadAs | None]:
    """The port, and how it came about where the text alone does not say it."""
    said = written.port
    if said is None and written.scheme:
        said, _ = SCHEMES[written.scheme]
    if option is not None:
        differs = said is not None and said != option
        return checked_port(option), (ReadAs("port-option", str(option), str(said)) if differs else None)
    if said is not None:
        return said, None
    if tls is TlsMode.IMPLICIT:
        # Neither 25 nor 587 is ever TLS from the first byte (RFC 8314 3.3): 465 must be meant.
        return 465, ReadAs("port-implicit", "465")
    return (587, ReadAs("port-user", "587")) if login else (25, ReadAs("port-default", "25"))


def _choose_mode(written: Written, port: int, option: TlsMode | None) -> tuple[TlsMode, ReadAs | None]:
    """The TLS mode, and how it came about where an option went against the text."""
    by_scheme = SCHEMES[written.scheme][1] if written.scheme else None
    if option is None:
        return by_scheme or _MODE_OF_PORT.get(port, TlsMode.AUTO), None
    # A scheme always says something about TLS, `host:465` does, `host:2525` does not.
    said = by_scheme or _MODE_OF_PORT.get(written.port or 0)
    if said in (None, option):
        return option, None
    return option, ReadAs("tls-option", option, str(said))


def _warnings(written: Written, target: Target) -> Iterable[str]:
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
    if is_number(target.host):
        yield f"{target.host} was read as the name of a host; a port is written behind it, like host:25"
    address, _, last = written.place.rpartition(":")
    if last in ("25", "465", "587", "2525") and is_ipv6(address):
        yield f"{written.place} was read as one address; with {last} as the port it is [{address}]:{last}"
