"""A login in a netrc file: `machine mail.example login me password ...`.

The file is the one that the variable NETRC names, or ~/.netrc. It is read by the standard library, and
only if it is ours and nobody else's to read, as ftp has it from of old. Of several entries for one host
the last is taken, as the standard library does it; an entry `default` is for every host that has none.

No message shows anything of the file but its name and a line's number. The errors of the standard
library are not kept in the chain: they quote the word that they did not understand.
"""

import netrc
import os
import shlex
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from smtpprobe.display import visible
from smtpprobe.inputs.credentials.content import (
    LARGEST,
    SHOWN,
    CredentialsError,
    fault_of_user,
    from_text,
)

Entry = tuple[str, str, str]


def read_netrc(environ: Mapping[str, str], names: Iterable[str], user: str | None) -> tuple[str, str]:
    """User name and password for the first of a host's names that has an entry; `user` has to be its user.

    Raises CredentialsError for a file that cannot be read or is not private, and for an entry that is
    missing, has no password, or is another user's.
    """
    path = _path(environ)
    file = f'the netrc file "{visible(str(path), SHOWN)}"'
    _check_private(path, file)
    login, password = _entry(_entries(path, file), tuple(names), file)
    if user is None and not login:
        raise CredentialsError(f"{file} names no user for this host; name one with -u NAME")
    if user is not None and login and login != user:
        # The other user's password, tried with this name, would only count as a failed login.
        raise CredentialsError(
            f'{file} has a password for this host, but not for "{visible(user, SHOWN)}"; '
            "leave out the user name, or add an entry for it as the last of this host"
        )
    if problem := fault_of_user(login):
        raise CredentialsError(f"the user name in {file} {problem}")
    return user or login, from_text(password, f"the password in {file}", token=False)


def _path(environ: Mapping[str, str]) -> Path:
    if named := environ.get("NETRC"):
        return Path(named)
    try:
        return Path("~/.netrc").expanduser()
    except RuntimeError:
        raise CredentialsError("--netrc: there is no home directory; name the file with NETRC") from None


def _check_private(path: Path, file: str) -> None:
    """Raises CredentialsError for a file that others can read, or that is somebody else's."""
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or visible(str(error), SHOWN)
        raise CredentialsError(f"{file} cannot be read: {problem}") from None
    if not stat.S_ISREG(found.st_mode):
        raise CredentialsError(f"{file} is no regular file")
    if found.st_uid != os.geteuid():
        raise CredentialsError(
            f"{file} belongs to somebody else (user id {found.st_uid}); name one of your own with NETRC"
        )
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mode, shown = stat.S_IMODE(found.st_mode), visible(shlex.quote(str(path)), SHOWN)
        raise CredentialsError(f"{file} is open to others (mode {mode:04o}); run: chmod 600 {shown}")


def _entries(path: Path, file: str) -> Mapping[str, Entry]:
    """The entries by host, in lower case."""
    problem = "is not valid UTF-8; save it as plain UTF-8"
    try:
        with path.open("rb") as opened:
            raw = opened.read(LARGEST + 1)
        if len(raw) > LARGEST:
            problem = "is larger than 1 MiB; that is no netrc file"
        elif raw.decode("utf-8", "ignore").encode() == raw:
            found: Mapping[str, Entry] = netrc.netrc(str(path)).hosts
            return {host.lower(): entry for host, entry in found.items()}
    except netrc.NetrcParseError as error:
        problem = f"cannot be understood near line {error.lineno}: expected are machine, login and password"
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    # Here, not in the except clause: the chain of the new error holds nothing of the file.
    raise CredentialsError(f"{file} {problem}")


def _entry(entries: Mapping[str, Entry], names: tuple[str, ...], file: str) -> tuple[str, str]:
    """User name and password for one of the names of a host."""
    for name in (*names, "default"):
        if entry := entries.get(name.lower()):
            break
    else:
        raise CredentialsError(
            f"{file} has no entry for this host; add 'machine {visible(names[0], SHOWN)} login USER "
            "password PASSWORD' to it"
        )
    login, _account, password = entry
    if not password:
        raise CredentialsError(f"{file} has an entry for this host, but no password in it")
    return login, password
