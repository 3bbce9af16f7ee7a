"""smtpprobe explain: what a code, a reply, a keyword or an id means. No network."""

import click

from smtpprobe.cli.lookups import Shown, lookup_options, read_standard_input, show
from smtpprobe.cli.options import Word

STEPS = ("greeting", "ehlo", "helo", "starttls", "help", "auth", "mail", "rcpt", "data", "quit")


@click.command(short_help="What a reply code, a reply or a keyword means.")
@click.argument("what", nargs=-1, required=True)
@click.option("--step", type=Word(STEPS, "step"), help="Where the reply was seen.")
@lookup_options
def command(what: tuple[str, ...], step: str | None, **options: str | bool | None) -> int:
    """Explain WHAT: a reply code (535), an enhanced code (5.7.8), a whole reply or a line of a log with
    one, an EHLO line, a SASL mechanism, a finding or a cause. - reads from standard input.

    \b
      smtpprobe explain 454 --step starttls
      smtpprobe explain 535 5.7.8 Error: authentication failed
      smtpprobe explain STARTTLS CRAM-MD5
    """
    from smtpprobe.explaining import ExplainError, explain, stands_alone
    from smtpprobe.pasted import split_text, split_words

    shown = Shown.by(options)
    try:
        pasted = what == ("-",)
        things = (
            split_text(read_standard_input(), stands_alone) if pasted else split_words(what, stands_alone)
        )
        answers = [explain(thing, step=step, language=shown.language) for thing in things]
    except ExplainError as error:
        raise click.UsageError(str(error)) from None
    return show("answers", answers, shown)
