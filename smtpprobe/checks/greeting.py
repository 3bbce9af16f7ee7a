"""Checks of the first words: the greeting, and whether this is SMTP at all."""

from smtpprobe.checks.common import (
    is_tls,
    place,
    refused,
    service_by_word,
    service_of,
    shown,
    why,
)
from smtpprobe.judgement import Cause, Finding, Severity, Sure
from smtpprobe.protocol.replies import Reply, Violation
from smtpprobe.record import FailureKind, Step, Transcript
from smtpprobe.request import StepName

LATE_SECONDS = 5.0
LOST = (FailureKind.EOF, FailureKind.RESET)


def _refused(t: Transcript, id: str, cause: Cause, codes: tuple[int, ...]) -> Finding | None:
    step = t.last(StepName.GREETING)
    if step is None or not refused(step) or step.reply is None or step.reply.code not in codes:
        return None
    facts = {"code": str(step.reply.code)}
    return Finding(
        id, Severity.FAIL, step.name, place(t, step), why(t, step, cause), shown(step.reply), facts
    )


def greeting_unavailable(t: Transcript) -> Finding | None:
    """421: not now (RFC 5321 3.8)."""
    cause = Cause(
        "temporary-server", Sure.POSSIBLE, ("overload", "rate-limit-connections", "ip-rate-limited")
    )
    return _refused(t, "greeting-unavailable", cause, (421,))


def greeting_no_service(t: Transcript) -> Finding | None:
    """554 or 521: not here, or not for you (RFC 5321 3.1, RFC 7504 3)."""
    cause = Cause("not-accepting", Sure.LIKELY, ("ip-blocked",))
    return _refused(t, "greeting-no-service", cause, (521, 554))


def greeting_refused(t: Transcript) -> Finding | None:
    """Any other refusal in place of a greeting."""
    codes = tuple(code for code in range(400, 600) if code not in (421, 521, 554))
    step = t.last(StepName.GREETING)
    temporary = step is not None and step.reply is not None and step.reply.klass == 4
    cause = (
        Cause("temporary-server", Sure.POSSIBLE, ("ip-rate-limited", "overload"))
        if temporary
        else Cause("not-accepting", Sure.LIKELY, ("ip-blocked",))
    )
    return _refused(t, "greeting-refused", cause, codes)


def greeting_late(t: Transcript) -> Finding | None:
    step = t.last(StepName.GREETING)
    if step is None or not step.accepted or step.seconds <= LATE_SECONDS:
        return None
    facts = {"seconds": f"{step.seconds:.1f}"}
    return Finding("greeting-late", Severity.NOTE, step.name, place(t, step), facts=facts)


def _silent(t: Transcript, *kinds: FailureKind) -> Step | None:
    step = t.last(StepName.GREETING)
    if step and step.failure and step.failure.kind in kinds and step.reply is None:
        return step
    return None


def _kind_of_port(t: Transcript, step: Step) -> str:
    """Who speaks first where this step waits: `under-tls` and `clear` the server, on `tls` the client.

    Empty where the port does not tell.
    """
    if step.encrypted:
        return "under-tls"
    return {465: "tls", 2465: "tls", 25: "clear", 587: "clear", 2525: "clear"}.get(t.target.port, "")


def greeting_missing(t: Transcript) -> Finding | None:
    """Connected, and then not one octet.

    A server that speaks TLS from the first byte waits for us as we wait for it (RFC 8314 3.3): both are
    silent, and nothing that comes or does not come can prove it.
    """
    step = _silent(t, FailureKind.TIMEOUT)
    if step is None:
        return None
    port = _kind_of_port(t, step)
    cause = {
        "tls": Cause("tls-mode-wrong", Sure.LIKELY, ("overload", "wrong-port")),
        "": Cause("tls-mode-wrong", Sure.POSSIBLE, ("timeout", "overload", "wrong-port")),
        "clear": Cause("timeout", Sure.CERTAIN, ("overload", "tls-mode-wrong", "wrong-port")),
        "under-tls": Cause("timeout", Sure.CERTAIN, ("overload", "wrong-port")),
    }[port]
    facts = {"seconds": f"{step.seconds:.0f}", "why": port}
    return Finding("greeting-missing", Severity.FAIL, step.name, place(t, step), cause, facts=facts)


def greeting_closed(t: Transcript) -> Finding | None:
    """Connected, and closed again without a word; or after a time, as one does who waits for TLS in vain."""
    step = _silent(t, *LOST)
    if step is None:
        return None
    port = _kind_of_port(t, step)
    cause = Cause("connection-lost", Sure.CERTAIN, ("rate-limit-connections", "ip-blocked"))
    if port == "tls" or (not port and step.seconds > LATE_SECONDS):
        sure = Sure.LIKELY if port and step.seconds > LATE_SECONDS else Sure.POSSIBLE
        cause = Cause("tls-mode-wrong", sure, ("connection-lost", *cause.alternatives))
        port = "tls"
    facts = {"why": port}
    return Finding("greeting-closed", Severity.FAIL, step.name, place(t, step), cause, facts=facts)


def not_smtp(t: Transcript) -> Finding | None:
    """Another protocol answers, by what it says first or by what it makes of EHLO."""
    for step, raw, service, reply in _foreign(t):
        if is_tls(raw):
            return None
        return Finding(
            "not-smtp",
            Severity.FAIL,
            step.name,
            place(t, step),
            Cause(
                "wrong-port",
                Sure.CERTAIN if service else Sure.LIKELY,
                () if service else ("protocol-violation",),
            ),
            shown(reply),
            {"service": service or "other"},
        )
    return None


def _foreign(t: Transcript) -> list[tuple[Step, bytes, str, Reply | None]]:
    greeting = t.last(StepName.GREETING)
    if greeting and greeting.reply and not greeting.accepted and greeting.reply.code is None:
        raw = greeting.reply.raw
        # The first half of `220` proves nothing; what does not begin with a digit is no reply.
        if Violation.UNFINISHED not in greeting.reply.violations or not raw[:1].isdigit():
            return [(greeting, raw, service_of(raw), greeting.reply)]
    first = t.all(StepName.TLS)[0] if t.all(StepName.TLS) else None
    if first and first.failure and service_of(first.heard):
        return [(first, first.heard, service_of(first.heard), None)]
    ehlo = t.last(StepName.HELO) or t.last(StepName.EHLO)
    if greeting and greeting.reply and ehlo and refused(ehlo) and ehlo.reply and ehlo.reply.code != 421:
        raw = greeting.reply.raw + ehlo.reply.raw
        service = service_by_word(raw)
        if service and b"SMTP" not in raw.upper():
            return [(ehlo, raw, service, ehlo.reply)]
    return []


def tls_where_clear_text_is_due(t: Transcript) -> Finding | None:
    """TLS records in place of a greeting: this port speaks TLS from the first byte."""
    step = t.last(StepName.GREETING)
    if step is None or step.reply is None or not is_tls(step.reply.raw):
        return None
    cause = Cause("tls-mode-wrong", Sure.CERTAIN)
    return Finding("tls-where-clear-text-is-due", Severity.FAIL, step.name, place(t, step), cause)
