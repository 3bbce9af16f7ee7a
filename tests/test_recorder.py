"""What becomes of a reply on its way into the record."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpprobe.protocol.replies import ReplyParser
from smtpprobe.record import Arrival
from smtpprobe.recorder import mask_reply
from smtpprobe.redaction import Redactor


@pytest.mark.parametrize(
    ("secret", "raw", "masked"),
    [
        (b"hunter2longer", b"535 hunter2longer\r\n", b"535 [secret]\r\n"),
        (b"hunter2longer", b"535-no hunter2l\r\n535 onger!\r\n", b"535-no [secret]\r\n535 [secret]!\r\n"),
        (b"123-abcdef", b"123-abcdef\r\n250 ok\r\n", b"123-[secret]\r\n250 ok\r\n"),
        (b"535", b"535 5.7.8 535\r\n", b"535 5.7.8 [secret]\r\n"),
        (b"no such thing", b"535 5.7.8 no\r\n", b"535 5.7.8 no\r\n"),
        # A challenge is shown decoded: what is hex or an escape within its base64 would come to light.
        (
            b"hunter2longer",
            b"334 " + b64encode(b"no: " + b"hunter2longer".hex().encode()) + b"\r\n",
            b"334 [secret]\r\n",
        ),
        (b"hunter2longer", b"334 " + b64encode(b"no: hunter%32longer") + b"\r\n", b"334 [secret]\r\n"),
        (b"hunter2longer", b"334 VXNlcm5hbWU6\r\n", b"334 VXNlcm5hbWU6\r\n"),
    ],
)
def test_a_secret_goes_and_the_codes_stay(secret: bytes, raw: bytes, masked: bytes) -> None:
    """Also where an echo is folded, and where the secret itself begins like a reply."""
    reply, arrivals = mask_reply(ReplyParser().feed(raw)[0], (Arrival(0.0, len(raw)),), Redactor([secret]))
    assert reply.raw == masked
    assert sum(arrival.octets for arrival in arrivals) == len(masked)


@given(st.text(min_size=8), st.lists(st.integers(1, 9), max_size=8))
def test_reads_are_counted_in_what_is_left(around: str, cuts: list[int]) -> None:
    text = around.replace("\r", "").replace("\n", "").encode("utf-8", "replace")
    raw = b"535 " + text + b" my-own-secret " + text + b"\r\n"
    sizes = [*cuts, max(len(raw) - sum(cuts), 0)]
    arrivals = tuple(Arrival(float(at), size) for at, size in enumerate(sizes))
    reply, counted = mask_reply(ReplyParser().feed(raw)[0], arrivals, Redactor([b"my-own-secret"]))
    assert b"my-own-secret" not in reply.raw
    assert all(arrival.octets >= 0 for arrival in counted)
    if sum(sizes) == len(raw):
        assert sum(arrival.octets for arrival in counted) == len(reply.raw)
