"""One line for each step: its code, its title in the catalogue, and the fact that matters."""

import re

from smtpprobe.checks.common import is_tls
from smtpprobe.display import decode, visible, visible_bytes
from smtpprobe.judgement import Recognised, Severity
from smtpprobe.knowledge.software import Heard, own_name
from smtpprobe.protocol.certificates import nearest_first
from smtpprobe.protocol.extensions import Extensions, read_extensions
from smtpprobe.protocol.replies import Reply
from smtpprobe.record import Step, TlsSession, Transcript
from smtpprobe.request import StepName
from smtpprobe.words.answering import full_name
from smtpprobe.words.catalogue import title_of
from smtpprobe.words.failures import message
from smtpprobe.words.saying import size
from smtpprobe.words.texts import Words

FACT_CHARACTERS = 100
SHOWN_EXTENSIONS = ("STARTTLS", "SIZE", "PIPELINING", "SMTPUTF8", "8BITMIME", "CHUNKING")
MOST_EXTENSIONS = 2
MOST_MECHANISMS = 3


def summary(step: Step, t: Transcript, words: Words, who: Recognised | None = None) -> str:
    """The row of one step, without its status and its time; with who answers, where this step shows it."""
    if step.heard and not is_tls(step.heard):
        return words.label(
            "rows", "tls-clear", text=visible_bytes(step.heard.splitlines()[0], FACT_CHARACTERS)
        )
    if step.failure and step.failure.detail == "not-smtp" and step.reply:
        return _reply(step, words)
    if step.failure and (step.name is StepName.AUTH or not (step.reply and step.reply.code)):
        return _broken(step, t, words)
    match step.name:
        case StepName.RESOLVE:
            return _resolve(step, t, words)
        case StepName.CONNECT:
            return _connect(step, words)
        case StepName.TLS if step.tls:
            return _tls(step.tls, t, words)
        case StepName.EHLO if step.accepted and step.reply:
            return _ehlo(step, step.reply, t, words)
        case StepName.AUTH if step.mechanism and step.reply and step.reply.code:
            return words.label(
                "rows",
                "auth",
                code=step.reply.code,
                title=_title(step.reply, step.name, words),
                mechanism=step.mechanism,
            )
        case StepName.GREETING | StepName.HELP if step.accepted and step.reply and who:
            return _shown(step, step.reply, t, words, who)
    return _reply(step, words)


def _broken(step: Step, t: Transcript, words: Words) -> str:
    text = message(step.failure, t.plan.seconds_for(step.name), words) if step.failure else ""
    if len(step.attempts) < 2:
        return text
    others = _failed(step, words)
    return words.label("rows", "connect-none", what=text, others=others)


def _title(reply: Reply, name: StepName, words: Words) -> str:
    assert reply.code is not None
    return title_of(reply.code, name.value, words) or visible_bytes(reply.lines[0].text, FACT_CHARACTERS)


def _reply(step: Step, words: Words) -> str:
    reply = step.reply
    if reply is None:
        return ""
    if reply.code is None:
        text = visible_bytes(reply.lines[0].raw.strip(), FACT_CHARACTERS)
        return words.label("rows", "reply-other", text=text) if text else words.label("rows", "reply-empty")
    title = _title(reply, step.name, words)
    fact = visible_bytes(reply.lines[0].text.strip(), FACT_CHARACTERS)
    if step.name is StepName.GREETING and step.accepted and fact:
        return words.label("rows", "reply-fact", code=reply.code, title=title, fact=fact)
    return words.label("rows", "reply", code=reply.code, title=title)


def _shown(step: Step, reply: Reply, t: Transcript, words: Words, who: Recognised) -> str:
    """The row of a reply that shows who answers; with the host's name, if it is not the one asked for."""
    claim = next((c for c in (who.provider, who.program) if c and c.where == step.name), None)
    if claim is None or claim.sure == "low":
        return _reply(step, words)
    own = own_name(Heard(step.name.value, decode(reply.lines[0].raw)))
    host = f" ({visible(own, FACT_CHARACTERS)})" if own not in ("", t.target.host.lower()) else ""
    title = _title(reply, step.name, words)
    return words.label("rows", "reply-fact", code=reply.code, title=title, fact=f"{full_name(claim)}{host}")


def _resolve(step: Step, t: Transcript, words: Words) -> str:
    if step.addresses == (t.target.host,):
        return words.label("rows", "resolve-literal")
    return words.label("rows", "resolve", addresses=", ".join(step.addresses))


def _connect(step: Step, words: Words) -> str:
    good = step.attempts[-1].address
    others = _failed(step, words)
    if others:
        return words.label("rows", "connect-others", address=good, others=others)
    return words.label("rows", "connect", address=good)


def _failed(step: Step, words: Words) -> str:
    """The addresses that did not answer, each with what came instead."""
    return ", ".join(
        f"{a.address} {words.label('kinds', a.failure.kind)}" for a in step.attempts if a.failure
    )


def _tls(session: TlsSession, t: Transcript, words: Words) -> str:
    verdict, certificate = session.verdict, session.verdict.certificate
    unreadable = words.label("rows", "unreadable")
    facts = dict.fromkeys(("names", "not_before", "not_after"), unreadable) | {"version": session.version}
    if certificate:
        names = nearest_first(certificate.names, t.plan.sni or t.target.host)
        facts |= {
            "days": str(certificate.days_left(t.started)),
            "not_before": f"{certificate.not_before:%Y-%m-%d}",
            "not_after": f"{certificate.not_after:%Y-%m-%d}",
            "names": ", ".join(names[:2]) or words.label("rows", "nobody"),
        }
    if verdict.reason:
        return words.label(
            "rows", f"tls-{verdict.reason}", **{"names": "?", "not_before": "?", "not_after": "?"} | facts
        )
    if verdict.pinned or not certificate:
        return words.label("rows", "tls-pinned", **facts)
    return words.label("rows", "tls-good-day" if facts["days"] == "1" else "tls-good", **facts)


def _ehlo(step: Step, reply: Reply, t: Transcript, words: Words) -> str:
    extensions = read_extensions(reply)
    if not extensions.items:
        return words.label("rows", "ehlo-none", code=reply.code)
    if extensions.mechanisms and _late_auth(step, t):
        return words.label("rows", "ehlo", code=reply.code, fact=_auth(extensions, step, t, words))
    parts = [_auth(extensions, step, t, words)] if extensions.mechanisms else []
    named = [_extension(extensions, keyword, words) for keyword in SHOWN_EXTENSIONS if keyword in extensions]
    parts += named[: MOST_EXTENSIONS - len(parts)]
    rest = len({item.keyword.rstrip("=") for item in extensions.items}) - len(parts)
    parts += [words.label("rows", "more", count=rest)] if rest > 0 else []
    return words.label("rows", "ehlo", code=reply.code, fact=", ".join(parts))


def _late_auth(step: Step, t: Transcript) -> bool:
    """AUTH was not offered before TLS: that is why some clients do not find it."""
    clear = t.extensions(encrypted=False)
    return step.encrypted and clear is not None and not clear.mechanisms


def _auth(extensions: Extensions, step: Step, t: Transcript, words: Words) -> str:
    names, rest = extensions.mechanisms[:MOST_MECHANISMS], extensions.mechanisms[MOST_MECHANISMS:]
    shown = " ".join([*names, *([words.label("rows", "more", count=len(rest))] if rest else [])])
    key = "auth-offered-after-tls" if _late_auth(step, t) else "auth-offered"
    return words.label("rows", key, mechanisms=shown)


def _extension(extensions: Extensions, keyword: str, words: Words) -> str:
    value = extensions.as_mapping()[keyword]
    # RFC 1870 3: at most twenty digits; zero means no fixed limit.
    if keyword == "SIZE" and re.fullmatch(r"[0-9]{1,20}", value) and int(value):
        return words.label("rows", "size", size=size(int(value)))
    return keyword


def status_word(step: Step, status: Severity) -> str:
    """`skip` for what was barred, else the severity's own word; our own fault fails its step."""
    if step.failure and step.failure.detail in ("already-refused", "first-address-only"):
        return "skip"
    return "fail" if status >= Severity.FAIL else status.word
