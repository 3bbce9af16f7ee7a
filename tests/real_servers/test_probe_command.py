"""`smtpprobe check` as a command, against the real servers: exit code, JSON, text, and no secret in them."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from smtpprobe.transcripts.notation import parse
from smtpprobe.transcripts.reader import read_dialogue

from .expected import EXPECTED, NOBODY, USER, WRONG
from .probing import login_of, steps_of_json, target_of
from .secrets_in import secrets_in
from .servers import Server

PROJECT = Path(__file__).parents[2]


def smtpprobe(*words: str | Path, password: str = "") -> subprocess.CompletedProcess[str]:
    """The command, without a terminal; the password comes by the environment."""
    kept = {key: value for key, value in os.environ.items() if key != "SMTPPROBE_PASSWORD"}
    return subprocess.run(
        [sys.executable, "-m", "smtpprobe", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        env=kept | ({"SMTPPROBE_PASSWORD": password} if password else {}),
        timeout=60,
        check=False,
    )


def check(
    server: Server, service: str, visitor: str, *options: str | Path
) -> subprocess.CompletedProcess[str]:
    """A check of one service."""
    who = login_of(server, visitor)
    login = ("--user", who.user) if who else ()
    trust = () if "--pin" in options else ("--ca-file", server.ca_file)
    words = ("check", target_of(server, service).url, "-4", *trust, *login, *options)
    return smtpprobe(*words, password=who.secret if who else "")


@functools.cache
def schema() -> dict[str, Any]:
    """What `smtpprobe schema check` prints."""
    done = smtpprobe("schema", "check")
    assert done.returncode == 0
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def report_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one report that `--json` printed, held against the schema."""
    printed = json.loads(done.stdout)
    jsonschema.Draft202012Validator(schema()).validate(printed)
    (report,) = printed["reports"]
    assert printed["verdict"] == report["verdict"]
    assert done.stderr == ""
    found: dict[str, Any] = report
    return found


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """The server that the test's parameter names."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize(
    ("server", "service", "visitor"),
    [
        ("postfix", "starttls", NOBODY),
        ("postfix", "starttls", USER),
        ("postfix", "starttls", WRONG),
        ("postfix", "tls", USER),
        ("postfix", "plain", USER),
        ("postfix", "no-certificate", NOBODY),
        ("postfix", "greets-421", USER),
        ("postfix", "self-signed", USER),
        ("postfix", "old-auth", USER),
        ("exim", "starttls", USER),
        ("exim", "multi-line", WRONG),
        ("exim", "greets-451", NOBODY),
        ("exim", "no-hello", USER),
        ("dovecot", "starttls", USER),
        ("dovecot", "auth-after-tls", WRONG),
        ("dovecot", "tls", NOBODY),
    ],
    indirect=["server"],
)
def test_json_says_the_same_as_the_library(server: Server, service: str, visitor: str) -> None:
    done = check(server, service, visitor, "--json")
    report = report_of(done)
    expected = EXPECTED[server.name, service].session(visitor)
    assert steps_of_json(report) == expected.steps
    assert [(finding["severity"], finding["id"]) for finding in report["findings"]] == list(expected.findings)
    assert report["verdict"] == {"ok": "pass", "note": "pass"}.get(expected.verdict, expected.verdict)
    assert report["auth"]["result"] == expected.auth
    failure = report["failure"] or {}
    words = [failure.get(key) for key in ("step", "kind", "code", "enhanced")]
    assert " ".join(str(word) for word in words if word) == expected.failure
    assert (report["diagnosis"] or {}).get("finding", "") == expected.diagnosis
    assert done.returncode == (expected.verdict == "fail")


@pytest.mark.parametrize("options", [("--json",), ("-vv",)])
@pytest.mark.parametrize("server", ["postfix", "exim", "dovecot"], indirect=True)
@pytest.mark.parametrize("visitor", [USER, WRONG])
def test_the_password_is_in_no_output(
    server: Server, visitor: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "session.txt"
    done = check(server, "starttls", visitor, "--record", file, *options)
    password = server.password if visitor == USER else server.password[::-1]
    for text in (done.stdout, done.stderr, file.read_text("utf-8")):
        assert secrets_in(text, server.user, password) == []
    assert read_dialogue(parse(file.read_text("utf-8"))).steps


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_a_mechanism_can_be_chosen(exim: Server, mechanism: str) -> None:
    report = report_of(check(exim, "starttls", USER, "--json", "--mechanism", mechanism))
    assert report["auth"] == {
        "offered_clear": ["CRAM-MD5"],
        "offered_tls": ["PLAIN", "LOGIN", "CRAM-MD5"],
        "mechanism": mechanism,
        "result": "accepted",
    }


@pytest.mark.parametrize("service", ["expired", "wrong-name", "self-signed"])
def test_the_fingerprint_can_be_pasted(postfix: Server, service: str) -> None:
    shown = report_of(check(postfix, service, USER, "--json"))
    assert (shown["tls"]["trusted"], shown["tls"]["reason"]) == (False, service)
    assert shown["auth"]["result"] == "withheld"
    pinned = report_of(check(postfix, service, USER, "--json", "--pin", shown["tls"]["fingerprint"]))
    assert (pinned["tls"]["trusted"], pinned["auth"]["result"]) == (True, "accepted")
    insecure = report_of(check(postfix, service, USER, "--json", "--insecure"))
    assert (insecure["verdict"], insecure["auth"]["result"]) == ("warn", "accepted")


def test_a_password_file_loses_its_line_end(dovecot: Server, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(server_password := dovecot.password + "\n", "utf-8")
    words = ("check", target_of(dovecot, "tls").url, "--ca-file", dovecot.ca_file, "--json")
    report = report_of(smtpprobe(*words, "-u", dovecot.user, "--password-file", file))
    assert report["auth"]["result"] == "accepted"
    assert secrets_in(json.dumps(report), dovecot.user, server_password.rstrip("\n")) == []


def test_text_ends_with_the_verdict(postfix: Server) -> None:
    lines = check(postfix, "starttls", WRONG).stdout.splitlines()
    assert lines[-1].startswith("FAIL   auth: 535 5.7.8, ")
    assert any(line.startswith("<~* 535 5.7.8 ") for line in lines)


def test_several_servers_in_the_order_given(postfix: Server, exim: Server, dovecot: Server) -> None:
    targets = [target_of(server, "tls").url for server in (postfix, exim, dovecot)]
    done = smtpprobe("check", *targets, "--json", "--ca-file", postfix.ca_file)
    printed = json.loads(done.stdout)
    jsonschema.Draft202012Validator(schema()).validate(printed)
    assert [report["target"]["url"] for report in printed["reports"]] == targets
    assert done.returncode == 0
