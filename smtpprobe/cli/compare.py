"""smtpprobe compare: two codes side by side. No network."""

import click

from smtpprobe.cli.lookups import Shown, lookup_options, show


@click.command(short_help="Two reply codes side by side.")
@click.argument("a")
@click.argument("b")
@lookup_options
def command(a: str, b: str, **options: str | bool | None) -> int:
    """Compare two codes, basic (535) or enhanced (5.7.8): what each means, what sets them apart, and
    what to do when one comes where the other was expected.

    \b
      smtpprobe compare 235 535
      smtpprobe compare 421 450 -f markdown
    """
    from smtpprobe.comparing import compare
    from smtpprobe.explaining import ExplainError

    shown = Shown.by(options)
    try:
        found = compare(a, b, language=shown.language)
    except ExplainError as error:
        raise click.UsageError(str(error)) from None
    return show("comparison", found, shown)
