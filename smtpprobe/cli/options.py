"""Options that several commands share, and the types that turn their text into values.

Every value is checked here, before anything is probed; what is wrong is said with the nearest right
word.
"""

import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from smtpprobe.cli.group import did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

F = TypeVar("F", bound=Callable[..., Any])


class Word(click.ParamType):
    """One of a few words; a wrong one is answered with the nearest."""

    def __init__(self, words: Sequence[str], name: str = "word") -> None:
        self.words, self.name = tuple(str(word) for word in words), name

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        return "|".join(self.words) if len(self.words) <= 8 else None

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).lower()
        if text not in self.words:
            some = "" if len(self.words) > 12 else f" (one of {', '.join(self.words)})"
            self.fail(f"{value!r} is not known{did_you_mean(text, self.words)}{some}", param, ctx)
        return text


class Seconds(click.ParamType):
    """A time in seconds, above zero."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds <= 86400:
            self.fail(f"{value!r} is no time: give seconds, above 0 and at most 86400", param, ctx)
        return seconds


class Number(click.ParamType):
    """A whole number within bounds."""

    name = "number"

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if not (re.fullmatch(r"[0-9]{1,9}", text) and self.least <= int(text) <= self.most):
            self.fail(f"{value!r}: give a whole number from {self.least} to {self.most}", param, ctx)
        return int(text)


class Address(click.ParamType):
    """An IP address of ours."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        import ipaddress

        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            self.fail(f"{value!r} is no IP address", param, ctx)


class HelloName(click.ParamType):
    """What to say in EHLO: one word of printable ASCII (RFC 5321 4.1.1.1)."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"[!-~]{1,255}", value):
            self.fail(
                f"{value!r} cannot be said in EHLO: one word of at most 255 ASCII characters, "
                "a full host name or an [address]",
                param,
                ctx,
            )
        return str(value)


class ServerName(click.ParamType):
    """A name to ask for in the TLS handshake: a host as it may stand in a target."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from smtpprobe.inputs.targets import TargetError, read_target

        try:
            return read_target(f"smtp://{value}:25").target.host
        except TargetError:
            self.fail(f"{value!r} is no host name", param, ctx)


class Pin(click.ParamType):
    """The fingerprint of a certificate, as smtpprobe and openssl show it."""

    name = "sha256:hex"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        digits = re.sub(r"^sha256[:/=]|:", "", str(value).lower())
        if not re.fullmatch(r"[0-9a-f]{64}", digits):
            self.fail(f"{value!r} is no fingerprint: sha256: and 64 hex digits", param, ctx)
        return f"sha256:{digits}"


class FindingId(click.ParamType):
    """The id of a finding, as reports show it."""

    name = "finding"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from smtpprobe.checks import finding_ids

        if value not in finding_ids():
            self.fail(f"no finding is called {value!r}{did_you_mean(value, finding_ids())}", param, ctx)
        return str(value)


def output_options(function: F) -> F:
    """How a result is shown: the same for every command that has reports."""
    from pathlib import Path

    from smtpprobe.renderers import RENDERERS

    for option in reversed(
        (
            click.option(
                "-f",
                "--format",
                "format_",
                type=Word(tuple(RENDERERS)),
                help="How to show the result (text).",
            ),
            click.option("--json", "json_", is_flag=True, help="The same as --format json."),
            click.option("-q", "quiet", is_flag=True, help="Nothing on pass; else verdict and diagnosis."),
            click.option(
                "-v",
                "verbose",
                count=True,
                help="The whole transcript, explained; -vv octets too.",
            ),
            click.option(
                "--record",
                type=click.Path(path_type=Path, dir_okay=False),
                metavar="FILE",
                help="Write the session down (docs/notation.md).",
            ),
            color_option,
            lang_option,
        )
    ):
        function = option(function)
    return function


def lang_option(function: F) -> F:
    """--lang, for every command that words a result."""
    from smtpprobe.words.texts import languages

    return click.option(
        "--lang",
        type=Word(languages(), "language"),
        help="The language (for text on a terminal by LC_ALL, LC_MESSAGES, LANG; else en).",
    )(function)


def color_option(function: F) -> F:
    """--color, for every command that has text."""
    return click.option(
        "--color",
        type=Word(("auto", "always", "never")),
        default="auto",
        help="auto heeds NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, TERM and the terminal, in this order.",
    )(function)


def check_record(record: "Path | None") -> None:
    """A session that cannot be written down is not begun: it may spend the one login."""
    from smtpprobe.cli.output import check_writable

    if record and (problem := check_writable(record)):
        raise click.UsageError(f"--record: {problem}")


def standard_input(most: int) -> str:
    """What stands on standard input, at most so many octets of it; any octets are taken."""
    return sys.stdin.buffer.read(most).decode("utf-8", "surrogateescape")


def chosen_format(format_: str | None, json_: bool) -> str:
    """--format and --json as one."""
    if json_ and format_ not in (None, "json"):
        raise click.UsageError(f"--json and --format {format_} at once: choose one")
    return "json" if json_ else format_ or "text"


def check_quiet(quiet: bool, verbose: int) -> int:
    """-q and -v as one number."""
    if quiet and verbose:
        raise click.UsageError("-q and -v at once: choose one")
    return -1 if quiet else min(verbose, 2)
