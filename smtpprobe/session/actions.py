"""What a conversation is made of: the actions that it yields, and what is sent back for each."""

from collections.abc import Generator
from dataclasses import dataclass, field

from smtpprobe.protocol.replies import Reply
from smtpprobe.record import Failure, Peer, TlsSession
from smtpprobe.request import StepName


@dataclass(frozen=True, slots=True)
class Connect:
    """Resolve the host and connect to the first of its addresses that answers."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for a reply without saying anything."""

    step: StepName


@dataclass(frozen=True, slots=True)
class Introduce:
    """Find out what to call ourselves in EHLO: our full host name, or our address as a literal."""


@dataclass(frozen=True, slots=True)
class Say:
    """Send one line (`data`, without CRLF) and wait for its whole reply. `shown` goes into the record."""

    step: StepName
    data: bytes = field(repr=False)
    shown: str
    mechanism: str | None = None
    telling: tuple[bytes, ...] = field(default=(), repr=False)
    """What this line, or the answer to it, must not be recorded with, beside the secret itself."""


@dataclass(frozen=True, slots=True)
class StartTls:
    """Shake hands; `name` is asked for and looked for in the certificate."""

    name: str


@dataclass(frozen=True, slots=True)
class Decline:
    """Put on record why a step that was due is not (or not further) carried out."""

    step: StepName
    failure: Failure


Action = Connect | Listen | Introduce | Say | StartTls | Decline
Answer = Peer | Reply | TlsSession | str | None
Conversation = Generator[Action, Answer, None]


def usable(reply: Reply) -> bool:
    """The session can go on after this reply: it is whole, it is SMTP, and it is not 421."""
    return reply.complete and reply.klass in (2, 3, 4, 5) and reply.code != 421
