"""Checks of STARTTLS and of the handshake."""

from ipaddress import ip_address

from smtpprobe.checks.common import is_tls, place, refused, service_of, shown, tls_required, why
from smtpprobe.checks.masking import masked
from smtpprobe.display import visible_bytes
from smtpprobe.judgement import Cause, Finding, Severity, Sure
from smtpprobe.protocol.alerts import ALERTS, alert_of, name_of, server_hello, version_chosen
from smtpprobe.record import FailureKind, Step, Transcript
from smtpprobe.request import StepName

LOST = (FailureKind.EOF, FailureKind.RESET)
PROTOCOL_VERSION = 70
# OpenSSL's names for "we have no protocol version in common", where it noticed and no alert came.
TOO_OLD = ("unsupported-protocol", "no-protocols-available", "version-too-low")

# What an alert comes to (RFC 8446 6.2, RFC 5246 7.2.2), for those that do not speak for themselves.
_MEANINGS = {
    "no-common": ("handshake_failure", "insufficient_security"),
    "client-certificate": (
        *("certificate_required", "no_certificate", "bad_certificate", "unsupported_certificate"),
        *("certificate_unknown", "certificate_revoked", "certificate_expired", "unknown_ca", "access_denied"),
    ),
    "name": ("unrecognized_name",),
    "internal": ("internal_error",),
    "misunderstood": (
        *("unexpected_message", "bad_record_mac", "decryption_failed", "record_overflow"),
        *("decompression_failure", "illegal_parameter", "decode_error", "decrypt_error"),
        *("missing_extension", "unsupported_extension"),
    ),
}
_ALTERNATIVES = {"no-common": ("tls-too-weak",), "name": ("wrong-host",), "": ("tls-too-weak",)}


def _weight(t: Transcript) -> Severity:
    return Severity.FAIL if tls_required(t) else Severity.WARN


def starttls_not_offered(t: Transcript) -> Finding | None:
    step = t.last(StepName.STARTTLS)
    if step is None or step.failure is None or step.failure.kind is not FailureKind.NOT_OFFERED:
        return None
    because = "ehlo-refused" if t.last(StepName.HELO) else None
    cause = Cause("tls-unavailable", Sure.LIKELY, ("firewall-rewrites-smtp",))
    over = masked(t)
    if over:
        cause = Cause("firewall-rewrites-smtp", Sure.LIKELY, ("tls-unavailable",))
    facts = {"why": "masked" if over else ""}
    return Finding(
        "starttls-not-offered", _weight(t), step.name, place(t, step), cause, over[:3], facts, because
    )


def starttls_refused(t: Transcript) -> Finding | None:
    step = t.last(StepName.STARTTLS)
    if step is None or step.reply is None or step.reply.code in (None, 421) or step.reply.positive:
        return None
    if step.failure and not refused(step):
        return None
    sure = Sure.CERTAIN if step.reply.code == 454 else Sure.LIKELY
    facts = {"code": str(step.reply.code)}
    cause = why(t, step, Cause("tls-unavailable", sure))
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


def _alert(step: Step) -> int | None:
    """The alert that the server broke the handshake off with."""
    if step.failure is None or step.failure.kind is not FailureKind.TLS or _clear_text(step):
        return None
    return alert_of(step.failure.detail, step.heard)


def _evidence(step: Step, alert: int | None) -> tuple[str, ...]:
    """What came, in the words of TLS."""
    if alert is not None:
        return alert_shown(alert)
    version = version_chosen(step.heard)
    found = (f"ServerHello: {version}",) if version else ()
    return (*found, f"OpenSSL: {step.failure.detail.replace('-', ' ')}") if step.failure else found


def alert_shown(alert: int) -> tuple[str, ...]:
    """An alert as evidence."""
    return (f"TLS alert {alert}: {name_of(alert)}" if alert in ALERTS else f"TLS alert {alert}",)


def tls_too_old(t: Transcript) -> Finding | None:
    """The server speaks nothing newer than TLS 1.1 (RFC 8996)."""
    step = _handshake(t)
    if step is None or step.failure is None or _clear_text(step):
        return None
    alert = _alert(step)
    if alert != PROTOCOL_VERSION and step.failure.detail not in TOO_OLD:
        return None
    cause = Cause("tls-too-weak", Sure.CERTAIN)
    return Finding("tls-too-old", Severity.FAIL, step.name, place(t, step), cause, _evidence(step, alert))


def tls_handshake_failed(t: Transcript) -> Finding | None:
    """An alert, or something in the handshake that OpenSSL does not take.

    `why` is what an alert means (`_MEANINGS`, `alert` for any other), empty where none came; then `detail`
    is OpenSSL's name for what it did not take.
    """
    step = _handshake(t)
    if step is None or step.failure is None or step.failure.kind is not FailureKind.TLS:
        return None
    if _clear_text(step) or tls_too_old(t):
        return None
    alert = _alert(step)
    meaning = meaning_of(alert)
    if meaning == "no-common" and server_hello(step.heard):
        # Version and cipher were agreed on by then: what is left is the certificate that a client shows.
        meaning = "client-certificate"
    facts = {
        "why": meaning,
        "detail": step.failure.detail,
        "alert": name_of(alert) if alert is not None else "?",
        "option": openssl_option(t),
    }
    cause = Cause("tls-handshake", Sure.CERTAIN, _ALTERNATIVES.get(meaning, ()))
    return Finding(
        "tls-handshake-failed",
        Severity.FAIL,
        step.name,
        place(t, step),
        cause,
        _evidence(step, alert),
        facts,
    )


def meaning_of(alert: int | None) -> str:
    """What an alert comes to: a key of `_MEANINGS`, `alert` for any other, empty where there is none."""
    if alert is None:
        return ""
    return next((meaning for meaning, names in _MEANINGS.items() if name_of(alert) in names), "alert")


def openssl_option(t: Transcript) -> str:
    """What `openssl s_client` needs to begin as this session did."""
    if t.last(StepName.STARTTLS):
        return "-starttls smtp"
    name = t.plan.sni or t.target.host
    try:
        ip_address(name.partition("%")[0])
    except ValueError:
        return f"-servername {name}"
    return "-noservername"  # RFC 6066 3: no address is asked for by SNI


def _mode(t: Transcript) -> str:
    return "starttls" if t.last(StepName.STARTTLS) else "implicit"


def tls_handshake_cut(t: Transcript) -> Finding | None:
    """The connection ended in the middle of the handshake."""
    step = _handshake(t)
    if step is None or step.failure is None or step.failure.kind not in LOST or _clear_text(step):
        return None
    facts = {"how": step.failure.kind.value, "why": _mode(t)}
    implicit = ("tls-mode-wrong",) if facts["why"] == "implicit" else ()
    cause = Cause("tls-handshake", Sure.CERTAIN, ("rate-limit-tls", *implicit))
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
    facts = {"seconds": f"{step.seconds:.0f}", "why": _mode(t)}
    implicit = ("tls-mode-wrong",) if facts["why"] == "implicit" else ()
    cause = Cause("timeout", Sure.CERTAIN, (*implicit, "overload"))
    return Finding("tls-handshake-stalled", Severity.FAIL, step.name, place(t, step), cause, facts=facts)
