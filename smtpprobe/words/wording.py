"""A report into a document: every word that a person or a program will read of it."""

import base64
from collections.abc import Iterable
from datetime import datetime

from smtpprobe.checks.diagnosis import failure_of
from smtpprobe.display import visible, visible_bytes
from smtpprobe.judgement import Report, Severity
from smtpprobe.knowledge import lookup
from smtpprobe.protocol.replies import Reply
from smtpprobe.record import Exchange, Failure, Step, TlsSession, Transcript
from smtpprobe.request import StepName
from smtpprobe.transcripts.writer import write_dialogue
from smtpprobe.words import rows
from smtpprobe.words.answering import claims, claims_in_words
from smtpprobe.words.catalogue import entry
from smtpprobe.words.document import (
    DocAttempt,
    DocAuth,
    DocCertificate,
    DocExchange,
    DocExtensions,
    DocFailure,
    DocPeer,
    DocReply,
    DocReport,
    DocStep,
    DocTarget,
    DocTls,
    Document,
    ReportFailure,
)
from smtpprobe.words.entry import Entry
from smtpprobe.words.failures import message
from smtpprobe.words.findings import (
    diagnosis_in_words,
    finding_facts,
    finding_in_words,
    finding_row,
)
from smtpprobe.words.saying import said_by_challenge
from smtpprobe.words.texts import Words, fill, words_in

# A line of a reply in a document; the octets are all in `raw`.
LINE_CHARACTERS = 1000
# From the best to the worst; a failed target outweighs one that could not be judged.
VERDICTS = ("pass", "warn", "error", "fail")


def document(reports: Iterable[Report], language: str = "en") -> Document:
    """The document of one run, in a language of `texts.languages`; ValueError if it is none of them."""
    words = words_in(language)
    worded = tuple(report_in_words(report, words) for report in reports)
    verdict = max((report.verdict for report in worded), key=VERDICTS.index, default="pass")
    return Document(verdict, worded, {**words.labels("labels")})


def report_in_words(report: Report, words: Words) -> DocReport:
    """One report in words."""
    t = report.transcript
    findings = tuple(finding_in_words(finding, report, words) for finding in report.findings)
    failure = _failure(report, words)
    return DocReport(
        target=DocTarget(t.target.url, t.target.host, t.target.port, t.target.tls, _read_as(t, words)),
        verdict=verdict_word(report),
        failure=failure,
        diagnosis=diagnosis_in_words(report.diagnosis, report, words) if report.diagnosis else None,
        started=f"{t.started:%Y-%m-%dT%H:%M:%SZ}",
        seconds=t.seconds,
        tries=report.tries,
        peer=_peer(report),
        steps=_in_order([*_reached(report, words)], [_missing(name, words) for name in t.missing]),
        extensions=_extensions(t),
        auth=_auth(report),
        tls=_tls(t.tls, t) if t.tls else None,
        findings=findings,
        answering=claims_in_words(report.software, words) if t.peer else (),
        headline=_headline(t, words),
        conclusion=_conclusion(report, failure, words),
        raw=tuple(map(visible, write_dialogue(t).splitlines())),
    )


def _peer(report: Report) -> DocPeer | None:
    peer, program = report.transcript.peer, report.software.program
    if peer is None:
        return None
    return DocPeer(peer.address, peer.port, program.name if program else None, claims(report.software))


def verdict_word(report: Report) -> str:
    """pass, warn, fail or error; with --strict a warning fails."""
    if report.verdict is Severity.WARN:
        return "fail" if report.transcript.plan.strict else "warn"
    return "pass" if report.verdict <= Severity.NOTE else report.verdict.word


# Steps


def _reached(report: Report, words: Words) -> Iterable[DocStep]:
    for step, status in zip(report.transcript.steps, report.statuses, strict=True):
        yield _step(step, status, report, words)


def _in_order(reached: list[DocStep], missing: list[DocStep]) -> tuple[DocStep, ...]:
    """Steps that were not reached stand before QUIT, if that was said, else at the end."""
    at = len(reached) - 1 if reached and reached[-1].name == StepName.QUIT else len(reached)
    return (*reached[:at], *missing, *reached[at:])


def _missing(name: StepName, words: Words) -> DocStep:
    text = words.label("rows", "not-reached")
    return DocStep(name, "skip", text, None, False, None, None, None, None)


def _step(step: Step, status: Severity, report: Report, words: Words) -> DocStep:
    t = report.transcript
    word = rows.status_word(step, status)
    failure = step.failure or (failure_of(step) if word == "fail" else None)
    # Of a longer exchange, the command that began it and the reply that decided it.
    first = step.exchanges[0] if step.exchanges else None
    code = step.reply.code if step.reply else None
    return DocStep(
        name=step.name,
        status=word,
        # A greeting that something is wrong with is shown as it came.
        summary=rows.summary(step, t, words, report.software if status is Severity.OK else None),
        sent=visible(first.sent, LINE_CHARACTERS) if first and first.sent is not None else None,
        encrypted=step.encrypted,
        at=step.at,
        seconds=step.seconds,
        reply=_reply(step.reply) if step.reply else None,
        failure=_failure_in_words(failure, step, t, words, code) if failure else None,
        exchanges=tuple(_exchange(one, words) for one in step.exchanges) if len(step.exchanges) > 1 else None,
        attempts=_attempts(step, t, words) if step.name is StepName.CONNECT else None,
        addresses=step.addresses if step.name is StepName.RESOLVE else None,
        unsolicited=tuple(line for exchange in step.unsolicited for line in _lines(exchange.reply)),
        entry=_entry(step, words),
    )


def _failure_in_words(
    failure: Failure, step: Step, t: Transcript, words: Words, code: int | None = None
) -> DocFailure:
    return DocFailure(failure.kind, message(failure, t.plan.seconds_for(step.name), words, code))


def _attempts(step: Step, t: Transcript, words: Words) -> tuple[DocAttempt, ...]:
    return tuple(
        DocAttempt(a.address, a.seconds, _failure_in_words(a.failure, step, t, words) if a.failure else None)
        for a in step.attempts
    )


def _exchange(exchange: Exchange, words: Words) -> DocExchange:
    sent = visible(exchange.sent, LINE_CHARACTERS) if exchange.sent is not None else None
    reply = _reply(exchange.reply) if exchange.reply else None
    challenge = "".join(reply.lines).strip() if reply and reply.code == 334 else ""
    return DocExchange(sent, reply, exchange.at, exchange.seconds, said_by_challenge(challenge, words))


def _reply(reply: Reply) -> DocReply:
    enhanced = str(reply.enhanced) if reply.enhanced else None
    texts = tuple(visible_bytes(line.text, LINE_CHARACTERS) for line in reply.lines)
    return DocReply(reply.code, enhanced, texts, base64.b64encode(reply.raw).decode())


def _lines(reply: Reply | None) -> tuple[str, ...]:
    lines = reply.lines if reply else ()
    return tuple(visible_bytes(line.prefix + line.text, LINE_CHARACTERS) for line in lines)


def _entry(step: Step, words: Words) -> Entry | None:
    if step.reply is None or step.reply.code is None:
        return None
    enhanced = str(step.reply.enhanced) if step.reply.enhanced else None
    return entry(lookup.for_reply(step.reply.code, enhanced, step.name.value)[0], words)


# The whole session


def _headline(t: Transcript, words: Words) -> str:
    service = words.labels("services").get(str(t.target.port))
    skipped = t.target.tls == "auto" and StepName.STARTTLS in t.plan.skip
    mode = words.label("modes", "none" if skipped else t.target.tls)
    return ", ".join(filter(None, (service, mode, _read_as(t, words))))


def _read_as(t: Transcript, words: Words) -> str:
    return "; ".join(
        words.label("read-as", one.reason, chosen=one.chosen, said=one.said) for one in t.target.read_as
    )


def _extensions(t: Transcript) -> DocExtensions:
    def mapping(*, encrypted: bool) -> dict[str, str] | None:
        found = t.extensions(encrypted=encrypted)
        if found is None:
            return None
        items = found.as_mapping().items()
        return {visible(key, 100): visible(value, LINE_CHARACTERS) for key, value in items}

    return DocExtensions(mapping(encrypted=False), mapping(encrypted=True))


def _auth(report: Report) -> DocAuth:
    t = report.transcript
    clear, tls = t.extensions(encrypted=False), t.extensions(encrypted=True)
    step = t.last(StepName.AUTH)
    return DocAuth(
        offered_clear=tuple(map(visible, clear.mechanisms)) if clear else (),
        offered_tls=tuple(map(visible, tls.mechanisms)) if tls else (),
        mechanism=step.mechanism if step else None,
        result=report.auth,
    )


def _tls(session: TlsSession, t: Transcript) -> DocTls:
    verdict, certificate = session.verdict, session.verdict.certificate
    return DocTls(
        version=session.version,
        cipher=session.cipher,
        trusted=verdict.trusted,
        reason=verdict.reason,
        reasons=tuple(verdict.reasons),
        fingerprint=certificate.fingerprint if certificate else "",
        certificate=DocCertificate(
            subject=visible(certificate.subject, LINE_CHARACTERS),
            issuer=visible(certificate.issuer, LINE_CHARACTERS),
            names=tuple(visible(name, LINE_CHARACTERS) for name in certificate.names),
            not_before=_iso(certificate.not_before),
            not_after=_iso(certificate.not_after),
            days_left=certificate.days_left(t.started),
            key=visible(certificate.key, LINE_CHARACTERS),
            signature=visible(certificate.signature, LINE_CHARACTERS),
        )
        if certificate
        else None,
    )


def _iso(time: datetime) -> str:
    """UTC, whole seconds; isoformat writes four digits of a year where strftime may not."""
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def _failure(report: Report, words: Words) -> ReportFailure | None:
    failed, t = report.failure, report.transcript
    if failed is None:
        return None
    text = message(failed.failure, t.plan.seconds_for(failed.step), words, failed.code)
    finding = report.diagnosis.finding if report.diagnosis else None
    cause = finding.cause.id if finding and finding.cause else None
    return ReportFailure(failed.step, failed.failure.kind, failed.code, failed.enhanced, cause, text)


def _conclusion(report: Report, failure: ReportFailure | None, words: Words) -> str:
    if failure and report.diagnosis:
        reply = " ".join(filter(None, (str(failure.code or ""), failure.enhanced)))
        title = finding_row(report.diagnosis.finding, words)["title"]
        what = fill(title, finding_facts(report.diagnosis.finding, report.transcript, words))
        return words.label(
            "conclusions", "failed", step=failure.step, what=f"{reply}, {what}" if reply else what
        )
    statuses = [
        rows.status_word(*pair) for pair in zip(report.transcript.steps, report.statuses, strict=True)
    ]
    statuses += ["skip"] * len(report.transcript.missing)
    counted = {word: statuses.count(word) for word in ("ok", "note", "warn", "fail", "skip")}
    return ", ".join(
        words.label("conclusions", "count", count=count, status=word)
        for word, count in counted.items()
        if count
    )
