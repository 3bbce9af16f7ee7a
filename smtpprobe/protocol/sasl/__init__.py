"""How a login is spoken: SASL mechanisms as scripts without I/O.

A mechanism is a generator. It yields what the client says, is sent what the server challenges, and
returns when it has nothing left to say. Its first yield is the initial response (RFC 4954 4), or
None where the server speaks first. When the server says that the login is accepted, the script is
sent None, and raises TalkError if it had not come to its end. All that it cannot go on with is a
TalkError. It takes plain values, so that anyone can run one by hand:

    >>> talk = MECHANISMS["LOGIN"].talk(Identity("me@example.org", "hunter2"))
    >>> next(talk)                          # the server speaks first
    >>> talk.send(b"Username:").data
    b'me@example.org'

What may be shown of each response is said where it is made, because only here is it known what is
secret in it: `shown` is what goes into every record, `data` goes to the server and nowhere else.

    talk         what a script is made of
    passwords    PLAIN, LOGIN, CRAM-MD5
    scram        SCRAM, with and without channel binding
    tokens       XOAUTH2, OAUTHBEARER
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from smtpprobe.protocol.sasl import passwords, scram, tokens
from smtpprobe.protocol.sasl.talk import Identity, Response, Talk, TalkError

__all__ = [
    "MAX_AUTH_COMMAND_OCTETS",
    "MECHANISMS",
    "Identity",
    "Mechanism",
    "Response",
    "Talk",
    "TalkError",
    "choose",
]

# RFC 4954 4: with its initial response the AUTH command line may be no longer than this, CRLF included.
MAX_AUTH_COMMAND_OCTETS = 512


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A mechanism that we speak. `talk(identity)` starts its script; `source` is its definition."""

    name: str
    talk: Callable[[Identity], Talk]
    source: str
    reveals_secret: bool = False
    """The server learns the password or token itself, so without TLS everybody does."""
    reads_challenge: bool = True
    """The response depends on the challenge, which therefore has to be base64 (RFC 4954 4)."""
    takes_token: bool = False
    """The secret is an OAuth access token, not a password."""
    binds: bool = False
    """It ties the login to the TLS channel (RFC 5929), and needs a certificate that allows it."""


def _scram(hash: str, source: str) -> tuple[Mechanism, Mechanism]:
    """The pair of a hash: with channel binding, and without."""
    plain, plus = f"SCRAM-{hash}", f"SCRAM-{hash}-PLUS"
    return (
        Mechanism(plus, scram.script(plus), source, binds=True),
        Mechanism(plain, scram.script(plain), source),
    )


MECHANISMS = {
    mechanism.name: mechanism
    for mechanism in (
        *_scram("SHA-512", "draft-melnikov-scram-sha-512"),
        *_scram("SHA-256", "RFC 7677"),
        *_scram("SHA-1", "RFC 5802"),
        Mechanism("PLAIN", passwords.plain, "RFC 4616", reveals_secret=True, reads_challenge=False),
        Mechanism(
            "LOGIN",
            passwords.login,
            "draft-murchison-sasl-login",
            reveals_secret=True,
            reads_challenge=False,
        ),
        Mechanism("CRAM-MD5", passwords.cram_md5, "RFC 2195"),
        Mechanism(
            "OAUTHBEARER",
            tokens.oauthbearer,
            "RFC 7628",
            reveals_secret=True,
            reads_challenge=False,
            takes_token=True,
        ),
        Mechanism(
            "XOAUTH2",
            tokens.xoauth2,
            "Google, OAuth 2.0 Mechanism",
            reveals_secret=True,
            reads_challenge=False,
            takes_token=True,
        ),
    )
}

_PLUS = tuple(name for name, one in MECHANISMS.items() if one.binds)
_SCRAM = tuple(name.removesuffix("-PLUS") for name in _PLUS)
# CRAM-MD5 comes late under TLS: it is often offered where no password is stored in a form it can use.
# -PLUS comes last: many a server binds by the connection alone (tls-unique, tls-exporter), and takes a
# login by its certificate for a wrong one. It would prove no more, where the certificate is verified.
ORDER_PROTECTED = (*_SCRAM, "PLAIN", "LOGIN", "CRAM-MD5", *_PLUS)
ORDER_CLEAR = (*_SCRAM, "CRAM-MD5", "PLAIN", "LOGIN")
ORDER_TOKEN = ("OAUTHBEARER", "XOAUTH2")


def choose(
    offered: Iterable[str], *, protected: bool, token: bool = False, can_bind: bool = False
) -> tuple[Mechanism, ...]:
    """Those of our mechanisms that are offered, in our order: the first that takes the secret is to be tried.

    `can_bind` says that the TLS session has what channel binding needs.
    """
    available = {name.upper() for name in offered}
    order = ORDER_TOKEN if token else ORDER_PROTECTED if protected else ORDER_CLEAR
    ours = (MECHANISMS[name] for name in order if name in available)
    return tuple(one for one in ours if can_bind or not one.binds)
