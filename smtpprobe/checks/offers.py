"""Checks of what login the server offers, and of what we did not dare to send."""

from smtpprobe.checks.common import place
from smtpprobe.judgement import Cause, Finding, Severity, Sure
from smtpprobe.protocol.certificates import CertificateProblem
from smtpprobe.record import FailureKind, Transcript
from smtpprobe.request import StepName, TlsMode

# Mechanisms that hand over a password or a token as it is.
REVEALING = ("PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER", "XOAUTH")


def auth_offered_in_clear(t: Transcript) -> Finding | None:
    """A server should not invite a password before TLS (RFC 4954 4, RFC 4616 6)."""
    offered = t.extensions(encrypted=False)
    revealing = [name for name in (offered.mechanisms if offered else ()) if name in REVEALING]
    step = t.all(StepName.EHLO)[0] if t.all(StepName.EHLO) else None
    if not revealing or step is None:
        return None
    facts = {"mechanisms": " ".join(revealing)}
    return Finding("auth-offered-in-clear", Severity.WARN, step.name, place(t, step), facts=facts)


def _not_offered(t: Transcript, id: str, cause: Cause, *details: str) -> Finding | None:
    step = t.last(StepName.AUTH)
    if step is None or step.failure is None or step.failure.kind is not FailureKind.NOT_OFFERED:
        return None
    if step.failure.detail not in details:
        return None
    facts = {
        "offered": _offered(t, encrypted=t.tls is not None) or "",
        "mechanism": t.plan.mechanism or "",
        "detail": step.failure.detail,
    }
    # Without a fact there was no EHLO there.
    for fact, encrypted in (("offered_clear", False), ("offered_tls", True)):
        if (names := _offered(t, encrypted=encrypted)) is not None:
            facts[fact] = names
    because = "ehlo-refused" if t.last(StepName.HELO) else None
    return Finding(id, Severity.FAIL, step.name, place(t, step), cause, facts=facts, because_of=because)


def _offered(t: Transcript, *, encrypted: bool) -> str | None:
    """The mechanisms that EHLO listed in the clear or under TLS; None if it was not said there."""
    found = t.extensions(encrypted=encrypted)
    return None if found is None else " ".join(found.mechanisms)


def auth_not_offered(t: Transcript) -> Finding | None:
    cause = Cause("auth-not-advertised", Sure.CERTAIN, ("tls-required", "wrong-port"))
    return _not_offered(t, "auth-not-offered", cause, "")


def mechanism_not_offered(t: Transcript) -> Finding | None:
    """The one that was asked for is not among those offered, or cannot be used in this session."""
    cause = Cause("mechanism-unsupported", Sure.CERTAIN)
    return _not_offered(t, "mechanism-not-offered", cause, "mechanism", "channel-binding")


def no_common_mechanism(t: Transcript) -> Finding | None:
    cause = Cause("mechanism-unsupported", Sure.CERTAIN)
    return _not_offered(t, "no-common-mechanism", cause, "no-common-mechanism")


def credentials_withheld(t: Transcript) -> Finding | None:
    """We did not send them: no TLS, a certificate that does not verify, or no form in which they could go."""
    step = t.last(StepName.AUTH)
    if step is None or step.failure is None or step.failure.kind is not FailureKind.POLICY:
        return None
    why = step.failure.detail
    if why not in ("no-tls", "untrusted-certificate", "secret-prohibited"):
        return None
    return Finding(
        "credentials-withheld",
        Severity.FAIL,
        step.name,
        place(t, step),
        Cause("credentials-withheld", Sure.CERTAIN),
        facts={"why": why, "mechanism": t.plan.mechanism or "SCRAM"},
        because_of=None if why == "secret-prohibited" else _tls_trouble(t),
    )


def _tls_trouble(t: Transcript) -> str | None:
    """The finding about TLS that left the login without protection."""
    if t.tls is not None:
        problem: CertificateProblem | None = t.tls.verdict.reason
        return f"certificate-{problem}" if problem else None
    starttls = t.last(StepName.STARTTLS)
    if t.target.tls is TlsMode.NONE or starttls is None:
        return None
    return "starttls-not-offered" if starttls.failure else "starttls-refused"
