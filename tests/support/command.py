"""The command as people run it: in this process or as one of its own, beside servers in the background.

A server runs in an event loop of its own thread, so that a test can be plain code: `background` starts any
of `demo`'s servers on a free port of loopback. `Scripted` is a server in the hands of the test itself, word
by word, for whatever has to happen at one exact moment of a session.
"""

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar
from unittest.mock import patch

from smtpprobe import cli

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
# Nothing here takes so long; it only ends a test that would hang.
PATIENCE = 60.0
NAME = ("--ehlo", "client.example")


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def reports(self) -> list[dict[str, Any]]:
        """The reports of `--json`."""
        found: list[dict[str, Any]] = self.json["reports"]
        return found

    @property
    def report(self) -> dict[str, Any]:
        """The only report of `--json`."""
        (found,) = self.reports
        return found

    def step(self, name: str) -> dict[str, Any]:
        """The last step of that name."""
        found: dict[str, Any] = [step for step in self.report["steps"] if step["name"] == name][-1]
        return found

    @property
    def complaint(self) -> str:
        """The one line on standard error."""
        assert self.err.endswith("\n"), self.err
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("smtpprobe: "), self.err
        return self.err


class _Stream(io.TextIOWrapper):
    """Standard output, error or input, kept in memory."""

    def __init__(self, content: bytes = b"") -> None:
        super().__init__(io.BytesIO(content), "utf-8", write_through=True)

    def text(self) -> str:
        self.seek(0)
        return self.read()


def run(*arguments: str | Path, stdin: bytes = b"", environ: Mapping[str, str] | None = None) -> Came:
    """The command in this process."""
    out, err = _Stream(), _Stream()
    ours = ("SMTPPROBE_PASSWORD", "SMTPPROBE_TOKEN", "NETRC")
    outside = {k: v for k, v in os.environ.items() if k not in ours} | dict(environ or {})
    with (
        patch.object(sys, "stdout", out),
        patch.object(sys, "stderr", err),
        patch.object(sys, "stdin", _Stream(stdin)),
        patch.dict(os.environ, outside, clear=True),
    ):
        code = cli.run([str(argument) for argument in arguments])
    return Came(code, out.text(), err.text())


def check(*arguments: str | Path, stdin: bytes = b"", environ: Mapping[str, str] | None = None) -> Came:
    """`smtpprobe check`, under a name that needs no look-up."""
    return run("check", *NAME, *arguments, stdin=stdin, environ=environ)


def environment(**changes: str) -> dict[str, str]:
    """What a process of its own gets: enough to run, and nothing of this session."""
    return {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(ROOT), **changes}


def start(*arguments: str | Path, **options: Any) -> subprocess.Popen[bytes]:
    """The command as a process of its own. Options are those of Popen; a `preexec_fn` is called as well."""
    also: Callable[[], None] | None = options.pop("preexec_fn", None)

    def prepare() -> None:
        # A test run in the background of a shell ignores SIGINT, and would hand that down.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if also:
            also()

    options = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "env": environment(),
        "cwd": "/",
        **options,
    }
    command = [sys.executable, "-m", "smtpprobe", *map(str, arguments)]
    return subprocess.Popen(command, preexec_fn=prepare, **options)


def finish(process: subprocess.Popen[bytes]) -> Came:
    """Wait for it."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return Came(process.returncode, (out or b"").decode(), (err or b"").decode())


def run_process(*arguments: str | Path, **options: Any) -> Came:
    """The command as a process of its own, to its end."""
    return finish(start(*arguments, **options))


# Servers


@contextmanager
def loop_in_thread() -> Iterator[Callable[[AbstractAsyncContextManager[T]], T]]:
    """An event loop in a thread; yields what enters a context manager there, to leave it at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="servers")
    thread.start()
    entered: list[AbstractAsyncContextManager[Any]] = []

    async def enter(manager: AbstractAsyncContextManager[T]) -> T:
        found = await manager.__aenter__()
        entered.append(manager)
        return found

    async def leave(manager: AbstractAsyncContextManager[Any]) -> None:
        await manager.__aexit__(None, None, None)

    try:
        yield lambda manager: asyncio.run_coroutine_threadsafe(enter(manager), loop).result(PATIENCE)
    finally:
        try:
            for manager in reversed(entered):
                asyncio.run_coroutine_threadsafe(leave(manager), loop).result(PATIENCE)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(PATIENCE)
            loop.close()


class Scripted:
    """A server of one connection, which the test itself plays.

    with Scripted() as server:
        process = start("check", server.target)
        server.accept()
        server.say("220 ready")
        assert server.hear() == "EHLO client.example"
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE)
        self._connection: socket.socket | None = None
        self._heard = b""

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def target(self) -> str:
        return f"smtp+insecure://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.hang_up()
        self._listener.close()

    def accept(self) -> None:
        """Wait for the client."""
        self._connection, _ = self._listener.accept()
        self._connection.settimeout(PATIENCE)

    def say(self, *lines: str) -> None:
        assert self._connection is not None
        self._connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def hear(self) -> str:
        """The client's next line; an empty text at its end."""
        assert self._connection is not None
        while b"\r\n" not in self._heard:
            came = self._connection.recv(65536)
            if not came:
                return ""
            self._heard += came
        line, self._heard = self._heard.split(b"\r\n", 1)
        return line.decode()

    def answer(self, **replies: str) -> list[str]:
        """Answer each command, by its first word, until the client has gone; what it said."""
        said = []
        while line := self.hear():
            said.append(line)
            self.say(replies.get(line.split()[0], "250 ok"))
        return said

    def hang_up(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    @property
    def nobody_came(self) -> bool:
        """Whether no client knocks."""
        self._listener.setblocking(False)
        try:
            self._listener.accept()[0].close()
        except BlockingIOError:
            return True
        finally:
            self._listener.settimeout(PATIENCE)
        return False
