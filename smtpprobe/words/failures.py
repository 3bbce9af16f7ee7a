"""What broke, in a few words."""

from smtpprobe.protocol.alerts import alert_of, name_of
from smtpprobe.record import Failure, FailureKind
from smtpprobe.words.texts import Facts, Words, fill


def message(failure: Failure, seconds: float, words: Words, code: int | None = None) -> str:
    """The failure in words; `seconds` is the time that the step had."""
    row = (words.row("diagnosis", "failures") or {})[failure.kind]
    detail, named = failure.detail, failure.detail
    alert = alert_of(detail) if failure.kind is FailureKind.TLS else None
    if alert is not None:
        detail, named = "alert", name_of(alert)
    row = {**row, **row.get("details", {}).get(detail, {})}
    facts = Facts({"detail": named, "seconds": f"{seconds:g}", "code": code or ""})
    return fill(row["message"], facts)
