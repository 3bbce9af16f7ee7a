"""What `explain`, `compare` and `codes` share: how an answer of the catalogue is shown."""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self, TypeVar

import click

from smtpprobe.cli.language import chosen_language
from smtpprobe.cli.options import Word, chosen_format, color_option, lang_option, standard_input

F = TypeVar("F", bound=Callable[..., Any])


class Shown(NamedTuple):
    """How to show it."""

    format: str
    language: str
    color: str

    @classmethod
    def by(cls, options: Mapping[str, Any]) -> Self:
        """What the options of a command say."""
        format = chosen_format(options["format_"], options["json_"])
        return cls(format, chosen_language(options["lang"], format), options["color"])


def lookup_options(function: F) -> F:
    """-f, --json, --lang and --color of the commands that look up."""
    from smtpprobe.renderers.lookups import FORMATS

    for option in (
        lang_option,
        color_option,
        click.option("--json", "json_", is_flag=True, help="The same as --format json (smtpprobe schema)."),
        click.option("-f", "--format", "format_", type=Word(tuple(FORMATS)), help="How to show it (text)."),
    ):
        function = option(function)
    return function


def show(part: str, found: Any, shown: Shown) -> int:
    """Lay out what was found with a function of renderers.lookups, and write it."""
    from smtpprobe.cli.output import wants_color, width_of, write
    from smtpprobe.renderers import Options
    from smtpprobe.renderers.lookups import layout
    from smtpprobe.words.texts import words_in

    options = Options(width_of(sys.stdout), color=wants_color(shown.color, sys.stdout, os.environ))
    write(getattr(layout(shown.format), part)(found, words_in(shown.language), options))
    return 0


def read_standard_input() -> str:
    """What is pasted there; it is refused whole if it is more than a reply can be."""
    from smtpprobe.pasted import MAX_CHARACTERS

    text = standard_input(MAX_CHARACTERS + 1)
    if len(text) > MAX_CHARACTERS:
        raise click.UsageError(
            f"standard input is longer than {MAX_CHARACTERS // 1024} KiB: paste the replies in question"
        )
    return text
