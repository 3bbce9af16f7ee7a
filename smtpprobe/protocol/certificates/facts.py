"""What is told of a certificate and of the chain it was served in: plain values, cheap to load."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


class CertificateProblem(enum.StrEnum):
    """Why a certificate is not trusted. Of several, the first in this order is "the reason"."""

    PIN_MISMATCH = "pin-mismatch"  # not the one certificate that the user pinned
    EXPIRED = "expired"  # the leaf, or one above it that OpenSSL needs for its path
    NOT_YET_VALID = "not-yet-valid"
    WRONG_NAME = "wrong-name"
    SELF_SIGNED = "self-signed"  # the leaf was issued by itself, and is not in the trust store
    UNKNOWN_ISSUER = "unknown-issuer"  # nobody trusted vouches for it; also if nothing could be read
    MISSING_INTERMEDIATE = "missing-intermediate"  # from a public authority, served without its issuer
    WRONG_USAGE = "wrong-usage"  # not made for TLS servers, or its authority oversteps its bounds
    WEAK = "weak"  # below OpenSSL's security level 2


@dataclass(frozen=True, slots=True)
class Detail:
    """What is known of one problem. Its texts are the server's in part: unsafe to show.

    `words` are OpenSSL's, where it has words for it. `above` is the subject of the certificate that has the
    problem, empty if that is the leaf. `what` is a fact without language: of WEAK the key or the signature
    (`RSA 1024`, `SHA-1`), of UNKNOWN_ISSUER and MISSING_INTERMEDIATE the name of the issuer that is neither
    served nor trusted. `url` is where that issuer's certificate can be had (RFC 5280 4.2.2.1), if anywhere.
    """

    words: str = ""
    above: str = ""
    what: str = ""
    url: str = ""

    def __str__(self) -> str:
        return f"{self.words}: {self.above}" if self.above else self.words


Problems = dict[CertificateProblem, Detail]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a person wants to know of the server's own certificate. Its text is the server's: unsafe to show.

    `subject` and `issuer` are distinguished names as in RFC 4514 (`CN=mail.example,O=Example`), maybe empty.
    `names` are the DNS names and IP addresses it is made out to; the common name if it has neither.
    `not_before` and `not_after` are aware, in UTC; both still belong to the validity (RFC 5280 4.1.2.5).
    `fingerprint` is `sha256:` and 64 lower-case hexadecimal digits, over the DER.
    `self_issued` says that subject and issuer are the same name (RFC 5280 3.2).
    `key` is a text such as `RSA 2048`, `EC P-256`, `Ed25519`; `unknown` if it could not be read.
    `signature` is the hash that was signed, such as `SHA-256`; empty where the algorithm has none of its own.
    `usages` are the extended key usages (RFC 5280 4.2.1.12) by name or OID; empty if it is not restricted.
    `logged` says that it carries receipts of Certificate Transparency logs, as those of public authorities
    do.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    fingerprint: str
    self_issued: bool
    key: str
    signature: str = ""
    usages: tuple[str, ...] = ()
    logged: bool = False

    def days_left(self, now: datetime) -> int:
        """Whole days from `now` (aware) until it expires, rounded down: negative as soon as it has."""
        return (self.not_after - now).days


@dataclass(frozen=True, slots=True)
class CertificateVerdict:
    """What a client would make of the chain.

    `trusted` is true exactly if `reasons` is empty; `reasons` are in the order of `CertificateProblem`.
    `certificate` is None if the leaf could not be read. `chain_length` counts the certificates as served.
    `pinned` says that the user's pin matched; then nothing else was judged.
    `details` says more of each reason.
    """

    trusted: bool
    reasons: tuple[CertificateProblem, ...]
    certificate: Certificate | None
    chain_length: int
    pinned: bool
    details: Mapping[CertificateProblem, Detail] = field(default_factory=dict)

    @property
    def reason(self) -> CertificateProblem | None:
        """The first of the reasons, None if trusted."""
        return self.reasons[0] if self.reasons else None

    @property
    def detail(self) -> str:
        """The words for the first reason, and the certificate if that is not the leaf; empty if trusted."""
        return str(self.about(self.reasons[0])) if self.reasons else ""

    def about(self, problem: CertificateProblem) -> Detail:
        """What is known of a problem; nothing of one that the chain does not have."""
        return self.details.get(problem, Detail())
