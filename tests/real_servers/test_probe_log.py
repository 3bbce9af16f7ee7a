"""What the servers themselves say of the probe: one login, a QUIT, and no complaint."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from smtpprobe.judgement import AuthResult
from smtpprobe.request import Credentials, Plan, TlsMode

from . import servers
from .expected import NOBODY, USER, VISITORS, WRONG
from .probing import LogReader, diagnosed, run_probe
from .servers import Server

# What a server writes of a client that does not keep to the rules, or goes without a word.
COMPLAINTS = re.compile(
    r"improper command pipelining|lost connection|synchronization error|too many|PREGREET|HANGUP|timeout"
    r"|unexpected disconnection|SSL_accept error|TLS error|Connection closed|non-SMTP"
    r"|syntax or protocol error|NULL characters|dropped",
    re.IGNORECASE,
)
MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5"]
SCRAM = ["SCRAM-SHA-1", "SCRAM-SHA-256"]
TOKEN_MECHANISMS = ["XOAUTH2", "OAUTHBEARER"]


@pytest.fixture(scope="module")
def telling_exim(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[Server]:
    """An Exim of our own that logs the commands of a session that sent no mail."""
    render = servers._render

    def render_telling(name: str, folder: Path, values: dict[str, str]) -> None:
        render(name, folder, values)
        file = folder / "exim4.conf"
        file.write_text("log_selector = +smtp_no_mail\n" + file.read_text("utf-8"), "utf-8")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(servers, "_render", render_telling)
        server = servers.start("exim", tmp_path_factory.mktemp("exim"), certificates)
    try:
        yield server
    finally:
        server.stop()


def own_lines(text: str, id_pattern: str) -> str:
    """Only the lines of the one session that told its end, by the id that they share."""
    ids = set(re.findall(id_pattern, text))
    assert len(ids) == 1, text
    return "\n".join(line for line in text.splitlines() if ids & set(re.split(r"[\[\]<>]", line)))


@pytest.mark.parametrize(
    ("service", "visitor"),
    [
        *product(["starttls", "tls", "plain", "no-certificate"], VISITORS),
        ("tls-required", USER),
        ("postscreen", WRONG),
    ],
)
def test_postfix_counts_one_login_and_a_quit(postfix: Server, service: str, visitor: str) -> None:
    reader = LogReader(postfix)
    run_probe(postfix, service, visitor, plan=Plan(allow_plaintext_auth=service == "plain"))
    told = reader.session()
    assert not COMPLAINTS.search(told), told
    (counts,) = re.findall(r": disconnect from .*?((?: [a-z]+=\S+)+)$", told, re.MULTILINE)
    counted = dict(word.split("=") for word in counts.split())
    login = {} if visitor == NOBODY else {"auth": "1" if visitor == USER else "0/1"}
    tls = {"starttls": "1", "ehlo": "2"}
    expected = {
        "tls": {"ehlo": "1", **login},
        "plain": {"ehlo": "1", **login},
        "no-certificate": {"ehlo": "1", "starttls": "0/1"},
    }.get(service, {**tls, **login})
    # HELP is all that Postfix does not know.
    assert {key: counted[key] for key in counted if key != "commands"} == {
        **expected,
        "quit": "1",
        "unknown": "0/1",
    }


@pytest.mark.parametrize("mechanism", MECHANISMS + SCRAM)
def test_postfix_lets_the_user_in_with_any_mechanism(postfix: Server, mechanism: str) -> None:
    reader = LogReader(postfix)
    report = run_probe(postfix, "starttls", USER, plan=Plan(mechanism=mechanism))
    told = reader.session()
    assert report.auth is AuthResult.ACCEPTED
    assert " auth=1 quit=1 " in told
    assert not COMPLAINTS.search(told), told


@pytest.mark.parametrize("mechanism", MECHANISMS + SCRAM)
def test_postfix_sees_one_attempt_with_any_mechanism(postfix: Server, mechanism: str) -> None:
    reader = LogReader(postfix)
    report = run_probe(postfix, "starttls", WRONG, plan=Plan(mechanism=mechanism))
    told = reader.session()
    assert diagnosed(report) == "credentials-rejected"
    assert re.findall(r"SASL (\S+) authentication failed", told) == [mechanism]
    assert " auth=0/1 quit=1 " in told
    assert not COMPLAINTS.search(told), told


def test_postfix_hears_a_quit_after_its_refusal(postfix: Server) -> None:
    reader = LogReader(postfix)
    run_probe(postfix, "greets-554", USER)
    told = reader.session()
    assert "disconnect from localhost[127.0.0.1] quit=1 commands=1" in told
    assert not COMPLAINTS.search(told), told


@pytest.mark.parametrize("certificate", ["expired", "wrong-name", "self-signed"])
def test_postfix_gets_no_login_under_a_bad_certificate(postfix: Server, certificate: str) -> None:
    reader = LogReader(postfix)
    run_probe(postfix, certificate, USER)
    told = reader.session()
    assert "auth=" not in told
    assert " ehlo=2 starttls=1 quit=1 " in told
    assert not COMPLAINTS.search(told), told


@pytest.mark.parametrize(
    ("service", "visitor", "commands"),
    [
        ("starttls", NOBODY, "EHLO,STARTTLS,EHLO,HELP,QUIT"),
        ("starttls", USER, "EHLO,STARTTLS,EHLO,HELP,AUTH,QUIT"),
        ("starttls", WRONG, "EHLO,STARTTLS,EHLO,HELP,AUTH,QUIT"),
        ("tls", USER, "EHLO,HELP,AUTH,QUIT"),
        ("tls", WRONG, "EHLO,HELP,AUTH,QUIT"),
        ("plain", USER, "EHLO,HELP,QUIT"),
        ("slow", WRONG, "EHLO,STARTTLS,EHLO,HELP,AUTH,QUIT"),
        ("multi-line", USER, "EHLO,STARTTLS,EHLO,HELP,AUTH,QUIT"),
        ("no-hello", USER, "EHLO,HELO,QUIT"),
    ],
)
def test_exim_hears_these_commands(telling_exim: Server, service: str, visitor: str, commands: str) -> None:
    reader = LogReader(telling_exim)
    run_probe(telling_exim, service, visitor)
    told = reader.session()
    assert re.findall(r"C=(\S+)", told) == [commands]
    assert told.count("authenticator failed") == (visitor == WRONG)
    assert not COMPLAINTS.search(told), told


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_exim_sees_one_attempt_with_any_mechanism(telling_exim: Server, mechanism: str) -> None:
    reader = LogReader(telling_exim)
    run_probe(telling_exim, "starttls", WRONG, plan=Plan(mechanism=mechanism))
    told = reader.session()
    assert told.count("authenticator failed") == 1
    assert not COMPLAINTS.search(told), told


@pytest.mark.parametrize("service", ["starttls", "auth-after-tls", "tls", "plain"])
@pytest.mark.parametrize("visitor", VISITORS)
def test_dovecot_sees_a_client_that_logs_out(dovecot: Server, service: str, visitor: str) -> None:
    reader = LogReader(dovecot)
    run_probe(dovecot, service, visitor, plan=Plan(allow_plaintext_auth=service == "plain"))
    told = own_lines(reader.session(), r"session=<(\S+)>")
    assert not COMPLAINTS.search(told), told
    assert re.findall(r"Disconnected: (.*?)(?: in \d+ secs\)| \(state)", told) == [
        {
            NOBODY: "Aborted login by logging out (no auth attempts",
            USER: "Logged out",
            WRONG: "Aborted login by logging out (auth failed, 1 attempts",
        }[visitor]
    ]
    assert re.findall(r"method=(\S+?),", told) == ([] if visitor == NOBODY else ["SCRAM-SHA-256"])


@pytest.mark.parametrize("visitor", [USER, WRONG])
@pytest.mark.parametrize("mechanism", MECHANISMS + SCRAM)
def test_dovecot_sees_one_attempt_with_any_mechanism(dovecot: Server, mechanism: str, visitor: str) -> None:
    reader = LogReader(dovecot)
    report = run_probe(dovecot, "starttls", visitor, plan=Plan(mechanism=mechanism))
    told = own_lines(reader.session(), r"session=<(\S+)>")
    assert not COMPLAINTS.search(told), told
    assert re.findall(r"method=(\S+?),", told) == [mechanism]
    assert report.auth is (AuthResult.ACCEPTED if visitor == USER else AuthResult.REJECTED)
    assert told.count("auth failed, 1 attempts") == (visitor == WRONG)
    assert report.failure is None or diagnosed(report) == "credentials-rejected"


@pytest.mark.parametrize("mechanism", TOKEN_MECHANISMS)
@pytest.mark.parametrize("kind", ["good", "long", "expired", "forged", "of another scope"])
def test_dovecot_sees_one_token(dovecot: Server, mechanism: str, kind: str) -> None:
    """What it says of a bad one in a 334 is acknowledged, and it counts one attempt."""
    token = {
        "good": dovecot.token(),
        "long": dovecot.token(padding="x" * 2000),
        "expired": dovecot.token(lasts=timedelta(hours=-1)),
        "forged": dovecot.token()[:-4] + "AAAA",
        "of another scope": dovecot.token(scope="imap"),
    }[kind]
    reader = LogReader(dovecot)
    login = Credentials(dovecot.user, token, token=True)
    report = run_probe(dovecot, "starttls", plan=Plan(mechanism=mechanism), login=login)
    told = own_lines(reader.session(), r"session=<(\S+)>")
    assert not COMPLAINTS.search(told), told
    assert re.findall(r"method=(\S+?),", told) == [mechanism]
    if kind in ("good", "long"):
        assert report.auth is AuthResult.ACCEPTED
    else:
        # A token without the scope comes to the same as a user who is barred.
        assert (
            told.count("(user disabled)" if kind == "of another scope" else "(auth failed, 1 attempts") == 1
        )
        assert report.diagnosis is not None
        assert report.diagnosis.finding.id == "token-refused"
        assert report.diagnosis.finding.facts["status"] != "-"


@pytest.mark.parametrize("server_name", ["postfix", "telling_exim", "dovecot"])
def test_a_login_without_tls_never_leaves_us(request: pytest.FixtureRequest, server_name: str) -> None:
    server: Server = request.getfixturevalue(server_name)
    reader = LogReader(server)
    run_probe(server, "plain", USER, tls=TlsMode.NONE)
    told = reader.session()
    assert not re.search(r"auth=\d|AUTH|method=|[1-9] attempts", told), told
