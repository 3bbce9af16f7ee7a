"""Does the lab itself stand? Each service of each server, met by plain sockets and without the probe.

When one of these fails, look at the servers; when only the probe's own tests fail, look at the probe.
"""

import base64
import hashlib
import hmac
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from . import servers
from .servers import SERVICES, Address, Server, answers

GREETINGS = {
    ("postfix", "greets-554"): "554 5.7.1 ",
    ("postfix", "greets-421"): "421 4.3.2 ",
    ("postfix", "postscreen"): "220-mail.lab.test ESMTP Postfix",
    ("exim", "greets-554"): "554 5.7.1 No service for you",
    ("exim", "greets-451"): "451 ",
    ("exim", "multi-line"): "220-mail.lab.test ESMTP Exim 4",
    ("dovecot", "relay"): "220 relay.lab.test ",
}
USUAL_GREETING = {
    "postfix": "220 mail.lab.test ESMTP Postfix (Debian/GNU)",
    "exim": "220 mail.lab.test ESMTP Exim 4",
    "dovecot": "220 mail.lab.test Dovecot (Debian) ready.",
}
SLOW_GREETINGS = [("postfix", "postscreen"), ("exim", "slow")]
EVERY_SERVICE = [(server, service) for server, services in SERVICES.items() for service in services]
WITH_LOGIN = [
    ("postfix", "starttls"),
    ("postfix", "starttls-ipv6"),
    ("postfix", "tls"),
    ("postfix", "plain"),
    ("exim", "starttls"),
    ("exim", "starttls-ipv6"),
    ("exim", "tls"),
    ("exim", "plain"),
    ("dovecot", "starttls"),
    ("dovecot", "auth-after-tls"),
    ("dovecot", "tls"),
    ("dovecot", "plain"),
]


class Client:
    """As little SMTP as will do: a line out, a reply in."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.unread = b""

    def reply(self) -> list[str]:
        """The lines of one reply."""
        lines = [self._line()]
        while lines[-1][3:4] == "-":
            lines.append(self._line())
        return lines

    def say(self, line: str) -> list[str]:
        self.connection.sendall(line.encode() + b"\r\n")
        return self.reply()

    def start_tls(self, context: ssl.SSLContext) -> None:
        assert self.say("STARTTLS")[0].startswith("220 ")
        self.connection = context.wrap_socket(self.connection, server_hostname="localhost")

    def _line(self) -> str:
        while b"\r\n" not in self.unread:
            received = self.connection.recv(4096)
            assert received, "the server closed the connection"
            self.unread += received
        line, _, self.unread = self.unread.partition(b"\r\n")
        return line.decode()


@contextmanager
def connected(server: Server, service: str) -> Iterator[Client]:
    """A client of that service, under TLS where that comes first."""
    with socket.create_connection(server[service], timeout=10) as connection:
        client = Client(connection)
        if service == "tls":
            client.connection = trusting(server).wrap_socket(connection, server_hostname="localhost")
        yield client
        client.connection.close()


def trusting(server: Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.ca_file)


def hello(client: Client) -> list[str]:
    """The keywords and their parameters that EHLO shows."""
    return [line[4:] for line in client.say("EHLO probe.lab.test")]


def auth_offer(client: Client) -> set[str]:
    """The mechanisms that EHLO shows."""
    return {word for line in hello(client) if line.startswith("AUTH ") for word in line.split()[1:]}


def in_base64(*words: str) -> str:
    return base64.b64encode("\0".join(words).encode()).decode()


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """The server that the test's parameter names."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize(("server", "service"), EVERY_SERVICE, indirect=["server"])
def test_greets(server: Server, service: str) -> None:
    expected = GREETINGS.get((server.name, service), USUAL_GREETING[server.name])
    begin = time.monotonic()
    with connected(server, service) as client:
        assert client.reply()[0].startswith(expected)
    assert time.monotonic() - begin > (1.9 if (server.name, service) in SLOW_GREETINGS else 0)


@pytest.mark.parametrize(("server", "service"), WITH_LOGIN, indirect=["server"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_knows_the_odd_password(server: Server, service: str, mechanism: str) -> None:
    with connected(server, service) as client:
        client.reply()
        if "STARTTLS" in hello(client):
            client.start_tls(trusting(server))
        assert mechanism in auth_offer(client)
        assert log_in(client, mechanism, server.user, server.password)[0].startswith("235 ")


def log_in(client: Client, mechanism: str, user: str, password: str) -> list[str]:
    if mechanism == "PLAIN":
        return client.say("AUTH PLAIN " + in_base64("", user, password))
    challenge = client.say(f"AUTH {mechanism}")[0]
    if mechanism == "LOGIN":
        client.say(in_base64(user))
        return client.say(in_base64(password))
    digest = hmac.new(password.encode(), base64.b64decode(challenge[4:]), "md5").hexdigest()
    return client.say(in_base64(f"{user} {digest}"))


@pytest.mark.parametrize("server", ["postfix", "dovecot"], indirect=True)
@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
def test_knows_the_odd_password_by_scram(server: Server, hash_name: str) -> None:
    with connected(server, "tls") as client:
        client.reply()
        hello(client)
        assert scram(client, hash_name, server.user, server.password)[0].startswith("235 ")


def scram(client: Client, hash_name: str, user: str, password: str) -> list[str]:
    """RFC 5802 section 3. The server's own signature is not looked at."""

    def mac(key: bytes, message: bytes) -> bytes:
        return hmac.digest(key, message, hash_name)

    bare = f"n={user},r=lab"
    challenge = client.say(f"AUTH SCRAM-{hash_name.upper().replace('A', 'A-')} " + in_base64(f"n,,{bare}"))[0]
    first = base64.b64decode(challenge[4:]).decode()
    nonce, salt, count = (field[2:] for field in first.split(","))
    salted = hashlib.pbkdf2_hmac(hash_name, password.encode(), base64.b64decode(salt), int(count))
    final = f"c=biws,r={nonce}"
    client_key = mac(salted, b"Client Key")
    signature = mac(hashlib.new(hash_name, client_key).digest(), f"{bare},{first},{final}".encode())
    proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
    client.say(in_base64(f"{final},p={base64.b64encode(proof).decode()}"))
    return client.say("")


@pytest.mark.parametrize("server", SERVICES, indirect=True)
def test_refuses_a_wrong_password(server: Server) -> None:
    with connected(server, "tls") as client:
        client.reply()
        hello(client)
        assert log_in(client, "PLAIN", server.user, "wrong")[0].startswith("535 ")


def test_postfix_offers_auth_after_tls_only(postfix: Server) -> None:
    with connected(postfix, "starttls") as client:
        client.reply()
        assert not auth_offer(client)
        client.start_tls(trusting(postfix))
        assert auth_offer(client) == {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"}


def test_exim_offers_plain_after_tls_only(exim: Server) -> None:
    with connected(exim, "starttls") as client:
        client.reply()
        assert auth_offer(client) == {"CRAM-MD5"}
        client.start_tls(trusting(exim))
        assert auth_offer(client) == {"PLAIN", "LOGIN", "CRAM-MD5"}


def test_dovecot_offers_plain_before_tls_to_its_own_address_only(dovecot: Server) -> None:
    offers = {}
    for service in ("starttls", "auth-after-tls"):
        with connected(dovecot, service) as client:
            client.reply()
            offers[service] = auth_offer(client)
    assert offers["starttls"] - offers["auth-after-tls"] == {"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"}
    assert "SCRAM-SHA-256" in offers["auth-after-tls"]


@pytest.mark.parametrize(("server", "service"), [(s, "plain") for s in SERVICES], indirect=["server"])
def test_plain_has_no_tls(server: Server, service: str) -> None:
    with connected(server, service) as client:
        client.reply()
        assert "STARTTLS" not in hello(client)


@pytest.mark.parametrize("server", ["postfix", "exim"], indirect=True)
def test_no_auth_offers_none(server: Server) -> None:
    with connected(server, "no-auth") as client:
        client.reply()
        client.say("EHLO probe.lab.test")
        client.start_tls(trusting(server))
        assert not auth_offer(client)


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        ("expired", "certificate has expired"),
        ("wrong-name", "Hostname mismatch"),
        ("self-signed", "self-signed"),
    ],
)
def test_bad_certificates_are_bad_for_one_reason(postfix: Server, service: str, reason: str) -> None:
    with connected(postfix, service) as client:
        client.reply()
        hello(client)
        with pytest.raises(ssl.SSLCertVerificationError, match=reason):
            client.start_tls(trusting(postfix))


def test_the_self_signed_certificate_may_be_trusted_by_name(postfix: Server) -> None:
    with connected(postfix, "self-signed") as client:
        client.reply()
        hello(client)
        client.start_tls(ssl.create_default_context(cafile=postfix.self_signed_file))


@pytest.mark.parametrize(
    ("server", "service", "command", "answer"),
    [
        ("postfix", "tls-required", "MAIL FROM:<a@lab.test>", "530 5.7.0 "),
        ("postfix", "no-certificate", "STARTTLS", "454 4.7.0 "),
        ("exim", "auth-538", "AUTH PLAIN", "538 5.7.11 "),
        ("exim", "no-hello", "HELO probe.lab.test", "550 "),
    ],
    indirect=["server"],
)
def test_refuses(server: Server, service: str, command: str, answer: str) -> None:
    with connected(server, service) as client:
        client.reply()
        first = client.say("EHLO probe.lab.test")[0]
        assert first.startswith("550 " if service == "no-hello" else "250-")
        assert client.say(command)[0].startswith(answer)


def test_old_auth_is_offered_twice(postfix: Server) -> None:
    with connected(postfix, "old-auth") as client:
        client.reply()
        hello(client)
        client.start_tls(trusting(postfix))
        assert [line for line in hello(client) if line.startswith("AUTH=PLAIN ")]


def test_multi_line_greeting(exim: Server) -> None:
    with connected(exim, "multi-line") as client:
        assert client.reply()[1:] == ["220-second line of the greeting", "220 third line"]


def test_a_stopped_server_is_gone(tmp_path: Path, certificates: Path) -> None:
    server = servers.start("exim", tmp_path, certificates)
    server.stop()
    server.stop()
    assert [service for service, address in server.services.items() if answers(address)] == []


def test_a_server_dies_with_the_test_process(tmp_path: Path, certificates: Path) -> None:
    folder = tmp_path / "exim"
    folder.mkdir()
    script = (
        "import sys, time; from pathlib import Path; from tests.real_servers import servers;"
        "server = servers.start('exim', Path(sys.argv[1]), Path(sys.argv[2]));"
        "print(server['starttls'].port, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, folder, certificates],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        address = Address("127.0.0.1", int(process.stdout.readline()))
        assert answers(address)
        os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while answers(address):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_failed_start_shows_the_logs(
    tmp_path: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def render(_name: str, folder: Path, _ports: dict[str, str]) -> None:
        (folder / "start").write_text("oh no")

    monkeypatch.setattr(servers, "_render", render)
    with pytest.raises(servers.StartError, match="oh: command not found"):
        servers.start("exim", tmp_path, certificates)
