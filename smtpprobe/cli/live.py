"""Live rows: each step on standard error as it ends, gone when the result is there.

They are for a person who waits: where the session hangs is the row that does not come. They say what
was acquired, not what it weighs.
"""

from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from smtpprobe.display import visible
from smtpprobe.record import Step
from smtpprobe.request import Target

if TYPE_CHECKING:
    from rich.live import Live

MOST_ROWS = 20


class LiveRows:
    """Rows on a terminal, or nothing at all."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._rows: list[str] = []
        self._live: Live | None = None

    @classmethod
    def on(cls, stream: TextIO, *, quiet: bool) -> Self:
        """Live rows on `stream` if a person looks at it."""
        return cls(stream if stream.isatty() and not quiet else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, target: Target, step: Step) -> None:
        """A step has ended."""
        if self._stream is None:
            return
        reply = f" {step.reply.code}" if step.reply and step.reply.code else ""
        failure = f" {step.failure.kind}" if step.failure else ""
        row = f"{target.authority}  {step.name:<9}{reply}{failure}  {step.seconds * 1000:.0f} ms"
        self._rows = [*self._rows[-MOST_ROWS + 1 :], visible(row, 200)]
        self._screen(self._stream).update("\n".join(self._rows), refresh=True)

    def _screen(self, stream: TextIO) -> "Live":
        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            console = Console(file=stream, markup=False, highlight=False, emoji=False)
            self._live = Live(console=console, transient=True, auto_refresh=False)
            self._live.start()
        return self._live
