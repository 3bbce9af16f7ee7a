"""What programs read is what the schemas promise, whatever a server says.

The schemas are compared with three things: with the contract (its closed lists are written out
here), with the fields of the document, and with the reports of all dialogues.
"""

import copy
import dataclasses
import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from smtpprobe import schemas
from smtpprobe.checks.diagnosis import judge
from smtpprobe.explaining import Answer, explain
from smtpprobe.judgement import AuthResult, Severity, Sure
from smtpprobe.knowledge import lookup, tables
from smtpprobe.protocol.certificates import CertificateProblem
from smtpprobe.record import FailureKind
from smtpprobe.renderers import Options, render
from smtpprobe.renderers.lookups import json as lookups
from smtpprobe.request import StepName, TlsMode
from smtpprobe.transcripts.notation import escape
from smtpprobe.words import document as doc
from smtpprobe.words.catalogue import entry
from smtpprobe.words.dump import to_json
from smtpprobe.words.entry import Action, Alternative, Entry
from smtpprobe.words.texts import words_in
from smtpprobe.words.wording import document
from tests.support.dialogues import dialogues
from tests.support.reports import DIALOGUES, REFUSED, as_json, read, report_of

CHECK, EXPLAIN = schemas.load("check"), schemas.load("explain")


@functools.cache
def validator(name: str, definition: str | None = None) -> Draft202012Validator:
    """For a whole document, or for one of its definitions."""
    schema = schemas.load(name)
    if definition:
        schema = {"$defs": schema["$defs"], "$ref": f"#/$defs/{definition}"}
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def faults(value: Any, name: str = "check", definition: str | None = None) -> list[str]:
    """What a schema has against a value; several errors deep, because anyOf says little by itself."""
    found = []
    for error in validator(name, definition).iter_errors(value):
        deepest = error
        while deepest.context:
            deepest = max(deepest.context, key=lambda inner: len(inner.absolute_path))
        found.append(f"{deepest.json_path}: {deepest.message[:300]}")
    return found


# The schemas themselves


@pytest.mark.parametrize("name", schemas.NAMES)
def test_a_schema_is_one(name: str) -> None:
    schema = schemas.load(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"]
    assert schema["description"]
    assert json.loads(schemas.text(name)) == schema
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", ["", "nope", "check.json", "../schemas/check"])
def test_there_is_no_other_schema(name: str) -> None:
    with pytest.raises(KeyError):
        schemas.load(name)
    with pytest.raises(KeyError):
        schemas.text(name)


def test_every_file_is_named() -> None:
    assert sorted(schemas.NAMES) == sorted(path.stem for path in schemas.HERE.glob("*.json"))


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema of an object, however deep."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for item in schema.values():
            yield from objects(item)
    elif isinstance(schema, list):
        for item in schema:
            yield from objects(item)


@pytest.mark.parametrize("name", schemas.NAMES)
def test_an_object_has_the_keys_that_are_named_and_no_others(name: str) -> None:
    for schema in objects(schemas.load(name)):
        if "properties" in schema:
            assert schema["additionalProperties"] is False, schema
            assert set(schema["required"]) <= set(schema["properties"])
        else:  # a mapping of the server's own keywords
            assert schema["additionalProperties"] == {"$ref": "#/$defs/text"}


@pytest.mark.parametrize("name", schemas.NAMES)
def test_every_key_is_described(name: str) -> None:
    whole = schemas.load(name)
    for schema in objects(whole):
        for key, item in schema.get("properties", {}).items():
            definition = whole["$defs"].get(item.get("$ref", "").removeprefix("#/$defs/"), {})
            assert item.get("description") or definition.get("description"), key


@pytest.mark.parametrize("name", schemas.NAMES)
def test_every_definition_is_used(name: str) -> None:
    for definition in schemas.load(name)["$defs"]:
        assert f'"#/$defs/{definition}"' in schemas.text(name), definition


@pytest.mark.parametrize("name", schemas.NAMES)
def test_all_schemas_define_a_thing_alike(name: str) -> None:
    other = schemas.load(name)["$defs"]
    for thing in other.keys() & EXPLAIN["$defs"].keys():
        assert other[thing] == EXPLAIN["$defs"][thing], thing


# The schemas and the document

CLASSES: dict[str, type] = {
    "report": doc.DocReport,
    "target": doc.DocTarget,
    "report_failure": doc.ReportFailure,
    "diagnosis": doc.DocDiagnosis,
    "alternative": Alternative,
    "action": Action,
    "peer": doc.DocPeer,
    "claim": doc.DocClaim,
    "step": doc.DocStep,
    "failure": doc.DocFailure,
    "reply": doc.DocReply,
    "exchange": doc.DocExchange,
    "attempt": doc.DocAttempt,
    "extensions": doc.DocExtensions,
    "auth": doc.DocAuth,
    "tls": doc.DocTls,
    "certificate": doc.DocCertificate,
    "finding": doc.DocFinding,
    "entry": Entry,
    "expectation": doc.DocExpectation,
}
# Only where the contract says so; everything else is always there, null if need be.
OPTIONAL = {"step": {"exchanges", "attempts", "addresses"}, "report": {"schema", "tool"}, "entry": {"takes"}}
# Each line of -f jsonl is a report with a head of its own.
HEAD = {"report": {"schema", "tool"}}


def test_an_answer_has_the_fields_of_its_class() -> None:
    definition = EXPLAIN["$defs"]["answer"]
    assert set(definition["properties"]) == written_fields(Answer)
    assert set(definition["required"]) == set(definition["properties"])


def written_fields(made: type) -> set[str]:
    """The fields of a dataclass or a named tuple that JSON shows."""
    if not dataclasses.is_dataclass(made):
        return set(made._fields)  # type: ignore[attr-defined]
    return {field.name for field in dataclasses.fields(made) if field.metadata.get("json", True)}


@pytest.mark.parametrize("name", CLASSES)
def test_a_definition_has_the_fields_of_its_class(name: str) -> None:
    written = {"class" if field == "klass" else field for field in written_fields(CLASSES[name])}
    definition = CHECK["$defs"][name]
    assert set(definition["properties"]) - HEAD.get(name, set()) == written
    assert set(definition["properties"]) - set(definition["required"]) == OPTIONAL.get(name, set())


# The contract, to the letter.
CONTRACT: dict[str, str] = {
    "verdict": "pass warn fail error",
    "step_name": "resolve connect tls greeting ehlo helo starttls help auth mail rcpt rset quit",
    "status": "ok note warn fail skip",
    "sure": "certain likely possible",
    "failure_kind": "dns refused unreachable timeout eof reset tls certificate rejected temporary protocol "
    "policy not-offered expectation internal",
    # pin-mismatch is ours: what --pin finds.
    "tls_reason": "pin-mismatch expired not-yet-valid wrong-name self-signed unknown-issuer "
    "missing-intermediate wrong-usage weak",
}
CONTRACT_KEYS: dict[str, tuple[str, str]] = {
    "mode": ("target.tls", "auto starttls implicit none"),
    "who": ("action.who", "you server-administrator provider network-administrator"),
    "result": ("auth.result", "accepted rejected temporary broken withheld not-tried"),
    "severity": ("finding.severity", "fail warn note"),
    "kind": ("entry.kind", "reply enhanced class keyword mechanism finding cause"),
}


@pytest.mark.parametrize("name", CONTRACT)
def test_a_closed_list_is_that_of_the_contract(name: str) -> None:
    assert CHECK["$defs"][name]["enum"] == CONTRACT[name].split()


@pytest.mark.parametrize("name", CONTRACT_KEYS)
def test_a_key_takes_the_words_of_the_contract(name: str) -> None:
    where, words = CONTRACT_KEYS[name]
    definition, key = where.split(".")
    assert CHECK["$defs"][definition]["properties"][key]["enum"] == words.split()


@pytest.mark.parametrize(
    ("enum", "words"),
    [
        (StepName, CONTRACT["step_name"]),
        (FailureKind, CONTRACT["failure_kind"]),
        (CertificateProblem, CONTRACT["tls_reason"]),
        (Sure, CONTRACT["sure"]),
        (AuthResult, CONTRACT_KEYS["result"][1]),
        (TlsMode, CONTRACT_KEYS["mode"][1]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_code_says_nothing_beyond_the_contract(enum: type[FailureKind], words: str) -> None:
    ours = [item.value for item in enum]
    assert ours == [word for word in words.split() if word in ours]


def test_the_causes_are_those_of_the_knowledge() -> None:
    assert set(CHECK["$defs"]["cause"]["enum"]) == set(tables.ids("causes"))


def test_the_standings_are_those_of_the_knowledge() -> None:
    known = {row.get("standing", "rfc-defined") for file in CATALOGUE for row in tables.table(file).values()}
    assert known | {"smtpprobe"} == set(CHECK["$defs"]["entry"]["properties"]["standing"]["enum"])


# Reports


@pytest.mark.parametrize("name", DIALOGUES)
def test_the_report_of_a_dialogue_is_valid(name: str) -> None:
    assert faults(as_json(report_of(name))) == []


@pytest.mark.parametrize("name", DIALOGUES)
def test_the_formats_of_programs_print_the_same(name: str) -> None:
    worded = document([report_of(name)])
    whole = json.loads(render(worded, "json", Options()))
    assert whole == as_json(report_of(name))
    (line,) = render(worded, "jsonl", Options()).splitlines()
    assert faults(json.loads(line), definition="report") == []
    assert json.loads(line) == {"schema": 1, "tool": whole["tool"], **whole["reports"][0]}


@pytest.mark.parametrize("name", DIALOGUES)
def test_a_report_leaves_out_no_step_and_no_finding(name: str) -> None:
    report = report_of(name)
    (found,) = as_json(report)["reports"]
    reached = [step["name"] for step in found["steps"] if step["at"] is not None]
    missing = [step["name"] for step in found["steps"] if step["at"] is None]
    assert reached == [step.name for step in report.transcript.steps]
    assert missing == list(report.transcript.missing)
    assert [finding["id"] for finding in found["findings"]] == [finding.id for finding in report.findings]


def test_a_run_of_many_is_one_valid_document() -> None:
    everything = [read(REFUSED), *map(report_of, DIALOGUES[::10])]
    found = as_json(*everything)
    assert faults(found) == []
    assert len(found["reports"]) == len(everything)


def test_a_run_of_none_is_valid() -> None:
    assert faults(as_json()) == []


@pytest.mark.parametrize("plan", ["strict", "ignore"])
@pytest.mark.parametrize("name", ["REFUSED", *DIALOGUES])
def test_a_report_is_valid_whatever_weighs(name: str, plan: str) -> None:
    report = read(REFUSED) if name == "REFUSED" else report_of(name)
    ignore = frozenset(finding.id for finding in report.findings)
    changed = dataclasses.replace(
        report.transcript.plan, strict=plan == "strict", ignore=ignore if plan == "ignore" else frozenset()
    )
    again = judge(dataclasses.replace(report.transcript, plan=changed))
    found = as_json(again)
    assert faults(found) == []
    if plan == "ignore":
        assert found["verdict"] == "pass"
        assert all(finding["ignored"] for finding in found["reports"][0]["findings"])
    else:
        assert found["verdict"] != "warn"


def test_the_example_of_the_contract() -> None:
    """Every value that the contract shows for a refused login, in its place."""
    (report,) = as_json(read(REFUSED))["reports"]
    assert report["target"]["url"] == "submission://mail.example:587"
    assert report["verdict"] == "fail"
    assert report["failure"]["step"] == "auth"
    assert (report["failure"]["kind"], report["failure"]["code"]) == ("rejected", 535)
    assert (report["failure"]["enhanced"], report["failure"]["cause"]) == ("5.7.8", "bad-credentials")
    assert report["diagnosis"]["finding"] == "credentials-rejected"
    assert report["diagnosis"]["evidence"] == ["535 5.7.8 Error: authentication failed"]
    assert report["started"] == "2026-01-01T00:00:00Z"
    assert report["peer"]["address"] == "192.0.2.25"
    steps = {step["name"]: step for step in report["steps"]}
    assert [attempt["failure"] is None for attempt in steps["connect"]["attempts"]] == [False, True]
    assert steps["resolve"]["addresses"] == ["192.0.2.25", "2001:db8::25"]
    assert [exchange["sent"] for exchange in steps["auth"]["exchanges"]] == [
        "AUTH LOGIN",
        "[user name]",
        "[secret]",
    ]
    assert steps["auth"]["reply"]["lines"] == ["5.7.8 Error: authentication failed"]
    assert steps["auth"]["entry"]["id"] in ("AUTH 535", "535")
    assert steps["help"]["status"] == "note"
    assert report["extensions"]["clear"] == {"STARTTLS": ""}
    assert report["extensions"]["tls"] == {"SIZE": "52428800", "AUTH": "PLAIN LOGIN"}
    assert report["auth"] == {
        "offered_clear": [],
        "offered_tls": ["PLAIN", "LOGIN"],
        "mechanism": "LOGIN",
        "result": "rejected",
    }
    assert report["expectations"] == []


HOSTILE = st.binary(max_size=60) | st.sampled_from(
    [
        b"220\r\n",
        b"000 \x1b]0;owned\x07\r\n",
        b"250-\xe2\x80\xae\r\n250 \xcc\x81\r\n",
        b"250-SIZE \xc2\xb2\r\n250 AUTH\r\n",
        b"250 SIZE " + b"9" * 400 + b"\r\n",
        b"250-mail.example\r\n250 SIZE " + b"9" * 5000 + b"\r\n",
        b"250-\r\n250-AUTH=\r\n250-\x00\r\n250 \xff \xff\r\n",
        b"535 5.7.8 {host} %s {0} {}\r\n",
        b"999 9.9.9\r\n",
        b"421\r\n",
    ]
)
SAID = st.lists(HOSTILE, min_size=5, max_size=5)
SCRIPT = """
*: target {url}
*: plan user {plan}
*: resolve 192.0.2.25
*: connect 192.0.2.25
S-: {said[0]}
C: EHLO client.example
S-: {said[1]}
C: HELP
S-: {said[2]}
C: AUTH PLAIN [secret]
S-: {said[3]}
C: QUIT
S-: {said[4]}
"""


@given(
    said=SAID,
    url=st.sampled_from(
        ["smtp://mail.example:25", "submission://[2001:db8::1]:587", "smtps://mail.example:465"]
    ),
    plan=st.sampled_from(["", "insecure", "allow-plaintext-auth", "mechanism=LOGIN"]),
)
@settings(deadline=None, max_examples=100)
def test_a_report_is_valid_whatever_a_server_says(said: list[bytes], url: str, plan: str) -> None:
    text = SCRIPT.format(url=url, plan=plan, said=[escape(octets) for octets in said])
    assert faults(as_json(read(text))) == []


@given(dialogues())
@settings(deadline=None, max_examples=50)
def test_a_report_is_valid_however_a_session_goes(text: str) -> None:
    assert faults(as_json(read(text))) == []


@pytest.mark.parametrize(
    "tls",
    [
        pytest.param("wrong-name names=", id="made out to nobody"),
        pytest.param("unknown-issuer subject= issuer= names=", id="nameless"),
        pytest.param("expired not-before=0950-01-01 not-after=0951-01-01", id="of another age"),
        pytest.param("self-signed,weak not-after=9999-12-31T23:59:59Z", id="for ever"),
        pytest.param("expired 'detail=expired (certificate CN=a\x1b[2J)'", id="ESC in OpenSSL's words"),
        pytest.param("expired 'subject=CN=a\u202eb' 'names=x\u200b,y'", id="what cannot be seen"),
        pytest.param("pin-mismatch", id="not the pinned one"),
        pytest.param("trusted pinned=yes", id="pinned"),
    ],
)
def test_a_report_is_valid_whatever_a_certificate_says(tls: str) -> None:
    text = REFUSED.replace("TLS_AES_256_GCM_SHA384 trusted", f"TLS_AES_256_GCM_SHA384 {tls}")
    assert faults(as_json(read(text))) == []


def test_a_certificate_that_could_not_be_read_is_null() -> None:
    report = read(REFUSED)
    steps = tuple(unread(step) if step.tls else step for step in report.transcript.steps)
    found = as_json(judge(dataclasses.replace(report.transcript, steps=steps)))
    assert faults(found) == []
    assert found["reports"][0]["tls"]["certificate"] is None


def unread(step: Any) -> Any:
    """The TLS step with a certificate that nobody could read."""
    verdict = dataclasses.replace(
        step.tls.verdict, trusted=False, reasons=(CertificateProblem.UNKNOWN_ISSUER,), certificate=None
    )
    return dataclasses.replace(step, tls=dataclasses.replace(step.tls, verdict=verdict))


def test_the_verdict_of_a_run_is_the_worst() -> None:
    good, bad = (
        dataclasses.replace(read(REFUSED), verdict=verdict) for verdict in (Severity.NOTE, Severity.FAIL)
    )
    assert as_json(good)["verdict"] == "pass"
    assert as_json(good, bad, good)["verdict"] == "fail"


# What is not valid


def at(value: Any, path: str) -> tuple[Any, str | int]:
    """The container and the key that a path such as `steps.0.name` leads to."""
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        value = value[part]
    return value, last


WRONG: list[tuple[str, Any]] = [
    ("schema", 2),
    ("tool.name", "swaks"),
    ("verdict", "ok"),
    ("surprise", 1),
    ("reports.0.surprise", None),
    ("reports.0.verdict", "note"),
    ("reports.0.target.tls", "required"),
    ("reports.0.target.port", 0),
    ("reports.0.target.url", "mail.example:587"),
    ("reports.0.failure.kind", "refused-by-server"),
    ("reports.0.failure.cause", "wrong-password"),
    ("reports.0.failure.enhanced", "5.7"),
    ("reports.0.failure.message", ""),
    ("reports.0.diagnosis.sure", None),
    ("reports.0.diagnosis.sure", "maybe"),
    ("reports.0.diagnosis.title", ""),
    ("reports.0.diagnosis.title", "two\nlines"),
    ("reports.0.diagnosis.title", "one\n"),
    ("reports.0.diagnosis.evidence", ["\x1b[2J"]),
    ("reports.0.diagnosis.next.0.who", "admin"),
    ("reports.0.diagnosis.next.0.when", "now"),
    ("reports.0.diagnosis.alternatives.0.tell_apart", None),
    ("reports.0.started", "2026-11-22T05:00:00+01:00"),
    ("reports.0.started", "2026-11-22 05:00:00"),
    ("reports.0.seconds", "0.4"),
    ("reports.0.seconds", -1),
    ("reports.0.tries", 0),
    ("reports.0.peer.port", 70000),
    ("reports.0.steps.0.name", "lookup"),
    ("reports.0.steps.0.status", "FAIL"),
    ("reports.0.steps.2.attempts", []),
    ("reports.0.steps.2.addresses", []),
    ("reports.0.steps.2.exchanges", []),
    ("reports.0.steps.2.reply.code", "220"),
    ("reports.0.steps.2.reply.code", 2200),
    ("reports.0.steps.2.reply.raw", "220 mail.example"),
    ("reports.0.steps.2.reply.lines", []),
    ("reports.0.steps.2.entry.kind", "code"),
    ("reports.0.extensions.clear", {"SIZE": 10240000}),
    ("reports.0.extensions.tls", []),
    ("reports.0.auth.result", "refused"),
    ("reports.0.tls.reason", "revoked"),
    ("reports.0.tls.reasons", ["expired", "expired"]),
    ("reports.0.tls.fingerprint", "sha256:" + "AB" * 32),
    ("reports.0.tls.certificate.days_left", 1.5),
    ("reports.0.tls.certificate.not_after", "2026-12-01"),
    ("reports.0.findings.0.id", "Help Refused"),
    ("reports.0.findings.0.severity", "ok"),
    ("reports.0.findings.0.fix", ""),
    ("reports.0.expectations", [{"expect": "starttls=offered", "held": "yes", "found": "offered"}]),
]


@functools.cache
def good() -> dict[str, Any]:
    """The document that is made wrong below."""
    return as_json(read(REFUSED))


def test_what_is_made_wrong_below_is_right() -> None:
    assert faults(good()) == []


@pytest.mark.parametrize(("path", "value"), WRONG, ids=[f"{path}={value!r}" for path, value in WRONG])
def test_a_wrong_document_is_not_valid(path: str, value: Any) -> None:
    wrong = copy.deepcopy(good())
    container, key = at(wrong, path)
    container[key] = value
    assert wrong != good()
    assert faults(wrong)


@pytest.mark.parametrize(
    "path",
    [
        f"{where}{key}"
        for where, name in [
            ("reports.0.", "report"),
            ("reports.0.target.", "target"),
            ("reports.0.failure.", "report_failure"),
            ("reports.0.diagnosis.", "diagnosis"),
            ("reports.0.steps.0.", "step"),
            ("reports.0.tls.", "tls"),
            ("reports.0.findings.0.", "finding"),
        ]
        for key in CHECK["$defs"][name]["required"]
    ],
)
def test_no_key_may_be_missing(path: str) -> None:
    wrong = copy.deepcopy(good())
    container, key = at(wrong, path)
    container.pop(key, None)
    assert faults(wrong)


# explain

CATALOGUE = ("replies", "enhanced", "classes", "extensions", "mechanisms")


def keys() -> Iterator[lookup.Key]:
    """Every entry of the catalogue, as it is found."""
    for code in range(1000):
        for step in (None, *StepName):
            yield from lookup.for_reply(code, step=step)
    for id in tables.ids("enhanced"):
        for klass in ("2", "4", "5"):
            yield lookup.Key("enhanced", "enhanced", id, id.replace("X", klass, 1), klass)
    for file, look in (
        ("extensions", lookup.for_keyword),
        ("mechanisms", lookup.for_mechanism),
    ):
        for id in tables.ids(file):
            found = look(id)
            assert found, id
            yield found
    for id in (*tables.ids("findings"), *tables.ids("causes")):
        yield from lookup.for_id(id)


def test_every_entry_of_the_catalogue_is_valid() -> None:
    found = {
        key: faults(to_json(entry(key, words_in("en"))), "explain", "entry") for key in dict.fromkeys(keys())
    }
    assert {key.name: wrong for key, wrong in found.items() if wrong} == {}


def answers(*asked: str) -> dict[str, Any]:
    """What `explain --json` prints."""
    document: dict[str, Any] = json.loads(
        lookups.answers([explain(what) for what in asked], words_in("en"), Options())
    )
    return document


@pytest.mark.parametrize(
    "asked",
    [
        "535",
        "999",
        "000",
        "5.7.8",
        "5.7",
        "4.99.99",
        "X.7.8",
        "5yz",
        "STARTTLS",
        "AUTH=PLAIN",
        "xxxa",
        "SCRAM-SHA-256-PLUS",
        "250-SIZE 1000",
        "535-5.7.8 Username and Password not accepted\n535 5.7.8 gsmtp",
        "535 5.7.8 \x1b[31mred",
        "credentials-rejected",
        "bad-credentials",
        "no such thing",
    ],
)
def test_an_answer_is_valid(asked: str) -> None:
    assert faults(answers(asked), "explain") == []


def test_every_three_digits_and_every_id_get_a_valid_answer() -> None:
    words = [f"{code:03}" for code in range(1000)]
    words += [
        id
        for file in ("enhanced", "extensions", "mechanisms", "findings", "causes")
        for id in tables.ids(file)
    ]
    assert faults(answers(*words), "explain") == []


def change(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def apply(answer: dict[str, Any]) -> None:
        answer[key] = value

    return apply


@pytest.mark.parametrize(
    "spoil",
    [
        change("known", None),
        change("asked", ""),
        change("cause", "wrong-password"),
        change("sure", "yes"),
        change("entries", None),
        change("nearest", None),
        lambda answer: answer["entries"].append({"id": "535"}),
        lambda answer: answer["entries"][0].update(kind="code"),
        lambda answer: answer["entries"][0].update(klass="5yz"),
        lambda answer: answer["entries"][0].update(standing="official"),
        lambda answer: answer.pop("alternatives"),
    ],
)
def test_a_wrong_answer_is_not_valid(spoil: Callable[[dict[str, Any]], None]) -> None:
    wrong = answers("535")
    spoil(wrong["answers"][0])
    assert faults(wrong, "explain")


@pytest.mark.parametrize(
    "wrong", [{}, {"schema": 1}, {"schema": 1, "answers": []}, {"schema": 1, "answers": [{}]}]
)
def test_an_empty_answer_is_not_valid(wrong: dict[str, Any]) -> None:
    assert faults(wrong, "explain")
