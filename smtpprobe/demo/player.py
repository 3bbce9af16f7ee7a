r"""The dishonest server: acts a dialogue out, octet by octet.

It says what the `S` lines say, in the packets that their marks say, waits for a line of the client at each
`C`, and does what the events tell: a handshake with the certificate that is named, or none; silence; the end
of the stream; a reset. Whoever connects gets the same dialogue from its beginning.

    player = Player(parse("S: 220 ready\nC: QUIT\nS: 221 bye"))
    async with player as (host, port):
        ...
    assert not player.complaints

The player goes on whatever a client does. When that is not what the dialogue has it do, `complaints` says
so: another command than was due, a word before its turn, gone too soon. Nothing else that the client said
is in them, because it may be secret.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from smtpprobe.demo.certificates import CLIENT_CERTIFICATE, authority
from smtpprobe.demo.client import Client
from smtpprobe.demo.listening import Address, listen
from smtpprobe.demo.script import Break, Garble, Handshake, Hear, NoHandshake, Say, Wait, read_script
from smtpprobe.protocol.replies import ReplyParser
from smtpprobe.record import FailureKind
from smtpprobe.transcripts.notation import Dialogue

__all__ = ["Player"]


class Player:
    """Acts `dialogue` out for each client, on a free port of `host`, as long as its `async with` lasts.

    `pause` is awaited with the seconds of each `wait`. Raises NotationError for a dialogue that it cannot
    play.
    """

    def __init__(
        self,
        dialogue: Dialogue,
        *,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
        host: str = "127.0.0.1",
    ) -> None:
        self.complaints: list[str] = []
        """Where a client did not do what the dialogue says."""
        self.heard: list[bytes] = []
        """The lines of the clients, secrets and all."""
        self._script = read_script(dialogue)
        self._pause = pause
        self._listening = listen(host, self._serve)

    async def __aenter__(self) -> Address:
        return await self._listening.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        await self._listening.__aexit__(*error)

    async def _serve(self, sock: socket.socket) -> None:
        client = Client()
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: client, sock)
            await self._play(client)
        finally:
            client.part()

    async def _play(self, client: Client) -> None:
        """The whole dialogue with one client, or as much of it as the client stays for."""
        owing, said = True, ReplyParser()
        for act in self._script:
            match act:
                case Say(packet):
                    if owing:
                        self._expect_silence(client, "before it was answered")
                    owing = owing and not said.feed(packet)
                    await client.tell(packet)
                case Hear(due):
                    await self._hear(client, due)
                    owing = True
                case Wait(seconds):
                    await self._pause(seconds)
                case Handshake():
                    await self._shake_hands(client, act)
                case NoHandshake():
                    await self._shake_no_hands(client, act)
                case Garble():
                    await client.garble()
                case Break(kind):
                    await _break(client, kind)
            if client.gone and not client.said:
                return
        client.say_goodbye()
        await client.close()
        self._expect_silence(client, "when all was over")

    async def _hear(self, client: Client, due: bytes) -> None:
        line = await client.line()
        if line is None:
            self.complaints.append(f"the client went where {_command(due)} was due")
            return
        self.heard.append(line)
        if _command(line) != _command(due):
            self.complaints.append(f"the client said {_command(line)} where {_command(due)} was due")

    def _expect_silence(self, client: Client, when: str) -> None:
        if client.said:
            self.complaints.append(f"the client said {_command(client.said)} {when}")

    async def _shake_hands(self, client: Client, act: Handshake) -> None:
        context = authority().context(*act.problems, version=act.version)
        refusing = CLIENT_CERTIFICATE in act.problems  # then it is we who break it off
        if not await client.shake_hands(context) and not refusing:
            self.complaints.append("the client broke the handshake off")

    async def _shake_no_hands(self, client: Client, act: NoHandshake) -> None:
        if act.awaited:
            await client.until(lambda: bool(client.said))
        await client.tell(act.instead)
        await _break(client, act.kind)
        client.said.clear()  # its half of the handshake


async def _break(client: Client, kind: FailureKind) -> None:
    """End as `kind` says, and stay until the client has understood."""
    if kind is FailureKind.RESET:
        await client.reset()
    if kind is FailureKind.EOF:
        await client.close()
    await client.until_gone()


_COMMANDS = {"EHLO", "HELO", "STARTTLS", "HELP", "AUTH", "QUIT", "*"}


def _command(line: bytes | bytearray) -> str:
    """What to call a line: by its command, if it is one, and never by what may be a secret."""
    word = (line.split() or [b""])[0].upper().decode(errors="replace")
    return word if word in _COMMANDS else "something else"
