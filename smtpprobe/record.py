"""What happened: one session as frozen facts, in the order in which they came.

A `Transcript` is a list of `Step`s. A step holds what was said and answered (`Exchange`), where
each octet of the answer came at which time (`Arrival`), and what broke (`Failure`). A failure is a
value here, never an exception: a session that ended badly is as much a record as one that went well.

Nothing in a record is secret: what was sent is kept as the text that stands for it, and what a
server echoed was masked before it was stored. Times are seconds since the session began.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from smtpprobe.protocol.certificates import CertificateVerdict
from smtpprobe.protocol.certificates.binding import tls_server_end_point
from smtpprobe.protocol.extensions import Extensions, read_extensions
from smtpprobe.protocol.replies import Reply
from smtpprobe.request import Plan, StepName, Target


class FailureKind(StrEnum):
    """What kept a step from coming to its end; the names are the contract's `failure.kind`."""

    DNS = "dns"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    EOF = "eof"
    RESET = "reset"
    TLS = "tls"
    CERTIFICATE = "certificate"
    REJECTED = "rejected"
    TEMPORARY = "temporary"
    PROTOCOL = "protocol"
    POLICY = "policy"
    NOT_OFFERED = "not-offered"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a step did not come to its end. `detail` is a fact without language, to be put into words.

    Details: of `policy` no-tls, untrusted-certificate, secret-prohibited, already-refused,
    first-address-only; of `not-offered` mechanism, channel-binding, no-common-mechanism; of `tls`
    the alert's or OpenSSL's name for it; of `dns` not-found, failed, no-family; of `protocol`
    endless, not-smtp, or a mechanism's complaint (`sasl.TalkError`); else an errno name or empty.
    """

    kind: FailureKind
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """So many octets of a reply came at this time: one read of the connection."""

    at: float
    octets: int


class Arrivals:
    """Reads of the connection, waiting for the reply that their octets turn out to belong to."""

    def __init__(self) -> None:
        self._waiting: deque[Arrival] = deque()

    def add(self, at: float, octets: int) -> None:
        self._waiting.append(Arrival(at, octets))

    def take(self, octets: int) -> tuple[Arrival, ...]:
        """The reads in which the next so many octets came."""
        taken = []
        while octets and self._waiting:
            first = self._waiting.popleft()
            if first.octets > octets:
                self._waiting.appendleft(Arrival(first.at, first.octets - octets))
                first = Arrival(first.at, octets)
            taken.append(first)
            octets -= first.octets
        return tuple(taken)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Something said and the reply to it. `sent` is None where the server spoke unasked (its greeting)."""

    sent: str | None
    reply: Reply | None
    at: float
    seconds: float
    arrivals: tuple[Arrival, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to connect to one address."""

    address: str
    at: float
    seconds: float
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class TlsSession:
    """A handshake that came to its end. `chain` is DER, the leaf first, as served."""

    version: str
    cipher: str
    verdict: CertificateVerdict
    chain: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def binding(self) -> bytes | None:
        """What a login can be bound to (RFC 5929 4); None if the certificate does not allow it."""
        return tls_server_end_point(self.chain[0]) if self.chain else None


@dataclass(frozen=True, slots=True)
class Peer:
    """The two ends of the connection."""

    address: str
    port: int
    local: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the session, in its time."""

    name: StepName
    at: float
    seconds: float
    encrypted: bool = False
    exchanges: tuple[Exchange, ...] = ()
    failure: Failure | None = None
    unsolicited: tuple[Exchange, ...] = ()
    """Replies that nothing had asked for, kept as they came."""
    addresses: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    tls: TlsSession | None = None
    heard: bytes = b""
    """What came where a TLS handshake was due, if it was no TLS: its first octets."""
    mechanism: str | None = None
    """The SASL mechanism that was tried; of `auth` only."""

    @property
    def reply(self) -> Reply | None:
        """The reply that decided the step: the last one."""
        return self.exchanges[-1].reply if self.exchanges else None

    @property
    def accepted(self) -> bool:
        """The server answered with success (2yz), and nothing broke."""
        return self.failure is None and self.reply is not None and self.reply.positive


class Trait(StrEnum):
    """Something to be seen of a login that gives it away to nobody (`inputs.traits` looks for it).

    `foreign-blank` is any blank but U+0020 and tab; `typographic` are quotes and dashes as text processors
    make them; `no-app-password`: not sixteen small letters, with blanks between fours of them or without.
    """

    TOKEN = "token"
    LEADING_BLANK = "leading-blank"
    TRAILING_BLANK = "trailing-blank"
    LINE_END_INSIDE = "line-end-inside"
    LINE_END_AT_END = "line-end-at-end"
    CONTROL = "control-character"
    FOREIGN_BLANK = "foreign-blank"
    TYPOGRAPHIC = "typographic"
    UNSEEN = "unseen-character"
    NON_ASCII = "non-ascii"
    NOT_NFC = "not-nfc"
    APP_PASSWORD_WITH_BLANKS = "app-password-with-blanks"
    NO_APP_PASSWORD = "no-app-password"
    USER_BLANK = "user-blank"
    USER_WITHOUT_DOMAIN = "user-without-domain"
    NO_TOKEN_CHARACTER = "no-token-character"
    BEARER_PREFIX = "bearer-prefix"
    REFRESH_TOKEN = "refresh-token"
    JWT = "jwt"
    JWT_EXPIRED = "jwt-expired"
    JWT_NOT_YET_VALID = "jwt-not-yet-valid"
    JWT_OTHER_AUDIENCE = "jwt-other-audience"


@dataclass(frozen=True, slots=True)
class CredentialTraits:
    """The shape of a login, never the login: enough to see a line end that came along with a paste."""

    seen: frozenset[Trait] = frozenset()

    def __contains__(self, trait: Trait) -> bool:
        return trait in self.seen


@dataclass(frozen=True, slots=True)
class Transcript:
    """One session with one server, whole."""

    target: Target
    plan: Plan
    planned: tuple[StepName, ...]
    started: datetime
    steps: tuple[Step, ...]
    seconds: float
    peer: Peer | None = None
    traits: CredentialTraits | None = None
    """None where no login was asked for."""

    def all(self, name: StepName) -> tuple[Step, ...]:
        """Every step of that name that was reached."""
        return tuple(step for step in self.steps if step.name is name)

    def last(self, name: StepName) -> Step | None:
        """The last step of that name that was reached, or None."""
        return next((step for step in reversed(self.steps) if step.name is name), None)

    @property
    def missing(self) -> tuple[StepName, ...]:
        """Planned steps that were not reached, each once, in order."""
        reached = {step.name for step in self.steps}
        optional = {StepName.TLS} if StepName.STARTTLS in reached and not self._tls_due else set()
        return tuple(name for name in dict.fromkeys(self.planned) if name not in reached | optional)

    @property
    def _tls_due(self) -> bool:
        starttls = self.last(StepName.STARTTLS)
        return self.target.tls == "starttls" or (starttls is not None and starttls.accepted)

    @property
    def login_asked(self) -> bool:
        return self.traits is not None

    @property
    def tls(self) -> TlsSession | None:
        """The TLS session, if a handshake succeeded."""
        step = self.last(StepName.TLS)
        return step.tls if step else None

    def extensions(self, *, encrypted: bool) -> Extensions | None:
        """What the last accepted EHLO, in the clear or under TLS, promised; None if there was none."""
        for step in reversed(self.all(StepName.EHLO)):
            if step.encrypted is encrypted and step.accepted and step.reply:
                return read_extensions(step.reply)
        return None
