"""Every word in every language: overlays are whole and true, and what they say can be read at 80 columns."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smtpprobe import compare, explain
from smtpprobe.cli.language import language_of
from smtpprobe.knowledge import tables
from smtpprobe.listing import KINDS, keys
from smtpprobe.renderers import Options, render
from smtpprobe.renderers.folding import columns, fold
from smtpprobe.renderers.lookups import text
from smtpprobe.words.catalogue import entry
from smtpprobe.words.entry import Entry
from smtpprobe.words.texts import FILES, HERE, Words, digest, languages, words_in, words_of
from smtpprobe.words.wording import document
from tests.support.overlays import skeleton
from tests.support.reports import DIALOGUES, report_of

OTHERS = languages()[1:]
CODE = re.compile(r"`[^`]+`")
# Short texts that are the same in a language: names, or nothing but codes.
MANY_WORDS = re.compile(r"[a-z]{4,} [a-z]{3,} [a-z]{3,}")


def overlay(language: str, file: str) -> dict[str, Any]:
    return tomllib.loads(tables.text(file, f"{HERE}/{language}"))


def texts(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every text of an entry, with its place."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, f"{at}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from texts(inner, f"{at}.{index}")


FILES_OF = [(language, file) for language in OTHERS for file in FILES]


def test_the_languages_are_those_of_the_contract() -> None:
    assert languages() == ("en", "ja", "ru", "vi")


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_missing_or_stale(language: str) -> None:
    assert list(Words(language).untranslated()) == []


@pytest.mark.parametrize(("language", "file"), FILES_OF)
def test_an_overlay_has_the_entries_of_its_file_and_no_others(language: str, file: str) -> None:
    assert list(overlay(language, file)) == list(tables.ids(file))


@pytest.mark.parametrize(("language", "file"), FILES_OF)
def test_one_entry_can_be_cut_out(language: str, file: str) -> None:
    whole = overlay(language, file)
    assert all(tables.row(file, id, f"{HERE}/{language}") == row for id, row in whole.items())


@pytest.mark.parametrize(("language", "file"), FILES_OF)
def test_what_is_no_word_stays(language: str, file: str) -> None:
    """Commands, settings and replies in backticks are the same in every language."""
    for id, row in overlay(language, file).items():
        english = dict(texts(words_of(file, tables.table(file)[id])))
        for at, said in texts({key: value for key, value in row.items() if key != "of"}):
            assert sorted(CODE.findall(said)) == sorted(CODE.findall(english[at])), (id, at)


@pytest.mark.parametrize(("language", "file"), FILES_OF)
def test_every_text_is_in_its_language(language: str, file: str) -> None:
    for id, row in overlay(language, file).items():
        english = dict(texts(words_of(file, tables.table(file)[id])))
        for at, said in texts({key: value for key, value in row.items() if key != "of"}):
            assert said == unicodedata.normalize("NFC", said.strip()), (id, at)
            assert said.isprintable(), (id, at)
            assert "  " not in said, (id, at)
            if MANY_WORDS.search(CODE.sub("", english[at])):
                assert said != english[at], (id, at)
                assert not said.isascii(), (id, at)


SENTENCE = re.compile(r"[^.!?。]+[.!?。]+")


def sentences(*texts: str) -> list[str]:
    """The sentences of some texts, those of a few characters left out."""
    found = [sentence.strip(" '`") for text in texts for sentence in SENTENCE.findall(text)]
    return [sentence for sentence in found if len(sentence) > 14]


def every_entry(language: str) -> list[Entry]:
    return [entry(key, words_in(language)) for key in keys()]


@pytest.mark.parametrize("language", languages())
def test_no_entry_says_a_sentence_twice(language: str) -> None:
    for one in every_entry(language):
        said = sentences(one.meaning, one.when, one.fix)
        assert len(said) == len(set(said)), one.id


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", ["reply", "enhanced", "keyword", "mechanism", "class"])
def test_no_two_entries_share_a_fix(language: str, kind: str) -> None:
    fixes: dict[str, str] = {}
    for one in every_entry(language):
        if one.kind == kind:
            assert fixes.setdefault(one.fix, one.id) == one.id


# A language in the making


def folder_of(tmp_path: Path, written: str) -> Words:
    words = Words("en")
    words.language, words._folder = "xx", str(tmp_path)
    (tmp_path / "replies.toml").write_text(written, encoding="utf-8")
    return words


def test_an_entry_is_worded_by_its_overlay(tmp_path: Path) -> None:
    made = skeleton("replies", "354").replace('title = "Start Mail Input"', 'title = "Xx"')
    words = folder_of(tmp_path, made)
    row = words.row("replies", "354")
    assert row
    assert (row["title"], row["commands"]) == ("Xx", tables.table("replies")["354"]["commands"])
    assert ("replies", "354") not in list(words.untranslated())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('of = "', 'of = "0'),
        ("title = ", "titel = "),
        ('title = "Start Mail Input"', 'title = "{code}"'),
        ('title = "Start Mail Input"', 'title = ""'),
        ('title = "Start Mail Input"', "title = 5"),
    ],
    ids=["stale", "key", "placeholder", "empty", "number"],
)
def test_what_is_stale_or_wrong_falls_back_to_english_and_is_listed(
    tmp_path: Path, old: str, new: str
) -> None:
    words = folder_of(tmp_path, skeleton("replies", "354").replace(old, new))
    assert words.row("replies", "354") == tables.row("replies", "354")
    left = list(words.untranslated())
    assert ("replies", "354") in left
    assert ("replies", "535") in left
    assert ("labels", "rows") in left


def test_steps_are_laid_over_one_by_one(tmp_path: Path) -> None:
    row = next(iter(tables.table("findings").items()))
    words = folder_of(tmp_path, "")
    (tmp_path / "findings.toml").write_text(
        skeleton("findings", row[0]).replace('do = ["', 'do = ["Xx '), encoding="utf-8"
    )
    found = words.row("findings", row[0])
    assert found
    assert found["next"][0]["do"].startswith("Xx ")
    assert [step["who"] for step in found["next"]] == [step["who"] for step in row[1]["next"]]


def test_a_digest_changes_with_the_words_and_not_with_the_facts() -> None:
    row = {"title": "A", "who": "you", "next": [{"who": "you", "do": "B", "command": "c"}]}
    assert digest("findings", row) == digest("findings", {**row, "who": "provider"})
    assert digest("findings", row) != digest("findings", {**row, "title": "B"})
    assert digest("findings", row) != digest("findings", {**row, "next": [{"do": "C", "who": "you"}]})


def test_there_is_no_other_language() -> None:
    with pytest.raises(ValueError, match="no language"):
        words_in("tlh")
    with pytest.raises(ValueError, match="no language"):
        explain("535", language="../ja")


# Which language


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ru_RU.utf8"}, "ru"),
        ({"LANG": "vi"}, "vi"),
        ({"LANG": "vi_VN"}, "vi"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "ja_JP.UTF-8", "LANG": "ru_RU.UTF-8"}, "ja"),
        ({"LC_ALL": "C", "LC_MESSAGES": "ja_JP.UTF-8", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"LC_ALL": "ru_RU.UTF-8", "LANG": "C"}, "ru"),
        ({"LANG": "ru_RU.KOI8-R"}, "en"),
        ({"LANG": "ja_JP.eucJP"}, "en"),
        ({"LANG": "sr_RS.UTF-8@latin"}, "en"),
        ({"LC_CTYPE": "ja_JP.UTF-8"}, "en"),
        ({"LANG": "../ja"}, "en"),
    ],
)
def test_the_language_of_an_environment(environ: dict[str, str], language: str) -> None:
    assert language_of(environ) == language


# At 80 columns


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("width", [50, 80])
def test_explanations_keep_to_the_width(language: str, width: int) -> None:
    words = words_in(language)
    for key in keys():
        what = key.id.split(" ")[0]
        shown = text.answers([explain(what, language=language)], words, Options(width))
        too_long = [line for line in shown.splitlines() if columns(line) > width]
        assert too_long == [], what


@pytest.mark.parametrize("language", languages())
def test_comparisons_keep_to_the_width(language: str) -> None:
    for a, b in (("211", "235"), ("235", "421"), ("535", "5.7.8"), ("421", "450"), ("999", "5.7.139")):
        shown = text.comparison(compare(a, b, language=language), words_in(language), Options(80))
        assert max(map(columns, shown.splitlines())) <= 80


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", DIALOGUES)
def test_a_report_in_every_language(name: str, language: str) -> None:
    """Whole, without a hole, and no wider than the terminal but for commands and words that are longer."""
    told = document([report_of(name)], language)
    shown = render(told, "text", Options(80))
    commands = {step.command for report in told.reports for one in report.findings for step in one.next}
    for line in shown.splitlines():
        assert columns(line) <= 80 or line.strip() in commands, line
    assert not re.search(r"\{[a-z_]+\}", shown)
    english = document([report_of(name)])
    for ours, theirs in zip(told.reports, english.reports, strict=True):
        assert [step.status for step in ours.steps] == [step.status for step in theirs.steps]
        assert [one.id for one in ours.findings] == [one.id for one in theirs.findings]
        assert ours.raw == theirs.raw


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_is_left_in_a_report(language: str) -> None:
    """Of the texts around what a server said, none is the English one."""
    words, english = words_in(language), words_in("en")
    for section in tables.ids("labels"):
        for key, label in english.labels(section).items():
            if MANY_WORDS.search(label):
                assert words.labels(section)[key] != label, (section, key)
    assert set(KINDS) <= set(FILES)


# Folding


def test_no_line_begins_with_a_stop_or_ends_with_a_bracket() -> None:
    text = "サーバーが（認証の後に）応答しません。「パスワード」を確認してください、もう一度。" * 3
    for width in range(20, 60):
        lines = fold(text, width)
        assert "".join(lines) == text
        assert all(columns(line) <= width for line in lines)
        assert not any(line[0] in "。、）」ー" or line[-1] in "（「" for line in lines)


def test_a_command_is_torn_at_its_blanks_only() -> None:
    assert fold("use postconf smtpd_tls_auth_only-now", 20) == ["use postconf", "smtpd_tls_auth_only-", "now"]
    assert fold("設定は`postconf -n`で確認", 16) == ["設定は`postconf", "-n`で確認"]


def test_what_fits_is_left_alone() -> None:
    assert fold("a  b", 4) == ["a  b"]
    assert fold("", 10) == [""]
    assert fold("x" * 200, None) == ["x" * 200]
