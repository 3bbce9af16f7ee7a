"""Who answers: each sign by its own example, no healthy server taken for another, and advice that fits."""

import dataclasses
import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpprobe.checks.answering import heard, who_answers
from smtpprobe.checks.diagnosis import judge
from smtpprobe.display import visible
from smtpprobe.judgement import Claim, Recognised
from smtpprobe.knowledge import lookup, tables
from smtpprobe.knowledge.software import (
    CHARACTERS,
    EVIDENCE_CHARACTERS,
    Heard,
    own_name,
    provider_of,
    recognise,
)
from smtpprobe.renderers import Options, render
from smtpprobe.words.answering import TOOLS, fitting
from smtpprobe.words.catalogue import entry
from smtpprobe.words.document import DocReport
from smtpprobe.words.entry import Action
from smtpprobe.words.texts import languages, words_in
from smtpprobe.words.wording import document
from tests.support.dialogues import Fixture, fixture, fixtures, transcript_of
from tests.support.reports import DIALOGUES, REFUSED, as_json, report_of

TABLE = tables.table("software")
KINDS = {"mta", "provider", "appliance", "middlebox", "protocol"}
PLACES = {"greeting", "ehlo", "starttls", "help", "reply", "host"}
HEALTHY = [pytest.param(one, id=one.name) for one in fixtures() if one.name.startswith("healthy.")]
HOSTS = [id for id, row in TABLE.items() if row["where"] == "host"]
ENGLISH = words_in("en")


def keys(*heard: tuple[str, str]) -> tuple[str, ...]:
    """Who is recognised by (where, text) pairs."""
    return recognise(Heard(*one) for one in heard).keys


# The table


@pytest.mark.parametrize("id", TABLE)
def test_an_entry_has_its_shape(id: str) -> None:
    row = TABLE[id]
    assert row.keys() == {"key", "name", "kind", "where", "pattern", "example", "source", "confidence"}
    assert all(isinstance(value, str) and value for value in row.values())
    assert row["kind"] in KINDS
    assert row["where"] in PLACES
    assert row["confidence"] in ("high", "medium", "low")
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["key"])
    assert row["name"] == visible(row["name"]).strip()
    assert id.endswith(f"-{row['where']}") or row["where"] in id.split("-")


def test_a_key_stands_for_one_kind_of_thing() -> None:
    """But for Proton, whose program runs on one's own machine."""
    kinds: dict[str, set[str]] = {}
    for row in TABLE.values():
        kinds.setdefault(row["key"], set()).add(row["kind"])
    assert {key for key, found in kinds.items() if len(found) > 1} == {"proton"}


@pytest.mark.parametrize("id", TABLE)
def test_an_example_is_recognised_as_what_it_is(id: str) -> None:
    row = TABLE[id]
    found = recognise([Heard(place(row), row["example"])])
    if row["kind"] == "protocol":
        assert found == Recognised()
        return
    assert row["key"] in {claim.key for claim in found.claims}
    kinds = {"middlebox": found.middlebox, "provider": found.provider}
    best = kinds.get(row["kind"], found.program)
    assert best is not None
    assert (best.key, best.name, best.sure) == (row["key"], row["name"], row["confidence"])


# Signs that two bear at once: who runs it and what is run, and what is built with what.
TOGETHER = {
    frozenset({"microsoft-365", "exchange"}),
    frozenset({"netease", "coremail"}),
    frozenset({"proton", "go-smtp"}),
}


@pytest.mark.parametrize("id", TABLE)
def test_an_example_is_recognised_as_nobody_else(id: str) -> None:
    row = TABLE[id]
    found = {claim.key for claim in recognise([Heard(place(row), row["example"])]).claims}
    assert found <= {row["key"]} or frozenset(found) in TOGETHER


def place(row: tables.Row) -> str:
    """A step where a sign is met."""
    return {"reply": "auth"}.get(row["where"], row["where"])


@pytest.mark.parametrize("id", HOSTS)
def test_only_a_domain_itself_and_what_is_under_it_counts(id: str) -> None:
    name = TABLE[id]["example"]
    domain = ".".join(name.split(".")[-2:])
    for other in (
        f"{name}.evil.example",
        f"{name}evil",
        f"evil{domain}",
        f"evil-{domain}",
        f"evil.example\n{name}",
    ):
        assert keys(("host", other), ("certificate", other), ("greeting", f"220 {other} ESMTP")) == (), other


@pytest.mark.parametrize("name", ["SMTP.Gmail.COM", "*.gmail.com", "gmail.com", "smtp.gmail.com."])
def test_a_host_name_is_read_in_any_form(name: str) -> None:
    assert keys(("certificate", name)) == ("google",)


@pytest.mark.parametrize(
    "name",
    [
        "gmail.com.evil.example",
        "notgmail.com",
        "mail.example",
        "ec2-192-0-2-1.compute-1.amazonaws.com",
        "1.2.0.192.host.secureserver.net",
        "vps1.ovh.net",
        "192.0.2.1",
        "",
    ],
)
def test_a_host_of_ones_own_is_no_providers(name: str) -> None:
    assert keys(("host", name), ("certificate", name)) == ()


# Healthy servers

# What is written in a dialogue, and whose it is; what a reader would go by.
MARKS = {
    "postfix": r"^S: 220[- ].* Postfix$|5\.5\.[12] Error: ",
    "exim": r"^S: 220[- ].* Exim |TLS go ahead",
    "dovecot": r"^S: 220 .* Dovecot ",
    "exchange": r"^S: 220 .* Microsoft ESMTP MAIL Service ready",
    "google": r"^S: 220 .* - gsmtp$",
    "haraka": r"^S: 220 .* Haraka/",
    "opensmtpd": r"^S: 220 .* OpenSMTPD$",
    "qmail": r"qmail home page",
    "sendmail": r"^S: 220 .* Sendmail ",
    "stalwart": r"^S: 220 .* Stalwart ",
}


def expected(one: Fixture) -> set[str]:
    """Whom a healthy dialogue may be taken for."""
    return {key for key, mark in MARKS.items() if re.search(mark, one.text, re.MULTILINE)}


@pytest.mark.parametrize("one", HEALTHY)
def test_a_healthy_server_is_recognised_as_no_other(one: Fixture) -> None:
    assert {claim.key for claim in who_answers(one.transcript).claims} == expected(one)


@pytest.mark.parametrize("one", HEALTHY)
def test_a_healthy_server_that_hides_is_recognised_as_no_other(one: Fixture) -> None:
    hidden = [text for text in heard(one.transcript) if text.where != "greeting"]
    found = recognise([Heard("greeting", "220 mail.example ESMTP"), *hidden])
    assert {claim.key for claim in (found.program, found.provider) if claim} <= expected(one)


def test_what_runs_is_told_by_any_reply_when_the_greeting_hides_it() -> None:
    hidden = ("greeting", "220 mail ESMTP")
    assert keys(hidden) == ()
    assert keys(hidden, ("help", "500 5.5.2 Error: command not recognized")) == ("postfix",)
    assert keys(hidden, ("help", "214-Commands supported:\n214 AUTH")) == ("exim",)
    assert keys(hidden, ("starttls", "220 2.0.0 Begin TLS negotiation now.")) == ("dovecot",)
    assert keys(hidden, ("ehlo", "250-mail you had me at EHLO\n250 SIZE")) == ("stalwart",)


# What is believed

POSTFIX_ORDER = "250-mail.example\n250-PIPELINING\n250-SIZE 10240000\n250-VRFY\n250-ETRN\n250 DSN"


def test_the_order_of_keywords_counts_where_nothing_else_is_known() -> None:
    found = recognise([Heard("greeting", "220 mail ESMTP"), Heard("ehlo", POSTFIX_ORDER)])
    assert found.program
    assert (found.program.key, found.program.sure) == ("postfix", "low")
    assert found.keys == ()  # no advice is built on it
    assert "250-ETRN" in found.program.text


@pytest.mark.parametrize(
    "other",
    [
        ("greeting", "220 mail.example ESMTP Exim 4.97"),
        ("help", "214-Commands supported:\n214 AUTH"),
        ("greeting", "220 ****************************"),
        ("certificate", "smtp.gmail.com"),
        ("ehlo", "250-mail.example\n250-8BITMIME\n250 SIZE 33554432"),
    ],
)
def test_the_order_of_keywords_gives_way_to_everything(other: tuple[str, str]) -> None:
    found = recognise([Heard("ehlo", POSTFIX_ORDER), Heard(*other)])
    assert "postfix" not in {claim.key for claim in found.claims}


def test_a_provider_and_its_program_are_two_things() -> None:
    found = recognise(
        [Heard("greeting", "220-p3plcpnl0413.prod.phx3.secureserver.net ESMTP Exim 4.91 #1\n220 x")]
    )
    assert found.provider
    assert found.program
    assert (found.provider.key, found.program.key, found.program.version) == ("godaddy", "exim", "4.91")
    assert found.keys == ("godaddy", "exim")


def test_a_provider_that_speaks_like_a_program_does_not_run_it() -> None:
    greeting = ("greeting", "220 smtp4m.mail.yandex.net ESMTP (Want to use Yandex.Mail for your domain?)")
    assert keys(greeting, ("auth", "535 5.7.8 Error: authentication failed")) == ("yandex",)


def test_a_claim_is_the_best_of_its_signs() -> None:
    found = recognise(
        [Heard("help", "214-Commands supported:"), Heard("greeting", "220 mail.example ESMTP Exim 4.97")]
    )
    (claim,) = found.claims
    assert (claim.where, claim.text) == ("greeting", "220 mail.example ESMTP Exim 4.97")


def test_programs_that_contradict_each_other_are_both_told() -> None:
    """A greeting that was made up, or a proxy that greets for a server behind it."""
    found = keys(
        ("greeting", "220 mail.example Microsoft ESMTP MAIL Service ready at Mon"),
        ("help", "502 5.5.1 Error: command not implemented"),
    )
    assert found == ("exchange", "postfix")


def test_a_masked_greeting_is_a_firewall_and_no_software() -> None:
    found = recognise([Heard("greeting", "220 " + "*" * 60)])
    assert found.middlebox
    assert (found.program, found.provider, found.keys) == (None, None, ())


@pytest.mark.parametrize(
    "greeting",
    [
        "* OK Dovecot (Debian) ready.",
        "+OK Dovecot ready.",
        "SSH-2.0-Postfix",
        "HTTP/1.1 200 Haraka",
        "\x15\x03\x01",
    ],
)
def test_another_protocol_is_no_mail_server_whatever_it_is_called(greeting: str) -> None:
    assert recognise([Heard("greeting", greeting), Heard("host", "smtp.gmail.com")]) == Recognised()


def test_a_protocol_that_is_only_spoken_of_is_none() -> None:
    assert keys(("greeting", "220 x ESMTP Postfix"), ("help", "214 SSH-2.0 HTTP/1.1 +OK * OK")) == (
        "postfix",
    )


def test_the_name_that_was_asked_for_is_the_providers() -> None:
    assert keys(("host", "smtp.gmail.com")) == ("google",)
    assert keys(("host", "smtp.gmail.com"), ("greeting", "220 mx.other.example ESMTP ready")) == ("google",)


def test_the_name_that_was_asked_for_proves_nothing_where_another_server_answers() -> None:
    """Some networks lead every connection to port 25 or 587 to a server of their own."""
    redirected = ("greeting", "220-1.2.0.192.host.secureserver.net ESMTP Exim 4.99.1 #2\n220 x")
    assert keys(("host", "smtp.gmail.com"), redirected) == ("exim",)


def test_a_certificate_for_several_providers_is_nobodys() -> None:
    assert keys(("certificate", "smtp.gmail.com"), ("certificate", "smtp.mail.yahoo.com")) == ()


def test_the_greeting_names_the_provider_before_a_certificate_does() -> None:
    assert keys(
        ("certificate", "smtp.mail.yahoo.com"), ("greeting", "220 mx.google.com ESMTP x - gsmtp")
    ) == ("google",)


def test_the_key_of_whoever_answers() -> None:
    assert provider_of([Heard("greeting", "220 mail.example ESMTP Postfix")]) == "postfix"
    assert provider_of([Heard("auth", "535-5.7.8 Username and Password not accepted x - gsmtp")]) == "google"
    assert provider_of([]) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("220 mail.example ESMTP", "mail.example"),
        ("220-MX.Example.COM ready", "mx.example.com"),
        ("220 mail ESMTP", ""),
        ("220 mail.example", "mail.example"),
        ("220 mail.example\x1b[2J", "mail.example"),
        ("220 .example ESMTP", ""),
        ("220", ""),
        ("hello there.example", ""),
    ],
)
def test_the_name_that_a_server_gives_itself(text: str, name: str) -> None:
    assert own_name(Heard("greeting", text)) == name


# Hostile text


def test_evidence_is_short_and_visible() -> None:
    text = "220 mail.example ESMTP Postfix \x1b[2J\u202e" + "x" * 9000
    (claim,) = recognise([Heard("greeting", text)]).claims
    assert claim.text.startswith(r"220 mail.example ESMTP Postfix \x1b[2J\u202e")
    assert len(claim.text) < EVIDENCE_CHARACTERS + 30
    assert visible(claim.text) == claim.text


def test_a_version_is_letters_digits_and_dots() -> None:
    for text in ("220 x ESMTP Exim 4.9\x1b[2J", "220 x ESMTP Exim " + "4" * 500, "220 x ESMTP Exim \u0664.9"):
        (claim,) = recognise([Heard("greeting", text)]).claims
        assert re.fullmatch(r"[0-9A-Za-z._]{0,40}", claim.version)


def test_what_is_too_far_down_is_not_looked_at() -> None:
    assert keys(("greeting", "220 " + "x" * CHARACTERS + " ESMTP Postfix")) == ()


ANY_PLACE = st.sampled_from([*sorted(PLACES - {"reply"}), "auth"])


@given(st.lists(st.tuples(ANY_PLACE, st.text(max_size=300)), max_size=5))
def test_any_text_is_read(texts: list[tuple[str, str]]) -> None:
    for claim in recognise(Heard(*text) for text in texts).claims:
        assert visible(claim.text) == claim.text


def repeats(tree: Any, inside: bool = False) -> Iterator[tuple[bool, int]]:
    """(within another repeat, most repetitions) of each repeat in a parsed pattern."""
    for operation, arguments in tree:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _least, most, inner = arguments
            yield inside, int(most)
            yield from repeats(inner, inside or int(most) > 1)
        elif name == "BRANCH":
            for branch in arguments[1]:
                yield from repeats(branch, inside)
        elif name in ("SUBPATTERN", "ASSERT", "ASSERT_NOT", "ATOMIC_GROUP"):
            inner = arguments if name == "ATOMIC_GROUP" else arguments[-1]
            yield from repeats(inner, inside)


@pytest.mark.parametrize("id", TABLE)
def test_a_pattern_cannot_backtrack_badly(id: str) -> None:
    """No long repeat within a repeat, and no two long ones side by side."""
    parsed = importlib.import_module("re._parser").parse(TABLE[id]["pattern"])
    long = [(inside, most) for inside, most in repeats(parsed) if most > 1000]
    assert all(not inside for inside, _ in long)
    assert len(long) <= 1


WORST = [
    "220 " + "a" * CHARACTERS,
    "220 " + "a.-_" * 1000,
    "220-" + "*1 " * 1300,
    "220 x" + " ESMTP" * 680,
    "220-a\n" * 680,
    "250-x Hello " + "y [" * 1300,
    "250-PIPELINING\n250-SIZE\n" + "250-AUTH x\n" * 370,
    "214-This is sendmail version " + "8." * 2000,
    "502 5.5.1 " + "a." * 2000,
    "535 " + "(#5.7.8) " * 450,
    "220 x SMTP Server (James" * 170,
    "\n" * CHARACTERS,
    " - gsmtp " * 450,
]


@pytest.mark.parametrize("text", WORST)
@pytest.mark.parametrize("where", ["greeting", "ehlo", "help", "auth", "host"])
def test_the_worst_text_is_read_to_its_end(where: str, text: str) -> None:
    assert isinstance(recognise([Heard(where, text)]), Recognised)


# The report


def test_the_report_says_who_answers() -> None:
    report = judge(transcript_of(REFUSED))
    assert report.software.keys == ("postfix",)
    (peer,) = [one["peer"] for one in as_json(report)["reports"]]
    assert peer["software"] == "Postfix"
    assert peer["claims"] == [
        {
            "kind": "mta",
            "key": "postfix",
            "name": "Postfix",
            "version": None,
            "sure": "high",
            "where": "greeting",
            "text": "220 mail.example ESMTP Postfix",
        }
    ]


def test_a_provider_is_no_software() -> None:
    (peer,) = [one["peer"] for one in as_json(report_of("healthy.gmail"))["reports"]]
    assert peer["software"] is None
    assert [(claim["kind"], claim["key"]) for claim in peer["claims"]] == [("provider", "google")]


def test_a_greeting_in_place_of_a_handshake_counts() -> None:
    assert who_answers(fixture("clear-text-where-tls-is-due").transcript).keys == ("postfix",)


def test_names_in_the_certificate_count() -> None:
    text = REFUSED.replace("ESMTP Postfix", "ESMTP").replace("trusted", "trusted names=*.messagingengine.com")
    assert who_answers(transcript_of(text)).keys == ("fastmail",)


def row_of(text: str, step: str = "greeting") -> str:
    worded = document([judge(transcript_of(text))]).reports[0]
    return next(one.summary for one in worded.steps if one.name == step)


def test_the_row_of_the_greeting_names_the_software() -> None:
    assert row_of(REFUSED) == "220 Service Ready: Postfix"
    assert row_of(REFUSED.replace("Postfix", "Exim 4.97.1 Thu")) == "220 Service Ready: Exim 4.97.1"
    assert row_of(REFUSED.replace("ESMTP Postfix", "ESMTP")) == "220 Service Ready: mail.example ESMTP"


def test_the_row_keeps_the_name_of_another_host() -> None:
    elsewhere = REFUSED.replace("220 mail.example", "220 mx7.other.example")
    assert row_of(elsewhere) == "220 Service Ready: Postfix (mx7.other.example)"


def test_the_row_of_a_greeting_with_a_fault_shows_it_as_it_came() -> None:
    assert "ESMTP Postfix" in row_of(REFUSED.replace("ESMTP Postfix", r"ESMTP Postfix\x1b[2J"))


def test_the_row_of_help_names_what_only_help_tells() -> None:
    assert row_of(fixture("healthy.qmail").text, "help") == "214 Help Message: qmail"


@pytest.mark.parametrize("verbosity", [1, 2])
def test_verbose_text_says_what_the_server_claims_to_be(verbosity: int) -> None:
    text = render(document([judge(transcript_of(REFUSED))]), "text", Options(verbosity=verbosity))
    assert "claims to be Postfix (greeting: 220 mail.example ESMTP Postfix)" in text


CLAIM = Claim("postfix", "Postfix", "mta", "high", "greeting", "220 x")


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (CLAIM, "claims to be Postfix (greeting: 220 x)"),
        (dataclasses.replace(CLAIM, version="3.7"), "claims to be Postfix 3.7 (greeting: 220 x)"),
        (dataclasses.replace(CLAIM, sure="medium"), "looks like Postfix (greeting: 220 x)"),
        (dataclasses.replace(CLAIM, sure="low"), "looks like Postfix (greeting: 220 x)"),
        (
            dataclasses.replace(CLAIM, kind="provider", where="certificate", text="y"),
            "belongs to Postfix, by a name in the certificate: y",
        ),
        (
            dataclasses.replace(CLAIM, kind="provider", where="host", text="y"),
            "belongs to Postfix, by the name that was asked for: y",
        ),
        (dataclasses.replace(CLAIM, kind="middlebox"), "Postfix stands in between (greeting: 220 x)"),
    ],
)
def test_a_claim_in_words(claim: Claim, words: str) -> None:
    report = dataclasses.replace(judge(transcript_of(REFUSED)), software=Recognised((claim,)))
    assert document([report]).reports[0].answering == (words,)


# Advice


def known(key: str, kind: str = "mta") -> Recognised:
    return Recognised((Claim(key, key.capitalize(), kind, "high", "greeting", "220 x"),))


NOBODY = Recognised()


def advised(name: str, who: Recognised, language: str = "en") -> tuple[Action, ...]:
    """What to do about the finding of a dialogue, if `who` had answered there."""
    report = dataclasses.replace(report_of(name), software=who)
    worded = document([report], language).reports[0]
    return next(one for one in worded.findings if one.id == name.split(".")[0]).next


def commands(name: str, who: Recognised) -> set[str]:
    """The first words of commands that are for a server's administrator."""
    return {
        action.command.split()[0]
        for action in advised(name, who)
        if action.command and action.who == "server-administrator"
    }


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("starttls-not-offered", {"postfix": {"postconf"}, "exim": {"exim"}, "dovecot": {"doveconf"}}),
        ("auth-not-offered", {"postfix": {"postconf"}, "exim": {"exim"}, "dovecot": {"doveconf"}}),
        ("auth-offered-in-clear", {"postfix": {"postconf"}, "exim": {"exim"}, "dovecot": {"doveconf"}}),
        ("tls-too-old", {"postfix": {"postconf", "openssl"}, "exim": {"exim", "openssl"}}),
        ("clear-text-where-tls-is-due", {"postfix": {"postconf"}, "exim": {"exim"}, "haraka": set()}),
        ("certificate-missing-intermediate", {"postfix": {"postconf", "grep"}, "haraka": {"grep"}}),
    ],
)
def test_a_known_program_gets_its_own_commands(name: str, of: dict[str, set[str]]) -> None:
    for key, expected in of.items():
        assert commands(name, known(key)) == expected, key


def test_a_known_program_is_not_told_of_others() -> None:
    for name in ("starttls-not-offered", "auth-offered-in-clear", "auth-not-offered"):
        said = " ".join(action.do for action in advised(name, known("postfix")))
        assert not re.search(r"Exim|Dovecot|in Postfix", said), name


def test_an_unknown_program_gets_what_is_said_to_everybody() -> None:
    """What `explain` says too: three programs side by side."""
    for name in ("starttls-not-offered", "auth-offered-in-clear", "auth-not-offered"):
        said = [action.do for action in advised(name, NOBODY)]
        fix = entry(lookup.for_id(name)[0], ENGLISH).fix
        assert all(do in fix for do in said), name
        assert "Exim" in fix


def test_form_alone_is_no_ground_for_advice() -> None:
    weak = Recognised((dataclasses.replace(CLAIM, sure="low"),))
    assert advised("starttls-not-offered", weak) == advised("starttls-not-offered", NOBODY)


@pytest.mark.parametrize("key", ["haraka", "sendmail", "postfix", "exim", "dovecot", "exchange"])
@pytest.mark.parametrize("name", DIALOGUES)
def test_whoever_is_known_finds_no_command_of_another(name: str, key: str) -> None:
    """Nor is anybody left without a thing to do."""
    report = dataclasses.replace(report_of(name), software=known(key))
    own = {finding.id for finding in report.findings if not (finding.cause and finding.cause.providers)}
    for finding in document([report]).reports[0].findings:
        assert finding.next, finding.id
        if finding.id in own:  # the others have advice for whoever answers in the dialogue
            tools = {TOOLS.get((action.command or "-").split()[0]) for action in finding.next}
            assert tools <= {None, key}, finding.id


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    "name", ["starttls-not-offered", "auth-not-offered", "certificate-expired", "certificate-wrong-name"]
)
def test_a_providers_customer_is_not_asked_to_administer_it(name: str, language: str) -> None:
    steps = advised(name, known("ionos", "provider"), language)
    assert not any(step.command for step in steps if step.who == "server-administrator")
    said = words_in(language).label("claims", "provider-only", name="Ionos")
    assert [step.do for step in steps].count(said) == 1


def test_advice_that_is_made_for_somebody_stays_as_it_is() -> None:
    steps = document([report_of("credentials-rejected.gmail")]).reports[0].findings[0].next
    only = words_in("en").label("claims", "provider-only", name="Gmail / Google Workspace")
    assert only not in [step.do for step in steps]
    assert any("apppasswords" in step.do for step in steps)


STEPS = (
    {"who": "you", "do": "a", "command": "dig x"},
    {"who": "server-administrator", "for": ["unknown"], "do": "b", "command": "postconf x"},
    {"who": "server-administrator", "for": ["known"], "do": "c", "commands": {"exim": "exim -bP x"}},
    {"who": "server-administrator", "for": ["postfix"], "do": "d"},
    {"who": "server-administrator", "for": ["others"], "do": "e"},
    {"who": "server-administrator", "do": "f", "command": "uptime; postconf y; exim -bP y"},
)


@pytest.mark.parametrize(
    ("who", "left"),
    [
        (NOBODY, {"a": "dig x", "b": "postconf x", "f": "uptime; postconf y; exim -bP y"}),
        (known("postfix"), {"a": "dig x", "c": None, "d": None, "f": "uptime; postconf y"}),
        (known("exim"), {"a": "dig x", "c": "exim -bP x", "e": None, "f": "uptime; exim -bP y"}),
        (known("haraka"), {"a": "dig x", "c": None, "e": None, "f": "uptime"}),
    ],
)
def test_steps_that_fit(who: Recognised, left: dict[str, str | None]) -> None:
    assert {step["do"]: step.get("command") for step in fitting(STEPS, who, ENGLISH)} == left


def test_a_step_for_programs_has_one_for_those_that_are_not_known_and_for_others() -> None:
    def rows(value: Any) -> Iterator[list[Any]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key == "next":
                    yield inner
                yield from rows(inner)

    for file in ("findings", "causes"):
        for steps in rows(dict(tables.table(file))):
            wanted = {word for step in steps for word in step.get("for", ())}
            if wanted:
                assert "unknown" in wanted
                assert wanted & {"known", "others"}


def test_a_report_has_a_place_for_who_answers() -> None:
    assert "answering" in {field.name for field in dataclasses.fields(DocReport)}
