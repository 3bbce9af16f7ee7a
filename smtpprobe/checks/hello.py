"""Checks of EHLO, HELO, HELP and QUIT."""

from smtpprobe.checks.common import farewell, only_quit_left, place, refused, shown, why
from smtpprobe.checks.greeting import greeting_no_service, greeting_refused, not_smtp
from smtpprobe.checks.masking import masked
from smtpprobe.judgement import Cause, Finding, Severity, Sure
from smtpprobe.record import FailureKind, Transcript
from smtpprobe.request import StepName


def ehlo_refused(t: Transcript) -> Finding | None:
    """EHLO refused. With HELO taken: a server without extensions, or something in between that hides them."""
    ehlo, helo = t.last(StepName.EHLO), t.last(StepName.HELO)
    if ehlo is None or not refused(ehlo) or ehlo.reply is None or ehlo.reply.code == 421:
        return None
    both = helo is not None and refused(helo) and helo.reply is not None and helo.reply.code != 421
    because = ("not-smtp" if not_smtp(t) else "hello-refused") if both else None
    over = masked(t)
    return Finding(
        "ehlo-refused",
        Severity.FAIL if both else Severity.WARN,
        ehlo.name,
        place(t, ehlo),
        Cause("firewall-rewrites-smtp", Sure.LIKELY) if over else None,
        evidence=(*over[:1], *shown(ehlo.reply)),
        facts={"code": str(ehlo.reply.code)},
        because_of=because,
    )


def hello_refused(t: Transcript) -> Finding | None:
    """Neither EHLO nor HELO is taken."""
    step = t.last(StepName.HELO)
    if step is None or not refused(step) or step.reply is None or step.reply.code == 421 or not_smtp(t):
        return None
    cause = (
        Cause("temporary-server", Sure.LIKELY, ("ip-rate-limited",))
        if step.reply.klass == 4
        else Cause("ehlo-name-bad", Sure.POSSIBLE, ("ip-blocked", "not-accepting"))
    )
    facts = {"code": str(step.reply.code)}
    cause = why(t, step, cause)
    return Finding("hello-refused", Severity.FAIL, step.name, place(t, step), cause, shown(step.reply), facts)


def help_refused(t: Transcript) -> Finding | None:
    """HELP is optional in practice: any whole answer but 421 will do."""
    step = t.last(StepName.HELP)
    if step is None or step.failure or step.reply is None or step.reply.positive or step.reply.code == 421:
        return None
    facts = {"code": str(step.reply.code)}
    return Finding("help-refused", Severity.NOTE, step.name, place(t, step), None, shown(step.reply), facts)


def quit_unclean(t: Transcript) -> Finding | None:
    """Everything was done; only the farewell went wrong, or came before QUIT."""
    step = t.last(StepName.QUIT)
    if step is None:
        last = t.steps[-1] if t.steps and only_quit_left(t) else None
        if last is None or not last.accepted or not farewell(last):
            return None
        facts, reply = {"how": "421"}, farewell(last)
        return Finding("quit-unclean", Severity.NOTE, last.name, place(t, last), None, shown(reply), facts)
    if step.accepted or (step.failure and step.failure.kind is FailureKind.POLICY):
        return None
    facts = {"how": step.failure.kind.value if step.failure else str(step.reply and step.reply.code)}
    evidence = shown(step.reply)
    because = _refused_before(t)
    return Finding("quit-unclean", Severity.NOTE, step.name, place(t, step), None, evidence, facts, because)


def _refused_before(t: Transcript) -> str | None:
    """Many servers close right behind a refusal, though RFC 5321 3.1 lets them wait for QUIT."""
    checks = (greeting_no_service, greeting_refused)
    return next((finding.id for check in checks if (finding := check(t))), None)
