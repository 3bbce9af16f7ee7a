"""The two EHLO replies of a session with STARTTLS, compared: what one program says before TLS and after.

It is right that the second has less and more. STARTTLS is gone, because TLS stands; AUTH appears, or has
more and other mechanisms, because passwords are safe now; REQUIRETLS, SCRAM's -PLUS forms and EXTERNAL need
TLS; words that no standard knows come and go as a program likes. Nothing is said of any of these. What a
program has no reason to take back, and takes back, tells that it is another one that speaks now: a proxy
ends TLS in front of the mail server, or something on the way wrote in the first reply.
"""

from collections.abc import Iterator

from smtpprobe.checks.common import EVIDENCE_LINES, place
from smtpprobe.display import visible
from smtpprobe.judgement import Finding, Severity
from smtpprobe.knowledge import tables
from smtpprobe.protocol.certificates.nearness import is_host_name
from smtpprobe.protocol.extensions import Extensions
from smtpprobe.record import Transcript
from smtpprobe.request import StepName

# RFC 3207 4.2: not offered again once TLS stands. The mechanisms behind AUTH are looked at by themselves.
_EXPECTED = frozenset({"STARTTLS", "AUTH", "AUTH="})
_GONE = "-"


def ehlo_differs_under_tls(t: Transcript) -> Finding | None:
    """`why` is `auth` where no login is offered any more, `size` where only the size differs."""
    before, after, step = t.extensions(encrypted=False), t.extensions(encrypted=True), t.last(StepName.EHLO)
    if before is None or after is None or step is None or not _in_step(t):
        return None
    size = [*_size(before, after)]
    login = [f"AUTH {' '.join(before.mechanisms)} > {_GONE}"] if _login_gone(before, after) else []
    others = [*_name(before, after, t.plan.sni or t.target.host), *_gone(before, after)]
    found = [*login, *others, *size]
    if not found:
        return None
    why = "auth" if login else "" if others else "size"
    facts = {"why": why, "differences": visible("; ".join(found), 300)}
    evidence = tuple(visible(one, 100) for one in found[:EVIDENCE_LINES])
    return Finding(
        "ehlo-differs-under-tls", Severity.NOTE, step.name, place(t, step), evidence=evidence, facts=facts
    )


def _in_step(t: Transcript) -> bool:
    """Each EHLO has the reply that is its own: not a second greeting, nor one that belongs elsewhere."""
    replies = [step.reply for step in t.all(StepName.EHLO)]
    return all(reply and reply.code == 250 for reply in replies) and not any(s.unsolicited for s in t.steps)


def _name(before: Extensions, after: Extensions, wanted: str) -> Iterator[str]:
    """Another name. One program may go by the name that it was asked for in the handshake (SNI)."""
    one, other = (reply.domain.lower().removesuffix(".") for reply in (before, after))
    if is_host_name(one) and is_host_name(other) and other not in (one, wanted.lower().removesuffix(".")):
        yield f"{one} > {other}"


def _gone(before: Extensions, after: Extensions) -> Iterator[str]:
    """Extensions of a standard that are offered before TLS only."""
    for keyword in dict.fromkeys(item.keyword for item in before.items):
        known = tables.row("extensions", keyword) or {"standing": "private"}
        if keyword not in _EXPECTED and keyword not in after and known["standing"] == "rfc-defined":
            yield f"{keyword} > {_GONE}"


def _login_gone(before: Extensions, after: Extensions) -> bool:
    """Lists that differ are right (PLAIN only under TLS, CRAM-MD5 only without); an empty one is not."""
    return bool(before.mechanisms) and not after.mechanisms


def _size(before: Extensions, after: Extensions) -> Iterator[str]:
    """Another limit of a message's size (RFC 1870 3). Zero is none, and so is no number at all."""
    sizes = [
        int(value) if value.isascii() and value.isdigit() and len(value) <= 20 else 0
        for value in (reply.as_mapping().get("SIZE", "") for reply in (before, after))
    ]
    if "SIZE" in before and "SIZE" in after and sizes[0] != sizes[1]:
        yield f"SIZE {sizes[0]} > {sizes[1]}"
