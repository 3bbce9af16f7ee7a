"""One socket, connected, or the reason why not."""

import asyncio
import errno
import socket

from smtpprobe.record import Failure, FailureKind
from smtpprobe.session.recording import BrokenError, errno_name

# A socket, the address at its other end, and ours.
Connected = tuple[socket.socket, str, str]

_KINDS = {
    errno.ECONNREFUSED: FailureKind.REFUSED,
    errno.ECONNRESET: FailureKind.RESET,
    errno.ENOTCONN: FailureKind.RESET,
    errno.ETIMEDOUT: FailureKind.TIMEOUT,
    errno.EMFILE: FailureKind.INTERNAL,
    errno.ENFILE: FailureKind.INTERNAL,
    errno.ENOBUFS: FailureKind.INTERNAL,
    errno.ENOMEM: FailureKind.INTERNAL,
}


async def open_socket(address: str, port: int, source: str | None) -> Connected:
    """Connect to one address, from `source` if given. Raises BrokenError; leaves no socket behind."""
    try:
        family, kind, proto, _, sockaddr = socket.getaddrinfo(
            address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )[0]
        sock = socket.socket(family, kind, proto)
    except OSError as error:
        raise BrokenError(os_failure(error)) from None
    try:
        sock.setblocking(False)
        if source:
            sock.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(sock, sockaddr)
        return sock, sock.getpeername()[0], sock.getsockname()[0]
    except OSError as error:
        sock.close()
        raise BrokenError(os_failure(error)) from None
    except BaseException:
        sock.close()
        raise


def os_failure(error: OSError | UnicodeError, kind: FailureKind = FailureKind.UNREACHABLE) -> Failure:
    """What an error of the operating system comes to; `kind` where the table has nothing."""
    number = error.errno if isinstance(error, OSError) else None
    return Failure(_KINDS.get(number or 0, kind), errno_name(error))
