"""SCRAM (RFC 5802, 7677): client and server prove to each other that they know the password.

    C: n,,n=user,r=NONCE                         client-first
    S: r=NONCE...,s=SALT,i=4096                  server-first
    C: c=biws,r=NONCE...,p=PROOF                 client-final
    S: v=SIGNATURE                               server-final, verified here
    C: (an empty response, RFC 4954 4)

In place of each of its messages the server may send an error, `e=invalid-proof`; that is
acknowledged, and then the final code comes.

The -PLUS forms put a hash of the server's certificate into what is proven (tls-server-end-point,
RFC 5929 4), so that nobody in between can pass the exchange on. Without -PLUS the flag is `n`: some
servers hide -PLUS by a setting and would take `y` for an attack.
"""

import base64
import binascii
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from smtpprobe.protocol.sasl.talk import Identity, Response, Talk, TalkError, unfinished

if TYPE_CHECKING:
    from scramp import ScramClient

# RFC 7677 4: a server should ask for no fewer, lest an impostor makes guessing cheap. Hashing more than
# the most would be the server's attack on us; scramp takes no shorter salt.
LEAST_ITERATIONS, MOST_ITERATIONS = 4096, 100_000
LEAST_SALT = 12
BINDING = "tls-server-end-point"

# RFC 5802 7: server-first-message, without the extension that nobody has defined (m=); server-final-message.
_BASE64 = "[A-Za-z0-9+/]+={0,2}"
_SERVER_FIRST = re.compile(rf"r=([!-+\--~]+),s=({_BASE64}),i=([1-9][0-9]*)(?:,.*)?", re.DOTALL)
_SERVER_FINAL = re.compile(rf"v=({_BASE64})(?:,.*)?", re.DOTALL)


def script(name: str, *, nonce: str | None = None) -> Callable[[Identity], Talk]:
    """The script of one SCRAM mechanism. `nonce` is the client's; a new one each time if None."""

    def talk(who: Identity) -> Talk:
        yield from _talk(_client(name, who, nonce))

    return talk


def _talk(client: "ScramClient") -> Talk:
    first = Response(client.get_client_first().encode(), shown="[user name]")
    server_first = _text(unfinished((yield first)))
    if server_first.startswith("e="):
        yield from _acknowledged()
        return
    server_final = _text(unfinished((yield _prove(client, server_first))))
    if server_final.startswith("e="):
        yield from _acknowledged()
        return
    _verify(client, server_final)
    yield Response(b"", shown="")


def _acknowledged() -> Talk:
    """What gets the final code after an error, which cannot be a success."""
    unfinished((yield Response(b"", shown="")))


def _client(name: str, who: Identity, nonce: str | None) -> "ScramClient":
    import scramp

    binding = (BINDING, who.binding) if name.endswith("-PLUS") else None
    assert binding != (BINDING, None), "a -PLUS mechanism without channel binding"
    try:
        return scramp.ScramClient([name], who.user, who.secret, channel_binding=binding, c_nonce=nonce)
    except scramp.ScramException:
        # RFC 4013 2.3, 2.4, 2.5. Not the error itself: it may quote the password.
        raise TalkError("secret-prohibited") from None


def _prove(client: "ScramClient", message: str) -> Response:
    """The client-final message. Raises TalkError for a server-first that a client must not go by."""
    import scramp

    found = _SERVER_FIRST.fullmatch(message)
    if not found:
        raise TalkError("challenge-malformed")
    nonce, salt, iterations = found[1], _decoded(found[2]), found[3]
    if not nonce.startswith(str(client.c_nonce)) or nonce == str(client.c_nonce):
        raise TalkError("nonce-wrong")
    if (
        len(iterations) > 9
        or not LEAST_ITERATIONS <= int(iterations) <= MOST_ITERATIONS
        or len(salt) < LEAST_SALT
    ):
        raise TalkError("scram-parameters")
    try:
        client.set_server_first(message)
    except scramp.ScramException:
        raise TalkError("challenge-malformed") from None
    final = client.get_client_final()
    # The signature that is due is known as well (octets since scramp 1.4.18): a password can be tried
    # against either.
    telling = final.rpartition(",p=")[2].encode(), base64.b64encode(client.server_signature)
    return Response(final.encode(), telling=telling)


def _verify(client: "ScramClient", message: str) -> None:
    import scramp

    found = _SERVER_FINAL.fullmatch(message)
    if not found or not _decoded(found[1]):
        raise TalkError("challenge-malformed")
    try:
        client.set_server_final(message)
    except scramp.ScramException:
        raise TalkError("server-signature-wrong") from None


def _text(challenge: bytes) -> str:
    try:
        return challenge.decode()
    except UnicodeDecodeError:
        raise TalkError("challenge-malformed") from None


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise TalkError("challenge-malformed") from None
