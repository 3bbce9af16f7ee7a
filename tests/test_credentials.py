"""Credentials: one source for a secret, which no error gives away."""

import errno
import os
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpprobe.inputs.credentials import (
    LARGEST_FILE,
    VARIABLE,
    CredentialsError,
    read_password_file,
    resolve_password,
)
from smtpprobe.request import Credentials

SECRET = "hunter2"


def resolve(
    user: str | None = "me",
    *,
    file: Path | str | None = None,
    url: str | None = None,
    environ: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    prompt: Callable[[str], str] | None = None,
) -> Credentials | None:
    return resolve_password(
        user=user,
        password_file=None if file is None else str(file),
        url_password=url,
        environ=environ or {},
        stdin=BytesIO(stdin),
        prompt=prompt,
    )


def refusal(call: Callable[[], object]) -> str:
    """The line that a person gets; neither it nor the chain behind it holds the secret."""
    with pytest.raises(CredentialsError) as caught:
        call()
    link: BaseException | None = caught.value
    while link is not None:
        assert SECRET not in f"{link} {link!r} {link.args} {vars(link)}"
        assert not isinstance(link, UnicodeError)
        link = link.__context__
    line = str(caught.value)
    assert line.isprintable()
    return line


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(SECRET + "\n")
    return path


def no_prompt(text: str) -> str:
    raise AssertionError("nobody is to be asked")


def test_each_source_gives_the_secret(file: Path) -> None:
    login = Credentials("me", SECRET)
    assert resolve(file=file, prompt=no_prompt) == login
    assert resolve(file="-", stdin=b"hunter2\n", prompt=no_prompt) == login
    assert resolve(environ={VARIABLE: SECRET}, prompt=no_prompt) == login
    assert resolve(url=SECRET, prompt=no_prompt) == login
    assert resolve(prompt=lambda text: SECRET) == login


def test_nobody_needs_no_password() -> None:
    assert resolve(None) is None
    assert resolve(None, prompt=no_prompt) is None


def test_the_variable_alone_is_ignored_without_a_user() -> None:
    assert resolve(None, environ={VARIABLE: SECRET}) is None
    assert resolve(None, environ={VARIABLE: ""}) is None


def test_any_other_source_without_a_user_is_an_error(file: Path) -> None:
    line = refusal(lambda: resolve(None, file=file, environ={VARIABLE: SECRET}))
    assert line == "--password-file is given, but no user; name one with -u NAME"
    assert "the password in the target" in refusal(lambda: resolve(None, url=SECRET))


@pytest.mark.parametrize(
    ("sources", "named"),
    [
        ({"file": "-", "environ": {VARIABLE: SECRET}}, "--password-file and the variable SMTPPROBE_PASSWORD"),
        ({"file": "-", "url": SECRET}, "--password-file and the password in the target"),
        (
            {"url": SECRET, "environ": {VARIABLE: SECRET}},
            "the variable SMTPPROBE_PASSWORD and the password in the target",
        ),
        (
            {"file": "-", "url": SECRET, "environ": {VARIABLE: SECRET}},
            "--password-file, the variable SMTPPROBE_PASSWORD and the password in the target",
        ),
        ({"url": "", "environ": {VARIABLE: ""}}, "the variable SMTPPROBE_PASSWORD and the password"),
    ],
)
def test_two_sources_are_an_error_that_names_them(sources: dict[str, object], named: str) -> None:
    line = refusal(lambda: resolve(**sources, stdin=b"hunter2", prompt=no_prompt))  # type: ignore[arg-type]
    assert line.startswith(named)
    assert "leave only one" in line


def test_a_user_without_any_source_is_told_the_ways() -> None:
    line = refusal(resolve)
    assert '"me"' in line
    for way in ("--password-file PATH", "standard input", VARIABLE, "terminal"):
        assert way in line


def test_the_prompt_says_for_whom() -> None:
    asked: list[str] = []

    def prompt(text: str) -> str:
        asked.append(text)
        return SECRET

    resolve("me\u202e", prompt=prompt)
    assert asked == ["Password for me\\u202e: "]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, EOFError])
def test_an_interrupted_prompt_is_passed_through(interruption: type[BaseException]) -> None:
    def prompt(text: str) -> str:
        raise interruption

    with pytest.raises(interruption):
        resolve(prompt=prompt)


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"hunter2", "hunter2"),
        (b"hunter2\n", "hunter2"),
        (b"hunter2\r\n", "hunter2"),
        (b"hunter2\n\n", "hunter2\n"),
        (b"hunter2\r\n\r\n", "hunter2\r\n"),
        (b"hunter2\r", "hunter2\r"),
        (b" hunter2 \n", " hunter2 "),
        (b"two\nlines\n", "two\nlines"),
        (b"p\xc3\xa4ss\n", "päss"),
        (b"x" * LARGEST_FILE, "x" * LARGEST_FILE),
    ],
)
def test_a_file_loses_one_final_line_end(tmp_path: Path, content: bytes, secret: str) -> None:
    path = tmp_path / "password"
    path.write_bytes(content)
    assert read_password_file(str(path), BytesIO()) == secret
    assert read_password_file("-", BytesIO(content)) == secret


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\r\n", "is empty"),
        (b"hunter2\0", "holds a NUL"),
        ("hunter2".encode("utf-16-le"), "holds a NUL"),
        (b"hunter2\xff", "is not valid UTF-8"),
        (b"hunter2\xed\xa0\x80", "is not valid UTF-8"),
        (b"hunter2" * LARGEST_FILE, "is larger than 1 MiB"),
    ],
)
def test_what_cannot_be_a_secret_is_refused_from_a_file(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "password"
    path.write_bytes(content)
    assert f'the password file "{path}" {says}' in refusal(lambda: read_password_file(str(path), BytesIO()))
    line = refusal(lambda: read_password_file("-", BytesIO(content)))
    assert f"standard input (--password-file -) {says}" in line


@pytest.mark.parametrize(
    ("secret", "says"),
    [("", "is empty"), ("hunter2\0", "holds a NUL"), ("hunter2\udcff", "is not valid UTF-8")],
)
def test_what_cannot_be_a_secret_is_refused_from_anywhere(secret: str, says: str) -> None:
    assert f"the variable {VARIABLE} {says}" in refusal(lambda: resolve(environ={VARIABLE: secret}))
    assert f"the password in the target {says}" in refusal(lambda: resolve(url=secret))
    assert f"the password typed {says}" in refusal(lambda: resolve(prompt=lambda text: secret))


def test_a_file_that_cannot_be_read_is_told_with_its_name(tmp_path: Path) -> None:
    missing = tmp_path / "missing\x1b[2J"
    assert "missing\\x1b[2J" in refusal(lambda: resolve(file=missing))
    assert "No such file" in refusal(lambda: resolve(file=missing))
    assert "Is a directory" in refusal(lambda: resolve(file=tmp_path))
    assert "cannot be read: embedded null byte" in refusal(lambda: resolve(file="a\0b"))


def test_a_file_that_may_not_be_read_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, mode: str) -> NoReturn:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "open", refuse)  # the permissions of a file say nothing to root
    assert refusal(lambda: resolve(file=file)).endswith("cannot be read: Permission denied")


def test_a_closed_standard_input_is_told() -> None:
    closed = BytesIO()
    closed.close()
    assert "standard input (--password-file -) cannot be read" in refusal(
        lambda: read_password_file("-", closed)
    )


def test_an_endless_file_is_not_read_to_its_end() -> None:
    class Endless(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert 0 < size <= LARGEST_FILE + 1
            return b"x" * size

    assert "larger than 1 MiB" in refusal(lambda: read_password_file("-", Endless()))


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ("", "is empty"),
        ("me\0", '"me\\x00" holds a control character'),
        ("me\r\nRSET", "holds a control character"),
        ("me\x7f", "holds a control character"),
        ("me\x9b", "holds a control character"),
        ("me\udcff", "is not valid UTF-8"),
    ],
)
def test_a_user_name_that_cannot_be_one_is_refused(user: str, says: str) -> None:
    assert says in refusal(lambda: resolve(user, url=SECRET))


def test_other_user_names_stay_as_they_are() -> None:
    for user in ("me@example.org", "DOMAIN\\me", "mé", "me me"):
        assert resolve(user, url=SECRET) == Credentials(user, SECRET)


def test_no_repr_shows_the_secret() -> None:
    assert SECRET not in repr(resolve(url=SECRET))


@given(st.binary(max_size=40))
def test_any_bytes_give_a_secret_or_one_line(content: bytes) -> None:
    try:
        secret = read_password_file("-", BytesIO(content))
    except CredentialsError as error:
        line = str(error)
    else:
        line = ""
        assert secret.encode() in (content, content[:-1], content[:-2])
    assert line.isprintable()
