r"""The notation of dialogues: one line for each thing that was said or that happened.

    *: connect 192.0.2.25
    S: 220 mail.example ESMTP
    C: EHLO client.example
    0.031 S: 250-mail.example
    0.031 S+: 250 SIZE 52428800

docs/notation.md is the whole of it. This module knows the lines and nothing of what they mean:
`parse` and `format_line` are each other's inverse. `reader` makes a record of a dialogue, `writer`
a dialogue of a record, and demo.player acts one out.
"""

import re
import shlex
from dataclasses import dataclass

from smtpprobe.display import visible

MAX_REPEAT = 100_000


class NotationError(ValueError):
    """A line that is no line of the notation; says which and why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `data` are the octets of `C` and `S`, their ending included; `words` those of `*`."""

    side: str
    data: bytes = b""
    words: tuple[str, ...] = ()
    joined: bool = False
    """In the same packet as the line above."""
    at: float | None = None


Dialogue = tuple[Line, ...]


def event(at: float | None, *words: str) -> Line:
    """A `*` line."""
    return Line("*", words=words, at=at)


_LINE = re.compile(r"(?:(?P<at>\d+\.\d+) +)?(?P<side>[CS*])(?P<marks>\+?-?):(?: (?P<text>.*))?")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(\\)|(.?))")


def parse(text: str) -> Dialogue:
    """Read a dialogue. Raises NotationError."""
    lines: list[Line] = []
    for number, row in enumerate(text.splitlines(), 1):
        if not row.strip() or row.startswith("#"):
            continue
        try:
            line = parse_line(row)
            lines += [line] if line.words[:1] != ("repeat",) else _repeated(line, lines[-1:])
        except NotationError as error:
            raise NotationError(f"line {number}: {error}") from None
    return tuple(lines)


def _repeated(line: Line, above: list[Line]) -> list[Line]:
    """`*: repeat N`: the server's line above it, as often as it takes to make N."""
    count = line.words[1] if len(line.words) == 2 else ""
    if not above or above[0].side != "S" or not re.fullmatch(r"[0-9]{1,6}", count):
        raise NotationError("'repeat' wants a number, and the server's line above it")
    return above * (min(int(count), MAX_REPEAT) - 1)


def parse_line(row: str) -> Line:
    """Read one line. Raises NotationError."""
    found = _LINE.fullmatch(row)
    if not found:
        raise NotationError("a line begins with 'C:', 'S:' or '*:', perhaps after a time")
    at = float(found["at"]) if found["at"] else None
    text = found["text"] or ""
    if found["side"] == "*":
        try:
            words = tuple(shlex.split(text))
        except ValueError as error:
            raise NotationError(str(error)) from None
        if not words:
            raise NotationError("'*:' says nothing")
        return Line("*", words=words, at=at)
    ending = b"" if "-" in found["marks"] else b"\r\n"
    return Line(found["side"], unescape(text) + ending, joined="+" in found["marks"], at=at)


def format_line(line: Line) -> str:
    """Write one line."""
    at = "" if line.at is None else f"{line.at:.6f} "
    if line.side == "*":
        return f"{at}*: {' '.join(map(quote, line.words))}"
    ended = line.data.endswith(b"\r\n")
    marks = ("+" if line.joined else "") + ("" if ended else "-")
    return f"{at}{line.side}{marks}: {escape(line.data[:-2] if ended else line.data)}".rstrip(" ")


def quote(word: str) -> str:
    """A word of a `*` line, quoted where it has to be; what would break the line is escaped visibly."""
    return shlex.quote(visible(word))


def escape(data: bytes) -> str:
    """Octets as the text of a `C` or `S` line."""
    text = "".join(
        chr(octet) if 0x20 <= octet < 0x7F else f"\\x{octet:02x}" for octet in data.replace(b"\\", b"\\\\")
    )
    # A blank at the end would be lost in many an editor.
    return text[:-1] + r"\x20" if text.endswith(" ") else text


def unescape(text: str) -> bytes:
    """The octets that a text stands for. Raises NotationError for an escape that is none."""
    out, at = bytearray(), 0
    for found in _ESCAPE.finditer(text):
        if found[3] is not None:
            raise NotationError(rf"'\{found[3]}' is no escape: write \xNN or \\")
        out += text[at : found.start()].encode()
        out += b"\\" if found[2] else bytes.fromhex(found[1])
        at = found.end()
    return bytes(out + text[at:].encode())
