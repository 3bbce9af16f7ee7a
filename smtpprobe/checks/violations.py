"""Checks of how replies are formed (RFC 5321 4.2): what a strict client would stumble over.

The parser has noted every oddity as a fact; here each kind becomes at most one finding for the
session, with the first places where it was seen. A reply that is no SMTP at all has its own words
(`not-smtp`), and is not picked to pieces here.
"""

from collections.abc import Iterator
from dataclasses import replace

from smtpprobe.checks.common import place, shown
from smtpprobe.checks.greeting import not_smtp, tls_where_clear_text_is_due
from smtpprobe.checks.hello import quit_unclean
from smtpprobe.judgement import Cause, Finding, Severity, Sure
from smtpprobe.protocol.replies import Reply, Violation, line_violations
from smtpprobe.record import Failure, FailureKind, Step, Transcript
from smtpprobe.request import StepName

BROKEN_PROTOCOL = Cause("protocol-violation", Sure.CERTAIN)


def _replies(t: Transcript) -> Iterator[tuple[Step, Reply]]:
    if not_smtp(t) or tls_where_clear_text_is_due(t):
        return
    for step in t.steps:
        if step.name is StepName.QUIT and quit_unclean(t):
            continue  # told there
        for exchange in (*step.exchanges, *step.unsolicited):
            if exchange.reply:
                yield step, exchange.reply


def _violation(t: Transcript, id: str, *kinds: Violation, unfinished: bool = False) -> Finding | None:
    """The finding for some kinds of violation; a reply that was cut short is judged only if `unfinished`."""
    seen = [
        (step, reply)
        for step, reply in _replies(t)
        if (reply.complete or unfinished) and not set(kinds).isdisjoint(reply.violations)
    ]
    if not seen:
        return None
    step = seen[0][0]
    evidence = tuple(dict.fromkeys(line for _, reply in seen[:3] for line in _offending(reply, kinds)))[:5]
    facts = {"steps": ", ".join(dict.fromkeys(step.name for step, _ in seen))}
    return Finding(id, _weight(step), step.name, place(t, step), BROKEN_PROTOCOL, evidence, facts)


def _offending(reply: Reply, kinds: tuple[Violation, ...]) -> tuple[str, ...]:
    """The lines that show it; all of them where only the whole does."""
    lines = tuple(line for line in reply.lines if not line_violations(line).isdisjoint(kinds))
    return shown(replace(reply, lines=lines) if lines else reply)


def _weight(step: Step) -> Severity:
    """By the time of QUIT everything is done: what is odd there is only worth knowing."""
    return Severity.NOTE if step.name is StepName.QUIT else Severity.WARN


def reply_line_endings(t: Transcript) -> Finding | None:
    # A server that ends its lines with CR alone is one whose replies never end.
    return _violation(t, "reply-line-endings", Violation.BARE_LF, Violation.BARE_CR, unfinished=True)


def reply_control_characters(t: Transcript) -> Finding | None:
    """NUL, ESC and their like: they could command a terminal that shows them as they are."""
    return _violation(t, "reply-control-characters", Violation.NUL, Violation.CONTROL)


def reply_not_ascii(t: Transcript) -> Finding | None:
    return _violation(t, "reply-not-ascii", Violation.NOT_ASCII)


def reply_codes_mixed(t: Transcript) -> Finding | None:
    return _violation(t, "reply-codes-mixed", Violation.MIXED_CODES)


def reply_malformed(t: Transcript) -> Finding | None:
    """A line without a code inside a reply, no separator, a code out of range."""
    kinds = (Violation.NO_CODE, Violation.NO_SEPARATOR, Violation.CODE_OUT_OF_RANGE)
    if reply_not_understood(t):
        return None
    return _violation(t, "reply-malformed", *kinds)


def reply_line_too_long(t: Transcript) -> Finding | None:
    return _violation(t, "reply-line-too-long", Violation.LINE_TOO_LONG)


def reply_endless(t: Transcript) -> Finding | None:
    """More than any honest reply: we stopped reading."""
    if not_smtp(t):
        return None
    for step in t.steps:
        if step.failure == Failure(FailureKind.PROTOCOL, "endless") and step.name is not StepName.QUIT:
            evidence = shown(step.reply)[:1]
            return Finding(
                "reply-endless", Severity.FAIL, step.name, place(t, step), BROKEN_PROTOCOL, evidence
            )
    return None


def reply_not_understood(t: Transcript) -> Finding | None:
    """An answer that is no SMTP reply where SMTP had been spoken before."""
    if not_smtp(t) or tls_where_clear_text_is_due(t):
        return None
    for step in t.steps:
        if step.failure == Failure(FailureKind.PROTOCOL, "not-smtp") and step.name is not StepName.QUIT:
            return _senseless("reply-not-understood", t, step)
    return None


def reply_out_of_place(t: Transcript) -> Finding | None:
    """A 3yz code where nothing is left to be sent. To STARTTLS it is a no; to HELP anything will do."""
    for step in t.steps:
        waits = not step.failure and step.reply is not None and step.reply.klass == 3
        if waits and step.name not in (StepName.STARTTLS, StepName.HELP, StepName.QUIT):
            return _senseless("reply-out-of-place", t, step)
    return None


def _senseless(id: str, t: Transcript, step: Step) -> Finding:
    facts = {"step": step.name.value, "code": str((step.reply and step.reply.code) or "")}
    return Finding(id, Severity.FAIL, step.name, place(t, step), BROKEN_PROTOCOL, shown(step.reply), facts)


def reply_unsolicited(t: Transcript) -> Finding | None:
    """Replies that nothing had asked for. Behind the 220 of STARTTLS they are worse, and told there."""
    for step in t.steps:
        surplus = [e.reply for e in step.unsolicited if e.reply and e.reply.code != 421]
        injected = step.name is StepName.STARTTLS and step.accepted
        if surplus and not injected and not reply_endless(t) and not not_smtp(t):
            evidence = tuple(line for reply in surplus[:3] for line in shown(reply))[:5]
            facts = {"step": step.name.value, "count": str(len(surplus))}
            return Finding(
                "reply-unsolicited",
                _weight(step),
                step.name,
                place(t, step),
                BROKEN_PROTOCOL,
                evidence,
                facts,
            )
    return None
