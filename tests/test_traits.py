"""Traits: each is seen where it is, and none of them gives a login away."""

import base64
import dataclasses
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from smtpprobe.inputs.traits import LEEWAY_SECONDS, LONGEST_JWT, traits_of
from smtpprobe.record import CredentialTraits, Trait
from smtpprobe.request import Credentials

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
USER = "me@mail.example"


def seen(secret: str, *, user: str = USER, token: bool = False) -> set[str]:
    return {trait.value for trait in traits_of(Credentials(user, secret, token), NOW).seen}


def of_password(secret: str) -> set[str]:
    """What is seen of a password, but for its being no app password."""
    return seen(secret) - {"no-app-password"}


# Passwords


@pytest.mark.parametrize(
    ("secret", "traits"),
    [
        ("hunter2", ""),
        ("correct horse", ""),
        (" hunter2", "leading-blank"),
        ("hunter2\t", "trailing-blank"),
        (" ", "leading-blank trailing-blank"),
        ("hunter2\n", "line-end-at-end"),
        ("hunter2\r", "line-end-at-end"),
        ("hunter2 \r\n", "line-end-at-end trailing-blank"),
        ("hunter2\nx", "line-end-inside"),
        ("\nhunter2", "line-end-inside"),
        ("hunter2\r\nx\n", "line-end-inside line-end-at-end"),
        ("\n", "line-end-at-end"),
        ("hun\tter2", "control-character"),
        ("hun\x1bter2", "control-character"),
        ("hunter2\x85", "control-character"),
        ("hun\u00a0ter2", "foreign-blank"),
        ("hunter2\u3000", "foreign-blank"),
        ("hun\u2028ter2", "foreign-blank"),
        ("\u201chunter2\u201d", "typographic"),
        ("hunter\u20132", "typographic"),
        ("hunter\u20112", "typographic"),
        ("hun\u200bter2", "unseen-character"),
        ("\ufeffhunter2", "unseen-character"),
        ("hun\u00adter2", "unseen-character"),
        ("hunter2\u200e", "unseen-character"),
        ("hun\u200dter2", "unseen-character"),
        ("\U0001f469\u200d\U0001f680", "non-ascii"),
        ("p\u00e4ss", "non-ascii"),
        ("pa\u0308ss", "non-ascii not-nfc"),
        ("пароль", "non-ascii"),
        ("pass\ud800", "non-ascii"),
    ],
)
def test_what_is_seen_of_a_password(secret: str, traits: str) -> None:
    assert of_password(secret) == set(traits.split())


@pytest.mark.parametrize(
    ("secret", "traits"),
    [
        ("abcdefghijklmnop", ""),
        ("abcd efgh ijkl mnop", "app-password-with-blanks"),
        ("Abcd efgh ijkl mnop", "app-password-with-blanks"),
        ("abcd\u00a0efgh\u00a0ijkl\u00a0mnop", "app-password-with-blanks foreign-blank"),
        (" abcd efgh ijkl mnop\n", "app-password-with-blanks leading-blank line-end-at-end"),
        ("abcd efgh ijkl mno1", "no-app-password"),
        ("abcdefghijklmno", "no-app-password"),
        ("Abcdefghijklmnop", "no-app-password"),
        ("abcd-efgh-ijkl-mnop", "no-app-password"),
    ],
)
def test_the_shape_of_an_app_password(secret: str, traits: str) -> None:
    assert seen(secret) == set(traits.split())


# User names


@pytest.mark.parametrize(
    "user",
    [
        "me@mail.example",
        "EXAMPLE\\me",
        "me+mail.example",
        "me%mail.example",
        "apikey",
        "resend",
        "SMTP_Injection",
        "AKIAIOSFODNN7EXAMPLE",
        "0123456789abcdef0123456789abcdef",
        "7d444840-9dc0-11d1-b245-5ffdce74fad2",
    ],
)
def test_a_name_with_a_domain_and_one_made_by_a_machine_are_as_they_should_be(user: str) -> None:
    assert seen("abcdefghijklmnop", user=user) == set()


@pytest.mark.parametrize(
    ("user", "traits"),
    [
        ("me", "user-without-domain"),
        ("administrator", "user-without-domain"),
        ("me@mail.example ", "user-blank"),
        ("\u00a0me@mail.example", "user-blank"),
        ("me@mail.example\u200b", "user-blank"),
        (" me", "user-blank user-without-domain"),
        ("", ""),
    ],
)
def test_what_is_seen_of_a_user_name(user: str, traits: str) -> None:
    assert seen("abcdefghijklmnop", user=user) == set(traits.split())


# Tokens


def part(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def jwt(claims: object = None, header: object = None) -> str:
    return f"{part(header or {'alg': 'RS256'})}.{part({} if claims is None else claims)}.c2ln"


def of_token(token: str) -> set[str]:
    return seen(token, token=True) - {"token"}


@pytest.mark.parametrize(
    ("token", "traits"),
    [
        ("ya29.a0AfH6SM-_x", ""),
        ("EwBgA8l6BAAUO9ch==", ""),
        ("1//0gabcdef-_", "refresh-token"),
        ("Bearer ya29.x", "bearer-prefix"),
        ("bearer  1//0g", "bearer-prefix refresh-token"),
        (" ya29.x", "no-token-character"),
        ("ya29.x\n", "no-token-character"),
        ("ya29.ä", "no-token-character"),
        ("", "no-token-character"),
        ("a.b.c", ""),
        ("..", ""),
    ],
)
def test_what_is_seen_of_a_token(token: str, traits: str) -> None:
    assert of_token(token) == set(traits.split())
    assert "token" in seen(token, token=True)


GRAPH = "00000003-0000-0000-c000-000000000000"


@pytest.mark.parametrize(
    ("claims", "traits"),
    [
        ({}, ""),
        ({"exp": SECONDS + 1, "nbf": SECONDS - 1, "aud": "https://outlook.office.com"}, ""),
        ({"exp": SECONDS - 1}, "jwt-expired"),
        ({"exp": SECONDS - 0.5}, "jwt-expired"),
        ({"exp": SECONDS}, ""),
        ({"exp": -(10**400)}, "jwt-expired"),
        ({"nbf": SECONDS + LEEWAY_SECONDS}, ""),
        ({"nbf": SECONDS + LEEWAY_SECONDS + 1}, "jwt-not-yet-valid"),
        ({"nbf": 10**400, "exp": 0}, "jwt-not-yet-valid jwt-expired"),
        ({"exp": str(SECONDS - 1), "nbf": [SECONDS * 2], "aud": 3}, ""),
        ({"exp": True, "nbf": None}, ""),
        ({"exp": float("nan"), "nbf": float("nan")}, ""),
        ({"aud": "https://graph.microsoft.com"}, "jwt-other-audience"),
        ({"aud": "https://graph.microsoft.com/"}, "jwt-other-audience"),
        ({"aud": GRAPH}, "jwt-other-audience"),
        ({"aud": [GRAPH, "https://management.azure.com/"]}, "jwt-other-audience"),
        ({"aud": [GRAPH, "https://outlook.office365.com"]}, ""),
        ({"aud": "https://mail.example"}, ""),
        ({"aud": "00000002-0000-0ff1-ce00-000000000000"}, ""),
        ({"aud": []}, ""),
    ],
)
def test_what_is_seen_of_a_jwt(claims: dict[str, Any], traits: str) -> None:
    assert of_token(jwt(claims)) == {"jwt", *traits.split()}


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(f"{part({'typ': 'JWT'})}.{part({'exp': 0})}.c2ln", id="no algorithm"),
        pytest.param(f"{part([1])}.{part({'exp': 0})}.c2ln", id="no object"),
        pytest.param(f"{part(b'{')}.{part({'exp': 0})}.c2ln", id="no JSON"),
        pytest.param(f"{part(bytes([0xFF]))}.{part({'exp': 0})}.c2ln", id="no text"),
        pytest.param(f"{part({'alg': 'x'})}.{part({'exp': 0})}", id="two parts"),
        pytest.param(f"{part(b'[' * 30_000)}.{part({'exp': 0})}.c2ln", id="deep"),
        pytest.param(jwt({"exp": 0, "x": "x" * LONGEST_JWT}), id="long"),
    ],
)
def test_what_only_looks_like_a_jwt_is_not_looked_into(token: str) -> None:
    assert of_token(token) == set()


@pytest.mark.parametrize(
    "claims", [b"[" * 30_000, b"1" * 9_000, b'{"exp":' + b"1" * 9_000 + b"}", b"\xff", b"[]"]
)
def test_claims_that_cannot_be_read_say_nothing(claims: bytes) -> None:
    assert of_token(jwt(claims)) == {"jwt"}


def test_a_token_is_not_judged_as_a_password_nor_a_password_as_a_token() -> None:
    assert seen(" Bearer " + jwt({"exp": 0})) == {"leading-blank", "no-app-password"}
    assert of_token("\u00a0abcd\tefgh ") == {"no-token-character"}


# Nothing is given away

LOGINS = st.builds(Credentials, st.text(max_size=20), st.text(max_size=40), st.booleans())


@given(LOGINS)
def test_any_login_has_traits_and_they_are_words_of_the_list(credentials: Credentials) -> None:
    traits = traits_of(credentials, NOW)
    assert traits.seen <= set(Trait)
    assert (Trait.TOKEN in traits) is credentials.token


def test_a_trait_is_all_that_is_kept() -> None:
    """One of a closed list of words: no number, no text of the login, no claim of a token."""
    assert [field.name for field in dataclasses.fields(CredentialTraits)] == ["seen"]
    kept = traits_of(Credentials("me", jwt({"exp": 12345678, "aud": GRAPH, "sub": "mysubject"}), True), NOW)
    assert all(type(trait) is Trait for trait in kept.seen)
    assert not re.search(r"\d|mysubject|graph", repr(kept))


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=1), st.data())
def test_neither_length_nor_characters_show(secret: str, data: st.DataObject) -> None:
    """Any two passwords of plain characters look the same, but for the published shape of an app password."""
    other = data.draw(
        st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=1)
    )
    assert of_password(secret) == of_password(other) == set()


@given(st.text(max_size=20), st.text(min_size=1, max_size=20))
def test_a_longer_password_of_the_same_characters_looks_the_same(secret: str, more: str) -> None:
    doubled = f"{secret}{more}{more}"
    once = f"{secret}{more}"
    # Where two marks meet, their order may change in NFC; that is about neighbours, not about length.
    neighbours = {"not-nfc", "line-end-inside", "line-end-at-end", "control-character"}
    assume(not {"app-password-with-blanks"} & (seen(once) | seen(doubled)))
    assert of_password(once) - neighbours == of_password(doubled) - neighbours


@given(
    st.text(alphabet="abc.-_~+/", min_size=1, max_size=60), st.text(alphabet="xyz", min_size=1, max_size=60)
)
def test_two_tokens_look_the_same(token: str, other: str) -> None:
    assert of_token(token) == of_token(other) == set()
