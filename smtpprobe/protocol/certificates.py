"""Whether real mail clients would trust the certificates that a server served, and every reason why not.

A server that speaks TLS serves a chain: its own certificate (the leaf) and those that lead up towards a
root which the client trusts already. `judge` takes that chain as bytes, a `TrustStore`, a host name and a
time, and says what clients built on OpenSSL would say. OpenSSL itself is asked (through pyOpenSSL): a
stricter or a laxer judge would send people after faults that their clients do not see. But OpenSSL stops at
the first error, and an expired certificate often has the wrong name too. So it is asked again and again:
each error is noted and then forgiven (the time is not looked at, the unknown issuer is granted), until it
finds a path from the leaf upwards. Names, usage and strength, of which pyOpenSSL cannot ask OpenSSL, are
looked at along that path.

Nothing here opens a connection. Modules that take long to load, longer than the verdict, are imported where
they are used.
"""

from __future__ import annotations

import enum
import ipaddress
import os
import re
import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cryptography import x509
    from OpenSSL import crypto

    _Extension = TypeVar("_Extension", bound=x509.ExtensionType)

_Read = TypeVar("_Read")
_Default = TypeVar("_Default")

__all__ = [
    "Certificate",
    "CertificateProblem",
    "CertificateVerdict",
    "TrustStore",
    "TrustStoreError",
    "judge",
]


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


# Where systems keep their roots, for a Python whose OpenSSL was built to look elsewhere.
_WELL_KNOWN_PLACES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # RHEL and Fedora
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # the same, where the link above is gone
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # Alpine, FreeBSD, OpenBSD, macOS
    "/usr/local/share/certs/ca-root-nss.crt",  # FreeBSD's ca_root_nss
    "/opt/homebrew/etc/ca-certificates/cert.pem",  # Homebrew on Apple silicon
    "/usr/local/etc/ca-certificates/cert.pem",  # Homebrew on Intel
)

_PEM_CERTIFICATE = re.compile(
    rb"-----BEGIN (X509 )?CERTIFICATE-----.*?-----END (X509 )?CERTIFICATE-----", re.DOTALL
)


class TrustStoreError(ValueError):
    """A file of trusted certificates cannot be used. The message says which file, and why."""


class TrustStore:
    """The certificates that are trusted. Made once for a run, by `system()` or by `from_file(path)`.

    `source` says in words where they come from.
    """

    __slots__ = ("_directories", "_files", "_roots", "source")

    def __init__(
        self,
        source: str,
        *,
        roots: Sequence[crypto.X509] | None = None,
        files: Sequence[str] = (),
        directories: Sequence[str] = (),
    ) -> None:
        self.source = source
        self._roots = roots
        self._files = files
        self._directories = directories

    @classmethod
    def system(cls) -> TrustStore:
        """This computer's store, where OpenSSL finds it: SSL_CERT_FILE and SSL_CERT_DIR, or its defaults.

        If neither variable is set and the defaults hold nothing, it is the first place that a system is
        known to use. This never fails: without any roots, `source` says so, and no chain will be trusted.
        The roots are read when they are first needed, and kept.
        """
        import ssl

        paths = ssl.get_default_verify_paths()
        file = os.environ.get(paths.openssl_cafile_env, paths.openssl_cafile)
        listed = os.environ.get(paths.openssl_capath_env, paths.openssl_capath).split(os.pathsep)
        files = [*filter(_is_readable_file, [file])]
        directories = [*filter(_is_filled_directory, listed)]
        told = os.environ.keys() & {paths.openssl_cafile_env, paths.openssl_capath_env}
        if not (files or directories or told):
            files = [*filter(_is_readable_file, _WELL_KNOWN_PLACES)][:1]
        source = " and ".join([*files, *directories]) or "no trusted certificates found on this system"
        return cls(source, files=files, directories=directories)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> TrustStore:
        """The certificates in a PEM file, instead of the system's: roots, intermediates, or a leaf itself.

        It is read at once, so that a wrong file is told before any connection is made. Raises
        TrustStoreError if it is missing, unreadable, holds no certificate, or one that cannot be read.
        """
        name = os.fspath(path)
        try:
            pem = Path(path).read_bytes()
        except OSError as error:
            raise TrustStoreError(f"{name}: {error.strerror or error}") from error
        roots = list(_load_pem(pem))
        if not roots:
            raise TrustStoreError(f"{name}: it holds no certificate (no -----BEGIN CERTIFICATE-----)")
        if None in roots:
            raise TrustStoreError(f"{name}: certificate {roots.index(None) + 1} in it cannot be read")
        return cls(name, roots=[root for root in roots if root])

    def _ask(self, question: _Question) -> list[crypto.X509]:
        """OpenSSL's path from the leaf to a trusted certificate; its first error as X509StoreContextError."""
        from OpenSSL import crypto

        # A new store each time: on the same one, OpenSSL silently ignores the second set_time().
        store = crypto.X509Store()
        for root in (*self._trusted_roots(), *question.granted):
            store.add_cert(root)
        if self._directories:
            store.load_locations(None, os.pathsep.join(self._directories))
        store.set_flags(question.flags)
        if not question.flags & _NO_CHECK_TIME:  # a time that is set wins over this flag
            store.set_time(question.now.astimezone(UTC))
        return crypto.X509StoreContext(store, question.leaf, question.served).get_verified_chain()

    def _trusted_roots(self) -> Sequence[crypto.X509]:
        if self._roots is None:
            texts = [_attempt(Path(file).read_bytes, b"") for file in self._files]
            self._roots = [root for text in texts for root in _load_pem(text) if root]
        return self._roots


def _is_readable_file(path: str) -> bool:
    return Path(path).is_file() and os.access(path, os.R_OK)


def _is_filled_directory(path: str) -> bool:
    return path != "" and _attempt(lambda: any(Path(path).iterdir()), False)  # "" would be this directory


def _load_pem(pem: bytes) -> Iterator[crypto.X509 | None]:
    """The certificates in a PEM text one by one, None for each that OpenSSL cannot read."""
    from OpenSSL.crypto import FILETYPE_PEM

    return (_load(FILETYPE_PEM, block[0]) for block in _PEM_CERTIFICATE.finditer(pem))


def _load(file_type: int, data: bytes) -> crypto.X509 | None:
    from OpenSSL.crypto import load_certificate

    return _attempt(lambda: load_certificate(file_type, data), None)


def judge(
    chain: Sequence[bytes], *, host: str, store: TrustStore, now: datetime, pin: str | None = None
) -> CertificateVerdict:
    """Whether a client that connects to `host` would trust this chain, and every reason why not.

    `chain` is DER as served, the leaf first. `host` is a DNS name in ASCII (A-labels; one trailing dot is
    ignored) or an IP address. `now` is aware, the client's time. With a `pin`, a fingerprint written as in
    `Certificate`, that one leaf is trusted, whatever else is wrong with it, and no other is. However broken
    the chain is, this never raises: what cannot be read is not trusted.
    """
    with warnings.catch_warnings():
        # cryptography warns of a serial number that is not positive. Odd certificates are what we came for.
        warnings.simplefilter("ignore", UserWarning)
        leaf = _parse(chain[0]) if chain else None
        certificate = _describe(leaf) if leaf else None
        if chain and pin == _fingerprint(chain[0]):
            return CertificateVerdict(True, (), certificate, len(chain), pinned=True, detail="")
        problems = _problems(leaf, chain, host, store, now)
    if pin is not None:
        problems[CertificateProblem.PIN_MISMATCH] = "not the certificate that was pinned"
    reasons = tuple(problem for problem in CertificateProblem if problem in problems)
    detail = problems[reasons[0]] if reasons else ""
    return CertificateVerdict(not reasons, reasons, certificate, len(chain), pinned=False, detail=detail)


def _problems(
    leaf: x509.Certificate | None, chain: Sequence[bytes], host: str, store: TrustStore, now: datetime
) -> dict[CertificateProblem, str]:
    """All that is wrong but the pin, each problem with the words for it."""
    if leaf is None:
        words = "the certificate cannot be read" if chain else "the server sent no certificate"
        return {CertificateProblem.UNKNOWN_ISSUER: words}
    path = _find_path(leaf, chain[1:], store, now)
    # The last has the last word: where a certificate above the leaf has the same problem, name the leaf.
    return (
        _weakness(path)
        | _usage_problem(path)
        | path.problems
        | _name_problem(leaf, host)
        | _date_problem(leaf, now)
    )


# What OpenSSL says.

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


@dataclass(slots=True)
class _Question:
    """What OpenSSL is asked, and what it has to forgive: by flags, and by certificates granted as trusted."""

    leaf: crypto.X509
    served: list[crypto.X509]
    now: datetime
    flags: int
    granted: list[crypto.X509] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Path:
    """The way up from the leaf, and the problems that OpenSSL met on it.

    `certificates` starts with the leaf, and is only that if OpenSSL met an error which it cannot be made to
    forgive. None is a certificate that OpenSSL can read and cryptography cannot.
    `is_anchored` says that the last one is in the trust store.
    """

    certificates: list[x509.Certificate | None]
    is_anchored: bool
    problems: dict[CertificateProblem, str]


def _find_path(leaf: x509.Certificate, rest: Sequence[bytes], store: TrustStore, now: datetime) -> _Path:
    """Asks OpenSSL for the path to a trusted certificate, noting and forgiving one error after the other."""
    from OpenSSL import crypto

    target = _attempt(lambda: crypto.X509.from_cryptography(leaf), None)
    if target is None:
        return _Path([leaf], False, {CertificateProblem.UNKNOWN_ISSUER: "the certificate cannot be read"})
    served = [one for der in rest if (one := _load(crypto.FILETYPE_ASN1, der))]
    # Whatever is in the store is trusted, also an intermediate or a leaf: so do curl, Postfix and Python.
    question = _Question(target, served, now, flags=crypto.X509StoreFlags.PARTIAL_CHAIN)
    problems: dict[CertificateProblem, str] = {}
    while True:
        try:
            found = store._ask(question)
        except crypto.X509StoreContextError as error:
            problems.setdefault(_problem_of(error, leaf), _words_of(error))
            if not _forgive(error, question):
                return _Path([leaf], False, problems)
        else:
            path = [_attempt(one.to_cryptography, None) for one in found]
            return _Path(path, not question.granted, problems)


def _forgive(error: crypto.X509StoreContextError, question: _Question) -> bool:
    """Changes the question so that OpenSSL gets past this error; False if that cannot be, or was tried."""
    from OpenSSL.crypto import X509StoreFlags

    code = error.errors[0]
    if code in {_SELF_SIGNED_LEAF, _UNTRUSTED_ROOT, *_NO_ISSUER} and not question.granted:
        question.granted.append(error.certificate)  # the one beyond which OpenSSL found nobody
        return True
    before = question.flags
    if _PROBLEMS.get(code) in {CertificateProblem.EXPIRED, CertificateProblem.NOT_YET_VALID}:
        question.flags |= _NO_CHECK_TIME
    elif code == _CRITICAL_EXTENSION:
        question.flags |= X509StoreFlags.IGNORE_CRITICAL
    return question.flags != before


def _problem_of(error: crypto.X509StoreContextError, leaf: x509.Certificate) -> CertificateProblem:
    code, depth, _ = error.errors
    if code in _NO_ISSUER and depth == 0 and _is_publicly_logged(leaf):
        return CertificateProblem.MISSING_INTERMEDIATE
    return _PROBLEMS.get(code, CertificateProblem.UNKNOWN_ISSUER)


def _is_publicly_logged(leaf: x509.Certificate) -> bool:
    """Whether the leaf carries receipts of Certificate Transparency logs (RFC 6962 3.3).

    This tells a missing intermediate from an unknown issuer. If the issuer of a leaf is neither served nor
    trusted, it is an intermediate that the server forgot, or the root of a private authority that this client
    was never given. Only the first has receipts: logs take what leads to a public root, and a public
    authority must not issue leaves from its root (CA/Browser Forum, Baseline Requirements 6.1.7). An address
    of the issuer (RFC 5280 4.2.2.1) is no proof, for Microsoft's private authorities write one too. In
    doubt it is UNKNOWN_ISSUER, which is true of both.
    """
    from cryptography.x509 import PrecertificateSignedCertificateTimestamps

    return _extension(leaf, PrecertificateSignedCertificateTimestamps) is not None


def _words_of(error: crypto.X509StoreContextError) -> str:
    _, depth, words = error.errors
    return _about(words, depth, _attempt(error.certificate.to_cryptography, None))


def _about(words: str, depth: int, certificate: x509.Certificate | None) -> str:
    """The words, and which certificate they are about if it is not the leaf."""
    return f"{words}: {_subject(certificate)}" if depth and certificate else words


# What pyOpenSSL cannot ask OpenSSL. Found by comparing with OpenSSL's handshakes, as the tests still do.


def _date_problem(leaf: x509.Certificate, now: datetime) -> dict[CertificateProblem, str]:
    """The leaf's dates. OpenSSL does look at dates, but sees no other once it has met one above the leaf."""
    if now > leaf.not_valid_after_utc:
        return {CertificateProblem.EXPIRED: "certificate has expired"}
    if now < leaf.not_valid_before_utc:
        return {CertificateProblem.NOT_YET_VALID: "certificate is not yet valid"}
    return {}


def _name_problem(leaf: x509.Certificate, host: str) -> dict[CertificateProblem, str]:
    alternatives = _alternative_names(leaf)
    if alternatives is None:
        return {CertificateProblem.WRONG_NAME: "the names in the certificate cannot be read"}
    names, addresses = alternatives
    address = _attempt(lambda: ipaddress.ip_address(host.partition("%")[0]), None)
    if address is not None:  # RFC 9525 6.5: only an address matches it, no name that spells the address
        return {} if address in addresses else {CertificateProblem.WRONG_NAME: "IP address mismatch"}
    # RFC 9525 2 does away with the common name. OpenSSL still takes it where there is no DNS name.
    if any(_covers(name, host.removesuffix(".")) for name in names or _common_names(leaf)):
        return {}
    return {CertificateProblem.WRONG_NAME: "hostname mismatch"}


def _covers(name: str, host: str) -> bool:
    """Whether one name of a certificate stands for the host.

    They are asked one by one: given the whole certificate, service-identity raises if any name in it is odd.
    """
    from service_identity import CertificateError
    from service_identity.hazmat import DNS_ID, DNSPattern

    if name.startswith("*."):
        # RFC 9525 6.3 lets "*" stand for a whole label, and so does OpenSSL. service-identity follows
        # RFC 6125 6.4.3, where it does not stand for an A-label: no Japanese name under *.example.
        label, _, parent = host.partition(".")
        if not label.replace("-", "").isalnum():
            return False
        host = f"any.{parent}"
    try:
        return DNS_ID(host).verify(DNSPattern.from_bytes(name.encode()))
    except (CertificateError, ValueError):
        return False


def _usage_problem(path: _Path) -> dict[CertificateProblem, str]:
    """What OpenSSL's check for the purpose of a TLS server refuses."""
    for depth, certificate in enumerate(path.certificates):
        if certificate and not (_may_serve_tls(certificate) and (depth or _may_use_key_for_tls(certificate))):
            words = _about("unsuitable certificate purpose", depth, certificate)
            return {CertificateProblem.WRONG_USAGE: words}
    return {}


def _may_serve_tls(certificate: x509.Certificate) -> bool:
    # RFC 5280 4.2.1.12 leaves open whether anyExtendedKeyUsage will do. For OpenSSL it will not, and it asks
    # the same of each certificate on the path, up to the root.
    from cryptography.x509 import ExtendedKeyUsage
    from cryptography.x509.oid import ExtendedKeyUsageOID

    usage = _extension(certificate, ExtendedKeyUsage)
    return usage is None or ExtendedKeyUsageOID.SERVER_AUTH in usage


def _may_use_key_for_tls(leaf: x509.Certificate) -> bool:
    from cryptography.x509 import KeyUsage

    usage = _extension(leaf, KeyUsage)
    return usage is None or usage.digital_signature or usage.key_encipherment or usage.key_agreement


# Security level 2 wants 112 bits. It is the default of Debian, of OpenSSL since 3.2, of Python since 3.10.
# An elliptic curve gives half its size, a hash half its digest. For RSA and DSA there is a formula (NIST
# SP 800-56B), which OpenSSL rounds to 8 bits: it refuses a key of 1962 bits and takes one of 1963.
_SECURITY_BITS = 112
_RSA_BITS = 1963


def _weakness(path: _Path) -> dict[CertificateProblem, str]:
    """What OpenSSL refuses at security level 2: keys, and signatures below the one at the top."""
    top = path.certificates[-1]
    is_top_signed = not path.is_anchored and top is not None and not _is_self_issued(top)
    last = len(path.certificates) - (not is_top_signed)
    for depth, certificate in enumerate(path.certificates):
        if certificate and _has_weak_key(certificate):
            words = "CA certificate key too weak" if depth else "EE certificate key too weak"
        elif certificate and depth < last and _has_weak_signature(certificate):
            words = "CA signature digest algorithm too weak"
        else:
            continue
        return {CertificateProblem.WEAK: _about(words, depth, certificate)}
    return {}


def _has_weak_key(certificate: x509.Certificate) -> bool:
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    key = _attempt(certificate.public_key, None)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.key_size // 2 < _SECURITY_BITS
    return isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey) and key.key_size < _RSA_BITS


def _has_weak_signature(certificate: x509.Certificate) -> bool:
    digest = _attempt(lambda: certificate.signature_hash_algorithm, None)  # Ed25519 has none
    return digest is not None and digest.digest_size * 8 // 2 < _SECURITY_BITS


# Reading certificates.


def _attempt(read: Callable[[], _Read], default: _Default) -> _Read | _Default:
    """What `read` returns, or the default if it fails.

    Broken certificates raise seven exceptions that have no common base, and not only when they are parsed:
    cryptography looks into names, extensions and keys when it is asked for them.
    """
    try:
        return read()
    except Exception:
        return default


def _parse(der: bytes) -> x509.Certificate | None:
    from cryptography.x509 import load_der_x509_certificate

    return _attempt(lambda: load_der_x509_certificate(der), None)


def _describe(leaf: x509.Certificate) -> Certificate:
    from cryptography.hazmat.primitives.serialization import Encoding

    names, addresses = _alternative_names(leaf) or ([], [])
    return Certificate(
        subject=_subject(leaf),
        issuer=_attempt(lambda: leaf.issuer.rfc4514_string(), ""),
        names=tuple([*names, *map(str, addresses)] or _common_names(leaf)),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        fingerprint=_fingerprint(leaf.public_bytes(Encoding.DER)),
        self_issued=_is_self_issued(leaf),
        key=_key_text(leaf),
    )


def _fingerprint(der: bytes) -> str:
    import hashlib

    return f"sha256:{hashlib.sha256(der).hexdigest()}"


def _subject(certificate: x509.Certificate) -> str:
    return _attempt(lambda: certificate.subject.rfc4514_string(), "")


def _is_self_issued(certificate: x509.Certificate) -> bool:
    return _attempt(lambda: certificate.subject == certificate.issuer, False)


def _key_text(leaf: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    key = _attempt(leaf.public_key, None)
    if key is None:
        return "unknown"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC " + re.sub("^secp([0-9]+)r1$", r"P-\1", key.curve.name)  # secp256r1 is P-256 to people
    kind = type(key).__name__.removesuffix("PublicKey")
    return f"{kind} {key.key_size}" if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey) else kind


def _common_names(leaf: x509.Certificate) -> list[str]:
    from cryptography.x509.oid import NameOID

    attributes = _attempt(lambda: leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME), [])
    return [one.value for one in attributes if isinstance(one.value, str)]


def _alternative_names(leaf: x509.Certificate) -> tuple[list[str], Sequence[object]] | None:
    """The DNS names and the IP addresses that are its subject alternative names; None if unreadable."""
    from cryptography.x509 import DNSName, IPAddress, SubjectAlternativeName

    if _attempt(lambda: leaf.extensions, None) is None:
        return None
    names = _extension(leaf, SubjectAlternativeName) or SubjectAlternativeName([])
    return names.get_values_for_type(DNSName), names.get_values_for_type(IPAddress)


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    """An extension's value; None if it has none, or if its extensions cannot be read."""
    return _attempt(lambda: certificate.extensions.get_extension_for_class(kind).value, None)
