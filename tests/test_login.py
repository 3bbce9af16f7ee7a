"""The login of a session, through real sockets: with servers that know the mechanism, and with others."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from smtpprobe.demo.mechanisms import ALL
from smtpprobe.demo.server import honest_server
from smtpprobe.judgement import AuthResult, Report, Severity
from smtpprobe.prober import probe
from smtpprobe.protocol.sasl import MAX_AUTH_COMMAND_OCTETS
from smtpprobe.record import Failure, FailureKind, Step
from smtpprobe.redaction import SECRET
from smtpprobe.request import Credentials, Plan, StepName, Target, TlsMode
from smtpprobe.transcripts.writer import write_dialogue
from smtpprobe.words.wording import document

from .support.live import LOGIN, Played, nothing_left, plan_for_demo, play

TOKEN = Credentials(LOGIN.user, "ya29.a0AfH6SMBx-token_of-the-demo", token=True)
IN_CLEAR = Plan(timeout=10.0, allow_plaintext_auth=True)
SHORT_REPORT = '{"status":"401","schemes":"bearer","scope":"https://mail.example/"}'


@pytest.fixture(autouse=True)
async def _nothing_left() -> AsyncIterator[None]:
    async with nothing_left():
        yield


def begin(offered: str) -> str:
    """A session as far as the login."""
    return (
        "S: 220 mail.example ESMTP\nC: EHLO client.example\nS: 250-mail.example\n"
        f"S+: 250 AUTH {offered}\nC: HELP\nS: 214 help\n"
    )


QUIT = "C: QUIT\nS: 221 bye\n"


def challenge(text: str) -> str:
    return f"S: 334 {base64.b64encode(text.encode()).decode()}\n"


async def log_in(
    offered: str, exchange: str, *, login: Credentials = LOGIN, mechanism: str | None = None
) -> Played:
    """Play that exchange to a client that may log in in the clear."""
    text = begin(offered) + exchange + QUIT
    return await play(text, plan=replace(IN_CLEAR, mechanism=mechanism), login=login)


def auth(report: Report) -> Step:
    step = report.transcript.last(StepName.AUTH)
    assert step is not None
    return step


def kept(report: Report) -> str:
    """All that is kept of a session, as a person or a program could get at it."""
    octets = [exchange.reply.raw for exchange in auth(report).exchanges if exchange.reply]
    return repr(report) + write_dialogue(report.transcript) + repr(octets)


# With an honest server


async def visit(
    mechanism: str | None,
    *,
    mode: TlsMode = TlsMode.STARTTLS,
    offered: tuple[str, ...] = ALL,
    login: Credentials = LOGIN,
    secret: str | None = None,
) -> Report:
    """Probe aiosmtpd, which lets this user in with that secret."""
    with plan_for_demo(replace(IN_CLEAR, mechanism=mechanism)) as plan:
        server = honest_server(mode, user=login.user, password=secret or login.secret, mechanisms=offered)
        async with server as (_, port):
            return await probe(Target("localhost", port, mode), plan, login)


@pytest.mark.parametrize("mechanism", ALL)
@pytest.mark.parametrize("mode", TlsMode)
async def test_every_mechanism_lets_the_right_one_in(mode: TlsMode, mechanism: str) -> None:
    report = await visit(mechanism, mode=mode)
    if mode is TlsMode.NONE and mechanism.endswith("-PLUS"):
        assert auth(report).failure == Failure(FailureKind.NOT_OFFERED, "channel-binding")
        assert report.auth is AuthResult.NOT_TRIED
    else:
        assert report.auth is AuthResult.ACCEPTED
        assert auth(report).mechanism == mechanism
        assert mode is TlsMode.NONE or report.verdict is Severity.OK


@pytest.mark.parametrize("mechanism", ALL)
async def test_every_mechanism_turns_the_wrong_one_away(mechanism: str) -> None:
    report = await visit(mechanism, secret="another")
    assert report.auth is AuthResult.REJECTED
    assert report.diagnosis is not None
    token = mechanism in ("OAUTHBEARER", "XOAUTH2")
    assert report.diagnosis.finding.id == ("token-refused" if token else "credentials-rejected")


async def test_a_password_goes_by_scram_and_a_token_by_oauthbearer() -> None:
    assert auth(await visit(None)).mechanism == "SCRAM-SHA-256"
    assert auth(await visit(None, login=TOKEN)).mechanism == "OAUTHBEARER"
    assert auth(await visit(None, offered=("SCRAM-SHA-256-PLUS",))).mechanism == "SCRAM-SHA-256-PLUS"


@pytest.mark.parametrize("mechanism", ALL)
@pytest.mark.parametrize("size", [300, 4000])
async def test_long_secrets_arrive(mechanism: str, size: int) -> None:
    report = await visit(mechanism, login=Credentials(LOGIN.user, "x" * size))
    assert report.auth is AuthResult.ACCEPTED
    assert "x" * 64 not in kept(report)


@pytest.mark.parametrize("mechanism", ALL)
@pytest.mark.parametrize("secret", [None, "another"])
async def test_nothing_that_is_sent_or_comes_back_gives_the_secret_away(
    mechanism: str, secret: str | None
) -> None:
    """No password, no token; and no proof and no signature, against which passwords can be tried."""
    report = await visit(mechanism, secret=secret)
    assert LOGIN.secret not in kept(report)
    sent = [exchange.sent for exchange in auth(report).exchanges]
    first = f"AUTH {mechanism}"
    assert all(
        line in ("", "AQ==", "[user name]", SECRET) or (line or "").startswith(first) for line in sent
    ), sent
    if mechanism.startswith("SCRAM") and secret is None:
        signature = auth(report).exchanges[-2].reply
        assert signature is not None
        assert signature.lines[0].text.endswith(SECRET.encode())


# What goes with the command, and what behind it


@pytest.mark.parametrize(("more", "fits"), [(0, True), (1, False)])
async def test_an_initial_response_fits_into_512_octets_or_comes_later(*, more: int, fits: bool) -> None:
    """RFC 4954 4."""
    room = (MAX_AUTH_COMMAND_OCTETS - len("AUTH PLAIN \r\n")) // 4 * 3 - len(f"\0{LOGIN.user}\0")
    login = Credentials(LOGIN.user, "p" * (room + more))
    first = "C: AUTH PLAIN [secret]\n" if fits else "C: AUTH PLAIN\nS: 334\nC: [secret]\n"
    played = await log_in("PLAIN", first + "S: 235 ok\n", login=login)
    assert played.report.auth is AuthResult.ACCEPTED
    line = next(line for line in played.heard if line.startswith(b"AUTH PLAIN"))
    assert (b"AUTH PLAIN " in line) is fits
    assert len(line) + 2 <= MAX_AUTH_COMMAND_OCTETS


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
async def test_a_token_that_is_too_long_for_the_command_comes_behind_it(mechanism: str) -> None:
    login = replace(TOKEN, secret="e" * 3000)
    exchange = f"C: AUTH {mechanism}\nS: 334\nC: [secret]\nS: 235 ok\n"
    played = await log_in(mechanism, exchange, login=login)
    assert played.report.auth is AuthResult.ACCEPTED
    assert b"Bearer " + b"e" * 3000 in base64.b64decode(played.heard[3])
    assert [exchange.sent for exchange in auth(played.report).exchanges] == [f"AUTH {mechanism}", SECRET]


# A token that is refused


@pytest.mark.parametrize(("mechanism", "acknowledged"), [("XOAUTH2", ""), ("OAUTHBEARER", "AQ==")])
async def test_the_report_on_a_token_is_acknowledged_and_the_verdict_is_what_comes_then(
    mechanism: str, acknowledged: str
) -> None:
    exchange = f"C: AUTH {mechanism} [secret]\n{challenge(SHORT_REPORT)}C: {acknowledged}\nS: 535 5.7.8 no\n"
    played = await log_in(mechanism, exchange, login=TOKEN)
    step = auth(played.report)
    assert played.heard[3] == acknowledged.encode()
    assert [exchange.sent for exchange in step.exchanges] == [f"AUTH {mechanism} {SECRET}", acknowledged]
    assert (step.reply and step.reply.code) == 535
    assert played.report.auth is AuthResult.REJECTED
    (finding,) = (one for one in played.report.findings if one.severity is Severity.FAIL)
    assert finding.id == "token-refused"
    assert finding.facts.items() >= json.loads(SHORT_REPORT).items()
    assert finding.evidence[0] == f"334 {SHORT_REPORT}"


@pytest.mark.parametrize(
    "report",
    [
        '{"status":"400"}',
        '{"status":401,"scope":null,"schemes":["bearer"]}',
        '{"status":"\\u001b[31m","scope":"' + "s" * 300 + '"}',
        '{"status":' + "9" * 5000 + "}",
        "[" * 5000,
        '"text"',
        "\x1b[31m",
        "",
    ],
)
async def test_whatever_the_report_is_it_is_acknowledged(report: str) -> None:
    exchange = f"C: AUTH XOAUTH2 [secret]\n{challenge(report)}C: \nS: 535 5.7.8 no\n"
    played = await log_in("XOAUTH2", exchange, login=TOKEN)
    assert "token-refused" in played.ids
    assert "\x1b" not in repr(played.report.findings)


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
async def test_a_token_that_comes_back_in_the_report_is_masked(mechanism: str) -> None:
    report = json.dumps({"status": "400", "scope": TOKEN.secret})
    last = "" if mechanism == "XOAUTH2" else "AQ=="
    exchange = f"C: AUTH {mechanism} [secret]\n{challenge(report)}C: {last}\nS: 535 no: {TOKEN.secret}\n"
    played = await log_in(mechanism, exchange, login=TOKEN)
    everything = kept(played.report)
    assert TOKEN.secret not in everything
    assert base64.b64encode(report.encode()).decode() not in everything


@pytest.mark.parametrize(
    "guise",
    [
        base64.b64encode(TOKEN.secret.encode()).decode(),
        TOKEN.secret.encode().hex(),
        "".join(f"\\u{ord(letter):04x}" for letter in TOKEN.secret),
    ],
)
async def test_a_token_in_a_guise_within_the_base64_is_masked_too(guise: str) -> None:
    """The report is shown decoded: nothing may come to light by that."""
    report = f'{{"status":"400","scope":"{guise}"}}'
    exchange = f"C: AUTH XOAUTH2 [secret]\n{challenge(report)}C: \nS: 535 no\n"
    played = await log_in("XOAUTH2", exchange, login=TOKEN)
    everything = kept(played.report) + repr(document([played.report]))
    assert guise not in everything
    assert challenge(report).strip().removeprefix("S: 334 ") not in everything


async def test_a_token_is_not_sent_as_a_password() -> None:
    played = await log_in("PLAIN LOGIN", "", login=TOKEN)
    assert "no-common-mechanism" in played.ids
    assert not any(line.startswith(b"AUTH") for line in played.heard)


# Exchanges that are given up

GIVEN_UP = {
    "challenge-not-base64": ("SCRAM-SHA-256", "S: 334 what?\n"),
    "challenge-malformed": ("SCRAM-SHA-256", challenge("Username:")),
    "nonce-wrong": ("SCRAM-SHA-256", challenge("r=recorded,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")),
    "too-many-challenges": ("PLAIN", "S: 334\n"),
}


def first_line(mechanism: str) -> str:
    shown = "[secret]" if mechanism == "PLAIN" else "[user name]"
    return f"C: AUTH {mechanism} {shown}\n"


@pytest.mark.parametrize("detail", GIVEN_UP)
async def test_a_login_that_cannot_go_on_is_cancelled(detail: str) -> None:
    """RFC 4954 4: with an asterisk. And the session goes on."""
    mechanism, answer = GIVEN_UP[detail]
    played = await log_in(mechanism, f"{first_line(mechanism)}{answer}C: *\nS: 501 5.7.0 aborted\n")
    assert played.heard[-2:] == (b"*", b"QUIT")
    assert auth(played.report).failure == Failure(FailureKind.PROTOCOL, detail)
    assert "auth-broken" in played.ids
    assert played.report.auth is AuthResult.BROKEN


@pytest.mark.parametrize("end", ["*: eof", "*: reset", "S: 421 go away", "S: hello", "S: 250 fine", "S: 334"])
@pytest.mark.parametrize("detail", GIVEN_UP)
async def test_why_it_was_given_up_is_told_whatever_the_server_says_to_that(detail: str, end: str) -> None:
    mechanism, answer = GIVEN_UP[detail]
    text = f"{begin(mechanism)}{first_line(mechanism)}{answer}C: *\n{end}\n"
    played = await play(text, plan=replace(IN_CLEAR, timeout=5.0), login=LOGIN, complaints=True)
    assert auth(played.report).failure == Failure(FailureKind.PROTOCOL, detail)
    failing = [one.id for one in played.report.findings if one.severity is Severity.FAIL]
    assert failing == ["auth-broken"]


@pytest.mark.parametrize(
    ("mechanism", "exchange"),
    [
        ("LOGIN", "C: AUTH LOGIN\nS: 235 ok\n"),
        ("LOGIN", f"C: AUTH LOGIN\n{challenge('Username:')}C: [user name]\nS: 235 ok\n"),
        ("CRAM-MD5", "C: AUTH CRAM-MD5\nS: 235 ok\n"),
        ("SCRAM-SHA-256", "C: AUTH SCRAM-SHA-256 [user name]\nS: 235 ok\n"),
        ("SCRAM-SHA-256", f"C: AUTH SCRAM-SHA-256 [user name]\n{challenge('e=x')}C: \nS: 235 ok\n"),
        ("XOAUTH2", f"C: AUTH XOAUTH2 [secret]\n{challenge(SHORT_REPORT)}C: \nS: 235 ok\n"),
    ],
)
async def test_a_success_before_the_end_is_none(mechanism: str, exchange: str) -> None:
    played = await log_in(mechanism, exchange, mechanism=mechanism)
    assert auth(played.report).failure == Failure(FailureKind.PROTOCOL, "success-too-early")
    assert played.report.auth is AuthResult.BROKEN
    assert played.heard[-1] == b"QUIT"


async def test_an_error_of_scram_is_acknowledged_and_the_verdict_comes_then() -> None:
    exchange = f"C: AUTH SCRAM-SHA-1 [user name]\n{challenge('e=unknown-user')}C: \nS: 535 5.7.8 no\n"
    played = await log_in("SCRAM-SHA-1", exchange)
    assert "credentials-rejected" in played.ids


# What is not tried


async def test_no_minus_plus_without_something_to_bind_to() -> None:
    played = await log_in("SCRAM-SHA-256-PLUS SCRAM-SHA-256", "", mechanism="SCRAM-SHA-256-PLUS")
    assert auth(played.report).failure == Failure(FailureKind.NOT_OFFERED, "channel-binding")
    assert "mechanism-not-offered" in played.ids
    assert not any(line.startswith(b"AUTH") for line in played.heard)


PROHIBITED = replace(LOGIN, secret="key \U0001f511")


async def test_a_password_that_scram_has_no_form_for_stays_at_home() -> None:
    for offered, mechanism in (("SCRAM-SHA-256 SCRAM-SHA-1", None), ("SCRAM-SHA-1 PLAIN", "SCRAM-SHA-1")):
        played = await log_in(offered, "", login=PROHIBITED, mechanism=mechanism)
        assert auth(played.report).failure == Failure(FailureKind.POLICY, "secret-prohibited")
        assert played.report.auth is AuthResult.WITHHELD
        assert not any(line.startswith(b"AUTH") for line in played.heard)


async def test_another_mechanism_takes_it_as_it_is_where_none_was_asked_for() -> None:
    exchange = "C: AUTH PLAIN [secret]\nS: 235 ok\n"
    played = await log_in("SCRAM-SHA-256 PLAIN", exchange, login=PROHIBITED)
    assert played.report.auth is AuthResult.ACCEPTED


# What was sent, said back


async def test_a_proof_that_comes_back_is_masked() -> None:
    """CRAM-MD5: whoever has the answer and the challenge can try passwords at leisure."""
    login = Credentials("tim", "tanstaaftanstaaf")
    digest = "b913a602c7eda7a495b4e6e7334d3890"
    answer = base64.b64encode(f"tim {digest}".encode()).decode()
    exchange = (
        challenge("<1896.697170952@postoffice.reston.mci.net>").join(("C: AUTH CRAM-MD5\n", "C: [secret]\n"))
        + f"S: 535-5.7.8 not {answer}\nS+: 535 5.7.8 nor {digest}\n"
    )
    played = await log_in("CRAM-MD5", exchange, login=login)
    assert base64.b64decode(played.heard[3]).decode() == f"tim {digest}"
    everything = kept(played.report)
    assert digest not in everything
    assert answer not in everything
