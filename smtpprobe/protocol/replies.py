"""Bytes in, replies out, and nothing lost on the way.

A reply is one or more lines of a three digit code, a hyphen where more lines follow or a space
where none do, and text (RFC 5321 4.2). Real servers, and things that are no SMTP server at all,
send everything else too. So the parser here is total: whatever arrives becomes a `Reply`, the
oddities are kept beside it as `Violation` facts for somebody else to judge, and the same bytes
give the same replies however the network cut them. It never raises and never holds more than
`MAX_REPLY_OCTETS`.

Two rules decide the hard cases. Only LF ends a line (a lone CR is text): a server that doubles its
CR is still understood, and no reply depends on when its bytes came. And the last line's code is the
reply's code where the lines disagree: postscreen says `220-wait` and then `521 go away`.
"""

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum

MAX_REPLY_OCTETS = 64 * 1024
MAX_REPLY_LINES = 1000
# RFC 5321 4.5.3.1.5: the whole reply line, code and CRLF included.
MAX_LINE_OCTETS = 512


class Violation(StrEnum):
    """A way in which a reply is not what RFC 5321 4.2 describes."""

    NO_CODE = "no-code"
    """A line that does not begin with three digits."""
    NO_SEPARATOR = "no-separator"
    """Text directly behind the code, or something else than a space or a hyphen between them."""
    CODE_OUT_OF_RANGE = "code-out-of-range"
    """First digit not 2 to 5, or second not 0 to 5 (RFC 5321 4.2, Reply-code)."""
    MIXED_CODES = "mixed-codes"
    """The lines of one reply bear different codes (RFC 5321 4.2.1)."""
    BARE_LF = "bare-lf"
    """A line ends with LF alone (RFC 5321 2.3.8)."""
    BARE_CR = "bare-cr"
    """A CR that no LF follows (RFC 5321 2.3.8)."""
    NUL = "nul"
    CONTROL = "control"
    """A control character other than TAB in the text: it could command a terminal."""
    NOT_ASCII = "not-ascii"
    """An octet above 127 in the text (RFC 5321 4.2, textstring)."""
    LINE_TOO_LONG = "line-too-long"
    ENDLESS = "endless"
    """More octets or lines than any honest reply has: what follows was not read."""
    UNFINISHED = "unfinished"
    """The connection or our patience ended before the reply did."""


@dataclass(frozen=True, slots=True)
class EnhancedCode:
    """An enhanced status code, `class.subject.detail` (RFC 3463 2)."""

    klass: int
    subject: int
    detail: int

    def __str__(self) -> str:
        return f"{self.klass}.{self.subject}.{self.detail}"


@dataclass(frozen=True, slots=True)
class ReplyLine:
    """One line as it came: `prefix` (code and separator) + `text` + `ending` are its octets."""

    prefix: bytes
    text: bytes
    ending: bytes

    @property
    def raw(self) -> bytes:
        return self.prefix + self.text + self.ending

    @property
    def code(self) -> int | None:
        return int(self.prefix[:3]) if self.prefix else None

    @property
    def continues(self) -> bool:
        """More lines of the same reply follow (RFC 5321 4.2.1)."""
        return self.prefix[3:] == b"-"


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply of a server, or what there is of it.

    `code` is the last line's (None where it has none); `lines` are never empty.
    """

    lines: tuple[ReplyLine, ...]
    violations: tuple[Violation, ...] = ()

    @property
    def raw(self) -> bytes:
        return b"".join(line.raw for line in self.lines)

    @property
    def code(self) -> int | None:
        return self.lines[-1].code

    @property
    def klass(self) -> int | None:
        """The first digit: what to act on, whatever the code (RFC 5321 4.3.2). None if there is no code."""
        return None if self.code is None else self.code // 100

    @property
    def positive(self) -> bool:
        return self.klass == 2

    @property
    def complete(self) -> bool:
        return Violation.UNFINISHED not in self.violations and Violation.ENDLESS not in self.violations

    @property
    def enhanced(self) -> EnhancedCode | None:
        """The enhanced code of the first line that bears one."""
        for line in self.lines:
            if found := find_enhanced(line.text):
                return found
        return None

    def with_texts(self, texts: list[bytes]) -> "Reply":
        """The same reply with other texts, line by line (a secret masked): codes and endings stay."""
        return replace(
            self,
            lines=tuple(replace(line, text=text) for line, text in zip(self.lines, texts, strict=True)),
        )


# RFC 2034 4: at the very start of the text. RFC 3463 2: subject and detail have one to three digits.
# Gmail puts two blanks before it in the last line of a reply.
_ENHANCED = re.compile(rb"[ \t]*([245])\.(\d{1,3})\.(\d{1,3})(?=[ \t]|$)")
# qmail and its heirs put the code at the end instead: "535 authentication failed (#5.7.1)".
_HASHED = re.compile(rb"\(#([245])\.(\d{1,3})\.(\d{1,3})\)\s*$")


def find_enhanced(text: bytes) -> EnhancedCode | None:
    """The enhanced status code in the text of a reply line, if there is one."""
    found = _ENHANCED.match(text) or _HASHED.search(text[-40:])
    return EnhancedCode(*map(int, found.groups())) if found else None


# Text glued to the code (`220ready`) is forgiven; a fourth digit makes it no code at all (`2200`).
_CODE = re.compile(rb"([0-9]{3})(?:([ -])|(?=[^0-9]|$))")
_CONTROL = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read_line(raw: bytes) -> ReplyLine:
    """Split one line, its ending included, into prefix, text and ending."""
    if raw.endswith(b"\r\n"):
        body, ending = raw[:-2], raw[-2:]
    elif raw.endswith(b"\n"):
        body, ending = raw[:-1], raw[-1:]
    else:
        body, ending = raw, b""
    found = _CODE.match(body)
    cut = found.end() if found else 0
    return ReplyLine(body[:cut], body[cut:], ending)


def line_violations(line: ReplyLine) -> set[Violation]:
    """What is wrong with one line by itself."""
    found: set[Violation] = set()
    if line.code is None:
        found.add(Violation.NO_CODE)
    else:
        if len(line.prefix) == 3 and line.text:
            found.add(Violation.NO_SEPARATOR)
        if not (2 <= line.code // 100 <= 5 and line.code // 10 % 10 <= 5):
            found.add(Violation.CODE_OUT_OF_RANGE)
    if line.ending == b"\n":
        found.add(Violation.BARE_LF)
    if b"\r" in line.text:
        found.add(Violation.BARE_CR)
    if b"\0" in line.text:
        found.add(Violation.NUL)
    if _CONTROL.search(line.text):
        found.add(Violation.CONTROL)
    if not line.text.isascii():
        found.add(Violation.NOT_ASCII)
    if len(line.raw) > MAX_LINE_OCTETS:
        found.add(Violation.LINE_TOO_LONG)
    return found


def make_reply(lines: list[ReplyLine], *extra: Violation) -> Reply:
    """Put lines together, with the violations of each, of the whole, and any `extra` ones."""
    found = set(extra).union(*map(line_violations, lines))
    if len({line.code for line in lines if line.code is not None}) > 1:
        found.add(Violation.MIXED_CODES)
    return Reply(tuple(lines), tuple(v for v in Violation if v in found))


@dataclass(slots=True)
class ReplyParser:
    """Feed it what arrives; it hands back each reply as soon as its last line is there.

    `pending` octets of an unfinished reply are kept, at most MAX_REPLY_OCTETS; once a reply has
    outgrown that (`overflowed`), everything later is dropped.
    """

    overflowed: bool = False
    _lines: list[ReplyLine] = field(default_factory=list)
    _partial: bytearray = field(default_factory=bytearray)
    _octets: int = 0

    @property
    def pending(self) -> int:
        """Octets of a reply that has begun and not ended."""
        return self._octets

    def feed(self, data: bytes) -> list[Reply]:
        """Take what arrived; return the replies that it completed, in order."""
        replies: list[Reply] = []
        at = 0
        while at < len(data) and not self.overflowed:
            newline = data.find(b"\n", at)
            end = len(data) if newline < 0 else newline + 1
            end = min(end, at + MAX_REPLY_OCTETS - self._octets)
            self._partial += data[at:end]
            self._octets += end - at
            at = end
            if self._partial.endswith(b"\n") and (reply := self._end_line()):
                replies.append(reply)
            elif self._octets >= MAX_REPLY_OCTETS or len(self._lines) >= MAX_REPLY_LINES:
                self.overflowed = True
                replies.append(self._take(Violation.ENDLESS))
        return replies

    def finish(self) -> Reply | None:
        """No more will come: what has begun, as an unfinished reply, or None."""
        return self._take(Violation.UNFINISHED) if self._octets else None

    def _end_line(self) -> Reply | None:
        line = read_line(bytes(self._partial))
        self._partial.clear()
        self._lines.append(line)
        # A line without a code ends the reply that it begins, but not one that promised more.
        more = line.continues or (line.code is None and len(self._lines) > 1)
        return None if more else self._take()

    def _take(self, *extra: Violation) -> Reply:
        lines = self._lines
        if self._partial:
            # A server that ends its lines with CR alone is only understood now, when no LF can come.
            pieces = re.split(rb"(?<=\r)", bytes(self._partial)) if Violation.UNFINISHED in extra else []
            pieces = [piece for piece in pieces if piece] or [bytes(self._partial)]
            lines.extend(map(read_line, pieces))
        self._lines, self._partial, self._octets = [], bytearray(), 0
        return make_reply(lines, *extra)
