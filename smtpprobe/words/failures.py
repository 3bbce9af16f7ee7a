"""What broke, in a few words."""

from smtpprobe.knowledge import tables
from smtpprobe.record import Failure
from smtpprobe.words.texts import Facts, fill


def message(failure: Failure, seconds: float, code: int | None = None) -> str:
    """The failure in words; `seconds` is the time that the step had."""
    row = tables.table("diagnosis")["failures"][failure.kind]
    row = {**row, **row.get("details", {}).get(failure.detail, {})}
    facts = Facts({"detail": failure.detail, "seconds": f"{seconds:g}", "code": code or ""})
    return fill(row["message"], facts)
