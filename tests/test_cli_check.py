"""`smtpprobe check`: what each option does, against servers on loopback."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from smtpprobe.demo.certificates import EXPIRES_SOON, authority
from smtpprobe.demo.player import Player
from smtpprobe.demo.server import honest_server
from smtpprobe.request import TlsMode
from smtpprobe.session import addresses
from smtpprobe.transcripts.notation import parse
from smtpprobe.transcripts.reader import read_dialogue

from .support.command import Came, Scripted, check, loop_in_thread, run
from .support.live import at_once

USER, PASSWORD = "me@mail.example", "correct horse"
IN_CLEAR = "--allow-plaintext-auth"

Start = Callable[[AbstractAsyncContextManager[tuple[str, int]]], tuple[str, int]]


@pytest.fixture(scope="module")
def ca_file() -> Iterator[Path]:
    with authority().ca_file() as path:
        yield path


@dataclass(frozen=True, slots=True)
class Servers:
    """Servers in the background, each started when it is first asked for."""

    start: Start
    _known: dict[object, int]

    def honest(self, mode: TlsMode = TlsMode.NONE, *problems: str, host: str = "127.0.0.1") -> int:
        """The port of an honest server."""
        key = (mode, problems, host)
        if key not in self._known:
            server = honest_server(mode, user=USER, password=PASSWORD, problems=problems, host=host)
            self._known[key] = self.start(server)[1]
        return self._known[key]

    def player(self, dialogue: str) -> tuple[int, Player]:
        """The port of a player of that dialogue, and the player."""
        player = Player(parse(dialogue), pause=at_once)
        return self.start(player)[1], player


@pytest.fixture
def servers() -> Iterator[Servers]:
    with loop_in_thread() as start:
        yield Servers(start, {})


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    return path


def clear(port: int, host: str = "127.0.0.1") -> str:
    return f"smtp+insecure://{host}:{port}"


def starttls(port: int, host: str = "localhost") -> str:
    return f"smtp+starttls://{host}:{port}"


def names(came: Came) -> list[str]:
    return [step["name"] for step in came.report["steps"]]


def ids(came: Came) -> list[str]:
    return [finding["id"] for finding in came.report["findings"]]


# Targets


def test_a_session_that_is_well(servers: Servers, ca_file: Path) -> None:
    came = check(starttls(servers.honest(TlsMode.STARTTLS)), "-4", "--ca-file", ca_file)
    assert (came.code, came.err) == (0, "")
    assert came.out.splitlines()[-1].startswith("PASS   ")


def test_every_report_begins_with_how_the_target_was_read(servers: Servers) -> None:
    port = servers.honest()
    assert check(clear(port)).out.startswith(f"127.0.0.1:{port}   no TLS")
    first = check("smtp://127.0.0.1:25", "--port", str(port), "--tls", "none").out.splitlines()[0]
    assert first.startswith(f"127.0.0.1:{port}   ")
    assert "--port" in first
    assert "--tls" in first


def test_the_port_option_wins(servers: Servers) -> None:
    port = servers.honest()
    came = check("smtp+insecure://127.0.0.1", "-p", str(port), "--json")
    assert (came.code, came.report["target"]["port"]) == (0, port)


def test_several_targets_keep_their_order(servers: Servers) -> None:
    first, second = servers.honest(), servers.honest(TlsMode.IMPLICIT)
    texts = [
        clear(first),
        f"smtps://127.0.0.1:{second}",
        "smtp+insecure://127.0.0.2:1",
        clear(first, "localhost"),
    ]
    came = check(*texts, "-4", "--json")
    assert [report["target"]["url"] for report in came.reports] == texts


def test_targets_from_standard_input(servers: Servers) -> None:
    port = servers.honest()
    text = f"\n# mine\n{clear(port)}  # the first\n\n{clear(port, 'localhost')}\n"
    came = check("-", "--json", stdin=text.encode())
    assert [report["target"]["host"] for report in came.reports] == ["127.0.0.1", "localhost"]


def test_several_targets_end_with_one_verdict_for_all(servers: Servers) -> None:
    port, _ = servers.player("S: 554 no\nC: QUIT\nS: 221 bye")
    came = check(clear(servers.honest()), clear(port))
    assert came.code == 1
    assert came.out.splitlines()[-1].startswith("FAIL   1 warn, 1 fail")


@pytest.mark.parametrize("option", ["-4", "-6"])
def test_one_family_only(servers: Servers, option: str) -> None:
    address = {"-4": "127.0.0.1", "-6": "::1"}[option]
    port = servers.honest(host=address)
    came = check(clear(port, "localhost"), option, "--json")
    tried = came.step("connect").get("attempts", []) if len(names(came)) > 1 else []
    if not tried:
        pytest.skip(f"localhost has no address for {option}")
    assert [attempt["address"] for attempt in tried] == [address]


def test_each_address_is_a_report_and_the_login_is_tried_on_the_first_only(
    servers: Servers, password: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = socket.getaddrinfo

    def both(host: str, port: object, *args: Any, **options: Any) -> list[Any]:
        if host != "mail.example":
            return (
                list(found(host, None, *args, **options))
                if port is None
                else list(found(host, int(str(port)), *args, **options))
            )
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))
            for address in ("127.0.0.1", "127.0.0.2")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    login = ("-u", USER, "--password-file", password, IN_CLEAR)
    came = check(clear(servers.honest(), "mail.example"), "--each-address", *login, "--json")
    assert [[a["address"] for a in report["steps"][1]["attempts"]] for report in came.reports] == [
        ["127.0.0.1"],
        ["127.0.0.2"],
    ]
    assert [report["auth"]["result"] for report in came.reports] == ["accepted", "not-tried"]


def test_the_source_address(servers: Servers) -> None:
    came = run("check", clear(servers.honest()), "--source", "127.0.0.9", "--json")
    assert came.code == 0
    # Where there is no name to be had, the address is what EHLO says; so is the source in the record.
    came = check(clear(servers.honest()), "--source", "127.0.0.9", "-vv")
    assert "connect 127.0.0.1 from 127.0.0.9" in came.out


def test_a_source_address_that_is_not_ours_fails_at_connect(servers: Servers) -> None:
    came = check(clear(servers.honest()), "--source", "192.0.2.1", "--json")
    assert came.code == 1
    assert came.report["failure"]["step"] == "connect"


# EHLO


def test_the_name_that_is_given_is_said(servers: Servers) -> None:
    port, player = servers.player("S: 220 a\nC: EHLO a\nS: 250 a\nC: HELP\nS: 214 a\nC: QUIT\nS: 221 a")
    check(clear(port), "--ehlo", "mine.example")
    assert player.heard[0] == b"EHLO mine.example"


@pytest.mark.parametrize(
    "own",
    ["localhost", "localhost.localdomain", "vm", "", "büro", "a b", "-", "1.2.3.4", "x" * 300, "a\r\nQUIT"],
)
def test_the_name_in_ehlo_is_never_localhost_whatever_the_machine_is_called(
    servers: Servers, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = socket.getaddrinfo

    def nobody(host: str, *args: Any, **options: Any) -> list[Any]:
        if host != "127.0.0.1":
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return list(found(host, *args, **options))

    addresses.look_up_own_name.cache_clear()
    monkeypatch.setattr(socket, "gethostname", lambda: own)
    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    port, player = servers.player("S: 220 a\nC: EHLO a\nS: 250 a\nC: HELP\nS: 214 a\nC: QUIT\nS: 221 a")
    try:
        assert run("check", clear(port)).code == 0
    finally:
        addresses.look_up_own_name.cache_clear()
    assert player.heard[0] == b"EHLO [127.0.0.1]"


def test_a_full_host_name_is_said(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses.look_up_own_name.cache_clear()
    monkeypatch.setattr(socket, "gethostname", lambda: "host.corp.example")
    port, player = servers.player("S: 220 a\nC: EHLO a\nS: 250 a\nC: HELP\nS: 214 a\nC: QUIT\nS: 221 a")
    try:
        run("check", clear(port))
    finally:
        addresses.look_up_own_name.cache_clear()
    assert player.heard[0] == b"EHLO host.corp.example"


# TLS


@pytest.mark.parametrize(
    ("mode", "option", "expected"),
    [
        (TlsMode.STARTTLS, "starttls", "greeting ehlo starttls tls ehlo"),
        (TlsMode.STARTTLS, "auto", "greeting ehlo starttls tls ehlo"),
        (TlsMode.IMPLICIT, "implicit", "tls greeting ehlo help quit"),
        (TlsMode.NONE, "none", "greeting ehlo help quit"),
    ],
)
def test_when_tls_begins(servers: Servers, ca_file: Path, mode: TlsMode, option: str, expected: str) -> None:
    came = check(f"localhost:{servers.honest(mode)}", "-4", "--tls", option, "--ca-file", ca_file, "--json")
    assert came.code == 0
    assert " ".join(names(came)[2:7]) == expected


def test_the_ca_file_makes_the_certificate_trusted(servers: Servers, ca_file: Path) -> None:
    target = starttls(servers.honest(TlsMode.STARTTLS))
    without = check(target, "-4", "--json")
    assert (without.code, without.report["failure"]["kind"]) == (1, "certificate")
    assert check(target, "-4", "--ca-file", ca_file).code == 0


def test_the_sni_is_the_name_that_is_looked_for(servers: Servers, ca_file: Path) -> None:
    port = servers.honest(TlsMode.STARTTLS)
    came = check(starttls(port), "-4", "--ca-file", ca_file, "--sni", "other.example", "--json")
    assert (came.code, came.report["tls"]["reason"]) == (1, "wrong-name")
    # localhost is in the certificate, so that under this name another address is fine.
    assert check(starttls(port, "127.0.0.1"), "--ca-file", ca_file, "--sni", "localhost").code == 0


def test_a_pin_is_shown_ready_to_paste_and_then_trusted(servers: Servers, password: Path) -> None:
    target = starttls(servers.honest(TlsMode.STARTTLS, "self-signed"))
    login = ("-u", USER, "--password-file", password)
    refused = check(target, "-4", *login, "--json")
    assert (refused.code, refused.report["auth"]["result"]) == (1, "withheld")
    pin = refused.report["tls"]["fingerprint"]
    assert f"--pin {pin}" in check(target, "-4", *login).out
    came = check(target, "-4", *login, "--pin", pin, "--json")
    assert (came.code, came.report["auth"]["result"]) == (0, "accepted")
    shouted = pin.removeprefix("sha256:").upper()
    assert check(target, "-4", *login, "--pin", shouted).code == 0


def test_another_pin_trusts_nothing(servers: Servers, ca_file: Path, password: Path) -> None:
    target = starttls(servers.honest(TlsMode.STARTTLS))
    login = ("-u", USER, "--password-file", password, "--ca-file", ca_file)
    came = check(target, "-4", *login, "--pin", "sha256:" + "0" * 64, "--json")
    assert (came.code, came.report["auth"]["result"]) == (1, "withheld")


def test_insecure_takes_any_certificate_and_says_so(servers: Servers, password: Path) -> None:
    target = starttls(servers.honest(TlsMode.STARTTLS, "self-signed"))
    came = check(target, "-4", "-u", USER, "--password-file", password, "--insecure", "--json")
    assert (came.code, came.report["verdict"], came.report["auth"]["result"]) == (0, "warn", "accepted")


def test_no_login_in_the_clear_unless_it_is_allowed(servers: Servers, password: Path) -> None:
    login = ("-u", USER, "--password-file", password, "--json")
    came = check(clear(servers.honest()), *login)
    assert (came.code, came.report["auth"]["result"], came.report["failure"]["kind"]) == (
        1,
        "withheld",
        "policy",
    )
    assert check(clear(servers.honest()), *login, IN_CLEAR).report["auth"]["result"] == "accepted"


def test_days_left_to_warn_at(servers: Servers, ca_file: Path) -> None:
    target = starttls(servers.honest(TlsMode.STARTTLS, EXPIRES_SOON))
    came = check(target, "-4", "--ca-file", ca_file, "--json")
    assert (came.code, ids(came)) == (0, ["certificate-expires-soon"])
    assert ids(check(target, "-4", "--ca-file", ca_file, "--warn-days", "5", "--json")) == []


# Weighing


def test_strict_makes_a_warning_fail(servers: Servers, ca_file: Path) -> None:
    target = starttls(servers.honest(TlsMode.STARTTLS, EXPIRES_SOON))
    came = check(target, "-4", "--ca-file", ca_file)
    assert (came.code, came.out.splitlines()[-1][:4]) == (0, "WARN")
    strict = check(target, "-4", "--ca-file", ca_file, "--strict")
    assert (strict.code, strict.out.splitlines()[-1][:4]) == (1, "FAIL")
    assert check(target, "-4", "--ca-file", ca_file, "--strict", "--json").json["verdict"] == "fail"


def test_what_is_ignored_is_listed_and_weighs_nothing(servers: Servers, ca_file: Path) -> None:
    target = starttls(servers.honest(TlsMode.STARTTLS, EXPIRES_SOON))
    ignored = ("--strict", "--ignore", "certificate-expires-soon")
    came = check(target, "-4", "--ca-file", ca_file, *ignored, "--json")
    assert (came.code, came.report["verdict"]) == (0, "pass")
    assert [finding["ignored"] for finding in came.report["findings"]] == [True]
    assert "certificate-expires-soon" in check(target, "-4", "--ca-file", ca_file, *ignored).out


# Time and extent


def test_a_timeout_is_that_of_each_step() -> None:
    with Scripted() as server:
        came = check(server.target, "-t", "0.05", "--json")
    assert came.code == 1
    assert (came.report["failure"]["step"], came.report["failure"]["kind"]) == ("greeting", "timeout")


def test_a_deadline_is_that_of_the_session() -> None:
    with Scripted() as server:
        came = check(server.target, "--deadline", "0.05", "--json")
    assert (came.report["failure"]["step"], came.report["failure"]["kind"]) == ("greeting", "timeout")


def test_concurrency_of_one_still_reports_all(servers: Servers) -> None:
    port = servers.honest()
    came = check(*(clear(port, f"127.0.0.{n}") for n in (1, 2, 3)), "--concurrency", "1", "--json")
    assert [report["target"]["host"] for report in came.reports] == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("resolve", "resolve"),
        ("connect", "resolve connect"),
        ("greeting", "resolve connect greeting quit"),
        ("starttls", "resolve connect greeting ehlo starttls tls quit"),
        ("ehlo", "resolve connect greeting ehlo starttls tls ehlo quit"),
        ("help", "resolve connect greeting ehlo starttls tls ehlo help quit"),
        ("quit", "resolve connect greeting ehlo starttls tls ehlo help quit"),
    ],
)
def test_the_last_step(servers: Servers, ca_file: Path, until: str, expected: str) -> None:
    target = starttls(servers.honest(TlsMode.STARTTLS))
    came = check(target, "-4", "--ca-file", ca_file, "--until", until, "--json")
    assert (came.code, " ".join(names(came))) == (0, expected)


def test_a_step_left_out(servers: Servers) -> None:
    target = f"smtp://127.0.0.1:{servers.honest(TlsMode.STARTTLS)}"
    came = check(target, "--skip", "help", "--skip", "starttls", "--json")
    assert (came.code, names(came)) == (0, ["resolve", "connect", "greeting", "ehlo", "quit"])


# Login


def test_each_source_of_the_password(servers: Servers, password: Path) -> None:
    target, user = clear(servers.honest()), ("-u", USER, IN_CLEAR, "--json")
    stdin = check(target, *user, "--password-file", "-", stdin=PASSWORD.encode() + b"\n")
    variable = check(target, *user, environ={"SMTPPROBE_PASSWORD": PASSWORD})
    file = check(target, *user, "--password-file", password)
    assert [came.report["auth"]["result"] for came in (stdin, variable, file)] == ["accepted"] * 3


def test_a_password_in_the_target_works_with_a_warning(servers: Servers) -> None:
    port = servers.honest()
    came = check(f"smtp+insecure://me%40mail.example:correct%20horse@127.0.0.1:{port}", IN_CLEAR)
    assert came.code == 0
    assert "warning" in came.complaint
    assert "correct" not in came.out + came.err


@pytest.mark.parametrize("mechanism", ["PLAIN", "login"])
def test_the_mechanism_that_is_named(servers: Servers, password: Path, mechanism: str) -> None:
    target = clear(servers.honest())
    came = check(target, "-u", USER, "--password-file", password, IN_CLEAR, "-m", mechanism, "--json")
    assert (came.report["auth"]["mechanism"], came.report["auth"]["result"]) == (
        mechanism.upper(),
        "accepted",
    )


def test_a_login_refused_is_not_repeated_on_the_next_target(servers: Servers) -> None:
    first, second = servers.honest(), servers.honest(TlsMode.IMPLICIT, "self-signed")
    came = check(
        clear(first),
        f"smtps://127.0.0.1:{second}",
        "-u",
        USER,
        "--password-file",
        "-",
        IN_CLEAR,
        "--insecure",
        "--json",
        stdin=b"wrong",
    )
    auth = [next(step for step in report["steps"] if step["name"] == "auth") for report in came.reports]
    assert came.code == 1
    assert [step["status"] for step in auth] == ["fail", "skip"]
    assert auth[1]["sent"] is None
    assert "already refused" in auth[1]["failure"]["message"]


def test_a_login_that_is_refused(servers: Servers) -> None:
    login = ("-u", USER, "--password-file", "-", IN_CLEAR)
    came = check(clear(servers.honest()), *login, stdin=b"wrong")
    assert came.code == 1
    last = came.out.splitlines()[-1]
    assert last.startswith("FAIL   auth: 535 5.7.8")
    assert " -> AUTH PLAIN [secret]" in came.out
    assert "<** 535" in came.out


# Output


def test_quiet_says_nothing_of_what_is_well(servers: Servers, ca_file: Path) -> None:
    target = starttls(servers.honest(TlsMode.STARTTLS))
    assert check(target, "-4", "--ca-file", ca_file, "-q") == Came(0, "", "")


def test_quiet_keeps_verdict_and_diagnosis() -> None:
    came = check("smtp+insecure://127.0.0.1:1", "-q")
    assert came.code == 1
    assert "  means  " in came.out
    assert "  ok    resolve" not in came.out
    assert came.out.splitlines()[-1].startswith("FAIL   ")


def test_verbose_explains_every_reply(servers: Servers) -> None:
    came = check(clear(servers.honest()), "-v")
    assert " -> HELP" in came.out
    assert " <- 214" in came.out
    assert came.out.count("     means") >= 4
    assert came.out.splitlines()[-1].startswith("WARN")
    twice = check(clear(servers.honest()), "-vv").out
    assert "C: EHLO client.example" in twice
    assert twice.splitlines()[-1].startswith("WARN")


def test_verbose_twice_tells_the_certificate(servers: Servers, ca_file: Path) -> None:
    came = check(starttls(servers.honest(TlsMode.STARTTLS)), "-4", "--ca-file", ca_file, "-vv")
    assert "--pin sha256:" in came.out
    assert "days left" in came.out


@pytest.mark.parametrize(("color", "colored"), [("always", True), ("never", False), ("auto", False)])
def test_color(servers: Servers, color: str, colored: bool) -> None:
    assert ("\x1b[" in check(clear(servers.honest()), "--color", color).out) is colored


def test_color_says_nothing_that_the_words_do_not(servers: Servers) -> None:
    import re

    target = clear(servers.honest())
    plain, colored = (check(target, "--color", choice).out for choice in ("never", "always"))
    without = re.sub(r"\x1b\[[0-9;]*m", "", colored)
    number = re.compile(r"[0-9.]+")
    assert number.sub("N", without) == number.sub("N", plain)


def test_json_lines_are_a_report_a_line(servers: Servers) -> None:
    import json

    port = servers.honest()
    came = check(clear(port), clear(port, "localhost"), "-4", "-f", "jsonl")
    lines = [json.loads(line) for line in came.out.splitlines()]
    assert {line["target"]["host"] for line in lines} == {"127.0.0.1", "localhost"}
    assert all(line["schema"] == 1 for line in lines)


def test_the_record_reads_back_to_the_same_session(servers: Servers, ca_file: Path, tmp_path: Path) -> None:
    record = tmp_path / "session.txt"
    came = check(
        starttls(servers.honest(TlsMode.STARTTLS)), "-4", "--ca-file", ca_file, "--record", record, "--json"
    )
    read = read_dialogue(parse(record.read_text()))
    assert [step.name.value for step in read.steps] == names(came)
    # A step begins a moment before its first line is said; the notation has the times of the lines.
    moment = 0.02
    for step, written in zip(read.steps, came.report["steps"], strict=True):
        assert step.at == pytest.approx(written["at"], abs=moment)
        assert step.seconds == pytest.approx(written["seconds"], abs=moment)


def test_the_record_of_two_targets_holds_both(servers: Servers, tmp_path: Path) -> None:
    record = tmp_path / "session.txt"
    port = servers.honest()
    check(clear(port), clear(port, "localhost"), "-4", "--record", record)
    assert record.read_text().count("*: target ") == 2
