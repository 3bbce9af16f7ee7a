"""A TLS session in the words of a `tls` event, both ways."""

from collections.abc import Iterator, Mapping

from smtpprobe.protocol.certificates import Certificate, CertificateProblem, CertificateVerdict, Detail
from smtpprobe.record import TlsSession
from smtpprobe.transcripts.notation import NotationError
from smtpprobe.transcripts.times import read_time, write_time

# What is known of a problem, as keys: `wrong-usage.above=...`; `detail` belongs to the first of the reasons.
_DETAILS = ("words", "above", "what", "url")


def read_verdict(word: str, values: dict[str, str]) -> CertificateVerdict:
    """The verdict that a word and its values tell; what they leave out is a plausible certificate."""
    try:
        reasons = () if word == "trusted" else tuple(map(CertificateProblem, word.split(",")))
        certificate = Certificate(
            subject=values.get("subject", "CN=mail.example"),
            issuer=values.get("issuer", "CN=Example CA"),
            names=_several(values.get("names", "mail.example")),
            not_before=read_time(values.get("not-before", "2025-12-01T00:00:00Z")),
            not_after=read_time(values.get("not-after", "2026-12-01T00:00:00Z")),
            fingerprint=values.get("fingerprint", "sha256:" + "00" * 32),
            self_issued=CertificateProblem.SELF_SIGNED in reasons,
            key=values.get("key", "RSA 2048"),
            signature=values.get("signature", "SHA-256"),
            usages=_several(values.get("usages", "serverAuth")),
            logged="logged" in values,
        )
        chain_length = int(values.get("chain", "2"))
    except ValueError as error:
        raise NotationError(f"tls: {error}") from None
    return CertificateVerdict(
        trusted=not reasons,
        reasons=reasons,
        certificate=certificate,
        chain_length=chain_length,
        pinned="pinned" in values,
        details={reason: detail for reason in reasons if (detail := _detail(reason, reasons[0], values))},
    )


def _several(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


def _detail(reason: str, first: str, values: Mapping[str, str]) -> Detail | None:
    found = {key: values[f"{reason}.{key}"] for key in _DETAILS if f"{reason}.{key}" in values}
    if reason == first and "detail" in values:
        found.setdefault("words", values["detail"])
    return Detail(**found) if found else None


def write_session(session: TlsSession) -> Iterator[str]:
    """The words of the event."""
    verdict = session.verdict
    yield session.version
    yield session.cipher
    yield ",".join(verdict.reasons) or "trusted"
    if certificate := verdict.certificate:
        yield f"subject={certificate.subject}"
        yield f"issuer={certificate.issuer}"
        yield f"names={','.join(certificate.names)}"
        yield f"not-before={write_time(certificate.not_before)}"
        yield f"not-after={write_time(certificate.not_after)}"
        yield f"fingerprint={certificate.fingerprint}"
        yield f"key={certificate.key}"
        yield f"signature={certificate.signature}"
        yield f"usages={','.join(certificate.usages)}"
        if certificate.logged:
            yield "logged=yes"
    yield f"chain={verdict.chain_length}"
    if verdict.pinned:
        yield "pinned=yes"
    for reason in verdict.reasons:
        detail = verdict.about(reason)
        yield from (f"{reason}.{key}={text}" for key in _DETAILS if (text := getattr(detail, key)))
