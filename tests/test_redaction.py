"""No form of a secret gets through a Redactor, and nothing else is touched."""

import base64
import html
import json
import sys
import unicodedata
from binascii import b2a_qp
from collections.abc import Callable
from html.entities import codepoint2name
from itertools import pairwise
from random import Random
from types import FrameType
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smtpprobe.display import visible
from smtpprobe.redaction import LONGEST_CUT, SECRET, SHORTEST_CUT, Redactor

MARK = SECRET.encode()
Encoder = Callable[[str], bytes]


def hex_bytes(before: str, between: str = "") -> Encoder:
    """61, %61, 61:62, 0x61, 0x62: each byte in two digits."""
    return lambda secret: between.join(f"{before}{byte:02x}" for byte in secret.encode()).encode()


def javascript_escape(secret: str) -> bytes:
    units = [
        secret.encode("utf-16-be")[place : place + 2]
        for place in range(0, len(secret.encode("utf-16-be")), 2)
    ]
    return "".join(f"%u{unit.hex()}" if unit[0] else f"%{unit[1]:02X}" for unit in units).encode()


def named_entities(secret: str) -> bytes:
    names = {
        character: f"&{codepoint2name.get(ord(character), f'#{ord(character)}')};" for character in secret
    }
    return "".join(names[character] for character in secret).encode()


def soft_broken(secret: str) -> bytes:
    return b"=\r\n".join(f"={byte:02X}".encode() for byte in secret.encode())


ENCODERS: dict[str, Encoder] = {
    "plain": str.encode,
    "upper case": lambda secret: secret.encode().upper(),
    "upper case beyond ASCII": lambda secret: secret.upper().encode(),
    "UTF-16 LE": lambda secret: secret.encode("utf-16-le"),
    "UTF-16 BE": lambda secret: secret.encode("utf-16-be"),
    "NFC": lambda secret: unicodedata.normalize("NFC", secret).encode(),
    "NFD": lambda secret: unicodedata.normalize("NFD", secret).encode(),
    "NFKC": lambda secret: unicodedata.normalize("NFKC", secret).encode(),
    "UTF-8 taken for Latin-1": lambda secret: secret.encode().decode("latin-1").encode(),
    "reversed": lambda secret: secret[::-1].encode(),
    "base64": lambda secret: base64.b64encode(secret.encode()),
    "base64 without padding": lambda secret: base64.b64encode(secret.encode()).rstrip(b"="),
    "base64url": lambda secret: base64.urlsafe_b64encode(secret.encode()),
    "base64 in capitals": lambda secret: base64.b64encode(secret.encode()).upper(),
    "base64 of UTF-16 LE": lambda secret: base64.b64encode(secret.encode("utf-16-le")),
    "base64 in JSON of PHP": lambda secret: base64.b64encode(secret.encode()).replace(b"/", b"\\/"),
    "base64 in a URL": lambda secret: quote(base64.b64encode(secret.encode()), safe="").encode(),
    "hex": hex_bytes(""),
    "hex in capitals": lambda secret: secret.encode().hex().upper().encode(),
    "hex with colons": hex_bytes("", ":"),
    "hex with blanks": hex_bytes("", " "),
    "hex with dashes": hex_bytes("", "-"),
    "hex as a list": hex_bytes("", ", 0x"),
    "hex of UTF-16 LE": lambda secret: secret.encode("utf-16-le").hex().encode(),
    "every byte %61": hex_bytes("%"),
    "every byte =61": hex_bytes("="),
    "every byte +61": hex_bytes("+"),
    "every byte \\x61": hex_bytes("\\x"),
    "every byte \\141": lambda secret: "".join(f"\\{byte:03o}" for byte in secret.encode()).encode(),
    "every character \\u0061": lambda secret: "".join(
        f"\\u{ord(character):04x}" if character < "\U00010000" else f"\\U{ord(character):08x}"
        for character in secret
    ).encode(),
    "every character \\u{61}": lambda secret: "".join(f"\\u{{{ord(each):x}}}" for each in secret).encode(),
    "every character &#97;": lambda secret: "".join(f"&#{ord(each)};" for each in secret).encode(),
    "every character &#x61;": lambda secret: "".join(f"&#x{ord(each):X};" for each in secret).encode(),
    "named entities": named_entities,
    "escaped for HTML": lambda secret: html.escape(secret).encode(),
    "escaped for a URL": lambda secret: quote(secret, safe="").encode(),
    "escaped for a URL in lower case": lambda secret: quote(secret, safe="").lower().encode(),
    "escaped for a form": lambda secret: quote_plus(secret).encode(),
    "escaped by JavaScript": javascript_escape,
    "JSON": lambda secret: json.dumps(secret)[1:-1].encode(),
    "JSON beyond ASCII": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
    "repr of bytes": lambda secret: repr(secret.encode())[2:-1].encode(),
    "repr of text": lambda secret: repr(secret)[1:-1].encode(),
    "ascii of text": lambda secret: ascii(secret)[1:-1].encode(),
    "quoted-printable": lambda secret: b2a_qp(secret.encode(), quotetabs=True, istext=False),
    "quoted-printable, soft breaks everywhere": soft_broken,
    "doubled double quotes": lambda secret: secret.replace('"', '""').encode(),
    "doubled single quotes": lambda secret: secret.replace("'", "''").encode(),
}
patient = settings(deadline=None)
brief = settings(deadline=None, max_examples=30)  # for each encoder
every_encoder = pytest.mark.parametrize(
    "encode", [pytest.param(each, id=name) for name, each in ENCODERS.items()]
)

# What secrets and their surroundings are made of when they are meant to be confused with each other.
PIECES = [
    *(
        "%",
        "%4",
        "%u",
        "=",
        "=\r\n",
        "+",
        "&",
        "&#",
        "&amp;",
        "\\",
        "\\\\",
        "\\x",
        "\\u00",
        "\\0",
        "0x",
        '"',
        "'",
    ),
    *("a", "A", "1", "e9", "u", "n", "amp;", "é", "€", "ß", "日", "𝄞", "e\u0301"),
    *(" ", "-", "/", ";", "[", "]", "\n", "\0"),
]
secrets = st.one_of(
    st.text(min_size=1, max_size=40),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join),
)
surroundings = st.one_of(
    st.binary(max_size=20),
    st.lists(st.sampled_from(PIECES), max_size=4).map("".join).map(str.encode),
)


def left_over(masked: bytes) -> list[bytes]:
    """What is still to be seen between the masks."""
    return masked.split(MARK)


# --- What is found


@every_encoder
@pytest.mark.parametrize(
    "secret",
    ["correct horse", "hunter2", "pässwörd €5", "a\"b'c\\d%e&f=g", "日本語のパスワード", "~?>~?>~?>"],
)
def test_a_form_in_a_reply_is_masked_whole(encode: Encoder, secret: str) -> None:
    form = encode(secret)
    assert Redactor([secret]).mask(b"501 {" + form + b"}?") == b"501 {[secret]}?"


@every_encoder
@brief
@given(secret=secrets, before=surroundings, after=surroundings)
def test_no_form_survives_whatever_stands_around_it(
    encode: Encoder, secret: str, before: bytes, after: bytes
) -> None:
    form = encode(secret)
    if form.startswith(b"\\"):
        before = before.rstrip(b"\\")  # which of them escapes which would be anyone's guess
    masked = Redactor([secret]).mask(before + form + after)
    assert not any(form in piece for piece in left_over(masked))


@every_encoder
@brief
@given(secret=st.text(min_size=40, max_size=60))
def test_a_form_that_was_cut_off_behind_its_half_is_masked(encode: Encoder, secret: str) -> None:
    form = encode(secret)
    cut = form[: len(form) * 3 // 4]
    if len(encode(secret[: len(secret) // 2])) <= len(cut):
        assert Redactor([secret]).mask(cut) != cut


@patient
@given(secret=secrets, before=st.binary(max_size=20), after=st.binary(max_size=20))
def test_base64_of_more_than_the_secret_gives_away_none_of_it(
    secret: str, before: bytes, after: bytes
) -> None:
    """AUTH PLAIN, `user:secret`: at each of the three ways in which groups of three bytes can fall."""
    length = len(secret.encode())
    if length < 4:
        return
    blob = base64.b64encode(before + secret.encode() + after)
    first, last = 8 * len(before) // 6, -(-8 * (len(before) + length) // 6)
    [*covering] = (span for span in Redactor([secret]).spans(blob) if span[0] <= first and last <= span[1])
    assert covering


@pytest.mark.parametrize("user", ["", "u", "us"])
def test_the_blob_of_auth_plain_is_masked_from_the_secret_on(user: str) -> None:
    blob = base64.b64encode(f"\0{user}\0hunter2".encode())
    masked = Redactor(["hunter2"]).mask(b"500 unknown command " + blob)
    assert masked.endswith(MARK)
    assert len(masked) <= len(b"500 unknown command AHVzA") + len(MARK)


@pytest.mark.parametrize("codec", ["percent", "equals", "backslash", "entity"])
@brief
@given(
    secret=st.text(st.characters(exclude_characters="%=\\&", codec="ascii"), min_size=1),
    seed=st.integers(0, 99),
)
def test_any_mix_of_plain_and_escaped_characters_is_masked(codec: str, secret: str, seed: int) -> None:
    ways: dict[str, list[Callable[[str], str]]] = {
        "percent": [str, lambda each: f"%{ord(each):02x}", lambda each: f"%{ord(each):02X}"],
        "equals": [str, lambda each: f"={ord(each):02X}"],
        "backslash": [
            str,
            lambda each: f"\\x{ord(each):02x}",
            lambda each: f"\\u{ord(each):04x}",
            lambda each: f"\\{ord(each):03o}",
        ],
        "entity": [
            str,
            lambda each: f"&#{ord(each):03};",
            lambda each: f"&#x{ord(each):x};",
            lambda each: f"&#X{ord(each):04X};",
        ],
    }
    random = Random(seed)  # noqa: S311 - for variety only
    form = "".join(random.choice(ways[codec])(each) for each in secret)
    for case in (form, form.swapcase()) if codec == "percent" else (form,):
        assert Redactor([secret]).mask_text(case) == SECRET


@pytest.mark.parametrize(
    ("data", "masked"),
    [
        pytest.param(b"%4" + b"1s%65cret", b"%4[secret]", id="a stray percent sign"),
        pytest.param(b"\\0" + b"1s\\145cret", b"\\0[secret]", id="a NUL in short octal"),
        pytest.param(b"=" + b"1s=65cret", b"=[secret]", id="an equals sign"),
        pytest.param(b"DOMAIN\\" + b"1s\\x65cret", b"DOMAIN\\[secret]", id="a backslash"),
        pytest.param(b"\\" + b"MXN\\x6cY3JldA==", b"\\[secret]", id="a backslash before base64"),
        pytest.param(b"&#" + b"1s&#101;cret", b"&#[secret]", id="the beginning of an entity"),
    ],
)
def test_what_looks_like_an_escape_with_what_stands_before_is_seen_as_well(
    data: bytes, masked: bytes
) -> None:
    assert Redactor(["1secret"]).mask(data) == masked


def test_the_beginning_of_a_secret_is_masked_where_it_is_long_enough_to_give_it_away() -> None:
    secret = "Tr0ub4dor&3-Tr0mb0ne"
    half = secret[: len(secret) // 2]
    redactor = Redactor([secret])
    assert redactor.mask_text(f"cut: {half}") == "cut: [secret]"
    assert redactor.mask_text(f"cut: {half[:-1]}") == f"cut: {half[:-1]}"
    assert redactor.mask_text("cut: " + base64.b64encode(half.encode())[:13].decode()) == "cut: [secret]"
    assert Redactor(["hunter2"]).mask_text("hunter") == "hunter"
    assert Redactor(["hunter2hunter"]).mask_text("hunter2hunt"[:SHORTEST_CUT]) == SECRET


def test_of_a_long_token_a_piece_of_the_length_of_a_reply_line_is_enough() -> None:
    token = "".join(Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=4000))  # noqa: S311
    assert Redactor([token]).mask_text(f"501 bad token {token[:490]}") == "501 bad token [secret]"
    assert Redactor([token]).mask_text(token[:LONGEST_CUT]) == SECRET
    assert Redactor([token]).mask_text(token[: LONGEST_CUT - 1]) != SECRET


def test_forms_that_overlap_or_touch_are_one_span() -> None:
    assert Redactor(["abcab"]).spans(b".abcabcab.") == [(1, 9)]
    assert Redactor(["abc"]).spans(b".abcabc.") == [(1, 7)]
    assert Redactor(["abcd", "cdef"]).spans(b"abcdef") == [(0, 6)]


def test_a_secret_of_bytes_that_are_no_text_is_found() -> None:
    secret = b"\xff\x00\xfe\x80key"
    for form in (secret, secret.hex().encode(), base64.b64encode(secret), repr(secret)[2:-1].encode()):
        assert Redactor([secret]).mask(b"<" + form + b">") == b"<[secret]>"
    assert Redactor([secret]).mask_text("<\\xff\\x00\\xfe\\x80key>") == "<[secret]>"


def test_a_secret_from_an_undecodable_argument_is_found_as_the_bytes_it_stands_for() -> None:
    assert Redactor(["caf\udce9-noir"]).mask(b"<caf\xe9-noir>") == b"<[secret]>"


def test_a_very_long_secret_is_found() -> None:
    secret = Random(2).randbytes(65536)  # noqa: S311
    assert Redactor([secret]).mask(b"<" + secret + b">") == b"<[secret]>"
    assert Redactor([secret]).mask(b"<" + base64.b64encode(secret) + b">") == b"<[secret]>"


def test_a_secret_is_found_in_what_display_made_of_it() -> None:
    secret = "pä\u00a0\u200b\x01ß"
    assert Redactor([secret]).mask_text(f"501 {visible(secret)}?") == "501 [secret]?"


# --- What is left alone


@patient
@given(st.binary())
def test_an_empty_redactor_does_nothing(data: bytes) -> None:
    for redactor in (Redactor([]), Redactor(["", b""])):
        assert redactor.spans(data) == []
        assert redactor.mask(data) == data


@patient
@given(st.text(st.characters(exclude_categories=())))
def test_text_without_secrets_comes_back_as_it_was(text: str) -> None:
    assert Redactor([]).mask_text(text) == text
    assert Redactor(["\U0001f511 not in there"]).mask_text(text) == text


@patient
@given(
    st.text("ghijklmnopqrstuvwxyz", min_size=3, max_size=30),
    st.text(
        st.one_of(
            st.sampled_from(".,!?()<>%&\\=\"'+ \r\n"),
            st.characters(min_codepoint=0x100, exclude_categories=["Cs"]),
        )
    ),
)
def test_text_with_no_form_of_the_secret_is_unchanged(secret: str, text: str) -> None:
    assert Redactor([secret]).mask_text(text) == text


@pytest.mark.parametrize(
    "reply",
    [
        "535-5.7.8 Username and Password not accepted. Learn more at",
        "535 5.7.8 https://support.google.com/mail/?p=BadCredentials a1-20020a05600c3d8100b003d9 - gsmtp",
        "250-AUTH LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH",
        "334 VXNlcm5hbWU6",
        "250 2.0.0 OK: queued as 4F3D2C1B0A; hunter 2 hunters, hunter-2",
    ],
)
def test_ordinary_replies_are_unchanged(reply: str) -> None:
    assert Redactor(["hunter2", "correct horse battery staple", "p4$$w0rd"]).mask_text(reply) == reply


def test_masking_twice_is_masking_once_also_where_the_secret_is_a_part_of_the_mask() -> None:
    for secret in ("secret", "e", "[secret]", "cret"):
        once = Redactor([secret]).mask_text(f"AUTH PLAIN {secret}")
        assert once == "AUTH PLAIN [secret]"
        assert Redactor([secret]).mask_text(once) == once


@patient
@given(
    secrets,
    st.text(
        st.one_of(st.characters(exclude_categories=()), st.sampled_from(PIECES).map(lambda piece: piece[0]))
    ),
)
@example("é", "鏡")
def test_masked_text_is_text_and_free_of_the_secret(secret: str, text: str) -> None:
    masked = Redactor([secret]).mask_text(text + secret + text)
    masked.encode("utf-8", "surrogatepass")
    assert not any(secret in piece for piece in masked.split(SECRET))


@patient
@given(secrets, surroundings, surroundings)
def test_spans_are_sorted_and_lie_apart(secret: str, before: bytes, after: bytes) -> None:
    data = before + secret.encode() + after + secret.encode().hex().encode()
    spans = Redactor([secret]).spans(data)
    assert all(0 <= start < end <= len(data) for start, end in spans)
    assert all(one[1] < other[0] for one, other in pairwise(spans))


# --- What it keeps to itself, and what it costs


def test_never_shows_a_secret_of_its_own_accord() -> None:
    redactor = Redactor(["hunter2"])
    assert repr(redactor) == str(redactor) == "<Redactor: armed>"
    assert repr(Redactor([])) == "<Redactor: empty>"
    assert not hasattr(redactor, "__dict__")


@pytest.mark.parametrize("secret", ["hunter2", b"hunter2"])
def test_one_secret_instead_of_a_list_is_refused_without_saying_it(secret: str) -> None:
    with pytest.raises(TypeError) as caught:
        Redactor(secret)
    assert "hunter2" not in str(caught.value)


def steps(action: Callable[[], object]) -> int:
    """How many functions are called, of Python and of C: the same on every machine."""
    count = 0

    def profile(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("secret", ["hunter2-Correct+Hors", "a" * 19 + "b", "%41%41%41%4", "\\\\\\\\x41"])
@pytest.mark.parametrize(
    "hostile", ["h", "a", "%", "&#", "\\x", "\\", "%61", "%68", "&#97;", "&amp;", '"', "a:", "\\u0061", "a%"]
)
def test_twice_the_hostile_text_takes_no_more_than_twice_the_steps(secret: str, hostile: str) -> None:
    redactor = Redactor([secret])
    short, long = ((hostile * size)[:size].encode() for size in (2048, 4096))
    redactor.spans(short)  # expressions are compiled, tables loaded
    assert steps(lambda: redactor.spans(long)) <= 2.1 * steps(lambda: redactor.spans(short)) + 100


@pytest.mark.parametrize("length", [20, 2000])
def test_the_number_of_steps_to_build_does_not_depend_on_the_length_of_the_secret(length: int) -> None:
    assert steps(lambda: Redactor(["x" * length])) < 1000
