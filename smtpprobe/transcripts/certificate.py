"""A TLS session in the words of a `tls` event, both ways."""

from collections.abc import Iterator

from smtpprobe.protocol.certificates import Certificate, CertificateProblem, CertificateVerdict
from smtpprobe.record import TlsSession
from smtpprobe.transcripts.notation import NotationError
from smtpprobe.transcripts.times import read_time, write_time


def read_verdict(word: str, values: dict[str, str]) -> CertificateVerdict:
    """The verdict that a word and its values tell; what they leave out is a plausible certificate."""
    try:
        reasons = () if word == "trusted" else tuple(map(CertificateProblem, word.split(",")))
        certificate = Certificate(
            subject=values.get("subject", "CN=mail.example"),
            issuer=values.get("issuer", "CN=Example CA"),
            names=tuple(filter(None, values.get("names", "mail.example").split(","))),
            not_before=read_time(values.get("not-before", "2025-12-01T00:00:00Z")),
            not_after=read_time(values.get("not-after", "2026-12-01T00:00:00Z")),
            fingerprint=values.get("fingerprint", "sha256:" + "00" * 32),
            self_issued=CertificateProblem.SELF_SIGNED in reasons,
            key=values.get("key", "RSA 2048"),
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
        detail=values.get("detail", ""),
    )


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
    yield f"chain={verdict.chain_length}"
    if verdict.pinned:
        yield "pinned=yes"
    if verdict.detail:
        yield f"detail={verdict.detail}"
