"""A listening socket whose connections are tasks, all of which end with it.

asyncio's own servers leave it to their connections when they end, and tell nobody when one went wrong.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial

__all__ = ["Address", "listen"]

Address = tuple[str, int]


@asynccontextmanager
async def listen(
    host: str, serve: Callable[[socket.socket], Coroutine[None, None, None]]
) -> AsyncIterator[Address]:
    """Run `serve` with each connection to a free port of `host`, an IPv4 or IPv6 address.

    At the end those that are left are cancelled, and what one of them raised is raised here.
    """
    loop = asyncio.get_running_loop()
    connections: list[asyncio.Task[None]] = []

    async def accept() -> None:
        while True:
            sock, _ = await loop.sock_accept(listener)
            # Packets are to go when they are written, not when the client has acknowledged the last one.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = loop.create_task(serve(sock))
            task.add_done_callback(partial(_close, sock))  # also if it never began
            connections.append(task)

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family, backlog=1024) as listener:
        listener.setblocking(False)
        accepting = loop.create_task(accept())
        try:
            yield listener.getsockname()[:2]
        finally:
            # Who stands at the door is let in: what is accepted while that is cancelled would be lost.
            for _ in range(2):
                await asyncio.sleep(0)
            tasks = [accepting, *connections]
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0)  # transports close one round later than they are told
    for result in results:
        if isinstance(result, Exception):
            raise result


def _close(sock: socket.socket, _task: asyncio.Task[None]) -> None:
    sock.close()
