"""Why a reply was given, from its own words: known texts, and words in any text, in many languages."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpprobe.knowledge import tables
from smtpprobe.knowledge.causes import CHARACTERS, Said, folded, recognise, spaced
from smtpprobe.knowledge.refusals import CAUSES, read_refusal

SAID = tables.table("said")
WORDS = tables.table("words")
STEPS = {"greeting", "ehlo", "helo", "starttls", "help", "auth", "mail", "rcpt", "data", "any"}


def reply_of(id: str, *providers: str) -> Said:
    """The example of a row, as it would come."""
    row = SAID[id]
    step = row["steps"][0]
    return Said(int(id[:3]), row["example"][4:], None, None if step == "any" else step, providers)


# Known texts


@pytest.mark.parametrize("id", SAID)
def test_a_row_is_recognised_on_its_own_example(id: str) -> None:
    row = SAID[id]
    found = recognise(reply_of(id, row["provider"]))
    assert found
    assert (found.cause, found.sure, found.by) == (row["cause"], row["sure"], "said")


@pytest.mark.parametrize("id", SAID)
def test_an_example_is_recognised_as_no_other_cause_with_certainty(id: str) -> None:
    """Also where nobody knows who said it."""
    found = recognise(reply_of(id))
    assert found is None or found.cause == SAID[id]["cause"] or found.sure != "certain"


@pytest.mark.parametrize("id", SAID)
def test_a_row_has_its_shape(id: str) -> None:
    row = SAID[id]
    assert re.fullmatch(r"[45]\d\d-[a-z0-9-]+", id)
    assert row["example"].startswith(id[:3])
    assert row["sure"] in ("certain", "likely", "possible")
    assert set(row["steps"]) <= STEPS
    assert {row["cause"], *row.get("alternatives", ())} <= set(tables.ids("causes"))
    assert row["cause"] not in row.get("alternatives", ())
    assert bool(row.get("alternatives")) or row["sure"] != "possible"
    assert row["source"]
    assert not row.get("only_there") or row["provider"]
    re.compile(row["pattern"])


def test_what_says_nothing_by_itself_needs_its_provider() -> None:
    text = Said(535, "Error: authentication failed", step="auth")
    told = recognise(text._replace(providers=("netease",)))
    assert told
    assert told.cause == "authorization-code-required"
    untold = recognise(text)
    assert untold
    assert untold.cause == "bad-credentials"


def test_a_reply_of_several_lines_is_read_as_one() -> None:
    text = "5.7.8 Username and Password not\n5.7.8 accepted. Learn more at\n5.7.8 https://x/?p=BadCredentials"
    found = recognise(Said(535, text, "5.7.8", "auth"))
    assert found
    assert (found.by, found.provider) == ("said", "google")


def test_the_step_is_heeded() -> None:
    text = "5.7.0 Authentication required."
    assert recognise(Said(530, text, "5.7.0", "mail", ("dovecot",)))
    assert recognise(Said(554, "5.7.1 Relay access denied", step="auth")) is None


# Words


@pytest.mark.parametrize("cause", WORDS)
def test_phrases_are_written_as_they_are_looked_for(cause: str) -> None:
    row = WORDS[cause]
    assert cause in tables.ids("causes")
    assert row["steps"]
    assert set(row["steps"]) <= STEPS - {"any"}
    assert len(row["phrases"]) == len(set(row["phrases"]))
    for phrase in row["phrases"]:
        parts = phrase.split("*")
        assert all(part.strip() for part in parts), phrase
        assert all(re.sub(r"[\W_]+", " ", part.casefold()) == part for part in parts), phrase


@pytest.mark.parametrize(
    ("code", "text", "cause"),
    [
        (535, "5.7.8 Your account is locked", "account-locked"),
        (535, "Account temporarily locked due to too many failed attempts", "account-locked"),
        (535, "5.7.0 Benutzer ist gesperrt, bitte wenden Sie sich an den Support", "account-locked"),
        (535, "5.7.8 Ваша учётная запись заблокирована", "account-locked"),
        (535, "アカウントがロックされています", "account-locked"),
        (535, "您的账号已被锁定", "account-locked"),
        (535, "This account has been disabled", "account-disabled"),
        (550, "5.7.1 Mailbox user@x.example is disabled", "account-disabled"),
        (535, "5.7.8 Le compte est désactivé", "account-disabled"),
        (535, "Your password has expired", "password-expired"),
        (535, "Ihr Passwort ist abgelaufen", "password-expired"),
        (454, "4.7.0 Too many login attempts, slow down", "rate-limit-logins"),
        (421, "too many failed logins from your address", "rate-limit-logins"),
        (535, "Слишком много неудачных попыток входа", "rate-limit-logins"),
        (535, "Please use an application-specific password", "app-password-required"),
        (535, "Используйте пароль приложения", "app-password-required"),
        (535, "请使用应用专用密码", "app-password-required"),
        (535, "登录失败,请使用授权码登录", "authorization-code-required"),
        (535, "5.7.8 access token expired", "bad-token"),
        (535, "The OAuth token has been revoked", "bad-token"),
        (535, "SMTP AUTH is disabled for this mailbox", "smtp-auth-disabled-mailbox"),
        (535, "5.7.3 blocked by conditional access", "conditional-access"),
        (535, "basic authentication is disabled here", "basic-auth-retired"),
        (535, "SMTP access is not enabled for this user", "service-not-enabled"),
        (535, "User has no permission", "service-not-enabled"),
        (535, "Login from this IP address is not allowed", "ip-not-allowed-for-account"),
        (504, "5.5.4 Unsupported authentication mechanism", "mechanism-unsupported"),
        (535, "mechanism GSSAPI not available", "mechanism-unsupported"),
        (530, "5.7.0 TLS is required", "tls-required"),
        (538, "Требуется шифрование", "tls-required"),
        (535, "Incorrect username or password", "bad-credentials"),
        (535, "5.7.8 Неверный логин или пароль", "bad-credentials"),
        (535, "Benutzername oder Passwort falsch", "bad-credentials"),
        (535, "Identifiant ou mot de passe incorrect", "bad-credentials"),
        (535, "usuario o contraseña incorrectos", "bad-credentials"),
        (535, "用户名或密码错误", "bad-credentials"),
        (535, "認証に失敗しました", "bad-credentials"),
        (535, "Sai mật khẩu hoặc tên người dùng", "bad-credentials"),
        (454, "4.3.0 Internal error, try again later", "temporary-server"),
        (454, "4.7.0 LDAP lookup failed", "temporary-server"),
        (503, "5.5.1 already authenticated", "already-authenticated"),
        (501, "5.5.2 cannot decode base64", "base64-error"),
        (550, "Daily sending limit exceeded", "quota"),
        (554, "Your IP is listed on a blacklist", "ip-blocked"),
    ],
)
def test_words_name_a_cause_of_a_refused_login(code: int, text: str, cause: str) -> None:
    found = recognise(Said(code, text, step="auth"))
    assert found
    assert found.cause == cause


@pytest.mark.parametrize(
    ("code", "text", "step", "cause"),
    [
        (421, "mail.example too many concurrent connections", "greeting", "rate-limit-connections"),
        (554, "5.7.1 rejected: listed at zen.spamhaus.example", "greeting", "ip-blocked"),
        (550, "Your host has no reverse DNS", "greeting", "ip-rdns"),
        (421, "Server too busy", "greeting", "overload"),
        (550, "Invalid HELO name", "helo", "ehlo-name-bad"),
        (554, "5.5.1 Error: TLS already active", "starttls", "tls-already-active"),
        (530, "Authentication required", "mail", "auth-required"),
        (550, "5.7.1 Unable to relay", "rcpt", "relay-denied"),
        (450, "4.2.0 Greylisted, try again", "rcpt", "greylisted"),
        (550, "5.1.1 No such user here", "rcpt", "recipient-unknown"),
        (552, "message too large", "mail", "message-too-large"),
        (421, "Service shutting down", "ehlo", "temporary-server"),
        (421, "Too many errors", "help", "too-many-errors"),
    ],
)
def test_words_name_a_cause_at_other_steps(code: int, text: str, step: str, cause: str) -> None:
    found = recognise(Said(code, text, step=step))
    assert found
    assert found.cause == cause


@pytest.mark.parametrize(
    "text",
    [
        "5.7.8 no",
        "5.0.0 mail.example",
        "Go away",
        "5.7.1 <client.blocklist.example>: no",
        "",
        "5.7.8",
        "535 535 535",
        "blocked",
        "unlocked accounts are welcome",
    ],
)
def test_words_that_name_nothing_are_left_alone(text: str) -> None:
    found = recognise(Said(535, text, step="auth"))
    assert found is None or found.cause == "ip-blocked"


@given(st.text(max_size=400), st.sampled_from([421, 454, 504, 530, 535, 550]))
def test_words_alone_are_never_certain(text: str, code: int) -> None:
    found = recognise(Said(code, text, step="auth"))
    assert found is None or found.by == "said" or found.sure != "certain"


@given(st.text(max_size=20))
def test_no_more_than_the_first_characters_are_read(text: str) -> None:
    assert len(folded(text * (CHARACTERS // 10))) <= CHARACTERS


def test_spaces_stand_for_whatever_is_no_letter() -> None:
    assert spaced("5.7.8 User_is-LOCKED!") == " 5 7 8 user is locked "
    assert spaced("密码错误。") == " 密码错误 "


# Refusals of AUTH as a whole


def test_a_cause_that_is_not_certain_comes_with_others() -> None:
    for text in ("", "5.7.8 no", "your account is locked", "5.7.8 Error: authentication failed"):
        for code in (454, 501, 504, 534, 535, 550, 554):
            _, reading = read_refusal(Said(code, text, None, "auth"))
            others = reading.alternatives
            assert reading.sure == "certain" or others or CAUSES["auth-needs-tls"], (code, text)
            assert reading.cause not in others
            assert len(others) == len(set(others))


def test_words_come_before_a_code_that_is_said_for_everything() -> None:
    finding, reading = read_refusal(Said(535, "5.7.8 account is locked", "5.7.8", "auth"))
    assert (finding, reading.cause, reading.by) == ("credentials-rejected", "account-locked", "words")
    assert "bad-credentials" in reading.alternatives


def test_an_exact_enhanced_code_is_not_made_less_sure() -> None:
    _, reading = read_refusal(Said(500, "5.5.6 Line is too long", "5.5.6", "auth"))
    assert (reading.cause, reading.sure) == ("line-too-long", "certain")


def test_a_later_promise_in_a_permanent_refusal_is_at_most_possible() -> None:
    _, reading = read_refusal(Said(535, "internal error", None, "auth"))
    assert (reading.cause, reading.sure) == ("temporary-server", "possible")
