"""From findings to a report: what weighs, what failed, and what it comes to.

The diagnosis is about one finding: the gravest, or what that followed from. With it comes what the
session has proven fine, because that is what nobody needs to look at, and what to take care of.
"""

from collections.abc import Iterator

from smtpprobe.checks import find
from smtpprobe.checks.answering import who_answers
from smtpprobe.checks.certificates import tls_inspected
from smtpprobe.checks.common import farewell, refused, sent_secret
from smtpprobe.checks.offers import REVEALING
from smtpprobe.checks.secrets import ABOUT_SECRETS, suspected
from smtpprobe.judgement import (
    AuthResult,
    Diagnosis,
    FailedStep,
    Finding,
    Fine,
    Report,
    Severity,
)
from smtpprobe.record import Failure, FailureKind, Step, Transcript
from smtpprobe.request import StepName

# After these a server has looked at the password, or may have; others refuse before they look.
PASSWORD_JUDGED = (
    "credentials-rejected",
    "auth-refused",
    "auth-temporary-failure",
    "mechanism-too-weak",
    "account-disabled",
)


def judge(transcript: Transcript, *, tries: int = 1) -> Report:
    """The whole report on one session."""
    findings = find(transcript)
    weighing = tuple(f for f in findings if f.id not in transcript.plan.ignore)
    statuses = tuple(_status(index, weighing) for index in range(len(transcript.steps)))
    verdict = max((f.severity for f in weighing), default=Severity.OK)
    return Report(
        transcript=transcript,
        findings=findings,
        ignored=frozenset(f.id for f in findings if f not in weighing),
        verdict=verdict,
        statuses=statuses,
        failure=_failure(transcript, statuses, weighing),
        diagnosis=_diagnosis(transcript, weighing) if verdict >= Severity.WARN else None,
        auth=auth_result(transcript),
        software=who_answers(transcript),
        tries=tries,
    )


def _status(index: int, findings: tuple[Finding, ...]) -> Severity:
    return max((f.severity for f in findings if f.step == index), default=Severity.OK)


def _failure(
    t: Transcript, statuses: tuple[Severity, ...], findings: tuple[Finding, ...]
) -> FailedStep | None:
    """The first step that failed, and how."""
    for step, status in zip(t.steps, statuses, strict=True):
        if status >= Severity.FAIL:
            # A reply that was whole is not what a later failure of the step is about.
            reply = step.reply if refused(step) else farewell(step)
            enhanced = str(reply.enhanced) if reply and reply.enhanced else None
            return FailedStep(step.name, failure_of(step), reply.code if reply else None, enhanced)
    return None


def failure_of(step: Step) -> Failure:
    """How a step failed: what broke it, or what its reply says, or what its certificate lacks."""
    if step.failure:
        return step.failure
    if step.tls and step.tls.verdict.reason:
        return Failure(FailureKind.CERTIFICATE, step.tls.verdict.reason)
    klass = 4 if farewell(step) else step.reply.klass if step.reply else None
    kinds = {4: FailureKind.TEMPORARY, 5: FailureKind.REJECTED}
    return Failure(kinds.get(klass or 0, FailureKind.PROTOCOL))


def _diagnosis(t: Transcript, findings: tuple[Finding, ...]) -> Diagnosis | None:
    by_id = {f.id: f for f in findings}
    root = max(findings, key=lambda f: f.severity, default=None)
    while root and root.because_of in by_id:
        root = by_id[root.because_of]  # it may weigh less by itself than what followed from it
    if root is None:
        return None
    return Diagnosis(root, tuple(_fine(t)), tuple(_care(t, root)), _first(t, root, findings))


def _first(t: Transcript, root: Finding, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What is to be seen of the login, where the login is what failed and that can be why."""
    ids = {check.__name__.replace("_", "-") for check in ABOUT_SECRETS}
    seen = tuple(f for f in findings if f.id in ids and f.step == root.step)
    return seen if seen and suspected(t) else ()


def _fine(t: Transcript) -> Iterator[Fine]:
    """What the session has proven good, from the ground up."""
    resolve, connect = t.last(StepName.RESOLVE), t.last(StepName.CONNECT)
    if connect and not connect.failure:
        yield Fine("network")
    elif resolve and not resolve.failure and resolve.addresses != (t.target.host,):
        yield Fine("name")
    greeting = t.last(StepName.GREETING)
    if any(step.accepted for step in t.all(StepName.EHLO)):
        yield Fine("smtp")
    elif greeting and greeting.accepted:
        yield Fine("greeting")
    if t.tls:
        trusted = t.tls.verdict.trusted and not tls_inspected(t)
        yield Fine("tls-and-certificate" if trusted else "tls", {"version": t.tls.version})
    auth = t.last(StepName.AUTH)
    if auth and auth.accepted:
        yield Fine("login", {"mechanism": auth.mechanism or ""})
    elif auth and auth.mechanism:
        yield Fine("offered", {"mechanism": auth.mechanism})


def _care(t: Transcript, finding: Finding) -> Iterator[str]:
    """What the reader should beware of now."""
    auth = t.last(StepName.AUTH)
    if auth and auth.mechanism:
        if finding.id in PASSWORD_JUDGED:
            yield "one-attempt"
        if not auth.encrypted and sent_secret(auth) and auth.mechanism in REVEALING:
            yield "sent-in-clear"
        if auth.encrypted and t.tls and not t.tls.verdict.trusted:
            yield "sent-untrusted"
    elif auth and auth_result(t) is AuthResult.WITHHELD:
        yield "nothing-sent"


def auth_result(t: Transcript) -> AuthResult:
    """How the login went."""
    step = t.last(StepName.AUTH)
    if step is None:
        return AuthResult.NOT_TRIED
    if step.failure:
        if step.failure.kind is FailureKind.POLICY:
            barred = step.failure.detail in ("already-refused", "first-address-only")
            return AuthResult.NOT_TRIED if barred else AuthResult.WITHHELD
        return AuthResult.NOT_TRIED if step.mechanism is None else AuthResult.BROKEN
    results = {2: AuthResult.ACCEPTED, 4: AuthResult.TEMPORARY, 5: AuthResult.REJECTED}
    return results.get((step.reply and step.reply.klass) or 0, AuthResult.BROKEN)
