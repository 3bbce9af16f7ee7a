"""Live rows: on standard error, on a terminal only, gone at the end; a hang shows where."""

import errno
import os
import pty
import re
import subprocess
from collections.abc import Callable, Iterator

import pytest

from .support.command import NAME, Scripted, environment, finish, start

ROWS, COLUMNS = 40, 100


class Screen:
    """A terminal that knows what rich's live rows use: lines, returns, up, erase."""

    def __init__(self) -> None:
        self.rows = [""] * ROWS
        self.row = 0
        self.bytes = b""

    def feed(self, data: bytes) -> None:
        self.bytes += data
        for piece in re.findall(
            r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+|\x1b", data.decode(errors="replace")
        ):
            if piece == "\n":
                self.row += 1
            elif re.fullmatch(r"\x1b\[[0-9]*A", piece):
                self.row -= int(piece[2:-1] or 1)
            elif re.fullmatch(r"\x1b\[2K", piece):
                self.rows[self.row] = ""
            elif not piece.startswith(("\x1b", "\r")):
                self.rows[self.row] += piece

    @property
    def text(self) -> str:
        return "\n".join(row for row in self.rows if row.strip())


class Terminal:
    """A pty, and the screen behind it."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        self.screen = Screen()

    def close_slave(self) -> None:
        os.close(self.slave)

    def until(self, seen: Callable[[str], bool]) -> str:
        """Read until the screen shows it; the test fails where the process goes first."""
        while not seen(self.screen.text):
            assert self.read(), self.screen.text
        return self.screen.text

    def read(self) -> bool:
        try:
            data = os.read(self.master, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return False
        self.screen.feed(data)
        return bool(data)

    def to_the_end(self) -> str:
        while self.read():
            pass
        return self.screen.text


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    found = Terminal()
    yield found
    os.close(found.master)


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as scripted:
        yield scripted


def begin(
    server: Scripted, terminal: Terminal, *options: str, term: str = "xterm"
) -> subprocess.Popen[bytes]:
    process = start(
        "check", server.target, *NAME, *options, stderr=terminal.slave, env=environment(TERM=term)
    )
    terminal.close_slave()
    return process


def test_a_row_comes_as_each_step_ends_and_a_hang_shows_where(server: Scripted, terminal: Terminal) -> None:
    process = begin(server, terminal, "--json")
    server.accept()
    shown = terminal.until(lambda text: "connect" in text)
    assert "greeting" not in shown
    server.say("220 ready")
    shown = terminal.until(lambda text: "greeting" in text)
    assert re.search(r"127\.0\.0\.1:\d+  greeting  220", shown)
    assert server.hear() == "EHLO client.example"
    # It hangs here: the row of the step that is waited for is the one that has not come.
    assert "ehlo" not in shown
    server.say("250 mail.example")
    shown = terminal.until(lambda text: "ehlo" in text)
    assert "help" not in shown
    server.answer(QUIT="221 bye")
    came = finish(process)
    assert terminal.to_the_end() == ""
    assert came.report["verdict"] in ("pass", "warn")


def test_they_are_gone_after_a_signal_too(server: Scripted, terminal: Terminal) -> None:
    process = begin(server, terminal)
    server.accept()
    terminal.until(lambda text: "connect" in text)
    process.terminate()
    assert finish(process).code == 143
    assert terminal.to_the_end() == "smtpprobe: terminated"


def test_the_cursor_is_back_at_the_end(server: Scripted, terminal: Terminal) -> None:
    process = begin(server, terminal)
    server.accept()
    server.say("554 no")
    server.answer()
    finish(process)
    terminal.to_the_end()
    shown = terminal.screen.bytes
    assert shown.rfind(b"\x1b[?25h") >= shown.rfind(b"\x1b[?25l")


def test_standard_output_is_the_result_alone(server: Scripted, terminal: Terminal) -> None:
    process = begin(server, terminal)
    server.accept()
    server.say("220 ready")
    server.answer(QUIT="221 bye")
    out = finish(process).out
    assert "\x1b" not in out
    assert out.count("greeting") >= 1
    assert re.search(r"^  (ok|warn|note)\s+greeting", out, re.MULTILINE)


@pytest.mark.parametrize("options", [("-q",)])
def test_quiet_has_no_rows(server: Scripted, terminal: Terminal, options: tuple[str, ...]) -> None:
    process = begin(server, terminal, *options)
    server.accept()
    server.say("220 ready")
    server.answer(QUIT="221 bye")
    finish(process)
    terminal.to_the_end()
    assert terminal.screen.bytes == b""


def test_without_a_terminal_there_are_none(server: Scripted) -> None:
    process = start("check", server.target, *NAME)
    server.accept()
    server.say("220 ready")
    server.answer(QUIT="221 bye")
    assert finish(process).err == ""


def test_a_dumb_terminal_gets_no_escapes(server: Scripted, terminal: Terminal) -> None:
    process = begin(server, terminal, term="dumb")
    server.accept()
    server.say("220 ready")
    server.answer(QUIT="221 bye")
    finish(process)
    terminal.to_the_end()
    assert b"\x1b" not in terminal.screen.bytes


def test_what_a_server_says_is_inert_in_a_row(server: Scripted, terminal: Terminal) -> None:
    process = begin(server, terminal)
    server.accept()
    server.say("220 \x1b]0;owned\x07 [/bold] \x9b2J")
    server.answer(QUIT="221 bye")
    finish(process)
    terminal.to_the_end()
    assert b"owned" not in terminal.screen.bytes
    assert b"\x1b]" not in terminal.screen.bytes


def test_more_rows_than_the_screen_is_high_are_cut(terminal: Terminal) -> None:
    targets = [f"smtp+insecure://127.0.0.{n}:1" for n in range(1, 40)]
    process = start(
        "check",
        *targets,
        *NAME,
        stdout=subprocess.DEVNULL,
        stderr=terminal.slave,
        env=environment(TERM="xterm"),
    )
    terminal.close_slave()
    assert terminal.to_the_end() == ""
    assert finish(process).code == 1
