"""What EHLO promises, line by line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpprobe.protocol.extensions import Extension, Extensions, read_extension, read_extensions
from smtpprobe.protocol.replies import ReplyParser


def promised(*texts: str | bytes) -> Extensions:
    rows = [text if isinstance(text, bytes) else text.encode() for text in texts]
    lines = [b"250-" + row + b"\r\n" for row in rows[:-1]] + [b"250 " + rows[-1] + b"\r\n"]
    (reply,) = ReplyParser().feed(b"".join(lines))
    return read_extensions(reply)


def test_the_first_line_is_the_servers_name() -> None:
    found = promised("mail.example Hello client.example [198.51.100.7]", "SIZE 10240000", "DSN")
    assert found.domain == "mail.example"
    assert found.items == (Extension("SIZE", "10240000"), Extension("DSN", ""))


def test_one_line_promises_nothing() -> None:
    assert promised("mail.example").items == ()


def test_a_server_without_a_name() -> None:
    found = promised("", "STARTTLS")
    assert (found.domain, "STARTTLS" in found) == ("", True)


def test_keywords_are_known_in_any_case_and_parameters_stay() -> None:
    found = promised("x", "starttls", "Size 1000", "X-Thing a B c")
    assert "STARTTLS" in found
    assert found.as_mapping() == {"STARTTLS": "", "SIZE": "1000", "X-THING": "a B c"}


def test_a_part_of_a_keyword_is_no_keyword() -> None:
    found = promised("STARTTLS", "XSTARTTLS", "STARTTLSX", "SIZE STARTTLS")
    assert "STARTTLS" not in found


def test_a_repeated_keyword_keeps_both() -> None:
    found = promised("x", "AUTH PLAIN", "LIMITS A=1", "AUTH LOGIN", "LIMITS")
    assert [item.keyword for item in found.items] == ["AUTH", "LIMITS", "AUTH", "LIMITS"]
    assert found.as_mapping() == {"AUTH": "PLAIN LOGIN", "LIMITS": "A=1"}
    assert found.mechanisms == ("PLAIN", "LOGIN")


@pytest.mark.parametrize(
    ("line", "keyword", "parameters"),
    [
        pytest.param("AUTH=LOGIN PLAIN", "AUTH=", "LOGIN PLAIN", id="old style"),
        pytest.param("auth=login", "AUTH=", "login", id="old style in small letters"),
        pytest.param("AUTH =LOGIN", "AUTH", "=LOGIN", id="blank before the sign"),
        pytest.param("AUTH LOGIN=x", "AUTH", "LOGIN=x", id="a sign further on"),
        pytest.param("AUTH=", "AUTH=", "", id="old style, and nothing"),
        pytest.param("SIZE=1000", "SIZE=1000", "", id="only AUTH has an old style"),
        pytest.param("  DSN  ", "DSN", "", id="blanks around it"),
        pytest.param("SIZE  1000 ", "SIZE", "1000", id="more blanks than needed"),
        pytest.param("", "", "", id="nothing"),
    ],
)
def test_a_line_as_it_stands(line: str, keyword: str, parameters: str) -> None:
    assert read_extension(line) == Extension(keyword, parameters)


def test_mechanisms_are_those_of_both_auth_lines_each_once_in_the_order_offered() -> None:
    found = promised("x", "AUTH cram-md5 PLAIN", "AUTH=LOGIN PLAIN", "XAUTH GSSAPI")
    assert found.mechanisms == ("CRAM-MD5", "PLAIN", "LOGIN")


def test_blank_lines_promise_nothing() -> None:
    assert promised("x", "", " ", "DSN").items == (Extension("DSN", ""),)


def test_octets_above_ascii_are_read_all_the_same() -> None:
    found = promised("x", b"X-GR\xdcSSE", "X-MÜNCHEN", b"X-" + "服务器密码".encode("gbk"))
    assert [item.keyword for item in found.items][1] == "X-MÜNCHEN"
    assert found.items[2].keyword == "X-服务器密码"


@given(st.lists(st.binary(max_size=30), min_size=1))
@settings(deadline=None)
def test_reads_anything(texts: list[bytes]) -> None:
    (reply,) = ReplyParser().feed(
        b"".join(b"250-" + text.replace(b"\n", b"") + b"\r\n" for text in texts) + b"250 END\r\n"
    )
    found = read_extensions(reply)
    assert "END" in found
    assert set(found.as_mapping()) == {item.keyword for item in found.items}
    assert all(keyword in found for keyword in found.as_mapping())
