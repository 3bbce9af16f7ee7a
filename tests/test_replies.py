"""Bytes in, replies out: whatever comes, however it was cut, and nothing lost."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smtpprobe.protocol.replies import (
    MAX_LINE_OCTETS,
    MAX_REPLY_LINES,
    MAX_REPLY_OCTETS,
    EnhancedCode,
    Reply,
    ReplyParser,
    Violation,
    find_enhanced,
)

patient = settings(deadline=None)


def parsed(*packets: bytes) -> list[Reply]:
    """The replies in these packets, and what is left unfinished at the end."""
    parser = ReplyParser()
    replies = [reply for packet in packets for reply in parser.feed(packet)]
    rest = parser.finish()
    return [*replies, rest] if rest else replies


def only(raw: bytes) -> Reply:
    (reply,) = parsed(raw)
    return reply


# Arbitrary octets, and much more often what a server could say.
CODES = st.sampled_from([b"220", b"250", b"421", b"535", b"2200", b"2_0", b"-22", b"", b"25", b"999", b"100"])
SEPARATORS = st.sampled_from([b" ", b"-", b"", b"\t", b"."])
TEXTS = st.sampled_from([b"", b"ok", b"5.7.8 no", b"caf\xc3\xa9", b"a\0b", b"\x1b[31m", b"\r", b"x" * 600])
ENDINGS = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\r\n", b""])
LINES = st.tuples(CODES, SEPARATORS, TEXTS, ENDINGS).map(b"".join)
ALMOST_VALID = st.lists(LINES).map(b"".join)
STREAMS = ALMOST_VALID | st.binary(max_size=200)


@st.composite
def cut(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """A stream, and the same in pieces."""
    stream = draw(STREAMS)
    places = sorted(draw(st.lists(st.integers(0, len(stream)))))
    return stream, [stream[a:b] for a, b in pairwise([0, *places, len(stream)])]


# However it comes


@given(cut())
@patient
def test_cuts_change_nothing(stream_and_pieces: tuple[bytes, list[bytes]]) -> None:
    stream, pieces = stream_and_pieces
    assert parsed(*pieces) == parsed(stream)


@given(STREAMS)
@patient
@example(b"220 x\r\nab-")
@example(b"220-a\r220 b\r\n")
def test_byte_by_byte_is_the_same(stream: bytes) -> None:
    assert parsed(*(bytes([octet]) for octet in stream)) == parsed(stream)


@given(STREAMS)
@patient
def test_no_octet_is_lost(stream: bytes) -> None:
    assert b"".join(reply.raw for reply in parsed(stream)) == stream


@given(STREAMS)
@patient
def test_a_reply_comes_as_soon_as_its_last_line_is_there(stream: bytes) -> None:
    parser, fed, heard = ReplyParser(), 0, 0
    for octet in stream:
        fed += 1
        heard += sum(len(reply.raw) for reply in parser.feed(bytes([octet])))
        assert parser.pending == fed - heard
    assert (parser.finish() is None) == (fed == heard)


@given(STREAMS)
@patient
def test_every_reply_has_lines_and_answers_every_question(stream: bytes) -> None:
    for reply in parsed(stream):
        assert reply.lines
        assert reply.code is None or 0 <= reply.code <= 999
        assert reply.klass == (None if reply.code is None else reply.code // 100)
        assert reply.positive == (reply.klass == 2)
        assert reply.complete == (Violation.UNFINISHED not in reply.violations)
        assert reply.enhanced is None or reply.enhanced.klass in (2, 4, 5)
        assert list(reply.violations) == [v for v in Violation if v in reply.violations]


# Bounds


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(b"x" * 1000, id="a line that never ends"),
        pytest.param(b"250-x\r\n" * 100, id="lines without end"),
        pytest.param(b"250-" + b"y" * 600 + b"\r\n", id="long lines without end"),
        pytest.param(b"\0" * 999, id="NULs"),
        pytest.param(b"\r" * 999, id="CRs"),
    ],
)
def test_an_endless_reply_is_cut_off_and_all_that_follows_is_dropped(packet: bytes) -> None:
    parser, replies, most = ReplyParser(), list[Reply](), 0
    for _ in range(400):
        replies += parser.feed(packet)
        most = max(most, parser.pending)
    (endless,) = replies
    assert parser.overflowed
    assert not endless.complete
    assert Violation.ENDLESS in endless.violations
    assert most < MAX_REPLY_OCTETS
    assert len(endless.raw) <= MAX_REPLY_OCTETS
    assert len(endless.lines) <= MAX_REPLY_LINES
    assert parser.feed(b"250 late\r\n") == []
    assert (parser.pending, parser.finish()) == (0, None)


def test_an_endless_reply_is_the_same_however_it_is_cut() -> None:
    stream = b"250-" + b"x" * (2 * MAX_REPLY_OCTETS)
    assert parsed(stream) == parsed(*(stream[at : at + 777] for at in range(0, len(stream), 777)))


def test_the_greatest_reply_that_is_taken() -> None:
    last = b"250 x\r\n"
    lines = b"250-x\r\n" * (MAX_REPLY_LINES - 1) + last
    assert only(lines).complete
    assert len(only(lines).lines) == MAX_REPLY_LINES
    line = b"250 ".ljust(MAX_REPLY_OCTETS - 2, b"x") + b"\r\n"
    assert only(line).complete


def test_one_line_more_is_too_many() -> None:
    parser = ReplyParser()
    (endless,) = parser.feed(b"250-x\r\n" * MAX_REPLY_LINES)
    assert Violation.ENDLESS in endless.violations


def test_one_octet_more_is_too_many() -> None:
    parser = ReplyParser()
    (endless,) = parser.feed(b"250 ".ljust(MAX_REPLY_OCTETS - 1, b"x") + b"\r\n")
    assert Violation.ENDLESS in endless.violations


def test_many_replies_in_one_packet_are_no_endless_one() -> None:
    replies = ReplyParser().feed(b"250 ok\r\n" * 20_000)
    assert len(replies) == 20_000
    assert all(reply.violations == () for reply in replies)


# What is a reply


def test_a_reply_of_one_line() -> None:
    reply = only(b"220 mail.example ESMTP\r\n")
    assert (reply.code, reply.klass, reply.positive, reply.complete) == (220, 2, True, True)
    assert [line.text for line in reply.lines] == [b"mail.example ESMTP"]
    assert reply.violations == ()


def test_a_reply_of_several_lines_ends_with_the_one_that_has_a_blank() -> None:
    reply, after = parsed(b"250-mail.example\r\n250-SIZE\r\n250 HELP\r\n250 next\r\n")
    assert [line.text for line in reply.lines] == [b"mail.example", b"SIZE", b"HELP"]
    assert after.lines[0].text == b"next"
    assert reply.violations == ()


@pytest.mark.parametrize("raw", [b"250\r\n", b"250 \r\n", b"250-\r\n250 \r\n", b"250-\r\n250\r\n"])
def test_a_text_is_not_needed(raw: bytes) -> None:
    reply = only(raw)
    assert (reply.code, reply.violations) == (250, ())


def test_two_replies_in_one_packet_are_two() -> None:
    first, second = parsed(b"250 one\r\n421 two\r\n")
    assert (first.code, second.code) == (250, 421)


def test_one_malformed_line_spoils_no_later_reply() -> None:
    odd, good = parsed(b"what?\r\n250 ok\r\n")
    assert (odd.code, odd.violations) == (None, (Violation.NO_CODE,))
    assert (good.code, good.violations) == (250, ())


@pytest.mark.parametrize(
    "line", [b"2200 x", b"2_0 x", b"-22 x", b"+22 x", b" 220 x", b"22 x", b"2 x", b"", b"\xb2\xb2\xb0 x"]
)
def test_what_is_no_code(line: bytes) -> None:
    reply = only(line + b"\r\n")
    assert (reply.code, reply.klass, reply.positive) == (None, None, False)
    assert Violation.NO_CODE in reply.violations
    assert reply.lines[0].text == line


def test_a_text_glued_to_its_code_is_forgiven_and_noted() -> None:
    reply = only(b"220ready\r\n")
    assert (reply.code, reply.lines[0].text) == (220, b"ready")
    assert reply.violations == (Violation.NO_SEPARATOR,)


def test_a_line_without_a_code_does_not_end_a_reply_that_promised_more() -> None:
    reply = only(b"220-mail.example\r\nAuthorised use only\r\n220 ready\r\n")
    assert (reply.code, len(reply.lines)) == (220, 3)
    assert reply.violations == (Violation.NO_CODE,)


def test_where_the_lines_disagree_the_last_code_counts() -> None:
    reply = only(b"220-wait for it\r\n521 go away\r\n")
    assert (reply.code, reply.positive) == (521, False)
    assert reply.violations == (Violation.MIXED_CODES,)


def test_half_a_line_is_no_reply_until_nothing_more_can_come() -> None:
    parser = ReplyParser()
    assert parser.feed(b"220 mail.exam") == []
    assert parser.pending == 13
    rest = parser.finish()
    assert rest is not None
    assert (rest.code, rest.complete, rest.raw) == (220, False, b"220 mail.exam")
    assert parser.finish() is None


def test_a_whole_line_that_promised_more_is_unfinished() -> None:
    (reply,) = parsed(b"250-mail.example\r\n")
    assert (reply.code, reply.complete) == (250, False)


def test_a_parser_goes_on_after_finish() -> None:
    parser = ReplyParser()
    parser.feed(b"half")
    parser.finish()
    assert [reply.code for reply in parser.feed(b"250 ok\r\n")] == [250]


def test_lines_that_end_with_cr_alone_are_told_apart_when_nothing_more_can_come() -> None:
    reply = only(b"220-mail.example\r220 ready\r")
    assert [line.text for line in reply.lines] == [b"mail.example\r", b"ready\r"]
    assert (reply.code, reply.complete) == (220, False)
    assert Violation.BARE_CR in reply.violations


def test_a_lone_cr_is_text_where_a_line_end_follows() -> None:
    reply = only(b"220 a\rb\r\n")
    assert (reply.lines[0].text, reply.violations) == (b"a\rb", (Violation.BARE_CR,))


def test_octets_behind_a_reply_wait_for_the_rest_of_theirs() -> None:
    parser = ReplyParser()
    (ready,) = parser.feed(b"220 ready\r\n250-inj")
    assert ready.code == 220
    assert parser.pending == 7


def test_the_last_prefix_decides_whether_more_follows_not_the_text() -> None:
    assert only(b"250 - not more -\r\n").complete


# Violations


VIOLATIONS = [
    (b"hello\r\n", Violation.NO_CODE),
    (b"250ok\r\n", Violation.NO_SEPARATOR),
    (b"250\tok\r\n", Violation.NO_SEPARATOR),
    (b"100 x\r\n", Violation.CODE_OUT_OF_RANGE),
    (b"600 x\r\n", Violation.CODE_OUT_OF_RANGE),
    (b"571 x\r\n", Violation.CODE_OUT_OF_RANGE),
    (b"250-a\r\n251 b\r\n", Violation.MIXED_CODES),
    (b"250 ok\n", Violation.BARE_LF),
    (b"250 ok\r\r\n", Violation.BARE_CR),
    (b"250 a\0\r\n", Violation.NUL),
    (b"250 a\x1b[0m\r\n", Violation.CONTROL),
    (b"250 a\x7f\r\n", Violation.CONTROL),
    (b"250 gr\xfc\xdfe\r\n", Violation.NOT_ASCII),
    (b"250 ".ljust(MAX_LINE_OCTETS - 1, b"x") + b"\r\n", Violation.LINE_TOO_LONG),
    (b"250-x\r\n" * MAX_REPLY_LINES, Violation.ENDLESS),
    (b"250 half", Violation.UNFINISHED),
]


@pytest.mark.parametrize(
    ("raw", "violation"), [pytest.param(*case, id=case[0][:16].hex()) for case in VIOLATIONS]
)
def test_a_violation_is_noted_and_alone(raw: bytes, violation: Violation) -> None:
    assert only(raw).violations == (violation,)


def test_every_violation_has_an_example() -> None:
    assert {violation for _, violation in VIOLATIONS} == set(Violation)


@pytest.mark.parametrize(
    "raw",
    [
        b"250 a\tb\r\n",
        b"250-a\r\n250-b\r\n250 c\r\n",
        b"250 ".ljust(MAX_LINE_OCTETS - 2, b"x") + b"\r\n",
        b"200 x\r\n",
        b"559 x\r\n",
    ],
)
def test_what_is_in_order(raw: bytes) -> None:
    assert only(raw).violations == ()


def test_a_violation_of_any_line_is_the_replys() -> None:
    reply = only(b"250-a\n250-b\xff\r\n250 c\r\n")
    assert reply.violations == (Violation.BARE_LF, Violation.NOT_ASCII)


# Enhanced codes


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b"535 5.7.8 no\r\n", "5.7.8", id="plain"),
        pytest.param(b"250 2.0.0\r\n", "2.0.0", id="nothing behind it"),
        pytest.param(b"535-5.7.8 Username and\r\n535 5.7.8  https://x - gsmtp\r\n", "5.7.8", id="every line"),
        pytest.param(b"535-Sorry\r\n535 5.7.8 no\r\n", "5.7.8", id="a later line"),
        pytest.param(b"535 5.7.139 basic authentication is disabled\r\n", "5.7.139", id="three digits"),
        pytest.param(b"535 authentication failed (#5.7.1)\r\n", "5.7.1", id="qmail's"),
        pytest.param(b"454 oops, child won't start (#4.3.0) \r\n", "4.3.0", id="qmail's and a blank"),
        pytest.param(b"535 5.7.8\tno\r\n", "5.7.8", id="TAB behind it"),
        pytest.param(b"535 Error: 5.7.8 no\r\n", None, id="not at the start"),
        pytest.param(b"535 5.7.8: no\r\n", None, id="something glued to it"),
        pytest.param(b"535 5.7 no\r\n", None, id="two numbers"),
        pytest.param(b"535 5.7.8.1 no\r\n", None, id="four numbers"),
        pytest.param(b"535 5.7.1234 no\r\n", None, id="four digits"),
        pytest.param(b"535 3.7.8 no\r\n", None, id="no such class"),
        pytest.param(b"535  5.7.8 no\r\n", "5.7.8", id="two blanks before it, as Gmail sends"),
        pytest.param(b"220 192.0.2.25 ready\r\n", None, id="an address"),
        pytest.param(b"535 no (#5.7.1) way\r\n", None, id="qmail's in the middle"),
    ],
)
def test_the_enhanced_code(raw: bytes, expected: str | None) -> None:
    found = only(raw).enhanced
    assert (str(found) if found else None) == expected


@given(st.sampled_from([2, 4, 5]), st.integers(0, 999), st.integers(0, 999))
@patient
def test_finds_any_enhanced_code_that_it_writes(klass: int, subject: int, detail: int) -> None:
    code = EnhancedCode(klass, subject, detail)
    assert find_enhanced(f"{code} text".encode()) == code
    assert find_enhanced(f"text (#{code})".encode()) == code


@given(st.binary(max_size=60))
@patient
def test_looks_for_an_enhanced_code_in_anything(text: bytes) -> None:
    found = find_enhanced(text)
    assert found is None or (found.klass in (2, 4, 5) and max(found.subject, found.detail) <= 999)


# Masking


def test_other_texts_leave_codes_and_endings() -> None:
    reply = only(b"334-abc\n334 def\r\n").with_texts([b"[secret]", b""])
    assert reply.raw == b"334-[secret]\n334 \r\n"
    assert reply.violations == (Violation.BARE_LF,)
