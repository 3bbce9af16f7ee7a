"""smtpprobe explain: what a code, a reply, a keyword or an id means. No network."""

import os
import sys

import click

from smtpprobe.cli.options import Word, color_option, standard_input

STEPS = ("greeting", "ehlo", "helo", "starttls", "help", "auth", "mail", "rcpt", "data", "quit")


@click.command(short_help="What a reply code, a reply or a keyword means.")
@click.argument("what", nargs=-1, required=True)
@click.option(
    "--step",
    type=Word(
        ("greeting", "ehlo", "helo", "starttls", "help", "auth", "mail", "rcpt", "data", "quit"), "step"
    ),
    help="Where the reply was seen.",
)
@click.option("--json", "json_", is_flag=True, help="For programs (smtpprobe schema explain).")
@color_option
def command(what: tuple[str, ...], step: str | None, json_: bool, color: str) -> int:
    """Explain WHAT: a reply code (535), an enhanced code (5.7.8), a whole reply, an EHLO line, a SASL
    mechanism, a finding or a cause. - reads from standard input.

    \b
      smtpprobe explain 454 --step starttls
      smtpprobe explain 535 5.7.8 Error: authentication failed
      smtpprobe explain STARTTLS CRAM-MD5
    """
    from smtpprobe.cli.output import wants_color, width_of, write
    from smtpprobe.explaining import ExplainError, explain, split

    words = [standard_input(65536)] if what == ("-",) else split(what)
    try:
        answers = [explain(word, step=step) for word in words]
    except ExplainError as error:
        raise click.UsageError(str(error)) from None
    if json_:
        from smtpprobe.renderers.answers import to_json

        write(to_json(answers))
        return 0
    from smtpprobe.renderers.answers import to_text

    write(to_text(answers, width_of(sys.stdout), color=wants_color(color, sys.stdout, os.environ)))
    return 0
