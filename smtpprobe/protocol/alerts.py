"""What a TLS handshake that failed says of itself: the alert, and how far the two had come before it.

A side that gives up says why with one number, its alert (RFC 8446 6, RFC 5246 7.2). OpenSSL passes it on
under a name of its own, which changes with its releases and is missing for some; in the octets that came it
stands in the clear, unless TLS 1.3 had begun to encrypt. So both are looked at.
"""

import re
from collections.abc import Iterator

# By their names in RFC 8446 6 and B.2; those without a comment of their own there, in RFC 5246, 4346, 6101.
ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    111: "certificate_unobtainable",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    114: "bad_certificate_hash_value",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
    121: "ech_required",
}
_NUMBERS = {name: number for number, name in ALERTS.items()} | {"user_cancelled": 90}
# `sslv3-alert-handshake-failure`, `tlsv1-unrecognized-name`, `ssl/tls-alert-handshake-failure` (OpenSSL 3.2).
_OPENSSL = re.compile(r"(?:sslv3|tlsv1|tlsv13|ssl/tls|tls)-(?:alert-)?([a-z-]+)")
_ALERT, _HANDSHAKE, _SERVER_HELLO = 0x15, 0x16, 0x02
_HEADER = 5
_VERSIONS = {0x0300: "SSLv3", 0x0301: "TLSv1", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2"}


def alert_of(detail: str, heard: bytes = b"") -> int | None:
    """The number of the alert that a server sent; None if it sent none.

    `detail` is OpenSSL's name for what went wrong, as `record.Failure` has it; `heard` are the first octets
    of the handshake that came from the server.
    """
    found = _OPENSSL.fullmatch(detail)
    number = _NUMBERS.get(found[1].replace("-", "_")) if found else None
    return number if number is not None else _alert_in(heard)


def name_of(alert: int) -> str:
    """`handshake_failure`; its number alone where no standard names it."""
    return ALERTS.get(alert, str(alert))


def server_hello(heard: bytes) -> bool:
    """The server had taken up our offer before it broke off: a ServerHello came (RFC 8446 4.1.3)."""
    return heard[:1] == bytes([_HANDSHAKE]) and heard[_HEADER : _HEADER + 1] == bytes([_SERVER_HELLO])


def version_chosen(heard: bytes) -> str:
    """The version in the ServerHello, as `TLSv1.1`; empty if none came, or it says 1.3 in another place."""
    version = int.from_bytes(heard[_HEADER + 4 : _HEADER + 6]) if server_hello(heard) else 0
    return _VERSIONS.get(version, "")


def _alert_in(heard: bytes) -> int | None:
    """The number in the first alert that stands in the clear."""
    return next((body[1] for kind, body in _records(heard) if kind == _ALERT and len(body) == 2), None)


def _records(heard: bytes) -> Iterator[tuple[int, bytes]]:
    """The kind and the body of each TLS record (RFC 8446 5.1) that is there whole."""
    at = 0
    while len(heard) >= at + _HEADER:
        end = at + _HEADER + int.from_bytes(heard[at + 3 : at + _HEADER])
        if len(heard) < end:
            return
        yield heard[at], heard[at + _HEADER : end]
        at = end
