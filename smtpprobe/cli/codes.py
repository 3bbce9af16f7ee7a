"""smtpprobe codes: the catalogue as a list. No network."""

import click

from smtpprobe.cli.lookups import Shown, lookup_options, show
from smtpprobe.cli.options import Word
from smtpprobe.listing import STANDINGS
from smtpprobe.words.texts import languages


@click.command(short_help="The catalogue of replies as a list.")
@click.option("--class", "digit", type=Word(("2", "3", "4", "5")), help="Codes with this first digit.")
@click.option("--command", "command_", metavar="NAME", help="Codes that answer a command: AUTH, RCPT ...")
@click.option("--standing", type=Word(STANDINGS, "standing"), help="Who vouches for them.")
@click.option(
    "--untranslated",
    type=Word(languages()[1:], "language"),
    help="Entries whose words a language lacks, or has only for older English ones.",
)
@lookup_options
def command(
    digit: str | None,
    command_: str | None,
    standing: str | None,
    untranslated: str | None,
    **options: str | bool | None,
) -> int:
    """List what the catalogue knows: reply codes, enhanced status codes, EHLO keywords, SASL
    mechanisms, findings and causes. -f markdown writes the whole page.

    \b
      smtpprobe codes --class 4 --command AUTH
      smtpprobe codes --standing folklore --json
    """
    from smtpprobe import listing
    from smtpprobe.cli.group import did_you_mean

    shown = Shown.by(options)
    if command_ and command_.upper() not in listing.commands():
        near = did_you_mean(command_, listing.commands())
        raise click.UsageError(f"no reply of the catalogue answers {command_!r}{near}")
    if untranslated:
        if digit or command_ or standing:
            raise click.UsageError("--untranslated lists what a language lacks: leave out the filters")
        return show("listing", listing.untranslated(untranslated), shown)
    found = listing.codes(digit=digit, command=command_, standing=standing, language=shown.language)
    return show("listing", found, shown)
