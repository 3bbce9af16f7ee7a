"""The process: exit codes, signals, closed pipes, full disks, and places that lack everything."""

import errno
import os
import pty
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smtpprobe.demo.faults import PASSWORD
from smtpprobe.exits import Exit

from .support.command import NAME, ROOT, Came, Scripted, environment, finish, run_process, start

REFUSED = "smtp+insecure://127.0.0.1:1"
NOBODY = 12345


def clean(came: Came) -> Came:
    """No traceback, and at most one line of complaint."""
    assert "Traceback" not in came.err + came.out
    assert came.err == "" or came.complaint
    return came


def test_exit_codes() -> None:
    assert clean(run_process("demo", "-q")) == Came(Exit.OK, "", "")
    assert clean(run_process("demo", "--fault", "wrong-password")).code == Exit.FAILED
    assert clean(run_process("check", REFUSED, *NAME)).code == Exit.FAILED
    assert clean(run_process("check", "a..b")).code == Exit.USAGE


# Signals


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as scripted:
        yield scripted


@pytest.mark.parametrize(
    ("number", "code", "says"),
    [(signal.SIGINT, Exit.INTERRUPTED, "interrupted"), (signal.SIGTERM, Exit.TERMINATED, "terminated")],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_signal_in_the_middle_of_a_session(
    server: Scripted, number: signal.Signals, code: int, says: str, form: str
) -> None:
    process = start("check", server.target, *NAME, "-f", form)
    server.accept()
    server.say("220 ready")
    assert server.hear() == "EHLO client.example"
    process.send_signal(number)
    came = clean(finish(process))
    assert (came.code, came.out, came.complaint) == (code, "", f"smtpprobe: {says}\n")
    assert server.hear() == ""


def test_what_jsonl_has_told_stays_told_when_a_signal_comes(server: Scripted) -> None:
    process = start("check", "smtp+insecure://127.0.0.2:1", server.target, *NAME, "-f", "jsonl")
    assert process.stdout is not None
    first = process.stdout.readline()
    assert b'"verdict": "fail"' in first
    process.send_signal(signal.SIGTERM)
    assert finish(process).code == Exit.TERMINATED


def test_an_interrupted_prompt(server: Scripted) -> None:
    master, slave = pty.openpty()
    process = start(
        "check",
        server.target,
        "-u",
        "me",
        stdin=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=_take_terminal,
    )
    os.close(slave)
    assert "Password for me" in read_until(master, "Password for me: ")
    os.write(master, b"\x03")
    came = finish(process)
    os.close(master)
    assert came.code == Exit.INTERRUPTED
    assert server.nobody_came


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def read_until(master: int, words: str) -> str:
    """What a terminal shows until `words` are on it, or the process has gone."""
    shown = b""
    while words.encode() not in shown:
        try:
            came = os.read(master, 65536)
        except OSError as error:  # how Linux tells that the other end of a pty is closed
            if error.errno != errno.EIO:
                raise
            break
        if not came:
            break
        shown += came
    return shown.decode(errors="replace")


def test_a_prompt_on_a_terminal_takes_the_password_and_does_not_show_it(server: Scripted) -> None:
    master, slave = pty.openpty()
    process = start(
        "check",
        server.target,
        "-u",
        "me",
        "--allow-plaintext-auth",
        *NAME,
        "--json",
        stdin=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=_take_terminal,
    )
    os.close(slave)
    shown = read_until(master, "Password for me: ")
    os.write(master, b"hunter2-hunter2\n")
    server.accept()
    server.say("220 ready")
    said = server.answer(EHLO="250-mail\r\n250 AUTH PLAIN", AUTH="235 ok", QUIT="221 bye")
    assert "AUTH PLAIN AG1lAGh1bnRlcjItaHVudGVyMg==" in said
    came = finish(process)
    shown += read_until(master, "never shown")
    os.close(master)
    assert came.report["auth"]["result"] == "accepted"
    assert "hunter2" not in shown + came.out


# Output


def closed_pipe() -> int:
    """The writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("demo",), Exit.OK),
        (("demo", "--json"), Exit.OK),
        (("demo", "--fault", "wrong-password"), Exit.FAILED),
        (("demo", "--fault", "wrong-password", "-f", "jsonl"), Exit.FAILED),
        (("demo", "--list"), Exit.OK),
        (("explain", "535"), Exit.OK),
        (("schema", "check"), Exit.OK),
        (("completion", "bash"), Exit.OK),
        (("--version",), Exit.OK),
        (("check", "-h"), Exit.OK),
        (("-h",), Exit.OK),
        (("check", "smtp+insecure://127.0.0.1:1", "smtp+insecure://127.0.0.2:1", "-f", "jsonl"), Exit.FAILED),
    ],
)
def test_a_closed_pipe_is_silent_and_keeps_the_code(arguments: tuple[str, ...], code: int) -> None:
    writing = closed_pipe()
    came = run_process(*arguments, stdout=writing)
    os.close(writing)
    assert (came.code, came.err) == (code, "")


def test_head_takes_one_line(tmp_path: Path) -> None:
    demo = f'"{sys.executable}" -m smtpprobe demo --fault wrong-password -vv'
    command = f'{demo} | head -1; exit "${{PIPESTATUS[0]}}"'
    found = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment(), cwd="/", check=False
    )
    assert (found.returncode, found.stderr, found.stdout.count("\n")) == (1, "", 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("demo",),
        ("demo", "--fault", "wrong-password"),
        ("demo", "-f", "jsonl"),
        ("demo", "--list"),
        ("explain", "535"),
        ("schema", "check"),
        ("completion", "bash"),
        ("--version",),
        ("check", "-h"),
    ],
)
def test_a_full_disk_is_one_line_and_our_own_fault(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        came = clean(run_process(*arguments, stdout=full))
    assert "space" in came.complaint
    assert came.code == Exit.INTERNAL


def test_a_record_on_a_full_disk_is_told_and_the_result_stands() -> None:
    came = clean(run_process("demo", "--record", "/dev/full"))
    assert came.code == Exit.INTERNAL
    assert "PASS" in came.out
    assert "/dev/full" in came.complaint


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_closed_standard_stream_is_survived(closed: int) -> None:
    came = run_process("demo", "--fault", "wrong-password", preexec_fn=lambda: os.close(closed))
    assert "Traceback" not in came.err
    assert came.code in (Exit.FAILED, Exit.INTERNAL)


# Descriptors


def limited(number: int) -> Any:
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


def test_no_descriptor_for_a_second_session_is_our_own_fault() -> None:
    """Two sessions at once, and descriptors for one: what is left over cannot be judged."""
    listeners = [socket.create_server((f"127.0.0.{n}", 0)) for n in (2, 3, 4)]
    targets = [
        f"smtp+insecure://127.0.0.{n}:{s.getsockname()[1]}" for n, s in zip((2, 3, 4), listeners, strict=True)
    ]
    process = start("check", *targets, *NAME, "--json", "-t", "0.3", preexec_fn=limited(7))
    came = clean(finish(process))
    for listener in listeners:
        listener.close()
    verdicts = [report["verdict"] for report in came.reports]
    assert "error" in verdicts
    kinds = {report["failure"]["kind"] for report in came.reports if report["verdict"] == "error"}
    assert kinds == {"internal"}


@pytest.mark.parametrize("number", range(4, 8))
def test_no_descriptors_left_is_one_clear_line(number: int, server: Scripted) -> None:
    """Whatever the last descriptor is missing for: the loop, a module, the socket."""
    came = run_process("check", "smtp+insecure://127.0.0.1:1", *NAME, preexec_fn=limited(number))
    if b"encodings" in came.err.encode() or "Fatal Python error" in came.err or "runpy" in came.err:
        pytest.skip("not even Python starts")
    assert "Traceback" not in came.err
    if came.code == Exit.FAILED:
        return  # there were enough
    assert came.code == Exit.INTERNAL
    assert "too many open files" in (came.out + came.err).lower()
    assert "fault of smtpprobe" not in came.err


# Places


def _become_nobody() -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def _readable_by_all() -> bool:
    """Whether somebody else can run this Python and read this package."""
    try:
        probe = subprocess.run(
            [sys.executable, "-c", "import smtpprobe.cli.check"],
            preexec_fn=_become_nobody,
            env=environment(),
            cwd="/",
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return probe.returncode == 0


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become nobody")
def test_no_home_and_no_passwd_entry_are_survived(server: Scripted) -> None:
    if not _readable_by_all():
        pytest.skip("this Python is not there for other users")
    process = start("check", server.target, preexec_fn=_become_nobody)
    server.accept()
    server.say("220 ready")
    said = server.answer(QUIT="221 bye")
    came = clean(finish(process))
    assert came.code == 0
    assert "localhost" not in said[0].lower()
    assert clean(run_process("demo", preexec_fn=_become_nobody)).code == 0
    assert clean(run_process("explain", "535", preexec_fn=_become_nobody)).code == 0


def test_an_empty_environment_is_survived() -> None:
    came = clean(run_process("demo", env={"PYTHONPATH": str(ROOT)}))
    assert came.code == 0


def test_a_folder_that_is_gone_is_survived(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f'cd "{gone}" && rmdir "{gone}" && exec "{sys.executable}" -m smtpprobe demo -q'
    found = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment(), check=False
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_any_encoding_of_the_terminal_is_survived(encoding: str) -> None:
    came = run_process("demo", "--fault", "escape-sequence", env=environment(PYTHONIOENCODING=encoding))
    assert "Traceback" not in came.err


def test_the_password_is_in_no_argument_and_in_no_child(server: Scripted) -> None:
    """What /proc shows of the process while it runs."""
    process = start(
        "check",
        server.target,
        "-u",
        "me",
        "--password-file",
        "-",
        "--allow-plaintext-auth",
        *NAME,
        stdin=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(PASSWORD.encode())
    process.stdin.close()
    process.stdin = None
    server.accept()
    folder = Path(f"/proc/{process.pid}")
    if folder.is_dir():
        assert PASSWORD.encode() not in (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
    server.hang_up()
    assert finish(process).code == 1
