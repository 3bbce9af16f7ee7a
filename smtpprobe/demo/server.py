"""The honest server: aiosmtpd, in the running loop, with TLS and one user.

aiosmtpd has all that SMTP needs. Here it is given a name, a certificate of the demo, a user to let in, and
the words that mail servers use.

    async with honest_server(TlsMode.STARTTLS, user="me", password="secret") as (host, port):
        ...
"""

import asyncio
import logging
import socket
import ssl
from asyncio.sslproto import SSLProtocol
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager, suppress

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from smtpprobe.demo.certificates import authority
from smtpprobe.demo.listening import Address, listen
from smtpprobe.demo.mechanisms import ALL, OtherMechanisms
from smtpprobe.protocol.certificates.binding import tls_server_end_point
from smtpprobe.request import TlsMode

__all__ = ["HOSTNAME", "honest_server"]

HOSTNAME = "mail.demo.example"
# RFC 4954 4: as long as a response of any SASL mechanism may be.
LONGEST_LINE = 12288

# aiosmtpd tells every line, and at each login that something is deprecated. Nobody here can mend that.
_LOG = logging.getLogger("mail.log")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False


@asynccontextmanager
async def honest_server(
    mode: TlsMode = TlsMode.STARTTLS,
    *,
    user: str,
    password: str,
    problems: Iterable[str] = (),
    mechanisms: Iterable[str] = ("LOGIN", "PLAIN"),
    impostor: bool = False,
    host: str = "127.0.0.1",
) -> AsyncIterator[Address]:
    """A server on a free port of `host`, an IPv4 or IPv6 address; AUTO is served as STARTTLS.

    `problems` are those of its certificate. It takes the login of `user` under TLS, and with NONE, where
    there is none, in the clear; `mechanisms` are some of `mechanisms.ALL`, and with those for tokens the
    password is the token. An `impostor` does not know the password, and pretends in SCRAM that it does.
    """
    loop = asyncio.get_running_loop()
    tls = None if mode is TlsMode.NONE else authority().context(*problems)
    at_once, later = (tls, None) if mode is TlsMode.IMPLICIT else (None, tls)
    login, offered = LoginPassword(user.encode(), password.encode()), frozenset(mechanisms)
    binding = tls_server_end_point(authority().leaf(tls)) if tls else None

    async def serve(sock: socket.socket) -> None:
        connection, secured = _Connection(login, offered, binding, starttls=later), loop.create_future()
        connection.impostor = impostor

        def receive() -> asyncio.BaseProtocol:
            if at_once:
                return SSLProtocol(loop, connection, at_once, secured, server_side=True)
            secured.set_result(None)
            return connection

        # TLS is put in between by hand, as aiosmtpd does it for STARTTLS: so this transport has the socket.
        # One for TLS forgets the one beneath it when it is closed twice, and aiosmtpd closes it twice.
        transport, _ = await loop.connect_accepted_socket(receive, sock)
        try:
            with suppress(OSError):  # the client may go before TLS is up, or not want it at all
                await secured
                await connection.finished()
        finally:
            transport.abort()
            await connection.end()

    async with listen(host, serve) as address:
        yield address


class _Connection(OtherMechanisms):
    """aiosmtpd's side of one connection."""

    command_size_limit = LONGEST_LINE
    line_length_limit = LONGEST_LINE

    def __init__(
        self,
        login: LoginPassword,
        mechanisms: Collection[str],
        binding: bytes | None,
        *,
        starttls: ssl.SSLContext | None,
    ) -> None:
        self.known, self.binding = login, binding

        def check(_s: SMTP, _session: Session, _e: Envelope, _mechanism: str, given: object) -> AuthResult:
            return AuthResult(success=given == login, handled=False, auth_data=given)

        super().__init__(
            _Words(),
            hostname=HOSTNAME,
            ident="ESMTP ready",
            tls_context=starttls,
            auth_require_tls=starttls is not None,
            authenticator=check,
            auth_exclude_mechanism=set(ALL) - set(mechanisms),
            loop=asyncio.get_running_loop(),
        )
        self.command_size_limits["AUTH"] = LONGEST_LINE

    async def smtp_HELP(self, _about: str) -> None:  # noqa: N802 - aiosmtpd finds commands by these names
        """214 (RFC 5321 4.2.2); aiosmtpd says 250."""
        commands = "EHLO STARTTLS AUTH MAIL RCPT DATA RSET NOOP HELP QUIT"
        await self.push(f"214-2.0.0 These commands are known here:\r\n214 2.0.0 {commands}")

    async def finished(self) -> None:
        """Wait until the client has gone, or was shown the door."""
        if self._handler_coroutine:
            await asyncio.wait([self._handler_coroutine])

    async def end(self) -> None:
        """Leave no task and no timer. Nobody tells it of a client that goes in the middle of STARTTLS."""
        if self._timeout_handle:
            self._timeout_handle.cancel()
        if self._handler_coroutine:
            self._handler_coroutine.cancel()
            await asyncio.gather(self._handler_coroutine, return_exceptions=True)


class _Words:
    """What aiosmtpd lets others say: the farewell, with its enhanced code (RFC 2034 4)."""

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        return "221 2.0.0 Bye"
