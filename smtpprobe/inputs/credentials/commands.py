"""A secret that a command prints: `pass show mail/me`, `gpg -qd FILE`, `oauth2-helper`.

The command is taken apart into words as a shell does it, but no shell runs it: nothing in it is expanded.
It gets no standard input and no terminal (a session of its own), so that one that would ask fails at once
instead of waiting for an answer that nobody sees it ask for; what it says on standard error goes where
ours goes. It has a minute; then it is killed with whatever it has started. What it prints is read up to
one octet more than is allowed, and only until it ends: a child that it leaves behind may hold the pipe
open for as long as it likes (`gpg` starts its agent so).

An error names the first word of the command and no other: a secret may stand among them.
"""

import contextlib
import os
import selectors
import shlex
import signal
import subprocess
import time

from smtpprobe.display import visible
from smtpprobe.inputs.credentials.content import LARGEST, SHOWN, CredentialsError, from_octets

SECONDS = 60.0
# How often to look whether it has ended while a child of it keeps the pipe open.
_LOOK = 0.05


def read_command(command: str, option: str, *, token: bool = False) -> str:
    """The secret that a command prints, without one final line end. `option` is where the command stood.

    Raises CredentialsError if the command cannot be started, fails, takes too long, or prints nothing that
    can be a secret.
    """
    words = _words(command, option)
    shown = f'"{visible(words[0], SHOWN)}"'
    named = f"{option}: {shown}"
    try:
        process = subprocess.Popen(  # noqa: S603  # the user's own command, and no shell to misread it
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
        )
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "it holds a NUL character"
        raise CredentialsError(f"{named} cannot be started: {problem} (no shell is used)") from None
    printed = _finish(process)
    if printed is None:
        raise CredentialsError(f"{named} had not ended after {SECONDS:g} s, and was stopped")
    if len(printed) <= LARGEST and process.returncode:
        raise CredentialsError(f"{named} {_how_it_ended(process.returncode)}; run it by hand to see why")
    return from_octets(printed, f"{option}: the output of {shown}", token=token)


def _words(command: str, option: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:  # says what is missing, and nothing of the text
        raise CredentialsError(f"{option}: the command cannot be taken apart: {error}") from None
    if not words or not words[0]:
        raise CredentialsError(f"{option} names no command")
    return words


def _finish(process: "subprocess.Popen[bytes]") -> bytes | None:
    """What it printed, to its end or to more than is allowed; None if it took too long."""
    assert process.stdout is not None
    printed = None
    try:
        printed = _read(process, process.stdout.fileno(), time.monotonic() + SECONDS)
    finally:
        if printed is None or len(printed) > LARGEST:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
    return printed


def _read(process: "subprocess.Popen[bytes]", pipe: int, end: float) -> bytes | None:
    printed = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while len(printed) <= LARGEST:
            ended = process.poll() is not None
            left = end - time.monotonic()
            if selector.select(0 if ended else max(min(left, _LOOK), 0)):
                if not (came := os.read(pipe, 65536)):
                    break
                printed += came
            elif ended:
                return bytes(printed)
            if left <= 0:
                return None
    try:
        if len(printed) <= LARGEST:  # it has closed its output, and may go on without
            process.wait(max(end - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return None
    return bytes(printed)


def _how_it_ended(code: int) -> str:
    if code > 0:
        return f"failed with exit code {code}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"
