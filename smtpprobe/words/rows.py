"""One line for each step: its code, its title in the catalogue, and the fact that matters."""

import re

from smtpprobe.checks.common import is_tls
from smtpprobe.display import visible_bytes
from smtpprobe.judgement import Severity
from smtpprobe.protocol.extensions import Extensions, read_extensions
from smtpprobe.protocol.replies import Reply
from smtpprobe.record import Step, TlsSession, Transcript
from smtpprobe.request import StepName
from smtpprobe.words.catalogue import title_of
from smtpprobe.words.failures import message
from smtpprobe.words.texts import label

FACT_CHARACTERS = 100
SHOWN_EXTENSIONS = ("STARTTLS", "SIZE", "PIPELINING", "SMTPUTF8", "8BITMIME", "CHUNKING")
MOST_EXTENSIONS = 2
MOST_MECHANISMS = 3


def summary(step: Step, t: Transcript) -> str:
    """The row of one step, without its status and its time."""
    if step.heard and not is_tls(step.heard):
        return label("rows", "tls-clear", text=visible_bytes(step.heard.splitlines()[0], FACT_CHARACTERS))
    if step.failure and step.failure.detail == "not-smtp" and step.reply:
        return _reply(step)
    if step.failure and not (step.reply and step.reply.code):
        return _broken(step, t)
    match step.name:
        case StepName.RESOLVE:
            return _resolve(step, t)
        case StepName.CONNECT:
            return _connect(step)
        case StepName.TLS if step.tls:
            return _tls(step.tls, t)
        case StepName.EHLO if step.accepted and step.reply:
            return _ehlo(step, step.reply, t)
        case StepName.AUTH if step.mechanism and step.reply and step.reply.code:
            return label(
                "rows",
                "auth",
                code=step.reply.code,
                title=_title(step.reply, step.name),
                mechanism=step.mechanism,
            )
    return _reply(step)


def _broken(step: Step, t: Transcript) -> str:
    text = message(step.failure, t.plan.seconds_for(step.name)) if step.failure else ""
    if len(step.attempts) < 2:
        return text
    others = ", ".join(f"{a.address} {a.failure.kind}" for a in step.attempts if a.failure)
    return label("rows", "connect-none", what=text, others=others)


def _title(reply: Reply, name: StepName) -> str:
    assert reply.code is not None
    return title_of(reply.code, name.value) or visible_bytes(reply.lines[0].text, FACT_CHARACTERS)


def _reply(step: Step) -> str:
    reply = step.reply
    if reply is None:
        return ""
    if reply.code is None:
        text = visible_bytes(reply.lines[0].raw.strip(), FACT_CHARACTERS)
        return label("rows", "reply-other", text=text) if text else label("rows", "reply-empty")
    title = _title(reply, step.name)
    fact = visible_bytes(reply.lines[0].text.strip(), FACT_CHARACTERS)
    if step.name is StepName.GREETING and step.accepted and fact:
        return label("rows", "reply-fact", code=reply.code, title=title, fact=fact)
    return label("rows", "reply", code=reply.code, title=title)


def _resolve(step: Step, t: Transcript) -> str:
    if step.addresses == (t.target.host,):
        return label("rows", "resolve-literal")
    return label("rows", "resolve", addresses=", ".join(step.addresses))


def _connect(step: Step) -> str:
    good = step.attempts[-1].address
    others = ", ".join(f"{a.address} {a.failure.kind}" for a in step.attempts if a.failure)
    if others:
        return label("rows", "connect-others", address=good, others=others)
    return label("rows", "connect", address=good)


def _tls(session: TlsSession, t: Transcript) -> str:
    verdict, certificate = session.verdict, session.verdict.certificate
    unreadable = label("rows", "unreadable")
    facts = dict.fromkeys(("names", "not_before", "not_after"), unreadable) | {"version": session.version}
    if certificate:
        facts |= {
            "days": str(certificate.days_left(t.started)),
            "not_before": f"{certificate.not_before:%Y-%m-%d}",
            "not_after": f"{certificate.not_after:%Y-%m-%d}",
            "names": ", ".join(certificate.names[:2]) or label("rows", "nobody"),
        }
    if verdict.reason:
        return label(
            "rows", f"tls-{verdict.reason}", **{"names": "?", "not_before": "?", "not_after": "?"} | facts
        )
    if verdict.pinned or not certificate:
        return label("rows", "tls-pinned", **facts)
    return label("rows", "tls-good-day" if facts["days"] == "1" else "tls-good", **facts)


def _ehlo(step: Step, reply: Reply, t: Transcript) -> str:
    extensions = read_extensions(reply)
    if not extensions.items:
        return label("rows", "ehlo-none", code=reply.code)
    if extensions.mechanisms and _late_auth(step, t):
        return label("rows", "ehlo", code=reply.code, fact=_auth(extensions, step, t))
    parts = [_auth(extensions, step, t)] if extensions.mechanisms else []
    named = [_extension(extensions, keyword) for keyword in SHOWN_EXTENSIONS if keyword in extensions]
    parts += named[: MOST_EXTENSIONS - len(parts)]
    rest = len({item.keyword.rstrip("=") for item in extensions.items}) - len(parts)
    parts += [label("rows", "more", count=rest)] if rest > 0 else []
    return label("rows", "ehlo", code=reply.code, fact=", ".join(parts))


def _late_auth(step: Step, t: Transcript) -> bool:
    """AUTH was not offered before TLS: that is why some clients do not find it."""
    clear = t.extensions(encrypted=False)
    return step.encrypted and clear is not None and not clear.mechanisms


def _auth(extensions: Extensions, step: Step, t: Transcript) -> str:
    names, rest = extensions.mechanisms[:MOST_MECHANISMS], extensions.mechanisms[MOST_MECHANISMS:]
    shown = " ".join([*names, *([label("rows", "more", count=len(rest))] if rest else [])])
    key = "auth-offered-after-tls" if _late_auth(step, t) else "auth-offered"
    return label("rows", key, mechanisms=shown)


def _extension(extensions: Extensions, keyword: str) -> str:
    value = extensions.as_mapping()[keyword]
    # RFC 1870 3: at most twenty digits; zero means no fixed limit.
    if keyword == "SIZE" and re.fullmatch(r"[0-9]{1,20}", value) and int(value):
        return label("rows", "size", size=size(int(value)))
    return keyword


def size(octets: int) -> str:
    """52428800 as `50 MiB`."""
    amount: float = octets
    for unit in ("octets", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            break
        amount /= 1024
    return f"{amount:.1f}".removesuffix(".0") + f" {unit}"


def status_word(step: Step, status: Severity) -> str:
    """`skip` for what was barred, else the severity's own word; our own fault fails its step."""
    if step.failure and step.failure.detail in ("already-refused", "first-address-only"):
        return "skip"
    return "fail" if status >= Severity.FAIL else status.word
