"""explain, compare and codes on the command line: formats, languages, and input that makes no sense."""

import os
import pty

import jsonschema
import pytest

from smtpprobe.exits import Exit
from smtpprobe.schemas import load
from smtpprobe.words.texts import languages, words_in

from .support.command import Came, check, environment, run, start

COMMANDS = {
    "explain": ("explain", "535 5.7.8 no", "STARTTLS", "no-such-thing"),
    "compare": ("compare", "235", "421"),
    "codes": ("codes", "--class", "4", "--command", "AUTH"),
}


def on_terminal(*arguments: str, **environ: str) -> str:
    """What a process prints on a terminal."""
    master, slave = pty.openpty()
    process = start(*arguments, stdout=slave, env=environment(COLUMNS="80", **environ))
    os.close(slave)
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:  # how Linux tells that the other end is closed
        pass
    os.close(master)
    assert process.wait() == 0
    process.communicate()
    return shown.decode()


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("language", languages())
def test_json_keeps_to_its_schema_in_every_language(name: str, language: str) -> None:
    came = run(*COMMANDS[name], "--json", "--lang", language)
    assert (came.code, came.err) == (0, "")
    jsonschema.validate(came.json, load(name))


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("language", languages())
def test_markdown_is_written_in_every_language(name: str, language: str) -> None:
    came = run(*COMMANDS[name], "-f", "markdown", "--lang", language)
    assert (came.code, came.err) == (0, "")
    assert came.out.isascii() is (language == "en" and name != "codes")
    assert "#" in came.out


@pytest.mark.parametrize("name", COMMANDS)
def test_text_in_a_pipe_is_english_whatever_the_environment_says(name: str) -> None:
    came = run(*COMMANDS[name], environ={"LANG": "ja_JP.UTF-8", "LC_ALL": "ru_RU.UTF-8"})
    assert came.out == run(*COMMANDS[name]).out
    assert came.out.isascii()


def test_text_on_a_terminal_is_in_the_language_of_the_environment() -> None:
    title = words_in("ja").row("replies", "535")
    assert title
    assert title["title"] in on_terminal("explain", "535", LANG="ja_JP.UTF-8")
    assert "Authentication Failed" in on_terminal("explain", "535", LANG="ja_JP.UTF-8", LC_ALL="C")
    assert "Authentication Failed" in on_terminal("explain", "535", "--lang", "en", LANG="ja_JP.UTF-8")


def test_machine_formats_on_a_terminal_are_english_unless_asked() -> None:
    assert "Authentication Failed" in on_terminal("explain", "535", "--json", LANG="ja_JP.UTF-8")


@pytest.mark.parametrize("language", languages())
def test_reports_are_worded_by_lang(language: str) -> None:
    came = run("demo", "--fault", "wrong-password", "--lang", language, "--json")
    assert came.code == 1
    row = words_in(language).row("findings", "credentials-rejected")
    assert row
    assert came.report["diagnosis"]["title"] == row["title"]
    jsonschema.validate(came.json, load("check"))


def refused(came: Came) -> str:
    """The one line of a usage error; nothing on standard output."""
    assert (came.code, came.out) == (Exit.USAGE, "")
    return came.complaint


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("explain", ""), "nothing to explain"),
        (("explain", "  "), "nothing to explain"),
        (("explain",), "WHAT"),
        (("explain", "5"), "three digits"),
        (("explain", "535", "--lang", "tlh"), "en, ja, ru, vi"),
        (("explain", "535", "--lang", "jp"), "did you mean 'ja'"),
        (("explain", "535", "-f", "html"), "markdown"),
        (("explain", "535", "--step", "login"), "step"),
        (("compare", "535"), "'B'"),
        (("compare", "535", "421", "450"), "450"),
        (("compare", "535", "STARTTLS"), "no reply code"),
        (("compare", "", "535"), "no reply code"),
        (("codes", "535"), "535"),
        (("codes", "--class", "9"), "2, 3, 4, 5"),
        (("codes", "--class", "4yz"), "4yz"),
        (("codes", "--command", "AUHT"), "did you mean 'AUTH'"),
        (("codes", "--standing", "rfc"), "rfc-defined"),
        (("codes", "--untranslated", "en"), "ja, ru, vi"),
        (("codes", "--untranslated", "ja", "--class", "4"), "filters"),
        (("codes", "--json", "-f", "markdown"), "choose one"),
        (("demo", "--lang", "klingon"), "en, ja, ru, vi"),
    ],
)
def test_what_makes_no_sense_is_one_line(arguments: tuple[str, ...], said: str) -> None:
    assert said in refused(run(*arguments))


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        (b"", "nothing to explain"),
        (b"\n \r\n", "nothing to explain"),
        (b"a" * 1_100_000, "64 KiB"),
        (b"535 no\n" * 200_000, "64 KiB"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary"),
        (b"\xff\xfe5\x003\x005\x00", "binary"),
    ],
)
def test_what_cannot_be_read_from_standard_input_is_one_line(pasted: bytes, said: str) -> None:
    assert said in refused(run("explain", "-", stdin=pasted))


def test_a_wrong_language_is_told_before_anything_is_probed() -> None:
    assert "en, ja, ru, vi" in refused(check("smtp+insecure://127.0.0.1:1", "--lang", "xx"))


def test_replies_with_line_breaks_are_read_from_standard_input() -> None:
    came = run("explain", "-", "--json", stdin=b"250-x\r\n250 SIZE 52428800\r\n535 5.7.8 no\r\n421 busy\r\n")
    asked = [answer["entries"][0]["id"] for answer in came.json["answers"]]
    assert asked == ["SIZE", "535", "421"]


def test_an_unknown_code_is_answered() -> None:
    came = run("explain", "999", "--json")
    assert (came.code, came.json["answers"][0]["known"]) == (0, False)


def test_gbk_octets_of_a_server_are_read() -> None:
    came = run("explain", "-", stdin="535 Error: 用户名或密码错误".encode("gb18030"))
    assert came.code == 0
    assert came.out.startswith("535  ")
