"""From a dialogue to the record of a session: the way back from the notation.

The reader walks the lines and keeps the step in hand, just as the session's recorder does: what the
client says begins a step, what the server says goes through the same reply parser, and an event
opens, fills or breaks a step.
"""

import ipaddress
import re
from itertools import takewhile

from smtpprobe.protocol.replies import Reply, ReplyParser
from smtpprobe.record import (
    Arrivals,
    Attempt,
    Failure,
    FailureKind,
    Peer,
    TlsSession,
    Transcript,
)
from smtpprobe.recorder import Recorder
from smtpprobe.redaction import Redactor
from smtpprobe.request import StepName, planned_steps
from smtpprobe.transcripts.certificate import read_verdict
from smtpprobe.transcripts.head import read_asked
from smtpprobe.transcripts.notation import Dialogue, Line, NotationError, unescape

KINDS = {kind.value for kind in FailureKind}
VERBS = {
    "EHLO": StepName.EHLO,
    "HELO": StepName.HELO,
    "STARTTLS": StepName.STARTTLS,
    "HELP": StepName.HELP,
    "AUTH": StepName.AUTH,
    "QUIT": StepName.QUIT,
}


def read_dialogue(dialogue: Dialogue) -> Transcript:
    """The record of the session that a dialogue tells. Raises NotationError."""
    asked = read_asked(dialogue)
    reader = _Reader()
    for line in dialogue:
        reader.take(line)
    reader.end()
    return Transcript(
        target=asked.target,
        plan=asked.plan,
        planned=planned_steps(asked.target, asked.plan, login=asked.login),
        started=asked.started,
        steps=tuple(reader.recorder.steps),
        seconds=reader.now,
        peer=reader.peer and Peer(reader.peer[0], asked.target.port, reader.peer[1]),
        traits=asked.traits,
    )


class _Reader:
    """Walks the lines of one dialogue and writes the record with them."""

    def __init__(self) -> None:
        self.now = 0.0
        self.before = 0.0
        self.recorder = Recorder(lambda: self.now, Redactor(()), lambda _step: None)
        self.peer: tuple[str, str] | None = None
        self.encrypted = False
        self.waiting = False
        self.sent: str | None = None
        self.sent_at = 0.0
        self.parser = ReplyParser()
        self.arrivals = Arrivals()
        self.packet = bytearray()

    def take(self, line: Line) -> None:
        """One line of the dialogue."""
        if not (line.side == "S" and line.joined):
            self.flush()
        self.before, self.now = self.now, self.now if line.at is None else line.at
        if line.side == "C":
            self.client(line)
        elif line.side == "S":
            self.packet += line.data
        else:
            self.event(*line.words)

    def end(self) -> None:
        self.flush()
        self.recorder.close()

    def enter(self, name: StepName) -> None:
        self.recorder.enter(name, encrypted=self.encrypted)

    def begin(self, name: StepName) -> None:
        """A step that this line ends: it began when the line above happened."""
        now, self.now = self.now, self.before
        self.enter(name)
        self.now = now

    def inside(self, *names: StepName) -> bool:
        """The step in hand is one of these."""
        return self.recorder.current in names

    # C and S

    def client(self, line: Line) -> None:
        shown = line.data.decode(errors="replace").rstrip("\r\n")
        verb, *rest = shown.upper().split() or [""]
        name = VERBS.get(verb)
        if name is None and self.inside(StepName.AUTH):
            name = StepName.AUTH  # a response to a challenge
        if name is None:
            raise NotationError(f"no step of a session says {shown[:40]!r}")
        self.enter(name)
        if verb == "AUTH" and rest:
            self.recorder.step.mechanism = rest[0]
        self.sent, self.sent_at, self.waiting = shown, self.now, True

    def flush(self) -> None:
        """The packet is whole: to the parser with it."""
        if not self.packet:
            return
        self.expect_greeting()
        self.arrivals.add(self.now, len(self.packet))
        for reply in self.parser.feed(bytes(self.packet)):
            self.hear(reply)
        self.packet.clear()

    def expect_greeting(self) -> None:
        """Connected (under TLS, perhaps), and nothing said yet: it is the greeting that is awaited."""
        reached = {step.name for step in self.recorder.steps}
        if self.recorder.current is None or (
            self.inside(StepName.CONNECT, StepName.TLS) and StepName.GREETING not in reached
        ):
            self.enter(StepName.GREETING)
            self.sent, self.sent_at, self.waiting = None, self.now, True

    def hear(self, reply: Reply) -> None:
        arrivals = self.arrivals.take(len(reply.raw))
        if self.waiting:
            self.recorder.exchange(self.sent, self.sent_at, reply, arrivals)
        else:
            self.recorder.surplus(reply, arrivals)
        self.waiting = False

    # *

    def event(self, word: str, *rest: str) -> None:
        match word:
            case "target" | "plan" | "started":
                return
            case "wait":
                self.expect_greeting()
                self.now += _number(rest)
            case "resolve":
                self.resolve(rest)
            case "connect":
                self.connect(rest)
            case "tls" if not self.encrypted:
                self.tls(rest)
            case "declined":
                if not rest or rest[0] not in set(StepName):
                    raise NotationError("'declined' wants a step, a kind and perhaps a detail")
                self.enter(StepName(rest[0]))
                self.recorder.step.failure = _failure(rest[1:])
            case _ if word in KINDS:
                self.broken(_failure((word, *rest)))
            case _:
                raise NotationError(f"unknown event {word!r}")

    def broken(self, failure: Failure) -> None:
        self.expect_greeting()
        reply = self.parser.finish()
        if self.waiting:
            arrivals = self.arrivals.take(len(reply.raw)) if reply else ()
            self.recorder.exchange(self.sent, self.sent_at, reply, arrivals)
        elif reply:
            self.hear(reply)
        self.recorder.step.failure, self.waiting = failure, False

    def resolve(self, rest: tuple[str, ...]) -> None:
        self.begin(StepName.RESOLVE)
        if rest and rest[0] in KINDS:
            self.recorder.step.failure = _failure(rest)
        else:
            self.recorder.step.addresses = rest

    def connect(self, rest: tuple[str, ...]) -> None:
        if not rest:
            raise NotationError("'connect' wants an address")
        self.begin(StepName.CONNECT)
        step = self.recorder.step
        address, *more = rest
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise NotationError(f"{address!r} is no address") from None
        failed = bool(more) and more[0] in KINDS
        began = step.attempts[-1].at + step.attempts[-1].seconds if step.attempts else step.at
        step.failure = _failure(tuple(more)) if failed else None
        step.attempts.append(Attempt(address, began, self.now - began, step.failure))
        if not failed:
            self.peer = (address, more[1] if more[:1] == ["from"] and len(more) > 1 else "")

    def tls(self, rest: tuple[str, ...]) -> None:
        if leftover := self.parser.finish():
            self.hear(leftover)  # begun in the clear, and never to be read as an answer
        self.begin(StepName.TLS)
        step = self.recorder.step
        plain = tuple(takewhile(lambda word: "=" not in word, rest))
        values = dict(word.partition("=")[::2] for word in rest[len(plain) :])
        if plain and plain[0] in KINDS:
            step.failure = _failure(plain)
            step.heard = unescape(values.get("heard", ""))
            return
        if len(plain) != 3:
            raise NotationError("'tls' wants a version, a cipher and a verdict, or the kind of failure")
        step.tls = TlsSession(plain[0], plain[1], read_verdict(plain[2], values))
        self.encrypted = True


def _number(words: tuple[str, ...]) -> float:
    if len(words) != 1 or not re.fullmatch(r"[0-9]{1,6}(\.[0-9]*)?", words[0]):
        raise NotationError("'wait' wants seconds")
    return float(words[0])


def _failure(words: tuple[str, ...]) -> Failure:
    if not words or words[0] not in KINDS:
        raise NotationError(f"{' '.join(words)!r} is no kind of failure")
    return Failure(FailureKind(words[0]), words[1] if len(words) > 1 else "")
