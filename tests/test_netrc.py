"""A login out of a netrc file: only out of one's own, and nothing of it in any message."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpprobe.inputs.credentials import CredentialsError
from smtpprobe.inputs.credentials.content import LARGEST
from smtpprobe.inputs.credentials.netrc_file import read_netrc

SECRET = "hunter2-hunter2"
OTHER = "somebody.else@mail.example"
HOST = ("mail.example",)

Netrc = Callable[..., dict[str, str]]


def write(path: Path, content: str | bytes, mode: int = 0o600) -> dict[str, str]:
    """The environment that names a netrc file with this content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return {"NETRC": str(path)}


@pytest.fixture
def netrc(tmp_path: Path) -> Netrc:
    return lambda content, mode=0o600: write(tmp_path / "netrc", content, mode)


def refusal(environ: dict[str, str], user: str | None = "me", names: tuple[str, ...] = HOST) -> str:
    """The line that a person gets; neither it nor the chain behind it holds anything of the file."""
    with pytest.raises(CredentialsError) as caught:
        read_netrc(environ, names, user)
    link: BaseException | None = caught.value
    while link is not None:
        shown = f"{link} {link!r} {link.args} {vars(link)}"
        assert SECRET not in shown
        assert OTHER not in shown
        link = link.__context__
    line = str(caught.value)
    assert line.isprintable()
    assert len(line) < 500
    return line


@pytest.mark.parametrize(
    "content",
    [
        f"machine mail.example login me password {SECRET}\n",
        f"machine mail.example\r\n\tlogin me\r\n\tpassword {SECRET}\r\n",
        f"# mine\nmachine other.example login x password y\nmachine MAIL.example login me password {SECRET}",
        f"machine other.example login x password y\ndefault login me password {SECRET}",
        f'macdef init\ncd /\n\nmachine mail.example login me account a password "{SECRET}"',
        f"machine mail.example login {OTHER} password no\nmachine mail.example login me password {SECRET}",
    ],
    ids=["one line", "CRLF", "another case", "default", "quoted", "the last of two"],
)
def test_the_entry_of_the_host_is_the_login(netrc: Netrc, content: str) -> None:
    for user in (None, "me"):
        assert read_netrc(netrc(content), HOST, user) == ("me", SECRET)


def test_any_name_of_the_host_will_do(netrc: Netrc) -> None:
    environ = netrc(f"machine bücher.example login me password {SECRET}")
    assert read_netrc(environ, ("xn--bcher-kva.example", "bücher.example"), None) == ("me", SECRET)


def test_an_entry_without_a_user_is_for_any(netrc: Netrc) -> None:
    environ = netrc(f"machine mail.example password {SECRET}")
    assert read_netrc(environ, HOST, "me") == ("me", SECRET)
    assert refusal(environ, None).endswith("names no user for this host; name one with -u NAME")


def test_without_the_variable_it_is_the_one_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / ".netrc", f"machine mail.example login me password {SECRET}")
    assert read_netrc({}, HOST, None) == ("me", SECRET)
    assert read_netrc({"NETRC": ""}, HOST, None) == ("me", SECRET)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o602, 0o666])
def test_a_file_that_is_open_to_others_is_refused_with_what_to_do(netrc: Netrc, mode: int) -> None:
    environ = netrc(f"machine mail.example login me password {SECRET}", mode)
    line = refusal(environ)
    assert f"is open to others (mode {mode:04o})" in line
    assert line.endswith(f"run: chmod 600 {environ['NETRC']}")


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_is_read(netrc: Netrc, mode: int) -> None:
    assert read_netrc(netrc(f"default login me password {SECRET}", mode), HOST, None)


def test_the_file_of_somebody_else_is_refused(netrc: Netrc, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = netrc(f"default login me password {SECRET}")
    us = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: us + 1)
    assert f"belongs to somebody else (user id {us}); name one of your own with NETRC" in refusal(environ)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "has no entry for this host; add 'machine mail.example login USER password PASSWORD' to it"),
        (f"machine other.example login {OTHER} password {SECRET}", "has no entry for this host"),
        ("machine mail.example login me", "has an entry for this host, but no password in it"),
        ('machine mail.example login me password ""', "but no password in it"),
        (f"machine mail.example login {OTHER} password {SECRET}", 'but not for "me"'),
        (f"machine mail.example login me pasword {SECRET}", "cannot be understood near line 1"),
        (f"machine mail.example\n login me\n {SECRET}", "cannot be understood near line 3"),
        (SECRET, "cannot be understood near line 1"),
        ("machine", "cannot be understood near line 1"),
        (f"macdef init\n{SECRET}", "cannot be understood near line 2"),
        (b"machine mail.example login me password \xff", "is not valid UTF-8"),
        ("machine mail.example login me password a\0b", "holds a NUL character"),
        ("x" * (LARGEST + 1), "is larger than 1 MiB; that is no netrc file"),
    ],
)
def test_what_gives_no_login_is_one_clear_line(netrc: Netrc, content: str | bytes, says: str) -> None:
    line = refusal(netrc(content))
    assert "the netrc file" in line
    assert says in line


def test_a_user_name_that_cannot_be_one_is_not_shown(netrc: Netrc) -> None:
    line = refusal(netrc(f"machine mail.example login {OTHER}\x07 password x"), None)
    assert line.startswith("the user name in the netrc file")
    assert line.endswith("holds a control character")


def test_what_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No such file or directory" in refusal({"NETRC": str(tmp_path / "none\x1b[2J")})
    assert "is no regular file" in refusal({"NETRC": str(tmp_path)})
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, stat.S_IRUSR)
    assert "is no regular file" in refusal({"NETRC": str(pipe)})
    assert "is no regular file" in refusal({"NETRC": "/dev/zero"})

    def homeless(self: Path) -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "expanduser", homeless)
    assert "no home directory" in refusal({})


@given(st.text(alphabet='machinelogpswrduf \n"\\#\t', max_size=60) | st.text(max_size=30))
def test_any_text_gives_a_login_or_one_line(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    environ = write(
        tmp_path_factory.getbasetemp() / "any",
        f"{text} machine mail.example password x".encode("utf-8", "replace"),
    )
    try:
        said, _ = read_netrc(environ, HOST, "me")
    except CredentialsError as error:
        said = str(error)
    assert said.isprintable()
