"""Every sample in every format is the golden file that a person has read (see support.goldens)."""

import json
import re
import unicodedata

import jsonschema
import pytest

from smtpprobe.renderers import RENDERERS, Options, render
from smtpprobe.schemas import load
from smtpprobe.words.wording import document

from .support.goldens import FORMATS, HOSTILE, SAMPLES, cells, golden, read_golden, rendered, reports, stray
from .support.reports import DIALOGUES, read, report_of

TEXTS = [form for form in FORMATS if FORMATS[form].renderer == "text"]
ON_A_TERMINAL = [form for form in TEXTS if FORMATS[form].options.width]
STATUS = re.compile(r"  (ok   |note |warn |FAIL |skip ) [a-z]+ ")
# A command to paste is one line however narrow the screen; so is what -vv shows in docs/notation.md.
COMMAND = re.compile(r" {9,}\S")
NOTATION = re.compile(r"([0-9.]+ )?[CS*][+-]*: ")


@pytest.mark.parametrize(("sample", "form"), list(cells()))
def test_a_sample_is_its_golden(sample: str, form: str) -> None:
    assert rendered(sample, form) == read_golden(golden(sample, form))


def test_no_golden_is_left_over() -> None:
    assert stray() == set()


def test_every_format_has_a_golden() -> None:
    assert {form.renderer for form in FORMATS.values()} == set(RENDERERS)


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("form", ON_A_TERMINAL)
def test_text_keeps_to_the_width_of_the_terminal(sample: str, form: str) -> None:
    width = FORMATS[form].options.width
    assert width
    for line in rendered(sample, form).splitlines():
        assert len(line) <= width or COMMAND.match(line) or NOTATION.match(line), line


@pytest.mark.parametrize("name", DIALOGUES)
def test_every_dialogue_keeps_to_80_columns_and_ends_with_its_verdict(name: str) -> None:
    report = report_of(name)
    lines = render(document([report]), "text", Options(width=80)).splitlines()
    assert [line for line in lines if len(line) > 80 and not COMMAND.match(line)] == []
    ending = "\n".join(lines[lines.index("") :]).rpartition("\n\n")[2]
    assert re.match(r"(PASS|WARN|FAIL|ERROR)   ", ending), ending


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_last_line_is_the_verdict(sample: str) -> None:
    for form in ("text", "text-wide", "text-piped", "text-v", "text-vv"):
        last = rendered(sample, form).splitlines()[-1]
        assert re.match(r"(PASS|WARN|FAIL|ERROR)   ", last), last


@pytest.mark.parametrize("sample", SAMPLES)
def test_status_is_a_word(sample: str) -> None:
    rows = rendered(sample, "text-piped").split("\n\n")[1].splitlines()
    assert all(STATUS.match(row) for row in rows), rows
    assert len(rows) == sum(
        len(report.transcript.steps) + len(report.transcript.missing) for report in reports(sample)[:1]
    )


@pytest.mark.parametrize("sample", SAMPLES)
def test_piped_text_has_no_colour_no_bars_and_one_record_a_line(sample: str) -> None:
    text = rendered(sample, "text-piped")
    assert "\x1b" not in text
    assert "|  " not in text
    assert "  |\n" not in text


def test_the_same_words_piped() -> None:
    """Folding and alignment apart, a pipe gets what a terminal gets."""
    for sample in SAMPLES:
        wide, piped = (rendered(sample, form) for form in ("text-wide", "text-piped"))
        wide = re.sub(r"\|[ #]{10}\|", "", wide)
        # A word longer than its column is broken on a terminal.
        words = {word for word in re.findall(r"[a-z]{4,}", piped) if len(word) < 40}
        assert words <= set(re.findall(r"[a-z]{4,}", wide)) | {"long"}
        assert ("exit 1" in wide) == ("exit 1" in piped)


def test_the_marks_of_swaks() -> None:
    clear, login = rendered("warn", "text-v"), rendered("login", "text-v")
    for mark in ("\n -> EHLO", "\n <- 250", "\n ~> HELP"):
        assert mark in clear
    assert "\n<** " not in clear
    assert "\n<~* 500 5.5.2" in clear
    for mark in ("\n ~> AUTH PLAIN [secret]", "\n<~* 535 5.7.8", "\n <~ 221"):
        assert mark in login
    assert "\n<** 554" in render(
        document([report_of("greeting-no-service")]), "text", Options(width=80, verbosity=1)
    )


def test_bars_need_room_and_a_terminal() -> None:
    bar = re.compile(r"\|[ #]{10}\|$", re.MULTILINE)
    assert bar.search(rendered("pass", "text"))
    assert not bar.search(rendered("pass", "text-narrow"))
    assert not bar.search(rendered("pass", "text-piped"))


def test_quiet() -> None:
    assert rendered("pass", "text-q") == rendered("note", "text-q") == ""
    assert "said   535" in rendered("login", "text-q")
    assert "  ok    resolve" not in rendered("login", "text-q")


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_formats_of_programs_are_valid(sample: str) -> None:
    schema = load("check")
    jsonschema.validate(json.loads(rendered(sample, "json")), schema)
    lines = rendered(sample, "jsonl").splitlines()
    assert len(lines) == len(SAMPLES[sample])
    assert all(json.loads(line)["schema"] == 1 for line in lines)


# The hostile server


def unsafe(text: str) -> set[str]:
    """Characters that no terminal and no log may get, line feeds apart."""
    return {
        c for c in text if c != "\n" and (unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    }


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_that_a_server_sends_is_obeyed(form: str) -> None:
    text = rendered("hostile", form)
    assert unsafe(text) == set()
    if FORMATS[form].renderer != "text":
        assert all(unsafe(value) == set() for value in re.findall(r'"((?:[^"\\]|\\.)*)"', text))


@pytest.mark.parametrize("form", FORMATS)
def test_no_line_is_a_command_to_a_ci_runner(form: str) -> None:
    """GitHub's runner and Azure's obey `##[x]` anywhere, and `::x::` where a line begins, blanks apart."""
    for line in rendered("hostile", form).splitlines():
        assert "##[" not in line, line
        assert not line.lstrip().startswith("::"), line


def test_markup_is_text() -> None:
    text = rendered("hostile", "text-wide")
    for words in ("[/bold][red]ESMTP[/red] :smile:", "[link=http://evil.example]click[/link]"):
        assert words in text or words in rendered("hostile", "text-v").replace("\n    ", " ")


def test_colour_stays_in_our_hands() -> None:
    text = render(document([read(HOSTILE)]), "text", Options(width=80, color=True))
    assert set(re.findall(r"\x1b\[[0-9;]*[A-Za-z]", text)) <= {
        f"\x1b[{n}m" for n in ("0", "1", "2", "31", "32", "33", "35", "36", "1;31", "1;32", "1;35")
    }
    assert unsafe(re.sub(r"\x1b\[[0-9;]*m", "", text)) == set()


def test_the_verdict_cannot_be_forged() -> None:
    """The server sends a carriage return and `PASS   10 ok` behind its 535."""
    assert not any(line.startswith("PASS") for line in rendered("hostile", "text-piped").splitlines())
