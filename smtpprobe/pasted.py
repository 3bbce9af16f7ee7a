"""What people paste, taken apart: words of a command line, replies with their line breaks, lines of a log.

535 5.7.8 Error: failed            words without quotes that are one reply
250-mail.example                   a reply of several lines ends with the line that has a blank
250 SIZE 52428800                  behind its code
... said: 550 5.1.1 <a@b>: ...     a reply in the middle of a log line, an exception or a bounce
"""

import re
from collections.abc import Callable, Sequence

CODE = re.compile(r"\d{3}")
ENHANCED = re.compile(r"[2345xX]\.\d{1,3}(\.\d{1,3})?")
CLASS = re.compile(r"([1-5])(?:yz|xx)", re.IGNORECASE)
REPLY = re.compile(r"(\d{3})(?:[ -]|$)")

# A reply of a server is at most this long before it is cut; see protocol.replies.
MAX_CHARACTERS = 64 * 1024

Known = Callable[[str], bool]


def alone(word: str, known: Known) -> bool:
    """Whether a word can be asked for by itself: a code, a class, or a name that is `known`."""
    return any(form.fullmatch(word) for form in (CODE, ENHANCED, CLASS)) or known(word)


def split_words(words: Sequence[str], known: Known) -> list[str]:
    """Arguments into things to explain: an unquoted `535 5.7.8 text` is one reply.

    It is when the first word is a code and a later one is no code, keyword, mechanism or id.
    """
    whole = len(words) > 1 and re.fullmatch(r"\d{3}(-\S*)?", words[0])
    if whole and not all(alone(word, known) or REPLY.match(word) for word in words[1:]):
        return [" ".join(words)]
    return [item for word in words for item in split_text(word, known)] if any(words) else list(words)


def split_text(text: str, known: Known) -> list[str]:
    """A text of several lines into things to explain, each reply with all its lines."""
    items: list[str] = []
    open_reply = False
    for line in filter(None, map(str.strip, text.splitlines())):
        found = REPLY.match(line)
        # A line without a code is the folded end of the reply before it, unless it can stand by itself.
        goes_on = open_reply or (not found and bool(items) and bool(REPLY.match(items[-1])))
        if goes_on and items and not (not open_reply and alone(line.partition(" ")[0], known)):
            items[-1] += f"\n{line}"
        else:
            items.append(line)
        open_reply = line[3:4] == "-" if found else open_reply
    return items or [text]


# In a log a number is many things: it is a reply code if an enhanced code follows, or text behind a mark.
# Compiled when they are used: most of what is asked is a code by itself.
_WITH_ENHANCED = r"(?<![\w.=-])([2-5][0-5]\d)(?:[ -]|, ?b?['\"])#?(?=[245]\.\d{1,3}\.\d{1,3}(?![\w.]))"
_BEHIND_MARK = r"(?:[:;(<>*\"'~-] ?|said: )([2-5][0-5]\d)(?:[ -]|, ?b?['\"])(?=[^\W\d]|<)"
_ENHANCED_ALONE = r"(?<![\w.])[245]\.[0-7]\.\d{1,3}(?![\w.])"
# What mail servers say about the command: Postfix, Exim.
_STEPS = (
    ("greeting", r"refused to talk to me|after initial connection"),
    ("data", r"(?:reply to|after) (?:end of )?DATA"),
    ("rcpt", r"(?:reply to|after) (?:pipelined )?RCPT"),
    ("mail", r"(?:reply to|after) (?:pipelined )?MAIL"),
    ("ehlo", r"(?:reply to|after|performing the) (?:EHLO|HELO)"),
    ("starttls", r"(?:reply to|after) STARTTLS"),
    ("auth", r"(?:reply to|after) AUTH|SMTPAuthenticationError|SASL auth"),
)


def inside(text: str) -> tuple[str, str | None] | None:
    """The reply in a line of a log, and the step at which it came if the line says so."""
    found = re.search(_WITH_ENHANCED, text) or re.search(_BEHIND_MARK, text)
    if found:
        reply = f"{found[1]} {text[found.end() :]}"
    elif enhanced := re.search(_ENHANCED_ALONE, text):
        reply = enhanced[0]
    else:
        return None
    return reply, next((step for step, form in _STEPS if re.search(form, text, re.IGNORECASE)), None)
