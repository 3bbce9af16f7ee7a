"""Foreign text is shown as one line of printable characters, whatever a server sends."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpprobe.display import decode, visible, visible_bytes

# Any text at all, lone surrogates too, and much more often what makes trouble.
CONTROLS = "\t\r\n\0\x07\x1b\x7f\x85\x9b\xa0"
UNSEEN = "\xad\u0301\u0336\u20dd\u200b\u200d\u202e\u2066\u2028\ufe0f\ufeff\U000e0041"
patient = settings(deadline=None)
ANY_TEXT = st.text(
    st.one_of(st.characters(exclude_categories=()), st.sampled_from(CONTROLS + UNSEEN + "\\a"))
)


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        pytest.param("250 OK", "250 OK", id="plain text stays"),
        pytest.param("DOMAIN\\user", "DOMAIN\\user", id="a backslash stays one"),
        pytest.param(
            "Grüße, 你好, привет, שלום, नमस्ते",
            "Grüße, 你好, привет, שלום, नमस्ते",
            id="letters of all scripts stay",
        ),
        pytest.param("e\u0301", "e\u0301", id="an accent stays"),
        pytest.param("a\tb", "a\\tb", id="TAB"),
        pytest.param("a\r\nb", "a\\r\\nb", id="CR and LF"),
        pytest.param("\0", "\\x00", id="NUL"),
        pytest.param("\x1b[31m", "\\x1b[31m", id="ESC"),
        pytest.param("\x7f", "\\x7f", id="DEL"),
        pytest.param("\x9b31m", "\\x9b31m", id="C1 CSI"),
        pytest.param("\u202etxt", "\\u202etxt", id="right-to-left override"),
        pytest.param(
            "\u2066\u2069\u200e\u200f\u061c",
            "\\u2066\\u2069\\u200e\\u200f\\u061c",
            id="bidi isolates and marks",
        ),
        pytest.param(
            "a\u200bb\u200dc\ufeffd\u00ade", "a\\u200bb\\u200dc\\ufeffd\\xade", id="characters without width"
        ),
        pytest.param("\u2028\u2029", "\\u2028\\u2029", id="line and paragraph separators"),
        pytest.param("a\u00a0b\u3000c", "a\\xa0b\\u3000c", id="blanks that are not the blank"),
        pytest.param("\ud800", "\\ud800", id="lone surrogate"),
        pytest.param("\ufffe\U0001ffff", "\\ufffe\\U0001ffff", id="noncharacters"),
        pytest.param("\ue000", "\\ue000", id="private use"),
        pytest.param("\U000e0001\U000e0041", "\\U000e0001\\U000e0041", id="tags"),
        pytest.param("a\ufe0f\U000e0100", "a\\ufe0f\\U000e0100", id="variation selectors"),
        pytest.param(
            "\u115f\u3164\uffa0\u2800\u034f",
            "\\u115f\\u3164\\uffa0\\u2800\\u034f",
            id="fillers that look like nothing",
        ),
    ],
)
def test_shows_what_is_visible_and_writes_out_the_rest(foreign: str, shown: str) -> None:
    assert visible(foreign) == shown


def test_keeps_four_marks_on_a_letter_and_writes_out_the_flood_behind_them() -> None:
    assert visible("a" + "\u0336" * 4 + "b") == "a" + "\u0336" * 4 + "b"
    assert visible("a" + "\u0336" * 6 + "b") == "a" + "\u0336" * 4 + "\\u0336\\u0336" + "b"


def test_a_mark_never_falls_on_what_stands_before_the_text() -> None:
    assert visible("\u0338a") == "\\u0338a"
    assert visible("\x1b\u0338") == "\\x1b\\u0338"


@patient
@given(ANY_TEXT)
def test_the_result_is_one_line_of_printable_characters(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert "##[" not in shown
    assert len(shown.splitlines()) <= 1


@patient
@given(ANY_TEXT)
def test_making_visible_twice_changes_nothing_more(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@patient
@given(ANY_TEXT)
def test_no_letter_carries_more_than_four_marks(text: str) -> None:
    marks = 0
    for character in visible(text):
        marks = marks + 1 if unicodedata.category(character).startswith("M") else 0
        assert marks <= 4


def test_a_long_text_is_cut_and_says_how_much_is_missing() -> None:
    assert visible("a" * 1244, limit=10) == "aaaaaaaaaa… (+1234 characters)"
    assert visible("abc", limit=2) == "ab… (+1 character)"
    assert visible("abc", limit=3) == "abc"
    assert visible("abc", limit=0) == "… (+3 characters)"


def test_a_cut_never_divides_an_escape() -> None:
    assert visible("ab\x1bcd", limit=5) == "ab… (+3 characters)"
    assert visible("ab\x1bcd", limit=6) == "ab\\x1b… (+2 characters)"


@patient
@given(ANY_TEXT, st.integers(0, 40))
def test_what_is_shown_of_a_cut_text_is_its_beginning_and_the_count_is_the_rest(
    text: str, limit: int
) -> None:
    shown, cut, note = visible(text, limit).rpartition("… (+")
    if not cut:
        assert visible(text, limit) == visible(text)
        return
    missing = int(note.split()[0])
    assert len(shown) <= limit
    assert shown == visible(text[: len(text) - missing])
    assert visible(visible(text, limit)) == visible(text, limit)


def test_a_long_text_is_looked_at_no_further_than_its_limit() -> None:
    class Counted(str):
        seen = 0

        def __iter__(self):  # type: ignore[no-untyped-def]
            for character in str(self):
                Counted.seen += 1
                yield character

    visible(Counted("\x1b" * 100_000), limit=40)
    assert Counted.seen <= 41


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param(b"250 OK\r\n", "250 OK\r\n", id="ASCII"),
        pytest.param("Grüße 你好".encode(), "Grüße 你好", id="UTF-8"),
        pytest.param("登录失败".encode("gbk"), "登录失败", id="a few words of GBK"),
        pytest.param(
            "535 请使用授权码登录。详情请看: http://service.mail.qq.com".encode("gbk"),
            "535 请使用授权码登录。详情请看: http://service.mail.qq.com",
            id="a reply of QQ Mail",
        ),
        pytest.param(b"refus\xe9e", "refus\\xe9e", id="French in Latin-1, which GB 18030 could read"),
        pytest.param(b"\xff\xfe", "\\xff\\xfe", id="no text"),
        pytest.param("中文".encode()[:-1], "中\\xe6\\x96", id="UTF-8 cut within a character"),
        pytest.param(
            "登录失败".encode("gbk")[:-1], "\\xb5\\xc7\u00bcʧ\\xb0", id="GBK cut within a character"
        ),
        pytest.param(b"", "", id="nothing"),
    ],
)
def test_reads_bytes_as_the_text_they_most_probably_are(raw: bytes, text: str) -> None:
    assert decode(raw) == text


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1251", "Ошибка аутентификации"),
        ("koi8-r", "Ошибка аутентификации"),
        ("koi8-r", "сервер"),
        ("euc-kr", "비밀번호가 올바르지 않습니다"),
        ("euc-jp", "接続が拒否されました"),
        ("shift_jis", "認証に失敗しました"),
        ("big5", "密碼錯誤"),
        ("cp1253", "Αποτυχία ελέγχου"),
        ("cp1256", "خادم البريد"),
        ("latin-1", "Échec: clé refusée"),
    ],
)
def test_does_not_take_other_languages_for_chinese(encoding: str, words: str) -> None:
    text = decode(words.encode(encoding))
    assert "\\x" in text
    assert not any("\u4e00" <= character <= "\u9fff" for character in text)


@patient
@given(st.binary())
def test_any_bytes_can_be_read_and_shown(raw: bytes) -> None:
    decode(raw)
    assert visible_bytes(raw) == visible(decode(raw))
    assert visible_bytes(raw).isprintable()


@patient
@given(st.text())
def test_reads_all_utf_8(text: str) -> None:
    assert decode(text.encode()) == text


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "\x9b2J", "\x9d0;title\x07", "a\u202eb", "\u2066", "\x08", "\x0e"]
)
def test_nothing_is_left_that_a_terminal_would_obey(text: str) -> None:
    assert visible(text).isprintable()


@pytest.mark.parametrize("text", ["##[error]x", "###[group]", "a ##[set-env]b"])
def test_nothing_is_left_that_a_runner_would_obey(text: str) -> None:
    assert "##[" not in visible(text)
    assert visible(visible(text)) == visible(text)
