"""What broke, in a few words."""

from smtpprobe.record import Failure
from smtpprobe.words.texts import Facts, Words, fill


def message(failure: Failure, seconds: float, words: Words, code: int | None = None) -> str:
    """The failure in words; `seconds` is the time that the step had."""
    row = (words.row("diagnosis", "failures") or {})[failure.kind]
    row = {**row, **row.get("details", {}).get(failure.detail, {})}
    facts = Facts({"detail": failure.detail, "seconds": f"{seconds:g}", "code": code or ""})
    return fill(row["message"], facts)
