"""What every check needs: the step a finding names, the reply as evidence, and what was required."""

import re
from collections.abc import Iterator

from smtpprobe.checks.answering import who_answers
from smtpprobe.display import decode, visible_bytes
from smtpprobe.judgement import Cause, Sure
from smtpprobe.knowledge.causes import Reading, Said
from smtpprobe.knowledge.refusals import refine
from smtpprobe.protocol.replies import Reply
from smtpprobe.record import Failure, FailureKind, Step, Transcript
from smtpprobe.redaction import SECRET
from smtpprobe.request import StepName, TlsMode

EVIDENCE_LINES = 5
EVIDENCE_CHARACTERS = 300


def place(t: Transcript, step: Step) -> int:
    """Where a step stands in its transcript."""
    return next(index for index, other in enumerate(t.steps) if other is step)


def shown(reply: Reply | None) -> tuple[str, ...]:
    """A reply as evidence: its lines made safe to show, the first few of them."""
    if reply is None:
        return ()
    lines = [visible_bytes(line.prefix + line.text, EVIDENCE_CHARACTERS) for line in reply.lines]
    return tuple(lines[:EVIDENCE_LINES])


def refused(step: Step) -> bool:
    """The server answered with a failure: a whole answer, or one cut short behind its code."""
    if step.reply is None or step.reply.klass not in (4, 5):
        return False
    return step.failure is None or not step.reply.complete


def said(t: Transcript, step: Step, reply: Reply | None = None) -> Said | None:
    """A refusal in a step, to be read: the reply that decided it, or another one."""
    reply = reply or step.reply
    if reply is None or reply.code is None:
        return None
    text = "\n".join(decode(line.text) for line in reply.lines)
    enhanced = str(reply.enhanced) if reply.enhanced else None
    return Said(reply.code, text, enhanced, step.name, answering(t), encrypted=step.encrypted)


def why(t: Transcript, step: Step, ordinary: Cause, reply: Reply | None = None) -> Cause:
    """The cause that a refusal's own words name, else the one that its code ordinarily has."""
    refusal = said(t, step, reply)
    by_code = Reading(ordinary.id, ordinary.sure, ordinary.alternatives)
    reading = refine(refusal, by_code) if refusal else by_code
    return as_cause(reading, ordinary.id, answering(t))


def as_cause(reading: Reading, ordinary: str, providers: tuple[str, ...]) -> Cause:
    """A reading as the cause of a finding that ordinarily has another."""
    named = reading.by in ("said", "words") and reading.cause != ordinary
    who = tuple(dict.fromkeys(filter(None, (reading.provider, *providers))))
    return Cause(reading.cause, Sure(reading.sure), reading.alternatives, reading.by, named, who)


def answering(t: Transcript) -> tuple[str, ...]:
    """Who answers, as keys of knowledge/software.toml: the provider, then its programs."""
    return who_answers(t).keys


def farewell(step: Step) -> Reply | None:
    """The 421 with which the server ended the session in this step: its answer, or one behind it."""
    replies = [step.reply, *(exchange.reply for exchange in step.unsolicited)]
    return next((reply for reply in replies if reply is not None and reply.code == 421), None)


def only_quit_left(t: Transcript) -> bool:
    """Everything that was asked for had been done, but for the farewell."""
    return set(t.missing) <= {StepName.QUIT}


def sent_secret(step: Step) -> bool:
    """A secret went to the server in this step."""
    return any(SECRET in (exchange.sent or "") for exchange in step.exchanges)


def broken(t: Transcript, *kinds: FailureKind) -> Iterator[tuple[Step, Failure]]:
    """Steps that failed in one of these ways."""
    for step in t.steps:
        if step.failure and step.failure.kind in kinds:
            yield step, step.failure


def tls_required(t: Transcript) -> bool:
    """TLS was asked for, by scheme, option or port."""
    return t.target.tls in (TlsMode.STARTTLS, TlsMode.IMPLICIT)


# What other services say first, or instead of a handshake.
_SERVICES = (
    ("SSH", re.compile(rb"SSH-")),
    ("HTTP", re.compile(rb"HTTP/\d|\s*<(!doctype|html|\?xml)", re.I)),
    ("POP3", re.compile(rb"\+OK|-ERR")),
    ("IMAP", re.compile(rb"\* (OK|BYE|PREAUTH|NO|BAD)\b", re.I)),
    ("ManageSieve", re.compile(rb'"IMPLEMENTATION"', re.I)),
    ("VNC", re.compile(rb"RFB \d")),
    ("Telnet", re.compile(rb"\xff[\xfb-\xfe]")),
    ("MySQL", re.compile(rb".\0\0\0[\x0a\xff]", re.S)),
)
# These greet with a code that SMTP has too: what EHLO gets tells them apart.
_SERVICES_BY_WORD = (
    ("FTP", re.compile(rb"\bftpd?\b|ftpd|proftpd|filezilla|pure-ftpd", re.I)),
    ("LMTP", re.compile(rb"\blmtp\b|\blhlo\b", re.I)),
    # RFC 3977 5.1: 200 or 201; no mail server greets so, and many a one has news in its words.
    ("NNTP", re.compile(rb"\A20[01]\b.*(\bnntp\b|\bnews\b|\binn\d?\b|posting)", re.I | re.S)),
)


def service_of(raw: bytes) -> str:
    """The protocol whose first words these are, or an empty string."""
    return next((name for name, pattern in _SERVICES if pattern.match(raw)), "")


def service_by_word(raw: bytes) -> str:
    """The protocol that names itself in an otherwise SMTP-like exchange, or an empty string.

    Host names do not count: a mail server may be called ftp.example.
    """
    words = re.sub(rb"[\w-]+(\.[\w-]+)+", b"", raw)
    return next((name for name, pattern in _SERVICES_BY_WORD if pattern.search(words)), "")


def is_tls(raw: bytes) -> bool:
    """The octets begin with a TLS record: an alert or a handshake (RFC 8446 5.1)."""
    return raw[:1] in (b"\x15", b"\x16") and raw[1:2] == b"\x03"
