"""One connection in the hands of its server: lines in, packets out, TLS when it is wanted.

TLS runs over memory and not in the transport, because a player has to see and to send what stands around
a handshake: octets in the clear in its place, behind it, or in the same packet as the last reply.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress

__all__ = ["Client"]

# A reset overtakes what was sent before it, so that is given this many seconds to arrive.
AHEAD_OF_RESET = 0.02
# SO_LINGER, on and for no time: closing sends a reset.
_NO_LINGER = struct.pack("ii", 1, 0)
# Application data (RFC 8446 5.2) that nobody has encrypted.
_GARBLED = b"\x17\x03\x03\x00\x20" + bytes(32)


class Client(asyncio.Protocol):
    """A client, as its server sees it.

    `said` is what came from it, in the clear or decrypted, and was not taken yet; once it has `gone` nothing
    will follow.
    """

    def __init__(self) -> None:
        self.said = bytearray()
        self.gone = False
        self._news, self._writable = asyncio.Event(), asyncio.Event()
        self._writable.set()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None
        self._encrypted = False
        self._transport: asyncio.Transport | None = None
        self._ended = False

    # What asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._tls is None:
            self.said += data
        else:
            self._incoming.write(data)
            self._decrypt(self._tls)
        self._news.set()

    def eof_received(self) -> bool:
        self.gone = True
        self._news.set()
        return True  # the end of its stream is not yet the end of ours

    def connection_lost(self, _error: Exception | None) -> None:
        self.gone = True
        self._news.set()
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # What the server does

    async def until(self, ready: Callable[[], bool]) -> bool:
        """Wait for that, or until the client has gone; whether that is so."""
        while not ready() and not self.gone:
            self._news.clear()
            await self._news.wait()
        return ready()

    async def line(self) -> bytes | None:
        """The client's next line, or None if it goes without one."""
        if not await self.until(lambda: b"\n" in self.said):
            return None
        line, _, self.said = self.said.partition(b"\n")
        return bytes(line).rstrip(b"\r")

    async def tell(self, packet: bytes) -> None:
        """Send this, in one packet, and wait if too much is on its way."""
        if self._tls and self._encrypted and packet:
            self._tls.write(packet)
            packet = self._outgoing.read()
        self._send(packet)
        await asyncio.sleep(0)  # else the next packet is one with this
        await self._writable.wait()

    async def shake_hands(self, context: ssl.SSLContext) -> bool:
        """Perform the server's half of a handshake. If that fails the client counts as gone."""
        self._incoming.write(self.said)
        self.said.clear()
        self._tls = tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        while not self._encrypted:
            try:
                tls.do_handshake()
                self._encrypted = True
            except ssl.SSLWantReadError:
                self._send(self._outgoing.read())
                if not await self.until(lambda: self._incoming.pending > 0):
                    return False
            except ssl.SSLError:
                self._send(self._outgoing.read())
                await self.close()  # an alert of ours is to arrive
                self.gone = True
                return False
        self._send(self._outgoing.read())
        self._decrypt(tls)
        return True

    async def garble(self) -> None:
        """Send a TLS record that no key opens, and wait until the client has had enough."""
        self._send(_GARBLED)
        await self.until_gone()

    def say_goodbye(self) -> None:
        """Announce the end of TLS (RFC 8446 6.1), as a polite server does before it closes."""
        if self._tls and self._encrypted:
            with suppress(ssl.SSLError):  # it asks for the client's own announcement, which can wait
                self._tls.unwrap()
            self._send(self._outgoing.read())

    async def close(self) -> None:
        """End our stream, and wait until the client has ended its own."""
        if self._transport and not self._transport.is_closing():
            self._ended = True
            with suppress(OSError):  # it may be gone already, and nobody has told us yet
                self._transport.write_eof()
        await self.until_gone()

    async def reset(self) -> None:
        """Break the connection off."""
        await asyncio.sleep(AHEAD_OF_RESET)
        if self._transport and not self._transport.is_closing():
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self._transport.abort()

    async def until_gone(self) -> None:
        """Say nothing more."""
        await self.until(lambda: False)

    def part(self) -> None:
        """Close now."""
        if self._transport:
            self._transport.abort()

    def _send(self, data: bytes) -> None:
        if data and self._transport and not (self._ended or self._transport.is_closing()):
            self._transport.write(data)

    def _decrypt(self, tls: ssl.SSLObject) -> None:
        try:
            while self._encrypted and not self.gone:
                data = tls.read(65536)
                self.said += data
                self.gone = not data  # it has announced its end
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self.gone = True  # what it sends makes no sense
