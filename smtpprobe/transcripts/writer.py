"""From the record of a session to a dialogue: what `--record` writes.

Whatever a Transcript holds that the judgement depends on, the notation can say; what it says reads
back to the same findings.
"""

import re
from collections.abc import Iterator

from smtpprobe.record import Exchange, Failure, Step, Transcript
from smtpprobe.request import StepName
from smtpprobe.transcripts.certificate import write_session
from smtpprobe.transcripts.head import write_head
from smtpprobe.transcripts.notation import Line, escape, event, format_line

# A line with its end, or what is left of one.
_PIECE = re.compile(rb"[^\n]*\n|[^\n]+")


def write_dialogue(transcript: Transcript) -> str:
    """The session as text in the notation of dialogues, ending with a line feed."""
    lines = [*write_head(transcript)]
    for step in transcript.steps:
        lines += _step(step, transcript)
    return "".join(format_line(line) + "\n" for line in lines)


def _step(step: Step, transcript: Transcript) -> Iterator[Line]:
    end = step.at + step.seconds
    failure = _words(step.failure) if step.failure else ()
    match step.name:
        case StepName.RESOLVE:
            yield event(end, "resolve", *(failure or step.addresses))
        case StepName.CONNECT:
            local = transcript.peer.local if transcript.peer else ""
            for attempt in step.attempts:
                came = _words(attempt.failure) if attempt.failure else ("from", local)
                yield event(attempt.at + attempt.seconds, "connect", attempt.address, *came)
        case StepName.TLS if step.tls:
            yield event(end, "tls", *write_session(step.tls))
            for exchange in step.unsolicited:
                yield from _exchange(exchange, joined_at=-1.0)
        case StepName.TLS:
            heard = (f"heard={escape(step.heard)}",) if step.heard else ()
            yield event(end, "tls", *failure, *heard)
        case _:
            yield from _said(step, failure)


def _said(step: Step, failure: tuple[str, ...]) -> Iterator[Line]:
    end = step.at + step.seconds
    if not step.exchanges and failure:
        yield event(end, "declined", step.name, *failure)
        return
    if step.name is StepName.GREETING:
        yield event(step.at, "wait", "0")  # the wait for the greeting begins here
    # Where times are equal, surplus stands behind the first exchange, not behind a later `C:`.
    order = [(e.at, 2 if index else 0, e) for index, e in enumerate(step.exchanges)]
    order += [(e.at, 1, e) for e in step.unsolicited]
    spoken = [e for _, _, e in sorted(order, key=lambda item: item[:2])]
    last = -1.0
    for exchange in spoken:
        # What came in the same read as the reply before it came in one packet with it.
        yield from _exchange(exchange, joined_at=last if exchange.sent is None else -1.0)
        last = exchange.arrivals[-1].at if exchange.arrivals else -1.0
    if failure:
        yield event(end, *failure)


def _exchange(exchange: Exchange, joined_at: float) -> Iterator[Line]:
    if exchange.sent is not None:
        yield Line("C", exchange.sent.encode() + b"\r\n", at=exchange.at)
    if exchange.reply is None:
        return
    raw, at = exchange.reply.raw, 0
    for arrival in exchange.arrivals:
        packet = raw[at : at + arrival.octets]
        at += arrival.octets
        for index, piece in enumerate(_PIECE.findall(packet)):
            yield Line("S", piece, joined=index > 0 or arrival.at == joined_at, at=arrival.at)


def _words(failure: Failure) -> tuple[str, ...]:
    return (failure.kind, failure.detail) if failure.detail else (failure.kind,)
