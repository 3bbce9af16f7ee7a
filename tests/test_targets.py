"""Targets: everything the contract's table promises, everything it does not, and any text at all."""

import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smtpprobe.inputs.targets import SCHEMES, Given, TargetError, read_target, read_targets
from smtpprobe.request import TlsMode
from smtpprobe.words.texts import words_in

AUTO, STARTTLS, IMPLICIT, NONE = TlsMode.AUTO, TlsMode.STARTTLS, TlsMode.IMPLICIT, TlsMode.NONE
LABEL = "a" * 63


def door(found: Given) -> tuple[str, int, TlsMode]:
    return found.target.host, found.target.port, found.target.tls


def refusal(text: str, **options: object) -> str:
    """The line that a person gets: without its chain, which a traceback would print."""
    with pytest.raises(TargetError) as caught:
        read_target(text, **options)  # type: ignore[arg-type]
    assert caught.value.__context__ is None
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "port", "tls"),
    [
        ("smtp://mail.example", 25, AUTO),
        ("submission://mail.example", 587, STARTTLS),
        ("submit://mail.example", 587, STARTTLS),
        ("smtp+starttls://mail.example", 25, STARTTLS),
        ("smtps://mail.example", 465, IMPLICIT),
        ("submissions://mail.example", 465, IMPLICIT),
        ("smtp+insecure://mail.example", 25, NONE),
        ("SubMission://mail.example", 587, STARTTLS),
        ("smtp://mail.example:2525", 2525, AUTO),
        ("smtps://mail.example:2465", 2465, IMPLICIT),
        ("smtp://mail.example:587", 587, AUTO),
        ("submission://mail.example/", 587, STARTTLS),
        ("mail.example", 25, AUTO),
        ("mail.example/", 25, AUTO),
        ("mail.example:465", 465, IMPLICIT),
        ("mail.example:587", 587, STARTTLS),
        ("mail.example:25", 25, AUTO),
        ("mail.example:2525", 2525, AUTO),
        ("me@mail.example", 587, STARTTLS),
        ("me@mail.example:25", 25, AUTO),
        ("smtp://me@mail.example", 25, AUTO),
    ],
)
def test_the_table_of_the_contract(text: str, port: int, tls: TlsMode) -> None:
    assert door(read_target(text)) == ("mail.example", port, tls)


def test_a_user_given_by_option_moves_only_a_bare_host_to_submission() -> None:
    assert door(read_target("mail.example", user_given=True)) == ("mail.example", 587, STARTTLS)
    assert door(read_target("mail.example:25", user_given=True)) == ("mail.example", 25, AUTO)
    assert door(read_target("smtp://mail.example", user_given=True)) == ("mail.example", 25, AUTO)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("MAIL.Example", "mail.example"),
        ("mail.example.", "mail.example"),
        ("localhost", "localhost"),
        ("_mail._tcp.example", "_mail._tcp.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("smtp:25", "smtp"),
        ("1.mail.2", "1.mail.2"),
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1.", "192.0.2.1"),
        ("[192.0.2.1]:25", "192.0.2.1"),
        ("[mail.example]:25", "mail.example"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:25", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("[IPv6:2001:db8::1]:25", "2001:db8::1"),
        ("smtp://2001:db8::1/", "2001:db8::1"),
        ("me@[2001:db8::1]:25", "2001:db8::1"),
        ("me@2001:db8::1", "2001:db8::1"),
        ("::1", "::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("[fe80::1%eth0]:25", "fe80::1%eth0"),
        ("smtp://[fe80::1%25Eth0.100]:25", "fe80::1%Eth0.100"),
        ("fe80::1%25", "fe80::1%25"),
        ("fe80::1%251", "fe80::1%251"),
        (f"{LABEL}.example", f"{LABEL}.example"),
        (".".join([LABEL] * 3 + ["a" * 61]) + ".", ".".join([LABEL] * 3 + ["a" * 61])),
    ],
)
def test_hosts_as_they_are_resolved(text: str, host: str) -> None:
    found = read_target(text).target
    assert (found.host, found.name) == (host, "")


@pytest.mark.parametrize(
    ("text", "host", "name"),
    [
        ("bücher.example", "xn--bcher-kva.example", "bücher.example"),
        ("smtp://BÜCHER.Example.", "xn--bcher-kva.example", "bücher.example"),
        ("メール。例え。テスト:25", "xn--4dkua4c.xn--r8jz45g.xn--zckzah", "メール.例え.テスト"),
        ("_mail.bücher.example", "_mail.xn--bcher-kva.example", "_mail.bücher.example"),
        ("ｍａｉｌ．example", "mail.example", ""),
        ("１９２．0．2．1", "192.0.2.1", ""),
    ],
)
def test_international_hosts_become_a_labels(text: str, host: str, name: str) -> None:
    found = read_target(text).target
    assert (found.host, found.name) == (host, name)


def test_an_ascii_host_does_not_load_idna() -> None:
    code = (
        "import sys; from smtpprobe.inputs.targets import read_target; "
        "read_target('xn--bcher-kva.example'); sys.exit('idna' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("text", "user", "host"),
    [
        ("user@example.org", "user", "example.org"),
        ("submission://me%40example.org@mail.example", "me@example.org", "mail.example"),
        ("me@example.org@mail.example", "me@example.org", "mail.example"),
        ("DOMAIN\\me@mail.example", "DOMAIN\\me", "mail.example"),
        ("m%C3%A9%2F%25@mail.example", "mé/%", "mail.example"),
        ("mé@mail.example", "mé", "mail.example"),
        ("a+b@mail.example", "a+b", "mail.example"),
    ],
)
def test_users_are_split_off_at_the_last_at_sign_and_decoded(text: str, user: str, host: str) -> None:
    found = read_target(text)
    assert (found.user, found.password, found.target.host) == (user, None, host)
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("text", "user", "password"),
    [
        ("smtps://me:hunter2@mail.example", "me", "hunter2"),
        ("me:hunter2@mail.example", "me", "hunter2"),
        ("me@example.org:p%40:ss@w%C3%B6rd@mail.example", "me@example.org", "p@:ss@wörd"),
        ("me:@mail.example", "me", ""),
        ("smtp://smtp:hunter2@mail.example", "smtp", "hunter2"),
    ],
)
def test_a_password_in_the_url_works_with_a_warning(text: str, user: str, password: str) -> None:
    found = read_target(text)
    assert (found.user, found.password, found.target.host) == (user, password, "mail.example")
    [warning] = found.warnings
    assert "process lists" in warning
    assert "--password-file" in warning
    assert not password or password not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "smtp://me:hunter2@mail.example:70000",
        "smtp://me:hunter2@",
        "me:hunter2@mail.example/x",
        "me:hun/hunter2@mail.example",
        "me:hunter2%zz@mail.example",
        "me:hunter2%ff@mail.example",
        "smtp:hunter2@mail.example",
        "mailto:hunter2@mail.example",
        ":hunter2@mail.example",
        "nope://me:hunter2@mail.example",
        "me:hunter2@a..b",
        "me:hunter2@mail.example\x00",
        "me:hunter2@mail.example" * 300,
    ],
)
def test_no_error_shows_a_password(text: str) -> None:
    assert "hunter2" not in refusal(text)


@pytest.mark.parametrize(
    ("text", "options", "port", "tls", "read_as"),
    [
        ("mail.example", {}, 25, AUTO, "port 25: no user given"),
        ("mail.example", {"user_given": True}, 587, STARTTLS, "port 587 because a user is given"),
        ("me@mail.example", {}, 587, STARTTLS, "port 587 because a user is given"),
        ("mail.example:587", {}, 587, STARTTLS, ""),
        ("submission://mail.example", {}, 587, STARTTLS, ""),
        # --port
        ("submission://mail.example", {"port": 2525}, 2525, STARTTLS, "port 2525 by --port instead of 587"),
        ("mail.example:587", {"port": 2525}, 2525, AUTO, "port 2525 by --port instead of 587"),
        ("mail.example:25", {"port": 465}, 465, IMPLICIT, "port 465 by --port instead of 25"),
        ("mail.example:587", {"port": 587}, 587, STARTTLS, ""),
        ("mail.example", {"port": 465}, 465, IMPLICIT, ""),
        ("mail.example", {"port": 587}, 587, STARTTLS, ""),
        ("mail.example", {"port": 2525, "user_given": True}, 2525, AUTO, ""),
        # --tls
        ("smtp://mail.example", {"tls": STARTTLS}, 25, STARTTLS, "TLS starttls by --tls instead of auto"),
        ("smtps://mail.example:4650", {"tls": NONE}, 4650, NONE, "TLS none by --tls instead of implicit"),
        ("mail.example:2465", {"tls": IMPLICIT}, 2465, IMPLICIT, ""),
        ("mail.example:587", {"tls": AUTO}, 587, AUTO, "TLS auto by --tls instead of starttls"),
        ("mail.example", {"tls": STARTTLS}, 25, STARTTLS, "port 25: no user given"),
        ("mail.example", {"tls": IMPLICIT}, 465, IMPLICIT, "port 465 because of --tls implicit"),
        ("me@mail.example", {"tls": IMPLICIT}, 465, IMPLICIT, "port 465 because of --tls implicit"),
        ("smtp+insecure://mail.example", {"tls": NONE}, 25, NONE, ""),
        ("smtp+insecure://mail.example", {"tls": AUTO}, 25, AUTO, "TLS auto by --tls instead of none"),
        # both
        (
            "submission://mail.example",
            {"port": 4650, "tls": IMPLICIT},
            4650,
            IMPLICIT,
            "port 4650 by --port instead of 587; TLS implicit by --tls instead of starttls",
        ),
        ("mail.example", {"port": 465, "tls": IMPLICIT}, 465, IMPLICIT, ""),
    ],
)
def test_options_win_and_the_header_says_so(
    text: str, options: dict[str, object], port: int, tls: TlsMode, read_as: str
) -> None:
    found = read_target(text, **options)  # type: ignore[arg-type]
    assert door(found) == ("mail.example", port, tls)
    labels = (
        words_in("en").label("read-as", one.reason, chosen=one.chosen, said=one.said)
        for one in found.target.read_as
    )
    assert "; ".join(labels) == read_as


@pytest.mark.parametrize(
    ("text", "options", "warning"),
    [
        (
            "smtp://mail.example:465",
            {},
            "port 465 normally speaks TLS from the first byte: smtps://mail.example",
        ),
        (
            "[2001:db8::1]:465",
            {"tls": NONE},
            "port 465 normally speaks TLS from the first byte: smtps://[2001:db8::1]",
        ),
        (
            "smtps://mail.example:587",
            {},
            "port 587 normally begins without TLS: submission://mail.example",
        ),
        ("mail.example:25", {"tls": IMPLICIT}, "port 25 normally begins without TLS: smtp://mail.example"),
        ("587", {}, "587 was read as the name of a host; a port is written behind it, like host:25"),
        (
            "2001:db8::1:587",
            {},
            "2001:db8::1:587 was read as one address; with 587 as the port it is [2001:db8::1]:587",
        ),
    ],
)
def test_what_may_not_be_meant_is_warned_about(text: str, options: dict[str, object], warning: str) -> None:
    assert read_target(text, **options).warnings == (warning,)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["smtps://mail.example", "mail.example:465", "2001:db8::25", "2001:db8::1:5"]
)
def test_what_is_usual_is_not_warned_about(text: str) -> None:
    assert read_target(text).warnings == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "there is nothing in it"),
        ("  \t", "there is nothing in it"),
        ("smtp://", "there is no host"),
        ("smtp:///", "there is no host"),
        ("smtp://:25", "there is no host"),
        ("smtp://me@", "there is no host"),
        ("[]:25", "there is no host"),
        ("@mail.example", "no user name before the @"),
        ("mail.example:0", "no port 0"),
        ("mail.example:70000", "no port 70000"),
        ("mail.example:-1", '"-1" is no port'),
        ("mail.example:+25", '"+25" is no port'),
        ("mail.example:smtp", '"smtp" is no port'),
        ("mail.example:٢٥", "is no port"),
        ("mail.example:1" + "0" * 5000, "it is too long"),
        ("mail.example:1" + "0" * 50, "is no port"),
        ("mail.example:", "no port behind the colon"),
        ("a..b", "a dot too many"),
        (".", "a dot too many"),
        (".mail.example", "a dot too many"),
        ("mail.example..", "a dot too many"),
        ("mail example", "there is a blank in it"),
        (" mail.example", "there is a blank in it"),
        ("mail.example 587", "write the port as host:587"),
        ("mail\xa0.example", "there is a blank in it"),
        ("mail.example\r\nX", "there is a control character in it"),
        ("mail.example\x00", "there is a control character in it"),
        ("mail.example\x9b31m", "there is a control character in it"),
        ("mail.example\udcff", "it is no valid UTF-8"),
        ("mail,example", '"mail,example" can be no part'),
        ("-mail.example", '"-mail" can be no part'),
        ("mail-.example", '"mail-" can be no part'),
        ("m%61il.example", '"m%61il" can be no part'),
        ("mail\\example", "can be no part"),
        (f"{LABEL}a.example", "longer than the 63 characters"),
        (".".join([LABEL] * 3 + ["a" * 62]), "longer than 253 characters"),
        ("1.2.3", "not a valid address"),
        ("256.1.1.1", "not a valid address"),
        ("010.0.0.1", "not a valid address"),
        ("1.2.3.4.5", "not a valid address"),
        ("0x7f.0.0.1", "not a valid address"),
        ("１.2.3", "not a valid address"),
        ("[::1", "the brackets do not fit"),
        ("::1]", "the brackets do not fit"),
        ("[::1]25", "the brackets do not fit"),
        ("[2001:db8::g]", "no valid IPv6 address"),
        ("2001:db8:::1", "no valid IPv6 address"),
        ("mail.example::25", "no valid IPv6 address"),
        ("fe80::1%", "the zone behind the % is no interface"),
        ("fe80::1%a;b", "the zone behind the % is no interface"),
        ("☃.example", "no host can have this name"),
        ("é\u202e.example", "no host can have this name"),
        ("é" * 64 + ".example", "no host can have this name"),
        ("me%4@mail.example", "a % without two hex digits"),
        ("me%@mail.example", "a % without two hex digits"),
        ("me:%zz@mail.example", "in the password, a % without"),
        ("me%ff@mail.example", "the user name is no valid UTF-8"),
        ("smtp://mail.example/inbox", "a mail server has no path"),
        ("mail.example/25", "a mail server has no path"),
        ("smtp://mail.example//", "a mail server has no path"),
        ("smtp://mail.example?tls=1", "a mail server has no query"),
        ("smtp://mail.example/?", "a mail server has no path"),
        ("smtp://mail.example#x", "a mail server has no fragment"),
        ("smtp://mail.example/@evil.example", 'a "/" before the "@"; write it as %2F'),
        ("me#x@mail.example", 'a "#" before the "@"; write it as %23'),
        ("smpt://mail.example", "did you mean smtp?"),
        ("submision://mail.example", "did you mean submission?"),
        ("starttls://mail.example", "did you mean smtp+starttls?"),
        ("x://mail.example", "write one of smtp, submission"),
        ("://mail.example", 'there is no scheme ""'),
        ("http://mail.example", "http is for the web"),
        ("IMAPS://mail.example", "imaps is for reading mail"),
        ("pop3://mail.example", "pop3 is for fetching mail"),
        ("mailto:me@mail.example", "mailto names a mailbox, not a server"),
        ("smtp:mail.example", "write smtp://host"),
        ("smtp:/mail.example", "write smtp://host"),
    ],
)
def test_what_is_no_target_is_told_in_one_line(text: str, says: str) -> None:
    line = refusal(text)
    assert says in line
    assert line.isprintable()
    assert len(line) < 320


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_option_out_of_range_is_an_error(port: int) -> None:
    assert f"no port {port}" in refusal("mail.example:25", port=port)


def test_implicit_tls_contradicts_the_insecure_scheme() -> None:
    line = refusal("smtp+insecure://mail.example", tls=IMPLICIT)
    assert "--tls implicit" in line


def test_errors_show_the_target_inert_and_cut() -> None:
    assert refusal("a\x1b]0;x\x07..b").startswith('target "a\\x1b]0;x\\x07..b": ')
    assert "a" * 81 not in refusal("a" * 3000)


def test_target_lists_lose_comments_blanks_and_what_windows_adds() -> None:
    lines = ["\ufeff# servers\r\n", "mail.example\r\n", "\n", "  smtps://b.example  # at home\n", "c#d", "#x"]
    assert read_targets(lines) == ["mail.example", "smtps://b.example", "c#d"]
    assert read_targets(["\ufeffmail.example\n"]) == ["mail.example"]
    assert read_targets([]) == []


# Text that looks like targets gets further than text out of nowhere.
_signs = ["://", "//", ":", "::", "@", "/", "?", "#", "[", "]", "%", "%25", "%ff", ".", "。", "-", "_"]
_words = ["1", "25", "465", "mail", "example", "2001:db8::1", "fe80::1%eth0", "192.0.2.1"]
_traps = ["ü", "ß", "א", "\u200d", "\u202e", " ", "\x00"]
_pieces = st.sampled_from([*SCHEMES, *_signs, *_words, *_traps])
_texts = st.text() | st.lists(_pieces | st.text(max_size=3), max_size=10).map("".join)
_modes = st.none() | st.sampled_from(TlsMode)
_ports = st.none() | st.integers(min_value=-1, max_value=65536)


@settings(deadline=None)
@given(_texts, _ports, _modes, st.booleans())
@example("[fe80::1%2525eth0]", None, None, False)
@example("::ffff:192.0.2.1", 465, NONE, False)
def test_any_text_gives_a_target_that_reads_back_or_one_line(
    text: str, port: int | None, tls: TlsMode | None, user: bool
) -> None:
    try:
        found = read_target(text, port=port, tls=tls, user_given=user)
    except TargetError as error:
        line = str(error)
    else:
        line = "".join(found.warnings)
        check_reading_back(found)
    assert line.isprintable()


def check_reading_back(found: Given) -> None:
    assert door(read_target(found.target.url)) == door(found)
    assert found.target.host.isascii()
    assert found.target.host.isprintable()


@given(_texts)
def test_any_text_can_be_a_list_of_targets(text: str) -> None:
    for line in read_targets(text.splitlines(keepends=True)):
        assert line == line.strip() != ""
