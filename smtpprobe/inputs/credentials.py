"""Where the secret of a login comes from.

A password is never an option's value: it would stand in process lists and histories. It comes from
exactly one place:

    --password-file PATH         a file, or standard input (`-`)
    SMTPPROBE_PASSWORD           a variable of the environment
    user:password@ in a target   works; the reader of targets warns
    a prompt                     where there is a terminal, and nothing else is given

Two of the first three at once is an error rather than a silent order of precedence: a person who debugs
a login has to know which password was tried, and a wrong one tried again can lock the account.
The variable alone, without a user, is no mistake: it may be there for other calls.

No message and no exception here holds the secret, nor does one in the chain behind it. A UnicodeDecodeError
would, it carries the bytes that it failed on; so what is no UTF-8 is let through as surrogates (PEP 383), as
the environment does it, and looked for afterwards.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from smtpprobe.display import visible
from smtpprobe.request import Credentials

__all__ = ["LARGEST_FILE", "VARIABLE", "CredentialsError", "read_password_file", "resolve_password"]

VARIABLE = "SMTPPROBE_PASSWORD"
LARGEST_FILE = 1 << 20
_SHOWN = 300


class CredentialsError(ValueError):
    """A login that cannot be tried. Its str is one line for a person and never holds the secret."""


def resolve_password(
    *,
    user: str | None,
    password_file: str | None,
    url_password: str | None,
    environ: Mapping[str, str],
    stdin: BinaryIO,
    prompt: Callable[[str], str] | None,
) -> Credentials | None:
    """The login for `user`, its secret from the one place that has it; None without a user.

    `prompt` asks a person at a terminal; None is where there is no terminal. What it raises when it
    is interrupted passes through. Raises CredentialsError for no source, for two, for a source
    without a user, and for a user name or secret that cannot be one.
    """
    given = {
        "--password-file": password_file is not None,
        f"the variable {VARIABLE}": VARIABLE in environ,
        "the password in the target": url_password is not None,
    }
    sources = [name for name, there in given.items() if there]
    if user is None:
        _check_nobody(sources)
        return None
    _check_user(user)
    if len(sources) > 1:
        raise CredentialsError(f"{_listed(sources)} give a password at once; leave only one of them")
    if password_file is not None:
        secret = read_password_file(password_file, stdin)
    elif VARIABLE in environ:
        secret = _usable(environ[VARIABLE], sources[0])
    elif url_password is not None:
        secret = _usable(url_password, sources[0])
    elif prompt is not None:
        secret = _usable(prompt(f"Password for {visible(user, _SHOWN)}: "), "the password typed")
    else:
        raise CredentialsError(
            f'there is no password for the user "{visible(user, _SHOWN)}"; give --password-file PATH '
            f"(- is standard input), set the variable {VARIABLE}, or run it on a terminal to be asked"
        )
    return Credentials(user, secret)


def read_password_file(path_or_dash: str, stdin: BinaryIO) -> str:
    """The secret in a file, or on standard input (`-`), without one final line end (LF or CRLF).

    Raises CredentialsError if it cannot be read, is too large, or holds nothing that can be a secret.
    """
    if path_or_dash == "-":
        source = "standard input (--password-file -)"
    else:
        source = f'the password file "{visible(path_or_dash, _SHOWN)}"'
    try:
        raw = _read_some(path_or_dash, stdin)
    except (OSError, ValueError) as error:
        # ValueError: a NUL in the path, or a standard input that was closed.
        problem = getattr(error, "strerror", None) or visible(str(error), _SHOWN)
        raise CredentialsError(f"{source} cannot be read: {problem}") from None
    if len(raw) > LARGEST_FILE:
        raise CredentialsError(f"{source} is larger than 1 MiB; that is no password")
    return _usable(_without_line_end(raw).decode("utf-8", "surrogateescape"), source)


def _read_some(path_or_dash: str, stdin: BinaryIO) -> bytes:
    """At most one octet more than is allowed, so that an endless file costs nothing."""
    if path_or_dash == "-":
        return stdin.read(LARGEST_FILE + 1)
    with Path(path_or_dash).open("rb") as file:
        return file.read(LARGEST_FILE + 1)


def _without_line_end(raw: bytes) -> bytes:
    """Editors and `echo` end the line; a blank or a second line end may be meant, and stays."""
    if raw.endswith(b"\n"):
        return raw.removesuffix(b"\n").removesuffix(b"\r")
    return raw


def _usable(secret: str, source: str) -> str:
    """The secret, if it can be one."""
    if not secret:
        raise CredentialsError(f"{source} is empty; a login needs a password")
    if "\0" in secret:
        # RFC 4616 2: NUL is what divides a PLAIN message. A file in UTF-16 is full of them.
        raise CredentialsError(f"{source} holds a NUL character; a password cannot, save it as plain UTF-8")
    if _has_lone_bytes(secret):
        raise CredentialsError(f"{source} is not valid UTF-8; save it as plain UTF-8")
    return secret


def _check_user(user: str) -> None:
    if not user:
        raise CredentialsError("the user name is empty; give one with -u NAME")
    shown = visible(user, _SHOWN)
    if any(character < " " or "\x7f" <= character <= "\x9f" for character in user):
        raise CredentialsError(f'the user name "{shown}" holds a control character; type it anew')
    if _has_lone_bytes(user):
        raise CredentialsError(f'the user name "{shown}" is not valid UTF-8; type it anew')


def _check_nobody(sources: list[str]) -> None:
    """Without a user, only the variable may be there."""
    asked = [source for source in sources if VARIABLE not in source]
    if asked:
        raise CredentialsError(f"{_listed(asked)} is given, but no user; name one with -u NAME")


def _has_lone_bytes(text: str) -> bool:
    """Whether bytes that are no UTF-8 became surrogates in it."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def _listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
