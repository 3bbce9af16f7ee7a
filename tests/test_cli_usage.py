"""Bad input: one clear line that names the nearest right word, exit code 2, and nothing probed.

And the commands that need no network: explain, demo --list, schema, completion, --version, -h.
"""

import re
import socket
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from smtpprobe import __version__
from smtpprobe.demo.faults import FAULTS
from smtpprobe.exits import Exit
from smtpprobe.schemas import NAMES, load
from smtpprobe.session import addresses

from .support.command import Came, Scripted, check, run


@pytest.fixture(autouse=True)
def _no_name_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What should have been refused, and is not, sends no packet either."""
    found = socket.getaddrinfo

    def ours(host: str, *args: Any, **options: Any) -> list[Any]:
        if host != "localhost" and not addresses.read_address(host):
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return list(found(host, *args, **options))

    monkeypatch.setattr(socket, "getaddrinfo", ours)


def refused(came: Came) -> str:
    """The one line of a usage error; nothing on standard output."""
    assert (came.code, came.out) == (Exit.USAGE, ""), came
    assert "Traceback" not in came.err
    assert "\x1b" not in came.err
    return came.complaint


# Targets


@pytest.mark.parametrize(
    "target",
    [
        "smtp://",
        "smtp://mail.example:0",
        "smtp://mail.example:70000",
        "mail.example:0",
        "mail.example:70000",
        "mail.example:port",
        "mail.example:",
        "a..b",
        "mail example",
        " ",
        "",
        "mail\x1b[2J.example",
        "mail\r\n.example",
        "mail\0.example",
        "[2001:db8::1",
        "2001:db8::zz",
        "[mail example]:25",
        "smtp://mail.example/path",
        "smtpz://mail.example",
        "http://mail.example",
        "me@",
        "-.example",
        "x" * 64 + ".example",
        "1.2.3",
        "smtp://mail.example:25:25",
        "smtp://a@b@c..d",
    ],
)
def test_a_malformed_target_is_one_clear_line(target: str) -> None:
    line = refused(check("--", target))
    assert line.startswith('smtpprobe: target "')
    assert len(line) < 400


def test_with_one_bad_target_nothing_is_probed() -> None:
    with Scripted() as server:
        refused(check(server.target, "a..b"))
        refused(check("-", stdin=f"{server.target}\na..b\n".encode()))
        assert server.nobody_came


def test_the_password_of_a_bad_target_is_not_told() -> None:
    assert "hunter2" not in refused(check("smtp://me:hunter2@a..b"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "TARGET"),
        (("-",), "standard input names no target"),
        (("m.example", "--ehlo", "a\r\nQUIT"), "EHLO"),
        (("m.example", "--ehlo", "a b"), "EHLO"),
        (("m.example", "--ehlo", ""), "EHLO"),
        (("m.example", "--ehlo", "büro.example"), "EHLO"),
        (("m.example", "-p", "0"), "0"),
        (("m.example", "-p", "70000"), "70000"),
        (("m.example", "-p", "smtp"), "smtp"),
        (("m.example", "--tls", "startls"), "did you mean 'starttls'"),
        (("m.example", "--until", "aut"), "did you mean 'auth'"),
        (("m.example", "--skip", "hlep"), "did you mean 'help'"),
        (("m.example", "--skip", "ehlo"), "ehlo"),
        (("m.example", "-f", "jsno"), "did you mean 'json'"),
        (("m.example", "--color", "allways"), "did you mean 'always'"),
        (("m.example", "--ignore", "starttls-not-ofered"), "did you mean 'starttls-not-offered'"),
        (("m.example", "-m", "PLIAN", "-u", "me"), "did you mean 'PLAIN'"),
        (("m.example", "--timout", "3"), "--timeout"),
        (("m.example", "-t", "0"), "seconds"),
        (("m.example", "-t", "-1"), "seconds"),
        (("m.example", "-t", "nan"), "seconds"),
        (("m.example", "-t", "inf"), "seconds"),
        (("m.example", "--deadline", "soon"), "soon"),
        (("m.example", "--concurrency", "0"), "0"),
        (("m.example", "--warn-days", "-1"), "-1"),
        (("m.example", "--source", "eth0"), "no IP address"),
        (("m.example", "--pin", "sha256:abc"), "64 hex digits"),
        (("m.example", "-4", "-6"), "choose one"),
        (("m.example", "-q", "-v"), "choose one"),
        (("m.example", "--json", "-f", "text"), "choose one"),
        (("m.example", "--pin", "0" * 64, "--insecure"), "choose one"),
        (("127.0.0.1", "-6"), "IPv4"),
        (("[::1]:25", "-4"), "IPv6"),
        (("127.0.0.1", "--source", "::1"), "families"),
        (("m.example", "-m", "PLAIN"), "without a user"),
        (("m.example", "--ca-file", "/no/such/file"), "/no/such/file"),
        (("m.example", "--ca-file", "/dev/null"), "/dev/null"),
        (("m.example", "--ca-file", "/"), "/"),
        (("smtp+insecure://m.example", "--tls", "implicit"), "implicit"),
        (("m.example", "--password", "x"), "--password"),
        (("m.example", "--sni", "a\r\nb"), "sni"),
        (("m.example", "--sni", ""), "sni"),
        (("m.example", "--sni", "a..b"), "sni"),
    ],
)
def test_a_wrong_option_is_one_clear_line(arguments: tuple[str, ...], says: str) -> None:
    assert says in refused(run("check", *arguments, environ={"SMTPPROBE_PASSWORD": "x"}))


@pytest.mark.parametrize(
    ("password", "says"), [(b"", "empty"), (b"\n", "empty"), (b"a\0b", "NUL"), (b"\xff", "UTF-8")]
)
def test_what_cannot_be_a_password(tmp_path: Path, password: bytes, says: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(password)
    with Scripted() as server:
        assert says in refused(check(server.target, "-u", "me", "--password-file", file))
        assert says in refused(check(server.target, "-u", "me", "--password-file", "-", stdin=password))
        assert server.nobody_came


def test_sources_of_a_password(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("x")
    both = check("m.example", "-u", "me", "--password-file", file, environ={"SMTPPROBE_PASSWORD": "x"})
    assert "at once" in refused(both)
    assert "no password" in refused(check("m.example", "-u", "me"))
    assert "no such file" in refused(check("m.example", "-u", "me", "--password-file", "/no/such")).lower()
    assert "no user" in refused(check("m.example", "--password-file", file))
    assert "standard input" in refused(check("-", "-u", "me", "--password-file", "-", stdin=b"m.example"))


def test_one_login_goes_to_one_host() -> None:
    variable = {"SMTPPROBE_PASSWORD": "x"}
    assert "one host" in refused(check("a.example", "b.example", "-u", "me", environ=variable))
    assert "one host" in refused(check("me@a.example", "b.example", environ=variable))
    assert "two user names" in refused(check("me@a.example", "you@a.example", environ=variable))
    assert "two user names" in refused(check("me@a.example", "-u", "you", environ=variable))


@pytest.mark.parametrize("path", ["/no/such/folder/file", "/", "/dev/null/x"])
def test_a_record_that_cannot_be_written_is_said_before_anything_is_probed(path: str) -> None:
    with Scripted() as server:
        came = check(server.target, "--record", path, "-t", "0.05")
        assert came.code in (Exit.USAGE, Exit.INTERNAL)
        assert path in came.complaint
        assert server.nobody_came


# Words


def test_a_wrong_command_names_the_nearest() -> None:
    assert "did you mean 'check'" in refused(run("chekc", "m.example"))
    assert "did you mean 'explain'" in refused(run("explian", "535"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("demo", "--fault", "wrong-pasword"), "did you mean 'wrong-password'"),
        (("demo", "--fault", "qqqqqqqq"), "'qqqqqqqq' is not known"),
        (("schema", "chekc"), "did you mean 'check'"),
        (("completion", "bsh"), "did you mean 'bash'"),
        (("explain",), "WHAT"),
        (("explain", ""), "nothing to explain"),
        (("explain", "5"), "three digits"),
        (("explain", "535", "--step", "atuh"), "did you mean 'auth'"),
        (("--no-such-option",), "--no-such-option"),
    ],
)
def test_a_wrong_word_is_one_clear_line(arguments: tuple[str, ...], says: str) -> None:
    assert says in refused(run(*arguments))


def test_hostile_words_are_shown_inert() -> None:
    for arguments in (
        ("\x1b[2J",),
        ("check", "--\x1b[2J"),
        ("demo", "--fault", "\x1b]0;x\x07"),
        ("check", "-t", "\x9b1m", "a"),
    ):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", refused(run(*arguments)))


# Commands that need no network


def test_the_version() -> None:
    assert run("--version") == Came(0, f"smtpprobe {__version__}\n", "")


@pytest.mark.parametrize("command", ["", "check", "explain", "demo", "schema", "completion"])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_fits_a_terminal_and_comes_on_standard_output(command: str, option: str) -> None:
    came = run(*command.split(), option)
    assert (came.code, came.err) == (0, "")
    assert came.out.startswith("Usage: smtpprobe")
    assert max(map(len, came.out.splitlines())) <= 100


def test_the_help_of_check_names_every_option_of_the_contract() -> None:
    out = run("check", "-h").out
    for option in (
        *(
            "--port",
            "-4",
            "-6",
            "--each-address",
            "--source",
            "--tls",
            "--ehlo",
            "--sni",
            "--ca-file",
            "--pin",
        ),
        *(
            "--insecure",
            "--allow-plaintext-auth",
            "--timeout",
            "--deadline",
            "--concurrency",
            "--until",
            "--skip",
        ),
        *(
            "--user",
            "--password-file",
            "--mechanism",
            "--format",
            "--json",
            "--record",
            "-q",
            "-v",
            "--color",
        ),
        *("--strict", "--ignore", "--warn-days", "SMTPPROBE_PASSWORD"),
    ):
        assert option in out, option


def test_no_command_is_help_and_a_usage_error() -> None:
    came = run()
    assert (came.code, came.out) == (Exit.USAGE, "")
    assert "Usage: smtpprobe" in came.err


def test_explain() -> None:
    assert run("explain", "535").out.startswith("535  Authentication")
    unquoted = run("explain", "535", "5.7.8", "Error:", "authentication", "failed")
    assert unquoted.out == run("explain", "535 5.7.8 Error: authentication failed").out
    assert run("explain", "-", stdin=b"535 5.7.8 no\n").out == run("explain", "535 5.7.8 no").out
    assert run("explain", "454", "--step", "auth").out != run("explain", "454", "--step", "starttls").out
    assert run("explain", "599").code == 0


@pytest.mark.parametrize(
    "what", ["535", "5.7.8", "STARTTLS", "cram-md5", "credentials-rejected", "no-such-thing", "4yz"]
)
def test_the_json_of_explain_is_valid(what: str) -> None:
    came = run("explain", what, "--json")
    jsonschema.validate(came.json, load("explain"))
    assert came.json["answers"][0]["known"] is (what != "no-such-thing")


def test_the_faults_are_listed() -> None:
    listed = dict(line.split(maxsplit=1) for line in run("demo", "--list").out.splitlines())
    assert listed == {name: fault.title for name, fault in FAULTS.items()}
    assert len(listed) >= 10


def test_the_demo_passes_and_a_fault_fails() -> None:
    well = run("demo", "--json")
    assert (well.code, well.json["verdict"]) == (0, "pass")
    jsonschema.validate(well.json, load("check"))
    wrong = run("demo", "--fault", "wrong-password", "--json")
    assert (wrong.code, wrong.report["diagnosis"]["finding"]) == (1, "credentials-rejected")
    jsonschema.validate(wrong.json, load("check"))


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_printed(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(run("schema", name).json)


def test_what_check_prints_is_valid_on_failure_too() -> None:
    schema = run("schema", "check").json
    came = check("smtp+insecure://127.0.0.1:1", "smtp+insecure://127.0.0.2:1", "--json")
    assert came.code == 1
    jsonschema.validate(came.json, schema)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script(shell: str) -> None:
    came = run("completion", shell)
    assert (came.code, came.err) == (0, "")
    assert "_SMTPPROBE_COMPLETE" in came.out


def test_the_bash_script_can_be_sourced() -> None:
    script = run("completion", "bash").out
    found = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")
    found = subprocess.run(
        ["bash", "-c", 'eval "$(cat)" && complete -p smtpprobe'],
        input=script,
        text=True,
        capture_output=True,
        check=False,
    )
    assert "smtpprobe" in found.stdout
