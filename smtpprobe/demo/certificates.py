"""Throw-away certificates: one good, and one for each thing that can be wrong with one.

What is wrong with a certificate is a set of problems, by the names that `protocol.certificates` gives them.
Each is one knob of the issuing (its names, its dates, its issuer, its key, its usage), so they combine, just
as they do in the wild: an expired certificate often has the wrong name too.

    authority().context()                            a server context with a certificate to trust
    authority().context("expired", "wrong-name")     one with two reasons not to

trustme issues them, and what trustme would never put into a certificate is put in by issuing it again.
Everything is made when it is first asked for and kept as long as the program runs. The modules behind it
are imported then too: `smtpprobe demo --list` needs none of them.
"""

from __future__ import annotations

import functools
import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from smtpprobe.protocol.certificates import CertificateProblem as Problem

if TYPE_CHECKING:
    from trustme import CA, Blob, LeafCert

__all__ = ["CLIENT_CERTIFICATE", "EXPIRES_SOON", "INSPECTED", "OWN_NAME", "Authority", "authority"]

NAMES = ("localhost", "127.0.0.1", "::1")
OTHER_NAMES = ("www.demo.example", "demo.example")
OWN_NAMES = ("www.demo.example", "mail.demo.example")
ORGANIZATION = "smtpprobe demo"

EXPIRES_SOON = "expires-soon"
"""No problem yet, and so none of `Problem`."""
OWN_NAME = "own-name"
"""With WRONG_NAME: it is for the name by which the server of the demo greets."""
INSPECTED = "inspected"
"""It looks as if a product had made it up that opens TLS on the way."""
CLIENT_CERTIFICATE = "client-certificate"
"""The server wants one of the client too."""
_DAYS: dict[str, tuple[int, int]] = {
    # Begin and end of the validity, in days from now.
    Problem.EXPIRED: (-93, -3),
    Problem.NOT_YET_VALID: (2, 92),
    EXPIRES_SOON: (-84, 6),
}
_USUAL_DAYS = (-30, 60)
_NOT_BY_TRUSTME = {
    Problem.SELF_SIGNED,
    Problem.MISSING_INTERMEDIATE,
    Problem.WRONG_USAGE,
    Problem.WEAK,
}
# No receipts at all, but in the extension for them (RFC 6962 3.3): so a public authority's certificate looks.
_RECEIPTS = "1.3.6.1.4.1.11129.2.4.2", b"\x04\x02\x00\x00"
_ISSUER_ADDRESS = "http://pki.demo.example/intermediate.der"
_INSPECTOR = "mitmproxy"


@functools.cache
def authority() -> Authority:
    """The authority of this program: one, because each has a key of its own."""
    return Authority()


class Authority:
    """A certificate authority, and others that nobody has heard of."""

    def __init__(self) -> None:
        from trustme import CA

        self._root = CA(organization_name=ORGANIZATION, organization_unit_name="Demo CA")
        self._contexts: dict[tuple[frozenset[str], str], ssl.SSLContext] = {}
        self._leaves: dict[ssl.SSLContext, bytes] = {}

    @contextmanager
    def ca_file(self) -> Iterator[Path]:
        """The authority's own certificate in a temporary PEM file, for `Plan.ca_file`."""
        with self._root.cert_pem.tempfile() as path:
            yield Path(path)

    def context(self, *problems: str, version: str = "") -> ssl.SSLContext:
        """A server's context. `version` (such as `TLSv1.2`) is the newest that it speaks."""
        wanted = frozenset(problems), version
        if wanted not in self._contexts:
            self._contexts[wanted] = self._make_context(*wanted)
        return self._contexts[wanted]

    def leaf(self, context: ssl.SSLContext) -> bytes:
        """The certificate (DER) that a server with one of these contexts shows as its own."""
        return self._leaves[context]

    def _make_context(self, problems: frozenset[str], version: str) -> ssl.SSLContext:
        from cryptography.hazmat.primitives.serialization import Encoding
        from cryptography.x509 import load_pem_x509_certificates

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.num_tickets = 0  # nobody comes back to a server that is thrown away
        if version == "TLSv1.2":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if Problem.WEAK in problems:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        if CLIENT_CERTIFICATE in problems:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=self._root.cert_pem.bytes().decode())
        pem = self._issue(problems)
        with pem.tempfile() as path:
            context.load_cert_chain(path)
        self._leaves[context] = load_pem_x509_certificates(pem.bytes())[0].public_bytes(Encoding.DER)
        return context

    def _issue(self, problems: Collection[str]) -> Blob:
        """A new key, its certificate, and what leads up to the root, as one PEM text."""
        issuer = self._issuer(problems)
        others = OWN_NAMES if OWN_NAME in problems else OTHER_NAMES
        names = others if Problem.WRONG_NAME in problems else NAMES
        begin, end = next((days for problem, days in _DAYS.items() if problem in problems), _USUAL_DAYS)
        now = datetime.now(UTC) + timedelta(hours=1)  # days are rounded down: 60 are to be shown as 60
        leaf = issuer.issue_cert(
            *names,
            common_name=names[0],
            organization_name=ORGANIZATION,
            organization_unit_name="Demo server",
            not_before=now + timedelta(days=begin),
            not_after=now + timedelta(days=end),
        )
        if _NOT_BY_TRUSTME.isdisjoint(problems):
            return leaf.private_key_and_cert_chain_pem
        return _issue_again(leaf, issuer, problems)

    def _issuer(self, problems: Collection[str]) -> CA:
        from trustme import CA

        organization = _INSPECTOR if INSPECTED in problems else ORGANIZATION
        if Problem.UNKNOWN_ISSUER in problems:
            return CA(organization_name=organization, organization_unit_name="A CA that nobody trusts")
        if INSPECTED in problems:
            return CA(self._root, 0, organization_name=organization, organization_unit_name="A CA in between")
        if Problem.MISSING_INTERMEDIATE in problems:
            return CA(
                self._root, 0, organization_name=ORGANIZATION, organization_unit_name="Demo Intermediate CA"
            )
        return self._root


def _issue_again(leaf: LeafCert, issuer: CA, problems: Collection[str]) -> Blob:
    """The same certificate, but self-signed, or with a weak key, another usage or receipts; served alone."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )
    from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID
    from trustme import Blob

    def load_key(blob: Blob) -> ec.EllipticCurvePrivateKey:
        key = load_pem_private_key(blob.bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # trustme's default
        return key

    pattern = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = load_key(leaf.private_key_pem)
    if Problem.WEAK in problems:
        key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - weak is what was asked for
    self_signed = Problem.SELF_SIGNED in problems
    builder = (
        x509.CertificateBuilder()
        .subject_name(pattern.subject)
        .issuer_name(pattern.subject if self_signed else pattern.issuer)
        .public_key(key.public_key())
        .serial_number(pattern.serial_number)
        .not_valid_before(pattern.not_valid_before_utc)
        .not_valid_after(pattern.not_valid_after_utc)
    )
    for extension in pattern.extensions:
        value = extension.value
        if isinstance(value, x509.ExtendedKeyUsage) and Problem.WRONG_USAGE in problems:
            value = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        if not (isinstance(value, x509.AuthorityKeyIdentifier) and self_signed):
            builder = builder.add_extension(value, extension.critical)
    if Problem.MISSING_INTERMEDIATE in problems:
        oid, value = _RECEIPTS
        receipts = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)
        builder = builder.add_extension(receipts, critical=False)
        address = x509.UniformResourceIdentifier(_ISSUER_ADDRESS)
        where = [x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, address)]
        builder = builder.add_extension(x509.AuthorityInformationAccess(where), critical=False)
    signing_key = key if self_signed else load_key(issuer.private_key_pem)
    certificate = builder.sign(signing_key, hashes.SHA256())
    pem_key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Blob(pem_key + certificate.public_bytes(Encoding.PEM))
