"""From a reply to its entries: the most specific first, and always an answer."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpprobe.knowledge import lookup, tables
from smtpprobe.request import StepName
from smtpprobe.words.catalogue import entry, title_of
from smtpprobe.words.entry import Entry
from smtpprobe.words.texts import words_in

STEPS: tuple[str | None, ...] = (None, *(step.value for step in StepName), "mail", "rcpt", "data", "rset")
# How specific an entry is, by kind: what comes later says less.
ORDER = ("sense", "reply", "enhanced", "subject", "enhanced-class", "class")


def english(key: lookup.Key) -> Entry:
    """The entry in English."""
    return entry(key, words_in("en"))


def names(*asked: object) -> list[str]:
    """The names of what is found for a reply."""
    code, enhanced, step = (*asked, None, None)[:3]
    return [key.name for key in lookup.for_reply(code, enhanced, step)]  # type: ignore[arg-type]


def rank(key: lookup.Key) -> int:
    """Where a key belongs in the order of ORDER."""
    if key.kind == "reply":
        return ORDER.index("sense" if key.sense else "reply")
    if key.kind == "enhanced" and re.fullmatch(r"X\.\d+", key.id):
        return ORDER.index("subject")
    if key.kind == "enhanced" and key.id.endswith(".X.X"):
        return ORDER.index("enhanced-class")
    return ORDER.index(key.kind)


# Basic codes


def test_the_sense_at_a_step_comes_first() -> None:
    assert names(454, None, "starttls")[:2] == ["STARTTLS 454", "454"]
    assert names(454, None, "auth")[:2] == ["AUTH 454", "454"]
    assert names(454)[:1] == ["454"]


def test_a_step_without_a_sense_of_its_own_gets_the_general_one() -> None:
    assert names(235, None, "quit")[0] == "235"
    assert names(250, None, "no such step")[0] == "250"


def test_code_enhanced_code_and_classes_in_this_order() -> None:
    assert names(454, "4.7.0", "auth") == ["AUTH 454", "454", "4.7.0", "X.7", "4.X.X", "4yz", "x5z"]


def test_the_enhanced_code_may_be_all_there_is() -> None:
    assert names(None, "5.7.8") == ["5.7.8", "X.7", "5.X.X"]


def test_nothing_gives_nothing() -> None:
    assert names(None) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (299, ["2yz", "x9z"]),
        (259, ["2yz", "x5z"]),
        (399, ["3yz"]),
        (499, ["4yz"]),
        (599, ["5yz"]),
        (199, ["1yz"]),
        (650, ["0yz"]),
        (999, ["0yz"]),
        (0, ["0yz"]),
    ],
)
def test_an_unknown_code_gets_its_digits(code: int, found: list[str]) -> None:
    assert tables.row("replies", str(code)) is None
    assert names(code) == [name for name in found if name != "x9z"]


@pytest.mark.parametrize("step", STEPS)
def test_any_three_digits_have_an_answer(step: str | None) -> None:
    for code in range(1000):
        keys = lookup.for_reply(code, step=step)
        assert keys, code
        assert [rank(key) for key in keys] == sorted(rank(key) for key in keys)
        assert len({(key.id, key.sense) for key in keys}) == len(keys)
        found = [english(key) for key in keys]
        assert all(item.title and item.meaning and item.fix for item in found)
        assert (title_of(code, step, words_in("en")) is None) == (tables.row("replies", str(code)) is None)


@pytest.mark.parametrize("code", tables.ids("replies"))
def test_every_sense_of_a_code_is_found(code: str) -> None:
    row = tables.table("replies")[code]
    for step in row.get("senses", {}):
        key = lookup.for_reply(int(code), step=step)[0]
        assert (key.id, key.sense, key.name) == (code, step, f"{step.upper()} {code}")
        assert english(key).id == key.name


def test_a_sense_says_only_what_differs() -> None:
    general, at_auth = english(lookup.for_reply(454)[0]), english(lookup.for_reply(454, step="auth")[0])
    assert at_auth.meaning != general.meaning
    assert at_auth.klass == general.klass == "4yz Transient Negative Completion"
    assert at_auth.standing == general.standing


# Enhanced codes

# An id may name a single code (`5.7.139`, `X.7.8`), a list or a range (`4.7.500-699`).
NAMED = re.compile(r"([2345X])\.(\d+)\.(\d+)(?:-(\d+))?")


def named_by(id: str, klass: str, subject: int, detail: int) -> bool:
    """Whether an id of enhanced.toml names this code."""
    return any(
        group in (klass, "X") and int(at) == subject and int(low) <= detail <= int(high or low)
        for group, at, low, high in NAMED.findall(id)
    )


CODES = st.tuples(
    st.sampled_from("245"),
    st.integers(0, 8) | st.integers(0, 999),
    st.integers(0, 40)
    | st.sampled_from([124, 139, 316, 317, 321, 324, 500, 511, 610, 650, 699, 725, 860, 900]),
)


@given(CODES)
def test_any_enhanced_code_has_an_answer(code: tuple[str, int, int]) -> None:
    klass, subject, detail = code
    keys = list(lookup.for_enhanced(f"{klass}.{subject}.{detail}"))
    assert keys[-1].id == f"{klass}.X.X"
    assert [rank(key) for key in keys] == sorted(rank(key) for key in keys)
    assert all(english(key).title for key in keys)
    exact = [key.id for key in keys if rank(key) == ORDER.index("enhanced")]
    expected = {id for id in tables.ids("enhanced") if named_by(id, klass, subject, detail)}
    assert set(exact) == expected
    assert exact == sorted(exact, key=lambda id: not id.startswith("X."))
    known = tables.row("enhanced", f"X.{subject}") is not None
    assert (f"X.{subject}" in [key.id for key in keys]) is known


@pytest.mark.parametrize("id", [id for id in tables.ids("enhanced") if not id.endswith(".X.X")])
def test_every_enhanced_entry_is_found_by_each_code_that_it_names(id: str) -> None:
    for klass, subject, low, high in NAMED.findall(id):
        for detail in {int(low), int(high or low)}:
            code = f"{klass}.{subject}.{detail}"
            assert id in [key.id for key in lookup.for_enhanced(code)], code


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("5.7.8", ["5.7.8", "X.7", "5.X.X"]),
        ("x.7.8", ["X.7.8", "X.7"]),
        ("5.07.008", ["5.7.8", "X.7", "5.X.X"]),
        ("5.7", ["X.7", "5.X.X"]),
        ("X.7", ["X.7"]),
        ("5.99.1", ["5.X.X"]),
        ("4.7.999", ["X.7", "4.X.X"]),
    ],
)
def test_an_enhanced_code_in_its_ways_of_writing(asked: str, found: list[str]) -> None:
    assert [key.name for key in lookup.for_enhanced(asked)] == found


@pytest.mark.parametrize(
    "asked", ["", "5", "5.", "5.7.8.9", "1.7.8", "6.7.8", "5.7.8888", "5,7,8", "5.7.8 text", "٥.٧.٨"]
)
def test_what_is_no_enhanced_code(asked: str) -> None:
    assert list(lookup.for_enhanced(asked)) == []


def test_the_class_changes_the_words_where_it_matters() -> None:
    changing = [(id, row["classes"]) for id, row in tables.table("enhanced").items() if "classes" in row]
    assert changing
    for id, classes in changing:
        for klass, words in classes.items():
            found = english(next(lookup.for_enhanced(id.replace("X", klass))))
            assert {key: getattr(found, key) for key in words} == words


# Keywords, mechanisms, ids


@pytest.mark.parametrize(
    ("file", "kind", "look"),
    [
        ("extensions", "keyword", lookup.for_keyword),
        ("mechanisms", "mechanism", lookup.for_mechanism),
    ],
)
def test_every_name_is_found_in_any_case(
    file: str, kind: str, look: Callable[[str], lookup.Key | None]
) -> None:
    for id in tables.ids(file):
        for written in (id, id.lower(), id.upper(), id.title()):
            key = look(written)
            assert key, written
            assert key.id == id
            assert key.kind == kind
            assert english(key).title


def test_a_finding_and_a_cause_of_one_id_are_both_found() -> None:
    for id in (*tables.ids("findings"), *tables.ids("causes")):
        kinds = [key.kind for key in lookup.for_id(id.upper())]
        both = [("finding", "findings"), ("cause", "causes")]
        assert kinds == [kind for kind, file in both if id in tables.ids(file)]


@pytest.mark.parametrize(
    ("written", "id"),
    [
        ("size", "SIZE"),
        ("SIZE=10", "SIZE"),
        ("AUTH", "AUTH"),
        ("AUTH=", "AUTH="),
        ("auth=plain", "AUTH="),
        ("XXXA", "XXXA"),
        ("XXXXXXXB", "XXXA"),
        ("XXXXXXXXXXXXXXXXXXXXXXXC", "XXXA"),
    ],
)
def test_a_keyword_as_servers_write_it(written: str, id: str) -> None:
    key = lookup.for_keyword(written)
    assert key
    assert key.id == id


@pytest.mark.parametrize("written", ["", "=", "X", "XXA", "NOSUCH", "250-SIZE", "SI ZE", "\x1b"])
def test_what_is_no_keyword(written: str) -> None:
    assert lookup.for_keyword(written) is None


@pytest.mark.parametrize("written", ["", "PLAINTEXT", "SCRAM", "PLAIN LOGIN", "\x00"])
def test_what_is_no_mechanism(written: str) -> None:
    assert lookup.for_mechanism(written) is None


@given(st.text())
def test_nothing_that_is_asked_breaks_the_lookup(asked: str) -> None:
    list(lookup.for_enhanced(asked))
    for look in (lookup.for_keyword, lookup.for_mechanism):
        key = look(asked)
        assert key is None or english(key).title
    assert all(english(key).title for key in lookup.for_id(asked))


# The tables

FILES = (
    "replies",
    "enhanced",
    "classes",
    "extensions",
    "mechanisms",
    "findings",
    "causes",
    "diagnosis",
    "labels",
)


@pytest.mark.parametrize("file", FILES)
def test_one_entry_cut_out_is_the_entry_of_the_whole_file(file: str) -> None:
    whole = tables.table(file)
    assert whole, f"{file}.toml is missing"
    assert list(tables.ids(file)) == list(whole)
    for id in whole:
        assert tables.row(file, id) == whole[id], id


@pytest.mark.parametrize("file", FILES)
def test_what_is_not_there_is_none(file: str) -> None:
    assert tables.row(file, "no such id") is None
    assert tables.row(file, "") is None
