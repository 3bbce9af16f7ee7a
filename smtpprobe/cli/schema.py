"""smtpprobe schema: the JSON Schema of what programs read."""

import click

from smtpprobe.cli.options import Word
from smtpprobe.schemas import NAMES


@click.command(short_help="The JSON Schema of a command's JSON.")
@click.argument("name", type=Word(NAMES, "name"))
def command(name: str) -> int:
    """Print the JSON Schema of NAME's JSON."""
    from smtpprobe.cli.output import write
    from smtpprobe.schemas import text

    write(text(name))
    return 0
