"""Where results go: standard output is the result alone, standard error everything else.

A result is written whole or not at all. A reader that went away is no error, and the verdict's exit
code stands; a disk that is full is one, and says so.
"""

import errno
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from smtpprobe.display import visible

if TYPE_CHECKING:
    from pathlib import Path

WIDEST = 120


class OutputError(Exception):
    """A result could not be written; says which and why."""


def complain(message: str) -> None:
    """One line on standard error."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"smtpprobe: {visible(message, 1000)}\n")
        sys.stderr.flush()


def write(text: str) -> None:
    """The result, to standard output."""
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # What was not written must not be tried again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputError(f"cannot write the result: {reason(error)}") from None


def write_file(path: "Path", text: str) -> None:
    """A result to a file: replaced atomically if it is a regular one, written in place if it is not."""
    import shutil
    import tempfile
    from pathlib import Path

    path = path.resolve() if path.is_file() else path  # a link stays, what it points to is replaced
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")
            return
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            if path.exists():
                shutil.copymode(path, name)
            else:
                Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink()
            raise
    except OSError as error:
        raise OutputError(f"cannot write {str(path)!r}: {reason(error)}") from None


def check_writable(path: "Path") -> str | None:
    """Why a result could not be written there, as far as can be seen beforehand."""
    if path.is_dir():
        return f"{str(path)!r} is a folder, name a file in it"
    if not path.parent.is_dir():
        return f"there is no folder for {str(path)!r}, make it first"
    target = path if path.exists() and not path.is_file() else path.parent
    return None if os.access(target, os.W_OK) else f"{str(path)!r} may not be written"


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def reason(error: OSError) -> str:
    """The system's words for an error, and what to do where that is plain."""
    hints = {errno.ENOSPC: "; free some space", errno.ENOENT: "; make the folder first"}
    return f"{(error.strerror or str(error)).lower()}{hints.get(error.errno or 0, '')}"


def width_of(stream: TextIO) -> int | None:
    """Columns of the terminal behind a stream; None if there is none."""
    if not stream.isatty():
        return None
    import shutil

    return max(min(shutil.get_terminal_size().columns, WIDEST), 20)


def wants_color(choice: str, stream: TextIO, environ: Mapping[str, str]) -> bool:
    """One order: --color, NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, TERM=dumb, and then: is it a terminal?"""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        if environ.get(name, "0") not in ("", "0"):
            return True
    return environ.get("TERM") != "dumb" and stream.isatty()
