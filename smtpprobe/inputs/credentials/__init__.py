"""Where the secret of a login comes from.

A password or a token is never an option's value: it would stand in process lists and histories. It comes
from exactly one place:

    --password-file PATH         a file, or standard input (`-`)                  files
    --password-command CMD       what a command prints                            commands
    --netrc                      ~/.netrc, or the file that NETRC names           netrc_file
    SMTPPROBE_PASSWORD           a variable of the environment
    user:password@ in a target   works; the reader of targets warns
    --token-file PATH            the same for an OAuth 2 access token
    --token-command CMD
    SMTPPROBE_TOKEN
    a prompt                     for a password, where there is a terminal, and nothing else is given

Two at once is an error rather than a silent order of precedence: a person who debugs a login has to know
which secret was tried, and a wrong one tried again can lock the account. A variable alone, without a user,
is no mistake: it may be there for other calls.

No message and no exception here holds the secret, nor does one in the chain behind it (`content`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from smtpprobe.display import visible
from smtpprobe.inputs.credentials.commands import read_command
from smtpprobe.inputs.credentials.content import SHOWN, CredentialsError, check_user, from_text, noun
from smtpprobe.inputs.credentials.files import read_file
from smtpprobe.inputs.credentials.netrc_file import read_netrc
from smtpprobe.protocol.sasl import MECHANISMS
from smtpprobe.request import Credentials

__all__ = ["PASSWORD_VARIABLE", "TOKEN_VARIABLE", "Asked", "CredentialsError", "resolve_login"]

PASSWORD_VARIABLE = "SMTPPROBE_PASSWORD"  # noqa: S105
TOKEN_VARIABLE = "SMTPPROBE_TOKEN"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Asked:
    """What options and target say of a login. Commands may hold a secret, so no repr shows them."""

    user: str | None = None
    host: tuple[str, ...] = ()
    """The names of the one host that the login is for, as a netrc file may have it."""
    mechanism: str | None = None
    password_file: str | None = None
    password_command: str | None = field(default=None, repr=False)
    netrc: bool = False
    url_password: str | None = field(default=None, repr=False)
    token_file: str | None = None
    token_command: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Source:
    """A place that was given. `read` gives the user that stands there, if any, and the secret."""

    name: str
    token: bool
    read: Callable[[], tuple[str | None, str]]
    variable: bool = False


def resolve_login(
    asked: Asked, *, environ: Mapping[str, str], stdin: BinaryIO, prompt: Callable[[str], str] | None
) -> Credentials | None:
    """The login that was asked for, its secret from the one place that has it; None without a user.

    `prompt` asks a person at a terminal; None is where there is no terminal. What it raises when it
    is interrupted passes through. Raises CredentialsError for no source, for two, for a source
    without a user, for a mechanism that takes the other kind of secret, and for a user name or secret
    that cannot be one.
    """
    sources = tuple(_sources(asked, environ, stdin))
    if asked.user is None and not asked.netrc:
        _check_nobody(sources)
        return None
    if asked.user is not None:
        check_user(asked.user)
    source = _only(sources, asked, prompt)
    _check_mechanism(source, asked.mechanism)
    found, secret = source.read()
    return Credentials(asked.user or found or "", secret, source.token)


def _sources(asked: Asked, environ: Mapping[str, str], stdin: BinaryIO) -> Iterator[_Source]:
    """Every place that was given. None of them is read yet."""

    def by_file(path: str, token: bool) -> _Source:
        name = f"--{noun(token)}-file"
        return _Source(name, token, lambda: (None, read_file(path, stdin, token=token)))

    def by_command(command: str, token: bool) -> _Source:
        name = f"--{noun(token)}-command"
        return _Source(name, token, lambda: (None, read_command(command, name, token=token)))

    def by_text(text: str, name: str, token: bool, *, variable: bool = False) -> _Source:
        return _Source(name, token, lambda: (None, from_text(text, name, token=token)), variable)

    if asked.password_file is not None:
        yield by_file(asked.password_file, token=False)
    if asked.password_command is not None:
        yield by_command(asked.password_command, token=False)
    if asked.netrc:
        yield _Source("--netrc", False, lambda: read_netrc(environ, asked.host, asked.user))
    if asked.token_file is not None:
        yield by_file(asked.token_file, token=True)
    if asked.token_command is not None:
        yield by_command(asked.token_command, token=True)
    for variable, token in ((PASSWORD_VARIABLE, False), (TOKEN_VARIABLE, True)):
        if variable in environ:
            yield by_text(environ[variable], f"the variable {variable}", token, variable=True)
    if asked.url_password is not None:
        yield by_text(asked.url_password, "the password in the target", token=False)


def _only(sources: tuple[_Source, ...], asked: Asked, prompt: Callable[[str], str] | None) -> _Source:
    """The one source; a person, where there is none. Raises CredentialsError for two, and for nobody."""
    if len(sources) > 1:
        kinds = " and ".join(f"a {kind}" for kind in dict.fromkeys(noun(one.token) for one in sources))
        names = _listed([one.name for one in sources])
        raise CredentialsError(f"{names} give {kinds} at once; leave only one of them")
    if sources:
        return sources[0]
    user = visible(asked.user or "", SHOWN)
    if asked.mechanism and MECHANISMS[asked.mechanism].takes_token:
        raise CredentialsError(
            f'there is no token for the user "{user}", and {asked.mechanism} takes one; give --token-file '
            f"PATH (- is standard input) or --token-command CMD, or set the variable {TOKEN_VARIABLE}"
        )
    if prompt is None:
        raise CredentialsError(
            f'there is no password and no token for the user "{user}"; give --password-file PATH (- is '
            "standard input), --password-command CMD, --netrc, --token-file PATH or --token-command CMD, "
            f"set the variable {PASSWORD_VARIABLE} or {TOKEN_VARIABLE}, or run it on a terminal to be asked"
        )
    typed = "the password typed"
    return _Source(
        typed, False, lambda: (None, from_text(prompt(f"Password for {user}: "), typed, token=False))
    )


def _check_mechanism(source: _Source, mechanism: str | None) -> None:
    """A token is for some mechanisms, a password for the others (RFC 7628 3.1)."""
    if mechanism is None or MECHANISMS[mechanism].takes_token is source.token:
        return
    if source.token:
        others = [f"-m {name}" for name, one in MECHANISMS.items() if one.takes_token]
        raise CredentialsError(
            f"-m {mechanism} takes a password, and {source.name} gives a token; "
            f"use {_listed(others, 'or')} with it, or leave -m out"
        )
    raise CredentialsError(
        f"-m {mechanism} takes a token, and {source.name} gives a password; use --token-file PATH, "
        f"--token-command CMD or the variable {TOKEN_VARIABLE} instead"
    )


def _check_nobody(sources: tuple[_Source, ...]) -> None:
    """Without a user, only the variables may be there."""
    asked = [source.name for source in sources if not source.variable]
    if asked:
        verb = "is" if len(asked) == 1 else "are"
        raise CredentialsError(f"{_listed(asked)} {verb} given, but no user; name one with -u NAME")


def _listed(names: list[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), names[-1])))
