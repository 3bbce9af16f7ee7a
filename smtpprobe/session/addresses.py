"""Names to addresses, and our own name, without ever holding up the loop or the exit.

The system's resolver blocks, and the threads of an executor are waited for when the process ends.
So each look-up runs in a daemon thread of its own: a silent resolver costs its timeout, not the exit.
"""

import asyncio
import functools
import ipaddress
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


async def in_thread(function: Callable[[], T]) -> T:
    """Run a blocking call in a daemon thread; cancelling leaves the thread to itself."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # T may itself be None

    def run() -> None:
        result, error = None, None
        try:
            result = function()
        except Exception as caught:
            error = caught
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, daemon=True, name="smtpprobe-resolver").start()
    return await future


async def resolve(host: str, family: int | None) -> tuple[str, ...]:
    """The host's addresses in the system's order, each once. Raises socket.gaierror or UnicodeError."""
    if literal := read_address(host):
        return (literal,)
    found = await in_thread(lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    wanted = FAMILIES.get(family) if family else None
    addresses = (str(entry[4][0]) for entry in found if wanted in (None, entry[0]))
    return tuple(dict.fromkeys(addresses))


def read_address(host: str) -> str | None:
    """The host, if it is an address (an IPv6 zone may follow), else None."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return None
    return host


# A label as RFC 5321 2.3.5 wants it: letters, digits, inner hyphens.
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_FULL_NAME = re.compile(rf"(?=.{{4,253}}$)({_LABEL}\.)+(?![0-9]+$){_LABEL}")


def usable_name(name: str) -> bool:
    """A name that can be said in EHLO: fully qualified, and not one that every machine has (RFC 6761 6.3)."""
    labels = name.lower().split(".")
    return bool(_FULL_NAME.fullmatch(name)) and not {"localhost", "localdomain"} & set(labels)


@functools.cache
def look_up_own_name() -> str | None:
    """Our full host name, or None. Blocks: run it `in_thread`."""
    name = socket.gethostname()
    if usable_name(name):
        return name
    try:
        canonical = socket.getaddrinfo(name, None, flags=socket.AI_CANONNAME)[0][3]
    except (OSError, UnicodeError):
        return None
    return canonical if usable_name(canonical) else None


def address_literal(address: str) -> str:
    """An address as it is said in EHLO (RFC 5321 4.1.3)."""
    bare = address.partition("%")[0]
    return f"[IPv6:{bare}]" if ":" in bare else f"[{bare}]"
