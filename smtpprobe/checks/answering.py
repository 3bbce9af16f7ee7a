"""Who answers: everything in a session by which a server shows who it is."""

from collections.abc import Iterator

from smtpprobe.display import decode
from smtpprobe.judgement import Recognised
from smtpprobe.knowledge.software import CERTIFICATE, CHARACTERS, HOST, Heard, recognise
from smtpprobe.record import Transcript

MOST_NAMES = 20


def who_answers(t: Transcript) -> Recognised:
    """The program, the provider and what stands between, as far as they show."""
    return recognise(heard(t))


def heard(t: Transcript) -> Iterator[Heard]:
    """Its replies, the names in its certificate, and the name that was asked for."""
    yield Heard(HOST, t.target.host)
    for step in t.steps:
        if step.heard:  # what came in place of a handshake is a greeting, of whatever protocol
            yield Heard("greeting", _text(step.heard))
        for exchange in (*step.exchanges, *step.unsolicited):
            if exchange.reply:
                yield Heard(step.name.value, _text(exchange.reply.raw))
    certificate = t.tls.verdict.certificate if t.tls else None
    for name in certificate.names[:MOST_NAMES] if certificate else ():
        yield Heard(CERTIFICATE, name)


def _text(raw: bytes) -> str:
    return decode(raw[:CHARACTERS]).replace("\r\n", "\n").rstrip("\n")
