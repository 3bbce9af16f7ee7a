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

import base64
import binascii
from collections.abc import Generator
from dataclasses import dataclass, field

from smtpprobe.protocol.extensions import Extensions, read_extensions
from smtpprobe.protocol.replies import Reply, ReplyLine
from smtpprobe.protocol.sasl import (
    MAX_AUTH_COMMAND_OCTETS,
    MECHANISMS,
    Mechanism,
    Response,
    Talk,
    choose,
)
from smtpprobe.record import Failure, FailureKind, Peer, TlsSession
from smtpprobe.request import Credentials, Plan, StepName, Target, TlsMode


@dataclass(frozen=True, slots=True)
class Connect:
    """Resolve the host and connect to the first of its addresses that answers."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for a reply without saying anything."""

    step: StepName


@dataclass(frozen=True, slots=True)
class Introduce:
    """Find out what to call ourselves in EHLO: our full host name, or our address as a literal."""


@dataclass(frozen=True, slots=True)
class Say:
    """Send one line (`data`, without CRLF) and wait for its whole reply. `shown` goes into the record."""

    step: StepName
    data: bytes = field(repr=False)
    shown: str
    mechanism: str | None = None


@dataclass(frozen=True, slots=True)
class StartTls:
    """Shake hands; `name` is asked for and looked for in the certificate."""

    name: str


@dataclass(frozen=True, slots=True)
class Decline:
    """Put on record why a step that was due is not (or not further) carried out."""

    step: StepName
    failure: Failure


Action = Connect | Listen | Introduce | Say | StartTls | Decline
Answer = Peer | Reply | TlsSession | str | None
Conversation = Generator[Action, Answer, None]


@dataclass(frozen=True, slots=True)
class Login:
    """A login to try. `barred` says why it is not to be tried this time (see record.Failure)."""

    credentials: Credentials
    barred: str | None = None


def converse(
    target: Target, plan: Plan, planned: tuple[StepName, ...], login: Login | None = None
) -> Conversation:
    """The script of one session; `planned` is what `request.planned_steps` gave."""
    return _Script(target, plan, planned, login).run()


def usable(reply: Reply) -> bool:
    """The session can go on after this reply: it is whole, it is SMTP, and it is not 421."""
    return reply.complete and reply.klass in (2, 3, 4, 5) and reply.code != 421


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
        """Log in once, if asked to, if that is safe, and if there is a mechanism for it."""
        if self.login is None or StepName.AUTH not in self.planned:
            return True
        mechanism = self.choose_mechanism()
        refusal = self.withheld(self.login) or (mechanism if isinstance(mechanism, Failure) else None)
        if refusal or not isinstance(mechanism, Mechanism):
            yield Decline(StepName.AUTH, refusal or Failure(FailureKind.NOT_OFFERED))
            return True
        return usable((yield from self.log_in(mechanism, self.login.credentials)))

    def withheld(self, login: Login) -> Failure | None:
        """Why these credentials may not go over this channel."""
        if login.barred:
            return Failure(FailureKind.POLICY, login.barred)
        if self.tls is None:
            return None if self.plan.allow_plaintext_auth else Failure(FailureKind.POLICY, "no-tls")
        if not self.tls.verdict.trusted and not self.plan.insecure:
            return Failure(FailureKind.POLICY, "untrusted-certificate")
        return None

    def choose_mechanism(self) -> Mechanism | Failure:
        offered = self.extensions.mechanisms if self.extensions else ()
        if self.plan.mechanism is None:
            found = choose(offered, protected=self.tls is not None)
            return found or Failure(FailureKind.NOT_OFFERED, "no-common-mechanism" if offered else "")
        if self.plan.mechanism in offered and self.plan.mechanism in MECHANISMS:
            return MECHANISMS[self.plan.mechanism]
        return Failure(FailureKind.NOT_OFFERED, "mechanism" if offered else "")

    def log_in(self, mechanism: Mechanism, who: Credentials) -> Generator[Action, Answer, Reply]:
        """The AUTH exchange (RFC 4954 4): the command, then a response to each 334, then the verdict."""
        talk = mechanism.talk(who.user, who.secret)
        response = next(talk)
        command = f"AUTH {mechanism.name}"
        initial = _encode(response) or "=" if response else ""
        if response and len(command) + len(initial) + 3 <= MAX_AUTH_COMMAND_OCTETS:
            line, shown, response = f"{command} {initial}", f"{command} {response.shown}", None
        else:
            line = shown = command
        reply = yield from self.say_secret(mechanism, line, shown)
        while reply.code == 334 and usable(reply):
            answer = response or _next_response(mechanism, talk, reply)
            response = None
            if isinstance(answer, Failure):
                reply = yield from self.say_secret(mechanism, "*", "*")
                yield Decline(StepName.AUTH, answer)
                break
            reply = yield from self.say_secret(mechanism, _encode(answer), answer.shown)
        return reply

    def say_secret(self, mechanism: Mechanism, line: str, shown: str) -> Generator[Action, Answer, Reply]:
        reply = yield Say(StepName.AUTH, line.encode(), shown, mechanism.name)
        assert isinstance(reply, Reply)
        return reply


def _next_response(mechanism: Mechanism, talk: Talk, reply: Reply) -> Response | Failure:
    """What the mechanism answers to a 334, or why it can not."""
    try:
        challenge = decode_challenge(reply.lines[-1])
    except ValueError:
        if mechanism.reads_challenge:
            return Failure(FailureKind.PROTOCOL, "challenge-not-base64")
        challenge = reply.lines[-1].text
    try:
        return talk.send(challenge) or Failure(FailureKind.PROTOCOL, "too-many-challenges")
    except StopIteration:
        return Failure(FailureKind.PROTOCOL, "too-many-challenges")


def decode_challenge(line: ReplyLine) -> bytes:
    """The challenge in a 334 line; ValueError if it is not base64 (RFC 4954 4)."""
    try:
        return base64.b64decode(line.text.strip(), validate=True)
    except binascii.Error as error:
        raise ValueError("the challenge is not base64") from error


def _encode(response: Response) -> str:
    return base64.b64encode(response.data).decode()
