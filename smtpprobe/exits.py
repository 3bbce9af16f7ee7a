"""What the process says when it ends: one number, the same from every command."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes: an API that scripts rely on."""

    OK = 0
    """Everything passed; notes and warnings are allowed (a warning is FAILED with --strict)."""
    FAILED = 1
    """A target failed; whatever goes wrong on the way to it counts here."""
    USAGE = 2
    """What was asked makes no sense; nothing was probed."""
    INTERNAL = 3
    """Our own fault: no target failed, but one could not be judged, or a result could not be written."""
    INTERRUPTED = 130
    TERMINATED = 143
