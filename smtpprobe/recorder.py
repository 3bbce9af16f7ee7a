"""The record while it is being written: steps opened, filled and closed in order.

Two write one: the session as it happens, and the reader of a transcript that somebody already has.
Everything that a server said passes through a `Redactor` here, when it is whole and before it is
kept: in the text only, never in a code, and across the lines of a reply, because a long echo may be
folded. What was sent comes as the text that stands for it, so it needs no masking.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field

from smtpprobe.protocol.replies import Reply
from smtpprobe.record import Arrival, Attempt, Exchange, Failure, Step, TlsSession
from smtpprobe.redaction import SECRET, Redactor, merged, replaced
from smtpprobe.redaction.reading import Span
from smtpprobe.request import StepName


@dataclass(slots=True)
class _Open:
    """The step in hand."""

    name: StepName
    at: float
    encrypted: bool
    exchanges: list[Exchange] = field(default_factory=list)
    unsolicited: list[Exchange] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    failure: Failure | None = None
    addresses: tuple[str, ...] = ()
    tls: TlsSession | None = None
    heard: bytes = b""
    mechanism: str | None = None


class Recorder:
    """Collects the steps of one session. `observe` is called with each step as it ends."""

    def __init__(
        self, clock: Callable[[], float], redactor: Redactor, observe: Callable[[Step], None]
    ) -> None:
        self._clock, self._observe = clock, observe
        self.redactor = redactor
        self._open: _Open | None = None
        self.steps: list[Step] = []

    def enter(self, name: StepName, *, encrypted: bool) -> bool:
        """Begin the step `name`, unless it is the one in hand; True if it was begun."""
        if self._open and self._open.name is name:
            return False
        self.close()
        self._open = _Open(name, self._clock(), encrypted)
        return True

    def close(self) -> None:
        """The step in hand has ended."""
        if self._open is None:
            return
        o, self._open = self._open, None
        step = Step(
            name=o.name,
            at=o.at,
            seconds=self._clock() - o.at,
            encrypted=o.encrypted,
            exchanges=tuple(o.exchanges),
            failure=o.failure,
            unsolicited=tuple(o.unsolicited),
            addresses=o.addresses,
            attempts=tuple(o.attempts),
            tls=o.tls,
            heard=o.heard,
            mechanism=o.mechanism,
        )
        self.steps.append(step)
        self._observe(step)

    @property
    def current(self) -> StepName | None:
        """The name of the step in hand."""
        return self._open.name if self._open else None

    @property
    def step(self) -> _Open:
        """The step in hand, to be filled."""
        assert self._open is not None
        return self._open

    def exchange(
        self, sent: str | None, at: float, reply: Reply | None, arrivals: tuple[Arrival, ...]
    ) -> None:
        """Something was said at `at`, and this came back, now."""
        self.step.exchanges.append(self._masked(sent, at, reply, arrivals))

    def surplus(self, reply: Reply, arrivals: tuple[Arrival, ...]) -> None:
        """A reply that nothing had asked for."""
        at = arrivals[0].at if arrivals else self._clock()
        self.step.unsolicited.append(self._masked(None, at, reply, arrivals))

    def heard(self, data: bytes) -> None:
        """What came instead of a TLS handshake."""
        self.step.heard = self.redactor.mask(data)

    def _masked(
        self, sent: str | None, at: float, reply: Reply | None, arrivals: tuple[Arrival, ...]
    ) -> Exchange:
        seconds = (arrivals[-1].at if arrivals else self._clock()) - at
        if reply is not None:
            reply, arrivals = mask_reply(reply, arrivals, self.redactor)
        return Exchange(sent, reply, at, max(seconds, 0.0), arrivals)


def mask_reply(
    reply: Reply, arrivals: tuple[Arrival, ...], redactor: Redactor
) -> tuple[Reply, tuple[Arrival, ...]]:
    """The reply without secrets, and its arrivals counted in the octets that are left."""
    # A long echo may be folded: the texts are looked at as one. And a secret may itself begin like a
    # reply, as `123-abc` does: the lines are looked at as they came. Codes stay in either case.
    text = b"".join(line.text for line in reply.lines)
    folded = [(0, len(text))] if _asks_with_secret(reply, redactor) else redactor.spans(text)
    whole = redactor.spans(b"\n".join(line.prefix + line.text for line in reply.lines))
    if not folded and not whole:
        return reply, arrivals
    texts: list[bytes] = []
    raw_spans: list[Span] = []
    text_at = line_at = raw_at = 0
    for line in reply.lines:
        prefix, length = len(line.prefix), len(line.text)
        inside = merged(_within(folded, text_at, length) + _within(whole, line_at + prefix, length))
        texts.append(replaced(line.text, inside))
        raw_spans += [(raw_at + prefix + a, raw_at + prefix + b) for a, b in inside]
        text_at, line_at, raw_at = text_at + length, line_at + prefix + length + 1, raw_at + len(line.raw)
    return reply.with_texts(texts), _recount(arrivals, raw_spans)


def _asks_with_secret(reply: Reply, redactor: Redactor) -> bool:
    """A challenge holds a form of a secret within its base64. It will be shown decoded, so it goes whole."""
    texts = [line.text.strip() for line in reply.lines] if reply.code == 334 else []
    return any(redactor.spans(_challenge(text)) for text in (*texts, b"".join(texts)))


def _challenge(text: bytes) -> bytes:
    """What is in the base64 (RFC 4954 4); nothing, if it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def _within(spans: list[Span], start: int, length: int) -> list[Span]:
    """The parts of the spans that lie in so many octets from `start`, counted from there."""
    cut = ((max(a - start, 0), min(b - start, length)) for a, b in spans)
    return [(a, b) for a, b in cut if a < b]


def _recount(arrivals: tuple[Arrival, ...], spans: list[Span]) -> tuple[Arrival, ...]:
    """Arrivals with each masked span counted as one mark, so that they tell nothing of its length."""
    counted, end, before = [], 0, 0
    for arrival in arrivals:
        end += arrival.octets
        moved = end
        for a, b in spans:
            if b <= end:
                moved += len(SECRET) - (b - a)
            elif a < end:
                moved += a + len(SECRET) - end
        counted.append(Arrival(arrival.at, moved - before))
        before = moved
    return tuple(counted)
