"""Carries a conversation out, and writes the record.

`hold` drives the generator of `conversation`: it performs each action on the one connection of the
session (`sockets`, `recording`, `tls`) and sends back what came of it. Each step has its time, and
so has the session as a whole.

Whatever breaks becomes the `Failure` of the step it broke, and ends the conversation; the record so
far is the result. Nothing here raises for what a server does.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

from aiosmtplib.errors import SMTPServerDisconnected

from smtpprobe.protocol.certificates import TrustStore, judge
from smtpprobe.protocol.replies import Reply
from smtpprobe.record import Attempt, Failure, FailureKind, Peer, Step, TlsSession
from smtpprobe.recorder import Recorder
from smtpprobe.redaction import Redactor
from smtpprobe.request import ATTEMPT_TIMEOUT, Plan, StepName, Target
from smtpprobe.session import addresses
from smtpprobe.session.actions import (
    Action,
    Answer,
    Connect,
    Conversation,
    Decline,
    Introduce,
    Listen,
    Say,
    StartTls,
    usable,
)
from smtpprobe.session.recording import BrokenError, RecordingProtocol
from smtpprobe.session.sockets import Connected, open_socket, os_failure
from smtpprobe.session.tls import TlsEngine, reason

T = TypeVar("T")
OWN_NAME_PATIENCE = 0.5


class GoodbyeError(Exception):
    """The server has taken its leave with a 421 that nothing asked for; nothing more is said."""


class Wire:
    """One session on its way: performs actions and keeps the record of each."""

    def __init__(
        self,
        target: Target,
        plan: Plan,
        planned: tuple[StepName, ...],
        *,
        trust: TrustStore,
        redactor: Redactor,
        early: Redactor,
        observe: Callable[[Step], None],
        choose: Callable[[tuple[str, ...]], tuple[str, ...]],
    ) -> None:
        self.target, self.plan, self.planned = target, plan, planned
        self.trust, self.choose = trust, choose
        self.loop = asyncio.get_running_loop()
        self.origin = self.loop.time()
        self.redactor = redactor  # from the moment the secret was sent; `early` until then
        self.recorder = Recorder(self.clock, early, observe)
        self.protocol: RecordingProtocol | None = None
        self.peer: Peer | None = None
        self.goodbye = False
        self.step_ends = self.origin
        self.ended = 0.0

    def clock(self) -> float:
        """Seconds since the session began."""
        return self.loop.time() - self.origin

    async def perform(self, action: Action) -> Answer:
        """Carry out one action. Raises BrokenError when the session can not go on."""
        match action:
            case Connect():
                return await self.connect()
            case Introduce():
                return await self.introduce()
            case Listen(step):
                self.enter(step)
                return await self.hear(None)
            case Say():
                return await self.say(action)
            case StartTls(name):
                self.forget_clear_text()
                self.enter(StepName.TLS)
                return await self.start_tls(name)
            case Decline(step, failure):
                self.enter(step)
                self.recorder.step.failure = failure
                return None

    def enter(self, step: StepName) -> None:
        if self.recorder.enter(step, encrypted=self.encrypted):
            self.step_ends = self.loop.time() + self.plan.seconds_for(step)

    @property
    def encrypted(self) -> bool:
        return self.protocol is not None and self.protocol.encrypted

    @property
    def session_ends(self) -> float:
        return self.origin + self.plan.deadline

    async def within(self, what: Awaitable[T], ends: float) -> T:
        """Await until the given time, or the session's deadline if that comes first."""
        detail = "deadline" if self.session_ends <= ends else ""
        try:
            async with asyncio.timeout_at(min(ends, self.session_ends)):
                return await what
        except TimeoutError:
            raise BrokenError(Failure(FailureKind.TIMEOUT, detail)) from None

    # 1. Reach the server

    async def connect(self) -> Peer | None:
        self.enter(StepName.RESOLVE)
        found = self.recorder.step.addresses = await self.resolve()
        if StepName.CONNECT not in self.planned:
            return None
        self.enter(StepName.CONNECT)
        sock, address, local = await self.connect_one_of(self.choose(found))
        self.protocol = protocol = RecordingProtocol(self.clock)
        try:
            await self.loop.create_connection(lambda: protocol, sock=sock)
        except BaseException:
            sock.close()
            raise
        self.peer = Peer(address, self.target.port, local)
        return self.peer

    async def resolve(self) -> tuple[str, ...]:
        try:
            found = await self.within(addresses.resolve(self.target.host, self.plan.family), self.step_ends)
        except socket.gaierror as error:
            missing = error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None))
            raise BrokenError(Failure(FailureKind.DNS, "not-found" if missing else "failed")) from None
        except (OSError, UnicodeError) as error:
            raise BrokenError(os_failure(error, FailureKind.DNS)) from None
        if not found:
            raise BrokenError(Failure(FailureKind.DNS, "no-family"))
        return found

    async def introduce(self) -> str:
        """Our full name, if the resolver knows it soon enough; else our address."""
        assert self.peer is not None
        name = None
        with suppress(TimeoutError):
            async with asyncio.timeout(OWN_NAME_PATIENCE):
                name = await addresses.in_thread(addresses.look_up_own_name)
        return name or addresses.address_literal(self.peer.local)

    async def connect_one_of(self, found: tuple[str, ...]) -> Connected:
        """Try each address in turn; a silent one may use up only its share of the step's time."""
        last = Failure(FailureKind.UNREACHABLE)
        for index, address in enumerate(found):
            left = len(found) - index
            share = (self.step_ends - self.loop.time()) / left
            ends = self.loop.time() + (min(share, ATTEMPT_TIMEOUT) if left > 1 else share)
            at = self.clock()
            try:
                connected = await self.within(open_socket(address, self.target.port, self.plan.source), ends)
            except BrokenError as broken:
                last = broken.failure
                self.recorder.step.attempts.append(Attempt(address, at, self.clock() - at, last))
                if last.kind is FailureKind.INTERNAL or last.detail == "deadline":
                    break
            else:
                self.recorder.step.attempts.append(Attempt(address, at, self.clock() - at))
                return connected
        raise BrokenError(last)

    # 2. Speak

    async def say(self, action: Say) -> Reply:
        assert self.protocol is not None
        self.take_surplus()
        if self.goodbye:
            raise GoodbyeError
        if self.protocol.flooded:
            raise BrokenError(Failure(FailureKind.PROTOCOL, "endless"))
        self.enter(action.step)
        if action.mechanism:
            self.recorder.step.mechanism = action.mechanism
            self.redactor = self.recorder.redactor = self.redactor.and_also(action.telling)
        return await self.hear(action)

    async def hear(self, action: Say | None) -> Reply:
        """Send the action's line, if there is one, and wait for the whole reply."""
        protocol = self.protocol
        assert protocol is not None
        at, shown = self.clock(), action.shown if action else None
        if action:
            protocol.expect()
            waiting = protocol.execute_command(action.data)
        else:
            waiting = protocol.read_response()
        failure = None
        try:
            await self.within(waiting, self.step_ends)
        except SMTPServerDisconnected:
            pass
        except BrokenError as broken:
            failure = broken.failure
        # Whether there is an answer, our own parser says: a reply may come with the last tick of the
        # clock, and aiosmtplib makes up a 221 where QUIT is answered by a reset.
        if protocol.answer:
            self.recorder.exchange(shown, at, *protocol.answer)
            self.take_surplus()
            self.check(protocol.answer[0])
            return protocol.answer[0]
        self.take_surplus()
        heard = protocol.unfinished() or (None, ())
        self.recorder.exchange(shown, at, *heard)
        raise BrokenError(failure or protocol.lost or Failure(FailureKind.EOF))

    def check(self, reply: Reply) -> None:
        """An answer that is no SMTP, or never ends, ends the session."""
        assert self.protocol is not None
        if not reply.complete or self.protocol.flooded:
            raise BrokenError(Failure(FailureKind.PROTOCOL, "endless"))
        if reply.code != 421 and not usable(reply):
            raise BrokenError(Failure(FailureKind.PROTOCOL, "not-smtp"))

    def take_surplus(self) -> None:
        """Keep what came unasked with the step in hand; a 421 among it is the server's farewell."""
        assert self.protocol is not None
        for heard in self.protocol.surplus:
            self.recorder.surplus(*heard)
            # RFC 5321 3.8: it may come at any time, and nothing is said after it.
            self.goodbye = self.goodbye or heard[0].code == 421
        self.protocol.surplus.clear()

    def forget_clear_text(self) -> None:
        """RFC 3207 4.2: what is left over from before the handshake is kept, but never read as an answer."""
        assert self.protocol is not None
        if leftover := self.protocol.unfinished():
            self.protocol.surplus.append(leftover)
            self.take_surplus()

    # 3. TLS

    async def start_tls(self, name: str) -> TlsSession:
        assert self.protocol is not None
        engine = TlsEngine(name)
        try:
            await self.within(self.protocol.shake_hands(engine), self.step_ends)
        except (ssl.SSLError, BrokenError) as error:
            self.recorder.heard(engine.heard)
            failure = (
                error.failure if isinstance(error, BrokenError) else Failure(FailureKind.TLS, reason(error))
            )
            raise BrokenError(failure) from None
        chain = engine.chain()
        now = datetime.now(UTC)
        verdict = judge(chain, host=name, store=self.trust, now=now, pin=self.plan.pin)
        session = TlsSession(engine.version, engine.cipher, verdict, chain)
        self.recorder.step.tls = session
        return session


async def hold(wire: Wire, conversation: Conversation) -> None:
    """Drive `conversation` to its end on `wire`; the record is in `wire.recorder`."""
    try:
        answer: Answer = None
        while True:
            answer = await wire.perform(conversation.send(answer))
    except (StopIteration, GoodbyeError):
        pass
    except BrokenError as broken:
        # A login that was given up had failed before the server hung up.
        wire.recorder.step.failure = wire.recorder.step.failure or broken.failure
    except Exception as error:
        # Our own fault costs this session its verdict, not the others theirs.
        wire.recorder.step.failure = Failure(FailureKind.INTERNAL, type(error).__name__)
    finally:
        conversation.close()
        wire.recorder.close()
        wire.ended = wire.clock()
        if wire.protocol is not None:
            await wire.protocol.hang_up()
