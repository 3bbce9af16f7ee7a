"""A session and the dialogue that tells it: each can be made of the other, and is judged the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given, settings

from smtpprobe.checks import find
from smtpprobe.checks.diagnosis import judge
from smtpprobe.protocol.certificates import CertificateProblem, Detail
from smtpprobe.protocol.replies import ReplyParser
from smtpprobe.record import (
    Arrival,
    CredentialTraits,
    Exchange,
    Failure,
    FailureKind,
    Step,
    Trait,
    Transcript,
)
from smtpprobe.request import StepName, TlsMode
from smtpprobe.transcripts.head import STARTED, read_asked
from smtpprobe.transcripts.notation import NotationError, parse
from smtpprobe.transcripts.reader import read_dialogue
from smtpprobe.transcripts.writer import write_dialogue
from tests.support.dialogues import Fixture, dialogues, fixture, fixtures, transcript_of

patient = settings(deadline=None)
EVERY = [pytest.param(fixture, id=fixture.name) for fixture in fixtures()]


def again(transcript: Transcript) -> Transcript:
    """Written down and read back."""
    return read_dialogue(parse(write_dialogue(transcript)))


def heard(step: Step) -> list[tuple[str | None, bytes | None]]:
    everything = (*step.exchanges, *step.unsolicited)
    return [(said.sent, said.reply.raw if said.reply else None) for said in everything]


def rounded(steps: tuple[Step, ...]) -> list[tuple[StepName, float, float]]:
    return [(step.name, round(step.at, 5), round(step.seconds, 5)) for step in steps]


# There and back


@pytest.mark.parametrize("fixture", EVERY)
def test_a_fixture_reads_back_to_the_same_findings(fixture: Fixture) -> None:
    assert find(again(fixture.transcript)) == find(fixture.transcript)


@pytest.mark.parametrize("fixture", EVERY)
def test_a_fixture_reads_back_to_the_same_steps(fixture: Fixture) -> None:
    before, after = fixture.transcript, again(fixture.transcript)
    assert judge(after).statuses == judge(before).statuses
    assert [heard(step) for step in after.steps] == [heard(step) for step in before.steps]
    assert rounded(after.steps) == rounded(before.steps)
    for one, other in zip(before.steps, after.steps, strict=True):
        assert (one.failure, one.encrypted, one.mechanism) == (
            other.failure,
            other.encrypted,
            other.mechanism,
        )
        assert (one.addresses, one.heard, one.tls) == (other.addresses, other.heard, other.tls)
        assert [(a.address, a.failure) for a in one.attempts] == [
            (a.address, a.failure) for a in other.attempts
        ]


@pytest.mark.parametrize("fixture", EVERY)
def test_what_was_asked_reads_back(fixture: Fixture) -> None:
    before, after = fixture.transcript, again(fixture.transcript)
    assert (after.target, after.plan, after.planned) == (before.target, before.plan, before.planned)
    assert (after.started, after.peer, after.traits) == (before.started, before.peer, before.traits)


@pytest.mark.parametrize("fixture", EVERY)
def test_writing_twice_is_writing_once(fixture: Fixture) -> None:
    written = write_dialogue(fixture.transcript)
    assert write_dialogue(read_dialogue(parse(written))) == written


@given(dialogues())
@patient
@example("S: 220 x\nC: AUTH PLAIN [secret]\nS: 334 x\nS+: 200 nobody asked\nC: *\n*: timeout\n")
def test_any_session_reads_back(text: str) -> None:
    before = transcript_of(text)
    after = again(before)
    assert find(after) == find(before)
    assert [heard(step) for step in after.steps] == [heard(step) for step in before.steps]
    assert [step.name for step in after.steps] == [step.name for step in before.steps]


def test_the_time_of_every_octet_reads_back() -> None:
    before = fixture("healthy.postfix-timed").transcript
    after = again(before)
    for one, other in zip(before.steps, after.steps, strict=True):
        for said, repeated in zip(one.exchanges, other.exchanges, strict=True):
            assert repeated.at == pytest.approx(said.at)
            assert repeated.seconds == pytest.approx(said.seconds)
            assert repeated.arrivals == said.arrivals


def test_lines_of_one_packet_stay_in_one_packet() -> None:
    """Also where it held an answer and something that nobody had asked for."""
    text = fixture("starttls-injection").text
    written = write_dialogue(transcript_of(text))
    assert "S+: 250 injected" in written


def test_how_long_a_handshake_took_reads_back() -> None:
    """An event has the time of its end; its step began when the one before it ended."""
    dialogue = "0.1 *: connect 192.0.2.25\n0.2 S: 220 x\n0.3 C: STARTTLS\n0.5 S: 220 go\n30.5 *: tls timeout"
    for transcript in (transcript_of(dialogue), again(transcript_of(dialogue))):
        assert [f.facts["seconds"] for f in find(transcript)] == ["30"]


def test_how_long_each_attempt_took_reads_back() -> None:
    dialogue = (
        "0.5 *: resolve 192.0.2.25 192.0.2.26\n3.5 *: connect 192.0.2.25 timeout\n4.0 *: connect 192.0.2.26"
    )
    for transcript in (transcript_of(dialogue), again(transcript_of(dialogue))):
        assert rounded(transcript.steps) == [(StepName.RESOLVE, 0.0, 0.5), (StepName.CONNECT, 0.5, 3.5)]
        attempts = [(attempt.at, attempt.seconds) for attempt in transcript.steps[1].attempts]
        assert attempts == [(0.5, 3.0), (3.5, 0.5)]


def at_times(transcript: Transcript, times: dict[StepName, tuple[float, float]]) -> Transcript:
    steps = [
        replace(step, at=times[step.name][0], seconds=times[step.name][1]) if step.name in times else step
        for step in transcript.steps
    ]
    return replace(transcript, steps=tuple(steps))


def test_a_handshake_that_broke_later_is_not_taken_for_one_that_failed() -> None:
    transcript = again(fixture("tls-lost").transcript)
    assert transcript.steps[-1].name is StepName.HELP
    assert transcript.steps[-1].failure == Failure(FailureKind.TLS, "decryption-failed-or-bad-record-mac")
    assert transcript.tls is not None


def test_an_unasked_farewell_reads_back_to_the_same_findings() -> None:
    before = fixture("closed-by-421.unasked").transcript
    assert [finding.id for finding in find(again(before))] == ["closed-by-421"]


def test_a_reply_in_pieces_reads_back_in_the_same_pieces() -> None:
    (reply,) = ReplyParser().feed(b"220-a\r\n220 b\n")
    arrivals = (Arrival(0.1, 3), Arrival(0.2, 5), Arrival(0.3, 5))
    greeting = Step(StepName.GREETING, 0.0, 0.3, exchanges=(Exchange(None, reply, 0.0, 0.3, arrivals),))
    transcript = replace(transcript_of("S: 220 x"), steps=(greeting,))
    (read,) = again(transcript).steps
    assert read.exchanges == greeting.exchanges


@pytest.mark.parametrize("sent", ["EHLO a\\x41b", "EHLO  two  blanks", "EHLO münchen.example"])
def test_what_the_client_said_reads_back(sent: str) -> None:
    exchange = Exchange(sent, None, 0.0, 0.0)
    step = Step(StepName.EHLO, 0.0, 0.0, exchanges=(exchange,), failure=Failure(FailureKind.EOF))
    transcript = replace(transcript_of("S: 220 x"), steps=(step,))
    assert [said.sent for said in again(transcript).steps[-1].exchanges] == [sent]


# The reader: the head


def test_without_a_head_a_mail_server_on_port_25_was_probed_at_the_beginning_of_2026() -> None:
    asked = read_asked(parse("S: 220 x"))
    assert asked.target.url == "smtp://mail.example:25"
    assert (asked.login, asked.started) == (False, STARTED)
    assert datetime(2026, 1, 1, tzinfo=UTC) == STARTED


def test_reads_what_was_asked() -> None:
    plan = f"user insecure pin=sha256:{'ab' * 32} mechanism=PLAIN until=auth skip=help,starttls warn-days=30"
    asked = read_asked(parse(f"*: target submission://mail.example:587\n*: plan {plan} allow-plaintext-auth"))
    assert (asked.target.port, asked.target.tls, asked.login) == (587, TlsMode.STARTTLS, True)
    read = asked.plan
    assert (read.insecure, read.allow_plaintext_auth, read.pin) == (True, True, "sha256:" + "ab" * 32)
    assert (read.mechanism, read.until, read.warn_days) == ("PLAIN", StepName.AUTH, 30)
    assert read.skip == {StepName.HELP, StepName.STARTTLS}


def test_what_was_seen_of_a_login_reads_back() -> None:
    before = transcript_of("*: plan traits=non-ascii,trailing-blank,token user\nS: 220 x")
    assert before.traits == CredentialTraits(frozenset({Trait.TOKEN, Trait.TRAILING_BLANK, Trait.NON_ASCII}))
    assert "*: plan user traits=token,trailing-blank,non-ascii\n" in write_dialogue(before)
    assert again(before).traits == before.traits


def test_every_trait_can_be_written() -> None:
    every = CredentialTraits(frozenset(Trait))
    assert again(replace(transcript_of("S: 220 x"), traits=every)).traits == every


def test_without_a_user_there_is_no_login_to_see() -> None:
    assert transcript_of("*: plan traits=token\nS: 220 x").traits is None
    assert transcript_of("*: plan user\nS: 220 x").traits == CredentialTraits()


@pytest.mark.parametrize(
    "written", ["2026-03-04T05:06:07Z", "2026-03-04T06:06:07+01:00", "2026-03-04T05:06:07"]
)
def test_the_time_of_the_session_is_in_utc(written: str) -> None:
    started = transcript_of(f"*: started {written}\nS: 220 x").started
    assert started == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert started.utcoffset() is not None


def test_a_certificate_is_judged_by_the_time_of_the_session() -> None:
    text = fixture("certificate-expires-soon").text
    late = transcript_of(f"*: started 2025-12-05T00:00:00\n{text}")
    assert "certificate-expires-soon" not in {finding.id for finding in find(late)}


# The reader: the body


def test_steps_are_what_the_client_says() -> None:
    names = " ".join(step.name for step in fixture("healthy.postfix").transcript.steps)
    assert names == "resolve connect greeting ehlo starttls tls ehlo help auth quit"


def test_tls_comes_first_where_it_is_implicit() -> None:
    names = " ".join(step.name for step in fixture("healthy.postfix-implicit-tls").transcript.steps)
    assert names == "resolve connect tls greeting ehlo help auth quit"


def test_everything_behind_the_handshake_is_encrypted() -> None:
    transcript = fixture("healthy.postfix").transcript
    clear = [step.name for step in transcript.steps if not step.encrypted]
    assert clear == [
        StepName.RESOLVE,
        StepName.CONNECT,
        StepName.GREETING,
        StepName.EHLO,
        StepName.STARTTLS,
        StepName.TLS,
    ]


def test_a_login_of_several_lines_is_one_step() -> None:
    auth = fixture("healthy.exchange").transcript.last(StepName.AUTH)
    assert auth is not None
    assert auth.mechanism == "LOGIN"
    assert [said.sent for said in auth.exchanges] == ["AUTH LOGIN", "[user name]", "[secret]"]
    assert [said.reply and said.reply.code for said in auth.exchanges] == [334, 334, 235]


def test_a_reply_that_nobody_waited_for_is_surplus() -> None:
    (greeting,) = transcript_of("S: 220 one\nS+: 220 two\nS: 220 three").steps
    assert len(greeting.exchanges) == 1
    assert [said.reply and said.reply.raw for said in greeting.unsolicited] == [
        b"220 two\r\n",
        b"220 three\r\n",
    ]


def test_half_a_reply_before_the_handshake_is_never_read_as_an_answer() -> None:
    transcript = fixture("starttls-injection.half-line").transcript
    starttls = transcript.last(StepName.STARTTLS)
    assert starttls is not None
    assert [said.reply and said.reply.raw for said in starttls.unsolicited] == [
        b"250-mail.example\r\n250 AUTH"
    ]


def test_what_had_come_before_the_end_is_kept() -> None:
    (greeting,) = transcript_of("S-: 220 mail.exam\n*: eof").steps
    assert greeting.failure == Failure(FailureKind.EOF)
    assert greeting.reply is not None
    assert (greeting.reply.raw, greeting.reply.complete) == (b"220 mail.exam", False)


def test_what_nobody_had_waited_for_is_no_answer_at_the_end_either() -> None:
    (greeting,) = transcript_of("S: hello\nS+-: half\n*: protocol not-smtp").steps
    assert [said.reply and said.reply.raw for said in greeting.exchanges] == [b"hello\r\n"]


def test_waiting_is_part_of_the_step() -> None:
    (_, _, greeting) = transcript_of(
        "*: resolve 192.0.2.25\n*: connect 192.0.2.25\n*: wait 6.5\nS: 220 x"
    ).steps
    assert (greeting.name, greeting.seconds) == (StepName.GREETING, 6.5)


def test_the_last_attempt_decides_whether_we_are_connected() -> None:
    _, connect = fixture("connection-refused.every-address").transcript.steps
    assert connect.failure == Failure(FailureKind.REFUSED, "ECONNREFUSED")
    transcript = fixture("address-unreachable").transcript
    assert [a.failure is None for a in transcript.steps[1].attempts] == [False, True]
    assert transcript.steps[1].failure is None
    assert transcript.peer is not None
    assert (transcript.peer.address, transcript.peer.local) == ("192.0.2.25", "198.51.100.7")


def test_what_is_known_of_each_problem_reads_back() -> None:
    handshake = (
        "*: tls TLSv1.3 X expired,unknown-issuer,weak 'expired.words=has expired' 'expired.above=CN=A, B' "
        "'unknown-issuer.words=unable to get' 'unknown-issuer.what=CN=Root=1' "
        "unknown-issuer.url=http://pki.example/ca?a=b 'weak.what=RSA 1024' signature= "
        "usages=clientAuth,1.2.3 logged=yes"
    )
    text = f"*: target smtps://a.example:465\n*: plan sni=b.example\n{handshake}"
    before, after = transcript_of(text), again(transcript_of(text))
    assert (after.tls, after.plan) == (before.tls, before.plan)
    assert after.tls is not None
    verdict, certificate = after.tls.verdict, after.tls.verdict.certificate
    assert verdict.detail == "has expired: CN=A, B"
    assert verdict.about(CertificateProblem.UNKNOWN_ISSUER) == Detail(
        "unable to get", what="CN=Root=1", url="http://pki.example/ca?a=b"
    )
    assert verdict.about(CertificateProblem.WEAK).what == "RSA 1024"
    assert certificate is not None
    assert (certificate.signature, certificate.logged) == ("", True)
    assert certificate.usages == ("clientAuth", "1.2.3")
    assert after.plan.sni == "b.example"


def test_a_certificate_as_it_stands() -> None:
    handshake = (
        "*: tls TLSv1.2 X expired,wrong-name 'subject=CN=a b' issuer=CN=x names=a.example,b.example chain=3 "
        "not-before=2024-01-01 not-after=2025-01-01T00:00:00+02:00 key=Ed25519 'detail=so it is'"
    )
    session = transcript_of(f"*: target smtps://a.example:465\n{handshake}").tls
    assert session is not None
    verdict, certificate = session.verdict, session.verdict.certificate
    assert verdict.reasons == (CertificateProblem.EXPIRED, CertificateProblem.WRONG_NAME)
    assert (verdict.trusted, verdict.chain_length, verdict.detail) == (False, 3, "so it is")
    assert certificate is not None
    assert (certificate.subject, certificate.names, certificate.key) == (
        "CN=a b",
        ("a.example", "b.example"),
        "Ed25519",
    )
    assert certificate.not_before == datetime(2024, 1, 1, tzinfo=UTC)
    assert certificate.not_after == datetime(2025, 1, 1, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("*: target http://mail.example", id="no mail server"),
        pytest.param("*: plan until=lunch", id="no step"),
        pytest.param("*: plan skip=dinner", id="no step to skip"),
        pytest.param("*: plan warn-days=some", id="no number of days"),
        pytest.param("*: plan user traits=long", id="no trait"),
        pytest.param("*: started yesterday", id="no time"),
        pytest.param("*: lunch", id="no event"),
        pytest.param("*: connect", id="no address"),
        pytest.param("*: connect mail.example", id="a name for an address"),
        pytest.param("*: wait", id="no seconds"),
        pytest.param("*: wait long", id="no number of seconds"),
        pytest.param("*: declined", id="nothing declined"),
        pytest.param("*: declined lunch policy", id="no step declined"),
        pytest.param("*: declined auth lunch", id="no reason"),
        pytest.param("*: declined auth", id="no reason at all"),
        pytest.param("*: tls", id="no handshake"),
        pytest.param("*: tls TLSv1.3 X", id="no verdict"),
        pytest.param("*: tls TLSv1.3 X ugly", id="no such verdict"),
        pytest.param("*: tls TLSv1.3 X trusted chain=long", id="no length of a chain"),
        pytest.param("*: tls TLSv1.3 X trusted not-after=never", id="no time of a certificate"),
        pytest.param("*: tls tls 'heard=\\n'", id="no escape"),
        pytest.param("C: LUNCH", id="no command of ours"),
        pytest.param("C: [secret]", id="a response without a challenge"),
    ],
)
def test_says_what_it_does_not_understand(text: str) -> None:
    with pytest.raises(NotationError) as caught:
        transcript_of(text)
    assert str(caught.value).isprintable()
