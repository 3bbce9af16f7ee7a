"""What a failed handshake says of itself: alerts by OpenSSL's names, and by the octets that came."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpprobe.protocol.alerts import ALERTS, alert_of, name_of, server_hello, version_chosen
from smtpprobe.session.tls import TlsEngine, reason

# RFC 8446 6, those of TLS 1.3 that end a connection; their numbers are the protocol's.
OF_TLS_1_3 = {
    "unexpected_message": 10,
    "bad_record_mac": 20,
    "record_overflow": 22,
    "handshake_failure": 40,
    "bad_certificate": 42,
    "unsupported_certificate": 43,
    "certificate_revoked": 44,
    "certificate_expired": 45,
    "certificate_unknown": 46,
    "illegal_parameter": 47,
    "unknown_ca": 48,
    "access_denied": 49,
    "decode_error": 50,
    "decrypt_error": 51,
    "protocol_version": 70,
    "insufficient_security": 71,
    "internal_error": 80,
    "inappropriate_fallback": 86,
    "missing_extension": 109,
    "unsupported_extension": 110,
    "unrecognized_name": 112,
    "bad_certificate_status_response": 113,
    "unknown_psk_identity": 115,
    "certificate_required": 116,
    "no_application_protocol": 120,
}
TLS_1_0_HELLO = bytes.fromhex(f"16 0301 002a 02 000026 0301 {'00' * 32} 00 c013 00")


def alert(number: int, *, before: bytes = b"") -> bytes:
    """The octets of a fatal alert."""
    return before + bytes([0x15, 3, 3, 0, 2, 2, number])


def error_at(octets: bytes) -> ssl.SSLError:
    """What OpenSSL says when these come in answer to our ClientHello."""
    engine = TlsEngine("mail.example")
    assert not engine.handshake()
    engine.feed(octets)
    with pytest.raises(ssl.SSLError) as caught:
        engine.handshake()
    return caught.value


@pytest.mark.parametrize(("name", "number"), OF_TLS_1_3.items())
def test_an_alert_of_the_standard_has_its_name(name: str, number: int) -> None:
    assert ALERTS[number] == name
    assert name_of(number) == name


# 121 is younger than the OpenSSL of most systems, and 0 is no error there.
@pytest.mark.parametrize("number", sorted(ALERTS.keys() - {0, 121}))
def test_openssl_s_own_name_for_an_alert_is_understood(number: int) -> None:
    assert alert_of(reason(error_at(alert(number)))) == number


@pytest.mark.parametrize("number", [*ALERTS, 99, 200, 255])
def test_any_alert_is_read_from_the_octets(number: int) -> None:
    assert alert_of(reason(error_at(alert(number))), alert(number)) == number
    assert alert_of("unknown-error", alert(number)) == number


def test_an_alert_that_no_standard_names_is_its_number() -> None:
    assert name_of(200) == "200"


@pytest.mark.parametrize(
    ("detail", "number"),
    [
        ("sslv3-alert-handshake-failure", 40),
        ("ssl/tls-alert-handshake-failure", 40),  # since OpenSSL 3.2
        ("tlsv1-unrecognized-name", 112),
        ("tlsv1-alert-user-cancelled", 90),
        ("tlsv13-alert-certificate-required", 116),
        ("dh-key-too-small", None),
        ("tls-invalid-ecpointformat-list", None),
        ("unsupported-protocol", None),
        ("unsupported-extension", None),  # our own complaint, not the server's
        ("wrong-version-number", None),
        ("", None),
    ],
)
def test_what_is_our_own_complaint_is_no_alert(detail: str, number: int | None) -> None:
    assert alert_of(detail) == number


def test_an_alert_behind_other_records_is_found() -> None:
    assert alert_of("", alert(40, before=TLS_1_0_HELLO)) == 40


def test_an_alert_that_is_cut_off_is_none() -> None:
    assert alert_of("", alert(40)[:-1]) is None
    assert alert_of("", TLS_1_0_HELLO + alert(40)[:-1]) is None


def test_the_version_that_the_server_chose() -> None:
    assert server_hello(TLS_1_0_HELLO)
    assert version_chosen(TLS_1_0_HELLO) == "TLSv1"
    assert version_chosen(TLS_1_0_HELLO[:9]) == ""
    assert not server_hello(alert(70))
    assert version_chosen(alert(70)) == ""


@given(st.binary(max_size=300), st.text(max_size=40))
def test_any_octets_can_be_looked_at(octets: bytes, detail: str) -> None:
    number = alert_of(detail, octets)
    assert number is None or 0 <= number <= 255
    assert version_chosen(octets) in ("", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2")
