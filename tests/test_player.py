"""The player does what a dialogue says, octet by octet, whatever the client does."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import pytest

from smtpprobe.demo.certificates import EXPIRES_SOON, authority
from smtpprobe.demo.player import Player
from smtpprobe.demo.script import (
    Break,
    Handshake,
    Hear,
    NoHandshake,
    Say,
    Wait,
    read_script,
)
from smtpprobe.record import FailureKind
from smtpprobe.transcripts.notation import NotationError, parse

from .support.live import at_once, nothing_left

# What follows a handshake that goes well.
TLS = "*: tls TLSv1.3 TLS_AES_256_GCM_SHA384"


@pytest.fixture(autouse=True)
async def _nothing_left() -> AsyncIterator[None]:
    async with nothing_left():
        yield


# The script


def test_the_script_is_the_servers_part_of_the_dialogue() -> None:
    script = read_script(
        parse(
            "*: target submission://mail.example:587\n*: plan user\n*: started 2026-01-01T00:00:00Z\n"
            "*: resolve 192.0.2.1\n*: connect 192.0.2.1 refused\n*: connect 192.0.2.2 from 192.0.2.9\n"
            "0.5 S: 220-one\nS+: 220 two\nS-: 25\nS: 0 three\n*: wait 1.5\nC: STARTTLS\n"
            f"{TLS} expired,wrong-name names=a,b\n*: declined auth policy no-tls\nC: QUIT\n*: eof"
        )
    )
    assert script == (
        Say(b"220-one\r\n220 two\r\n"),
        Say(b"25"),
        Say(b"0 three\r\n"),
        Wait(1.5),
        Hear(b"STARTTLS\r\n"),
        Handshake("TLSv1.3", ("expired", "wrong-name")),
        Hear(b"QUIT\r\n"),
        Break(FailureKind.EOF),
    )


def test_what_the_client_concluded_is_not_played() -> None:
    assert read_script(parse("S: 220 hello\n*: protocol endless")) == (Say(b"220 hello\r\n"),)


def test_a_repeated_line_is_said_as_often() -> None:
    assert read_script(parse("S: 250-x\n*: repeat 3\nS: 250 y")) == (Say(b"250-x\r\n"),) * 3 + (
        Say(b"250 y\r\n"),
    )


@pytest.mark.parametrize(
    ("line", "instead", "awaited"),
    [
        ("*: tls eof", b"", True),
        ("*: tls tls sslv3-alert-handshake-failure", b"\x15\x03\x03\x00\x02\x02\x28", True),
        ("*: tls tls tlsv1-alert-protocol-version", b"\x15\x03\x03\x00\x02\x02\x46", True),
        ("*: tls tls no-such-thing", b"\x15\x03\x03\x00\x02\x02\x50", True),
        ("*: tls tls wrong-version-number 'heard=220 hi\\x0d\\x0a'", b"220 hi\r\n", False),
        ("*: tls timeout 'heard=22'", b"22", False),
        ("C: STARTTLS\n*: tls tls x 'heard=502 no'", b"502 no", True),
    ],
)
def test_what_is_said_instead_of_a_handshake(line: str, instead: bytes, awaited: bool) -> None:
    act = read_script(parse(line))[-1]
    assert isinstance(act, NoHandshake)
    assert (act.instead, act.awaited) == (instead, awaited)


@pytest.mark.parametrize(
    ("not_after", "problems"),
    [("2026-01-10T00:00:00Z", (EXPIRES_SOON,)), ("2026-03-01T00:00:00Z", ())],
)
def test_a_certificate_that_expires_soon_is_one(not_after: str, problems: tuple[str, ...]) -> None:
    script = read_script(parse(f"*: started 2026-01-01T00:00:00Z\n{TLS} trusted not-after={not_after}"))
    assert script == (Handshake("TLSv1.3", problems),)


@pytest.mark.parametrize(
    "line",
    [
        "*: wait",
        "*: wait long",
        "*: tls",
        "*: tls TLSv1.3 x",
        "*: tls TLSv1.3 x trusted y",
        "*: no-such-event",
    ],
)
def test_what_cannot_be_played_is_said_before_anything_is(line: str) -> None:
    with pytest.raises(NotationError, match="cannot be played"):
        Player(parse(line))


# What the client gets


class Pieces(asyncio.Protocol):
    """A client that keeps each read by itself."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.over: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.over.set_result(error)


@asynccontextmanager
async def connected(
    player: Player,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """The player at work, and a client's end of a connection with it."""
    async with player as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()
            await asyncio.sleep(0)


async def listen(text: str, said: bytes = b"") -> tuple[bytes, Player]:
    """All that a client hears who says this at once and then listens."""
    player = Player(parse(text), pause=at_once)
    async with connected(player) as (reader, writer):
        writer.write(said)
        return await reader.read(), player


async def test_packets_come_as_they_are_marked() -> None:
    async with Player(parse("S: 220-one\nS+-: 220 t\n*: wait 0.02\nS: wo\nS-: 250 \\x00\\xff\\x0a")) as (
        host,
        port,
    ):
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(Pieces, host, port)
        assert await client.over is None
    assert client.pieces[0] == b"220-one\r\n220 t"
    assert b"".join(client.pieces[1:]) == b"wo\r\n250 \x00\xff\n"


async def test_the_server_waits_for_the_client_at_each_of_its_lines() -> None:
    player = Player(parse("S: 220 a\nC: EHLO x\nS: 250 b\nC: QUIT\nS: 221 c"))
    async with connected(player) as (reader, writer):
        assert await reader.readline() == b"220 a\r\n"
        writer.write(b"ehlo someone.example\r\n")
        assert await reader.readline() == b"250 b\r\n"
        writer.write(b"QUIT\r\n")
        assert await reader.read() == b"221 c\r\n"
    assert player.heard == [b"ehlo someone.example", b"QUIT"]
    assert player.complaints == []


async def test_every_client_gets_the_dialogue_from_its_beginning() -> None:
    player = Player(parse("S: 220 a\nC: QUIT\nS: 221 b"))
    async with player as (host, port):

        async def visit() -> bytes:
            reader, writer = await asyncio.open_connection(host, port)
            await reader.readline()
            writer.write(b"QUIT\r\n")
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            return answer

        assert await asyncio.gather(*(visit() for _ in range(20))) == [b"221 b\r\n"] * 20
    assert player.complaints == []


async def test_time_is_let_go_by_as_the_caller_wants() -> None:
    paused: list[float] = []

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    player = Player(parse("*: wait 600\nS: 220 a\n9.5 S: 220 b\n*: wait 0.5"), pause=pause)
    async with connected(player) as (reader, _):
        assert await reader.read() == b"220 a\r\n220 b\r\n"
    assert paused == [600.0, 0.5]


async def test_eof_ends_the_stream() -> None:
    said, player = await listen("S: 220 a\n*: eof\nS: 220 never")
    assert said == b"220 a\r\n"
    assert player.complaints == []


@pytest.mark.parametrize("kind", ["eof", "reset"])
async def test_whoever_talks_on_after_the_end_does_not_stop_it(kind: str) -> None:
    player = Player(parse(f"S: 220 a\n*: {kind}\nC: QUIT\nS: 221 b\n*: reset"))
    async with connected(player) as (reader, writer):
        assert await reader.readline() == b"220 a\r\n"
        writer.write(b"HELP\r\nQUIT\r\n")
        with suppress(ConnectionError):
            assert await reader.read() == b""


async def test_reset_comes_after_what_was_said() -> None:
    async with Player(parse("S: 220 a\n*: reset")) as (host, port):
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(Pieces, host, port)
        assert isinstance(await client.over, ConnectionResetError)
    assert client.pieces == [b"220 a\r\n"]


async def test_timeout_is_silence_until_the_client_goes() -> None:
    player = Player(parse("S: 220 a\n*: timeout"))
    async with connected(player) as (reader, _):
        assert await reader.readline() == b"220 a\r\n"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.read(1)


# What the player complains about


@pytest.mark.parametrize(
    ("text", "said", "complaint"),
    [
        ("S: 220 a\nC: EHLO x", b"", "the client went where EHLO was due"),
        ("C: EHLO x\nS: 250 a", b"HELO x\r\n", "the client said HELO where EHLO was due"),
        ("C: [secret]\nS: 235 a", b"*\r\n", "the client said * where something else was due"),
        ("C: AUTH PLAIN [secret]\nS: 235 a", b"aHVudGVyMg==\r\n", "said something else where AUTH was due"),
        ("C: EHLO x\nS: 250 a\nC: QUIT", b"EHLO x\r\nQUIT\r\n", "said QUIT before it was answered"),
        ("S: 220 a", b"QUIT\r\n", "said QUIT when all was over"),
        ("*: timeout", b"EHLO x\r\n", "said EHLO when all was over"),
        ("*: tls TLSv1.3 x trusted", b"EHLO x\r\n", "the client broke the handshake off"),
    ],
)
async def test_a_client_that_does_something_else(text: str, said: bytes, complaint: str) -> None:
    player = Player(parse(text))
    async with player as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(said)
        writer.write_eof()
        await reader.read()
        writer.close()
        await writer.wait_closed()
    assert len(player.complaints) == 1
    assert player.complaints[0].endswith(complaint)


async def test_it_goes_on_all_the_same() -> None:
    heard, player = await listen("C: EHLO x\nS: 250 a\nC: QUIT\nS: 221 b", b"HELP\r\nHELP\r\n")
    assert heard == b"250 a\r\n221 b\r\n"
    assert len(player.complaints) == 3  # both commands, and that the second came too early


# TLS


def client_context() -> ssl.SSLContext:
    """A client that trusts the demo's authority and nobody else."""
    context = ssl.create_default_context()
    with authority().ca_file() as path:
        context.load_verify_locations(path)
    return context


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
async def test_a_trusted_certificate_is_one_for_every_name_of_loopback(host: str) -> None:
    player = Player(parse(f"{TLS} trusted\nS: 220 a\nC: QUIT\nS: 221 b"))
    async with player as (address, port):
        reader, writer = await asyncio.open_connection(
            address, port, ssl=client_context(), server_hostname=host
        )
        assert await reader.readline() == b"220 a\r\n"
        writer.write(b"QUIT\r\n")
        assert await reader.read() == b"221 b\r\n"
        writer.close()
        await writer.wait_closed()
    assert player.complaints == []


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("expired", "certificate has expired"),
        ("not-yet-valid", "certificate is not yet valid"),
        ("wrong-name", "Hostname mismatch"),
        ("self-signed", "self-signed certificate"),
        ("unknown-issuer", "unable to get local issuer certificate"),
        ("missing-intermediate", "unable to get local issuer certificate"),
        ("wrong-usage", "unsuitable certificate purpose"),
        ("expired,wrong-name", "Hostname mismatch"),  # a name is looked at first
        ("expired,self-signed", "self-signed certificate"),
    ],
)
async def test_python_refuses_the_other_certificates_for_the_reason_that_is_told(
    reason: str, words: str
) -> None:
    async with Player(parse(f"{TLS} {reason}\nS: 220 a")) as (host, port):
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            await asyncio.open_connection(host, port, ssl=client_context(), server_hostname="localhost")
    assert words in caught.value.verify_message


def test_contexts_are_made_once() -> None:
    assert authority().context("expired") is authority().context("expired")
    assert authority().context("expired") is not authority().context()


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
async def test_the_version_is_that_of_the_dialogue(version: str) -> None:
    async with Player(parse(f"*: tls {version} cipher trusted\nS: 220 a")) as (host, port):
        reader, writer = await asyncio.open_connection(
            host, port, ssl=client_context(), server_hostname="localhost"
        )
        assert writer.get_extra_info("ssl_object").version() == version
        await reader.read()
        writer.close()
        await writer.wait_closed()


async def test_starttls_after_a_dialogue_in_the_clear() -> None:
    player = Player(
        parse(f"S: 220 a\nC: STARTTLS\nS: 220 b\nS+: 250 injected\n{TLS} trusted\nC: EHLO x\nS: 250 c")
    )
    async with player as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        assert await reader.readline() == b"220 a\r\n"
        writer.write(b"STARTTLS\r\n")
        assert await reader.read(100) == b"220 b\r\n250 injected\r\n"
        await writer.start_tls(client_context(), server_hostname="localhost")
        writer.write(b"EHLO x\r\n")
        assert await reader.read() == b"250 c\r\n"
        writer.close()
        await writer.wait_closed()
    assert player.complaints == []


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("tls sslv3-alert-handshake-failure", "SSLV3_ALERT_HANDSHAKE_FAILURE"),
        ("tls tlsv1-alert-protocol-version", "TLSV1_ALERT_PROTOCOL_VERSION"),
        ("tls tlsv1-unrecognized-name", "TLSV1_UNRECOGNIZED_NAME"),
        ("tls unsupported-protocol", "UNSUPPORTED_PROTOCOL"),
        ("tls wrong-version-number 'heard=220 mail.example\\x0d\\x0a'", "WRONG_VERSION_NUMBER"),
    ],
)
async def test_handshakes_that_fail_as_openssl_says_it(event: str, reason: str) -> None:
    player = Player(parse(f"*: tls {event}"))
    async with player as (host, port):
        with pytest.raises(ssl.SSLError) as caught:
            await asyncio.open_connection(host, port, ssl=client_context(), server_hostname="localhost")
    assert caught.value.reason == reason
    assert player.complaints == []


@pytest.mark.parametrize("kind", ["eof", "reset"])
async def test_handshakes_that_are_cut(kind: str) -> None:
    player = Player(parse(f"*: tls {kind}"))
    async with player as (host, port):
        with pytest.raises(ConnectionResetError) as caught:
            await asyncio.open_connection(host, port, ssl=client_context(), server_hostname="localhost")
    assert (caught.value.errno is None) is (kind == "eof")
    assert player.complaints == []


async def test_tls_that_breaks_after_the_handshake() -> None:
    player = Player(parse(f"{TLS} trusted\nS: 220 a\nC: QUIT\n*: tls decryption-failed-or-bad-record-mac"))
    async with player as (host, port):
        reader, writer = await asyncio.open_connection(
            host, port, ssl=client_context(), server_hostname="localhost"
        )
        assert await reader.readline() == b"220 a\r\n"
        writer.write(b"QUIT\r\n")
        with pytest.raises(ssl.SSLError) as caught:
            await reader.read()
        writer.transport.abort()
    assert caught.value.reason == "DECRYPTION_FAILED_OR_BAD_RECORD_MAC"
    assert player.complaints == []


async def test_a_handshake_that_stalls() -> None:
    player = Player(parse("*: tls timeout"))
    async with player as (host, port):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await asyncio.open_connection(host, port, ssl=client_context(), server_hostname="localhost")
    assert player.complaints == []


# Clients that vanish

LONG = (
    f"S: 220 a\n*: wait 1\nC: STARTTLS\nS: 220 b\n{TLS} trusted\n"
    f"C: EHLO x\nS: 250-{'y' * 900}\n*: repeat 5000\nS: 250 z\nC: QUIT\nS: 221 c"
)


def goings(sock: socket.socket) -> Iterator[str]:
    """Go at one point after another of the dialogue; yields a name for each, before it goes on."""
    yield "at once"
    sock.recv(100)
    yield "after the greeting"
    sock.send(b"START")
    yield "in a command"
    sock.send(b"TLS\r\n")
    yield "before the answer"
    sock.recv(100)
    yield "before the handshake"
    sock.send(b"\x16\x03\x01")
    yield "in the handshake"


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("stop", range(6))
async def test_clients_that_vanish_leave_nothing_behind(stop: int, reset: bool) -> None:
    async with Player(parse(LONG), pause=at_once) as (host, port):

        def visit() -> None:
            with socket.create_connection((host, port)) as sock:
                if reset:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                going = goings(sock)
                for _ in range(stop + 1):
                    next(going)

        await asyncio.to_thread(visit)


async def test_a_client_that_does_not_listen_is_no_memory_leak() -> None:
    async with Player(parse(f"S: {'x' * 1000}\n*: repeat 100000")) as (host, port):
        _, writer = await asyncio.open_connection(host, port, limit=100)
        await asyncio.sleep(0.05)
        writer.transport.abort()
        await asyncio.sleep(0)


async def test_the_end_of_the_player_is_the_end_of_its_clients() -> None:
    async with Player(parse("S: 220 a\n*: timeout")) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        assert await reader.readline() == b"220 a\r\n"
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_what_goes_wrong_in_the_player_is_not_hidden() -> None:
    async def pause(_seconds: float) -> None:
        raise ZeroDivisionError

    player = Player(parse("*: wait 1\nS: 220 never"), pause=pause)
    with pytest.raises(ZeroDivisionError):
        async with connected(player) as (reader, _):
            assert await reader.read() == b""
