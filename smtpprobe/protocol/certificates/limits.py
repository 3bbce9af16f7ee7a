"""What certificates may be used for: until when, for which purpose, and whether they are strong enough.

pyOpenSSL cannot ask OpenSSL for all of it. The rules here are OpenSSL's, found by comparing with its
handshakes, as the tests still do.
"""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from smtpprobe.protocol.certificates.facts import CertificateProblem, Detail, Problems
from smtpprobe.protocol.certificates.path import CertificationPath
from smtpprobe.protocol.certificates.reading import (
    attempt,
    digest_of,
    extension,
    is_self_issued,
    key_text,
    signature_text,
    subject_of,
)

# Security level 2 wants 112 bits. It is the default of Debian, of OpenSSL since 3.2, of Python since 3.10.
# An elliptic curve gives half its size, a hash half its digest. For RSA and DSA there is a formula (NIST
# SP 800-56B), which OpenSSL rounds to 8 bits: it refuses a key of 1962 bits and takes one of 1963.
_SECURITY_BITS = 112
_RSA_BITS = 1963


def date_problem(leaf: x509.Certificate, now: datetime) -> Problems:
    """The leaf's dates. OpenSSL does look at dates, but sees no other once it has met one above the leaf."""
    if now > leaf.not_valid_after_utc:
        return {CertificateProblem.EXPIRED: Detail("certificate has expired")}
    if now < leaf.not_valid_before_utc:
        return {CertificateProblem.NOT_YET_VALID: Detail("certificate is not yet valid")}
    return {}


def usage_problem(path: CertificationPath) -> Problems:
    """What OpenSSL's check for the purpose of a TLS server refuses."""
    for depth, certificate in enumerate(path.certificates):
        if certificate and not (_may_serve_tls(certificate) and (depth or _may_use_key_for_tls(certificate))):
            words = "unsuitable certificate purpose"
            return {CertificateProblem.WRONG_USAGE: Detail(words, subject_of(certificate) if depth else "")}
    return {}


def _may_serve_tls(certificate: x509.Certificate) -> bool:
    # RFC 5280 4.2.1.12 leaves open whether anyExtendedKeyUsage will do. For OpenSSL it will not, and it asks
    # the same of each certificate on the path, up to the root.
    usage = extension(certificate, x509.ExtendedKeyUsage)
    return usage is None or ExtendedKeyUsageOID.SERVER_AUTH in usage


def _may_use_key_for_tls(leaf: x509.Certificate) -> bool:
    usage = extension(leaf, x509.KeyUsage)
    return usage is None or usage.digital_signature or usage.key_encipherment or usage.key_agreement


def weakness(path: CertificationPath) -> Problems:
    """What OpenSSL refuses at security level 2: keys, and signatures below the one at the top."""
    top = path.certificates[-1]
    is_top_signed = not path.is_anchored and top is not None and not is_self_issued(top)
    last = len(path.certificates) - (not is_top_signed)
    for depth, certificate in enumerate(path.certificates):
        if certificate and _has_weak_key(certificate):
            words = "CA certificate key too weak" if depth else "EE certificate key too weak"
            what = key_text(certificate)
        elif certificate and depth < last and _has_weak_signature(certificate):
            words, what = "CA signature digest algorithm too weak", signature_text(certificate)
        else:
            continue
        above = subject_of(certificate) if depth else ""
        return {CertificateProblem.WEAK: Detail(words, above, what)}
    return {}


def _has_weak_key(certificate: x509.Certificate) -> bool:
    key = attempt(certificate.public_key, None)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.key_size // 2 < _SECURITY_BITS
    return isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey) and key.key_size < _RSA_BITS


def _has_weak_signature(certificate: x509.Certificate) -> bool:
    digest = digest_of(certificate)  # Ed25519 has none
    return digest is not None and digest.digest_size * 8 // 2 < _SECURITY_BITS
