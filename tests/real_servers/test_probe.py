"""The probe against real Postfix, Exim and Dovecot: what it says of each service, exactly.

What to expect of a service stands in `expected`; here are the probe's ways: who logs in and how, with which
trust, and with TLS begun the wrong way round.
"""

import base64
from collections.abc import Callable

import pytest

from smtpprobe.checks import find
from smtpprobe.checks.answering import heard, who_answers
from smtpprobe.checks.diagnosis import judge
from smtpprobe.judgement import Report, Severity, Sure
from smtpprobe.knowledge.software import recognise
from smtpprobe.record import FailureKind
from smtpprobe.request import Plan, StepName, TlsMode
from smtpprobe.transcripts.notation import parse
from smtpprobe.transcripts.reader import read_dialogue
from smtpprobe.transcripts.writer import write_dialogue
from smtpprobe.words.wording import document
from tests.support.reports import envelope

from .expected import (
    CYRUS,
    EXPECTED,
    HEALTHY,
    IN_CLEAR,
    NO_HELP,
    NO_TLS,
    NOBODY,
    REJECTED,
    USER,
    VISITORS,
    WITHHELD,
    WRONG,
    Session,
)
from .probing import diagnosed, failure_of, findings_of, run_probe, steps_of
from .secrets_in import secrets_in
from .servers import SERVICES, Server, make_password
from .test_lab import WITH_LOGIN

EVERY_SERVICE = [(server, service) for server, services in SERVICES.items() for service in services]
EVERY_VISIT = [(*service, visitor) for service in EVERY_SERVICE for visitor in VISITORS]

Visit = Callable[[Server, str, str], Report]


@pytest.fixture(scope="module")
def visit() -> Visit:
    """A probe of a service as one of the visitors; each is made once."""
    made: dict[tuple[str, str, str], Report] = {}

    def visited(server: Server, service: str, visitor: str) -> Report:
        key = server.name, service, visitor
        if key not in made:
            made[key] = run_probe(server, service, visitor)
        return made[key]

    return visited


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """The server that the test's parameter names."""
    found: Server = request.getfixturevalue(request.param)
    return found


def session_of(report: Report) -> Session:
    """What a session came to, in the words of `expected`."""
    return Session(
        steps=steps_of(report),
        findings=findings_of(report),
        verdict=report.verdict.word,
        auth=report.auth.value,
        failure=failure_of(report),
        diagnosis=diagnosed(report),
    )


# Every service, for everyone


def test_every_service_is_expected_to_be_something() -> None:
    assert list(EXPECTED) == EVERY_SERVICE


@pytest.mark.parametrize(("server", "service", "visitor"), EVERY_VISIT, indirect=["server"])
def test_says_what_its_administrator_would(visit: Visit, server: Server, service: str, visitor: str) -> None:
    assert session_of(visit(server, service, visitor)) == EXPECTED[server.name, service].session(visitor)


@pytest.mark.parametrize(("server", "service"), EVERY_SERVICE, indirect=["server"])
def test_sees_what_logins_are_offered(visit: Visit, server: Server, service: str) -> None:
    transcript = visit(server, service, NOBODY).transcript
    offers = [transcript.extensions(encrypted=encrypted) for encrypted in (False, True)]
    expected = EXPECTED[server.name, service]
    assert [found and found.mechanisms for found in offers] == [expected.clear, expected.tls]


@pytest.mark.parametrize(("server", "service"), EVERY_SERVICE, indirect=["server"])
def test_knows_the_address_of_the_server(visit: Visit, server: Server, service: str) -> None:
    peer = visit(server, service, NOBODY).transcript.peer
    assert peer is not None
    assert (peer.address, peer.port) == server[service]


@pytest.mark.parametrize(("server", "service"), EVERY_SERVICE, indirect=["server"])
def test_takes_a_server_for_no_other(visit: Visit, server: Server, service: str) -> None:
    """Nor where its greeting is left out; a service that says too little is taken for none."""
    transcript = visit(server, service, NOBODY).transcript
    name = "postfix" if service == "relay" else server.name  # smtp-sink is a part of Postfix
    assert set(who_answers(transcript).keys) <= {name}
    hidden = [text for text in heard(transcript) if text.where != "greeting"]
    assert {claim.key for claim in recognise(hidden).claims} <= {name}


@pytest.mark.parametrize(("server", "service"), HEALTHY, indirect=["server"])
def test_recognises_a_healthy_server(visit: Visit, server: Server, service: str) -> None:
    program = visit(server, service, NOBODY).software.program
    assert program is not None
    assert (program.key, program.sure) == (server.name, "high")


@pytest.mark.parametrize(("server", "service"), HEALTHY, indirect=["server"])
@pytest.mark.parametrize("visitor", [NOBODY, USER])
def test_a_healthy_server_raises_no_warning(visit: Visit, server: Server, service: str, visitor: str) -> None:
    report = visit(server, service, visitor)
    assert max([finding.severity for finding in report.findings], default=Severity.OK) <= Severity.NOTE
    assert report.diagnosis is None


@pytest.mark.parametrize(("server", "service"), HEALTHY, indirect=["server"])
def test_a_healthy_server_passes_where_tls_is_required(server: Server, service: str) -> None:
    tls = TlsMode.IMPLICIT if service == "tls" else TlsMode.STARTTLS
    report = run_probe(server, service, USER, tls=tls)
    assert report.verdict <= Severity.NOTE
    assert report.auth == "accepted"


@pytest.mark.parametrize(("server", "service", "visitor"), EVERY_VISIT, indirect=["server"])
def test_reads_back_to_the_same(visit: Visit, server: Server, service: str, visitor: str) -> None:
    before = visit(server, service, visitor)
    after = judge(read_dialogue(parse(write_dialogue(before.transcript))))
    assert find(after.transcript) == before.findings
    assert session_of(after) == session_of(before)


@pytest.mark.parametrize(("server", "service", "visitor"), EVERY_VISIT, indirect=["server"])
def test_keeps_the_password_to_itself(visit: Visit, server: Server, service: str, visitor: str) -> None:
    report = visit(server, service, visitor)
    words = document([report])
    texts = [repr(report), repr(words), repr(envelope(words)), write_dialogue(report.transcript)]
    for password in (server.password, server.password[::-1]):
        assert [found for text in texts for found in secrets_in(text, server.user, password)] == []


@pytest.mark.parametrize("shape", [str, repr, ascii, str.upper, lambda text: text.encode().hex()])
def test_a_password_would_be_found(shape: Callable[[str], str]) -> None:
    password = make_password()
    assert secrets_in(f"AUTH {shape(password)} x", USER, password) != []
    login = base64.b64encode(f"\0{USER}\0{password}".encode()).decode()
    assert secrets_in(f"'sent': 'AUTH PLAIN {login}'", USER, password) != []
    assert secrets_in(f"AUTH PLAIN {login}", USER, make_password()) == []


# Logging in


@pytest.mark.parametrize(("server", "service"), WITH_LOGIN, indirect=["server"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize("visitor", [USER, WRONG])
def test_logs_in(server: Server, service: str, mechanism: str, visitor: str) -> None:
    plan = Plan(mechanism=mechanism, allow_plaintext_auth=service == "plain")
    report = run_probe(server, service, visitor, plan=plan)
    auth = report.transcript.last(StepName.AUTH)
    assert auth is not None
    assert auth.reply is not None
    assert (auth.mechanism, report.auth) == (mechanism, "accepted" if visitor == USER else "rejected")
    assert auth.reply.code == (235 if visitor == USER else 535)
    assert [said.sent for said in auth.exchanges] == {
        "PLAIN": ["AUTH PLAIN [secret]"],
        "LOGIN": ["AUTH LOGIN", "[user name]", "[secret]"],
        "CRAM-MD5": ["AUTH CRAM-MD5", "[secret]"],
    }[mechanism]
    found = set(findings_of(report)) - {*NO_HELP, *IN_CLEAR, *NO_TLS}
    in_clear = {("warn", "login-in-clear")} if service == "plain" and mechanism != "CRAM-MD5" else set()
    assert found == in_clear | (set() if visitor == USER else {*REJECTED})
    assert secrets_in(repr(report), server.user, server.password) == []


@pytest.mark.parametrize("server", SERVICES, indirect=True)
def test_a_refusal_is_most_likely_the_password(visit: Visit, server: Server) -> None:
    diagnosis = visit(server, "tls", WRONG).diagnosis
    assert diagnosis is not None
    assert diagnosis.finding.cause is not None
    assert (diagnosis.finding.cause.id, diagnosis.finding.cause.sure) == ("bad-credentials", Sure.LIKELY)
    assert [fine.id for fine in diagnosis.fine] == ["network", "smtp", "tls-and-certificate", "offered"]
    assert diagnosis.care == ("one-attempt",)


@pytest.mark.parametrize("server", SERVICES, indirect=True)
def test_in_the_clear_the_password_is_best_not_shown(server: Server) -> None:
    report = run_probe(server, "plain", USER, plan=Plan(allow_plaintext_auth=True))
    auth = report.transcript.last(StepName.AUTH)
    assert auth is not None
    assert auth.mechanism == ("CRAM-MD5" if server.name == "exim" else "SCRAM-SHA-256")
    assert report.auth == "accepted"


@pytest.mark.parametrize("server", SERVICES, indirect=True)
def test_a_mechanism_that_is_not_offered(server: Server) -> None:
    report = run_probe(server, "tls", USER, plan=Plan(mechanism="SCRAM-SHA-512"))
    assert failure_of(report) == "auth not-offered"
    assert diagnosed(report) == "mechanism-not-offered"


def test_exim_refuses_auth_before_tls(exim: Server) -> None:
    plan = Plan(skip=frozenset({StepName.STARTTLS}), allow_plaintext_auth=True, mechanism="PLAIN")
    report = run_probe(exim, "auth-538", USER, plan=plan)
    assert steps_of(report) == "resolve connect greeting ehlo:warn help auth:fail quit"
    # The refusal came before the password was looked at, but not before it was sent.
    expected = {*IN_CLEAR, ("warn", "login-in-clear"), ("fail", "auth-needs-tls")}
    assert set(findings_of(report)) == expected
    assert failure_of(report) == "auth rejected 538 5.7.11"
    assert diagnosed(report) == "auth-needs-tls"
    assert report.auth == "rejected"


def test_postfix_that_requires_tls_offers_no_login_before(postfix: Server) -> None:
    report = run_probe(postfix, "tls-required", USER, tls=TlsMode.NONE, plan=Plan(allow_plaintext_auth=True))
    assert steps_of(report) == "resolve connect greeting ehlo help:note auth:fail quit"
    assert findings_of(report) == (*NO_HELP, ("fail", "auth-not-offered"))
    assert failure_of(report) == "auth not-offered"


def test_postfix_offers_auth_in_the_old_form_too(visit: Visit, postfix: Server) -> None:
    extensions = visit(postfix, "old-auth", NOBODY).transcript.extensions(encrypted=True)
    assert extensions is not None
    offered = " ".join(CYRUS)
    assert {key: extensions.as_mapping()[key] for key in ("AUTH", "AUTH=")} == {
        "AUTH": offered,
        "AUTH=": offered,
    }


# Certificates

BAD_CERTIFICATES = ["expired", "wrong-name", "self-signed"]


@pytest.mark.parametrize("reason", BAD_CERTIFICATES)
def test_a_bad_certificate_fails_where_tls_is_required(postfix: Server, reason: str) -> None:
    report = run_probe(postfix, reason, tls=TlsMode.STARTTLS)
    assert steps_of(report) == "resolve connect greeting ehlo starttls tls:fail ehlo help:note quit"
    assert findings_of(report) == (("fail", f"certificate-{reason}"), *NO_HELP)
    assert failure_of(report) == "tls certificate"
    assert report.failure is not None
    assert report.failure.failure.detail == reason


@pytest.mark.parametrize("reason", BAD_CERTIFICATES)
def test_insecure_logs_in_with_a_warning(postfix: Server, reason: str) -> None:
    report = run_probe(postfix, reason, USER, plan=Plan(insecure=True))
    assert steps_of(report) == "resolve connect greeting ehlo starttls tls:warn ehlo help:note auth quit"
    assert findings_of(report) == (("warn", f"certificate-{reason}"), *NO_HELP)
    assert (report.verdict, report.auth) == (Severity.WARN, "accepted")
    assert report.diagnosis is not None
    assert report.diagnosis.care == ("sent-untrusted",)


@pytest.mark.parametrize("reason", BAD_CERTIFICATES)
def test_the_fingerprint_that_is_shown_can_be_pinned(visit: Visit, postfix: Server, reason: str) -> None:
    shown = document([visit(postfix, reason, USER)]).reports[0].tls
    assert shown is not None
    report = run_probe(postfix, reason, USER, plan=Plan(pin=shown.fingerprint))
    assert findings_of(report) == NO_HELP
    assert report.auth == "accepted"
    assert report.transcript.tls is not None
    assert report.transcript.tls.verdict.pinned


def test_another_certificate_than_the_pinned_one(visit: Visit, postfix: Server) -> None:
    shown = document([visit(postfix, "expired", USER)]).reports[0].tls
    assert shown is not None
    plan = Plan(pin=shown.fingerprint, ca_file=postfix.ca_file)
    report = run_probe(postfix, "starttls", USER, plan=plan)
    assert findings_of(report) == (("fail", "certificate-pin-mismatch"), *NO_HELP, *WITHHELD)
    assert report.auth == "withheld"


def test_a_self_signed_certificate_can_be_trusted_by_its_file(postfix: Server) -> None:
    report = run_probe(postfix, "self-signed", USER, plan=Plan(ca_file=postfix.self_signed_file))
    assert findings_of(report) == NO_HELP
    assert report.auth == "accepted"


@pytest.mark.parametrize("server", SERVICES, indirect=True)
def test_an_authority_that_nobody_knows(server: Server) -> None:
    report = run_probe(server, "tls", USER, plan=Plan(ca_file=server.self_signed_file))
    assert [id for severity, id in findings_of(report) if severity == "fail"] == [
        "certificate-unknown-issuer",
        "credentials-withheld",
    ]
    assert failure_of(report) == "tls certificate"
    assert report.auth == "withheld"


def test_a_refused_starttls_fails_where_tls_is_required(postfix: Server) -> None:
    report = run_probe(postfix, "no-certificate", USER, tls=TlsMode.STARTTLS)
    assert steps_of(report) == "resolve connect greeting ehlo starttls:fail help:note auth:fail quit tls:skip"
    assert findings_of(report) == (("fail", "starttls-refused"), *NO_HELP, *WITHHELD)
    assert failure_of(report) == "starttls temporary 454 4.7.0"
    assert diagnosed(report) == "starttls-refused"


@pytest.mark.parametrize("server", SERVICES, indirect=True)
def test_a_server_without_starttls_fails_where_it_is_required(server: Server) -> None:
    report = run_probe(server, "plain", USER, tls=TlsMode.STARTTLS)
    assert failure_of(report) == "starttls not-offered"
    assert diagnosed(report) == "starttls-not-offered"
    assert report.auth == "withheld"


@pytest.mark.parametrize("server", SERVICES, indirect=True)
def test_without_tls_asked_for_its_absence_is_no_news(server: Server) -> None:
    report = run_probe(server, "plain", tls=TlsMode.NONE, plan=Plan(skip=frozenset({StepName.HELP})))
    assert steps_of(report) == "resolve connect greeting ehlo:warn quit"
    assert findings_of(report) == IN_CLEAR


# Greetings


def test_postscreen_is_waited_for(visit: Visit, postfix: Server) -> None:
    greeting, ehlo, *_ = visit(postfix, "postscreen", NOBODY).transcript.steps[2:]
    first, last = greeting.exchanges[0].arrivals
    assert last.at - first.at > 1.5
    assert greeting.reply is not None
    assert [line.prefix for line in greeting.reply.lines] == [b"220-", b"220 "]
    assert ehlo.exchanges[0].at >= last.at


def test_a_greeting_of_several_lines_is_one_reply(visit: Visit, exim: Server) -> None:
    greeting = visit(exim, "multi-line", NOBODY).transcript.last(StepName.GREETING)
    assert greeting is not None
    assert greeting.reply is not None
    assert len(greeting.reply.lines) == 3
    assert not greeting.unsolicited


@pytest.mark.parametrize(
    ("server", "service"), [("postfix", "greets-421"), ("exim", "no-hello")], indirect=["server"]
)
def test_nothing_but_quit_is_said_after_a_refusal(visit: Visit, server: Server, service: str) -> None:
    said = [
        e.sent for step in visit(server, service, USER).transcript.steps for e in step.exchanges if e.sent
    ]
    verbs = [line.split()[0] for line in said]
    assert verbs == {"greets-421": [], "no-hello": ["EHLO", "HELO", "QUIT"]}[service]


# TLS begun the wrong way round


@pytest.mark.parametrize("server", SERVICES, indirect=True)
def test_clear_text_to_a_port_for_tls(server: Server) -> None:
    report = run_probe(server, "tls", USER, tls=TlsMode.STARTTLS, plan=Plan(timeout=1))
    assert findings_of(report) == (("fail", "greeting-missing"),)
    assert failure_of(report) == "greeting timeout"
    assert report.diagnosis is not None
    cause = report.diagnosis.finding.cause
    assert cause is not None
    assert (cause.id, cause.sure) == ("tls-mode-wrong", Sure.POSSIBLE)  # their ports are none that tell


@pytest.mark.parametrize("server", SERVICES, indirect=True)
def test_tls_to_a_port_for_clear_text(server: Server) -> None:
    report = run_probe(server, "plain", USER, tls=TlsMode.IMPLICIT)
    assert steps_of(report) == (
        "resolve connect tls:fail greeting:skip ehlo:skip help:skip auth:skip quit:skip"
    )
    assert findings_of(report) == (("fail", "clear-text-where-tls-is-due"),)
    assert report.failure is not None
    assert report.failure.failure.kind is FailureKind.TLS
    assert report.diagnosis is not None
    assert report.diagnosis.finding.evidence[0].startswith("220 mail.lab.test ")
