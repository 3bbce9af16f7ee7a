"""Logins on the command line: each source, commands that misbehave, and one clear line for each mistake."""

import base64
import shlex
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from smtpprobe.demo.player import Player
from smtpprobe.exits import Exit
from smtpprobe.inputs.credentials import commands
from smtpprobe.transcripts.notation import parse

from .support.command import Came, Scripted, check, loop_in_thread
from .support.live import at_once

USER, SECRET = "me@mail.example", "correct-horse-42"
IN_CLEAR = "--allow-plaintext-auth"
LOGIN = """
S: 220 mail.example
C: EHLO client.example
S: 250-mail.example
S+: 250 AUTH PLAIN XOAUTH2
C: HELP
S: 214 help
C: AUTH %s [secret]
S: 235 2.7.0 ok
C: QUIT
S: 221 bye
"""

Script = Callable[[str], str]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Makes a command of a shell script."""

    def make(text: str) -> str:
        path = tmp_path / "give secret"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(stat.S_IRWXU)
        return shlex.quote(str(path))

    return make


@pytest.fixture
def netrc(tmp_path: Path) -> Path:
    path = tmp_path / "netrc"
    path.write_text(f"machine 127.0.0.1 login {USER} password {SECRET}\n")
    path.chmod(0o600)
    return path


def refused(came: Came) -> str:
    """The one line of a usage error; nothing on standard output, and nothing of the secret."""
    assert (came.code, came.out) == (Exit.USAGE, ""), came
    assert "Traceback" not in came.err
    assert SECRET not in came.err
    return came.complaint


# What was sent


@pytest.fixture
def sent() -> Iterator[Callable[..., bytes]]:
    """Runs the command against a server; what it sent as its login, decoded."""
    with loop_in_thread() as start:

        def ask(
            *options: str | Path, mechanism: str = "PLAIN", user: str | None = USER, **how: object
        ) -> bytes:
            player = Player(parse(LOGIN % mechanism), pause=at_once)
            port = start(player)[1]
            login = ("-u", user) if user else ()
            came = check(f"smtp+insecure://127.0.0.1:{port}", *login, IN_CLEAR, *options, **how)  # type: ignore[arg-type]
            assert (came.code, came.err) == (0, ""), came
            assert SECRET not in came.out
            (auth,) = (line for line in player.heard if line.startswith(b"AUTH"))
            return base64.b64decode(auth.split()[2])

        yield ask


PASSWORD_SENT = f"\0{USER}\0{SECRET}".encode()
TOKEN_SENT = f"user={USER}\1auth=Bearer {SECRET}\1\1".encode()


def test_each_source_of_a_password(
    sent: Callable[..., bytes], script: Script, netrc: Path, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\r\n")
    home = {"HOME": str(tmp_path), "NETRC": str(netrc)}
    assert sent("--password-file", file) == PASSWORD_SENT
    assert sent("--password-file", "-", stdin=SECRET.encode()) == PASSWORD_SENT
    assert sent("--password-command", script(f"echo {SECRET}")) == PASSWORD_SENT
    assert sent("--netrc", environ=home) == PASSWORD_SENT
    assert sent("--netrc", user=None, environ=home) == PASSWORD_SENT
    assert sent(environ={"SMTPPROBE_PASSWORD": SECRET}) == PASSWORD_SENT


def test_each_source_of_a_token(sent: Callable[..., bytes], script: Script, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{SECRET}\n")
    how = {"mechanism": "XOAUTH2"}
    assert sent("--token-file", file, **how) == TOKEN_SENT
    assert sent("--token-file", "-", stdin=f"{SECRET}\n".encode(), **how) == TOKEN_SENT
    assert sent("--token-command", script(f"echo {SECRET}"), "-m", "xoauth2", **how) == TOKEN_SENT
    assert sent(environ={"SMTPPROBE_TOKEN": SECRET}, **how) == TOKEN_SENT


def test_a_variable_without_a_user_logs_nobody_in() -> None:
    dialogue = "S: 220 x\nC: EHLO client.example\nS: 250 x\nC: HELP\nS: 214 x\nC: QUIT\nS: 221 x"
    both = {"SMTPPROBE_TOKEN": SECRET, "SMTPPROBE_PASSWORD": SECRET}
    with loop_in_thread() as start:
        port = start(Player(parse(dialogue), pause=at_once))[1]
        came = check(f"smtp+insecure://127.0.0.1:{port}", "--json", environ=both)
    assert (came.code, came.report["auth"]["result"]) == (0, "not-tried")


def test_netrc_is_a_login_so_it_goes_to_the_port_for_logins(netrc: Path) -> None:
    came = check("smtp+insecure://127.0.0.1", "--netrc", "--until", "resolve", environ={"NETRC": str(netrc)})
    assert came.out.startswith("127.0.0.1:25 ")
    came = check("127.0.0.1", "--netrc", "--until", "resolve", environ={"NETRC": str(netrc)})
    assert came.out.startswith("127.0.0.1:587 ")


# What was refused

BAD: dict[str, tuple[str, str]] = {
    "fails": (f"echo {SECRET}; exit 3", "failed with exit code 3; run it by hand to see why"),
    "is killed": ("kill -KILL $$", "was ended by SIGKILL"),
    "prints nothing": ("exit 0", "is empty; a login needs a "),
    "prints a line end": ("echo", "is empty; a login needs a "),
    "prints 10 MB": ("head -c 10000000 /dev/zero | tr '\\0' x", "is larger than 1 MiB; that is no "),
    "prints NUL": (f"printf '{SECRET}\\000'", "holds a NUL character"),
    "prints octets": (f"printf '{SECRET}\\377'", "is not valid UTF-8"),
    "hangs": (f"echo {SECRET}; exec sleep 1000", "had not ended after 0.2 s, and was stopped"),
    "forks a child": ("sleep 1000 & wait", "had not ended after 0.2 s, and was stopped"),
}


@pytest.mark.parametrize("kind", ["password", "token"])
@pytest.mark.parametrize("name", BAD)
def test_a_command_that_gives_no_secret(
    script: Script, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    text, says = BAD[name]
    if "0.2 s" in says:
        monkeypatch.setattr(commands, "SECONDS", 0.2)
    with Scripted() as server:
        line = refused(check(server.target, "-u", "me", f"--{kind}-command", script(text)))
        assert server.nobody_came
    assert f"--{kind}-command: " in line
    assert says in line


def test_a_command_that_cannot_be_started() -> None:
    for command, says in (
        ("/no/such/program -x", "cannot be started: No such file or directory (no shell is used)"),
        ("'", "cannot be taken apart: No closing quotation"),
        ("", "names no command"),
    ):
        assert says in refused(check("m.example", "-u", "me", "--password-command", command))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty; a login needs a token"),
        (b"\n", "is empty; a login needs a token"),
        (b"x" * 10_000_000, "is larger than 1 MiB; that is no token"),
        (SECRET.encode() + b"\0", "holds a NUL character"),
        (SECRET.encode() + b"\xff", "is not valid UTF-8"),
        (SECRET.encode() + b" x", "holds a blank or a line end; a token cannot"),
        (SECRET.encode() + b"\nx\n", "holds more than one line"),
        (b"Bearer " + SECRET.encode(), 'begins with "Bearer"; give the token alone'),
        (
            b'{"access_token": "' + SECRET.encode() + b'"}',
            "is JSON; give the value of its access_token alone",
        ),
    ],
    ids=["empty", "a line end", "10 MB", "NUL", "octets", "a blank", "two lines", "a header", "JSON"],
)
def test_what_cannot_be_a_token(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with Scripted() as server:
        assert f'the token file "{file}" {says}' in refused(
            check(server.target, "-u", "me", "--token-file", file)
        )
        line = refused(check(server.target, "-u", "me", "--token-file", "-", stdin=content))
        assert f"standard input (--token-file -) {says}" in line
        assert server.nobody_came


def test_a_netrc_that_cannot_be_used(netrc: Path) -> None:
    environ = {"NETRC": str(netrc)}
    netrc.chmod(0o644)
    line = refused(check("127.0.0.1", "--netrc", environ=environ))
    assert "is open to others (mode 0644)" in line
    assert f"run: chmod 600 {netrc}." in line
    netrc.chmod(0o600)
    assert "has no entry for this host" in refused(check("localhost", "--netrc", environ=environ))
    assert 'but not for "you"' in refused(check("127.0.0.1", "-u", "you", "--netrc", environ=environ))
    several = check("127.0.0.1", "127.0.0.2", "--netrc", environ=environ)
    assert "one login for 2 hosts: a secret goes to one host only" in refused(several)
    netrc.write_text(f"machine 127.0.0.1 pasword {SECRET}")
    assert "cannot be understood near line 1" in refused(check("127.0.0.1", "--netrc", environ=environ))
    assert "cannot be read" in refused(check("127.0.0.1", "--netrc", environ={"NETRC": "/no/such"}))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("--password-file", "-", "--token-file", "-"),
            "--password-file and --token-file give a password and a token",
        ),
        (
            ("--password-command", "echo x", "--netrc"),
            "--password-command and --netrc give a password at once",
        ),
        (
            ("--token-command", "echo x"),
            "--token-command and the variable SMTPPROBE_TOKEN give a token at once",
        ),
        (
            ("-m", "PLAIN"),
            "-m PLAIN takes a password, and the variable SMTPPROBE_TOKEN gives a token; use -m ",
        ),
    ],
)
def test_what_contradicts_itself(arguments: tuple[str, ...], says: str) -> None:
    variable = {} if "--password" in str(arguments) else {"SMTPPROBE_TOKEN": SECRET}
    assert says in refused(check("m.example", "-u", "me", *arguments, environ=variable))


def test_a_mechanism_for_tokens_and_a_password() -> None:
    variable = {"SMTPPROBE_PASSWORD": SECRET}
    line = refused(check("m.example", "-u", "me", "-m", "XOAUTH2", environ=variable))
    assert "-m XOAUTH2 takes a token, and the variable SMTPPROBE_PASSWORD gives a password" in line
    assert "use --token-file PATH" in line
    assert "no token for the user" in refused(check("m.example", "-u", "me", "-m", "XOAUTH2"))


@pytest.mark.parametrize("kind", ["password", "token"])
def test_targets_and_a_secret_cannot_both_come_from_standard_input(kind: str) -> None:
    line = refused(check("-", "-u", "me", f"--{kind}-file", "-", stdin=b"m.example"))
    assert f"targets and the {kind} cannot both come from standard input" in line


def test_a_secret_needs_a_user() -> None:
    for option in ("--password-command", "--token-command", "--token-file"):
        assert f"{option} is given, but no user" in refused(check("m.example", option, "x"))


def test_no_command_is_run_for_a_call_that_makes_no_sense(tmp_path: Path, script: Script) -> None:
    ran = tmp_path / "ran"
    command = script(f"touch {ran}; echo x")
    for wrong in (("-4", "-6"), ("-m", "NONE"), ("--ca-file", "/dev/null"), ("-m", "XOAUTH2")):
        refused(check("m.example", "-u", "me", "--password-command", command, *wrong))
    assert not ran.exists()


def test_the_help_names_every_source() -> None:
    out = check("-h").out
    for option in (
        "--password-command CMD",
        "--netrc",
        "--token-file PATH",
        "--token-command CMD",
        "SMTPPROBE_TOKEN",
    ):
        assert option in out
