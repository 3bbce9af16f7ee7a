"""A secret that a command prints: real small commands, those that misbehave among them."""

import contextlib
import os
import select
import shlex
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from smtpprobe.inputs.credentials import CredentialsError, commands
from smtpprobe.inputs.credentials.commands import read_command
from smtpprobe.inputs.credentials.content import LARGEST

SECRET = "hunter2-hunter2"
# Nothing here takes so long; it only ends a test that would hang.
PATIENCE = 30.0

Script = Callable[[str], str]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Makes a command of a shell script."""

    def make(text: str) -> str:
        path = tmp_path / "give"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(stat.S_IRWXU)
        return shlex.quote(str(path))

    return make


@pytest.fixture
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "SECONDS", 0.2)


def refusal(command: str, *, token: bool = False) -> str:
    """The line that a person gets; neither it nor the chain behind it holds what was printed."""
    with pytest.raises(CredentialsError) as caught:
        read_command(command, "--password-command", token=token)
    link: BaseException | None = caught.value
    while link is not None:
        assert SECRET not in f"{link} {link!r} {link.args} {vars(link)}"
        link = link.__context__
    line = str(caught.value)
    assert line.isprintable()
    assert line.startswith("--password-command")
    return line


# What it gives


def test_what_a_command_prints_is_the_secret_without_one_line_end(script: Script) -> None:
    for printed, secret in (
        ("a", "a"),
        ("a\\n", "a"),
        ("a\\r\\n", "a"),
        ("a\\n\\n", "a\n"),
        (" a b \\n", " a b "),
    ):
        assert read_command(script(f"printf '{printed}'"), "--password-command") == secret


def test_no_shell_reads_it() -> None:
    assert read_command("echo '$HOME `id` *' ';' '|' \"a b\"", "--password-command") == "$HOME `id` * ; | a b"


def test_it_has_no_standard_input_and_no_terminal(script: Script) -> None:
    asks = script('read answer; echo "got:$answer"; (: < /dev/tty) 2> /dev/null && echo terminal; :')
    assert read_command(asks, "--password-command") == "got:"


def test_what_it_says_on_standard_error_goes_where_ours_goes(
    script: Script, capfd: pytest.CaptureFixture[str]
) -> None:
    assert read_command(script(f"echo look >&2; echo {SECRET}"), "--password-command") == SECRET
    assert capfd.readouterr() == ("", "look\n")


def test_as_much_as_a_file_may_hold(script: Script) -> None:
    printed = read_command(script(f"head -c {LARGEST} /dev/zero | tr '\\0' x"), "--password-command")
    assert printed == "x" * LARGEST


def test_a_child_that_stays_behind_keeps_nobody_waiting(script: Script, tmp_path: Path) -> None:
    """As gpg starts its agent: the pipe stays open, the command has ended, and the child lives on."""
    pid = tmp_path / "pid"
    assert (
        read_command(script(f"sleep 1000 & echo $! > {pid}; echo {SECRET}"), "--password-command") == SECRET
    )
    os.kill(int(pid.read_text()), signal.SIGKILL)


def test_a_token_may_come_from_a_command(script: Script) -> None:
    assert read_command(script("echo ya29.x-_~+/=="), "--token-command", token=True) == "ya29.x-_~+/=="
    assert refusal(script(f"echo '\"{SECRET}\"'"), token=True).endswith("give the token without them")
    assert "is JSON" in refusal(script(f'echo \'{{"accessToken": "{SECRET}"}}\''), token=True)


# What it does not give


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("", "--password-command names no command"),
        ("  ", "--password-command names no command"),
        ("''", "--password-command names no command"),
        (f"echo '{SECRET}", "--password-command: the command cannot be taken apart: No closing quotation"),
        (f"/no/such/program {SECRET}", '"/no/such/program" cannot be started: No such file or directory'),
        ("/", '"/" cannot be started: Permission denied'),
        ("a\0b", "cannot be started: it holds a NUL character"),
        ("\x1b[2J", '"\\x1b[2J" cannot be started'),
        ("true", 'the output of "true" is empty; a login needs a password'),
        ("echo", 'the output of "echo" is empty'),
        ("false", '"false" failed with exit code 1; run it by hand to see why'),
        (f"sh -c 'echo {SECRET}; exit 7'", '"sh" failed with exit code 7'),
        (f"sh -c 'echo {SECRET}; kill -TERM $$'", '"sh" was ended by SIGTERM'),
        (f"sh -c 'echo {SECRET}; kill -40 $$'", '"sh" was ended by'),
        ("printf 'a\\000b'", 'the output of "printf" holds a NUL character'),
        ("printf '\\377'", 'the output of "printf" is not valid UTF-8'),
    ],
)
def test_a_command_that_gives_no_secret_is_one_clear_line(command: str, says: str) -> None:
    assert says in refusal(command)


@pytest.mark.parametrize("code", [0, 1])
def test_ten_megabytes_are_no_secret(script: Script, code: int) -> None:
    prints = script(f"head -c 10000000 /dev/zero | tr '\\0' x; exit {code}")
    assert "is larger than 1 MiB; that is no password" in refusal(prints)


def test_an_endless_output_is_cut_off() -> None:
    assert "is larger than 1 MiB" in refusal("yes hunter2")


@pytest.mark.usefixtures("in_a_hurry")
@pytest.mark.parametrize(
    "hangs",
    [
        "exec sleep 1000",
        "sleep 1000; echo x",
        "exec > /dev/null; exec sleep 1000",
        f"echo {SECRET}; exec sleep 1000",
        "trap '' TERM HUP INT; while :; do sleep 1000; done",
        "while :; do echo x; sleep 0.02; done",
    ],
    ids=["silent", "with a child", "closed output", "after the secret", "stubborn", "dripping"],
)
def test_a_command_that_hangs_is_stopped(script: Script, hangs: str) -> None:
    assert refusal(script(hangs)).endswith("had not ended after 0.2 s, and was stopped")


class Alive:
    """A pipe by name; processes that hold it open for writing are alive."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self._reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def wait(self) -> bytes:
        """What is written, or the end: nobody holds it, now or any more."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self._reader, 1)
        assert select.select([self._reader], [], [], PATIENCE)[0]
        return os.read(self._reader, 1)

    def close(self) -> None:
        os.close(self._reader)


@pytest.fixture
def alive(tmp_path: Path) -> Iterator[Alive]:
    found = Alive(tmp_path / "alive")
    yield found
    found.close()


@pytest.mark.usefixtures("in_a_hurry")
def test_its_children_are_stopped_with_it(script: Script, alive: Alive) -> None:
    refusal(script(f"sleep 1000 3> {alive.path} & sleep 1000 3> {alive.path}"))
    assert alive.wait() == b""


def test_an_interruption_stops_it(script: Script, alive: Alive, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        while not alive.wait():  # until it has begun
            pass
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "_read", interrupt)
    with pytest.raises(KeyboardInterrupt):
        read_command(script(f"exec 3> {alive.path}; echo x >&3; exec sleep 1000"), "--password-command")
    assert alive.wait() == b"\n"
    assert alive.wait() == b""
