"""TLS without a socket: bytes in, bytes out, and everything seen on the way.

asyncio can upgrade a connection by itself, but then what a server says instead of a handshake (a
greeting in clear text, most often) never reaches us. So the engine stands between the transport and
the reply parser, and keeps the first octets that came until the handshake is done.

Certificates are not verified here: the chain is taken as served and judged afterwards, so that a
bad one can be shown (`protocol.certificates`).
"""

import functools
import re
import ssl
import sys
from contextlib import suppress

HEARD_OCTETS = 1024


@functools.cache
def client_context() -> ssl.SSLContext:
    """The one context of a run. Nothing below TLS 1.2 is spoken; an older server is known by its alert."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class TlsEngine:
    """One TLS connection over memory. `pending()` is what has to be sent; ssl.SSLError passes through."""

    def __init__(self, name: str) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = client_context().wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self.heard = b""
        self.done = False

    def feed(self, data: bytes) -> None:
        """Take what came from the network."""
        if not self.done:
            self.heard = (self.heard + data)[:HEARD_OCTETS]
        self._incoming.write(data)

    def pending(self) -> bytes:
        """Take what is to go to the network."""
        return self._outgoing.read()

    def handshake(self) -> bool:
        """Go as far as possible; True when the handshake is done."""
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        self.done, self.heard = True, b""
        return True

    def read(self) -> bytes:
        """All clear text that can be had now."""
        pieces = []
        try:
            while piece := self._object.read(65536):
                pieces.append(piece)
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        return b"".join(pieces)

    def write(self, data: bytes) -> bytes:
        """Encrypt; the octets to send."""
        self._object.write(data)
        return self.pending()

    def close_notify(self) -> bytes:
        """Say that we are done (RFC 8446 6.1)."""
        with suppress(ssl.SSLError):  # it asks for the server's close_notify, which is not awaited
            self._object.unwrap()
        return self.pending()

    @property
    def version(self) -> str:
        return self._object.version() or ""

    @property
    def cipher(self) -> str:
        found = self._object.cipher()
        return found[0] if found else ""

    def chain(self) -> tuple[bytes, ...]:
        """The certificates as served, DER, leaf first."""
        if sys.version_info >= (3, 13):
            return tuple(self._object.get_unverified_chain())
        import _ssl

        # The same method, not yet public before 3.13.
        served = self._object._sslobj.get_unverified_chain()  # type: ignore[attr-defined]
        return tuple(item.public_bytes(_ssl.ENCODING_DER) for item in served or ())


# `[SSL: X] what it means (_ssl.c:1006)`: the middle is OpenSSL's own text.
_IN_WORDS = re.compile(r"(?:\[.*?\] )?(?P<words>.+?)(?: \(_ssl\.c:\d+\))?")


def reason(error: ssl.SSLError) -> str:
    """OpenSSL's name for what went wrong, in lower case: `sslv3-alert-handshake-failure`.

    Python has no name for some, and gives OpenSSL's text instead: `tlsv1-alert-no-application-protocol`.
    """
    found = _IN_WORDS.fullmatch(str(error))
    name = error.reason or (found["words"] if found else type(error).__name__)
    return name.lower().replace("_", "-").replace(" ", "-")
