"""Times of a dialogue: ISO 8601, UTC."""

from datetime import UTC, datetime

from smtpprobe.transcripts.notation import NotationError


def read_time(text: str) -> datetime:
    """A time in UTC, also where the text does not say so."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise NotationError(f"{text!r} is no ISO 8601 time") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def write_time(time: datetime) -> str:
    """A time with its microseconds."""
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")
