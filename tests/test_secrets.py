"""The secret is in no output: searched for in every form, with a server that echoes it in all of them."""

import base64
import contextlib
import json
import os
import pty
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_from_bytes, quote_plus

import pytest

from smtpprobe.demo.player import Player
from smtpprobe.transcripts.notation import Dialogue, Line, parse

from .support.command import NAME, Came, environment, finish, loop_in_thread, start
from .support.live import at_once

USER = "me@mail.example"
SECRETS = ("correct-horse-42", "pä$$ w%r'd\"\\<&>+/=", "Пароль漢字🐴")

FORMS: dict[str, Callable[[str], bytes]] = {
    "raw": lambda s: s.encode(),
    "base64": lambda s: base64.b64encode(s.encode()),
    "base64url": lambda s: base64.urlsafe_b64encode(s.encode()),
    "plain": lambda s: base64.b64encode(f"\0{USER}\0{s}".encode()),
    "hex": lambda s: s.encode().hex().encode(),
    "HEX": lambda s: s.encode().hex().upper().encode(),
    "url": lambda s: quote(s, safe="").encode(),
    "plus": lambda s: quote_plus(s).encode(),
    "url-all": lambda s: "".join(f"%{octet:02X}" for octet in s.encode()).encode(),
    "path": lambda s: quote_from_bytes(s.encode()).encode(),
    "repr": lambda s: repr(s)[1:-1].encode(),
    "repr-bytes": lambda s: repr(s.encode())[2:-1].encode(),
    "ascii": lambda s: ascii(s)[1:-1].encode(),
    "json": lambda s: json.dumps(s)[1:-1].encode(),
}
ENDINGS = {"good": b"235 2.7.0 ok", "bad": b"535 5.7.8 no", "later": b"454 4.7.0 not now"}
FIRST = parse(
    "S: 220 mail.example\nC: EHLO client.example\nS: 250-mail.example\nS+: 250 AUTH LOGIN PLAIN\n"
    "C: HELP\nS: 214 help"
)
OUTPUTS = {
    "text": (),
    "verbose": ("-v",),
    "octets": ("-vv",),
    "quiet": ("-q",),
    "color": ("--color", "always", "-vv"),
    "json": ("--json",),
    "jsonl": ("-f", "jsonl"),
}


def echoing(secret: str, ending: bytes, *, login: bool) -> Dialogue:
    """A server that says what it was told, in every form, to AUTH and to QUIT, in many packets."""
    code = ending[:3]
    lines = list(FIRST)
    if login:
        lines += parse("C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: [user name]\nS: 334 UGFzc3dvcmQ6\nC: [secret]")
    else:
        lines += parse("C: AUTH PLAIN [secret]")
    for index, form in enumerate(FORMS.values()):
        lines += pieces(code + b"-you said <" + form(secret) + b">\r\n", 3 + index)
    lines += pieces(code + b"-" + secret.encode() + b"\r\n" + ending + b"\r\n", 7)
    lines += parse("C: QUIT")
    lines += pieces(b"221-" + FORMS["raw"](secret) + b"\r\n221 bye " + FORMS["plain"](secret) + b"\r\n", 5)
    return tuple(lines)


def pieces(data: bytes, size: int) -> list[Line]:
    """What is said, in packets of so many octets."""
    return [Line("S", data[at : at + size]) for at in range(0, len(data), size)]


@pytest.fixture(scope="module")
def servers() -> Iterator[Callable[[Dialogue], int]]:
    with loop_in_thread() as enter:
        yield lambda dialogue: int(enter(Player(dialogue, pause=at_once))[1])


def wanted(secret: str) -> dict[str, bytes]:
    """What to look for. A form of base64 that begins within a group of three is another one."""
    found = {name: form(secret) for name, form in FORMS.items()}
    for shift in (1, 2):
        inner = base64.b64encode(b"\0" * shift + secret.encode())
        found[f"base64+{shift}"] = inner[4:-4]
    return found


def everything(text: str) -> bytes:
    """An output, and all that it says in base64 and in escapes."""
    found = [text.encode("utf-8", "surrogateescape")]
    for word in re.findall(r"[A-Za-z0-9+/]{16,}={0,2}", text):
        with contextlib.suppress(ValueError):
            found.append(base64.b64decode(word))
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            found.append(json.dumps(json.loads(line), ensure_ascii=False).encode())
    # Folding and colour may stand between the letters.
    found.append(re.sub(r"\x1b\[[0-9;]*m", "", text).encode())
    found.append(re.sub(r"\s+", "", text).encode())
    found.append(re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode()))
    return b"\n".join(found)


def leaks(secret: str, output: str) -> list[str]:
    """The forms of the secret that are in an output."""
    haystack = everything(output)
    return [name for name, form in wanted(secret).items() if len(form) >= 6 and form in haystack]


def test_the_search_finds_each_form() -> None:
    for secret in SECRETS:
        for name, form in FORMS.items():
            shown = form(secret).decode()
            assert name in leaks(secret, f"<{shown}>"), name
        assert leaks(secret, base64.b64encode(f"220 {secret} x".encode()).decode())
        assert not leaks(secret, "nothing of it")


@pytest.mark.parametrize("secret", SECRETS, ids=["ascii", "odd", "wide"])
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_no_output_has_the_secret(
    servers: Callable[[Dialogue], int], tmp_path: Path, secret: str, ending: str, mechanism: str
) -> None:
    port = servers(echoing(secret, ENDINGS[ending], login=mechanism == "LOGIN"))
    password = tmp_path / "password"
    password.write_text(secret)
    common = ("-u", USER, "--password-file", password, "--allow-plaintext-auth", "-m", mechanism)
    for name, options in OUTPUTS.items():
        record = tmp_path / f"{name}.record"
        came = in_process(
            "check", f"smtp+insecure://127.0.0.1:{port}", *NAME, *common, *options, "--record", record
        )
        assert came.code == (0 if ending == "good" else 1)
        for where, text in (("stdout", came.out), ("stderr", came.err), ("record", record.read_text())):
            assert leaks(secret, text) == [], (name, where)
        assert mechanism in record.read_text()


def in_process(*arguments: str | Path) -> Came:
    from .support.command import run

    return run(*arguments)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_alone_in_one_packet_or_in_octets(
    servers: Callable[[Dialogue], int], tmp_path: Path, form: str
) -> None:
    secret = SECRETS[1]
    for size in (1, 1000):
        dialogue = (
            *FIRST,
            *parse("C: AUTH PLAIN [secret]"),
            *pieces(b"535 " + FORMS[form](secret) + b"\r\n", size),
            *parse("C: QUIT\nS: 221 bye"),
        )
        password = tmp_path / "password"
        password.write_text(secret)
        target = f"smtp+insecure://127.0.0.1:{servers(dialogue)}"
        login = ("-u", USER, "--password-file", password, "--allow-plaintext-auth", "-m", "PLAIN")
        for options in (("-vv",), ("--json",)):
            assert leaks(secret, in_process("check", target, *NAME, *login, *options).out) == []


def test_a_reply_that_breaks_off_within_the_secret(
    servers: Callable[[Dialogue], int], tmp_path: Path
) -> None:
    for form in ("raw", "base64", "plain", "hex"):
        secret = SECRETS[0]
        said = b"535 " + FORMS[form](secret)
        dialogue = (*FIRST, *parse("C: AUTH PLAIN [secret]"), *pieces(said, 4), *parse("*: eof"))
        password = tmp_path / "password"
        password.write_text(secret)
        login = ("-u", USER, "--password-file", password, "--allow-plaintext-auth", "-m", "PLAIN")
        came = in_process(
            "check",
            f"smtp+insecure://127.0.0.1:{servers(dialogue)}",
            *NAME,
            *login,
            "-vv",
            "--color",
            "never",
        )
        assert leaks(secret, came.out + came.err) == []


@pytest.mark.parametrize("ending", ["good", "bad"])
def test_the_live_rows_and_standard_error_of_a_process(
    servers: Callable[[Dialogue], int], tmp_path: Path, ending: str
) -> None:
    secret = SECRETS[0]
    port = servers(echoing(secret, ENDINGS[ending], login=False))
    record = tmp_path / "record"
    master, slave = pty.openpty()
    process = start(
        "check",
        f"smtp+insecure://127.0.0.1:{port}",
        *NAME,
        "-u",
        USER,
        "--allow-plaintext-auth",
        "-m",
        "PLAIN",
        "-vv",
        "--record",
        record,
        stderr=slave,
        env=environment(SMTPPROBE_PASSWORD=secret, TERM="xterm"),
    )
    os.close(slave)
    shown = b""
    with contextlib.suppress(OSError):
        while came := os.read(master, 65536):
            shown += came
    os.close(master)
    done = finish(process)
    assert b"auth" in shown
    assert leaks(secret, shown.decode() + done.out + record.read_text()) == []


def test_a_usage_error_does_not_say_it(tmp_path: Path) -> None:
    secret = SECRETS[0]
    for arguments in (
        ("check", f"smtp://me:{secret}@a..b"),
        ("check", f"smtp://me:{secret}@mail.example", "--password-file", "-"),
        ("check", f"smtp://me:{secret}@mail.example", "--until", "x"),
        ("check", f"smtp://me:{secret}@mail.example:70000"),
        ("check", f"me:{secret}@mail.example/x"),
    ):
        came = in_process(*arguments)
        assert came.code == 2
        assert leaks(secret, came.out + came.err) == []
