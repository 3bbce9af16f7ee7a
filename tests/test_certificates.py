"""A chain for each fault. Every verdict is compared with a handshake of the OpenSSL that Python runs on."""

from __future__ import annotations

import hashlib
import ssl
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from hypothesis import example, given, settings
from hypothesis import strategies as st
from OpenSSL import crypto

from smtpprobe.protocol.certificates import (
    Certificate,
    CertificateProblem,
    CertificateVerdict,
    Detail,
    TrustStore,
    TrustStoreError,
    judge,
    nearest_first,
    stands_for,
    trust,
)
from smtpprobe.protocol.certificates.distinguished import attributes
from smtpprobe.protocol.certificates.nearness import is_host_name, of_one_domain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

HOST = "mail.example.org"
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
# The handshakes live in the real present, so the dates are far from it.
LONG = datetime(2000, 1, 1, tzinfo=UTC), datetime(2900, 1, 1, tzinfo=UTC)
PAST = datetime(2001, 1, 1, tzinfo=UTC), datetime(2002, 1, 1, tzinfo=UTC)
FUTURE = datetime(2800, 1, 1, tzinfo=UTC), datetime(2801, 1, 1, tzinfo=UTC)

ROOT_KEY, INTERMEDIATE_KEY, LEAF_KEY, OTHER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(4))
RSA_1024, RSA_2048 = (rsa.generate_private_key(65537, size) for size in (1024, 2048))

SERVER_AUTH = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
CLIENT_AUTH = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
ANY_USAGE = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
MAY_ONLY_SIGN_CERTIFICATES = x509.KeyUsage(False, False, False, False, False, True, False, False, False)
MAY_NOT_SIGN_CERTIFICATES = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
OTHER_NAMES_ONLY = x509.NameConstraints([x509.DNSName("example.com")], None)
ISSUER_ADDRESS = x509.AuthorityInformationAccess(
    [
        x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS,
            x509.UniformResourceIdentifier("http://pki.example/ca.crt"),
        )
    ]
)
ODD_URI = x509.UniformResourceIdentifier("http://a:80/b")
UNKNOWN_EXTENSION = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
LOG_RECEIPTS = x509.UnrecognizedExtension(  # none of them: an octet string with an empty list (RFC 6962 3.3)
    x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), b"\x04\x02\x00\x00"
)

P = CertificateProblem


def certify(
    subject: str,
    key: PrivateKey = LEAF_KEY,
    issuer: str | None = None,
    issuer_key: PrivateKey | None = None,
    *,
    names: Iterable[str | x509.GeneralName] = (),
    dates: tuple[datetime, datetime] = LONG,
    is_authority: bool = False,
    extensions: Iterable[x509.ExtensionType] = (),
    critical: bool = False,
) -> x509.Certificate:
    """A certificate, issued by itself if no issuer is given. Text among the names is a DNS name."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(common_name(subject))
        .issuer_name(common_name(issuer or subject))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dates[0])
        .not_valid_after(dates[1])
    )
    if is_authority:
        builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
    if names:
        alternatives = [x509.DNSName(name) if isinstance(name, str) else name for name in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=critical)
    signer = issuer_key or key
    return builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)] if text else [])


def root(**options: object) -> x509.Certificate:
    return certify("Root", ROOT_KEY, **{"is_authority": True, **options})


def intermediate(**options: object) -> x509.Certificate:
    return certify("Intermediate", INTERMEDIATE_KEY, "Root", ROOT_KEY, **{"is_authority": True, **options})


def leaf(
    issuer: str = "Root",
    issuer_key: PrivateKey = ROOT_KEY,
    *,
    subject: str = "leaf",
    key: PrivateKey = LEAF_KEY,
    **options: object,
) -> x509.Certificate:
    return certify(subject, key, issuer, issuer_key, **{"names": [HOST], **options})


def leaf_of_intermediate(**options: object) -> x509.Certificate:
    return leaf("Intermediate", INTERMEDIATE_KEY, **options)


def ip(text: str) -> x509.IPAddress:
    return x509.IPAddress(ip_address(text))


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def pem(*several: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in several)


def signed_with_sha1() -> x509.Certificate:
    """By the RSA root. cryptography does not sign with SHA-1 any more: done by hand (RFC 8017 8.2.1)."""
    made = leaf("RSA root", RSA_2048)
    sha256_with_rsa, sha1_with_rsa = (bytes.fromhex("06092a864886f70d0101" + end) for end in ("0b", "05"))
    body = made.tbs_certificate_bytes.replace(sha256_with_rsa, sha1_with_rsa)
    message = bytes.fromhex("3021300906052b0e03021a05000414") + hashlib.sha1(body).digest()  # noqa: S324
    padded = b"\x00\x01" + (b"\x00" + message).rjust(254, b"\xff")
    numbers = RSA_2048.private_numbers()
    signature = pow(int.from_bytes(padded), numbers.d, numbers.public_numbers.n).to_bytes(256)
    whole = der(made).replace(made.tbs_certificate_bytes, body).replace(made.signature, signature)
    return x509.load_der_x509_certificate(whole.replace(sha256_with_rsa, sha1_with_rsa))


def with_negative_serial_number() -> bytes:
    """DER, by the RSA root. cryptography does not make this either, and warns when it reads it."""
    made = leaf("RSA root", RSA_2048)
    serial = made.serial_number.to_bytes(made.serial_number.bit_length() // 8 + 1)
    body = made.tbs_certificate_bytes.replace(serial, bytes([serial[0] | 0x80]) + serial[1:])
    signature = RSA_2048.sign(body, padding.PKCS1v15(), hashes.SHA256())
    return der(made).replace(made.tbs_certificate_bytes, body).replace(made.signature, signature)


def store_of(directory: Path, *trusted: x509.Certificate) -> TrustStore:
    path = directory / "trusted.pem"
    path.write_bytes(pem(*trusted))
    return TrustStore.from_file(path)


@dataclass
class Case:
    """A chain as served, and the problems it has. ROOT is trusted, if nothing else is said."""

    chain: list[x509.Certificate]
    problems: list[CertificateProblem] = field(default_factory=list)
    host: str = HOST
    trusted: list[x509.Certificate] = field(default_factory=lambda: [ROOT])
    key: PrivateKey = LEAF_KEY
    detail: str = ""  # a part of it


ROOT = root()
LEAF = leaf()
INTERMEDIATE = intermediate()
LEAF_OF_INTERMEDIATE = leaf_of_intermediate()
SELF_SIGNED = certify("leaf", names=[HOST])
SAME_KEY_ROOT = certify("Intermediate", INTERMEDIATE_KEY, is_authority=True)
RSA_ROOT = certify("RSA root", RSA_2048, is_authority=True)
WEAK_ROOT = certify("Weak root", RSA_1024, is_authority=True)
SHA1_LEAF = signed_with_sha1()

TRUSTED = {
    "issued by a root": Case([LEAF]),
    "intermediate served": Case([LEAF_OF_INTERMEDIATE, INTERMEDIATE]),
    "root served too": Case([LEAF_OF_INTERMEDIATE, INTERMEDIATE, ROOT]),
    "served out of order": Case([LEAF_OF_INTERMEDIATE, ROOT, INTERMEDIATE]),
    "intermediate in the store": Case([LEAF_OF_INTERMEDIATE], trusted=[INTERMEDIATE]),
    "self-signed leaf in the store": Case([SELF_SIGNED], trusted=[SELF_SIGNED]),
    "issued leaf in the store": Case([LEAF], trusted=[LEAF]),
    "expired extra certificate": Case([LEAF_OF_INTERMEDIATE, intermediate(dates=PAST), INTERMEDIATE]),
    "another path than the one served": Case([LEAF_OF_INTERMEDIATE, INTERMEDIATE], trusted=[SAME_KEY_ROOT]),
    "wildcard": Case([leaf(names=["*.example.org"])]),
    "wildcard for an A-label": Case([leaf(names=["*.example.org"])], host="xn--bcher-kva.example.org"),
    "upper case": Case([leaf(names=["MAIL.Example.org"])]),
    "trailing dot": Case([LEAF], host=f"{HOST}."),
    "one label": Case([leaf(names=["localhost"])], host="localhost"),
    "IPv4": Case([leaf(names=[ip("192.0.2.1")])], host="192.0.2.1"),
    "IPv6": Case([leaf(names=[ip("2001:db8::1")])], host="2001:db8:0::1"),
    "odd names beside a good one": Case([leaf(names=["192.0.2.1", "*", "*.*.org", ODD_URI, HOST])]),
    "only a common name": Case([leaf(subject=HOST, names=[])]),
    "common name beside an address": Case([leaf(subject=HOST, names=[ip("192.0.2.1")])]),
    "made for servers": Case([leaf(extensions=[SERVER_AUTH, MAY_NOT_SIGN_CERTIFICATES])]),
    "unknown extension": Case([leaf(extensions=[UNKNOWN_EXTENSION])]),
    "RSA 2048": Case([leaf(key=RSA_2048)], key=RSA_2048),
    "SHA-1 signature that nobody checks": Case([SHA1_LEAF], trusted=[SHA1_LEAF]),
}
UNTRUSTED = {
    "expired": Case([leaf(dates=PAST)], [P.EXPIRED], detail="certificate has expired"),
    "not yet valid": Case([leaf(dates=FUTURE)], [P.NOT_YET_VALID], detail="certificate is not yet valid"),
    "expired intermediate": Case(
        [LEAF_OF_INTERMEDIATE, intermediate(dates=PAST)],
        [P.EXPIRED],
        detail="certificate has expired: CN=Intermediate",
    ),
    "expired root": Case(
        [LEAF], [P.EXPIRED], trusted=[root(dates=PAST)], detail="certificate has expired: CN=Root"
    ),
    "expired leaf below an expired root": Case(
        [leaf(dates=PAST)], [P.EXPIRED], trusted=[root(dates=PAST)], detail="certificate has expired"
    ),
    "expired leaf below a future root": Case(
        [leaf(dates=PAST)], [P.EXPIRED, P.NOT_YET_VALID], trusted=[root(dates=FUTURE)]
    ),
    "expired intermediate below an unknown root": Case(
        [LEAF_OF_INTERMEDIATE, intermediate(dates=PAST)], [P.EXPIRED, P.UNKNOWN_ISSUER], trusted=[RSA_ROOT]
    ),
    "wrong name": Case([leaf(names=["mail.example.com"])], [P.WRONG_NAME], detail="hostname mismatch"),
    "wildcard for two labels": Case([leaf(names=["*.org"])], [P.WRONG_NAME]),
    "wildcard for no label": Case([leaf(names=["*.mail.example.org"])], [P.WRONG_NAME]),
    "wildcard for half a label": Case([leaf(names=["m*.example.org"])], [P.WRONG_NAME]),
    "wildcard for a top-level domain": Case([leaf(names=["*.example"])], [P.WRONG_NAME], host="mail.example"),
    "wildcard for an underscore": Case(
        [leaf(names=["*.example.org"])], [P.WRONG_NAME], host="my_mail.example.org"
    ),
    "common name beside another DNS name": Case(
        [leaf(subject=HOST, names=["mail.example.com"])], [P.WRONG_NAME]
    ),
    "no name": Case([leaf(subject="", names=[])], [P.WRONG_NAME]),
    "address, certificate with a name": Case(
        [LEAF], [P.WRONG_NAME], host="192.0.2.1", detail="IP address mismatch"
    ),
    "address spelt as a name": Case([leaf(names=["192.0.2.1"])], [P.WRONG_NAME], host="192.0.2.1"),
    "another address": Case([leaf(names=[ip("192.0.2.2")])], [P.WRONG_NAME], host="192.0.2.1"),
    "name, certificate with an address": Case([leaf(names=[ip("192.0.2.1")])], [P.WRONG_NAME]),
    "self-signed": Case([SELF_SIGNED], [P.SELF_SIGNED], detail="self-signed certificate"),
    "unknown root": Case([LEAF], [P.UNKNOWN_ISSUER], trusted=[RSA_ROOT]),
    "unknown root served": Case(
        [LEAF_OF_INTERMEDIATE, INTERMEDIATE, ROOT], [P.UNKNOWN_ISSUER], trusted=[RSA_ROOT], detail="CN=Root"
    ),
    "private issuer that writes its address": Case(
        [leaf(extensions=[ISSUER_ADDRESS])], [P.UNKNOWN_ISSUER], trusted=[RSA_ROOT]
    ),
    "intermediate of a private authority not served": Case([LEAF_OF_INTERMEDIATE], [P.UNKNOWN_ISSUER]),
    "forged: signed by another key": Case([leaf(issuer_key=OTHER_KEY)], [P.UNKNOWN_ISSUER]),
    "intermediate of a public authority not served": Case(
        [leaf_of_intermediate(extensions=[LOG_RECEIPTS])],
        [P.MISSING_INTERMEDIATE],
        detail="unable to get local issuer certificate",
    ),
    "root served in its place": Case(
        [leaf_of_intermediate(extensions=[LOG_RECEIPTS]), ROOT], [P.MISSING_INTERMEDIATE]
    ),
    "public authority that this client does not know": Case(
        [leaf_of_intermediate(extensions=[LOG_RECEIPTS]), INTERMEDIATE],
        [P.UNKNOWN_ISSUER],
        trusted=[RSA_ROOT],
    ),
    "made for clients": Case(
        [leaf(extensions=[CLIENT_AUTH])], [P.WRONG_USAGE], detail="unsuitable certificate purpose"
    ),
    "made for anything": Case([leaf(extensions=[ANY_USAGE])], [P.WRONG_USAGE]),
    "key that only signs certificates": Case(
        [leaf(extensions=[MAY_ONLY_SIGN_CERTIFICATES])], [P.WRONG_USAGE]
    ),
    "authority made for clients": Case(
        [LEAF_OF_INTERMEDIATE, intermediate(extensions=[CLIENT_AUTH])],
        [P.WRONG_USAGE],
        detail="CN=Intermediate",
    ),
    "issuer that is no authority": Case(
        [LEAF_OF_INTERMEDIATE, intermediate(is_authority=False)], [P.WRONG_USAGE]
    ),
    "authority for other names": Case(
        [LEAF_OF_INTERMEDIATE, intermediate(extensions=[OTHER_NAMES_ONLY])], [P.WRONG_USAGE]
    ),
    "unknown critical extension": Case(
        [leaf(extensions=[UNKNOWN_EXTENSION], critical=True)], [P.WRONG_USAGE], detail="critical extension"
    ),
    "RSA 1024": Case([leaf(key=RSA_1024)], [P.WEAK], key=RSA_1024, detail="EE certificate key too weak"),
    "RSA 1024 root": Case(
        [leaf("Weak root", RSA_1024)],
        [P.WEAK],
        trusted=[WEAK_ROOT],
        detail="CA certificate key too weak: CN=Weak root",
    ),
    "SHA-1": Case([SHA1_LEAF], [P.WEAK], trusted=[RSA_ROOT], detail="CA signature digest algorithm too weak"),
    "SHA-1 from an unknown issuer": Case([SHA1_LEAF], [P.UNKNOWN_ISSUER, P.WEAK]),
    "many at once": Case(
        [leaf(dates=PAST, names=["mail.example.com"])],
        [P.EXPIRED, P.WRONG_NAME, P.UNKNOWN_ISSUER],
        trusted=[RSA_ROOT],
    ),
    "all about itself": Case(
        [certify("leaf", RSA_1024, dates=FUTURE, extensions=[CLIENT_AUTH, UNKNOWN_EXTENSION], critical=True)],
        [P.NOT_YET_VALID, P.WRONG_NAME, P.SELF_SIGNED, P.WRONG_USAGE, P.WEAK],
        key=RSA_1024,
    ),
}


def accepts(case: Case, directory: Path) -> bool:
    """Whether a client of Python's OpenSSL, at security level 2, completes a handshake. No socket is used."""
    private = case.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    served, trusted = directory / "served.pem", directory / "trusted.pem"
    served.write_bytes(private + pem(*case.chain))
    trusted.write_bytes(pem(*case.trusted))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.set_ciphers("ALL:@SECLEVEL=0")
    server.load_cert_chain(served)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.set_ciphers("DEFAULT:@SECLEVEL=2")
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(trusted)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_hostname=case.host.removesuffix(".")),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    done = 0
    for end in ends * 2:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError:
            return False
        done += 1
    assert done == 2
    return True


def verdict_on(case: Case, directory: Path, **options: str) -> CertificateVerdict:
    store = store_of(directory, *case.trusted)
    return judge([der(one) for one in case.chain], host=case.host, store=store, now=NOW, **options)


@pytest.mark.parametrize("case", TRUSTED.values(), ids=TRUSTED)
def test_trusted_where_openssl_completes_the_handshake(case: Case, tmp_path: Path) -> None:
    verdict = verdict_on(case, tmp_path)
    assert (verdict.trusted, verdict.reasons, verdict.reason, verdict.detail) == (True, (), None, "")
    assert verdict.certificate is not None
    assert verdict.chain_length == len(case.chain)
    assert accepts(case, tmp_path)


@pytest.mark.parametrize("case", UNTRUSTED.values(), ids=UNTRUSTED)
def test_untrusted_for_every_reason_where_openssl_refuses(case: Case, tmp_path: Path) -> None:
    verdict = verdict_on(case, tmp_path)
    assert list(verdict.reasons) == case.problems
    assert (verdict.trusted, verdict.reason) == (False, case.problems[0])
    assert case.detail in verdict.detail != ""
    assert not accepts(case, tmp_path)


def test_the_detail_names_no_certificate_if_it_is_the_leaf(tmp_path: Path) -> None:
    verdict = verdict_on(UNTRUSTED["expired leaf below an expired root"], tmp_path)
    assert verdict.detail == "certificate has expired"


# What is known of each problem


def known_of(name: str, problem: CertificateProblem, directory: Path) -> tuple[str, str, str]:
    """Which certificate, what about it, and where to go for the one that is missing."""
    detail = verdict_on(UNTRUSTED[name], directory).about(problem)
    return detail.above, detail.what, detail.url


@pytest.mark.parametrize(
    ("name", "problem", "above", "what"),
    [
        ("expired", P.EXPIRED, "", ""),
        ("expired intermediate", P.EXPIRED, "CN=Intermediate", ""),
        ("expired leaf below an expired root", P.EXPIRED, "", ""),
        ("RSA 1024", P.WEAK, "", "RSA 1024"),
        ("RSA 1024 root", P.WEAK, "CN=Weak root", "RSA 1024"),
        ("SHA-1", P.WEAK, "", "SHA-1"),
        ("SHA-1 from an unknown issuer", P.WEAK, "", "SHA-1"),
        ("authority made for clients", P.WRONG_USAGE, "CN=Intermediate", ""),
        ("issuer that is no authority", P.WRONG_USAGE, "CN=Intermediate", ""),
        ("made for clients", P.WRONG_USAGE, "", ""),
        ("unknown root", P.UNKNOWN_ISSUER, "", "CN=Root"),
        ("unknown root served", P.UNKNOWN_ISSUER, "CN=Root", "CN=Root"),
        ("intermediate of a private authority not served", P.UNKNOWN_ISSUER, "", "CN=Intermediate"),
        (
            "public authority that this client does not know",
            P.UNKNOWN_ISSUER,
            "CN=Intermediate",
            "CN=Root",
        ),
        ("intermediate of a public authority not served", P.MISSING_INTERMEDIATE, "", "CN=Intermediate"),
        ("root served in its place", P.MISSING_INTERMEDIATE, "", "CN=Intermediate"),
        ("many at once", P.UNKNOWN_ISSUER, "", "CN=Root"),
        ("all about itself", P.SELF_SIGNED, "", ""),
    ],
)
def test_a_problem_is_known_in_detail(
    name: str, problem: CertificateProblem, above: str, what: str, tmp_path: Path
) -> None:
    assert known_of(name, problem, tmp_path) == (above, what, "")


def test_the_certificate_says_where_its_issuer_s_is_kept(tmp_path: Path) -> None:
    private = "private issuer that writes its address"
    assert known_of(private, P.UNKNOWN_ISSUER, tmp_path) == ("", "CN=Root", "http://pki.example/ca.crt")
    public = Case([leaf_of_intermediate(extensions=[LOG_RECEIPTS, ISSUER_ADDRESS])])
    detail = verdict_on(public, tmp_path).about(P.MISSING_INTERMEDIATE)
    assert (detail.what, detail.url) == ("CN=Intermediate", "http://pki.example/ca.crt")


def test_of_a_chain_that_ends_too_soon_the_last_one_says_what_is_missing(tmp_path: Path) -> None:
    above = intermediate(extensions=[ISSUER_ADDRESS])
    verdict = verdict_on(Case([LEAF_OF_INTERMEDIATE, above], trusted=[RSA_ROOT]), tmp_path)
    detail = verdict.about(P.UNKNOWN_ISSUER)
    assert (detail.what, detail.url) == ("CN=Root", "http://pki.example/ca.crt")


def test_nothing_is_known_of_a_problem_that_is_none(tmp_path: Path) -> None:
    assert verdict_on(UNTRUSTED["expired"], tmp_path).about(P.WEAK) == Detail()
    assert verdict_on(TRUSTED["issued by a root"], tmp_path).about(P.EXPIRED) == Detail()


# Which name is nearest


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("mail.example.org", "mail2.example.org smtp.example.org example.org mail.example.com other.example"),
        ("MAIL.Example.org.", "mx.example.ORG www.example.com"),
        ("a.b.example.org", "a.c.example.org *.example.org x.org"),
        ("example.org", "www.example.org *.example.org example.com"),
        ("smtp.example.co.jp", "www.example.co.jp www.other.co.jp smtp.example.com"),
        ("localhost", "local mail.example"),
    ],
)
def test_the_nearest_name_comes_first(wanted: str, names: str) -> None:
    ordered = names.split()
    assert nearest_first(reversed(ordered), wanted) == tuple(ordered)


def test_each_name_is_told_once_and_equals_stay_as_they_stood() -> None:
    assert nearest_first(["b.example", "a.example", "b.example"], "c.test") == ("b.example", "a.example")


@pytest.mark.parametrize(
    ("name", "host", "stands"),
    [
        ("mail.example.org", "MAIL.example.org.", True),
        ("*.example.org", "mail.example.org", True),
        ("*.example.org", "a.mail.example.org", False),
        ("*.example.org", "example.org", False),
        ("*.", "mail.", False),
        ("mail.example.org", "mail.example.com", False),
    ],
)
def test_a_name_that_stands_for_a_host(name: str, host: str, stands: bool) -> None:
    assert stands_for(name, host) is stands


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("smtp.example.org", "mail.example.org", True),
        ("*.example.org", "mail.example.org", True),
        ("smtp.web.de", "mail.web.de", True),
        ("smtp.example.org", "mail.example.com", False),
        ("a.one.co.jp", "a.two.co.jp", False),
        ("a.one.co.jp", "b.one.co.jp", True),
        ("a.one.com.au", "a.two.com.au", False),
        ("org", "mail.example.org", False),
        ("localhost", "localhost", False),
    ],
)
def test_names_of_one_domain(one: str, other: str, same: bool) -> None:
    assert of_one_domain(one, other) is same


@pytest.mark.parametrize("text", ["mail.example", "a-b.c_d.example.org", "xn--bcher-kva.example"])
def test_what_can_be_typed_as_a_host(text: str) -> None:
    assert is_host_name(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "mail", "192.0.2.1", "2001:db8::1", "-x.example", "a..b", "*.example.org"),
        *("a.b;id", "$(id).example", "a b.example", "mail.example\n", "x." * 127 + "example"),
    ],
)
def test_what_cannot(text: str) -> None:
    assert not is_host_name(text)


@given(st.lists(st.text(max_size=30)), st.text(max_size=30))
def test_any_names_can_be_ordered(names: list[str], wanted: str) -> None:
    ordered = nearest_first(names, wanted)
    assert sorted(ordered) == sorted(set(names))
    assert nearest_first(ordered, wanted) == ordered


# Distinguished names


@pytest.mark.parametrize(
    ("name", "organizations"),
    [
        ("CN=mail.example,O=Example", ["Example"]),
        ("O=Example\\, Inc.,CN=x", ["Example, Inc."]),
        ("CN=a\\,O=not this,O=this", ["this"]),
        ("O=one+CN=x,O=two", ["one", "two"]),
        ("2.5.4.97=VATDE-1,O=\\C3\\A9", ["\u00e9"]),
        ("o=small", ["small"]),
        ("", []),
        ("O", []),
        ("O=\\", []),
    ],
)
def test_the_organizations_of_a_name(name: str, organizations: list[str]) -> None:
    assert list(attributes(name, "O")) == organizations


@given(
    st.lists(
        st.tuples(
            st.sampled_from([NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME]),
            st.text('aé,+=\\"<># ', min_size=1, max_size=20).filter(str.strip),
        )
    )
)
def test_a_name_is_taken_apart_as_it_was_put_together(parts: list[tuple[x509.ObjectIdentifier, str]]) -> None:
    name = x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])
    found = attributes(name.rfc4514_string(), "CN", "O")
    assert found == tuple(text for _, text in reversed(parts))


def test_a_weak_curve(tmp_path: Path) -> None:
    # Not compared with a handshake: TLS has no cipher for this curve.
    key = ec.generate_private_key(ec.SECP192R1())
    assert verdict_on(Case([leaf(key=key)], key=key), tmp_path).reasons == (P.WEAK,)


def test_trustme(tmp_path: Path) -> None:
    authority = trustme.CA()
    made = authority.create_child_ca().issue_cert(HOST)
    chain = [ssl.PEM_cert_to_DER_cert(one.bytes().decode()) for one in made.cert_chain_pems]
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    store = TrustStore.from_file(tmp_path / "ca.pem")
    assert judge(chain, host=HOST, store=store, now=NOW).trusted
    assert judge(chain[:1], host=HOST, store=store, now=NOW).reasons == (P.UNKNOWN_ISSUER,)


# The time


@pytest.mark.parametrize(
    ("seconds_after_start", "reasons"),
    [(-1, [P.NOT_YET_VALID]), (0, []), (59, []), (61, [P.EXPIRED])],
)
def test_the_time_is_the_one_given(
    seconds_after_start: int, reasons: list[CertificateProblem], tmp_path: Path
) -> None:
    # The last second itself is left out: valid to OpenSSL 4 and RFC 5280 4.1.2.5, expired to OpenSSL 3.
    short = leaf(dates=(NOW, NOW + timedelta(seconds=60)))
    now = (NOW + timedelta(seconds=seconds_after_start)).astimezone(timezone(timedelta(hours=9)))
    verdict = judge([der(short)], host=HOST, store=store_of(tmp_path, ROOT), now=now)
    assert list(verdict.reasons) == reasons


def test_one_store_judges_at_several_times(tmp_path: Path) -> None:
    store = store_of(tmp_path, ROOT)
    chain = [der(LEAF_OF_INTERMEDIATE), der(intermediate(dates=PAST))]
    at = [judge(chain, host=HOST, store=store, now=now).trusted for now in (NOW, PAST[0], NOW)]
    assert at == [False, True, False]


# The pin


def test_a_pinned_certificate_is_trusted_whatever_is_wrong_with_it(tmp_path: Path) -> None:
    case = UNTRUSTED["all about itself"]
    pin = "sha256:" + case.chain[0].fingerprint(hashes.SHA256()).hex()
    verdict = verdict_on(case, tmp_path, pin=pin)
    assert (verdict.trusted, verdict.pinned, verdict.reasons, verdict.detail) == (True, True, (), "")
    assert verdict.certificate is not None
    assert verdict.certificate.fingerprint == pin


def test_only_the_pinned_certificate_is_trusted(tmp_path: Path) -> None:
    pin = "sha256:" + "0" * 64
    good = verdict_on(TRUSTED["issued by a root"], tmp_path, pin=pin)
    assert (good.trusted, good.pinned, good.reasons) == (False, False, (P.PIN_MISMATCH,))
    expired = verdict_on(UNTRUSTED["expired"], tmp_path, pin=pin)
    assert expired.reasons == (P.PIN_MISMATCH, P.EXPIRED)


def test_the_intermediate_is_not_what_is_pinned(tmp_path: Path) -> None:
    pin = "sha256:" + INTERMEDIATE.fingerprint(hashes.SHA256()).hex()
    assert verdict_on(TRUSTED["intermediate served"], tmp_path, pin=pin).reason == P.PIN_MISMATCH


# What is shown of a certificate


def described(certificate: x509.Certificate) -> Certificate:
    shown = judge([der(certificate)], host=HOST, store=TrustStore.system(), now=NOW).certificate
    assert shown is not None
    return shown


def test_what_is_shown() -> None:
    shown = described(leaf(names=[HOST, ip("2001:db8::1"), x509.RFC822Name("me@example.org")]))
    assert (shown.subject, shown.issuer, shown.self_issued) == ("CN=leaf", "CN=Root", False)
    assert (shown.not_before, shown.not_after) == LONG
    assert shown.names == (HOST, "2001:db8::1")
    assert shown.key == "EC P-256"
    assert (shown.signature, shown.usages, shown.logged) == ("SHA-256", (), False)


def test_what_it_is_for_and_whether_it_is_logged() -> None:
    both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, x509.ObjectIdentifier("1.2.3.4")])
    shown = described(leaf(extensions=[both, LOG_RECEIPTS]))
    assert (shown.usages, shown.logged) == (("clientAuth", "1.2.3.4"), True)


@pytest.mark.parametrize(
    ("certificate", "text"),
    [(SHA1_LEAF, "SHA-1"), (certify("x", ed25519.Ed25519PrivateKey.generate()), "")],
    ids=["SHA-1", "Ed25519"],
)
def test_the_hash_that_was_signed(certificate: x509.Certificate, text: str) -> None:
    assert described(certificate).signature == text


def test_the_common_name_is_shown_only_if_there_is_no_other() -> None:
    assert described(certify("a.example")).names == ("a.example",)
    assert described(certify("a.example", names=["b.example"])).names == ("b.example",)


def test_the_subject_of_a_self_issued_certificate() -> None:
    shown = described(SELF_SIGNED)
    assert (shown.subject, shown.issuer, shown.self_issued) == ("CN=leaf", "CN=leaf", True)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (RSA_1024, "RSA 1024"),
        (ec.generate_private_key(ec.SECP384R1()), "EC P-384"),
        (ec.generate_private_key(ec.SECP256K1()), "EC secp256k1"),
        (ed25519.Ed25519PrivateKey.generate(), "Ed25519"),
    ],
)
def test_the_key(key: PrivateKey, text: str) -> None:
    assert described(leaf(key=key)).key == text


def test_days_left_are_rounded_down() -> None:
    shown = described(leaf(dates=(LONG[0], NOW)))
    hour, day = timedelta(hours=1), timedelta(days=1)
    left = [shown.days_left(NOW - ago) for ago in (2 * day, 2 * day - hour, hour, -hour, -day, -day - hour)]
    assert left == [2, 1, 0, -1, -1, -2]


# Broken chains

BROKEN = {
    "nothing": [],
    "empty": [b""],
    "garbage": [b"220 mail.example.org ESMTP"],
    "cut": [der(LEAF)[:-1]],
    "one byte too many": [der(LEAF) + b"\0"],
    "huge": [b"\x30\x84\x7f\xff\xff\xff" + bytes(1_000_000)],
}


@pytest.mark.parametrize("chain", BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_read_is_not_trusted(chain: list[bytes], tmp_path: Path) -> None:
    verdict = judge(chain, host=HOST, store=store_of(tmp_path, ROOT), now=NOW)
    assert (verdict.trusted, verdict.certificate, verdict.reasons) == (False, None, (P.UNKNOWN_ISSUER,))
    assert verdict.detail == ("the certificate cannot be read" if chain else "the server sent no certificate")
    assert verdict.chain_length == len(chain)


def test_garbage_above_a_good_leaf_does_not_matter(tmp_path: Path) -> None:
    chain = [der(LEAF_OF_INTERMEDIATE), b"garbage", der(INTERMEDIATE)]
    assert judge(chain, host=HOST, store=store_of(tmp_path, ROOT), now=NOW).trusted


def test_a_negative_serial_number_is_odd_but_trusted(tmp_path: Path) -> None:
    chain = [with_negative_serial_number()]
    with pytest.warns(UserWarning, match="serial number"):
        x509.load_der_x509_certificate(chain[0])
    assert judge(chain, host=HOST, store=store_of(tmp_path, RSA_ROOT), now=NOW).trusted


@pytest.mark.parametrize(
    "value", [b"\x30\x07\x87\x0512345", b"\x30\x05\xa5\x03\x81\x01a", b"\x01", b"\x30\x02\x82\x00"]
)
def test_alternative_names_that_cannot_be_read(value: bytes, tmp_path: Path) -> None:
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), value)
    case = Case([leaf(names=[], extensions=[odd, SERVER_AUTH])])
    assert verdict_on(case, tmp_path).reasons[0] == P.WRONG_NAME


TRUSTS_ROOT = TrustStore("the root", roots=[crypto.X509.from_cryptography(ROOT)])


@settings(deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=4), st.text(max_size=50))
@example([der(LEAF)], "\0")
@example([der(LEAF)], "")
@example([der(LEAF)], "fe80::1%eth0")
def test_random_bytes_never_raise(chain: list[bytes], host: str) -> None:
    assert not judge(chain, host=host, store=TRUSTS_ROOT, now=NOW).trusted


@settings(deadline=None, max_examples=200)
@given(*[st.integers(0, 10_000), st.binary(min_size=1, max_size=3)] * 2)
def test_damaged_certificates_never_raise(at: int, damage: bytes, above_at: int, above_damage: bytes) -> None:
    chain = [damaged(LEAF_OF_INTERMEDIATE, at, damage), damaged(INTERMEDIATE, above_at, above_damage)]
    verdict = judge(chain, host=HOST, store=TRUSTS_ROOT, now=NOW)
    assert verdict.trusted == (not verdict.reasons) == (not verdict.detail)


def damaged(certificate: x509.Certificate, at: int, damage: bytes) -> bytes:
    whole = der(certificate)
    at %= len(whole) - len(damage)
    return whole[:at] + damage + whole[at + len(damage) :]


# Where trust comes from


def test_a_file_may_hold_several_certificates_and_other_text(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(b"# RSA root\n" + pem(RSA_ROOT) + b"# Root\n" + pem(ROOT))
    store = TrustStore.from_file(path)
    assert store.source == str(path)
    assert judge([der(LEAF)], host=HOST, store=store, now=NOW).trusted


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no certificate"),
        (der(ROOT), "holds no certificate"),
        (pem(ROOT) + pem(ROOT).replace(b"MII", b"AAA"), "certificate 2 in it cannot be read"),
    ],
    ids=["empty", "DER", "damaged"],
)
def test_a_file_that_is_no_trust_store(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(content)
    with pytest.raises(TrustStoreError, match=message) as raised:
        TrustStore.from_file(path)
    assert str(raised.value).startswith(f"{path}: ")


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(TrustStoreError, match="No such file"):
        TrustStore.from_file(tmp_path / "missing.pem")
    with pytest.raises(TrustStoreError, match="directory"):
        TrustStore.from_file(tmp_path)


def is_trusted_by_the_system() -> bool:
    return judge([der(LEAF)], host=HOST, store=TrustStore.system(), now=NOW).trusted


@pytest.fixture
def bare_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A computer on which OpenSSL finds nothing where it looks by default; a folder for what it may find."""
    nowhere = str(tmp_path / "nowhere")
    paths = ssl.DefaultVerifyPaths(None, None, "SSL_CERT_FILE", nowhere, "SSL_CERT_DIR", nowhere)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    monkeypatch.setattr(trust, "_WELL_KNOWN_PLACES", (nowhere, str(tmp_path / "known.pem")))
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    return tmp_path


def test_the_system_of_this_computer_does_not_trust_our_root() -> None:
    assert TrustStore.system().source
    assert not is_trusted_by_the_system()


def test_ssl_cert_file(monkeypatch: pytest.MonkeyPatch, bare_system: Path) -> None:
    path = bare_system / "ca.pem"
    path.write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + pem(ROOT))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    assert TrustStore.system().source == str(path)
    assert is_trusted_by_the_system()


def test_ssl_cert_dir(monkeypatch: pytest.MonkeyPatch, bare_system: Path) -> None:
    folder = bare_system / "hashed"
    folder.mkdir()
    # In a directory, OpenSSL finds a certificate by the hash of its subject.
    subject_hash = crypto.X509.from_cryptography(ROOT).subject_name_hash()
    (folder / f"{subject_hash:08x}.0").write_bytes(pem(ROOT))
    monkeypatch.setenv("SSL_CERT_DIR", f"{bare_system / 'nowhere'}::{folder}")
    assert TrustStore.system().source == str(folder)
    assert is_trusted_by_the_system()


def test_a_well_known_place_is_used_if_openssl_has_none(bare_system: Path) -> None:
    (bare_system / "known.pem").write_bytes(pem(ROOT))
    assert TrustStore.system().source == str(bare_system / "known.pem")
    assert is_trusted_by_the_system()


def test_a_variable_that_leads_nowhere_is_obeyed(monkeypatch: pytest.MonkeyPatch, bare_system: Path) -> None:
    (bare_system / "known.pem").write_bytes(pem(ROOT))
    monkeypatch.setenv("SSL_CERT_FILE", str(bare_system / "missing.pem"))
    assert "no trusted certificates" in TrustStore.system().source
    assert not is_trusted_by_the_system()


def test_the_roots_are_read_once(monkeypatch: pytest.MonkeyPatch, bare_system: Path) -> None:
    path = bare_system / "ca.pem"
    path.write_bytes(pem(ROOT))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    store = TrustStore.system()
    assert judge([der(LEAF)], host=HOST, store=store, now=NOW).trusted
    path.unlink()
    assert judge([der(LEAF)], host=HOST, store=store, now=NOW).trusted


def test_the_libraries_are_not_loaded_with_the_module() -> None:
    code = (
        "import sys, smtpprobe.protocol.certificates;"
        "print({'cryptography', 'OpenSSL', 'service_identity', 'ssl', 'asyncio'} & sys.modules.keys())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
