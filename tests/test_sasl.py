"""Each mechanism as a script: the RFCs' own examples, whole exchanges, and whatever a server may answer."""

import base64
import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import scramp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smtpprobe.knowledge import tables
from smtpprobe.protocol.certificates.binding import tls_server_end_point
from smtpprobe.protocol.sasl import (
    MECHANISMS,
    Identity,
    Response,
    Talk,
    TalkError,
    choose,
)
from smtpprobe.protocol.sasl.scram import LEAST_ITERATIONS, MOST_ITERATIONS, script
from smtpprobe.redaction import SECRET

BINDING = hashlib.sha256(b"a certificate").digest()
WHO = Identity("me@mail.example", "correct horse", "mail.example", 587, BINDING)
SCRAM = [name for name in MECHANISMS if name.startswith("SCRAM-")]
SALT = base64.b64encode(b"twelve octet").decode()


def begin(name: str, who: Identity = WHO) -> tuple[Talk, Response | None]:
    """The script of a mechanism, and what it says first."""
    talk = MECHANISMS[name].talk(who)
    return talk, next(talk)


def said(talk: Talk, challenge: bytes | None) -> bytes:
    """What the script answers to a challenge."""
    response = talk.send(challenge)
    assert response is not None
    return response.data


def is_over(talk: Talk) -> bool:
    """The server has accepted, and the script is content."""
    try:
        talk.send(None)
    except StopIteration:
        return True
    return False


def complaint(talk: Talk, challenge: bytes | None) -> str:
    """What the script says against the server."""
    with pytest.raises(TalkError) as raised:
        talk.send(challenge)
    return raised.value.detail


# The examples of those who defined them


def test_plain_is_spoken_as_in_rfc_4616() -> None:
    """Section 4, the first example."""
    talk, first = begin("PLAIN", Identity("tim", "tanstaaftanstaaf"))
    assert first == Response(b"\0tim\0tanstaaftanstaaf", SECRET)
    assert is_over(talk)


def test_cram_md5_is_spoken_as_in_rfc_2195() -> None:
    """Section 2."""
    talk, first = begin("CRAM-MD5", Identity("tim", "tanstaaftanstaaf"))
    assert first is None
    answer = said(talk, b"<1896.697170952@postoffice.reston.mci.net>")
    assert answer == b"tim b913a602c7eda7a495b4e6e7334d3890"
    assert is_over(talk)


@pytest.mark.parametrize(
    "prompts", [(b"Username:", b"Password:"), (b"User Name\0", b"Password\0"), (b"", b"")]
)
def test_login_goes_by_the_order_of_the_prompts(prompts: tuple[bytes, bytes]) -> None:
    talk, first = begin("LOGIN")
    assert first is None
    assert [said(talk, prompt) for prompt in prompts] == [b"me@mail.example", b"correct horse"]
    assert is_over(talk)


SCRAM_EXAMPLES = {
    # RFC 5802 5
    "SCRAM-SHA-1": (
        "fyko+d2lbbFgONRv9qkxdawL",
        "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ),
    # RFC 7677 3
    "SCRAM-SHA-256": (
        "rOprNGfwEbeRWgbNEkqO",
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ),
}


@pytest.mark.parametrize("name", SCRAM_EXAMPLES)
def test_scram_is_spoken_as_in_its_rfc(name: str) -> None:
    nonce, server_first, client_final, server_final = SCRAM_EXAMPLES[name]
    talk = script(name, nonce=nonce)(Identity("user", "pencil"))
    assert next(talk) == Response(f"n,,n=user,r={nonce}".encode(), "[user name]")
    assert said(talk, server_first.encode()).decode() == client_final
    assert said(talk, server_final.encode()) == b""
    assert is_over(talk)


def test_oauthbearer_is_spoken_as_in_rfc_7628() -> None:
    """Section 4.1, and the error of 4.3."""
    who = Identity(
        "user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", "server.example.com", 143
    )
    talk, first = begin("OAUTHBEARER", who)
    assert first is not None
    assert base64.b64encode(first.data).decode() == (
        "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyI"
        "HZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB"
    )
    refusal = {"status": "invalid_token", "scope": "example_scope"}
    assert talk.send(json.dumps(refusal).encode()) == Response(b"\x01", "AQ==")
    assert is_over(begin("OAUTHBEARER", who)[0])


def test_xoauth2_is_spoken_as_google_has_it() -> None:
    who = Identity("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg")
    talk, first = begin("XOAUTH2", who)
    assert first is not None
    assert base64.b64encode(first.data).decode() == (
        "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1s"
        "emRHRXVZMjl0Q2cBAQ=="
    )
    refusal = {"status": "401", "schemes": "bearer mac", "scope": "https://mail.google.com/"}
    assert talk.send(json.dumps(refusal).encode()) == Response(b"", "")
    assert is_over(begin("XOAUTH2", who)[0])


@pytest.mark.parametrize("name", ["OAUTHBEARER", "XOAUTH2"])
def test_a_token_that_is_refused_cannot_be_accepted_behind_that(name: str) -> None:
    talk, _ = begin(name)
    said(talk, b'{"status":"400"}')
    assert complaint(talk, None) == "success-too-early"


# SCRAM, with a server that knows how


def server_for(
    name: str, *, password: str = WHO.secret, binding: bytes = BINDING, user: str = WHO.user
) -> Any:
    """scramp's side of it, with one user."""
    mechanism = scramp.ScramMechanism(name)
    known = mechanism.make_auth_info(password)
    channel = ("tls-server-end-point", binding) if name.endswith("-PLUS") else None
    return mechanism.make_server({user: known}.__getitem__, channel)


def prove(name: str, server: Any, who: Identity = WHO) -> Talk:
    """The exchange as far as the client's proof, which the server takes."""
    talk, first = begin(name, who)
    assert first is not None
    server.set_client_first(first.data.decode())
    server.set_client_final(said(talk, server.get_server_first().encode()).decode())
    return talk


@pytest.mark.parametrize("name", SCRAM)
def test_both_sides_know_the_password(name: str) -> None:
    server = server_for(name)
    talk = prove(name, server)
    assert said(talk, server.get_server_final().encode()) == b""
    assert is_over(talk)


@pytest.mark.parametrize("name", SCRAM)
def test_another_password_is_no_proof_and_the_error_is_acknowledged(name: str) -> None:
    server = server_for(name, password="another")
    with pytest.raises(scramp.ScramException):
        prove(name, server)
    talk, first = begin(name)
    assert first is not None
    server = server_for(name, password="another")
    server.set_client_first(first.data.decode())
    said(talk, server.get_server_first().encode())
    assert said(talk, b"e=invalid-proof") == b""
    assert complaint(talk, None) == "success-too-early"


@pytest.mark.parametrize("name", [name for name in SCRAM if name.endswith("-PLUS")])
def test_the_login_is_bound_to_the_certificate(name: str) -> None:
    with pytest.raises(scramp.ScramException, match="channel bindings"):
        prove(name, server_for(name, binding=b"the certificate of somebody in between"))


@pytest.mark.parametrize("name", SCRAM)
def test_a_server_that_does_not_know_the_password_is_found_out(name: str) -> None:
    server = server_for(name)
    talk = prove(name, server)
    size = len(base64.b64decode(server.get_server_final()[2:]))
    wrong = b"v=" + base64.b64encode(bytes(size))
    assert complaint(talk, wrong) == "server-signature-wrong"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("I\u00adX", "IX"),  # RFC 4013 3: a soft hyphen goes
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("pass\u00a0word", "pass word"),
        ("u\u0308ber", "\u00fcber"),
    ],
)
def test_passwords_are_prepared(typed: str, stored: str) -> None:
    who = Identity(WHO.user, typed)
    server = server_for("SCRAM-SHA-256", password=stored)
    assert said(prove("SCRAM-SHA-256", server, who), server.get_server_final().encode()) == b""


@pytest.mark.parametrize("secret", ["bell\x07", "\u0627 and a", "private \ue000", "key \U0001f511", "\udcff"])
def test_passwords_that_cannot_be_prepared_are_not_sent(secret: str) -> None:
    """RFC 4013 2.3, 2.4 and 2.5."""
    for who in (Identity("me", secret), Identity(secret, "a password")):
        with pytest.raises(TalkError) as raised:
            begin("SCRAM-SHA-256", who)
        assert raised.value.detail == "secret-prohibited"


@pytest.mark.parametrize("user", ["a,b", "a=b", "=2C", ",=,="])
def test_names_with_commas_and_equals_signs_are_written_out(user: str) -> None:
    who = Identity(user, WHO.secret)
    server = server_for("SCRAM-SHA-1", user=user)
    said(prove("SCRAM-SHA-1", server, who), server.get_server_final().encode())
    _, first = begin("OAUTHBEARER", who)
    assert first is not None
    escaped = user.replace("=", "=3D").replace(",", "=2C")
    assert first.data.startswith(f"n,a={escaped},\x01".encode())


# SCRAM, with a server that does not


def server_first(talk: Talk, first: Response | None, form: str) -> bytes:
    """A server's message; {r} in it is our nonce."""
    assert first is not None
    return form.replace("{r}", first.data.decode().rpartition("r=")[2]).encode()


@pytest.mark.parametrize(
    ("form", "detail"),
    [
        (f"r={{r}},s={SALT},i=4096", "nonce-wrong"),  # nothing of the server's own
        (f"r=x{{r}}y,s={SALT},i=4096", "nonce-wrong"),
        (f"r=y,s={SALT},i=4096", "nonce-wrong"),
        (f"r={{r}}y,s={SALT},i={LEAST_ITERATIONS - 1}", "scram-parameters"),
        (f"r={{r}}y,s={SALT},i=1", "scram-parameters"),
        (f"r={{r}}y,s={SALT},i={MOST_ITERATIONS + 1}", "scram-parameters"),
        (f"r={{r}}y,s={SALT},i={'9' * 10_000}", "scram-parameters"),
        ("r={r}y,s=AAAA,i=4096", "scram-parameters"),
        (f"r={{r}}y,s={SALT},i=many", "challenge-malformed"),
        (f"r={{r}}y,s={SALT},i=-4096", "challenge-malformed"),
        (f"r={{r}}y,s={SALT},i=\u0664\u0660\u0669\u0666", "challenge-malformed"),
        (f"r={{r}}y,s={SALT}", "challenge-malformed"),
        (f"s={SALT},r={{r}}y,i=4096", "challenge-malformed"),
        (f"m=x,r={{r}}y,s={SALT},i=4096", "challenge-malformed"),
        (f"r={{r}}y,s={SALT},i=4096,i=5000", "challenge-malformed"),
        (f"r={{r}}y,s={SALT},i=4096,,", "challenge-malformed"),
        ("r={r}y,s=A,i=4096", "challenge-malformed"),
        ("r={r}y,s=,i=4096", "challenge-malformed"),
        ("", "challenge-malformed"),
        ("Username:", "challenge-malformed"),
        ("v=AAAA", "challenge-malformed"),
    ],
)
def test_first_messages_that_nobody_may_go_by(form: str, detail: str) -> None:
    talk, first = begin("SCRAM-SHA-256")
    assert complaint(talk, server_first(talk, first, form)) == detail


@pytest.mark.parametrize("iterations", [LEAST_ITERATIONS, MOST_ITERATIONS])
def test_numbers_of_iterations_that_are_computed(iterations: int) -> None:
    talk, first = begin("SCRAM-SHA-1")
    assert b",p=" in said(talk, server_first(talk, first, f"r={{r}}y,s={SALT},i={iterations},x=more"))


@pytest.mark.parametrize("final", [b"", b"v=", b"v=A", b"v=\xff", b"ok", b"r=x,s=y,i=4096", b"p=AAAA"])
def test_last_messages_that_are_none(final: bytes) -> None:
    talk = prove("SCRAM-SHA-1", server_for("SCRAM-SHA-1"))
    assert complaint(talk, final) == "challenge-malformed"


@pytest.mark.parametrize("octets", [b"\xff", b"r=\xe9,s=x,i=4096"])
def test_messages_that_are_no_utf_8(octets: bytes) -> None:
    assert complaint(begin("SCRAM-SHA-1")[0], octets) == "challenge-malformed"


@pytest.mark.parametrize("error", [b"e=unknown-user", b"e=other-error", b"e=what-is-this,x=y", b"e="])
def test_an_error_in_place_of_the_first_message_is_acknowledged_too(error: bytes) -> None:
    talk, _ = begin("SCRAM-SHA-256")
    assert said(talk, error) == b""
    with pytest.raises(StopIteration):
        talk.send(b"more")


# A success at the wrong time, and a challenge behind the end

CHALLENGES = {
    "PLAIN": [],
    "LOGIN": [b"Username:", b"Password:"],
    "CRAM-MD5": [b"<1@mail.example>"],
    "OAUTHBEARER": [],
    "XOAUTH2": [],
}


@pytest.mark.parametrize("name", CHALLENGES)
def test_a_success_is_believed_at_the_end_and_not_before(name: str) -> None:
    challenges = CHALLENGES[name]
    for answered in range(len(challenges) + 1):
        talk, _ = begin(name)
        for challenge in challenges[:answered]:
            talk.send(challenge)
        if answered < len(challenges):
            assert complaint(talk, None) == "success-too-early"
        else:
            assert is_over(talk)


@pytest.mark.parametrize("name", SCRAM)
def test_scram_believes_no_success_before_the_server_s_signature(name: str) -> None:
    assert complaint(begin(name)[0], None) == "success-too-early"
    assert complaint(prove(name, server_for(name)), None) == "success-too-early"


@pytest.mark.parametrize("name", CHALLENGES)
def test_there_is_no_answer_behind_the_end(name: str) -> None:
    talk, _ = begin(name)
    for challenge in CHALLENGES[name]:
        talk.send(challenge)
    if MECHANISMS[name].takes_token:
        talk.send(b"{}")  # the refusal, which has an answer
    with pytest.raises(StopIteration):
        talk.send(b"x")


# Whatever comes

ANY_CHALLENGE = st.one_of(
    st.none(),
    st.binary(max_size=80),
    st.text(max_size=80).map(str.encode),
    st.sampled_from([b"", b"e=x", b"v=AAAA", f"r={'n' * 20},s={SALT},i=4096".encode()]),
    st.integers(-1, 10**30).map(lambda iterations: f"r=NONCEx,s={SALT},i={iterations}".encode()),
)


@pytest.mark.parametrize("name", MECHANISMS)
@given(challenges=st.lists(ANY_CHALLENGE, min_size=1, max_size=5), secret=st.text(min_size=1))
@settings(deadline=None, max_examples=40)
@example(challenges=[b"x"] * 9, secret="\udcff")
def test_no_server_makes_a_script_fail_or_tell(
    name: str, challenges: list[bytes | None], secret: str
) -> None:
    secret = f"my-{secret}"
    kept: list[Any] = []
    try:
        talk = MECHANISMS[name].talk(Identity("me", secret, binding=BINDING))
        kept.append(next(talk))
        kept += map(talk.send, challenges)
    except StopIteration:
        pass
    except TalkError as error:
        kept += [error, error.__cause__, None if error.__suppress_context__ else error.__context__]
    assert "my-" not in repr(kept)


def test_what_a_password_could_be_tried_against_is_named() -> None:
    """A proof, or the server's signature, is as good as the password to who has time."""
    server = server_for("SCRAM-SHA-256")
    talk, first = begin("SCRAM-SHA-256")
    assert first is not None
    server.set_client_first(first.data.decode())
    final = talk.send(server.get_server_first().encode())
    assert final is not None
    server.set_client_final(final.data.decode())
    proof, signature = final.telling
    assert final.data.endswith(b",p=" + proof)
    assert server.get_server_final().encode() == b"v=" + signature
    assert proof.decode() not in repr(final)


# Which to choose

EVERY = tuple(reversed(MECHANISMS))


def names(mechanisms: tuple[Any, ...]) -> str:
    return " ".join(mechanism.name for mechanism in mechanisms)


def test_under_tls_the_password_stays_at_home_if_it_can() -> None:
    """What is bound to the certificate comes last: few servers know that binding."""
    assert names(choose(EVERY, protected=True, can_bind=True)) == (
        "SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN CRAM-MD5 "
        "SCRAM-SHA-512-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS"
    )


def test_without_what_binds_nothing_is_bound() -> None:
    assert "PLUS" not in names(choose(EVERY, protected=True))
    assert choose(["SCRAM-SHA-256-PLUS"], protected=True) == ()
    assert names(choose(["SCRAM-SHA-256-PLUS"], protected=True, can_bind=True)) == "SCRAM-SHA-256-PLUS"


def test_in_the_clear_a_password_as_it_is_comes_last() -> None:
    assert (
        names(choose(EVERY, protected=False))
        == "SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN"
    )


@pytest.mark.parametrize("protected", [True, False])
def test_a_token_goes_with_mechanisms_for_tokens_alone(protected: bool) -> None:
    assert names(choose(EVERY, protected=protected, token=True, can_bind=True)) == "OAUTHBEARER XOAUTH2"
    assert choose(["PLAIN", "LOGIN"], protected=protected, token=True) == ()


def test_a_password_is_no_token() -> None:
    assert choose(["XOAUTH2", "OAUTHBEARER"], protected=True) == ()


def test_names_are_compared_in_capitals() -> None:
    assert names(choose(["plain", "X-OWN"], protected=True)) == "PLAIN"


def test_the_facts_of_each_mechanism_are_those_of_its_script() -> None:
    for mechanism in MECHANISMS.values():
        assert mechanism.takes_token == (mechanism.name in ("OAUTHBEARER", "XOAUTH2"))
        assert mechanism.binds == mechanism.name.endswith("-PLUS")
        assert mechanism.reveals_secret == (not mechanism.reads_challenge)


def test_every_mechanism_that_we_speak_is_in_the_catalogue() -> None:
    assert set(MECHANISMS) <= set(tables.ids("mechanisms"))


def test_scram_is_loaded_when_a_scram_login_begins() -> None:
    code = (
        "import sys\nfrom smtpprobe.protocol.sasl import MECHANISMS, Identity\n"
        "talk = MECHANISMS['SCRAM-SHA-256'].talk\n"
        "next(MECHANISMS['PLAIN'].talk(Identity('me', 'x')))\n"
        "assert 'scramp' not in sys.modules\nnext(talk(Identity('me', 'x')))\nassert 'scramp' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# What a certificate gives to bind to


RSA_KEY = rsa.generate_private_key(65537, 2048)


def certificate(key: Any, hash_function: Any) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
    )
    return builder.sign(key, hash_function).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("key", "signed_with", "hashed_with"),
    [
        (ec.generate_private_key(ec.SECP256R1()), hashes.SHA256(), hashlib.sha256),
        (ec.generate_private_key(ec.SECP384R1()), hashes.SHA384(), hashlib.sha384),
        (RSA_KEY, hashes.SHA512(), hashlib.sha512),
    ],
)
def test_a_certificate_is_hashed_as_it_was_signed(key: Any, signed_with: Any, hashed_with: Any) -> None:
    der = certificate(key, signed_with)
    assert tls_server_end_point(der) == hashed_with(der).digest()


@pytest.mark.parametrize("old", [4, 5])
def test_where_md5_or_sha_1_was_signed_with_sha_256_stands_in(old: int) -> None:
    """RFC 5929 4.1. Nobody signs so any more: the number in sha256WithRSAEncryption is changed afterwards."""
    with_rsa = bytes.fromhex("2a864886f70d0101")
    der = certificate(RSA_KEY, hashes.SHA256()).replace(with_rsa + b"\x0b", with_rsa + bytes([old]))
    assert tls_server_end_point(der) == hashlib.sha256(der).digest()


def test_a_certificate_without_a_hash_function_of_its_own_binds_nothing() -> None:
    assert tls_server_end_point(certificate(ed25519.Ed25519PrivateKey.generate(), None)) is None


@pytest.mark.parametrize("der", [b"", b"\x30\x03\x02\x01\x00", b"no certificate"])
def test_what_is_no_certificate_binds_nothing(der: bytes) -> None:
    assert tls_server_end_point(der) is None
