"""Checks of the way to the server: its name, its addresses, the connection."""

from smtpprobe.checks.common import broken, place
from smtpprobe.judgement import Cause, Finding, Severity, Sure
from smtpprobe.record import FailureKind, Step, Transcript
from smtpprobe.request import StepName


def _no_address(t: Transcript, id: str, detail: str, cause: str, sure: Sure = Sure.CERTAIN) -> Finding | None:
    for step, failure in broken(t, FailureKind.DNS):
        if failure.detail == detail:
            return Finding(id, Severity.FAIL, step.name, place(t, step), Cause(cause, sure))
    return None


def name_not_found(t: Transcript) -> Finding | None:
    return _no_address(t, "name-not-found", "not-found", "name-not-found")


def name_without_family(t: Transcript) -> Finding | None:
    return _no_address(t, "name-without-family", "no-family", "name-not-found")


def name_lookup_failed(t: Transcript) -> Finding | None:
    step = t.last(StepName.RESOLVE)
    if step is None or step.failure is None or step.failure.detail in ("not-found", "no-family"):
        return None
    if step.failure.kind not in (FailureKind.DNS, FailureKind.TIMEOUT):
        return None
    return Finding(
        "name-lookup-failed", Severity.FAIL, step.name, place(t, step), Cause("dns-failure", Sure.CERTAIN)
    )


def _unconnected(
    t: Transcript, id: str, kinds: tuple[FailureKind, ...], cause: str, *alternatives: str
) -> Finding | None:
    step = t.last(StepName.CONNECT)
    if step is None or step.failure is None or step.failure.kind not in kinds:
        return None
    return Finding(
        id,
        Severity.FAIL,
        step.name,
        place(t, step),
        Cause(cause, Sure.CERTAIN, alternatives),
        evidence=_attempts(step),
        facts={"detail": step.failure.detail},
    )


def _attempts(step: Step) -> tuple[str, ...]:
    return tuple(
        f"{attempt.address}: {attempt.failure.kind}"
        + (f" ({attempt.failure.detail})" if attempt.failure.detail else "")
        for attempt in step.attempts
        if attempt.failure
    )


def connection_refused(t: Transcript) -> Finding | None:
    return _unconnected(t, "connection-refused", (FailureKind.REFUSED,), "connection-refused")


def connection_silent(t: Transcript) -> Finding | None:
    return _unconnected(
        t, "connection-silent", (FailureKind.TIMEOUT,), "connection-silent", "outbound-port-blocked"
    )


def connection_unreachable(t: Transcript) -> Finding | None:
    return _unconnected(t, "connection-unreachable", (FailureKind.UNREACHABLE,), "network-unreachable")


def connection_dropped(t: Transcript) -> Finding | None:
    """Reset while it was being set up."""
    return _unconnected(t, "connection-dropped", (FailureKind.RESET,), "connection-lost")


def address_unreachable(t: Transcript) -> Finding | None:
    """One address did not answer while another did."""
    step = t.last(StepName.CONNECT)
    if step is None or step.failure or not _attempts(step):
        return None
    failed = ", ".join(attempt.address for attempt in step.attempts if attempt.failure)
    return Finding(
        "address-unreachable",
        Severity.NOTE,
        step.name,
        place(t, step),
        evidence=_attempts(step),
        facts={"addresses": failed},
    )


def internal_error(t: Transcript) -> Finding | None:
    """We could not go on, and the server is not to blame."""
    for step, failure in broken(t, FailureKind.INTERNAL):
        return Finding(
            "internal-error", Severity.ERROR, step.name, place(t, step), facts={"detail": failure.detail}
        )
    return None
