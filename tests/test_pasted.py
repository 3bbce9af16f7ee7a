"""What people paste: replies with line breaks, lines of a log, challenges, EHLO lines, or none of these."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpprobe import explain
from smtpprobe.explaining import ExplainError, stands_alone
from smtpprobe.pasted import inside, split_text, split_words


def split(text: str) -> list[str]:
    return split_text(text, stands_alone)


def says(what: str) -> tuple[str, ...]:
    return explain(what).says


# Taken apart


def test_a_reply_of_several_lines_is_one_thing() -> None:
    text = "535-5.7.8 Username and Password not accepted.\n535 5.7.8 Learn more - gsmtp\n"
    assert split(text) == [text.strip()]


def test_several_replies_are_several_things() -> None:
    assert split("220 mail.example ESMTP\r\n250-mail.example\r\n250 SIZE 1\r\n535 no\r\n") == [
        "220 mail.example ESMTP",
        "250-mail.example\n250 SIZE 1",
        "535 no",
    ]


def test_a_list_of_names_is_asked_for_one_by_one() -> None:
    assert split("535\n\n5.7.8\nSTARTTLS\nscram-sha-256\n421 4.3.2 busy\nbad-credentials") == [
        "535",
        "5.7.8",
        "STARTTLS",
        "scram-sha-256",
        "421 4.3.2 busy",
        "bad-credentials",
    ]


def test_the_folded_end_of_a_reply_belongs_to_it() -> None:
    assert split("535-5.7.8 Username not accepted. For\n    more go to\n535 5.7.8 https://x - gsmtp") == [
        "535-5.7.8 Username not accepted. For\nmore go to\n535 5.7.8 https://x - gsmtp"
    ]
    assert split("550 5.1.1 The account\ndoes not exist") == ["550 5.1.1 The account\ndoes not exist"]


def test_a_reply_cut_short_is_still_one() -> None:
    assert split("250-mail.example\n250-SIZE 1") == ["250-mail.example\n250-SIZE 1"]


def test_arguments_with_line_breaks_are_taken_apart_too() -> None:
    assert split_words(["421 busy\n535 no"], stands_alone) == ["421 busy", "535 no"]


@given(st.text(max_size=300))
def test_nothing_is_lost(text: str) -> None:
    pieces = "".join("".join(piece.split()) for piece in split(text))
    assert pieces == "".join(text.split())


# Lines of a log


@pytest.mark.parametrize(
    ("line", "first"),
    [
        (
            "Nov 22 05:00:00 mx postfix/smtp[250]: 4Xy: to=<a@b.example>, relay=mx.b.example[192.0.2.1]:25, "
            "delay=1.2, dsn=5.1.1, status=bounced (host mx.b.example[192.0.2.1] said: 550 5.1.1 "
            "<a@b.example>: Recipient address rejected: User unknown (in reply to RCPT TO command))",
            "550",
        ),
        ("host x[192.0.2.1] said: 450 Greylisted, try later (in reply to RCPT TO command)", "450"),
        ("smtplib.SMTPAuthenticationError: (535, b'5.7.8 Username and Password not accepted')", "535"),
        ("smtplib.SMTPAuthenticationError: (535, b'Incorrect authentication data')", "535"),
        ("Error: Invalid login: 535-5.7.8 Username and Password not accepted.", "535"),
        ("Diagnostic-Code: smtp; 550 5.7.1 relaying denied", "550"),
        ("Status: 5.2.2", "5.2.2"),
        ("<** 535 Incorrect authentication data", "535"),
        ("<~* 454 4.7.0 Temporary authentication failure", "454"),
        (
            "H=mx.example: SMTP error from remote mail server after RCPT TO:<a@b>: 550 No such user",
            "550",
        ),
        ("554-mx refused to talk to me: 421 4.7.0 Too many connections", "554"),
    ],
)
def test_the_reply_in_a_line_of_a_log_is_found(line: str, first: str) -> None:
    entry = explain(line).entries[0]
    assert entry.id.split()[-1] == first


def test_the_command_that_a_log_names_is_heeded() -> None:
    answer = explain("host said: 450 4.7.1 Greylisted (in reply to RCPT TO command)")
    assert answer.entries[0].id == "RCPT 450"
    answer = explain("smtplib.SMTPAuthenticationError: (454, b'4.7.0 Temporary failure')")
    assert answer.entries[0].id == "AUTH 454"


@pytest.mark.parametrize(
    "line",
    [
        "Nov 22 05:00:00 mx postfix/smtpd[250]: connect from unknown[192.0.2.1]",
        "the process ended after 300 seconds",
        "size=250 nrcpt=1",
        "version 5.1.3 of aiosmtplib.",
        "192.0.2.250 and 192.0.2.5",
        "2026-11-22 05:00:00",
    ],
)
def test_a_number_in_a_log_is_no_reply(line: str) -> None:
    found = inside(line)
    assert found is None or found[0].startswith("5.1.3")


# What lines say by themselves


def test_a_size_is_told_in_words() -> None:
    assert any("50 MiB" in text for text in says("250-SIZE 52428800"))
    assert any("50 MiB" in text for text in says("SIZE 52428800"))
    assert any("50 MiB" in text for text in says("250-mail.example\n250-size 52428800\n250 HELP"))
    assert "No limit" in says("250 SIZE 0")[0]
    assert says("250 SIZE") == ()


@pytest.mark.parametrize("value", ["-1", "1e9", "50M", "9" * 21, "²"])
def test_a_size_that_is_none_is_left_alone(value: str) -> None:
    assert says(f"250-SIZE {value}") == ()


def test_the_mechanisms_of_an_auth_line_are_explained_too() -> None:
    answer = explain("250-AUTH PLAIN LOGIN XOAUTH2 X-UNHEARD-OF")
    assert [entry.id for entry in answer.entries][:4] == ["AUTH", "PLAIN", "LOGIN", "XOAUTH2"]
    assert "X-UNHEARD-OF" in answer.says[0]
    assert "PLAIN, LOGIN" in explain("250 AUTH=PLAIN LOGIN").says[0]


def challenge(octets: bytes) -> tuple[str, ...]:
    return says(f"334 {base64.b64encode(octets).decode()}")


def test_a_challenge_is_decoded() -> None:
    assert says("334 VXNlcm5hbWU6")[0].endswith("Username:")
    assert "user name" in says("334 VXNlcm5hbWU6")[1]
    assert "password" in challenge(b"Password:")[1]
    assert "CRAM-MD5" in challenge(b"<1896.697170952@postoffice.example>")[1]
    assert "4096 iterations" in challenge(b"r=abcDEF,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")[1]
    assert "NTLM" in challenge(b"NTLMSSP\0\2\0\0\0")[0]
    oauth = challenge(b'{"status":"400","schemes":"Bearer","scope":"https://mail.example/"}')
    assert "status 400" in oauth[1]
    assert "https://mail.example/" in oauth[1]


def test_a_challenge_that_says_nothing_says_so() -> None:
    assert says("334 ") == ()
    assert "no base64" in says("334 Log on")[0]
    assert "no text" in challenge(b"\0\1\2")[0]
    assert "text" in challenge(b"\x1b[2J")[0]


@given(st.binary(max_size=200))
def test_any_challenge_is_told_in_text_that_can_be_shown(octets: bytes) -> None:
    told = challenge(octets)
    assert bool(told) is bool(octets)
    assert all(text.isprintable() for text in told)


# What is nothing


@pytest.mark.parametrize("what", ["", " \n ", "5", "5350", "\x00\x01\x02", "GIF89a\x01\x00", "x" * 70_000])
def test_what_cannot_be_meant_is_an_error(what: str) -> None:
    with pytest.raises(ExplainError):
        explain(what)


def test_what_is_unknown_names_the_nearest_and_is_no_error() -> None:
    answer = explain("SCRAM-SHA-257")
    assert not answer.known
    assert "SCRAM-SHA-256" in answer.nearest
    assert explain("999").entries
    assert not explain("999").known
