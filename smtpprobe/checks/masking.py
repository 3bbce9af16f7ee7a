"""Firewalls that write over what they do not like: `220 ****`, and `XXXXXXXA` where STARTTLS stood.

The inspection of SMTP in Cisco's firewalls (`inspect esmtp`, before it `fixup protocol smtp`) knows the
commands of RFC 821 and little more. What it does not know it overwrites in place, so that the length of the
packet stays as it is: the greeting with asterisks, but for some of its digits, and an EHLO keyword with X's
and a letter. A client finds no STARTTLS, and goes on in the clear.
"""

import re
from collections.abc import Iterator

from smtpprobe.display import visible_bytes
from smtpprobe.protocol.replies import ReplyLine
from smtpprobe.record import Transcript
from smtpprobe.request import StepName

_OF_A_MASK = frozenset(b"*0123456789 ")
_FEWEST = 8
_KEYWORD = re.compile(rb"X{3,}[A-Z]( .*)?", re.DOTALL)


def masked(t: Transcript) -> tuple[str, ...]:
    """The lines of the greeting and of EHLO in the clear that were written over, safe to show."""
    return tuple(visible_bytes(line.prefix + line.text, 100) for line in _masked(t))


def _masked(t: Transcript) -> Iterator[ReplyLine]:
    greeting, ehlo = t.last(StepName.GREETING), t.all(StepName.EHLO)[:1]
    # A frame of asterisks around a notice is nobody's but the server's.
    if greeting and not greeting.encrypted and greeting.reply and greeting.accepted:
        lines = greeting.reply.lines
        yield from lines if all(_is_mask(line.text) for line in lines) else ()
    for step in ehlo:
        if not step.encrypted and step.reply:
            yield from (line for line in step.reply.lines[1:] if _KEYWORD.fullmatch(line.text.strip()))


def _is_mask(text: bytes) -> bool:
    return text.count(b"*") >= _FEWEST and _OF_A_MASK.issuperset(text)
