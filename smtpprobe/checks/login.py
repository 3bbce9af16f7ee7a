"""Checks of what the server said to the login."""

from smtpprobe.checks.common import answering, as_cause, place, refused, said, sent_secret, shown
from smtpprobe.checks.exchange import TOKEN, by_mechanism, facts_of_mechanism, report_shown
from smtpprobe.checks.offers import REVEALING
from smtpprobe.judgement import Finding, Severity
from smtpprobe.knowledge.refusals import CAUSES, read_refusal
from smtpprobe.record import Transcript
from smtpprobe.request import StepName


def _refusal(t: Transcript, id: str) -> Finding | None:
    """The finding `id`, if that is what the refusal of AUTH comes to. A 421 is told elsewhere."""
    step = t.last(StepName.AUTH)
    if step is None or not refused(step) or step.reply is None:
        return None
    code, enhanced = step.reply.code, step.reply.enhanced
    if code is None or code == 421:
        return None
    refusal = said(t, step)
    assert refusal is not None
    found, reading = by_mechanism(step, *read_refusal(refusal))
    if found != id:
        return None
    why = as_cause(reading, TOKEN[0] if id == "token-refused" else CAUSES[id][0], answering(t))
    facts = {
        "code": str(code),
        "reply": f"{code} {enhanced}" if enhanced else str(code),
        "mechanism": step.mechanism or "",
        **facts_of_mechanism(step, id),
    }
    report = report_shown(step) if id == "token-refused" else ()
    evidence = (*report, *shown(step.reply))
    return Finding(id, Severity.FAIL, step.name, place(t, step), why, evidence, facts)


def credentials_rejected(t: Transcript) -> Finding | None:
    """535: user name, password or permission (RFC 4954 6)."""
    return _refusal(t, "credentials-rejected")


def token_refused(t: Transcript) -> Finding | None:
    """The same of a token; with what the server says of it in JSON (RFC 7628 3.2.2), if it does."""
    return _refusal(t, "token-refused")


def mechanism_too_weak(t: Transcript) -> Finding | None:
    """534."""
    return _refusal(t, "mechanism-too-weak")


def auth_needs_tls(t: Transcript) -> Finding | None:
    """538, 523, and 530 without TLS."""
    return _refusal(t, "auth-needs-tls")


def mechanism_refused(t: Transcript) -> Finding | None:
    """504: offered, and yet not taken (RFC 4954 4)."""
    return _refusal(t, "mechanism-refused")


def account_disabled(t: Transcript) -> Finding | None:
    """525."""
    return _refusal(t, "account-disabled")


def password_transition_needed(t: Transcript) -> Finding | None:
    """432."""
    return _refusal(t, "password-transition-needed")


def auth_out_of_sequence(t: Transcript) -> Finding | None:
    """503: AUTH at a time at which the server does not take it."""
    return _refusal(t, "auth-out-of-sequence")


def auth_not_implemented(t: Transcript) -> Finding | None:
    """502: offered, and yet not there."""
    return _refusal(t, "auth-not-implemented")


def auth_syntax_refused(t: Transcript) -> Finding | None:
    """500, 501."""
    return _refusal(t, "auth-syntax-refused")


def auth_line_too_long(t: Transcript) -> Finding | None:
    """5.5.6 (RFC 4954 4)."""
    return _refusal(t, "auth-line-too-long")


def auth_temporary_failure(t: Transcript) -> Finding | None:
    """454 and other 4yz."""
    return _refusal(t, "auth-temporary-failure")


def auth_refused(t: Transcript) -> Finding | None:
    """Any other 5yz."""
    return _refusal(t, "auth-refused")


def login_in_clear(t: Transcript) -> Finding | None:
    """The user allowed it, so it was done; everybody on the way could read it."""
    step = t.last(StepName.AUTH)
    if step is None or step.encrypted or step.mechanism not in REVEALING or not sent_secret(step):
        return None
    facts = {"mechanism": step.mechanism}
    return Finding("login-in-clear", Severity.WARN, step.name, place(t, step), facts=facts)
