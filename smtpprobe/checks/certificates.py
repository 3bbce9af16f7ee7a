"""Checks of the certificate: why clients would not trust it, and whether it is the server's at all."""

import re
from ipaddress import ip_address

from smtpprobe.checks.common import place, tls_required
from smtpprobe.checks.tls import openssl_option
from smtpprobe.display import visible
from smtpprobe.judgement import Cause, Finding, Severity, Sure
from smtpprobe.knowledge.inspectors import inspector_of
from smtpprobe.protocol.certificates import (
    Certificate,
    CertificateProblem,
    Detail,
    nearest_first,
    stands_for,
)
from smtpprobe.protocol.certificates.nearness import is_host_name, of_one_domain
from smtpprobe.protocol.extensions import read_extensions
from smtpprobe.record import Step, TlsSession, Transcript
from smtpprobe.request import StepName

# A certificate that nobody can parse still has to be spoken of.
_UNREADABLE = {
    **dict.fromkeys(("names", "nearest", "issuer", "subject", "usages"), "?"),
    **dict.fromkeys(("not_before", "not_after", "days"), "?"),
    "fingerprint": "sha256:HEX",
}
_MOST_NAMES = 8
_NOBODY = (CertificateProblem.UNKNOWN_ISSUER, CertificateProblem.MISSING_INTERMEDIATE)
_DATES = (CertificateProblem.EXPIRED, CertificateProblem.NOT_YET_VALID)
# Where an authority puts its certificates: a name, not an address, and nothing that a shell would obey.
_ADDRESS_OF_ISSUER = re.compile(r"https?://(?P<host>[A-Za-z0-9.-]+)(:\d{1,5})?/[A-Za-z0-9._~%/+,=@-]*")
_LONGEST_ADDRESS = 200


def _tls(t: Transcript) -> tuple[Step, TlsSession] | None:
    step = t.last(StepName.TLS)
    return (step, step.tls) if step and step.tls else None


def _wanted(t: Transcript) -> str:
    """The name that was looked for in the certificate."""
    return t.plan.sni or t.target.host


def _certificate(
    t: Transcript, problem: CertificateProblem, cause: Cause, facts: dict[str, str] | None = None
) -> Finding | None:
    found = _tls(t)
    if found is None or problem not in found[1].verdict.reasons:
        return None
    if t.plan.pin and problem is not CertificateProblem.PIN_MISMATCH:
        return None  # the pinned certificate and no other: what is wrong with another is beside the point
    if t.plan.insecure:
        severity = Severity.WARN
    elif tls_required(t) or t.login_asked:
        severity = Severity.FAIL
    else:
        severity = Severity.NOTE  # RFC 7435: between mail servers, any encryption beats none
    step, session = found
    detail = str(session.verdict.about(problem))
    return Finding(
        f"certificate-{problem}",
        severity,
        step.name,
        place(t, step),
        cause,
        (visible(detail, 200),) if detail else (),
        {**certificate_facts(t, session, problem), **(facts or {})},
    )


def certificate_facts(
    t: Transcript, session: TlsSession, problem: CertificateProblem | None = None
) -> dict[str, str]:
    """What the words about a certificate need; what nobody said or could read is empty or `?`."""
    certificate = session.verdict.certificate
    detail = session.verdict.about(problem) if problem else Detail()
    facts = {
        "wanted": _wanted(t),
        "why": "chain" if detail.above else "",
        "above": detail.above or "?",
        "what": detail.what or "?",
        "where": _address_of_issuer(detail.url),
        "option": openssl_option(t),
    }
    if certificate is None:
        return _UNREADABLE | facts
    if problem in _NOBODY:
        facts["what"] = detail.what or certificate.issuer
    if problem in _DATES and certificate.not_before <= t.started <= certificate.not_after:
        facts["why"] = "chain"  # the server's own is good, and one above it is not
    names = nearest_first(certificate.names, _wanted(t))
    return facts | {
        "names": ", ".join(names[:_MOST_NAMES]),
        "nearest": names[0] if names else "",
        "issuer": certificate.issuer,
        "subject": certificate.subject,
        "not_before": f"{certificate.not_before:%Y-%m-%d}",
        "not_after": f"{certificate.not_after:%Y-%m-%d}",
        "days": str(_days(certificate, t)),
        "usages": ", ".join(certificate.usages),
        "fingerprint": certificate.fingerprint,
    }


def _days(certificate: Certificate, t: Transcript) -> int:
    """Whole days since it ended, until it begins, or until it ends."""
    if t.started > certificate.not_after:
        return (t.started - certificate.not_after).days
    if t.started < certificate.not_before:
        return (certificate.not_before - t.started).days
    return certificate.days_left(t.started)


def _address_of_issuer(url: str) -> str:
    """The address, if it can be pasted into a command; a certificate may hold anything."""
    found = _ADDRESS_OF_ISSUER.fullmatch(url) if len(url) <= _LONGEST_ADDRESS else None
    return url if found and is_host_name(found["host"]) else ""


def _certain(cause: str, *alternatives: str) -> Cause:
    return Cause(cause, Sure.CERTAIN, alternatives)


# Dates, key, usage


def certificate_pin_mismatch(t: Transcript) -> Finding | None:
    return _certificate(t, CertificateProblem.PIN_MISMATCH, _certain("certificate-unknown-issuer"))


def certificate_expired(t: Transcript) -> Finding | None:
    return _certificate(t, CertificateProblem.EXPIRED, _certain("certificate-expired"))


def certificate_not_yet_valid(t: Transcript) -> Finding | None:
    return _certificate(t, CertificateProblem.NOT_YET_VALID, _certain("certificate-not-yet-valid"))


def certificate_self_signed(t: Transcript) -> Finding | None:
    return _certificate(t, CertificateProblem.SELF_SIGNED, _certain("certificate-self-signed"))


def certificate_wrong_usage(t: Transcript) -> Finding | None:
    """`why` is `usages` where the server's own certificate says what it is for, and that is not this."""
    found = _tls(t)
    certificate = found[1].verdict.certificate if found else None
    restricted = certificate and certificate.usages and "serverAuth" not in certificate.usages
    facts = {"why": "usages"} if restricted else None
    return _certificate(t, CertificateProblem.WRONG_USAGE, _certain("certificate-wrong-usage"), facts)


def certificate_weak(t: Transcript) -> Finding | None:
    """`why` is `key` or `signature`, `chain-key` or `chain-signature` where it is one above the server's."""
    found = _tls(t)
    detail = found[1].verdict.about(CertificateProblem.WEAK) if found else None
    facts = {}
    if detail and detail.what:
        # A key is named with its size, a signature by its hash alone.
        kind = "key" if " " in detail.what else "signature"
        facts = {"why": f"chain-{kind}" if detail.above else kind}
    return _certificate(t, CertificateProblem.WEAK, _certain("certificate-weak"), facts)


def certificate_expires_soon(t: Transcript) -> Finding | None:
    found = _tls(t)
    certificate = found[1].verdict.certificate if found else None
    if not found or not certificate or not 0 <= certificate.days_left(t.started) < t.plan.warn_days:
        return None
    if t.started >= certificate.not_after:
        return None
    step, facts = found[0], certificate_facts(t, found[1])
    return Finding("certificate-expires-soon", Severity.WARN, step.name, place(t, step), facts=facts)


# Who vouches for it


def certificate_missing_intermediate(t: Transcript) -> Finding | None:
    """`why` is `address` where the certificate says how to come by the one that is missing."""
    found = _tls(t)
    problem = CertificateProblem.MISSING_INTERMEDIATE
    known = found and _address_of_issuer(found[1].verdict.about(problem).url)
    facts = {"why": "address"} if known else None
    return _certificate(t, problem, _certain("certificate-missing-intermediate"), facts)


def _inspector(t: Transcript) -> tuple[str, bool]:
    """The product that is the issuer, empty if it is none; and whether it made the certificate up.

    Then it copied the name that was asked for. A device with its maker's certificate has another name.
    """
    found = _tls(t)
    certificate = found[1].verdict.certificate if found else None
    if found is None or certificate is None:
        return "", False
    product = inspector_of(certificate, _wanted(t)) or ""
    return product, CertificateProblem.WRONG_NAME not in found[1].verdict.reasons


def certificate_unknown_issuer(t: Transcript) -> Finding | None:
    """`why` is `inspected` where the issuer is a product that opens TLS; `factory` where it is one too, but
    for all that is known made the server; `public` where it is from an authority that writes what it issues
    into public logs, though this machine does not know it."""
    found, (product, copied) = _tls(t), _inspector(t)
    certificate = found[1].verdict.certificate if found else None
    why, cause = "", _certain("certificate-unknown-issuer")
    if product and copied:
        why, cause = "inspected", Cause("tls-intercepted", Sure.LIKELY, ("certificate-unknown-issuer",))
    elif product:
        why, cause = "factory", _certain("certificate-unknown-issuer", "tls-intercepted")
    elif certificate and certificate.logged:
        why, cause = "public", _certain("certificate-unknown-issuer", "certificate-missing-intermediate")
    facts = {"why": why, "product": product}
    return _certificate(t, CertificateProblem.UNKNOWN_ISSUER, cause, facts)


def tls_inspected(t: Transcript) -> Finding | None:
    """The same where this machine trusts the product: then nothing is refused, and nobody notices."""
    found, (product, copied) = _tls(t), _inspector(t)
    if found is None or not (product and copied) or certificate_unknown_issuer(t):
        return None
    step, session = found
    facts = {**certificate_facts(t, session), "product": product}
    cause = Cause("tls-intercepted", Sure.LIKELY)
    return Finding("tls-inspected", Severity.NOTE, step.name, place(t, step), cause, facts=facts)


# Whose it is


def certificate_wrong_name(t: Transcript) -> Finding | None:
    """`why` is what to make of it (see `_misnamed`), `other` the host to type instead, if there is one."""
    found = _tls(t)
    certificate = found[1].verdict.certificate if found else None
    facts = {"called": "", "other": ""}
    if certificate:
        facts |= _misnamed(t, certificate)
    return _certificate(t, CertificateProblem.WRONG_NAME, _certain("certificate-wrong-name"), facts)


def _misnamed(t: Transcript, certificate: Certificate) -> dict[str, str]:
    """How the name that was wanted and those in the certificate come together, the surest sign first.

    `sni`: the host that was typed is in it, only not the name that --sni gave. `address`: an address was
    typed, and it has a name. `called`: the server calls itself by a name that is in it. `wildcard`: one in
    it is of the same domain and does not reach so far. `itself`: the server calls itself by the name that
    is wanted. `sibling`: one of the same domain is in it.
    """
    wanted, host = _wanted(t), t.target.host
    names = nearest_first(certificate.names, wanted)
    typed = next((name for name in names if is_host_name(name)), "")
    if host != wanted and any(stands_for(name, host) for name in names):
        return {"why": "sni", "other": host}
    if _is_address(wanted):
        return {"why": "address", "other": typed} if typed else {}
    own = _own_names(t)
    for called in own:
        if any(stands_for(name, called) for name in names):
            near = ", ".join(nearest_first(names, called)[:_MOST_NAMES])
            return {"why": "called", "called": called, "other": called, "names": near}
    for name in names:
        if name.startswith("*.") and f".{wanted}".lower().endswith(name[1:].lower()):
            return {"why": "wildcard", "nearest": name}
    if any(stands_for(wanted, called) for called in own):
        return {"why": "itself"}
    if typed and of_one_domain(typed, wanted):
        return {"why": "sibling", "nearest": typed, "other": typed}
    return {}


def _own_names(t: Transcript) -> tuple[str, ...]:
    """The host names that the server gives itself: in EHLO, the last one first, and in the greeting."""
    replies = [step.reply for step in reversed(t.all(StepName.EHLO)) if step.accepted]
    greeting = t.last(StepName.GREETING)
    replies += [greeting.reply] if greeting and greeting.accepted else []
    domains = (read_extensions(reply).domain for reply in replies if reply)
    return tuple(dict.fromkeys(domain for domain in domains if is_host_name(domain)))


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
