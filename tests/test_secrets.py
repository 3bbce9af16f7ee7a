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

from smtpprobe import Credentials, Plan, Target, TlsMode, document, probe
from smtpprobe.demo.player import Player
from smtpprobe.record import Trait
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


# A token of the shape that providers give: long, in three parts, its time over long ago.
CLAIMS = {"aud": "https://graph.microsoft.com", "exp": 1, "sub": "subject-quokka", "scp": "scope-quokka"}
JWT = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=")
    for part in (b'{"alg":"RS256","kid":"key-quokka"}', json.dumps(CLAIMS).encode(), bytes(range(256)))
)
TOKENS = {"jwt": JWT, "opaque": "ya29.a0AfH6SMDx-_~+/q==", "refresh": "1//0g-refresh_token-quokka"}
REPORT = base64.b64encode(b'{"status":"401","schemes":"Bearer","scope":"https://mail.example/"}').decode()
AROUND = {
    "xoauth2": lambda token: base64.b64encode(f"user={USER}\1auth=Bearer {token}\1\1".encode()),
    "oauthbearer": lambda token: base64.b64encode(
        f"n,a={USER},\1host=127.0.0.1\1port=587\1auth=Bearer {token}\1\1".encode()
    ),
    "header": lambda token: f"Authorization: Bearer {token}".encode(),
}


def refusing(token: str, mechanism: str, ending: bytes) -> Dialogue:
    """A server that reports on the token and then says it back, in every form, in lines of any length."""
    answer = "C:" if mechanism == "XOAUTH2" else "C: AQ=="
    auth = f"C: AUTH {mechanism} [secret]"
    if len(token) > 300:  # RFC 4954 4: a command line has room for 512 octets
        auth = f"C: AUTH {mechanism}\nS: 334 \nC: [secret]"
    lines = [*FIRST[:2], *parse("S: 250-mail.example\nS+: 250 AUTH XOAUTH2 OAUTHBEARER"), *FIRST[4:]]
    lines += parse(auth)
    if ending[:1] != b"2":
        lines += parse(f"S: 334 {REPORT}\n{answer}")
    for form in (*FORMS.values(), *AROUND.values()):
        lines += pieces(ending[:3] + b"-you said <" + form(token) + b">\r\n", 211)
    return (*lines, *pieces(ending + b"\r\n", 9), *parse("C: QUIT\nS: 221 bye"))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
@pytest.mark.parametrize("kind", TOKENS)
def test_no_output_has_the_token(
    servers: Callable[[Dialogue], int], tmp_path: Path, kind: str, mechanism: str, ending: str
) -> None:
    secret = TOKENS[kind]
    port = servers(refusing(secret, mechanism, ENDINGS[ending]))
    token = tmp_path / "token"
    token.write_text(f"{secret}\n")
    login = ("-u", USER, "--token-file", token, "--allow-plaintext-auth", "-m", mechanism)
    for name, options in OUTPUTS.items():
        record = tmp_path / f"{name}.record"
        came = in_process(
            "check", f"smtp+insecure://127.0.0.1:{port}", *NAME, *login, *options, "--record", record
        )
        assert came.code == (0 if ending == "good" else 1), came.out + came.err
        for where, text in (("stdout", came.out), ("stderr", came.err), ("record", record.read_text())):
            assert leaks(secret, text) == [], (name, where)
            assert "quokka" not in text, (name, where)  # nothing of what is in it either
        assert "traits=token" in record.read_text()


@pytest.mark.parametrize("odd", [" correct-horse-42 ", "correct-horse-42\n", "correct-horse-42\nits notes"])
def test_an_echo_without_what_is_odd_about_the_password(
    servers: Callable[[Dialogue], int], tmp_path: Path, odd: str
) -> None:
    """A server may trim what it was told before it says it back."""
    dialogue = (
        *FIRST,
        *parse("C: AUTH PLAIN [secret]\nS: 535 5.7.8 no correct-horse-42 here\nC: QUIT\nS: 221 x"),
    )
    password = tmp_path / "password"
    password.write_text(odd + "\n")
    login = ("-u", USER, "--password-file", password, "--allow-plaintext-auth", "-m", "PLAIN")
    came = in_process("check", f"smtp+insecure://127.0.0.1:{servers(dialogue)}", *NAME, *login, "-vv")
    assert came.code == 1
    assert "Check this first." in came.out
    assert leaks("correct-horse-42", came.out + came.err) == []


async def test_no_object_shows_the_token() -> None:
    """Not its repr, not that of an exception, not the words of the report."""
    credentials = Credentials(USER, f"Bearer {JWT}", token=True)
    report = await probe(Target("127.0.0.1", 1, TlsMode.NONE), Plan(timeout=5), credentials)
    shown = repr((credentials, report, report.transcript.traits, document([report])))
    assert leaks(JWT, shown) == []
    assert "quokka" not in shown
    assert report.transcript.traits is not None
    assert {Trait.BEARER_PREFIX, Trait.JWT_EXPIRED, Trait.JWT_OTHER_AUDIENCE} <= report.transcript.traits.seen


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
        ("check", f"smtp://me:{secret}@mail.example", "-m", "XOAUTH2"),
        ("check", f"smtp://me:{secret}@mail.example", "--token-command", f"echo {secret}"),
        ("check", "mail.example", "-u", "me", "--password-command", f"echo '{secret}"),
        ("check", "mail.example", "-u", "me", "--password-command", f"/no/such {secret}"),
        ("check", "mail.example", "-u", "me", "--password-command", f"sh -c 'echo {secret}; exit 1'"),
        ("check", "mail.example", "-u", "me", "--token-command", f"echo Bearer {secret}"),
        ("check", "mail.example", "-u", "me", "--token-command", f"echo '{{{secret}}}'"),
    ):
        came = in_process(*arguments)
        assert came.code == 2
        assert leaks(secret, came.out + came.err) == []
