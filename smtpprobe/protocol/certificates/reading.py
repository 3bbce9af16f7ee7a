"""Looking into certificates, however broken: what can be read is told, what cannot never raises.

Broken certificates raise seven exceptions that have no common base, and not only when they are parsed:
cryptography looks into names, extensions and keys when it is asked for them. Hence `attempt`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from OpenSSL import crypto

from smtpprobe.protocol.certificates.facts import Certificate

_Read = TypeVar("_Read")
_Default = TypeVar("_Default")
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

# As RFC 5280 4.2.1.12 and OpenSSL write them; others are shown as numbers.
_USAGES = {
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.CODE_SIGNING: "codeSigning",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "emailProtection",
    ExtendedKeyUsageOID.TIME_STAMPING: "timeStamping",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSPSigning",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "anyExtendedKeyUsage",
}

_PEM = re.compile(rb"-----BEGIN (X509 )?CERTIFICATE-----.*?-----END (X509 )?CERTIFICATE-----", re.DOTALL)


def attempt(read: Callable[[], _Read], default: _Default) -> _Read | _Default:
    """What `read` returns, or the default if it fails."""
    try:
        return read()
    except Exception:
        return default


def load(file_type: int, data: bytes) -> crypto.X509 | None:
    """A certificate as OpenSSL has it."""
    return attempt(lambda: crypto.load_certificate(file_type, data), None)


def load_pem(text: bytes) -> list[crypto.X509 | None]:
    """The certificates in a PEM text, None for each that OpenSSL cannot read."""
    return [load(crypto.FILETYPE_PEM, block[0]) for block in _PEM.finditer(text)]


def parse(der: bytes) -> x509.Certificate | None:
    """A certificate as cryptography has it."""
    return attempt(lambda: x509.load_der_x509_certificate(der), None)


def describe(leaf: x509.Certificate) -> Certificate:
    """What a person wants to know of it."""
    names, addresses = alternative_names(leaf) or ([], [])
    return Certificate(
        subject=subject_of(leaf),
        issuer=issuer_of(leaf),
        names=tuple([*names, *map(str, addresses)] or common_names(leaf)),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        fingerprint=fingerprint(leaf.public_bytes(Encoding.DER)),
        self_issued=is_self_issued(leaf),
        key=key_text(leaf),
        signature=signature_text(leaf),
        usages=_usages(leaf),
        logged=is_publicly_logged(leaf),
    )


def fingerprint(der: bytes) -> str:
    """`sha256:` and the digest, as in `Certificate`."""
    return f"sha256:{hashlib.sha256(der).hexdigest()}"


def is_self_issued(certificate: x509.Certificate) -> bool:
    """Whether subject and issuer are the same name (RFC 5280 3.2)."""
    return attempt(lambda: certificate.subject == certificate.issuer, False)


def common_names(leaf: x509.Certificate) -> list[str]:
    """The common names within its subject."""
    attributes = attempt(lambda: leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME), [])
    return [one.value for one in attributes if isinstance(one.value, str)]


def alternative_names(leaf: x509.Certificate) -> tuple[list[str], Sequence[object]] | None:
    """The DNS names and the IP addresses that are its subject alternative names; None if unreadable."""
    if attempt(lambda: leaf.extensions, None) is None:
        return None
    names = extension(leaf, x509.SubjectAlternativeName) or x509.SubjectAlternativeName([])
    return names.get_values_for_type(x509.DNSName), names.get_values_for_type(x509.IPAddress)


def extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    """An extension's value; None if it has none, or if its extensions cannot be read."""
    return attempt(lambda: certificate.extensions.get_extension_for_class(kind).value, None)


def subject_of(certificate: x509.Certificate) -> str:
    """Its subject as in RFC 4514; empty if it cannot be read."""
    return attempt(lambda: certificate.subject.rfc4514_string(), "")


def issuer_of(certificate: x509.Certificate) -> str:
    """Its issuer as in RFC 4514; empty if it cannot be read."""
    return attempt(lambda: certificate.issuer.rfc4514_string(), "")


def issuer_url(certificate: x509.Certificate) -> str:
    """Where it says that its issuer's certificate is to be had (RFC 5280 4.2.2.1); empty if it does not."""
    for one in extension(certificate, x509.AuthorityInformationAccess) or ():
        place = one.access_location
        if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS and isinstance(
            place, x509.UniformResourceIdentifier
        ):
            return place.value
    return ""


def is_publicly_logged(leaf: x509.Certificate) -> bool:
    """Whether it carries receipts of Certificate Transparency logs (RFC 6962 3.3)."""
    return extension(leaf, x509.PrecertificateSignedCertificateTimestamps) is not None


def key_text(certificate: x509.Certificate) -> str:
    """`RSA 2048`, `EC P-256`, `Ed25519`; `unknown` if it cannot be read."""
    key = attempt(certificate.public_key, None)
    if key is None:
        return "unknown"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC " + re.sub("^secp([0-9]+)r1$", r"P-\1", key.curve.name)  # secp256r1 is P-256 to people
    kind = type(key).__name__.removesuffix("PublicKey")
    return f"{kind} {key.key_size}" if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey) else kind


def digest_of(certificate: x509.Certificate) -> hashes.HashAlgorithm | None:
    """The hash that its issuer signed; None if the algorithm has none of its own, or is not known."""
    return attempt(lambda: certificate.signature_hash_algorithm, None)


def signature_text(certificate: x509.Certificate) -> str:
    """`SHA-256`, `MD5`; empty where there is no such hash."""
    digest = digest_of(certificate)
    return re.sub(r"^SHA(?=\d)", "SHA-", digest.name.upper()) if digest else ""


def _usages(leaf: x509.Certificate) -> tuple[str, ...]:
    oids = extension(leaf, x509.ExtendedKeyUsage) or ()
    return tuple(_USAGES.get(oid, oid.dotted_string) for oid in oids)
