"""Checks of the exchange of a login: what the mechanism makes of a refusal, and exchanges that broke off."""

import base64
import binascii
from collections.abc import Iterator, Mapping

from smtpprobe.checks.common import EVIDENCE_CHARACTERS, place, shown
from smtpprobe.display import decode, visible_bytes
from smtpprobe.judgement import Cause, Finding, Severity, Sure
from smtpprobe.knowledge.causes import Reading
from smtpprobe.protocol.replies import Reply
from smtpprobe.protocol.sasl import MECHANISMS
from smtpprobe.protocol.sasl.tokens import read_report
from smtpprobe.record import FailureKind, Step, Transcript
from smtpprobe.request import StepName

# What servers say of a password, and say of a token just the same.
_OF_PASSWORDS = {
    "bad-credentials",
    "app-password-required",
    "authorization-code-required",
    "basic-auth-retired",
}
TOKEN = ("bad-token", "likely", ("smtp-auth-disabled-mailbox", "service-not-enabled", "account-disabled"))


def by_mechanism(step: Step, id: str, reading: Reading) -> tuple[str, Reading]:
    """What a refusal comes to with the mechanism that was tried, as the id of a finding and a reading.

    A token is no password; and a proof is made of a form of the password that the server may not have.
    """
    mechanism = MECHANISMS.get(step.mechanism or "")
    if mechanism is None or id not in ("credentials-rejected", "auth-refused"):
        return id, reading
    if mechanism.takes_token and reading.cause in _OF_PASSWORDS:
        return "token-refused", Reading(*TOKEN, reading.by, reading.provider)
    if mechanism.takes_token:
        return ("token-refused" if reading.cause == TOKEN[0] else id), reading
    if mechanism.reveals_secret or reading.cause != "bad-credentials" or reading.sure == "certain":
        return id, reading
    others = dict.fromkeys(("mechanism-unsupported", *reading.alternatives))
    if not mechanism.binds:
        return id, reading._replace(alternatives=tuple(others))
    # A certificate is only one of the things that a login can be bound to, and the least usual one.
    return id, Reading("mechanism-unsupported", "possible", ("bad-credentials",), reading.by)


def report_shown(step: Step) -> tuple[str, ...]:
    """What the server says of a token, out of its base64, as evidence."""
    reports = filter(read_report, challenges(step))
    return tuple(f"334 {visible_bytes(report, EVIDENCE_CHARACTERS)}" for report in reports)[:1]


def facts_of_mechanism(step: Step, id: str) -> Mapping[str, str]:
    """The facts that the words of a refusal need besides, or that choose among them (`how`)."""
    if id == "token-refused":
        report = next(filter(None, map(read_report, challenges(step))), None)
        told = {key: (report or {}).get(key) or "-" for key in ("status", "schemes", "scope")}
        return told if report else {**told, "how": "without-report"}
    bound = id == "credentials-rejected" and (step.mechanism or "").endswith("-PLUS")
    return {"how": "bound"} if bound else {}


def challenges(step: Step) -> Iterator[bytes]:
    """What the server asked in the exchange of a login, decoded; what is no base64 is left out."""
    for exchange in step.exchanges:
        challenge = _decoded(exchange.reply) if exchange.reply else None
        if challenge is not None:
            yield challenge


def _decoded(reply: Reply) -> bytes | None:
    """What a 334 asks (RFC 4954 4); None for another reply, and for what is no base64."""
    try:
        return base64.b64decode(reply.lines[-1].text.strip(), validate=True) if reply.code == 334 else None
    except binascii.Error:
        return None


_VIOLATION = Cause("protocol-violation", Sure.CERTAIN)
_BROKEN = {
    "challenge-not-base64": _VIOLATION,
    "challenge-malformed": _VIOLATION,
    "too-many-challenges": _VIOLATION,
    "success-too-early": _VIOLATION,
    "nonce-wrong": _VIOLATION,
    # No rule forbids it (RFC 7677 4 only advises against fewer iterations); it is what clients do not go by.
    "scram-parameters": Cause("mechanism-unsupported", Sure.LIKELY),
    # Nobody can tell from here whether it is an impostor, or a server that computes wrongly.
    "server-signature-wrong": Cause("protocol-violation", Sure.LIKELY, ("wrong-host",)),
}


def auth_broken(t: Transcript) -> Finding | None:
    """The exchange of challenges came to no end that RFC 4954 4 and the mechanism know."""
    step = t.last(StepName.AUTH)
    if step is None or step.failure is None or step.failure.kind is not FailureKind.PROTOCOL:
        return None
    cause = _BROKEN.get(step.failure.detail)
    if cause is None:
        return None
    facts = {"detail": step.failure.detail, "mechanism": step.mechanism or "", **_scram_facts(step)}
    evidence = tuple(line for exchange in step.exchanges[-3:] for line in _shown(exchange.reply))
    return Finding("auth-broken", Severity.FAIL, step.name, place(t, step), cause, evidence, facts)


def _shown(reply: Reply | None) -> tuple[str, ...]:
    """A reply as evidence, a challenge out of its base64."""
    challenge = _decoded(reply) if reply else None
    return (f"334 {visible_bytes(challenge, EVIDENCE_CHARACTERS)}",) if challenge else shown(reply)


def _scram_facts(step: Step) -> Mapping[str, str]:
    """The server's parameters, as it wrote them (RFC 5802 7)."""
    for challenge in challenges(step):
        fields = dict(part.partition("=")[::2] for part in decode(challenge).split(","))
        if {"r", "s", "i"} <= fields.keys():
            return {"iterations": fields["i"], "salt": str(len(fields["s"].rstrip("=")) * 3 // 4)}
    return {"iterations": "-", "salt": "-"}
