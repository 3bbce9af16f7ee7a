"""The login of a conversation: whether to dare it, with which mechanism, and the exchange (RFC 4954 4).

Nothing is sent that the plan does not allow over this channel, and there is one exchange at most. A
mechanism that has no form for the secret has not been tried; the next one may take it as it is.
"""

import base64
import binascii
from collections.abc import Generator
from dataclasses import dataclass, replace

from smtpprobe.protocol.replies import Reply
from smtpprobe.protocol.sasl import (
    MAX_AUTH_COMMAND_OCTETS,
    MECHANISMS,
    Identity,
    Mechanism,
    Response,
    Talk,
    TalkError,
    choose,
)
from smtpprobe.record import Failure, FailureKind, TlsSession
from smtpprobe.request import Credentials, Plan, StepName, Target
from smtpprobe.session.actions import Action, Answer, Decline, Say, usable


@dataclass(frozen=True, slots=True)
class Login:
    """A login to try. `barred` says why it is not to be tried this time (see record.Failure)."""

    credentials: Credentials
    barred: str | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """What a login goes over: to whom, under which plan, with which mechanisms offered, and TLS or none."""

    target: Target
    plan: Plan
    offered: tuple[str, ...]
    tls: TlsSession | None

    def identity(self, who: Credentials) -> Identity:
        """The credentials, and what mechanisms need to know of the channel."""
        return Identity(who.user, who.secret, self.target.host, self.target.port, self._binding)

    def refusal(self, login: Login) -> Failure | None:
        """Why these credentials may not go over this channel."""
        if login.barred:
            return Failure(FailureKind.POLICY, login.barred)
        if self.tls is None:
            return None if self.plan.allow_plaintext_auth else Failure(FailureKind.POLICY, "no-tls")
        if not self.tls.verdict.trusted and not self.plan.insecure:
            return Failure(FailureKind.POLICY, "untrusted-certificate")
        return None

    def mechanisms(self, *, token: bool) -> tuple[Mechanism, ...] | Failure:
        """The one that was asked for, or those that would do, the best first; or why there is none."""
        can_bind, name = self._binding is not None, self.plan.mechanism
        if name is None:
            found = choose(self.offered, protected=self.tls is not None, token=token, can_bind=can_bind)
            return found or Failure(FailureKind.NOT_OFFERED, "no-common-mechanism" if self.offered else "")
        if name not in self.offered or name not in MECHANISMS:
            return Failure(FailureKind.NOT_OFFERED, "mechanism" if self.offered else "")
        if MECHANISMS[name].binds and not can_bind:
            return Failure(FailureKind.NOT_OFFERED, "channel-binding")
        return (MECHANISMS[name],)

    @property
    def _binding(self) -> bytes | None:
        return self.tls.binding if self.tls else None


def log_in(login: Login, channel: Channel) -> Generator[Action, Answer, bool]:
    """Log in once, if that is safe and there is a mechanism for it.

    False: the server is not to be spoken to any more.
    """
    failure = channel.refusal(login)
    mechanisms = failure or channel.mechanisms(token=login.credentials.token)
    if isinstance(mechanisms, Failure):
        yield Decline(StepName.AUTH, mechanisms)
        return True
    for mechanism in mechanisms:
        talk = mechanism.talk(channel.identity(login.credentials))
        try:
            first = next(talk)
        except TalkError as error:
            failure = Failure(FailureKind.POLICY, error.detail)
        else:
            return usable((yield from _exchange(mechanism, talk, first)))
    assert failure is not None
    yield Decline(StepName.AUTH, failure)
    return True


def _exchange(
    mechanism: Mechanism, talk: Talk, response: Response | None
) -> Generator[Action, Answer, Reply]:
    """The command, then a response to each 334, then the verdict.

    `response` is what the mechanism says first, None where the server speaks first.
    """
    command = f"AUTH {mechanism.name}"
    initial = _encode(response) or "=" if response else ""
    if response and len(command) + len(initial) + 3 <= MAX_AUTH_COMMAND_OCTETS:
        line, response = replace(response, shown=f"{command} {response.shown}"), None
        reply = yield from _say(mechanism, f"{command} {initial}", line)
    else:
        reply = yield from _say(mechanism, command, Response(b"", shown=command))
    while reply.code == 334 and usable(reply):
        answer = response or _next_response(mechanism, talk, reply)
        response = None
        if isinstance(answer, Failure):
            # On record first: many a server hangs up when it hears the asterisk.
            yield Decline(StepName.AUTH, answer)
            return (yield from _say(mechanism, "*", Response(b"", shown="*")))
        reply = yield from _say(mechanism, _encode(answer), answer)
    if reply.positive and usable(reply) and not (response is None and _finished(talk)):
        yield Decline(StepName.AUTH, Failure(FailureKind.PROTOCOL, "success-too-early"))
    return reply


def _say(mechanism: Mechanism, line: str, response: Response) -> Generator[Action, Answer, Reply]:
    reply = yield Say(StepName.AUTH, line.encode(), response.shown, mechanism.name, response.telling)
    assert isinstance(reply, Reply)
    return reply


def _next_response(mechanism: Mechanism, talk: Talk, reply: Reply) -> Response | Failure:
    """What the mechanism answers to a 334, or why it can not."""
    challenge = reply.lines[-1].text.strip()
    try:
        challenge = base64.b64decode(challenge, validate=True)  # RFC 4954 4
    except binascii.Error:
        if mechanism.reads_challenge:
            return Failure(FailureKind.PROTOCOL, "challenge-not-base64")
    try:
        return talk.send(challenge) or Failure(FailureKind.PROTOCOL, "too-many-challenges")
    except StopIteration:
        return Failure(FailureKind.PROTOCOL, "too-many-challenges")
    except TalkError as error:
        return Failure(FailureKind.PROTOCOL, error.detail)


def _finished(talk: Talk) -> bool:
    """Whether the mechanism had come to its end when the server accepted the login."""
    try:
        talk.send(None)
    except StopIteration:
        return True
    except TalkError:
        pass
    return False


def _encode(response: Response) -> str:
    return base64.b64encode(response.data).decode()
