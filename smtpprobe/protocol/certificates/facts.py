"""What is told of a certificate and of the chain it was served in: plain values, cheap to load."""

from __future__ import annotations

import enum
from dataclasses import dataclass
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


Problems = dict[CertificateProblem, str]  # what is wrong, each with the words for it


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a person wants to know of the server's own certificate. Its text is the server's: unsafe to show.

    `subject` and `issuer` are distinguished names as in RFC 4514 (`CN=mail.example,O=Example`), maybe empty.
    `names` are the DNS names and IP addresses it is made out to; the common name if it has neither.
    `not_before` and `not_after` are aware, in UTC; both still belong to the validity (RFC 5280 4.1.2.5).
    `fingerprint` is `sha256:` and 64 lower-case hexadecimal digits, over the DER.
    `self_issued` says that subject and issuer are the same name (RFC 5280 3.2).
    `key` is a text such as `RSA 2048`, `EC P-256`, `Ed25519`; `unknown` if it could not be read.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    fingerprint: str
    self_issued: bool
    key: str

    def days_left(self, now: datetime) -> int:
        """Whole days from `now` (aware) until it expires, rounded down: negative as soon as it has."""
        return (self.not_after - now).days


@dataclass(frozen=True, slots=True)
class CertificateVerdict:
    """What a client would make of the chain.

    `trusted` is true exactly if `reasons` is empty; `reasons` are in the order of `CertificateProblem`.
    `certificate` is None if the leaf could not be read. `chain_length` counts the certificates as served.
    `pinned` says that the user's pin matched; then nothing else was judged.
    `detail` words the first reason, as OpenSSL does where it has words for it; it is empty if trusted. It
    names the certificate if that is not the leaf: text of the server, unsafe to show.
    """

    trusted: bool
    reasons: tuple[CertificateProblem, ...]
    certificate: Certificate | None
    chain_length: int
    pinned: bool
    detail: str

    @property
    def reason(self) -> CertificateProblem | None:
        """The first of the reasons, None if trusted."""
        return self.reasons[0] if self.reasons else None
