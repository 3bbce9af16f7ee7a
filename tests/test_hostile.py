"""Servers that nobody would think of: random ones, on real sockets, and what must hold of every session.

Whatever they send, in whatever pieces, and wherever they break off: a report, in time, that its schema
accepts, that shows nothing unprintable and no secret, and that reads back from its dialogue to the same
findings. The seeds steer the dice; whose turn it is remains the loop's.
"""

import asyncio
import json
import random
import ssl
from contextlib import suppress
from typing import Any

import jsonschema
import pytest

from smtpprobe import Credentials, Plan, Report, Severity, Target, TlsMode, document, probe
from smtpprobe.checks import find
from smtpprobe.demo.certificates import authority
from smtpprobe.renderers import Options, render
from smtpprobe.schemas import load
from smtpprobe.transcripts.notation import parse
from smtpprobe.transcripts.reader import read_dialogue
from smtpprobe.transcripts.writer import write_dialogue

SECRET = "Tr0ub4dor&3 x"
SESSIONS = 60
TEXTS = (
    *(
        b"ok",
        b"5.7.8 no",
        b"4.3.2 wait",
        b"mail.example ESMTP",
        b"PDE4OTY+",
        b"VXNlcm5hbWU6",
        b"UGFzc3dvcmQ6",
    ),
    *(
        b"VXNlcm5hbWU6",
        b"UGFzc3dvcmQ6",
        b"\xff\xfe",
        b"x" * 600,
        b"##[x]",
        b"\x1b[2J",
        SECRET.encode(),
        b"ftp ready",
        b"LMTP",
        b"",
    ),
)
NO_SMTP = (
    *(b"", b"\r\n", b"220", b"220\r\n", b"22", b"+OK\r\n", b"* OK x\r\n", b"SSH-2.0-x\r\n"),
    *(b"HTTP/1.1 400 Bad\r\n\r\n<html>", b"\x15\x03\x01\x00\x02\x02\x28"),
)
CODES = (
    *(101, 211, 214, 220, 235, 250, 250, 334, 354, 421, 450, 451, 454, 500, 501, 502, 503, 504, 521),
    *(530, 534, 535, 538, 550, 554, 600, 999),
)
ENDINGS = (*[b"\r\n"] * 9, b"\n", b"\r", b"\r\r\n")
OFFERS = (b"PLAIN LOGIN", b"CRAM-MD5", b"LOGIN", b"X-FOO", b"PLAIN CRAM-MD5")


class RandomServer:
    """A mail server that is mostly one, and now and then anything else."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  # dice, not keys

    def reply(self) -> bytes:
        chance = self.random.random()
        if chance < 0.12:
            return self.random.randbytes(self.random.randrange(80))
        if chance < 0.2:
            return self.random.choice(NO_SMTP)
        count = self.random.choice((1, 1, 1, 2, 5, 200))
        code = self.random.choice(CODES)
        return b"".join(self.line(code, last=index == count - 1) for index in range(count))

    def line(self, code: int, *, last: bool) -> bytes:
        pick = self.random
        code = code if pick.random() < 0.95 else pick.choice((220, 250, 421, 550))
        separator = b"" if pick.random() < 0.03 else b" " if last else b"-"
        return b"%d%b%b%b" % (code, separator, pick.choice(TEXTS), pick.choice(ENDINGS))

    def answer(self, line: bytes, *, encrypted: bool) -> bytes:
        verb, chance = line[:4].upper(), self.random.random()
        if verb == b"EHLO" and chance < 0.85:
            offer = b"" if encrypted else b"250-STARTTLS\r\n"
            return b"250-mail.example\r\n%b250-AUTH %b\r\n250 SIZE 1\r\n" % (
                offer,
                self.random.choice(OFFERS),
            )
        if verb == b"AUTH" and chance < 0.4:
            refusal = b"535 5.7.8 " + SECRET.encode() + b"\r\n"
            return self.random.choice((b"235 ok\r\n", b"334 \r\n", b"334 VXNlcm5hbWU6\r\n", refusal))
        if verb == b"STAR" and chance < 0.85:
            return b"220 go\r\n" + (b"" if self.random.random() < 0.9 else self.reply())
        return b"221 bye\r\n" if verb == b"QUIT" and chance < 0.8 else self.reply()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, ValueError, ssl.SSLError):
                await self.speak(reader, writer)
        finally:
            writer.transport.abort()

    async def speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        encrypted = False
        await self.send(
            writer, b"220 mail.example ESMTP\r\n" if self.random.random() < 0.85 else self.reply()
        )
        while self.random.random() > 0.08 and (line := await reader.readline()):
            if self.random.random() < 0.02:
                await reader.read()  # silence, until the client goes
            answer = self.answer(line, encrypted=encrypted)
            await self.send(writer, answer)
            if answer.startswith(b"220 go") and not encrypted:
                problems = self.random.choice(((), (), ("expired",), ("wrong-name",)))
                await writer.start_tls(authority().context(*problems))
                encrypted = True
            if answer.startswith(b"221 bye"):
                return

    async def send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        size = self.random.choice((len(data) or 1, 7, 1 if len(data) < 60 else 50))
        for at in range(0, len(data), size):
            writer.write(data[at : at + size])
            if self.random.random() < 0.3:
                await asyncio.sleep(0)
        await writer.drain()


def check(report: Report, login: bool, schema: Any) -> None:
    worded = document([report])
    document_errors = list(schema.iter_errors(json.loads(render(worded, "json", Options()))))
    assert document_errors == []
    assert report.verdict is not Severity.ERROR
    for width, verbosity in ((None, 2), (80, 1), (40, 0), (80, -1)):
        text = render(worded, "text", Options(width=width, verbosity=verbosity))
        assert all(character == "\n" or character.isprintable() for character in text)
        assert not login or SECRET.lower() not in text.lower()
    dialogue = write_dialogue(report.transcript)
    assert not login or SECRET not in dialogue
    again = find(read_dialogue(parse(dialogue)))
    assert [(f.id, f.severity, f.evidence) for f in again] == [
        (f.id, f.severity, f.evidence) for f in report.findings
    ]


@pytest.mark.parametrize("seed", range(4))
async def test_a_report_comes_of_every_session(seed: int) -> None:
    dice = RandomServer(seed)
    schema = jsonschema.Draft202012Validator(load("check"))
    server = await asyncio.start_server(dice.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def session(ca_file: Any) -> None:
        plan = Plan(
            timeout=0.5,
            family=4,
            ca_file=ca_file,
            insecure=dice.random.random() < 0.3,
            allow_plaintext_auth=dice.random.random() < 0.5,
        )
        login = Credentials("me", SECRET) if dice.random.random() < 0.7 else None
        target = Target("localhost", port, dice.random.choice(list(TlsMode)))
        check(await probe(target, plan, login), login is not None, schema)

    with authority().ca_file() as ca_file:
        await asyncio.gather(*(session(ca_file) for _ in range(SESSIONS)))
    server.close()
    await server.wait_closed()
