"""What a reply names by its own words is what the reader is told: title, meaning, steps, how sure it is."""

import re

import pytest

from smtpprobe.knowledge import tables
from smtpprobe.words.document import DocDiagnosis
from smtpprobe.words.texts import languages, words_in
from smtpprobe.words.wording import document

from .support.reports import read, report_of

CAUSES = tables.table("causes")
REPLY = """
*: target submission://mail.example:587
*: plan user
*: resolve 192.0.2.25
*: connect 192.0.2.25
S: 220 mail.example ESMTP
C: EHLO client.example
S: 250-mail.example
S+: 250 STARTTLS
C: STARTTLS
S: 220 2.0.0 Ready
*: tls TLSv1.3 TLS_AES_256_GCM_SHA384 trusted names=mail.example
C: EHLO client.example
S: 250-mail.example
S+: 250 AUTH PLAIN LOGIN
C: HELP
S: 214 2.0.0 help
C: AUTH PLAIN [secret]
S: {reply}
C: QUIT
S: 221 2.0.0 Bye
"""


def diagnosis_of(reply: str, language: str = "en") -> DocDiagnosis:
    """What is told of a login that gets this reply."""
    (report,) = document([read(REPLY.format(reply=reply))], language).reports
    assert report.diagnosis
    return report.diagnosis


def test_a_cause_that_the_reply_names_gives_title_and_meaning() -> None:
    told = diagnosis_of("535 5.7.8 this account has been locked")
    assert (told.finding, told.cause, told.sure) == ("credentials-rejected", "account-locked", "likely")
    assert told.title == CAUSES["account-locked"]["title"]
    assert told.meaning == CAUSES["account-locked"]["meaning"]
    assert told.alternatives[0].cause == "bad-credentials"
    assert "not proven" in told.because


def test_what_the_reply_says_in_so_many_words_is_certain() -> None:
    told = diagnosis_of("535 5.7.139 SmtpClientAuthentication is disabled for the Tenant.")
    assert (told.cause, told.sure, told.alternatives) == ("smtp-auth-disabled-tenant", "certain", ())
    assert told.because == "The reply itself says so."


def test_a_code_alone_keeps_the_words_of_the_finding() -> None:
    told = diagnosis_of("535 5.7.8 no")
    assert told.title == tables.table("findings")["credentials-rejected"]["title"]
    assert told.because.endswith("the text says no more.")


def test_a_guess_keeps_the_words_of_the_finding() -> None:
    told = diagnosis_of("535 5.7.8 internal error")
    assert (told.cause, told.sure) == ("temporary-server", "possible")
    assert told.title == tables.table("findings")["credentials-rejected"]["title"]


def test_a_provider_s_own_place_comes_instead_of_general_steps() -> None:
    told = diagnosis_of("535 5.7.8 Username and Password not accepted ?p=BadCredentials x - gsmtp")
    assert told.cause == "bad-credentials"
    assert "myaccount.google.com" in told.next[0].do
    assert told.meaning.startswith("Gmail")


@pytest.mark.parametrize("language", languages())
def test_a_paragraph_to_pass_on_where_somebody_else_must_act(language: str) -> None:
    reply = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox."
    told = diagnosis_of(reply, language)
    assert told.next[0].who == "server-administrator"
    assert told.forward
    for part in ("mail.example", "587", "535 5.7.139", told.title, told.next[0].do):
        assert part in told.forward
    assert not re.search(r"[{}]", told.forward)


def test_no_paragraph_where_the_reader_acts_first() -> None:
    told = diagnosis_of("535 5.7.8 no")
    assert told.next[0].who == "you"
    assert told.forward is None


def test_the_verdict_names_the_cause_too() -> None:
    report = report_of("mechanism-too-weak.gmail")
    (told,) = document([report]).reports
    assert CAUSES["app-password-required"]["title"] in told.conclusion


@pytest.mark.parametrize("id", tables.ids("advice"))
def test_advice_is_for_a_provider_and_a_cause_that_exist(id: str) -> None:
    provider, cause = id.split("/")
    assert cause in CAUSES
    assert provider in {row["key"] for row in tables.table("software").values()}
    for step in tables.table("advice")[id]["next"]:
        assert set(step) <= {"who", "do", "command", "unless"}
        assert step["who"] in ("you", "server-administrator", "provider", "network-administrator")


@pytest.mark.parametrize("id", tables.ids("said"))
@pytest.mark.parametrize("language", languages())
def test_every_known_reply_is_told_whole(id: str, language: str) -> None:
    """As an answer to AUTH, whoever says it: no hole, no placeholder, in every language."""
    whole = tables.table("said")[id]["example"].replace("\n", " ")
    example = f"{whole[:3]} {whole[4:]}"
    told = diagnosis_of(example, language)
    texts = [told.title, told.meaning, told.because, told.forward or "", *(step.do for step in told.next)]
    assert told.next
    assert not any(re.search(r"\{\w*\}", text) for text in texts)
    assert words_in(language).row("causes", told.cause or "bad-credentials")
