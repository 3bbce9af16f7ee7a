"""The options that say who logs in, and with what; and the login that they and the targets come to."""

import getpass
import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from smtpprobe.inputs.credentials import Asked, CredentialsError, resolve_login
from smtpprobe.inputs.targets import Given
from smtpprobe.request import Credentials

F = TypeVar("F", bound=Callable[..., Any])


def credentials_options(function: F) -> F:
    """Who logs in, and where the secret comes from."""
    for option in reversed(
        (
            click.option("-u", "--user", metavar="NAME", help="Log in with this user name."),
            click.option(
                "--password-file",
                metavar="PATH",
                help="Password from a file, - is standard input. Else SMTPPROBE_PASSWORD, or a prompt.",
            ),
            click.option(
                "--password-command",
                metavar="CMD",
                help="Password from what a command prints within a minute; run without a shell.",
            ),
            click.option(
                "--netrc",
                is_flag=True,
                help="Password, and user if none is given, from ~/.netrc or the file that NETRC names.",
            ),
            click.option(
                "--token-file",
                metavar="PATH",
                help="OAuth access token from a file, - is standard input. Else SMTPPROBE_TOKEN.",
            ),
            click.option(
                "--token-command", metavar="CMD", help="OAuth access token from what a command prints."
            ),
        )
    ):
        function = option(function)
    return function


def wants_login(options: dict[str, Any]) -> bool:
    """The options name a user, or where one is to be found."""
    return options["user"] is not None or bool(options["netrc"])


def from_standard_input(options: dict[str, Any]) -> str | None:
    """What of a login comes from standard input: `password`, `token`, or None."""
    return next((kind for kind in ("password", "token") if options[f"{kind}_file"] == "-"), None)


def read_credentials(
    given: list[Given], options: dict[str, Any], mechanism: str | None
) -> Credentials | None:
    """The login, if one was asked for. One secret goes to one host."""
    users = {one.user for one in given if one.user is not None} | (
        {options["user"]} if options["user"] is not None else set()
    )
    if len(users) > 1:
        raise click.UsageError("two user names at once: give one, with -u or in the target")
    hosts = {one.target.host for one in given}
    if (users or options["netrc"]) and len(hosts) > 1:
        raise click.UsageError(
            f"one login for {len(hosts)} hosts: a secret goes to one host only. Probe them one by one"
        )
    passwords = {one.password for one in given if one.password is not None}
    if len(passwords) > 1:
        raise click.UsageError("two passwords at once: give one")
    if mechanism and not (users or options["netrc"]):
        raise click.UsageError("--mechanism without a user: add -u NAME")
    asked = Asked(
        user=next(iter(users), None),
        host=tuple(
            dict.fromkeys(name for one in given for name in (one.target.host, one.target.name) if name)
        ),
        mechanism=mechanism,
        password_file=options["password_file"],
        password_command=options["password_command"],
        netrc=options["netrc"],
        url_password=next(iter(passwords), None),
        token_file=options["token_file"],
        token_command=options["token_command"],
    )
    return _resolve(asked)


def _resolve(asked: Asked) -> Credentials | None:
    prompt = getpass.getpass if sys.stdin.isatty() else None
    try:
        return resolve_login(asked, environ=os.environ, stdin=sys.stdin.buffer, prompt=prompt)
    except EOFError:
        raise click.UsageError("no password was typed") from None
    except CredentialsError as error:
        raise click.UsageError(str(error)) from None
