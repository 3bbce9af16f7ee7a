"""The lines of the notation: every octet can be written, and what was written is read back."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smtpprobe.record import FailureKind
from smtpprobe.transcripts.notation import (
    Line,
    NotationError,
    escape,
    format_line,
    parse,
    parse_line,
    quote,
    unescape,
)
from smtpprobe.transcripts.reader import read_dialogue

patient = settings(deadline=None)
DOCS = (Path(__file__).parents[1] / "docs" / "notation.md").read_text("utf-8")

# A written time has six decimals.
TIMES = st.none() | st.integers(0, 10**10).map(lambda micros: micros / 1e6)
OCTETS = st.binary(max_size=40) | st.lists(
    st.sampled_from([b"\r", b"\n", b"\r\n", b" ", b"\\", b"\\x41", b"#", b"C: ", b"'", b'"', b"\t", b"a"])
).map(b"".join)
SAID = st.builds(Line, side=st.sampled_from("CS"), data=OCTETS, joined=st.booleans(), at=TIMES)
WORDS = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")))
HAPPENED = st.builds(Line, side=st.just("*"), words=st.lists(WORDS, min_size=1).map(tuple), at=TIMES)


# There and back


@given(SAID | HAPPENED)
@patient
@example(Line("S", b""))
@example(Line("S", b"\r\n"))
@example(Line("S", b" \r\n"))
@example(Line("S", b"220 half a line \r"))
@example(Line("C", b"\\r\\n\\x41\\"))
@example(Line("*", words=("",)))
def test_what_is_written_reads_back(line: Line) -> None:
    written = format_line(line)
    assert parse_line(written) == line
    assert parse(written) == (line,)


@given(SAID | HAPPENED)
@patient
def test_a_line_is_one_line_of_printable_ascii_without_blanks_at_its_end(line: Line) -> None:
    written = format_line(line)
    assert written.isascii()
    assert written.isprintable()
    assert written == written.rstrip()


@given(OCTETS)
@patient
def test_every_octet_can_be_escaped(data: bytes) -> None:
    assert unescape(escape(data)) == data


@given(st.lists(SAID | HAPPENED.filter(lambda line: line.words[0] != "repeat")))
@patient
def test_a_dialogue_reads_back(lines: list[Line]) -> None:
    assert parse("\n".join(map(format_line, lines))) == tuple(lines)


@given(st.text(st.characters(exclude_categories=())))
@patient
def test_a_word_of_an_event_never_breaks_its_line(word: str) -> None:
    written = format_line(Line("*", words=("tls", f"subject={word}")))
    assert written.isprintable()
    (line,) = parse(written)
    assert len(line.words) == 2


@given(
    st.text()
    | st.lists(st.sampled_from(["S: x", "*: repeat 3", "*: ", "C+-: \\x", "0.1 S:", "#", "*: 'a", "²"])).map(
        "\n".join
    )
)
@patient
@example("S: x\n*: repeat ²")
def test_reads_anything_or_says_what_is_wrong(text: str) -> None:
    assert complaint(text).isprintable()


def complaint(text: str) -> str:
    """What is wrong with a dialogue; empty if it can be read."""
    try:
        read_dialogue(parse(text))
    except NotationError as error:
        return str(error)
    return ""


# Marks


@pytest.mark.parametrize(
    ("row", "line"),
    [
        pytest.param("S: 220 ready", Line("S", b"220 ready\r\n"), id="server"),
        pytest.param("C: QUIT", Line("C", b"QUIT\r\n"), id="client"),
        pytest.param("S+: 250 x", Line("S", b"250 x\r\n", joined=True), id="same packet"),
        pytest.param("S-: 220 rea", Line("S", b"220 rea"), id="no line end"),
        pytest.param("S+-: dy", Line("S", b"dy", joined=True), id="both marks"),
        pytest.param(r"S-: 220 ready\x0a", Line("S", b"220 ready\n"), id="LF alone"),
        pytest.param("S:", Line("S", b"\r\n"), id="an empty line"),
        pytest.param("S: ", Line("S", b"\r\n"), id="an empty line with its blank"),
        pytest.param("S-:", Line("S", b""), id="nothing at all"),
        pytest.param("S:  x", Line("S", b" x\r\n"), id="only the first blank belongs to the notation"),
        pytest.param("0.412 S: 535 no", Line("S", b"535 no\r\n", at=0.412), id="time"),
        pytest.param("12.0   C: QUIT", Line("C", b"QUIT\r\n", at=12.0), id="time and more blanks"),
        pytest.param("*: eof", Line("*", words=("eof",)), id="event"),
        pytest.param(
            "1.5 *: tls eof 'heard=a b'", Line("*", words=("tls", "eof", "heard=a b"), at=1.5), id="quotes"
        ),
        pytest.param("C: AUTH PLAIN [secret]", Line("C", b"AUTH PLAIN [secret]\r\n"), id="a secret"),
    ],
)
def test_reads_a_line(row: str, line: Line) -> None:
    assert parse_line(row) == line


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (r"\x00\xff", b"\x00\xff"),
        (r"\xFF", b"\xff"),
        (r"\\", b"\\"),
        (r"\\x41", b"\\x41"),
        ("DOMAIN\\\\user", b"DOMAIN\\user"),
        ("é", "é".encode()),
    ],
)
def test_reads_escapes(text: str, data: bytes) -> None:
    assert unescape(text) == data


@pytest.mark.parametrize("text", ["\\", r"\n", r"\x1", r"\xg0", r"a\ b"])
def test_refuses_what_is_no_escape(text: str) -> None:
    with pytest.raises(NotationError, match="is no escape"):
        unescape(text)


def test_escapes_what_is_not_printable_ascii_and_the_last_blank() -> None:
    assert escape(b"a\0\x1b\x7f\xff\\ b ") == r"a\x00\x1b\x7f\xff\\ b\x20"


def test_quotes_words_with_blanks_and_shows_what_would_break_the_line() -> None:
    assert [quote(word) for word in ("plain", "a b", "", "CN=München")] == [
        "plain",
        "'a b'",
        "''",
        "'CN=München'",
    ]
    assert quote("a\nb\x1b") in (r"'a\x0ab\x1b'", r"'a\nb\x1b'")


# Dialogues


def test_blank_lines_and_comments_mean_nothing() -> None:
    assert parse("# a comment\n\n   \nS: 220 ready\n#S: 421 gone\n") == (Line("S", b"220 ready\r\n"),)


def test_a_line_repeated_came_so_many_times_in_all() -> None:
    assert parse("S: 250-x\n*: repeat 3\nS: 250 y") == (
        *[Line("S", b"250-x\r\n")] * 3,
        Line("S", b"250 y\r\n"),
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("S: 220 x\n\n# comment\nX: what", 4, id="no such side"),
        pytest.param("220 ready", 1, id="no side"),
        pytest.param("S 220 ready", 1, id="no colon"),
        pytest.param("S:220 ready", 1, id="no blank behind the colon"),
        pytest.param("S-+: x", 1, id="marks the wrong way round"),
        pytest.param("1 S: x", 1, id="a time without a point"),
        pytest.param("-1.0 S: x", 1, id="a time before the beginning"),
        pytest.param("S: x\n*:", 2, id="an event that says nothing"),
        pytest.param("*: tls 'eof", 1, id="a quotation that does not end"),
        pytest.param("C: x\nS: \\n", 2, id="an escape that is none"),
        pytest.param("*: repeat 3", 1, id="nothing to repeat"),
        pytest.param("S: x\nC: y\n*: repeat 3", 3, id="the client's line to repeat"),
        pytest.param("S: x\n*: repeat many", 2, id="no number"),
        pytest.param("S: x\n*: repeat", 2, id="no number at all"),
    ],
)
def test_an_error_names_its_line(text: str, number: int) -> None:
    with pytest.raises(NotationError, match=f"^line {number}: "):
        parse(text)


# docs/notation.md


def documented_dialogue() -> str:
    found = re.search(r"```\n(.*?)```", DOCS, re.DOTALL)
    assert found
    return found[1]


def test_the_example_of_the_documentation_is_a_session() -> None:
    transcript = read_dialogue(parse(documented_dialogue()))
    assert " ".join(step.name for step in transcript.steps) == (
        "resolve connect greeting ehlo starttls tls ehlo auth quit"
    )
    assert transcript.login_asked


def test_the_documentation_lists_kinds_that_there_are() -> None:
    found = re.search(r"KIND is one of the contract's failure kinds: `([^`]*)`", DOCS)
    assert found
    assert {FailureKind(kind) for kind in found[1].split()} >= {FailureKind.TIMEOUT, FailureKind.TLS}


@pytest.mark.parametrize("event", re.findall(r"^\| `(\w+)", DOCS, re.MULTILINE))
def test_every_event_of_the_documentation_is_known(event: str) -> None:
    assert "unknown event" not in complaint(f"S: 220 x\n*: {event}")
