"""What the checks find: in each dialogue exactly what is expected, and in no session anything absurd."""

import ipaddress
import re
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smtpprobe.checks import CHECKS, find, finding_ids
from smtpprobe.checks.diagnosis import judge
from smtpprobe.judgement import Finding, Severity
from smtpprobe.record import FailureKind, Step
from smtpprobe.request import StepName
from smtpprobe.transcripts.notation import NotationError, parse
from smtpprobe.transcripts.reader import read_dialogue
from tests.support.dialogues import (
    HEALTHY,
    Fixture,
    described,
    dialogues,
    fixtures,
    transcript_of,
    with_plan,
)

patient = settings(deadline=None)

EVERY = [pytest.param(fixture, id=fixture.name) for fixture in fixtures()]
FAULTY = [pytest.param(fixture, id=fixture.name) for fixture in fixtures() if fixture.id != HEALTHY]
SOUND = [pytest.param(fixture, id=fixture.name) for fixture in fixtures() if fixture.id == HEALTHY]


# Parity


def test_every_check_has_a_dialogue_that_is_named_after_it() -> None:
    names = {fixture.name for fixture in fixtures()}
    assert sorted(set(finding_ids()) - names) == [], "write fixtures/dialogues/<id>.txt for these"


def test_every_dialogue_is_named_after_a_check() -> None:
    ids = {*finding_ids(), HEALTHY}
    assert [fixture.name for fixture in fixtures() if fixture.id not in ids] == []


def test_the_id_of_a_finding_is_the_name_of_its_check() -> None:
    for check in CHECKS:
        for fixture in fixtures():
            finding = check(fixture.transcript)
            assert finding is None or finding.id == check.__name__.replace("_", "-")


def test_no_check_is_listed_twice() -> None:
    assert [id for id, times in Counter(finding_ids()).items() if times > 1] == []


def test_ids_are_words_with_hyphens() -> None:
    assert [id for id in finding_ids() if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", id)] == []


# The fixtures themselves


@pytest.mark.parametrize("fixture", EVERY)
def test_dialogue_begins_with_what_it_shows(fixture: Fixture) -> None:
    assert re.match(r"# \S", fixture.comment)
    assert not fixture.comment.startswith("# expect")
    assert fixture.text.endswith("\n")


@pytest.mark.parametrize("fixture", EVERY)
def test_dialogue_names_nobody_real(fixture: Fixture) -> None:
    documentation = [
        ipaddress.ip_network(net)
        for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
    ]
    assert re.fullmatch(r"(.*\.)?example(\.org)?|2001:db8:.*", fixture.transcript.target.host)
    attempts = [attempt.address for step in fixture.transcript.steps for attempt in step.attempts]
    for address in [*attempts, *re.findall(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])", fixture.text)]:
        if address not in ("8.17.1.9", "2.0.0.0"):  # Sendmail's version
            assert any(ipaddress.ip_address(address) in network for network in documentation), address


@pytest.mark.parametrize("fixture", EVERY)
def test_dialogue_has_only_steps_that_were_planned(fixture: Fixture) -> None:
    """The session that a dialogue tells is one that the probe would have held."""
    transcript = fixture.transcript
    behind_starttls = {StepName.HELO, StepName.TLS}
    assert {step.name for step in transcript.steps} <= {*transcript.planned, *behind_starttls}
    for before, after in pairwise(transcript.steps):
        declined = before.failure and before.failure.kind in (FailureKind.NOT_OFFERED, FailureKind.POLICY)
        given_up = before.name is StepName.AUTH and before.failure and before.failure.kind == "protocol"
        assert not before.failure or declined or given_up, f"{after.name} after {before.failure}"


@pytest.mark.parametrize("fixture", EVERY)
def test_dialogue_is_told_to_its_end(fixture: Fixture) -> None:
    """Everything planned was reached, unless something ended the session before."""
    transcript = fixture.transcript
    last = transcript.steps[-1]
    ended = last.failure or (last.reply and last.reply.code == 421) or last.name is transcript.plan.until
    unasked = [exchange.reply for exchange in last.unsolicited]
    assert ended or last.name is StepName.QUIT or any(reply and reply.code == 421 for reply in unasked)


# What is found in them


@pytest.mark.parametrize("fixture", EVERY)
def test_finds_all_that_is_expected_and_nothing_else(fixture: Fixture) -> None:
    assert [described(finding) for finding in find(fixture.transcript)] == fixture.expected


@pytest.mark.parametrize("fixture", FAULTY)
def test_finds_what_the_dialogue_is_named_after(fixture: Fixture) -> None:
    assert fixture.id in {finding.id for finding in find(fixture.transcript)}


@pytest.mark.parametrize("fixture", SOUND)
def test_accuses_no_healthy_server(fixture: Fixture) -> None:
    assert [f.id for f in find(fixture.transcript) if f.severity > Severity.NOTE] == []


@pytest.mark.parametrize("fixture", EVERY)
def test_tells_one_fault_once(fixture: Fixture) -> None:
    """All findings that fail go back to one, unless the dialogue says that it has more faults."""
    findings = {finding.id: finding for finding in find(fixture.transcript)}
    failing = [finding for finding in findings.values() if finding.severity >= Severity.FAIL]
    roots = {root(finding, findings).id for finding in failing}
    assert fixture.several_faults or len(roots) == (1 if failing else 0), roots


def root(finding: Finding, findings: dict[str, Finding]) -> Finding:
    while finding.because_of:
        finding = findings[finding.because_of]
    return finding


# Any session


@given(dialogues())
@patient
def test_judges_every_session(text: str) -> None:
    report = judge(transcript_of(text))
    assert report.verdict == max((f.severity for f in report.findings), default=Severity.OK)
    assert len(report.statuses) == len(report.transcript.steps)
    assert (report.diagnosis is None) == (report.verdict < Severity.WARN)


@given(dialogues())
@patient
def test_no_trouble_is_passed_over(text: str) -> None:
    """A step that broke or was refused is named by a finding, as is a farewell that came unasked."""
    transcript = transcript_of(text)
    named = {finding.step for finding in find(transcript)}
    assert [
        step.name for index, step in enumerate(transcript.steps) if troubled(step) and index not in named
    ] == []


def troubled(step: Step) -> bool:
    if step.failure:
        return step.failure.detail not in ("already-refused", "first-address-only")
    unasked = [exchange.reply.code for exchange in step.unsolicited if exchange.reply]
    return (step.reply is not None and step.reply.klass in (3, 4, 5)) or 421 in unasked


@given(dialogues())
@patient
def test_the_failure_is_the_first_step_that_failed(text: str) -> None:
    report = judge(transcript_of(text))
    failed = [
        step.name
        for step, status in zip(report.transcript.steps, report.statuses, strict=True)
        if status >= Severity.FAIL
    ]
    assert (report.failure and report.failure.step) == (failed[0] if failed else None)
    assert bool(failed) == (report.verdict >= Severity.FAIL)


@given(dialogues())
@patient
def test_findings_stand_in_the_order_of_the_steps_and_name_them(text: str) -> None:
    transcript = transcript_of(text)
    findings = find(transcript)
    places = [finding.step for finding in findings]
    assert places == sorted(place for place in places if place is not None)
    assert [f.name for f in findings] == [
        transcript.steps[f.step].name for f in findings if f.step is not None
    ]
    assert len({finding.id for finding in findings}) == len(findings)


@given(dialogues())
@patient
def test_what_a_finding_follows_from_was_found_too(text: str) -> None:
    findings = {finding.id: finding for finding in find(transcript_of(text))}
    for finding in findings.values():
        assert finding.because_of is None or finding.because_of in findings
        assert root(finding, findings).because_of is None


@given(dialogues())
@patient
@example("S: 220 fine\nC: EHLO client.example\nS: 421 ftp ready\n")
def test_no_step_fails_twice(text: str) -> None:
    """Certificates apart: they can be bad in more than one way."""
    failing = [
        f for f in find(transcript_of(text)) if f.severity >= Severity.FAIL and f.name is not StepName.TLS
    ]
    assert [place for place, times in Counter(f.step for f in failing).items() if times > 1] == []


@given(dialogues())
@patient
def test_evidence_is_safe_to_show_and_short(text: str) -> None:
    for finding in find(transcript_of(text)):
        assert len(finding.evidence) <= 5
        assert all(row.isprintable() and len(row) < 400 for row in finding.evidence)


@given(dialogues(StepName.QUIT))
@patient
def test_whatever_happens_at_quit_is_no_more_than_a_note(text: str) -> None:
    assert [
        f.id for f in find(transcript_of(text)) if f.name is StepName.QUIT and f.severity > Severity.NOTE
    ] == []


@given(st.integers(200, 599).filter(lambda code: code != 421), st.sampled_from([" ", "-"]))
@patient
def test_any_whole_answer_to_help_will_do(code: int, separator: str) -> None:
    begun = "S: 220 mail.example\nC: EHLO client.example\nS: 250 mail.example\n"
    dialogue = (
        f"*: target smtp+insecure://mail.example:25\n{begun}C: HELP\nS: {code}{separator}x\nS+: {code} y\n"
    )
    about_help = [
        f for f in find(transcript_of(dialogue)) if f.name is StepName.HELP and f.id != "reply-malformed"
    ]
    assert [f.id for f in about_help if f.id not in ("help-refused", "reply-unsolicited")] == []
    assert all(finding.severity is Severity.NOTE for finding in about_help if finding.id == "help-refused")


ODD_LINES = st.sampled_from(
    [
        *[
            "S: 220 x",
            "S: 250 x",
            "S: 421 x",
            "S: 535 5.7.8 x",
            "S-: 250-x",
            "S+: 334 x",
            "S: x",
            "S-: \\x16\\x03\\x01",
        ],
        *[
            "C: EHLO x",
            "C: HELO x",
            "C: STARTTLS",
            "C: HELP",
            "C: AUTH LOGIN",
            "C: AUTH X-UNKNOWN [secret]",
            "C: [secret]",
            "C: AUTH",
            "C: QUIT",
        ],
        *[
            "*: eof",
            "*: timeout",
            "*: reset",
            "*: wait 1",
            "*: protocol not-smtp",
            "*: protocol endless",
            "*: internal",
        ],
        *["*: resolve", "*: resolve dns", "*: connect 192.0.2.25", "*: connect 192.0.2.25 refused"],
        *[
            "*: tls TLSv1.3 X trusted",
            "*: tls TLSv1.3 X weak",
            "*: tls eof",
            "*: tls tls heard=x",
            "*: plan user",
        ],
        *["*: declined auth policy no-tls", "*: declined starttls not-offered", "*: declined quit policy"],
    ]
)


@given(st.lists(ODD_LINES))
@patient
def test_judges_what_no_session_could_be(lines: list[str]) -> None:
    """A transcript that somebody pasted may hold anything, in any order."""
    try:
        transcript = read_dialogue(parse("\n".join(lines)))
    except NotationError:
        return
    report = judge(transcript)
    assert report.verdict == max((f.severity for f in report.findings), default=Severity.OK)


@given(dialogues(), st.sets(st.sampled_from(finding_ids())))
@patient
def test_what_is_ignored_weighs_nothing(text: str, ignored: set[str]) -> None:
    transcript = with_plan(transcript_of(text), ignore=frozenset(ignored))
    report = judge(transcript)
    assert report.findings == find(transcript)
    assert report.ignored == {f.id for f in report.findings} & ignored
    assert report.verdict == max(
        (f.severity for f in report.findings if f.id not in ignored), default=Severity.OK
    )
