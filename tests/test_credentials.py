"""Credentials: one source for a secret, which no error gives away."""

import errno
import os
import re
from collections.abc import Callable, Mapping
from io import BytesIO
from itertools import combinations
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpprobe.inputs.credentials import (
    PASSWORD_VARIABLE,
    TOKEN_VARIABLE,
    Asked,
    CredentialsError,
    resolve_login,
)
from smtpprobe.inputs.credentials.content import LARGEST, from_octets
from smtpprobe.inputs.credentials.files import read_file
from smtpprobe.request import Credentials

SECRET = "hunter2"
TOKEN = "ya29.hunter2-_~+/=="


def resolve(
    user: str | None = "me",
    *,
    file: Path | str | None = None,
    url: str | None = None,
    token_file: Path | str | None = None,
    mechanism: str | None = None,
    environ: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    prompt: Callable[[str], str] | None = None,
    **more: Any,
) -> Credentials | None:
    asked = Asked(
        user=user,
        host=("mail.example",),
        mechanism=mechanism,
        password_file=None if file is None else str(file),
        token_file=None if token_file is None else str(token_file),
        url_password=url,
        **more,
    )
    return resolve_login(asked, environ=environ or {}, stdin=BytesIO(stdin), prompt=prompt)


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
    assert resolve(environ={PASSWORD_VARIABLE: SECRET}, prompt=no_prompt) == login
    assert resolve(url=SECRET, prompt=no_prompt) == login
    assert resolve(prompt=lambda text: SECRET) == login
    assert resolve(password_command=f"echo {SECRET}", prompt=no_prompt) == login


def test_each_source_gives_the_token(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    login = Credentials("me", TOKEN, token=True)
    assert resolve(token_file=path, prompt=no_prompt) == login
    assert resolve(token_file="-", stdin=f"{TOKEN}\r\n".encode()) == login
    assert resolve(token_command=f"echo {TOKEN}") == login
    assert resolve(environ={TOKEN_VARIABLE: f"{TOKEN}\n"}) == login


def test_nobody_needs_no_password() -> None:
    assert resolve(None) is None
    assert resolve(None, prompt=no_prompt) is None


def test_the_variable_alone_is_ignored_without_a_user() -> None:
    assert resolve(None, environ={PASSWORD_VARIABLE: SECRET}) is None
    assert resolve(None, environ={PASSWORD_VARIABLE: "", TOKEN_VARIABLE: SECRET}) is None


def test_any_other_source_without_a_user_is_an_error(file: Path) -> None:
    line = refusal(lambda: resolve(None, file=file, environ={PASSWORD_VARIABLE: SECRET}))
    assert line == "--password-file is given, but no user; name one with -u NAME"
    assert "the password in the target" in refusal(lambda: resolve(None, url=SECRET))
    line = refusal(lambda: resolve(None, token_command=SECRET, token_file=SECRET, url=SECRET))
    assert line == (
        "--token-file, --token-command and the password in the target are given, but no user; "
        "name one with -u NAME"
    )


SOURCES: dict[str, dict[str, Any]] = {
    "--password-file": {"file": "-"},
    "--password-command": {"password_command": f"echo {SECRET}"},
    "--netrc": {"netrc": True},
    "--token-file": {"token_file": "-"},
    "--token-command": {"token_command": f"echo {SECRET}"},
    "the variable SMTPPROBE_PASSWORD": {"environ": {PASSWORD_VARIABLE: SECRET}},
    "the variable SMTPPROBE_TOKEN": {"environ": {TOKEN_VARIABLE: SECRET}},
    "the password in the target": {"url": SECRET},
}


@pytest.mark.parametrize(("first", "second"), [*combinations(SOURCES, 2)])
def test_two_sources_are_an_error_that_names_them(first: str, second: str) -> None:
    environ = {**SOURCES[first].get("environ", {}), **SOURCES[second].get("environ", {})}
    both = {**SOURCES[first], **SOURCES[second], "environ": environ}
    line = refusal(lambda: resolve(**both, stdin=SECRET.encode(), prompt=no_prompt))
    assert line.startswith(f"{first} and {second} give a ")
    assert "leave only one" in line
    kinds = {"token" if "oken" in name or "TOKEN" in name else "password" for name in (first, second)}
    assert all(f" a {kind}" in line for kind in kinds)


def test_empty_variables_are_sources_too() -> None:
    line = refusal(lambda: resolve(url="", environ={PASSWORD_VARIABLE: "", TOKEN_VARIABLE: ""}))
    assert line.startswith(
        "the variable SMTPPROBE_PASSWORD, the variable SMTPPROBE_TOKEN and the password in the target give a "
        "password and a token at once"
    )


def test_a_user_without_any_source_is_told_the_ways() -> None:
    line = refusal(resolve)
    assert '"me"' in line
    ways = (
        "--password-file PATH",
        "standard input",
        "--password-command CMD",
        "--netrc",
        "--token-file PATH",
    )
    for way in (*ways, "--token-command CMD", PASSWORD_VARIABLE, TOKEN_VARIABLE, "terminal"):
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
        (b"x" * LARGEST, "x" * LARGEST),
    ],
)
def test_a_file_loses_one_final_line_end(tmp_path: Path, content: bytes, secret: str) -> None:
    path = tmp_path / "password"
    path.write_bytes(content)
    assert read_file(str(path), BytesIO()) == secret
    assert read_file("-", BytesIO(content)) == secret


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\r\n", "is empty"),
        (b"hunter2\0", "holds a NUL"),
        ("hunter2".encode("utf-16-le"), "holds a NUL"),
        (b"hunter2\xff", "is not valid UTF-8"),
        (b"hunter2\xed\xa0\x80", "is not valid UTF-8"),
        (b"hunter2" * LARGEST, "is larger than 1 MiB"),
    ],
)
def test_what_cannot_be_a_secret_is_refused_from_a_file(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "password"
    path.write_bytes(content)
    assert f'the password file "{path}" {says}' in refusal(lambda: read_file(str(path), BytesIO()))
    line = refusal(lambda: read_file("-", BytesIO(content)))
    assert f"standard input (--password-file -) {says}" in line


@pytest.mark.parametrize(
    ("secret", "says"),
    [("", "is empty"), ("hunter2\0", "holds a NUL"), ("hunter2\udcff", "is not valid UTF-8")],
)
def test_what_cannot_be_a_secret_is_refused_from_anywhere(secret: str, says: str) -> None:
    assert f"the variable {PASSWORD_VARIABLE} {says}" in refusal(
        lambda: resolve(environ={PASSWORD_VARIABLE: secret})
    )
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
    assert "standard input (--password-file -) cannot be read" in refusal(lambda: read_file("-", closed))


def test_an_endless_file_is_not_read_to_its_end() -> None:
    class Endless(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert 0 < size <= LARGEST + 1
            return b"x" * size

    assert "larger than 1 MiB" in refusal(lambda: read_file("-", Endless()))


# Tokens


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty; a login needs a token"),
        (b"\n", "is empty; a login needs a token"),
        (b"hunter2" * LARGEST, "is larger than 1 MiB; that is no token"),
        (b"hunter2\0", "holds a NUL character; a token cannot"),
        (b"hunter2\xff", "is not valid UTF-8"),
        ("hunter2\u00e4".encode(), "holds a character that no access token has"),
        (b"hunter2 hunter2", "holds a blank or a line end"),
        (b" hunter2\n", "holds a blank or a line end"),
        (b"hunter2\n\n", "holds a blank or a line end"),
        (b"hunter2\nhunter2\n", "holds more than one line"),
        (b"Bearer hunter2\n", 'begins with "Bearer"'),
        (b"Authorization: bearer hunter2", 'begins with "Bearer"'),
        (b'"hunter2"\n', "stands in quotation marks"),
        (b'{\n "access_token": "hunter2"\n}\n', "is JSON; give the value of its access_token alone"),
        (b"hunter2=x", "holds a character that no access token has"),
    ],
)
def test_what_cannot_be_a_token(content: bytes, says: str) -> None:
    line = refusal(lambda: read_file("-", BytesIO(content), token=True))
    assert line.startswith(f"standard input (--token-file -) {says}")


def test_a_password_may_be_what_a_token_cannot() -> None:
    for password in ("a b", "a\nb", '"a"', "{", "Bearer a", "ä"):
        assert from_octets(password.encode(), "x", token=False) == password


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
@pytest.mark.parametrize("name", [name for name in SOURCES if "oken" not in name and "TOKEN" not in name])
def test_a_mechanism_for_tokens_takes_no_password(mechanism: str, name: str) -> None:
    line = refusal(lambda: resolve(**SOURCES[name], mechanism=mechanism, prompt=no_prompt))
    assert line.startswith(
        f"-m {mechanism} takes a token, and {name} gives a password; use --token-file PATH"
    )


def test_nobody_is_asked_for_a_token() -> None:
    line = refusal(lambda: resolve(mechanism="XOAUTH2", prompt=no_prompt))
    assert 'no token for the user "me"' in line
    assert "--token-file PATH" in line


@pytest.mark.parametrize("name", [name for name in SOURCES if "oken" in name or "TOKEN" in name])
def test_a_mechanism_for_passwords_takes_no_token(name: str) -> None:
    line = refusal(lambda: resolve(**SOURCES[name], mechanism="PLAIN", stdin=SECRET.encode()))
    assert line.startswith(f"-m PLAIN takes a password, and {name} gives a token; use -m ")
    assert "-m XOAUTH2" in line
    assert "-m OAUTHBEARER" in line


def test_the_right_mechanism_is_no_mistake() -> None:
    login = Credentials("me", TOKEN, token=True)
    assert resolve(token_file="-", stdin=TOKEN.encode(), mechanism="XOAUTH2") == login
    assert resolve(file="-", stdin=b"x", mechanism="PLAIN") == Credentials("me", "x")


# User names


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
    assert SECRET not in repr(resolve(token_file="-", stdin=SECRET.encode()))
    asked = Asked(
        "me", url_password=SECRET, password_command=f"echo {SECRET}", token_command=f"echo {SECRET}"
    )
    assert SECRET not in repr(asked)


@given(st.binary(max_size=40))
def test_any_bytes_give_a_secret_or_one_line(content: bytes) -> None:
    try:
        secret = read_file("-", BytesIO(content))
    except CredentialsError as error:
        line = str(error)
    else:
        line = ""
        assert secret.encode() in (content, content[:-1], content[:-2])
    assert line.isprintable()


@given(st.binary(max_size=40) | st.text(alphabet='aZ9._~+/-= \n"{', max_size=20).map(str.encode))
def test_any_bytes_give_a_token_or_one_line(content: bytes) -> None:
    try:
        said = read_file("-", BytesIO(content), token=True)
        assert re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", said)
    except CredentialsError as error:
        said = str(error)
    assert said.isprintable()
