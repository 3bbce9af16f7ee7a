"""The path from the leaf to a certificate that is trusted, as OpenSSL finds it, and what it met on the way.

OpenSSL gives up at the first error. Here the error is noted, the question is changed so that OpenSSL gets
past it, and it is asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from OpenSSL import crypto

from smtpprobe.protocol.certificates.facts import CertificateProblem, Detail, Problems
from smtpprobe.protocol.certificates.reading import (
    attempt,
    is_publicly_logged,
    issuer_of,
    issuer_url,
    load,
    subject_of,
)
from smtpprobe.protocol.certificates.trust import TrustStore

# X509_V_FLAG_NO_CHECK_TIME in OpenSSL's x509_vfy.h; pyOpenSSL has no name for it.
_NO_CHECK_TIME = 0x200000

# OpenSSL's error numbers, X509_STORE_CTX_get_error(3). What is not listed is UNKNOWN_ISSUER: in one way or
# another, nobody who is trusted vouches for the leaf.
_SELF_SIGNED_LEAF = 18
_UNTRUSTED_ROOT = 19
_NO_ISSUER = frozenset({2, 20, 21})
_CRITICAL_EXTENSION = 34
_PROBLEMS = {
    9: CertificateProblem.NOT_YET_VALID,
    10: CertificateProblem.EXPIRED,
    _SELF_SIGNED_LEAF: CertificateProblem.SELF_SIGNED,
    25: CertificateProblem.WRONG_USAGE,  # more authorities below one than its path length allows
    26: CertificateProblem.WRONG_USAGE,  # made for another purpose
    32: CertificateProblem.WRONG_USAGE,  # its key usage does not include signing certificates
    _CRITICAL_EXTENSION: CertificateProblem.WRONG_USAGE,  # RFC 5280 4.2: must not be ignored
    40: CertificateProblem.WRONG_USAGE,  # a proxy certificate (RFC 3820)
    47: CertificateProblem.WRONG_USAGE,  # a name its authority may not certify (RFC 5280 4.2.1.10)
    48: CertificateProblem.WRONG_USAGE,  # the same, by exclusion
    79: CertificateProblem.WRONG_USAGE,  # issued by a certificate that is no authority's
}


@dataclass(frozen=True, slots=True)
class CertificationPath:
    """The way up from the leaf, and the problems that OpenSSL met on it.

    `certificates` starts with the leaf, and is only that if OpenSSL met an error which it cannot be made to
    forgive. None is a certificate that OpenSSL can read and cryptography cannot.
    `is_anchored` says that the last one is in the trust store.
    """

    certificates: list[x509.Certificate | None]
    is_anchored: bool
    problems: Problems


def find_path(
    leaf: x509.Certificate, rest: Sequence[bytes], trust: TrustStore, now: datetime
) -> CertificationPath:
    """Asks OpenSSL for the path to a trusted certificate, noting and forgiving one error after the other."""
    target = attempt(lambda: crypto.X509.from_cryptography(leaf), None)
    if target is None:
        words = "the certificate cannot be read"
        return CertificationPath([leaf], False, {CertificateProblem.UNKNOWN_ISSUER: Detail(words)})
    served = [one for der in rest if (one := load(crypto.FILETYPE_ASN1, der))]
    question = _Question(target, served, trust, now)
    problems: Problems = {}
    while True:
        try:
            found = question.ask()
        except crypto.X509StoreContextError as error:
            problems.setdefault(_problem_of(error, leaf), _detail_of(error))
            if not question.forgive(error):
                return CertificationPath([leaf], False, problems)
        else:
            path = [attempt(one.to_cryptography, None) for one in found]
            return CertificationPath(path, not question.granted, problems)


@dataclass(slots=True)
class _Question:
    """What OpenSSL is asked, and what it has to forgive: by flags, and by certificates granted as trusted."""

    leaf: crypto.X509
    served: list[crypto.X509]
    trust: TrustStore
    now: datetime
    flags: int = crypto.X509StoreFlags.PARTIAL_CHAIN
    granted: list[crypto.X509] = field(default_factory=list)

    def ask(self) -> list[crypto.X509]:
        """OpenSSL's path from the leaf to a trusted certificate; its first error as X509StoreContextError."""
        store = self.trust.for_openssl()
        for certificate in self.granted:
            store.add_cert(certificate)
        store.set_flags(self.flags)
        if not self.flags & _NO_CHECK_TIME:  # a time that is set wins over this flag
            store.set_time(self.now.astimezone(UTC))
        return crypto.X509StoreContext(store, self.leaf, self.served).get_verified_chain()

    def forgive(self, error: crypto.X509StoreContextError) -> bool:
        """Changes the question so that OpenSSL gets past this error; False if it cannot, or was tried."""
        code = error.errors[0]
        if code in {_SELF_SIGNED_LEAF, _UNTRUSTED_ROOT, *_NO_ISSUER} and not self.granted:
            self.granted.append(error.certificate)  # the one beyond which OpenSSL found nobody
            return True
        before = self.flags
        if _PROBLEMS.get(code) in {CertificateProblem.EXPIRED, CertificateProblem.NOT_YET_VALID}:
            self.flags |= _NO_CHECK_TIME
        elif code == _CRITICAL_EXTENSION:
            self.flags |= crypto.X509StoreFlags.IGNORE_CRITICAL
        return self.flags != before


def _problem_of(error: crypto.X509StoreContextError, leaf: x509.Certificate) -> CertificateProblem:
    code, depth, _ = error.errors
    if code in _NO_ISSUER and depth == 0 and is_publicly_logged(leaf):
        # If the issuer of a leaf is neither served nor trusted, it is an intermediate that the server forgot,
        # or the root of a private authority that this client was never given. Only the first has receipts:
        # logs take what leads to a public root, and a public authority must not issue leaves from its root
        # (CA/Browser Forum, Baseline Requirements 6.1.7). An address of the issuer (RFC 5280 4.2.2.1) is no
        # proof, for Microsoft's private authorities write one too. In doubt it is UNKNOWN_ISSUER, which is
        # true of both.
        return CertificateProblem.MISSING_INTERMEDIATE
    return _PROBLEMS.get(code, CertificateProblem.UNKNOWN_ISSUER)


def _detail_of(error: crypto.X509StoreContextError) -> Detail:
    code, depth, words = error.errors
    # The one that OpenSSL stumbled over; of a path that ends nowhere, the last on it.
    certificate = attempt(error.certificate.to_cryptography, None)
    if certificate is None:
        return Detail(words)
    above = subject_of(certificate) if depth else ""
    if _PROBLEMS.get(code):
        return Detail(words, above)
    return Detail(words, above, issuer_of(certificate), issuer_url(certificate))
