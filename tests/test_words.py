"""Every word that a reader gets: whole, filled in, safe to show, and there for everything that can be found.

Three kinds of tests: the words of every dialogue's document; the templates of the tables against the facts
that the code has for them; and the shape of the tables, entry by entry.
"""

import ast
import dataclasses
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from hypothesis import given, settings

import smtpprobe
from smtpprobe.checks import diagnosis as diagnosing
from smtpprobe.checks import finding_ids
from smtpprobe.checks.diagnosis import judge
from smtpprobe.display import visible
from smtpprobe.inputs.targets import read_target
from smtpprobe.judgement import Finding, Report, Severity
from smtpprobe.knowledge import lookup, tables
from smtpprobe.listing import KINDS
from smtpprobe.protocol.certificates import CertificateProblem
from smtpprobe.record import Failure, FailureKind, Step
from smtpprobe.request import StepName, TlsMode
from smtpprobe.words import rows
from smtpprobe.words.catalogue import entry
from smtpprobe.words.document import DocReport
from smtpprobe.words.dump import to_json
from smtpprobe.words.failures import message
from smtpprobe.words.texts import words_in
from smtpprobe.words.wording import document, finding_facts, finding_row
from tests.support.dialogues import dialogues
from tests.support.reports import DIALOGUES, REFUSED, as_json, document_of, read, report_of, strings

# What is left where a fact was missing: a placeholder, a question mark or a bracket with nothing in it, a
# blank before a stop, two blanks, a blank at either end.
HOLE = re.compile(
    r"\{\w*\}|(?:^|[\s(=])\?(?:$|[\s,.;:)])|  |^ | $|\(\s|\s\)|\(\)|: ?\)|\s[,.;:](?:\s|$)|''|\"\""
)

ENGLISH = words_in("en")


def texts_of(report: DocReport) -> Iterator[tuple[str, str]]:
    """Every text of ours in a document, with where it stands. Lines of the server's are left out."""
    yield "headline", report.headline
    yield "conclusion", report.conclusion
    if report.failure:
        yield "failure", report.failure.message
    for step in report.steps:
        if step.failure:
            yield f"{step.name} failure", step.failure.message
        for attempt in step.attempts or ():
            if attempt.failure:
                yield f"{step.name} {attempt.address}", attempt.failure.message
    for finding in report.findings:
        for key in ("title", "meaning", "fix"):
            yield f"{finding.id} {key}", getattr(finding, key)
        yield from actions_of(finding.id, finding.next)
    if diagnosis := report.diagnosis:
        for key in ("title", "meaning"):
            yield f"diagnosis {key}", getattr(diagnosis, key)
        if diagnosis.because:
            yield "diagnosis because", diagnosis.because
        if re.match(r"\d{3}\b.*, ", diagnosis.said):  # else it is the server's own words
            yield "diagnosis said", diagnosis.said
        yield from actions_of("diagnosis", diagnosis.next)
        yield from ((f"or {other.cause}", other.tell_apart) for other in diagnosis.alternatives)
        yield from (("fine", text) for text in diagnosis.fine)
        yield from (("care", text) for text in diagnosis.care)


def actions_of(name: str, todo: tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    for action in todo:
        yield f"{name} do", action.do
        if action.command is not None:
            yield f"{name} command", action.command


def holes(report: DocReport) -> dict[str, str]:
    """Texts that are empty, or in which something is missing."""
    return {where: text for where, text in texts_of(report) if not text or HOLE.search(text)}


def unsafe(report: DocReport) -> dict[str, str]:
    """Texts that a terminal would not just show."""
    found = dict(strings(to_json(report)))
    found |= {"headline": report.headline, "conclusion": report.conclusion}
    found |= {f"raw[{index}]": line for index, line in enumerate(report.raw)}
    if report.diagnosis:
        found |= {"said": report.diagnosis.said, "because": report.diagnosis.because}
    return {where: ascii(text) for where, text in found.items() if visible(text) != text}


def worded(report: Report) -> DocReport:
    return document([report]).reports[0]


# The documents of the dialogues


@pytest.mark.parametrize("name", DIALOGUES)
def test_every_text_is_whole(name: str) -> None:
    assert holes(document_of(name)) == {}


@pytest.mark.parametrize("name", DIALOGUES)
def test_everything_can_be_shown(name: str) -> None:
    assert unsafe(document_of(name)) == {}


@pytest.mark.parametrize("name", DIALOGUES)
def test_every_step_has_a_row(name: str) -> None:
    for step in document_of(name).steps:
        assert step.summary.strip(), step.name
        assert step.summary == step.summary.strip(), step.name


@pytest.mark.parametrize("name", DIALOGUES)
def test_what_is_wrong_comes_with_what_to_do(name: str) -> None:
    report = document_of(name)
    assert (report.diagnosis is None) is (report.verdict == "pass")
    for finding in report.findings:
        assert finding.next, finding.id
        assert all(action.do in finding.fix for action in finding.next)
    if report.diagnosis:
        assert report.diagnosis.next
        assert report.diagnosis.finding in [finding.id for finding in report.findings]


@pytest.mark.parametrize("name", DIALOGUES)
def test_the_fact_behind_every_placeholder_is_known(name: str) -> None:
    """Not empty, not a stand-in, not Python's None."""
    for finding, template, _where in used(report_of(name)):
        facts = finding_facts(finding, report_of(name).transcript, ENGLISH)
        for field in placeholders(template):
            assert field in facts, (finding.id, field)
            assert facts[field] not in ("", "?", "None"), (finding.id, field)


def used(report: Report) -> Iterator[tuple[Finding, str, str]]:
    """The templates that a report's findings make use of, with where they stand."""
    causes = tables.table("causes")
    for finding in report.findings:
        row = finding_row(finding, ENGLISH)
        own = {key: row[key] for key in ("title", "meaning")}
        if "next" in row or finding.cause is None:
            own["next"] = row.get("next", ())
        else:
            yield from ((finding, text, finding.cause.id) for text in templates(causes[finding.cause.id]))
        yield from ((finding, text, finding.id) for text in templates(own))
        for other in finding.cause.alternatives if finding.cause else ():
            yield finding, causes[other]["tell_apart"], other


def templates(value: Any) -> Iterator[str]:
    """Every text in a piece of a table."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key != "who":
                yield from templates(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from templates(item)


def placeholders(template: str) -> set[str]:
    """The names in a template. A brace that opens nothing is an error."""
    return {field for _, field, _, _ in Formatter().parse(template) if field is not None}


@given(dialogues())
@settings(deadline=None)
def test_every_text_is_whole_however_a_session_goes(text: str) -> None:
    report = worded(read(text))
    assert holes(report) == {}
    assert unsafe(report) == {}


# Odd servers


def session(*lines: str) -> str:
    """A dialogue with a server that is connected to."""
    return "\n".join(["*: resolve 192.0.2.25", "*: connect 192.0.2.25", *lines])


GREETED = ("S: 220 mail.example", "C: EHLO client.example")
ODD = [
    pytest.param(session("S: 220", *GREETED[1:], "S: 250 ok"), id="a greeting without text"),
    pytest.param(session("S: 220 \\x20 \\x09"), id="a greeting of blanks"),
    pytest.param(session(*GREETED, "S: 299"), id="an unknown code without text"),
    pytest.param(session(*GREETED, "S: 599 \\x1b[2J"), id="an unknown code with ESC"),
    pytest.param(session(*GREETED, "S: "), id="an empty line"),
    pytest.param(session(*GREETED, "S: hello"), id="no code"),
    pytest.param(session(*GREETED, "S: 250-", "S+: 250"), id="an EHLO reply of nothing"),
    pytest.param(session(*GREETED, "S: 250-m", "S+: 250 SIZE 0"), id="SIZE 0"),
    pytest.param(session(*GREETED, "S: 250-m", "S+: 250 SIZE \\xc2\\xb2"), id="SIZE in a digit that is none"),
    pytest.param(session(*GREETED, "S: 250-m", "S+: 250 SIZE " + "9" * 400), id="SIZE beyond a float"),
    pytest.param(session(*GREETED, "S: 250-m", "S+: 250 SIZE " + "9" * 5000), id="SIZE beyond an int"),
    pytest.param(session(*GREETED, "S: 250-m", "S+: 250 AUTH"), id="AUTH of nothing"),
    pytest.param(
        session(*GREETED, "S: 250-m", "S+: 250 AUTH={host} {} {0}"), id="a server that writes templates"
    ),
    pytest.param(
        session(*GREETED, "S: 250 m", "C: AUTH PLAIN [secret]", "S: hm"), id="AUTH answered by no SMTP"
    ),
    pytest.param(session("*: eof"), id="nothing at all"),
    pytest.param("*: resolve dns", id="a lookup that failed without a word"),
    pytest.param("*: resolve 192.0.2.25\n*: connect 192.0.2.25 unreachable", id="unreachable without a word"),
    pytest.param("*: resolve 192.0.2.25\n*: connect 192.0.2.25 internal", id="our fault without a word"),
]


@pytest.mark.parametrize("text", ODD)
def test_an_odd_server_is_put_into_words_too(text: str) -> None:
    report = worded(read(text))
    assert holes(report) == {}
    assert unsafe(report) == {}
    for step in report.steps:
        assert step.summary == step.summary.strip() != ""


def certificate(verdict: str) -> str:
    return REFUSED.replace("TLS_AES_256_GCM_SHA384 trusted", f"TLS_AES_256_GCM_SHA384 {verdict}")


CERTIFICATES = [
    *(
        pytest.param(certificate(f"{problem} names="), id=f"{problem}, no names")
        for problem in CertificateProblem
    ),
    pytest.param(certificate("unknown-issuer issuer= subject="), id="no issuer"),
    pytest.param(certificate("expired not-after=0950-01-01 not-before=0949-01-01"), id="of another age"),
    pytest.param(
        certificate("expired 'detail=expired (certificate CN=\x1b[2J)'"), id="ESC in OpenSSL's words"
    ),
    pytest.param(certificate("wrong-name 'names=\u202e,\x1b[2J,a\u200bb'"), id="names that cannot be seen"),
    pytest.param(certificate("self-signed 'subject=CN=\u3164' 'issuer=CN=\u3164'"), id="a name of a filler"),
]


@pytest.mark.parametrize("text", CERTIFICATES)
def test_an_odd_certificate_is_put_into_words_too(text: str) -> None:
    report = worded(read(text))
    assert holes(report) == {}
    assert unsafe(report) == {}
    (step,) = (step for step in report.steps if step.name == "tls")
    assert step.summary == step.summary.strip()
    assert not HOLE.search(step.summary)


@pytest.mark.parametrize("problem", CertificateProblem)
def test_a_certificate_that_could_not_be_read_leaves_no_hole(problem: CertificateProblem) -> None:
    def unread(step: Step) -> Step:
        if step.tls is None:
            return step
        verdict = dataclasses.replace(step.tls.verdict, trusted=False, reasons=(problem,), certificate=None)
        return dataclasses.replace(step, tls=dataclasses.replace(step.tls, verdict=verdict))

    transcript = read(REFUSED).transcript
    changed = dataclasses.replace(transcript, steps=tuple(map(unread, transcript.steps)))
    report = worded(judge(changed))
    assert holes(report) == {}
    assert not HOLE.search(next(step.summary for step in report.steps if step.name == "tls"))


# Commands that a reader pastes


@pytest.mark.parametrize("host", ["mail.example", "2001:db8::25"])
@pytest.mark.parametrize("name", DIALOGUES)
def test_a_command_names_a_target_that_can_be_read(name: str, host: str) -> None:
    transcript = report_of(name).transcript
    target = dataclasses.replace(transcript.target, host=host)
    judged = judge(dataclasses.replace(transcript, target=target))
    instead = {finding.facts.get("other") for finding in judged.findings}
    report = worded(judged)
    commands = [text for where, text in texts_of(report) if where.endswith("command")]
    for command in commands:
        for asked in re.findall(r"smtpprobe check ((?!-)\S+)", command):
            assert read_target(asked).target.host in {host, "127.0.0.1", "::1", *instead}, command


# Templates and the facts that fill them

# What every finding has (words.wording.finding_facts).
SESSION_FACTS = {"host", "port", "url", "address", "local"}


@functools.cache
def facts_of_findings() -> dict[str, frozenset[str]]:
    """Finding to the facts that it has in every dialogue."""
    found: dict[str, frozenset[str]] = {}
    for name in DIALOGUES:
        for finding in report_of(name).findings:
            facts = frozenset(finding_facts(finding, report_of(name).transcript, ENGLISH))
            found[finding.id] = found.get(finding.id, facts) & facts
    return found


@functools.cache
def facts_of_causes() -> dict[str, frozenset[str]]:
    """Cause to the facts of every finding that names it, as its cause or as another that it could be."""
    found: dict[str, frozenset[str]] = {}
    for name in DIALOGUES:
        for finding in report_of(name).findings:
            facts = facts_of_findings()[finding.id]
            for cause in (finding.cause.id, *finding.cause.alternatives) if finding.cause else ():
                found[cause] = found.get(cause, facts) & facts
    return found


@pytest.mark.parametrize("id", finding_ids())
def test_a_finding_has_the_facts_for_its_words(id: str) -> None:
    facts = facts_of_findings().get(id, frozenset(SESSION_FACTS))
    row = tables.table("findings")[id]
    for template in templates({key: row.get(key, ()) for key in ("title", "meaning", "next", "variants")}):
        assert placeholders(template) <= facts, template


@pytest.mark.parametrize("id", tables.ids("causes"))
def test_a_cause_has_the_facts_for_its_words(id: str) -> None:
    facts = facts_of_causes().get(id, frozenset(SESSION_FACTS))
    for template in templates(tables.table("causes")[id]):
        assert placeholders(template) <= facts, template


def constants(node: ast.AST) -> Iterator[str]:
    """Every text that is written out in a piece of source."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_what_is_fine_has_words_with_its_facts() -> None:
    table = tables.table("diagnosis")["fine"]
    given_facts: dict[str, set[str]] = {}
    for node in ast.walk(parsed(Path(diagnosing.__file__))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Fine":
            facts = {text for argument in node.args[1:] for text in constants(argument)} - {""}
            given_facts |= dict.fromkeys(constants(node.args[0]), facts)
    assert set(given_facts) == set(table)
    for id, row in table.items():
        assert row.keys() == {"text"}
        assert placeholders(row["text"]) <= given_facts[id]
        assert well_written(row["text"])


def test_what_to_take_care_of_has_words_without_placeholders() -> None:
    table = tables.table("diagnosis")["care"]
    cared = {
        text
        for node in ast.walk(parsed(Path(diagnosing.__file__)))
        if isinstance(node, ast.Yield)
        for text in constants(node)
    }
    assert set(table) <= cared
    for finding in map(report_of, DIALOGUES):
        assert set(finding.diagnosis.care if finding.diagnosis else ()) <= set(table)
    for row in table.values():
        assert row.keys() == {"text"}
        assert not placeholders(row["text"])
        assert well_written(row["text"])


REFUSALS = (FailureKind.REJECTED, FailureKind.TEMPORARY)


@pytest.mark.parametrize("kind", FailureKind)
def test_every_kind_of_failure_has_words(kind: FailureKind) -> None:
    row = tables.table("diagnosis")["failures"][kind]
    assert row.keys() <= {"message", "details"}
    code = 550 if kind in REFUSALS else None
    for detail in ("", "ECONNRESET", *row.get("details", {})):
        text = message(Failure(kind, detail), 30.0, ENGLISH, code)
        assert text, detail
        assert not HOLE.search(text), detail
    for detail, words in row.get("details", {}).items():
        assert words.keys() == {"message"}, detail


def test_the_words_for_a_failure_need_no_more_than_there_is() -> None:
    table = tables.table("diagnosis")["failures"]
    assert set(table) <= {*FailureKind, "expectation"}
    for kind, row in table.items():
        allowed = {"detail", "seconds"} | ({"code"} if kind in REFUSALS else set())
        for template in templates(row):
            assert placeholders(template) <= allowed, template


def test_diagnosis_has_three_parts() -> None:
    assert list(tables.table("diagnosis")) == ["fine", "care", "failures"]


# Labels

PACKAGE = sorted(Path(smtpprobe.__file__).parent.rglob("*.py"))


@dataclasses.dataclass(frozen=True)
class Use:
    """A label that the code asks for: its section, the keys it may be, and the facts that fill it.

    `keys` is empty where the code puts the key together, `facts` None where they come as a mapping.
    """

    section: str
    keys: frozenset[str]
    facts: frozenset[str] | None


@functools.cache
def uses() -> tuple[Use, ...]:
    return tuple(use for path in PACKAGE for node in ast.walk(parsed(path)) if (use := use_of(node)))


def use_of(node: ast.AST) -> Use | None:
    """`label(section, key, fact=...)`, or `labels[key].format(fact=...)` in a renderer."""
    match node:
        case ast.Call(ast.Attribute(_, "label"), [section, key], keywords):
            keys = (
                frozenset(constants(key)) if isinstance(key, (ast.Constant, ast.IfExp)) else frozenset[str]()
            )
            return Use(next(constants(section)), keys, facts_of(keywords))
        case ast.Call(ast.Attribute(ast.Subscript(_, ast.Constant(str(key))), "format"), [], keywords):
            return Use("labels", frozenset({key}), facts_of(keywords))
    return None


def facts_of(keywords: list[ast.keyword]) -> frozenset[str] | None:
    names = [keyword.arg for keyword in keywords]
    return None if None in names else frozenset(name for name in names if name)


LABELS = [(section, key) for section, row in tables.table("labels").items() for key in row]
# What comes as a mapping (words.rows._tls): what is known of a certificate.
CERTIFICATE_FACTS = frozenset({"version", "days", "not_before", "not_after", "names"})


@pytest.mark.parametrize(("section", "key"), LABELS)
def test_a_label_has_the_facts_for_its_words(section: str, key: str) -> None:
    fields = placeholders(tables.table("labels")[section][key])
    inside = [use for use in uses() if use.section == section]
    asked = [use for use in inside if key in use.keys] or [use for use in inside if not use.keys]
    facts = [CERTIFICATE_FACTS if use.facts is None else use.facts for use in asked]
    assert not fields or any(fields <= found for found in facts)
    assert not any(use.keys and not fields <= (use.facts or CERTIFICATE_FACTS) for use in asked)


@pytest.mark.parametrize(("section", "key"), LABELS)
def test_no_label_is_left_over(section: str, key: str) -> None:
    """Each is asked for by its name, or by a name that the code puts together (`f"who-{...}"`)."""
    if section == "modes":
        assert key in set(TlsMode)
    elif section == "groups":
        assert key in {row["group"] for row in tables.table("causes").values()} | {"finding", *KINDS.values()}
    elif section == "services":
        assert key.isdigit()
    else:
        written = {text for path in PACKAGE for text in constants(parsed(path))}
        assert {key, f"{key.split('-')[0]}-"} & written


@pytest.mark.parametrize("problem", CertificateProblem)
def test_every_certificate_problem_has_a_row(problem: CertificateProblem) -> None:
    assert f"tls-{problem}" in tables.table("labels")["rows"]
    assert f"certificate-{problem}" in tables.ids("findings")


# The tables, entry by entry

Check = Callable[[Any], bool]
ACTORS = {"you", "server-administrator", "provider", "network-administrator"}
PROGRAMS = {row["key"] for row in tables.table("software").values() if row["kind"] == "mta"}


def well_written(value: Any) -> bool:
    """One line of text, with nothing in it that should not be there."""
    if not isinstance(value, str) or not value or value != value.strip():
        return False
    return value.isprintable() and "  " not in value and not re.search(r"\s[,.;:](?:\s|$)", value)


def all_well_written(value: Any) -> bool:
    return isinstance(value, list) and all(map(well_written, value))


def one_of(*words: str) -> Check:
    return lambda value: value in words


def actions(value: Any) -> bool:
    """What to do: who, what, and perhaps with which command."""
    return isinstance(value, list) and all(
        {"who", "do"} <= step.keys() <= {"who", "do", "command", "commands", "for", "unless"}
        and step["who"] in ACTORS
        and well_written(step["do"])
        and ("command" not in step or well_written(step["command"]))
        and all(map(well_written, step.get("commands", {}).values()))
        and step.get("commands", {}).keys() <= PROGRAMS
        and set(step.get("for", ())) <= PROGRAMS | {"known", "unknown", "others"}
        and set(step.get("unless", ())) <= set(finding_ids())
        for step in value
    )


def tables_of(keys: set[str], shape: Mapping[str, Check]) -> Check:
    """Sub-tables of these names, each with words that replace some of the general ones."""
    return lambda value: (
        value.keys() <= keys
        and all(row and row.keys() <= shape.keys() for row in value.values())
        and all(shape[key](item) for row in value.values() for key, item in row.items())
    )


WORDS: dict[str, Check] = {
    "title": well_written,
    "meaning": well_written,
    "when": well_written,
    "fix": well_written,
}
ENTRY: dict[str, Check] = {**WORDS, "references": all_well_written}
CODE: dict[str, Check] = {
    **ENTRY,
    "who": one_of(*ACTORS, "nobody"),
    "retry": one_of("no-need", "later", "changed", "no"),
    "closes": one_of("yes", "no", "maybe"),
}
FINDING: dict[str, Check] = {
    "title": well_written,
    "meaning": well_written,
    "references": all_well_written,
    "next": lambda value: actions(value) and bool(value),
}
STEPS = {*StepName, "mail", "rcpt", "data", "rset"}

# File to the keys that every entry has, and those that one may have.
SHAPES: dict[str, tuple[dict[str, Check], dict[str, Check]]] = {
    "replies": (
        {
            **CODE,
            "standing": one_of("rfc-defined", "registered", "implementation", "folklore"),
            "commands": all_well_written,
        },
        {"senses": tables_of(STEPS, CODE)},
    ),
    "enhanced": (
        {
            **ENTRY,
            "standing": one_of("rfc-defined", "registered", "implementation"),
            "who": one_of(*ACTORS, "nobody", "sender", "recipient"),
        },
        {
            "basic": lambda value: (
                isinstance(value, list) and all(re.fullmatch("[2-5][0-9]{2}", c) for c in value)
            ),
            "classes": tables_of({"2", "4", "5"}, WORDS),
        },
    ),
    "classes": (ENTRY, {}),
    "extensions": (
        {**ENTRY, "standing": one_of("rfc-defined", "registered", "obsolete", "private")},
        {"takes": well_written},
    ),
    "mechanisms": (
        {
            **ENTRY,
            "standing": one_of("registered", "obsolete", "private"),
            "tls": one_of("required", "recommended", "optional"),
            "takes": well_written,
        },
        {},
    ),
    "findings": (
        {key: FINDING[key] for key in ("title", "meaning", "references")},
        {
            "next": FINDING["next"],
            "cause": lambda value: value in tables.ids("causes"),
            "variants": lambda value: tables_of(set(value), FINDING)(value),
        },
    ),
    "causes": (
        {
            "group": lambda value: value in tables.table("labels")["groups"],
            "title": well_written,
            "meaning": well_written,
            "tell_apart": well_written,
            "next": FINDING["next"],
        },
        {"references": all_well_written},
    ),
}


@pytest.mark.parametrize(("file", "id"), [(file, id) for file in SHAPES for id in tables.ids(file)])
def test_an_entry_has_its_shape(file: str, id: str) -> None:
    row = tables.table(file)[id]
    required, optional = SHAPES[file]
    assert row.keys() >= required.keys()
    assert row.keys() <= required.keys() | optional.keys()
    wrong = {key: value for key, value in row.items() if not {**required, **optional}[key](value)}
    assert wrong == {}


@pytest.mark.parametrize("id", tables.ids("findings"))
def test_a_finding_says_what_to_do_or_which_cause_does(id: str) -> None:
    row = tables.table("findings")[id]
    assert ("next" in row) is not ("cause" in row)
    key, *_ = lookup.for_id(id)
    assert (key.kind, bool(entry(key, ENGLISH).fix)) == ("finding", True)


@pytest.mark.parametrize("file", ["replies", "enhanced", "classes", "extensions", "mechanisms"])
def test_the_catalogue_has_no_placeholders(file: str) -> None:
    for id, row in tables.table(file).items():
        for template in templates(row):
            assert "{" not in template, id


@pytest.mark.parametrize("section", [*tables.table("labels")])
def test_a_label_is_one_line(section: str) -> None:
    for key, text in tables.table("labels")[section].items():
        assert isinstance(text, str), key
        assert text == text.strip() != "", key
        assert text.isprintable(), key


# The ids

CAUSES = """
name-not-found dns-failure not-a-mail-host connection-refused connection-silent outbound-port-blocked
network-unreachable connection-lost timeout wrong-port tls-mode-wrong firewall-rewrites-smtp

not-accepting ip-blocked ip-rate-limited ip-rdns ehlo-name-bad rate-limit-connections rate-limit-tls
overload temporary-server too-many-errors postscreen-deep-test

tls-required tls-unavailable tls-handshake tls-too-weak tls-already-active certificate-expired
certificate-not-yet-valid certificate-wrong-name certificate-self-signed certificate-unknown-issuer
certificate-missing-intermediate certificate-wrong-usage certificate-weak tls-intercepted

bad-credentials app-password-required authorization-code-required web-login-required bad-token
basic-auth-retired smtp-auth-disabled-tenant smtp-auth-disabled-mailbox security-defaults conditional-access
service-not-enabled account-disabled account-locked rate-limit-logins ip-not-allowed-for-account wrong-host
mechanism-unsupported password-transition initial-response-refused base64-error line-too-long cancelled
already-authenticated auth-not-advertised auth-required credentials-withheld

sender-mismatch unverified-sender sender-dns relay-denied greylisted recipient-unknown mailbox-unavailable
message-too-large quota sequence-error protocol-sync forbidden-command bare-lf protocol-violation
"""
# RFC 5321, 3207, 4954, 7504 and the others that define basic codes; and what else is really sent.
CODES = """
101 111 200 211 214 220 221 235 250 251 252 253 334 353 354 400 403 412 417 420 421 422 430 431 432 435 440
441 442 446 447 449 450 451 452 453 454 455 456 458 459 471 500 501 502 503 504 510 511 512 513 515 517 521
523 524 525 530 531 533 534 535 538 540 541 546 550 551 552 553 554 555 556 557 571
"""
STANDARD = """
211 214 220 221 235 250 251 252 253 334 354 421 432 450 451 452 453 454 455 458 459 500 501 502 503 504 521
523 525 530 534 535 550 551 552 553 554 555 556
"""
# Codes that mean different things at different steps.
SENSES = {
    "220": {"greeting", "starttls"},
    "421": {"greeting", "auth"},
    "454": {"starttls", "auth"},
    "530": {"starttls", "auth"},
    "500": {"auth"},
    "501": {"auth"},
    "502": {"auth"},
    "503": {"auth"},
    "504": {"auth"},
    "554": {"greeting"},
}
# Subject to the highest detail that is registered at IANA; X.4.8 is not, and is sent all the same.
REGISTERED = {0: 0, 1: 10, 2: 4, 3: 6, 4: 7, 5: 6, 6: 10, 7: 30}
KEYWORDS = """
SEND SOML SAML EXPN HELP TURN VRFY 8BITMIME SIZE VERB ONEX CHUNKING BINARYMIME CHECKPOINT DELIVERBY
PIPELINING DSN ETRN ENHANCEDSTATUSCODES STARTTLS NO-SOLICITING MTRK SUBMITTER ATRN AUTH BURL FUTURERELEASE
CONPERM CONNEG UTF8SMTP SMTPUTF8 MT-PRIORITY RRVS REQUIRETLS LIMITS XCLIENT XFORWARD XVERP XEXDATA XSECURITY
XCOURIEREXTENSIONS X-EXPS X-ANONYMOUSTLS X-LINK2STATE XEXCH50 XRDST XSHADOW XSHADOWREQUEST XOORG XPROXY
XPROXYFROM XPROXYTO XSYSPROBE XORIGFROM XADR XSTA XCIR XGEN XLOOP XREMOTEQUEUE XUSR XONE XXXA XXXXXXXA PRDR
PIPECONNECT X_PIPE_CONNECT AUTH= X-NETSCAPE-HAS-BUGS OORG
"""
MECHANISMS = """
PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS SCRAM-SHA-512
OAUTHBEARER XOAUTH2 OAUTH10A XOAUTH PLAIN-CLIENTTOKEN EXTERNAL ANONYMOUS GSSAPI GS2-KRB5 GS2-KRB5-PLUS
GSS-SPNEGO NTLM KERBEROS_V4 KERBEROS_V5 SKEY OTP SECURID SAML20 OPENID20 EAP-AES128 EAP-AES128-PLUS
9798-U-RSA-SHA1-ENC NMAS_LOGIN NMAS_AUTHEN NMAS-SAMBA-AUTH CRAM-SHA1 CRAM-SHA256 ATOKEN XYMCOOKIE
"""


@pytest.mark.parametrize(
    ("file", "ids"),
    [("causes", CAUSES), ("replies", CODES), ("extensions", KEYWORDS), ("mechanisms", MECHANISMS)],
    ids=["causes", "replies", "extensions", "mechanisms"],
)
def test_everything_known_has_words(file: str, ids: str) -> None:
    assert set(ids.split()) - set(tables.ids(file)) == set()


def test_every_finding_has_words_and_no_others_have() -> None:
    assert list(tables.ids("findings")) == list(finding_ids())


def test_every_cause_that_is_named_has_words() -> None:
    found = {id for _, texts in cause_names() for id in texts}
    assert found <= set(tables.ids("causes"))


def cause_names() -> Iterator[tuple[str, set[str]]]:
    """Every cause that a check names in its source or in a dialogue."""
    for name in DIALOGUES:
        for finding in report_of(name).findings:
            yield name, {finding.cause.id, *finding.cause.alternatives} if finding.cause else set()
    for path in (path for path in PACKAGE if path.parent.name == "checks"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Cause":
                yield (
                    path.name,
                    {text for argument in (node.args[0], *node.args[2:]) for text in constants(argument)},
                )


def test_every_code_of_a_standard_is_called_so() -> None:
    for code in STANDARD.split():
        assert tables.table("replies")[code]["standing"] in ("rfc-defined", "registered"), code


@pytest.mark.parametrize("code", SENSES)
def test_a_code_has_the_senses_that_matter(code: str) -> None:
    assert SENSES[code] <= tables.table("replies")[code]["senses"].keys()


def test_every_registered_enhanced_code_has_words() -> None:
    expected = {"2.X.X", "4.X.X", "5.X.X"}
    for subject, highest in REGISTERED.items():
        expected |= {f"X.{subject}", *(f"X.{subject}.{detail}" for detail in range(highest + 1))}
    assert expected - set(tables.ids("enhanced")) == set()


def test_every_first_and_second_digit_has_words() -> None:
    expected = {*(f"{digit}yz" for digit in range(6)), *(f"x{digit}z" for digit in range(6))}
    assert set(tables.ids("classes")) == expected


# Rows, status words, the last line


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (512, "512 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (10240000, "9.8 MiB"),
        (35882577, "34.2 MiB"),
        (52428800, "50 MiB"),
        (2**30, "1 GiB"),
        (2**40, "1024 GiB"),
    ],
)
def test_a_size_in_words(octets: int, words: str) -> None:
    assert rows.size(octets) == words


STEP = Step(StepName.AUTH, 0.0, 0.0)


@pytest.mark.parametrize(
    ("status", "failure", "word"),
    [
        (Severity.OK, None, "ok"),
        (Severity.NOTE, None, "note"),
        (Severity.WARN, None, "warn"),
        (Severity.FAIL, None, "fail"),
        (Severity.ERROR, Failure(FailureKind.INTERNAL), "fail"),
        (Severity.FAIL, Failure(FailureKind.POLICY, "no-tls"), "fail"),
        (Severity.OK, Failure(FailureKind.POLICY, "already-refused"), "skip"),
        (Severity.OK, Failure(FailureKind.POLICY, "first-address-only"), "skip"),
    ],
)
def test_a_status_in_a_word(status: Severity, failure: Failure | None, word: str) -> None:
    assert rows.status_word(dataclasses.replace(STEP, failure=failure), status) == word


def summaries(text: str) -> dict[str, str]:
    return {step.name: step.summary for step in worded(read(text)).steps}


def test_the_rows_of_a_refused_login() -> None:
    found = summaries(REFUSED)
    assert found["resolve"] == "192.0.2.25, 2001:db8::25"
    assert found["connect"] == "192.0.2.25 (2001:db8::25 refused)"
    assert found["greeting"] == "220 Service Ready: Postfix"
    assert found["tls"] == "TLSv1.3, certificate good for 334 days"
    assert found["ehlo"].startswith("250 OK: AUTH PLAIN LOGIN (only after TLS)")
    assert re.fullmatch(r"535 .+, LOGIN", found["auth"])


def test_a_row_says_how_much_more_there_is() -> None:
    ehlo = session(*GREETED, "S: 250-m", *(f"S+: 250-X{letter}" for letter in "ABC"), "S+: 250 AUTH A B C D")
    assert summaries(ehlo)["ehlo"] == "250 OK: AUTH A B C +1, +3"
    both = session(*GREETED, "S: 250-m", "S+: 250-DSN", "S+: 250-AUTH A", "S+: 250 AUTH=A")
    assert summaries(both)["ehlo"] == "250 OK: AUTH A, +1"
    old = session(*GREETED, "S: 250-m", "S+: 250-DSN", "S+: 250-SIZE", "S+: 250 AUTH=A")
    assert summaries(old)["ehlo"] == "250 OK: AUTH A, SIZE, +1"


def test_the_row_of_an_address() -> None:
    found = summaries("*: target smtp://192.0.2.25\n*: resolve 192.0.2.25\n*: connect 192.0.2.25 refused")
    assert found["resolve"] == "an address, nothing to look up"
    assert found["connect"] == message(Failure(FailureKind.REFUSED), 10.0, ENGLISH)
    assert found["greeting"] == "not reached"


@pytest.mark.parametrize("name", DIALOGUES)
def test_the_last_line_counts_the_steps_or_names_the_failure(name: str) -> None:
    report = document_of(name)
    if report.failure and report.diagnosis:
        assert report.conclusion.startswith(f"{report.failure.step}: ")
        assert report.conclusion.endswith(report.diagnosis.title)
        if report.failure.code:
            assert f"{report.failure.code}" in report.conclusion
        return
    counted = {word: int(count) for count, word in re.findall(r"(\d+) (\w+)", report.conclusion)}
    statuses = [step.status for step in report.steps]
    assert counted == {word: statuses.count(word) for word in dict.fromkeys(statuses)}


def test_the_first_line_says_how_the_target_was_read() -> None:
    assert worded(read(REFUSED)).headline.startswith("submission, STARTTLS")
    assert "mail exchange" in worded(read("*: target smtp://mail.example\n*: resolve dns")).headline


def test_the_diagnosis_says_what_was_said_and_how_sure_it_is() -> None:
    diagnosis = worded(read(REFUSED)).diagnosis
    assert diagnosis
    assert diagnosis.said.startswith("535 5.7.8, ")
    assert diagnosis.because
    assert diagnosis.fine
    assert diagnosis.care
    assert [action.who for action in diagnosis.next]


@pytest.mark.parametrize("name", DIALOGUES)
def test_the_diagnosis_repeats_its_finding_word_for_word(name: str) -> None:
    (report,) = as_json(report_of(name))["reports"]
    if report["diagnosis"] is None:
        return
    diagnosis = report["diagnosis"]
    (finding,) = (finding for finding in report["findings"] if finding["id"] == diagnosis["finding"])
    for key in ("title", "meaning", "evidence", "cause", "references"):
        assert diagnosis[key] == finding[key], key
    found = report_of(name).diagnosis
    first = len(found.first) if found else 0
    own = diagnosis["next"][first:]
    assert own == [step for step in finding["next"] if step in own]
    assert first or own == finding["next"]
