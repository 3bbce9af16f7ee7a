"""aiosmtplib's protocol with its ears replaced: replies whole, surplus kept, TLS in the open.

Every octet in both directions passes through here. Our own parser decides when a reply is complete
and keeps it with the time of each read; then aiosmtplib is handed one line to be content with, so
that its `execute_command` returns. What it makes of that line is not looked at: its own parser puts
every later reply off by one when two come in one packet, and gives up after one malformed line.
"""

import asyncio
import errno
import ssl
from collections.abc import Callable
from contextlib import suppress

from aiosmtplib.errors import SMTPServerDisconnected
from aiosmtplib.protocol import SMTPProtocol

from smtpprobe.protocol.replies import MAX_REPLY_OCTETS, Reply, ReplyParser
from smtpprobe.record import Arrival, Arrivals, Failure, FailureKind
from smtpprobe.session.tls import TlsEngine, reason

Heard = tuple[Reply, tuple[Arrival, ...]]

# Lines of replies that nothing asked for: beyond this, or beyond the octets of one reply, the server
# floods us, and is not listened to any longer.
MAX_UNSOLICITED = 100


class BrokenError(Exception):
    """The step in hand can not go on; carries its Failure to the one place that records it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.kind)
        self.failure = failure


class RecordingProtocol(SMTPProtocol):
    """aiosmtplib's protocol, with nothing lost: replies whole, surplus kept, TLS in the open."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._parser = ReplyParser()
        self._arrivals = Arrivals()
        self._expecting = True
        self._engine: TlsEngine | None = None
        self._shaken: asyncio.Future[None] | None = None
        self._tls_broken = False
        self.answer: Heard | None = None
        self.surplus: list[Heard] = []
        self._unasked = self._unasked_octets = 0
        self.flooded = False
        self.lost: Failure | None = None
        self.closed = self._loop.create_future()

    @property
    def encrypted(self) -> bool:
        """A handshake has come to its end."""
        return self._engine is not None and self._engine.done

    # What comes

    def data_received(self, data: bytes) -> None:
        if self._engine is None:
            self._take(data)
            return
        if self._tls_broken:
            return
        try:
            self._engine.feed(data)
            if not self._engine.done and not self._shake():
                return
            self._take(self._engine.read())
            self._send(self._engine.pending())
        except ssl.SSLError as error:
            self._broken_tls(error)

    def _take(self, data: bytes) -> None:
        if not data or self.flooded or self._parser.overflowed:
            return
        self._arrivals.add(self._clock(), len(data))
        for reply in self._parser.feed(data):
            self._hear(reply)

    def _hear(self, reply: Reply) -> None:
        heard = reply, self._arrivals.take(len(reply.raw))
        if not self._expecting:
            # An empty line counts as one too: it takes as much room here as a full one.
            self._unasked += len(reply.lines)
            self._unasked_octets += len(reply.raw)
            self.flooded = self._unasked > MAX_UNSOLICITED or self._unasked_octets > MAX_REPLY_OCTETS
            if not self.flooded:
                self.surplus.append(heard)
            return
        self._expecting, self.answer = False, heard
        # aiosmtplib waits for a line of its own liking; what it makes of it is not looked at.
        super().data_received(b"250 -\r\n")

    def unfinished(self) -> Heard | None:
        """What has begun and will not end."""
        reply = self._parser.finish()
        return (reply, self._arrivals.take(len(reply.raw))) if reply else None

    def eof_received(self) -> bool:
        self.lost = self.lost or Failure(FailureKind.EOF)
        self._fail_handshake()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        kind = FailureKind.EOF if exc is None else FailureKind.RESET
        self.lost = self.lost or Failure(kind, errno_name(exc))
        self._fail_handshake()
        if not self.closed.done():
            self.closed.set_result(None)
        super().connection_lost(exc)

    # What goes

    def write(self, data: bytes) -> None:
        if self.lost:
            raise SMTPServerDisconnected("Connection lost")
        super().write(self._engine.write(data) if self._engine else data)

    def expect(self) -> None:
        """The next reply that completes is the answer to what is about to be said."""
        self._expecting, self.answer = True, None

    def _send(self, data: bytes) -> None:
        if data and isinstance(self.transport, asyncio.Transport) and not self.transport.is_closing():
            self.transport.write(data)

    # TLS

    async def shake_hands(self, engine: TlsEngine) -> None:
        """Perform the handshake; ssl.SSLError or BrokenError if it fails."""
        self._engine, self._shaken = engine, self._loop.create_future()
        if self.lost:
            raise BrokenError(self.lost)
        self._shake()
        await self._shaken

    def _shake(self) -> bool:
        assert self._engine is not None
        done = self._engine.handshake()
        self._send(self._engine.pending())
        if done and self._shaken and not self._shaken.done():
            self._shaken.set_result(None)
        return done

    def _broken_tls(self, error: ssl.SSLError) -> None:
        assert self._engine is not None
        self._tls_broken = True
        self._send(self._engine.pending())  # our own alert
        if self._shaken and not self._shaken.done():
            self._shaken.set_exception(error)
            return
        self.lost = self.lost or Failure(FailureKind.TLS, reason(error))
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    def _fail_handshake(self) -> None:
        if self._shaken and not self._shaken.done():
            assert self.lost is not None
            self._shaken.set_exception(BrokenError(self.lost))

    async def hang_up(self) -> None:
        """Close at once: say goodbye under TLS, wait for nobody, leave no socket behind."""
        transport = self.transport
        if not isinstance(transport, asyncio.Transport):
            return
        if self._engine and self.encrypted and not self.lost:
            with suppress(ssl.SSLError):
                self._send(self._engine.close_notify())
        transport.close()
        if transport.get_write_buffer_size():
            transport.abort()
        await self.closed


def errno_name(error: BaseException | None) -> str:
    """`ECONNRESET` and its like, or an empty string."""
    number = error.errno if isinstance(error, OSError) else None
    return errno.errorcode.get(number, "") if number else ""
