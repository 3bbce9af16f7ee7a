"""How a login is spoken: SASL mechanisms as scripts without I/O.

A mechanism is a generator. It yields what the client says, is sent what the server challenges, and
returns when it has nothing left to say. Its first yield is the initial response (RFC 4954 4), or
None where the server speaks first. It takes plain values, so that anyone can run one by hand:

    >>> talk = MECHANISMS["LOGIN"].talk("me@example.org", "hunter2")
    >>> next(talk)                          # the server speaks first
    >>> talk.send(b"Username:").data
    b'me@example.org'

What may be shown of each response is said where it is made, because only here is it known what is
secret in it: `shown` is what goes into every record, `data` goes to the server and nowhere else.
"""

import hashlib
import hmac
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field

from smtpprobe.redaction import SECRET

# RFC 4954 4: with its initial response the AUTH command line may be no longer than this, CRLF included.
MAX_AUTH_COMMAND_OCTETS = 512


@dataclass(frozen=True, slots=True)
class Response:
    """What the client answers: `data` before base64, and the text that stands for it in a record."""

    data: bytes = field(repr=False)
    shown: str = SECRET


Talk = Generator[Response | None, bytes, None]


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A mechanism that we speak. `talk(user, secret)` starts its script; `source` is its definition."""

    name: str
    talk: Callable[[str, str], Talk]
    source: str
    reveals_secret: bool
    """The server learns the password itself, so without TLS everybody does."""
    reads_challenge: bool
    """The response depends on the challenge, which therefore has to be base64 (RFC 4954 4)."""


def _plain(user: str, secret: str) -> Talk:
    yield Response(b"\0" + user.encode() + b"\0" + secret.encode())


def _login(user: str, secret: str) -> Talk:
    # The prompts vary (`Username:`, `User Name\0`, none at all): their order does not.
    yield None
    yield Response(user.encode(), shown="[user name]")
    yield Response(secret.encode())


def _cram_md5(user: str, secret: str) -> Talk:
    challenge = yield None
    digest = hmac.new(secret.encode(), challenge, hashlib.md5).hexdigest()
    # Whoever reads the response can try passwords against it at leisure: it is as secret as they are.
    yield Response(f"{user} {digest}".encode())


MECHANISMS = {
    mechanism.name: mechanism
    for mechanism in (
        Mechanism("PLAIN", _plain, "RFC 4616", reveals_secret=True, reads_challenge=False),
        Mechanism("LOGIN", _login, "draft-murchison-sasl-login", reveals_secret=True, reads_challenge=False),
        Mechanism("CRAM-MD5", _cram_md5, "RFC 2195", reveals_secret=False, reads_challenge=True),
    )
}

# CRAM-MD5 comes last under TLS: it is often offered where no password is stored in a form it can use.
ORDER_PROTECTED = ("PLAIN", "LOGIN", "CRAM-MD5")
ORDER_CLEAR = ("CRAM-MD5", "PLAIN", "LOGIN")


def choose(offered: Iterable[str], *, protected: bool) -> Mechanism | None:
    """The mechanism to try, once: the first of our order that is offered, or None."""
    available = {name.upper() for name in offered}
    order = ORDER_PROTECTED if protected else ORDER_CLEAR
    return next((MECHANISMS[name] for name in order if name in available), None)
