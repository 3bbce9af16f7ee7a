"""Checks of STARTTLS, of the handshake, and of the certificate."""

from smtpprobe.checks.common import is_tls, place, refused, service_of, shown, tls_required
from smtpprobe.display import visible, visible_bytes
from smtpprobe.judgement import Cause, Finding, Severity, Sure
from smtpprobe.protocol.certificates import CertificateProblem
from smtpprobe.record import FailureKind, Step, Transcript
from smtpprobe.request import StepName

LOST = (FailureKind.EOF, FailureKind.RESET)
# OpenSSL's names for "we have no protocol version in common".
TOO_OLD = (
    "tlsv1-alert-protocol-version",
    "unsupported-protocol",
    "no-protocols-available",
    "version-too-low",
)

# A certificate that nobody can parse still has to be spoken of.
UNREADABLE = {
    **dict.fromkeys(("names", "issuer", "subject", "not_before", "not_after", "days"), "?"),
    "fingerprint": "sha256:HEX",
}


def _weight(t: Transcript) -> Severity:
    return Severity.FAIL if tls_required(t) else Severity.WARN


def starttls_not_offered(t: Transcript) -> Finding | None:
    step = t.last(StepName.STARTTLS)
    if step is None or step.failure is None or step.failure.kind is not FailureKind.NOT_OFFERED:
        return None
    because = "ehlo-refused" if t.last(StepName.HELO) else None
    cause = Cause("tls-unavailable", Sure.LIKELY, ("firewall-rewrites-smtp",))
    return Finding("starttls-not-offered", _weight(t), step.name, place(t, step), cause, because_of=because)


def starttls_refused(t: Transcript) -> Finding | None:
    step = t.last(StepName.STARTTLS)
    if step is None or step.reply is None or step.reply.code in (None, 421) or step.reply.positive:
        return None
    if step.failure and not refused(step):
        return None
    sure = Sure.CERTAIN if step.reply.code == 454 else Sure.LIKELY
    facts = {"code": str(step.reply.code)}
    cause = Cause("tls-unavailable", sure)
    return Finding("starttls-refused", _weight(t), step.name, place(t, step), cause, shown(step.reply), facts)


def starttls_injection(t: Transcript) -> Finding | None:
    """Octets behind the 220 of STARTTLS, in the clear (RFC 3207 4.2: to be thrown away)."""
    step = t.last(StepName.STARTTLS)
    if step is None or not step.accepted or not step.unsolicited:
        return None
    evidence = tuple(line for exchange in step.unsolicited[:3] for line in shown(exchange.reply))
    cause = Cause("protocol-violation", Sure.CERTAIN)
    return Finding("starttls-injection", Severity.WARN, step.name, place(t, step), cause, evidence)


# The handshake. A failed one ends the session, so it fails even where TLS was optional.


def _handshake(t: Transcript) -> Step | None:
    step = t.last(StepName.TLS)
    return step if step and step.failure else None


def _clear_text(step: Step) -> bool:
    return bool(step.heard) and not is_tls(step.heard)


def clear_text_where_tls_is_due(t: Transcript) -> Finding | None:
    """TLS from the first byte was asked for, and a greeting in the clear came."""
    step = _handshake(t)
    if step is None or t.last(StepName.STARTTLS) or not _clear_text(step) or service_of(step.heard):
        return None
    sure = Sure.CERTAIN if step.heard[:3].isdigit() else Sure.LIKELY
    evidence = (visible_bytes(step.heard.splitlines()[0], 200),)
    cause = Cause("tls-mode-wrong", sure, () if sure is Sure.CERTAIN else ("wrong-port",))
    return Finding("clear-text-where-tls-is-due", Severity.FAIL, step.name, place(t, step), cause, evidence)


def starttls_broken(t: Transcript) -> Finding | None:
    """220 to STARTTLS, and then clear text instead of a handshake."""
    step = _handshake(t)
    if step is None or not t.last(StepName.STARTTLS) or not _clear_text(step):
        return None
    evidence = (visible_bytes(step.heard.splitlines()[0], 200),)
    cause = Cause("tls-handshake", Sure.CERTAIN)
    return Finding("starttls-broken", Severity.FAIL, step.name, place(t, step), cause, evidence)


def tls_too_old(t: Transcript) -> Finding | None:
    """The server speaks nothing newer than TLS 1.1 (RFC 8996)."""
    step = _handshake(t)
    if step is None or step.failure is None or step.failure.detail not in TOO_OLD or _clear_text(step):
        return None
    return Finding(
        "tls-too-old", Severity.FAIL, step.name, place(t, step), Cause("tls-too-weak", Sure.CERTAIN)
    )


def tls_handshake_failed(t: Transcript) -> Finding | None:
    """An alert, or something in the handshake that OpenSSL does not take."""
    step = _handshake(t)
    if step is None or step.failure is None or step.failure.kind is not FailureKind.TLS:
        return None
    if step.failure.detail in TOO_OLD or _clear_text(step):
        return None
    facts = {"detail": step.failure.detail}
    cause = Cause("tls-handshake", Sure.CERTAIN, ("tls-too-weak",))
    return Finding("tls-handshake-failed", Severity.FAIL, step.name, place(t, step), cause, facts=facts)


def tls_handshake_cut(t: Transcript) -> Finding | None:
    """The connection ended in the middle of the handshake."""
    step = _handshake(t)
    if step is None or step.failure is None or step.failure.kind not in LOST or _clear_text(step):
        return None
    facts = {"how": step.failure.kind.value}
    cause = Cause("tls-handshake", Sure.CERTAIN, ("rate-limit-tls", "tls-mode-wrong"))
    return Finding("tls-handshake-cut", Severity.FAIL, step.name, place(t, step), cause, facts=facts)


def tls_handshake_stalled(t: Transcript) -> Finding | None:
    """The server says nothing, or no more, in the handshake."""
    step = _handshake(t)
    if (
        step is None
        or step.failure is None
        or step.failure.kind is not FailureKind.TIMEOUT
        or _clear_text(step)
    ):
        return None
    cause = Cause("timeout", Sure.CERTAIN, ("tls-mode-wrong", "overload"))
    facts = {"seconds": f"{step.seconds:.0f}"}
    return Finding("tls-handshake-stalled", Severity.FAIL, step.name, place(t, step), cause, facts=facts)


# The certificate


def _certificate(t: Transcript, problem: CertificateProblem, cause: str) -> Finding | None:
    step = t.last(StepName.TLS)
    if step is None or step.tls is None or problem not in step.tls.verdict.reasons:
        return None
    if t.plan.pin and problem is not CertificateProblem.PIN_MISMATCH:
        return None  # the pinned certificate and no other: what is wrong with another is beside the point
    if t.plan.insecure:
        severity = Severity.WARN
    elif tls_required(t) or t.login_asked:
        severity = Severity.FAIL
    else:
        severity = Severity.NOTE  # RFC 7435: between mail servers, any encryption beats none
    verdict = step.tls.verdict
    evidence = (visible(verdict.detail, 200),) if verdict.detail and problem is verdict.reasons[0] else ()
    return Finding(
        f"certificate-{problem}",
        severity,
        step.name,
        place(t, step),
        Cause(cause, Sure.CERTAIN),
        evidence,
        certificate_facts(t, step),
    )


def certificate_facts(t: Transcript, step: Step) -> dict[str, str]:
    """What the words about a certificate need."""
    certificate = step.tls and step.tls.verdict.certificate
    if not certificate:
        return UNREADABLE | {"wanted": t.plan.sni or t.target.host, "why": "leaf"}
    return {
        "wanted": t.plan.sni or t.target.host,
        # The server's own certificate may be good, and one above it in the chain not.
        "why": "leaf" if not certificate.not_before <= t.started <= certificate.not_after else "chain",
        "names": ", ".join(certificate.names[:8]),
        "issuer": certificate.issuer,
        "subject": certificate.subject,
        "not_before": f"{certificate.not_before:%Y-%m-%d}",
        "not_after": f"{certificate.not_after:%Y-%m-%d}",
        "days": str(abs(certificate.days_left(t.started))),
        "fingerprint": certificate.fingerprint,
    }


def certificate_pin_mismatch(t: Transcript) -> Finding | None:
    return _certificate(t, CertificateProblem.PIN_MISMATCH, "certificate-unknown-issuer")


def certificate_expired(t: Transcript) -> Finding | None:
    return _certificate(t, CertificateProblem.EXPIRED, "certificate-expired")


def certificate_not_yet_valid(t: Transcript) -> Finding | None:
    return _certificate(t, CertificateProblem.NOT_YET_VALID, "certificate-not-yet-valid")


def certificate_wrong_name(t: Transcript) -> Finding | None:
    return _certificate(t, CertificateProblem.WRONG_NAME, "certificate-wrong-name")


def certificate_self_signed(t: Transcript) -> Finding | None:
    return _certificate(t, CertificateProblem.SELF_SIGNED, "certificate-self-signed")


def certificate_unknown_issuer(t: Transcript) -> Finding | None:
    return _certificate(t, CertificateProblem.UNKNOWN_ISSUER, "certificate-unknown-issuer")


def certificate_missing_intermediate(t: Transcript) -> Finding | None:
    return _certificate(t, CertificateProblem.MISSING_INTERMEDIATE, "certificate-missing-intermediate")


def certificate_wrong_usage(t: Transcript) -> Finding | None:
    return _certificate(t, CertificateProblem.WRONG_USAGE, "certificate-wrong-usage")


def certificate_weak(t: Transcript) -> Finding | None:
    return _certificate(t, CertificateProblem.WEAK, "certificate-weak")


def certificate_expires_soon(t: Transcript) -> Finding | None:
    step = t.last(StepName.TLS)
    certificate = step and step.tls and step.tls.verdict.certificate
    if not step or not certificate or not 0 <= certificate.days_left(t.started) < t.plan.warn_days:
        return None
    if t.started >= certificate.not_after:
        return None
    facts = certificate_facts(t, step)
    return Finding("certificate-expires-soon", Severity.WARN, step.name, place(t, step), facts=facts)
