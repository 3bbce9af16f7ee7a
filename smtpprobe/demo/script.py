"""A dialogue as a server sees it: what to say and to do, and what to wait for, in order.

`read_script` turns the lines of the notation into acts. `S` lines that came in one packet become one act.
What belongs to the client's side of the story (`resolve`, `connect`, `declined` and the like) is left out,
and so are the times of lines: only `wait` lets time go by.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from smtpprobe.demo.certificates import CLIENT_CERTIFICATE, EXPIRES_SOON, INSPECTED
from smtpprobe.knowledge.inspectors import inspector_of
from smtpprobe.protocol.alerts import alert_of
from smtpprobe.record import FailureKind
from smtpprobe.transcripts.certificate import read_verdict
from smtpprobe.transcripts.head import read_asked
from smtpprobe.transcripts.notation import Dialogue, Line, NotationError, unescape

__all__ = ["Act", "Break", "Garble", "Handshake", "Hear", "NoHandshake", "Say", "Wait", "read_script"]


@dataclass(frozen=True, slots=True)
class Say:
    """Send this, in one packet."""

    packet: bytes


@dataclass(frozen=True, slots=True)
class Hear:
    """Wait for a line of the client: this one, or one like it."""

    line: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time go by."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Handshake:
    """Begin TLS, in at most this version, with a certificate that has these problems."""

    version: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoHandshake:
    """Say this instead of a handshake, and then break. If `awaited`, wait for the client to begin."""

    instead: bytes
    kind: FailureKind
    awaited: bool


@dataclass(frozen=True, slots=True)
class Garble:
    """Send what does not decrypt, in the middle of a TLS connection."""


@dataclass(frozen=True, slots=True)
class Break:
    """End the stream, reset the connection, or say nothing more until the client has gone."""

    kind: FailureKind


Act = Say | Hear | Wait | Handshake | NoHandshake | Garble | Break

_OF_THE_CLIENT = {"target", "plan", "started", "resolve", "connect", "declined"}
_BREAKS = {FailureKind.TIMEOUT, FailureKind.EOF, FailureKind.RESET}

_INTERNAL_ERROR, _CERTIFICATE_REQUIRED = 80, 116
# A ServerHello that chooses TLS 1.0 (RFC 2246 7.4.1.3): version, random, no session, a cipher of its time.
_OLD_SERVER_HELLO = bytes.fromhex(f"16 0301 002a 02 000026 0301 {'00' * 32} 00 c013 00")


def read_script(dialogue: Dialogue) -> tuple[Act, ...]:
    """The acts of a dialogue. Raises NotationError for one that tells of no server."""
    return tuple(_acts(dialogue))


def _acts(dialogue: Dialogue) -> Iterator[Act]:
    packet: list[bytes] = []
    asked = False
    for line in dialogue:
        if packet and not line.joined:
            yield Say(b"".join(packet))
            packet.clear()
        if line.side == "S":
            packet.append(line.data)
        elif line.side == "C":
            asked = True
            yield Hear(line.data)
        else:
            yield from _event(line, dialogue, asked=asked)
    if packet:
        yield Say(b"".join(packet))


def _event(line: Line, dialogue: Dialogue, *, asked: bool) -> Iterator[Act]:
    word, *rest = line.words
    try:
        if word == "wait":
            yield Wait(float(rest[0]))
        elif word == "tls":
            yield _tls(rest, dialogue, asked=asked)
        elif word in _BREAKS:
            yield Break(FailureKind(word))
        elif word not in _OF_THE_CLIENT:
            # What the client made of the lines above: nothing for the server to do.
            FailureKind(word)
    except (IndexError, ValueError):
        raise NotationError(f"'*: {' '.join(line.words)}' cannot be played") from None


def _tls(words: list[str], dialogue: Dialogue, *, asked: bool) -> Act:
    values = dict(word.partition("=")[::2] for word in words if "=" in word)
    version, *rest = (word for word in words if "=" not in word)
    if version in set(FailureKind):
        kind = FailureKind(version)
        heard = unescape(values.get("heard", ""))
        instead = heard or (_alert(rest[0] if rest else "") if kind is FailureKind.TLS else b"")
        # A server that greets in the clear waits for nobody; one that was asked for TLS waits for it.
        return NoHandshake(instead, kind, awaited=asked or not heard)
    if not rest:
        return Garble()  # TLS is lost after the handshake, and its name is what OpenSSL says to that
    _cipher, verdict = rest
    problems = () if verdict == "trusted" else tuple(verdict.split(","))
    if not problems and _expires_soon(values.get("not-after"), dialogue):
        problems = (EXPIRES_SOON,)
    certificate = read_verdict(verdict, values).certificate
    if certificate and inspector_of(certificate, read_asked(dialogue).target.host):
        problems += (INSPECTED,)
    if _wants_certificate(dialogue):
        problems += (CLIENT_CERTIFICATE,)
    return Handshake(version, problems)


def _wants_certificate(dialogue: Dialogue) -> bool:
    """TLS breaks in mid-session, because the client had no certificate (RFC 8446 4.4.2.4)."""
    broken = (line.words[1] for line in dialogue if line.words[:1] == ("tls",) and len(line.words) == 2)
    return any(alert_of(detail) == _CERTIFICATE_REQUIRED for detail in broken)


def _alert(detail: str) -> bytes:
    """The octets that make OpenSSL say that."""
    if detail == "unsupported-protocol":
        return _OLD_SERVER_HELLO
    alert = alert_of(detail)
    return b"\x15\x03\x03\x00\x02\x02" + bytes([_INTERNAL_ERROR if alert is None else alert])


def _expires_soon(not_after: str | None, dialogue: Dialogue) -> bool:
    if not_after is None:
        return False
    asked = read_asked(dialogue)
    return datetime.fromisoformat(not_after) - asked.started < timedelta(days=asked.plan.warn_days)
