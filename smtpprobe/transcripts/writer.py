"""From the record of a session to a dialogue: what `--record` writes.

Whatever a Transcript holds that the judgement depends on, the notation can say; what it says reads
back to the same findings.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from smtpprobe.record import Exchange, Failure, Step, TlsSession, Transcript
from smtpprobe.request import Plan, StepName
from smtpprobe.transcripts.notation import Line, escape, format_line

# A line with its end, or what is left of one.
_PIECE = re.compile(rb"[^\n]*\n|[^\n]+")


def write_dialogue(transcript: Transcript) -> str:
    """The session as text in the notation of dialogues, ending with a line feed."""
    lines = [*_head(transcript)]
    for step in transcript.steps:
        lines += _step(step, transcript)
    return "".join(format_line(line) + "\n" for line in lines)


def _event(at: float | None, *words: str) -> Line:
    return Line("*", words=words, at=at)


def _head(transcript: Transcript) -> Iterator[Line]:
    yield _event(None, "target", transcript.target.url)
    if words := [*_plan(transcript.plan, login=transcript.login_asked)]:
        yield _event(None, "plan", *words)
    yield _event(None, "started", _iso(transcript.started))


def _plan(plan: Plan, *, login: bool) -> Iterator[str]:
    default = Plan()
    if login:
        yield "user"
    if plan.insecure:
        yield "insecure"
    if plan.allow_plaintext_auth:
        yield "allow-plaintext-auth"
    if plan.pin:
        yield f"pin={plan.pin}"
    if plan.mechanism:
        yield f"mechanism={plan.mechanism}"
    if plan.until is not default.until:
        yield f"until={plan.until}"
    if plan.skip:
        yield f"skip={','.join(sorted(plan.skip))}"
    if plan.warn_days != default.warn_days:
        yield f"warn-days={plan.warn_days}"


def _step(step: Step, transcript: Transcript) -> Iterator[Line]:
    end = step.at + step.seconds
    failure = _words(step.failure) if step.failure else ()
    match step.name:
        case StepName.RESOLVE:
            yield _event(end, "resolve", *(failure or step.addresses))
        case StepName.CONNECT:
            local = transcript.peer.local if transcript.peer else ""
            for attempt in step.attempts:
                came = _words(attempt.failure) if attempt.failure else ("from", local)
                yield _event(attempt.at + attempt.seconds, "connect", attempt.address, *came)
        case StepName.TLS if step.tls:
            yield _event(end, "tls", *_tls(step.tls))
            for exchange in step.unsolicited:
                yield from _exchange(exchange, joined_at=-1.0)
        case StepName.TLS:
            heard = (f"heard={escape(step.heard)}",) if step.heard else ()
            yield _event(end, "tls", *failure, *heard)
        case _:
            yield from _said(step, failure)


def _said(step: Step, failure: tuple[str, ...]) -> Iterator[Line]:
    end = step.at + step.seconds
    if not step.exchanges and failure:
        yield _event(end, "declined", step.name, *failure)
        return
    if step.name is StepName.GREETING:
        yield _event(step.at, "wait", "0")  # the wait for the greeting begins here
    spoken = sorted([*step.exchanges, *step.unsolicited], key=lambda exchange: exchange.at)
    last = -1.0
    for exchange in spoken:
        # What came in the same read as the reply before it came in one packet with it.
        yield from _exchange(exchange, joined_at=last if exchange.sent is None else -1.0)
        last = exchange.arrivals[-1].at if exchange.arrivals else -1.0
    if failure:
        yield _event(end, *failure)


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


def _tls(session: TlsSession) -> Iterator[str]:
    verdict = session.verdict
    yield session.version
    yield session.cipher
    yield ",".join(verdict.reasons) or "trusted"
    if certificate := verdict.certificate:
        yield f"subject={certificate.subject}"
        yield f"issuer={certificate.issuer}"
        yield f"names={','.join(certificate.names)}"
        yield f"not-before={_iso(certificate.not_before)}"
        yield f"not-after={_iso(certificate.not_after)}"
        yield f"fingerprint={certificate.fingerprint}"
        yield f"key={certificate.key}"
    yield f"chain={verdict.chain_length}"
    if verdict.pinned:
        yield "pinned=yes"
    if verdict.detail:
        yield f"detail={verdict.detail}"


def _words(failure: Failure) -> tuple[str, ...]:
    return (failure.kind, failure.detail) if failure.detail else (failure.kind,)


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")
