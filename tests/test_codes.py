"""The catalogue as a list: its filters, its formats, and the pages of docs/catalogue made from it."""

import json
import re
from pathlib import Path

import pytest

from smtpprobe import codes
from smtpprobe.knowledge import tables
from smtpprobe.listing import KINDS, STANDINGS, commands, untranslated
from smtpprobe.renderers import Options
from smtpprobe.renderers.folding import columns
from smtpprobe.renderers.lookups import json as as_json
from smtpprobe.renderers.lookups import markdown, text
from smtpprobe.words.texts import languages, words_in
from tests.support.catalogue import page, pages

ENGLISH = words_in("en")


def ids(**filters: str) -> list[str]:
    return [entry.id for entry in codes(**filters).entries]  # type: ignore[arg-type]


def test_without_a_filter_it_is_the_whole_catalogue() -> None:
    assert ids() == [id for file in KINDS for id in tables.ids(file)]


def test_by_class() -> None:
    found = ids(digit="4")
    assert {"421", "450", "4yz", "4.X.X", "X.7.8"} <= set(found)
    assert not {"535", "250", "5.X.X", "2yz", "STARTTLS"} & set(found)
    assert "X.7.8" not in ids(digit="3")


def test_by_command() -> None:
    found = ids(command="auth")
    assert {"235", "334", "535", "421", "454"} <= set(found)
    assert not {"354", "211", "AUTH", "5.7.8"} & set(found)


def test_by_standing() -> None:
    for standing in STANDINGS:
        assert {entry.standing for entry in codes(standing=standing).entries} == {standing}
    assert sum(len(ids(standing=standing)) for standing in STANDINGS) == len(ids())


def test_filters_are_joined() -> None:
    assert ids(digit="4", command="AUTH", standing="rfc-defined") == [
        id for id in ids(digit="4") if id in ids(command="AUTH") and id in ids(standing="rfc-defined")
    ]


def test_every_command_can_be_asked_for() -> None:
    assert all(ids(command=name) for name in commands())


@pytest.mark.parametrize("width", [60, 80, None])
@pytest.mark.parametrize("language", languages())
def test_a_row_keeps_to_the_width(language: str, width: int | None) -> None:
    words = words_in(language)
    shown = text.listing(codes(language=language), words, Options(width))
    assert all(id in shown for id in ids())
    if width:
        assert max(map(columns, shown.splitlines())) <= width


def test_an_empty_list_says_so() -> None:
    assert (
        text.listing(codes(digit="3", command="RCPT"), ENGLISH, Options(80)) == "There is nothing to list.\n"
    )


def test_json_has_the_entries_in_full() -> None:
    found = json.loads(as_json.listing(codes(digit="4"), ENGLISH, Options()))
    assert [entry["id"] for entry in found["entries"]] == ids(digit="4")
    assert found["sections"] == []


# The pages


@pytest.mark.parametrize("language", languages())
def test_the_page_of_the_documentation_is_what_the_program_writes(language: str) -> None:
    """`python -m tests.support.catalogue` writes them anew."""
    assert pages()[language].read_text(encoding="utf-8") == page(language)


def test_there_is_no_other_page() -> None:
    (folder,) = {path.parent for path in pages().values()}
    assert set(folder.iterdir()) == set(pages().values())


@pytest.mark.parametrize("language", languages())
def test_a_page_has_a_heading_for_each_entry(language: str) -> None:
    headings = re.findall(r"^### (\S+)", page(language), re.MULTILINE)
    assert len(headings) == len(ids())


def test_markdown_shows_every_character_as_itself() -> None:
    assert markdown.escape("<CR><LF> *a* _b_ [c](d) # | `code *x*` `") == (
        r"\<CR\>\<LF\> \*a\* \_b\_ \[c\](d) \# \| `code *x*` " + "\\`"
    )


def test_what_is_untranslated_is_nothing() -> None:
    """Of every language that has a folder: a new one is listed here until it is whole."""
    for language in languages()[1:]:
        left = untranslated(language)
        assert (left.entries, left.sections) == ((), ()), language


def test_the_readme_names_every_page() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    assert all(path.name in readme for path in pages().values())
