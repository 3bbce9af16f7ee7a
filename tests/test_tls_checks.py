"""TLS judged: handshakes that OpenSSL servers refuse, names, products in between, EHLO before and after."""

import asyncio
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from smtpprobe.checks import find
from smtpprobe.demo.client import Client
from smtpprobe.demo.listening import Address, listen
from smtpprobe.inputs.targets import read_target
from smtpprobe.judgement import Finding, Report, Severity, Sure
from smtpprobe.knowledge import tables
from smtpprobe.knowledge.inspectors import inspector_of
from smtpprobe.prober import probe
from smtpprobe.protocol.certificates import Certificate
from smtpprobe.request import Plan, Target, TlsMode
from smtpprobe.transcripts.notation import escape, event, format_line
from smtpprobe.words.wording import document
from tests.support.dialogues import fixture, fixtures, transcript_of
from tests.support.live import nothing_left
from tests.support.reports import read

AUTHORITY = trustme.CA()
LEAF = AUTHORITY.issue_cert("localhost")
ALERT = ssl.AlertDescription
MODES = (TlsMode.STARTTLS, TlsMode.IMPLICIT)

Tune = Callable[[ssl.SSLContext], None]


# Servers that refuse the handshake, each a real OpenSSL


@pytest.fixture
async def _nothing_left() -> AsyncIterator[None]:
    async with nothing_left():
        yield


def only_old_ciphers(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES256-SHA256")


def only_old_versions(context: ssl.SSLContext) -> None:
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1


def wants_certificate(context: ssl.SSLContext) -> None:
    context.verify_mode = ssl.CERT_REQUIRED
    AUTHORITY.configure_trust(context)


def wants_certificate_in_tls_1_2(context: ssl.SSLContext) -> None:
    wants_certificate(context)
    context.maximum_version = ssl.TLSVersion.TLSv1_2


def refusing_names(alert: ssl.AlertDescription) -> Tune:
    def tune(context: ssl.SSLContext) -> None:
        context.sni_callback = lambda *_: alert

    return tune


def nothing(_context: ssl.SSLContext) -> None:
    pass


@asynccontextmanager
async def server(tune: Tune, mode: TlsMode, *, certificate: bool = True) -> AsyncIterator[Address]:
    """Begins TLS with a context of ours; whoever gets through is let out at the first command."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 0
    if certificate:
        LEAF.configure_cert(context)
    tune(context)

    async def serve(sock: socket.socket) -> None:
        client = Client()
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: client, sock)
            if mode is TlsMode.STARTTLS:
                await client.tell(b"220 mail.example ESMTP\r\n")
                await client.line()
                await client.tell(b"250-mail.example\r\n250 STARTTLS\r\n")
                await client.line()
                await client.tell(b"220 go ahead\r\n")
                await client.until(lambda: bool(client.said))
            await client.shake_hands(context)
            await client.tell(b"421 mail.example enough\r\n")
            await client.close()
        finally:
            client.part()

    async with listen("127.0.0.1", serve) as address:
        yield address


async def visit(tune: Tune, mode: TlsMode, tmp_path: Path, *, certificate: bool = True) -> Report:
    trusted = tmp_path / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(trusted)
    plan = Plan(family=4, ca_file=trusted, timeout=10.0, ehlo_name="client.example")
    async with server(tune, mode, certificate=certificate) as (_, port):
        return await probe(Target("localhost", port, mode), plan)


REFUSALS = {
    "old ciphers": (only_old_ciphers, "tls-handshake-failed", "no-common", "40: handshake_failure"),
    "old versions": (only_old_versions, "tls-too-old", None, "70: protocol_version"),
    "client certificate": (
        wants_certificate_in_tls_1_2,
        "tls-handshake-failed",
        "client-certificate",
        "40: handshake_failure",
    ),
    "client certificate, TLS 1.3": (
        wants_certificate,
        "tls-lost",
        "client-certificate",
        "116: certificate_required",
    ),
    "unknown name": (
        refusing_names(ALERT.ALERT_DESCRIPTION_UNRECOGNIZED_NAME),
        "tls-handshake-failed",
        "name",
        "112: unrecognized_name",
    ),
    "internal error": (
        refusing_names(ALERT.ALERT_DESCRIPTION_INTERNAL_ERROR),
        "tls-handshake-failed",
        "internal",
        "80: internal_error",
    ),
    "access denied": (
        refusing_names(ALERT.ALERT_DESCRIPTION_ACCESS_DENIED),
        "tls-handshake-failed",
        "client-certificate",
        "49: access_denied",
    ),
    "no sense": (
        refusing_names(ALERT.ALERT_DESCRIPTION_ILLEGAL_PARAMETER),
        "tls-handshake-failed",
        "misunderstood",
        "47: illegal_parameter",
    ),
    "seldom": (
        refusing_names(ALERT.ALERT_DESCRIPTION_USER_CANCELLED),
        "tls-handshake-failed",
        "alert",
        "90: user_canceled",
    ),
}


@pytest.mark.usefixtures("_nothing_left")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("refusal", REFUSALS)
async def test_an_alert_is_told_by_its_name_and_for_what_it_means(
    refusal: str, mode: TlsMode, tmp_path: Path
) -> None:
    tune, id, why, alert = REFUSALS[refusal]
    report = await visit(tune, mode, tmp_path)
    assert report.diagnosis is not None
    finding = report.diagnosis.finding
    assert (finding.id, finding.facts.get("why"), finding.evidence) == (id, why, (f"TLS alert {alert}",))
    worded = document([report]).reports[0].diagnosis
    assert worded is not None
    assert worded.said == f"TLS alert {alert}"
    if id != "tls-too-old":
        assert alert.split()[1] in worded.meaning


@pytest.mark.usefixtures("_nothing_left")
async def test_a_server_without_a_certificate_is_not_taken_for_one_that_wants_ours(tmp_path: Path) -> None:
    report = await visit(nothing, TlsMode.STARTTLS, tmp_path, certificate=False)
    assert report.diagnosis is not None
    assert report.diagnosis.finding.facts["why"] == "no-common"


@pytest.mark.usefixtures("_nothing_left")
@pytest.mark.parametrize("mode", MODES)
async def test_a_server_that_refuses_nothing_is_not_accused(mode: TlsMode, tmp_path: Path) -> None:
    report = await visit(nothing, mode, tmp_path)
    assert report.transcript.tls is not None
    assert report.transcript.tls.verdict.trusted
    assert not [finding for finding in report.findings if finding.id.startswith("tls-")]


@pytest.mark.parametrize(
    ("target", "plan", "option"),
    [
        ("smtps://mail.example:465", "", "-servername mail.example"),
        ("smtps://mail.example:465", "*: plan sni=mx.example\n", "-servername mx.example"),
        ("'smtps://[2001:db8::25]:465'", "", "-noservername"),
    ],
)
def test_openssl_is_asked_to_begin_as_we_did(target: str, plan: str, option: str) -> None:
    text = f"*: target {target}\n{plan}*: resolve 192.0.2.25\n*: connect 192.0.2.25\n*: tls tls x"
    (finding,) = find(transcript_of(text))
    assert finding.facts["option"] == option
    assert find(fixture("tls-handshake-failed").transcript)[-1].facts["option"] == "-starttls smtp"


# Who is silent on which port


def silence(target: str, *events: str) -> Finding:
    lines = [f"*: target {target}", "*: resolve 192.0.2.25", "*: connect 192.0.2.25", *events]
    (finding,) = find(transcript_of("\n".join(lines)))
    return finding


@pytest.mark.parametrize(
    ("target", "cause", "sure"),
    [
        ("smtp://mail.example:465", "tls-mode-wrong", Sure.LIKELY),
        ("smtp+insecure://mail.example:465", "tls-mode-wrong", Sure.LIKELY),
        ("smtp://mail.example:10465", "tls-mode-wrong", Sure.POSSIBLE),
        ("smtp://mail.example:25", "timeout", Sure.CERTAIN),
        ("submission://mail.example:587", "timeout", Sure.CERTAIN),
    ],
)
def test_silence_in_the_clear_proves_nothing_of_tls(target: str, cause: str, sure: Sure) -> None:
    finding = silence(target, "*: wait 60", "*: timeout")
    assert finding.cause is not None
    assert (finding.cause.id, finding.cause.sure) == (cause, sure)


@pytest.mark.parametrize("port", [25, 465, 587, 10465])
def test_silence_in_the_clear_suggests_the_target_for_tls(port: int) -> None:
    text = f"*: target smtp+starttls://mail.example:{port}\n*: plan user\n*: resolve 192.0.2.25\n"
    report = document([read(f"{text}*: connect 192.0.2.25\n*: wait 60\n*: timeout")]).reports[0]
    assert report.diagnosis is not None
    assert report.diagnosis.next[0].command == f"smtpprobe check smtps://mail.example:{port} -u USER"


def test_silence_under_tls_is_not_for_lack_of_tls() -> None:
    tls = "*: tls TLSv1.3 X trusted"
    for ending in ("timeout", "eof"):
        finding = silence("smtps://mail.example:465", tls, "*: wait 60", f"*: {ending}")
        assert finding.cause is not None
        assert "tls-mode-wrong" not in (finding.cause.id, *finding.cause.alternatives)
    told = suggested("greeting-missing", fixture("greeting-missing.under-tls").text)
    assert "smtpprobe check smtps://mail.example:465" not in told


@pytest.mark.parametrize("name", [f.name for f in fixtures() if "tls-mode-wrong certain" in f.text])
def test_only_octets_prove_the_wrong_mode(name: str) -> None:
    """TLS records where a greeting was due, or a greeting where TLS was."""
    assert name.split(".")[0] in ("tls-where-clear-text-is-due", "clear-text-where-tls-is-due")


# Names


def misnamed(certificate: str, *, host: str = "mail.example.org", ehlo: str = "mx", sni: str = "") -> Finding:
    authority = f"[{host}]" if ":" in host else host
    plan = f"*: plan user sni={sni}\n" if sni else "*: plan user\n"
    text = (
        f"*: target 'submission://{authority}:587'\n{plan}*: resolve 192.0.2.25\n*: connect 192.0.2.25\n"
        f"S: 220 {ehlo} ESMTP\nC: EHLO client.example\nS: 250-{ehlo}\nS+: 250 STARTTLS\n"
        f"C: STARTTLS\nS: 220 go\n"
        f"*: tls TLSv1.3 X wrong-name names={certificate}\nC: EHLO client.example\nS: 250 {ehlo}\n"
    )
    return next(finding for finding in find(transcript_of(text)) if finding.id == "certificate-wrong-name")


@pytest.mark.parametrize(
    ("names", "ehlo", "why", "other"),
    [
        ("mx1.provider.example", "mx1.provider.example", "called", "mx1.provider.example"),
        ("*.provider.example", "MX1.provider.example", "called", "MX1.provider.example"),
        ("www.example.org,smtp.example.org", "mx1.provider.example", "sibling", "www.example.org"),
        ("smtp.example.org", "mail.example.org", "itself", ""),
        ("*.mail.example.org", "mx", "wildcard", ""),
        ("*.org", "mx", "wildcard", ""),
        ("www.example.com", "mx", "", ""),
        ("www.example.com", "www.example.com;id", "", ""),
        ("*.example.com", "mx", "", ""),
        ("", "mx", "", ""),
    ],
)
def test_what_to_make_of_a_wrong_name(names: str, ehlo: str, why: str, other: str) -> None:
    finding = misnamed(names, ehlo=ehlo)
    assert (finding.facts["why"], finding.facts["other"]) == (why, other)
    assert finding.cause is not None
    assert finding.cause.id == "certificate-wrong-name"


def test_the_names_are_told_nearest_first() -> None:
    finding = misnamed("a.example,example.org,*.example.org,mail.example.com,www.example.org")
    expected = "www.example.org, example.org, *.example.org, mail.example.com, a.example"
    # *.example.org would cover the host: no verdict says that, but a transcript that somebody wrote may.
    assert finding.facts["names"] == expected


def test_an_address_typed_for_a_name() -> None:
    finding = misnamed("*.example.org,mail.example.org", host="2001:db8::25")
    assert (finding.facts["why"], finding.facts["other"]) == ("address", "mail.example.org")
    assert misnamed("*.example.org", host="2001:db8::25").facts["why"] == ""


def test_a_name_given_by_option_that_the_certificate_lacks() -> None:
    finding = misnamed("mail.example.org,example.org", sni="smtp.example.org")
    assert (finding.facts["why"], finding.facts["other"]) == ("sni", "mail.example.org")


def suggested(finding_id: str, text: str) -> list[str]:
    """The commands that a finding suggests."""
    findings = document([read(text)]).reports[0].findings
    return [
        step.command for found in findings if found.id == finding_id for step in found.next if step.command
    ]


@pytest.mark.parametrize("name", ["called", "sibling", "address"])
def test_no_login_is_suggested_to_a_host_that_only_a_certificate_names(name: str) -> None:
    text = fixture(f"certificate-wrong-name.{name}").text.replace("*: resolve", "*: plan user\n*: resolve", 1)
    command = suggested("certificate-wrong-name", text)[0]
    other = find(transcript_of(text))[0].facts["other"]
    assert read_target(command.split()[2]).target.host == other
    assert "-u" not in command.split()


def test_without_the_option_the_same_host_is_asked_with_the_login() -> None:
    text = fixture("certificate-wrong-name.sni").text.replace("plan sni", "plan user sni")
    expected = "smtpprobe check submission://mail.example:587 -u USER"
    assert suggested("certificate-wrong-name", text)[0] == expected


@given(st.text(max_size=60), st.text(max_size=30))
def test_no_text_of_a_certificate_gets_into_a_command_unless_it_is_a_host_s_name(
    name: str, ehlo: str
) -> None:
    tls = format_line(event(None, "tls", "TLSv1.3", "X", "wrong-name", f"names={name}"))
    said = escape(ehlo.encode())
    text = (
        f"*: target smtps://mail.example:465\n*: resolve 192.0.2.25\n*: connect 192.0.2.25\n{tls}\n"
        f"S: 220 {said}\nC: EHLO client.example\nS: 250 {said}\n"
    )
    for command in suggested("certificate-wrong-name", text):
        assert not set(command) & set(';|&$`<>()\\"\n*?') or command.startswith("postconf")


# The issuer that is missing


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("http://r3.i.lencr.example/", True),
        ("http://pki.example:8080/ca%201.der", True),
        ("https://pki.example/a_b-c~d/ca.crt", True),
        ("http://pki.example/ca.der?x=1", False),
        ("http://pki.example/ca.der;id", False),
        ("http://pki.example/$(id)", False),
        ("http://pki.example/'a", False),
        ("http://127.0.0.1/ca.der", False),
        ("http://localhost/ca.der", False),
        ("http://user@pki.example/ca.der", False),
        ("file:///etc/passwd", False),
        ("ldap://pki.example/CN=x", False),
        ("-o/tmp/x", False),
        ("http://pki.example/" + "a" * 300, False),
        ("", False),
    ],
)
def test_an_address_in_a_certificate_is_not_pasted_into_a_shell_as_it_is(url: str, known: bool) -> None:
    base = fixture("certificate-missing-intermediate.address").text
    text = base.replace("http://r3.pki.example/ca.der", f'"{url}"')
    commands = suggested("certificate-missing-intermediate", text)
    assert any(command.startswith(f"curl -s '{url}' ") for command in commands) is known
    assert any(command.startswith("curl") for command in commands) is known


# Products in between


PLAUSIBLE = transcript_of("*: connect 192.0.2.25\n*: tls TLSv1.3 X trusted").tls
assert PLAUSIBLE is not None
assert PLAUSIBLE.verdict.certificate is not None
CERTIFICATE: Certificate = PLAUSIBLE.verdict.certificate


def product(issuer: str, host: str = "mail.example", **changes: object) -> str | None:
    return inspector_of(replace(CERTIFICATE, issuer=issuer, **changes), host)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("issuer", "name"),
    [
        ("CN=avast! Web/Mail Shield Root,O=avast! Web/Mail Shield,OU=generated by avast!", "Avast"),
        ("CN=AVG Web/Mail Shield Root,O=AVG Web/Mail Shield", "AVG"),
        ("CN=Kaspersky Anti-Virus Personal Root Certificate,O=AO Kaspersky Lab", "Kaspersky"),
        ("C=SK,O=ESET\\, spol. s r. o.,CN=ESET SSL Filter CA", "ESET"),
        ("CN=Bitdefender Personal CA.Net-Defender,OU=IDS,O=Bitdefender,C=US", "Bitdefender"),
        ("CN=Norton Web/Mail Shield Root,O=Norton Web/Mail Shield", "Norton"),
        ("CN=McAfee Web Gateway", "McAfee"),
        ("CN=Sophos SSL CA_C2107ABCDEF,O=Sophos,C=GB", "Sophos"),
        ("CN=FG100FTK00000000,OU=Certificate Authority,O=Fortinet,L=Sunnyvale", "Fortinet FortiGate"),
        ("CN=proxy.corp.example,O=Palo Alto Networks", "Palo Alto Networks"),
        ("CN=Zscaler Intermediate Root CA (zscalertwo.net) (t)\\20,OU=Zscaler Inc.", "Zscaler"),
        ("CN=Cisco Umbrella Secondary SubCA lon-SG,O=Cisco", "Cisco Umbrella"),
        ("CN=ca.corp.goskope.com,O=Netskope Inc", "Netskope"),
        ("CN=Blue Coat SG300 Series", "Blue Coat"),
        ("CN=Check Point SSL Inspection", "Check Point"),
        ("CN=mitmproxy,O=mitmproxy", "mitmproxy"),
        ("CN=DO_NOT_TRUST_FiddlerRoot,O=DO_NOT_TRUST,OU=Created by http://www.fiddler2.com", "Fiddler"),
        ("CN=Charles Proxy CA (1 Jan 2026\\, laptop),OU=https://charlesproxy.com/ssl", "Charles Proxy"),
        ("CN=PortSwigger CA,OU=PortSwigger CA,O=PortSwigger,C=PortSwigger", "Burp Suite"),
        ("CN=Dr.Web for SSL Filtering", "Dr.Web"),
    ],
)
def test_a_product_is_known_by_the_issuer_of_what_it_makes_up(issuer: str, name: str) -> None:
    assert product(issuer) == name


@pytest.mark.parametrize(
    "issuer",
    [
        "CN=R11,O=Let's Encrypt,C=US",
        "CN=DigiCert TLS RSA SHA256 2020 CA1,O=DigiCert Inc,C=US",
        "CN=Cloudflare Inc ECC CA-3,O=Cloudflare\\, Inc.,C=US",
        "CN=Symantec Class 3 Secure Server CA - G4,O=Symantec Corporation",
        "CN=Trustwave Global ACME CA,O=Trustwave Holdings\\, Inc.",
        "CN=COMODO RSA Certification Authority,O=COMODO CA Limited",
        "CN=Reset CA,O=Preset",  # whole words only
        "CN=Norton Healthcare Issuing CA,O=Norton Healthcare",
        "CN=Charles University CA,O=Charles University",
        "CN=Checkpoint Charlie CA",
        "CN=Cisco Systems Internal CA,O=Cisco Systems",
        "CN=Corp CA,OU=Fortinet lab,O=Example",  # neither organisation nor common name
        "OU=Demo CA,O=smtpprobe demo",
        "",
    ],
)
def test_an_authority_is_no_product(issuer: str) -> None:
    assert product(issuer) is None


def test_what_stands_in_public_logs_was_not_made_up() -> None:
    assert product("O=Sophos") == "Sophos"
    assert product("O=Sophos", logged=True) is None


def test_a_maker_s_own_servers_may_have_its_own_authority() -> None:
    for host in ("mail.sophos.example", "smtp.sophos-mail.example"):
        assert product("CN=Internal CA,O=Sophos", host) is None
    assert product("O=Palo Alto Networks", "mx.paloaltonetworks.example") is None


def test_the_subject_does_not_count() -> None:
    """A security maker's mail gateway with a certificate of a public authority, logged or not."""
    assert product("CN=R11,O=Let's Encrypt", subject="CN=mail.sophos.example,O=Sophos Ltd") is None


def test_a_device_with_its_own_self_signed_certificate_opens_nothing() -> None:
    assert product("CN=FortiMail,O=Fortinet", subject="CN=FortiMail,O=Fortinet", self_issued=True) is None


def test_no_root_of_this_system_bears_a_product_s_name() -> None:
    """They are public authorities, so their names are not those of products."""
    places = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
    path = next((Path(place) for place in places if Path(place).is_file()), None)
    if path is None:
        pytest.skip("this system keeps its roots elsewhere")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        roots = x509.load_pem_x509_certificates(path.read_bytes())
    names = [root.subject.rfc4514_string() for root in roots]
    assert [name for name in names if product(name)] == []


def test_products_are_written_as_they_are_looked_for() -> None:
    for id, row in tables.table("inspectors").items():
        assert row.keys() == {"name", "words"}, id
        for words in row["words"]:
            assert words == " ".join(words.lower().split()), id
            assert words.replace(" ", "").isalnum(), id


TRUSTED_PRODUCT = fixture("tls-inspected").text


def ids(text: str) -> list[str]:
    return [finding.id for finding in find(transcript_of(text)) if finding.id != "help-refused"]


def test_a_product_that_this_machine_trusts_is_a_note_and_no_more() -> None:
    finding = next(f for f in find(transcript_of(TRUSTED_PRODUCT)) if f.id == "tls-inspected")
    assert finding.severity is Severity.NOTE
    assert finding.cause is not None
    assert finding.cause.sure is Sure.LIKELY


def test_one_product_is_told_once() -> None:
    assert ids(fixture("certificate-unknown-issuer.inspected").text) == ["certificate-unknown-issuer"]
    expired = TRUSTED_PRODUCT.replace("trusted 'issuer", "expired not-after=2025-12-31 'issuer")
    assert ids(expired) == ["certificate-expired", "tls-inspected"]


def test_what_a_product_opened_is_not_praised() -> None:
    report = read(TRUSTED_PRODUCT.replace("500 5.5.2 Error: command not recognized", "421 4.3.2 bye"))
    assert report.diagnosis is not None
    assert "tls-and-certificate" not in [fine.id for fine in report.diagnosis.fine]


# Masks


GREETED = "*: resolve 192.0.2.25\n*: connect 192.0.2.25\nS: 220 {greeting}\nC: EHLO client.example\n"


def offered(*keywords: str, greeting: str = "mail.example ESMTP") -> Finding:
    rows = ["250-mail.example", *(f"250-{keyword}" for keyword in keywords), "250 8BITMIME"]
    said = "\n".join(f"S{'+' if index else ''}: {row}" for index, row in enumerate(rows))
    text = GREETED.format(greeting=greeting) + said + "\n*: declined starttls not-offered\n"
    return next(f for f in find(transcript_of(text)) if f.id == "starttls-not-offered")


@pytest.mark.parametrize(
    ("keywords", "greeting"),
    [
        (("XXXXXXXA",), "mail.example ESMTP"),
        (("XXXA", "XXXXXXXB"), "mail.example ESMTP"),
        (("XXXXXXXX",), "mail.example ESMTP"),
        ((), "*" * 60),
        ((), "****0*2****200****"),
        (("XXXXXXXA",), "*" * 60),
    ],
)
def test_what_was_written_over_is_told_as_what_it_is(keywords: tuple[str, ...], greeting: str) -> None:
    finding = offered(*keywords, greeting=greeting)
    assert finding.cause is not None
    assert (finding.cause.id, finding.cause.sure) == ("firewall-rewrites-smtp", Sure.LIKELY)
    assert finding.evidence
    assert finding.facts["why"] == "masked"


@pytest.mark.parametrize("keyword", ["XCLIENT", "XXX", "X-XXXXA", "XXXXXXXA1", "XEXCH50", "XXA"])
def test_a_private_word_is_no_mask(keyword: str) -> None:
    finding = offered(keyword)
    assert finding.cause is not None
    assert finding.cause.id == "tls-unavailable"


@pytest.mark.parametrize("greeting", ["* mail.example *", "*** ***", "mail.example ******", "2024"])
def test_a_greeting_with_asterisks_in_it_is_no_mask(greeting: str) -> None:
    assert offered(greeting=greeting).facts["why"] == ""


def test_the_network_s_administrator_is_to_act_on_a_mask() -> None:
    worded = document([read(fixture("starttls-not-offered.masked").text)]).reports[0].diagnosis
    assert worded is not None
    assert worded.next[0].who == "network-administrator"


# EHLO before TLS and after


def twice(before: str, after: str, *, host: str = "mail.example", code: int = 250) -> list[Finding]:
    def reply(code: int, text: str) -> str:
        rows = [row.strip() for row in text.split("|")]
        last = len(rows) - 1
        return "\n".join(
            f"S{'+' if at else ''}: {code}{' ' if at == last else '-'}{row}" for at, row in enumerate(rows)
        )

    text = (
        f"*: target submission://{host}:587\n*: resolve 192.0.2.25\n*: connect 192.0.2.25\nS: 220 x ESMTP\n"
        f"C: EHLO client.example\n{reply(250, before)}\nC: STARTTLS\nS: 220 go\n*: tls TLSv1.3 X trusted\n"
        f"C: EHLO client.example\n{reply(code, after)}\n"
    )
    return [f for f in find(transcript_of(text)) if f.id == "ehlo-differs-under-tls"]


@pytest.mark.parametrize(
    ("before", "after", "why", "differences"),
    [
        (
            "a.example | STARTTLS | CHUNKING | DSN",
            "a.example | DSN",
            "",
            "CHUNKING > -",
        ),
        ("a.example | STARTTLS", "b.example | SIZE", "", "a.example > b.example"),
        ("a.example | STARTTLS | SIZE 10", "a.example", "", "SIZE > -"),
        ("a.example | STARTTLS | SIZE 10", "a.example | SIZE 20", "size", "SIZE 10 > 20"),
        ("a.example | STARTTLS | AUTH PLAIN | DSN", "a.example | DSN", "auth", "AUTH PLAIN > -"),
        ("a.example | STARTTLS | AUTH=LOGIN | DSN", "a.example | DSN", "auth", "AUTH LOGIN > -"),
        (
            "a.example | STARTTLS | AUTH PLAIN | DSN | SIZE 1",
            "b.example | SIZE 2",
            "auth",
            "AUTH PLAIN > -; a.example > b.example; DSN > -; SIZE 1 > 2",
        ),
    ],
)
def test_what_a_program_has_no_reason_to_take_back(
    before: str, after: str, why: str, differences: str
) -> None:
    (finding,) = twice(before, after)
    assert (finding.facts["why"], finding.facts["differences"]) == (why, differences)
    assert finding.severity is Severity.NOTE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a.example | STARTTLS | SIZE 10", "a.example | SIZE 10"),  # RFC 3207 4.2
        ("a.example | STARTTLS", "a.example | AUTH PLAIN LOGIN"),  # passwords are safe now
        ("a.example | STARTTLS | AUTH CRAM-MD5", "a.example | AUTH PLAIN LOGIN EXTERNAL"),
        ("a.example | STARTTLS | AUTH PLAIN | AUTH=PLAIN", "a.example | AUTH PLAIN"),
        ("a.example | STARTTLS | X-ANONYMOUSTLS | X-EXPS NTLM", "a.example | X-EXPS LOGIN"),  # Exchange
        ("a.example | STARTTLS | PIPECONNECT | XCLIENT NAME", "a.example"),  # nobody's promises
        ("a.example | STARTTLS | XXXXXXXB", "a.example | DSN"),  # a mask that TLS lifts
        ("a.example | STARTTLS", "A.Example. | REQUIRETLS | SIZE 5"),
        ("a.example | STARTTLS | SIZE 00010", "a.example | SIZE 10"),
        ("a.example | STARTTLS | SIZE", "a.example | SIZE 0"),
        ("host17 | STARTTLS", "host18"),  # no names of hosts
        ("OK | STARTTLS", "Hello"),
        ("a.example | STARTTLS | LIMITS RCPTMAX=5", "a.example | LIMITS RCPTMAX=50"),
    ],
)
def test_what_may_differ_is_not_told(before: str, after: str) -> None:
    assert twice(before, after) == []


def test_one_program_of_many_names_goes_by_the_one_that_was_asked_for() -> None:
    assert twice("host17.provider.example | STARTTLS", "Mail.Example.", host="mail.example") == []
    assert twice("host17.provider.example | STARTTLS", "mail.example", host="other.example")


def test_a_reply_that_is_another_s_is_not_compared() -> None:
    """A second greeting, taken for the answer to EHLO."""
    assert twice("a.example | STARTTLS | DSN", "b.example ESMTP", code=220) == []


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_two_replies_can_be_compared(one: bytes, other: bytes) -> None:
    for finding in twice(f"{escape(one)} | STARTTLS", escape(other)):
        assert finding.facts["differences"].isprintable()
        assert all(row.isprintable() and len(row) < 200 for row in finding.evidence)
