"""What the scripts of mechanisms are made of."""

from collections.abc import Generator
from dataclasses import dataclass, field

from smtpprobe.redaction import SECRET


@dataclass(frozen=True, slots=True)
class Identity:
    """Who logs in, with what, and where: everything that a mechanism may need.

    `secret` is a password or a token; `host` and `port` are those that were connected to (RFC 7628
    3.1); `binding` is the data of tls-server-end-point (RFC 5929 4), None where there is none.
    """

    user: str
    secret: str = field(repr=False)
    host: str = ""
    port: int = 0
    binding: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """What the client answers: `data` before base64, and the text that stands for it in a record."""

    data: bytes = field(repr=False)
    shown: str = SECRET
    telling: tuple[bytes, ...] = field(default=(), repr=False)
    """What passwords can be tried against at leisure, here or in the answer: as secret as they are."""


class TalkError(Exception):
    """The exchange cannot go on. `detail` is one of:

    success-too-early        the server accepted before the exchange was over
    challenge-malformed      the challenge is not what the mechanism defines
    nonce-wrong              the server's nonce does not begin with ours (RFC 5802 5.1)
    scram-parameters         its salt or its number of iterations is out of bounds
    server-signature-wrong   the server does not know the password either (RFC 5802 3)
    secret-prohibited        a user name or password that the mechanism has no form for
    """

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


# Yields responses (None: the server speaks first), is sent challenges (None: the login is accepted).
Talk = Generator[Response | None, bytes | None, None]


def unfinished(challenge: bytes | None) -> bytes:
    """The challenge, where the exchange cannot be over yet."""
    if challenge is None:
        raise TalkError("success-too-early")
    return challenge


def utf8(text: str) -> bytes:
    """The text as all mechanisms want it. Raises TalkError for one that has no UTF-8."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Not the error itself: it holds the text.
        raise TalkError("secret-prohibited") from None
