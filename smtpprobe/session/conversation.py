"""What the probe says, and when: the order of an SMTP session as a script without I/O.

`converse` is a generator. It yields actions; whoever drives it carries each one out and sends back
what came of it: a `Peer` for Connect, a `Reply` for Listen and Say, our own name for Introduce, a
`TlsSession` for StartTls, None for Decline. When something breaks (timeout, end of stream, reset,
handshake error) the driver records that and closes the generator: there is nothing more to say to a
server that is gone.

    1.  connect                                                 Connect
    2.  TLS now, if it is implicit (RFC 8314 3.3)               StartTls
    3.  wait for the whole greeting (RFC 5321 3.1)              Listen
    4.  EHLO, or HELO where EHLO is refused (RFC 5321 3.2)      Say
    5.  STARTTLS, handshake, EHLO again (RFC 3207 4.2)          Say, StartTls, Say
    6.  HELP (RFC 5321 4.1.1.8)                                 Say
    7.  AUTH, once, with one mechanism (RFC 4954 4)             Say ... Say, or Decline
    8.  QUIT (RFC 5321 4.1.1.10)                                Say

Two replies end it early. After 421 the server closes the channel whatever was asked (RFC 5321 3.8),
so nothing more is said. An answer that is no SMTP is not answered in SMTP.
"""

from collections.abc import Generator

from smtpprobe.protocol.extensions import Extensions, read_extensions
from smtpprobe.protocol.replies import Reply
from smtpprobe.record import Failure, FailureKind, Peer, TlsSession
from smtpprobe.request import Plan, StepName, Target, TlsMode
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
from smtpprobe.session.login import Channel, Login, log_in


def converse(
    target: Target, plan: Plan, planned: tuple[StepName, ...], login: Login | None = None
) -> Conversation:
    """The script of one session; `planned` is what `request.planned_steps` gave."""
    return _Script(target, plan, planned, login).run()


class _Script:
    """The state of one conversation: what the server offers, and how far the channel is protected."""

    def __init__(
        self, target: Target, plan: Plan, planned: tuple[StepName, ...], login: Login | None
    ) -> None:
        self.target, self.plan, self.planned, self.login = target, plan, planned, login
        self.name = plan.ehlo_name or ""
        self.extensions: Extensions | None = None
        self.welcome = False
        self.tls: TlsSession | None = None

    def run(self) -> Conversation:
        peer = yield Connect()
        if not isinstance(peer, Peer):
            return  # only the name was to be resolved
        if self.target.tls is TlsMode.IMPLICIT and StepName.TLS in self.planned:
            yield from self.handshake()
        if StepName.GREETING not in self.planned:
            return
        greeting = yield Listen(StepName.GREETING)
        assert isinstance(greeting, Reply)
        if not usable(greeting):
            return
        if greeting.positive and not (yield from self.session()):
            return
        # Also after a 554 greeting: the server waits for it (RFC 5321 3.1).
        yield from self.say(StepName.QUIT, "QUIT")

    def session(self) -> Generator[Action, Answer, bool]:
        """Everything between the greeting and QUIT. False: the server is not to be spoken to any more."""
        if StepName.EHLO not in self.planned:
            return True
        if not self.name:
            name = yield Introduce()
            assert isinstance(name, str)
            self.name = name
        if not usable((yield from self.ehlo())):
            return False
        for part in (self.starttls, self.help, self.auth):
            if not self.welcome:
                return True
            if not (yield from part()):
                return False
        return True

    def say(self, step: StepName, command: str) -> Generator[Action, Answer, Reply]:
        reply = yield Say(step, command.encode(), command)
        assert isinstance(reply, Reply)
        return reply

    def handshake(self) -> Generator[Action, Answer, None]:
        # A zone (fe80::1%eth0) belongs to our end of the link; no certificate knows it.
        session = yield StartTls(self.plan.sni or self.target.host.partition("%")[0])
        assert isinstance(session, TlsSession)
        self.tls = session

    def ehlo(self) -> Generator[Action, Answer, Reply]:
        """EHLO, and HELO where that is refused."""
        reply = yield from self.say(StepName.EHLO, f"EHLO {self.name}")
        self.extensions = read_extensions(reply) if reply.positive else None
        if usable(reply) and reply.klass in (4, 5):
            reply = yield from self.say(StepName.HELO, f"HELO {self.name}")
        self.welcome = reply.positive
        return reply

    def starttls(self) -> Generator[Action, Answer, bool]:
        if StepName.STARTTLS not in self.planned:
            return True
        if self.extensions is None or "STARTTLS" not in self.extensions:
            yield Decline(StepName.STARTTLS, Failure(FailureKind.NOT_OFFERED))
            return True
        reply = yield from self.say(StepName.STARTTLS, "STARTTLS")
        if not reply.positive or not usable(reply):
            return usable(reply)
        yield from self.handshake()
        # RFC 3207 4.2: forget everything learnt in the clear.
        self.extensions = None
        if self.planned.count(StepName.EHLO) < 2:
            return True
        reply = yield from self.ehlo()
        return usable(reply)

    def help(self) -> Generator[Action, Answer, bool]:
        if StepName.HELP not in self.planned:
            return True
        return usable((yield from self.say(StepName.HELP, "HELP")))

    def auth(self) -> Generator[Action, Answer, bool]:
        if self.login is None or StepName.AUTH not in self.planned:
            return True
        offered = self.extensions.mechanisms if self.extensions else ()
        return (yield from log_in(self.login, Channel(self.target, self.plan, offered, self.tls)))
