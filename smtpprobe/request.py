"""What was asked: which server (`Target`), how far and how (`Plan`), as whom (`Credentials`).

A plan holds no secret, so it can stand in every record; credentials are handed on beside it and
never stored. Times are seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class TlsMode(StrEnum):
    """When TLS is to begin."""

    AUTO = "auto"
    """STARTTLS if it is offered; nothing depends on it (mail between servers, RFC 7435)."""
    STARTTLS = "starttls"
    """STARTTLS, required (RFC 3207)."""
    IMPLICIT = "implicit"
    """From the first byte (RFC 8314 3.3)."""
    NONE = "none"


class StepName(StrEnum):
    """The steps of a session, in order; `tls` and `ehlo` may come twice (see `planned_steps`)."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    GREETING = "greeting"
    EHLO = "ehlo"
    HELO = "helo"
    STARTTLS = "starttls"
    HELP = "help"
    AUTH = "auth"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class ReadAs:
    """Why a target was not read to the letter: an option won over its text, or a default was taken.

    `reason` is port-option, port-implicit, port-user, port-default or tls-option; `chosen` is what was
    taken, `said` what the text said (empty if nothing).
    """

    reason: str
    chosen: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One server to probe. `host` is a name in A-label form or an address without brackets."""

    host: str
    port: int
    tls: TlsMode = TlsMode.AUTO
    name: str = ""
    """The host as a person wrote it, if that differs (an IDN)."""
    read_as: tuple[ReadAs, ...] = ()
    """Where options and text disagreed, or a default was taken. For the header."""

    @property
    def url(self) -> str:
        """The target written out, so that it can be typed again: scheme, host and port."""
        scheme = {
            TlsMode.AUTO: "smtp",
            TlsMode.STARTTLS: "submission" if self.port == 587 else "smtp+starttls",
            TlsMode.IMPLICIT: "smtps",
            TlsMode.NONE: "smtp+insecure",
        }[self.tls]
        return f"{scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """host:port, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A login: who, and the secret, which no repr ever shows: a password, or an OAuth access token."""

    user: str
    secret: str = field(repr=False)
    token: bool = False
    """The secret is an OAuth 2 access token: for XOAUTH2 and OAUTHBEARER, and for nothing else."""


DEFAULT_TIMEOUTS = {
    # RFC 5321 4.5.3.2.1 gives a greeting five minutes; a person at a terminal does not.
    StepName.CONNECT: 10.0,
    StepName.GREETING: 60.0,
}
DEFAULT_TIMEOUT = 30.0
# While other addresses are left, a silent one gets no more than this.
ATTEMPT_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How a session is to be held and judged. Every field is one option of `smtpprobe check`."""

    until: StepName = StepName.QUIT
    skip: frozenset[StepName] = frozenset()
    timeout: float | None = None
    """Seconds for every step; None is the default of each."""
    deadline: float = 120.0
    """Seconds for the whole session."""
    family: int | None = None
    """4 or 6: use only addresses of that family."""
    source: str | None = None
    """Local address to connect from."""
    ehlo_name: str | None = None
    sni: str | None = None
    """Name asked for in the TLS handshake and looked for in the certificate, instead of the host."""
    ca_file: Path | None = None
    """Trust the certificates in this PEM file instead of the system's."""
    pin: str | None = None
    """`sha256:` and 64 hex digits: trust this certificate and no other."""
    insecure: bool = False
    """Any certificate will do, for credentials too."""
    allow_plaintext_auth: bool = False
    mechanism: str | None = None
    """The one SASL mechanism to use, in capitals."""
    warn_days: int = 14
    """Warn when the certificate has fewer days left."""
    strict: bool = False
    """A warning fails."""
    ignore: frozenset[str] = frozenset()
    """Ids of findings that are listed and weigh nothing."""

    def seconds_for(self, step: StepName) -> float:
        """The most that one step may take."""
        return self.timeout if self.timeout is not None else DEFAULT_TIMEOUTS.get(step, DEFAULT_TIMEOUT)


def planned_steps(target: Target, plan: Plan, *, login: bool) -> tuple[StepName, ...]:
    """The steps of a session with `target`, in order, as far as `plan` wants to go.

    Where STARTTLS is optional, the TLS and EHLO behind it are not promised here.
    """
    s = StepName
    steps = [s.RESOLVE, s.CONNECT]
    steps += [s.TLS] if target.tls is TlsMode.IMPLICIT else []
    steps += [s.GREETING, s.EHLO]
    if target.tls in (TlsMode.AUTO, TlsMode.STARTTLS) and s.STARTTLS not in plan.skip:
        steps += [s.STARTTLS, s.TLS, s.EHLO]
    steps += [s.HELP, s.AUTH] if login else [s.HELP]
    steps += [s.QUIT]
    return tuple(step for step in _cut(steps, plan.until) if step not in plan.skip)


def _cut(steps: Sequence[StepName], until: StepName) -> Sequence[StepName]:
    """Everything up to the last `until`; `starttls` includes its handshake. QUIT is always said."""
    until = {StepName.HELO: StepName.EHLO}.get(until, until)
    if until in steps:
        last = len(steps) - 1 - list(reversed(steps)).index(until)
        last += 1 if until is StepName.STARTTLS else 0
    else:
        # A step that this session does not have: go as far as one that has it would have gone.
        order = list(StepName)
        last = max(i for i, step in enumerate(steps) if order.index(step) < order.index(until))
    kept = list(steps[: last + 1])
    if StepName.GREETING in kept and StepName.QUIT not in kept:
        kept.append(StepName.QUIT)
    return kept
