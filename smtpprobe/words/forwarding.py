"""A paragraph to pass on: what happened, what it means, and what is asked of whoever has to act."""

from collections.abc import Sequence

from smtpprobe.judgement import Finding
from smtpprobe.record import Transcript
from smtpprobe.words.catalogue import join
from smtpprobe.words.entry import Action
from smtpprobe.words.texts import Words


def paragraph(
    finding: Finding, title: str, said: str, todo: Sequence[Action], t: Transcript, words: Words
) -> str | None:
    """The paragraph, if somebody else than the reader has to act first; else None.

    It holds no more than the other side knows anyway: no user name, no local name or address.
    """
    if not todo or todo[0].who == "you":
        return None
    do = join(tuple(action for action in todo if action.who == todo[0].who))
    when = f"{t.started:%Y-%m-%d %H:%M} UTC"
    host, port = t.target.host, t.target.port
    if said:
        head = words.label("forward", "text", when=when, host=host, port=port, reply=said, title=title)
    else:
        head = words.label(
            "forward", "silent", when=when, host=host, port=port, step=finding.name, title=title
        )
    return f"{head} {do}"
