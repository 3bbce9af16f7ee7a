"""Checks of how a session was lost: silence, end of stream, reset, or a 421 in the middle of it.

Where an earlier step has its own words for it (connecting, the greeting, the handshake), those are
used instead: one fault is told once.
"""

from collections.abc import Iterator

from smtpprobe.checks.common import farewell, only_quit_left, place, refused, shown, why
from smtpprobe.checks.greeting import (
    greeting_closed,
    greeting_missing,
    not_smtp,
    tls_where_clear_text_is_due,
)
from smtpprobe.checks.tls import alert_shown, meaning_of
from smtpprobe.judgement import Cause, Finding, Severity, Sure
from smtpprobe.protocol.alerts import alert_of, name_of
from smtpprobe.record import FailureKind, Step, Transcript
from smtpprobe.request import StepName

OWN_WORDS = (StepName.RESOLVE, StepName.CONNECT, StepName.TLS, StepName.QUIT)


def _lost(t: Transcript, kind: FailureKind) -> Iterator[Step]:
    if greeting_missing(t) or greeting_closed(t) or not_smtp(t) or tls_where_clear_text_is_due(t):
        return
    for step in t.steps:
        if step.failure and step.failure.kind is kind and step.name not in OWN_WORDS and not refused(step):
            yield step


def _finding(t: Transcript, id: str, step: Step, cause: Cause) -> Finding:
    sent = next((e.sent for e in reversed(step.exchanges) if e.sent), "")
    return Finding(
        id,
        Severity.FAIL,
        step.name,
        place(t, step),
        cause,
        shown(step.reply),
        {
            "step": step.name,
            "sent": sent,
            "seconds": f"{step.seconds:.0f}",
            "limit": step.failure.detail if step.failure else "",
        },
    )


def step_timeout(t: Transcript) -> Finding | None:
    """No whole reply in time."""
    for step in _lost(t, FailureKind.TIMEOUT):
        return _finding(
            t, "step-timeout", step, Cause("timeout", Sure.CERTAIN, ("overload", "firewall-rewrites-smtp"))
        )
    return None


def connection_closed(t: Transcript) -> Finding | None:
    """The server, or something between, closed without a word."""
    for step in _lost(t, FailureKind.EOF):
        return _finding(
            t, "connection-closed", step, Cause("connection-lost", Sure.CERTAIN, ("too-many-errors",))
        )
    return None


def connection_reset(t: Transcript) -> Finding | None:
    for step in _lost(t, FailureKind.RESET):
        return _finding(
            t, "connection-reset", step, Cause("connection-lost", Sure.CERTAIN, ("too-many-errors",))
        )
    return None


def closed_by_421(t: Transcript) -> Finding | None:
    """421 after the greeting: the server ends the session (RFC 5321 3.8)."""
    for step in t.steps:
        if step.name in (StepName.GREETING, StepName.QUIT) and not step.unsolicited:
            continue
        if not farewell(step) or (step.accepted and only_quit_left(t)):
            continue
        if step.failure and step.failure.kind is FailureKind.PROTOCOL:
            continue  # the login was given up before, and told so
        alternatives = (
            ("rate-limit-logins", "too-many-errors") if step.name is StepName.AUTH else ("overload",)
        )
        cause = Cause("temporary-server", Sure.POSSIBLE, (*alternatives, "rate-limit-connections"))
        return _finding(t, "closed-by-421", step, why(t, step, cause, farewell(step)))
    return None


def tls_lost(t: Transcript) -> Finding | None:
    """TLS broke after the handshake: a record that does not decrypt, or an alert."""
    for step in _lost(t, FailureKind.TLS):
        alert = alert_of(step.failure.detail if step.failure else "")
        facts = {
            "step": step.name.value,
            "alert": name_of(alert) if alert is not None else "?",
            # RFC 8446 4.4.2.4: in TLS 1.3 a client has done its part before its certificate is looked at.
            "why": meaning_of(alert) if meaning_of(alert) in ("", "client-certificate") else "alert",
        }
        refused = facts["why"] == "client-certificate"
        cause = Cause("tls-handshake" if refused else "connection-lost", Sure.CERTAIN)
        evidence = alert_shown(alert) if alert is not None else ()
        return Finding("tls-lost", Severity.FAIL, step.name, place(t, step), cause, evidence, facts)
    return None
