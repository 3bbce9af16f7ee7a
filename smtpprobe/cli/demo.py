"""smtpprobe demo: an embedded server, and a session with it."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import click

from smtpprobe.cli.options import Word, output_options
from smtpprobe.demo.faults import FAULTS
from smtpprobe.judgement import Report
from smtpprobe.record import Step
from smtpprobe.request import Target


@click.command(short_help="See a session, or a failure, without a server.")
@click.option("--fault", type=Word(tuple(FAULTS), "name"), help="Show one failure (see --list).")
@click.option("--list", "list_", is_flag=True, help="Name the failures that can be shown.")
@output_options
def command(fault: str | None, list_: bool, **options: Any) -> int:
    """Start an embedded mail server on loopback and probe it, so that everything can be seen without
    any set-up.

    \b
      smtpprobe demo
      smtpprobe demo --fault certificate-expired
    """
    from smtpprobe.cli.output import write
    from smtpprobe.cli.sessions import Output, hold_sessions

    if list_:
        width = max(map(len, FAULTS))
        write("".join(f"{name:<{width}}  {one.title}\n" for name, one in FAULTS.items()))
        return 0
    output = Output.by(options)

    def start(observe: Callable[[Target, Step], None]) -> AsyncGenerator[tuple[int, Report], None]:
        return _probe(fault, observe)

    return hold_sessions(start, output)


async def _probe(
    fault: str | None, observe: Callable[[Target, Step], None]
) -> AsyncGenerator[tuple[int, Report], None]:
    from smtpprobe.demo.faults import start
    from smtpprobe.prober import probe_all

    async with start(fault) as demo:
        async for found in probe_all([demo.target], demo.plan, demo.credentials, observe=observe):
            yield found
