"""A secret in a file, or on standard input."""

from pathlib import Path
from typing import BinaryIO

from smtpprobe.display import visible
from smtpprobe.inputs.credentials.content import LARGEST, SHOWN, CredentialsError, from_octets, noun


def read_file(path_or_dash: str, stdin: BinaryIO, *, token: bool = False) -> str:
    """The secret in a file, or on standard input (`-`), without one final line end.

    Raises CredentialsError if it cannot be read, is too large, or holds nothing that can be a secret.
    """
    if path_or_dash == "-":
        source = f"standard input (--{noun(token)}-file -)"
    else:
        source = f'the {noun(token)} file "{visible(path_or_dash, SHOWN)}"'
    try:
        raw = _read_some(path_or_dash, stdin)
    except (OSError, ValueError) as error:
        # ValueError: a NUL in the path, or a standard input that was closed.
        problem = getattr(error, "strerror", None) or visible(str(error), SHOWN)
        raise CredentialsError(f"{source} cannot be read: {problem}") from None
    return from_octets(raw, source, token=token)


def _read_some(path_or_dash: str, stdin: BinaryIO) -> bytes:
    """At most one octet more than is allowed, so that an endless file costs nothing."""
    if path_or_dash == "-":
        return stdin.read(LARGEST + 1)
    with Path(path_or_dash).open("rb") as file:
        return file.read(LARGEST + 1)
