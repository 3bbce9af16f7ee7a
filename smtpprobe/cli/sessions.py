"""Sessions on behalf of a command: run them, show live rows, write what came of them, end by verdict."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from smtpprobe.cli.language import chosen_language
from smtpprobe.cli.live import LiveRows
from smtpprobe.cli.options import check_quiet, check_record, chosen_format
from smtpprobe.cli.output import complain, wants_color, width_of, write, write_file
from smtpprobe.exits import Exit
from smtpprobe.judgement import Report
from smtpprobe.record import Step
from smtpprobe.request import Target

# Starts the sessions; is told where to send each step, and yields (index of the target, report).
Start = Callable[[Callable[[Target, Step], None]], AsyncGenerator[tuple[int, Report], None]]


@dataclass(frozen=True, slots=True)
class Output:
    """What the output options said."""

    format: str
    verbosity: int
    color: str
    record: Path | None
    language: str

    @classmethod
    def by(cls, options: Mapping[str, Any]) -> Self:
        """What the output options of a command say. Raises click.UsageError."""
        check_record(options["record"])
        format = chosen_format(options["format_"], options["json_"])
        return cls(
            format=format,
            verbosity=check_quiet(options["quiet"], options["verbose"]),
            color=options["color"],
            record=options["record"],
            language=chosen_language(options["lang"], format),
        )


class Terminated(BaseException):
    """SIGTERM came."""


def hold_sessions(start: Start, output: Output) -> int:
    """Run the sessions that `start` starts; the exit code."""
    reports: list[tuple[int, Report]] = []
    try:
        asyncio.run(_collect(start, output, reports))
    except Terminated:
        complain("terminated")
        return Exit.TERMINATED
    except KeyboardInterrupt:
        complain("interrupted")
        return Exit.INTERRUPTED
    ordered = [report for _, report in sorted(reports, key=lambda pair: pair[0])]
    code = exit_code(ordered)
    try:
        if output.format != "jsonl":
            write(_render(ordered, output, code))
    finally:  # a result that cannot be shown can still be kept
        if output.record:
            from smtpprobe.transcripts.writer import write_dialogue

            write_file(output.record, "\n".join(write_dialogue(report.transcript) for report in ordered))
    return code


async def _collect(start: Start, output: Output, reports: list[tuple[int, Report]]) -> None:
    task = asyncio.current_task()
    assert task is not None
    terminated = False

    def terminate() -> None:
        nonlocal terminated
        terminated = True
        task.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminate)
    live = LiveRows.on(sys.stderr, quiet=output.verbosity < 0)
    try:
        with live:
            # Closed here and now, also when a result cannot be written: a session may be under way.
            async with aclosing(start(live.show)) as found:
                async for index, report in found:
                    reports.append((index, report))
                    if output.format == "jsonl":
                        write(_render([report], output, Exit.OK))
    except asyncio.CancelledError:
        if terminated:
            raise Terminated from None
        raise


def _render(reports: list[Report], output: Output, code: int) -> str:
    from smtpprobe.renderers import Options, render
    from smtpprobe.words.wording import document

    options = Options(
        width=width_of(sys.stdout),
        color=wants_color(output.color, sys.stdout, os.environ),
        verbosity=output.verbosity,
        exit_code=code,
    )
    return render(document(reports, output.language), output.format, options)


def exit_code(reports: list[Report]) -> Exit:
    """By the worst verdict."""
    from smtpprobe.words.wording import VERDICTS, verdict_word

    worst = max(map(verdict_word, reports), key=VERDICTS.index, default="pass")
    return {"fail": Exit.FAILED, "error": Exit.INTERNAL}.get(worst, Exit.OK)
