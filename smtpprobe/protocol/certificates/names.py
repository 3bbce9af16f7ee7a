"""Whether a certificate is made out to the host: the names and addresses in it, as OpenSSL compares them."""

from __future__ import annotations

import ipaddress

from cryptography import x509
from service_identity import CertificateError
from service_identity.hazmat import DNS_ID, DNSPattern

from smtpprobe.protocol.certificates.facts import CertificateProblem, Detail, Problems
from smtpprobe.protocol.certificates.reading import alternative_names, attempt, common_names


def name_problem(leaf: x509.Certificate, host: str) -> Problems:
    """WRONG_NAME, unless one of the leaf's names stands for the host."""
    alternatives = alternative_names(leaf)
    if alternatives is None:
        return _wrong("the names in the certificate cannot be read")
    names, addresses = alternatives
    address = attempt(lambda: ipaddress.ip_address(host.partition("%")[0]), None)
    if address is not None:  # RFC 9525 6.5: only an address matches it, no name that spells the address
        return {} if address in addresses else _wrong("IP address mismatch")
    # RFC 9525 2 does away with the common name. OpenSSL still takes it where there is no DNS name.
    if any(_covers(name, host.removesuffix(".")) for name in names or common_names(leaf)):
        return {}
    return _wrong("hostname mismatch")


def _wrong(words: str) -> Problems:
    return {CertificateProblem.WRONG_NAME: Detail(words)}


def _covers(name: str, host: str) -> bool:
    """Whether one name of a certificate stands for the host.

    They are asked one by one: given the whole certificate, service-identity raises if any name in it is odd.
    """
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
