"""Looking things up: what people paste, and what they get."""

import json
import subprocess
import sys

import pytest

from smtpprobe import explain
from smtpprobe.explaining import Answer, ExplainError, stands_alone
from smtpprobe.pasted import split_words
from smtpprobe.renderers import Options
from smtpprobe.renderers.lookups import json as as_json
from smtpprobe.renderers.lookups import text as as_text
from smtpprobe.words.texts import words_in


def split(words: list[str]) -> list[str]:
    return split_words(words, stands_alone)


def to_text(answers: list[Answer], width: int | None, language: str = "en") -> str:
    return as_text.answers(answers, words_in(language), Options(width))


def to_json(answers: list[Answer], language: str = "en") -> str:
    return as_json.answers(answers, words_in(language), Options())


def ids(what: str, step: str | None = None) -> list[str]:
    return [entry.id for entry in explain(what, step=step).entries]


def test_a_code_is_told_by_itself_then_by_its_digits() -> None:
    assert ids("535") == ["535", "5yz", "x3z"]


def test_the_sense_at_a_step_comes_first() -> None:
    assert ids("454", "starttls")[:2] == ["STARTTLS 454", "454"]
    assert ids("454", "auth")[:2] == ["AUTH 454", "454"]
    assert explain("454", step="auth").entries[0].title != explain("454", step="starttls").entries[0].title


def test_a_whole_reply_is_read_like_one_of_a_server() -> None:
    reply = "535-5.7.8 Username and Password not accepted. For more\n535 5.7.8 information - gsmtp"
    assert ids(reply)[:2] == ["535", "5.7.8"]


def test_enhanced_codes_subjects_and_classes() -> None:
    assert ids("5.7.8") == ["5.7.8", "X.7", "5.X.X"]
    assert ids("X.7.8") == ["X.7.8", "X.7"]
    assert ids("5.7") == ["X.7", "5.X.X"]
    assert ids("4yz") == ["4yz"]


def test_keywords_and_mechanisms_in_any_case() -> None:
    assert ids("starttls") == ["STARTTLS"]
    assert ids("cram-md5") == ["CRAM-MD5"]
    assert ids("250-SIZE 52428800")[0] == "SIZE"


@pytest.mark.parametrize("code", ["100", "299", "458", "599", "999", "000"])
def test_any_three_digits_are_answered(code: str) -> None:
    answer = explain(code)
    assert answer.entries
    assert answer.entries[-1].kind == "class"


def test_what_stands_in_no_table_says_so() -> None:
    assert not explain("599").known
    assert explain("535").known
    assert "stands in no table" in to_text([explain("599")], 80)


def test_what_is_unknown_names_the_nearest() -> None:
    answer = explain("STARTTSL")
    assert not answer.known
    assert "STARTTLS" in answer.nearest


@pytest.mark.parametrize("what", ["", "  ", "5", "53", "5350"])
def test_what_cannot_be_meant_is_an_error(what: str) -> None:
    with pytest.raises(ExplainError):
        explain(what)


def test_an_unquoted_reply_is_one_thing() -> None:
    assert split(["535", "5.7.8", "Error:", "authentication", "failed"]) == [
        "535 5.7.8 Error: authentication failed"
    ]
    assert split(["535", "5.7.8"]) == ["535", "5.7.8"]
    assert split(["535", "STARTTLS", "PLAIN"]) == ["535", "STARTTLS", "PLAIN"]
    assert split(["535-5.7.8 Username", "not accepted"]) == ["535-5.7.8 Username", "not accepted"]


def test_hostile_text_is_shown_inert() -> None:
    text = to_text([explain("535 \x1b]0;title\x07 [/bold]")], 80)
    assert "\x1b" not in text
    document = json.loads(to_json([explain("no\x1bsuch")]))
    assert "\x1b" not in document["answers"][0]["asked"]


def test_text_keeps_to_its_width() -> None:
    for code in ("421", "535", "5.7.8", "STARTTLS", "PLAIN"):
        assert all(len(line) <= 80 for line in to_text([explain(code)], 80).splitlines())


def test_octets_that_are_no_utf_8_are_read_like_a_server_s() -> None:
    """An argument with such octets reaches us with surrogates in it."""
    assert ids(b"535 5.7.8 \xff\xfe".decode("utf-8", "surrogateescape"))[:2] == ["535", "5.7.8"]
    assert explain(b"250-SIZE\xff".decode("utf-8", "surrogateescape")).known


def test_any_octets_can_come_on_standard_input() -> None:
    command = [sys.executable, "-m", "smtpprobe", "explain", "-"]
    done = subprocess.run(command, input=b"535 \xff\x00\x1b", capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"535  ")
