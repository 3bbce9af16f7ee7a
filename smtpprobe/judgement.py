"""What a record shows: findings, the diagnosis drawn from them, and the report that carries both.

All of it is without language: ids, numbers and the server's own words. `words` puts it into the
reader's language, once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from smtpprobe.record import Failure, Transcript
from smtpprobe.request import StepName


class Severity(IntEnum):
    """How much something weighs. A step's status is its worst finding's; so is the report's verdict."""

    OK = 0
    NOTE = 1
    """Worth knowing."""
    WARN = 2
    """Works, but should be mended."""
    FAIL = 3
    """A step that was asked for did not succeed."""
    ERROR = 4
    """We could not judge: our own fault."""

    @property
    def word(self) -> str:
        return self.name.lower()


class Sure(StrEnum):
    """How much a cause is worth. `certain` is a promise: the reply itself proves it."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why, as an id of the closed list in knowledge/causes.toml, with what else it could be."""

    id: str
    sure: Sure
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check saw. `id` names an entry of knowledge/findings.toml.

    `step` is an index into the transcript's steps, or None where the step was not reached; `name`
    is that step's name. `facts` fill the placeholders of the entry's words. `because_of` is the id
    of the finding that this one follows from.
    """

    id: str
    severity: Severity
    name: StepName
    step: int | None = None
    cause: Cause | None = None
    evidence: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    because_of: str | None = None


@dataclass(frozen=True, slots=True)
class Fine:
    """Something proven good: `id` names an entry of knowledge/diagnosis.toml."""

    id: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What it comes to: the finding that matters most, what is proven fine, what to take care of."""

    finding: Finding
    fine: tuple[Fine, ...] = ()
    care: tuple[str, ...] = ()
    """Ids of entries of knowledge/diagnosis.toml."""


@dataclass(frozen=True, slots=True)
class FailedStep:
    """The first step that failed. `code` and `enhanced` are those of the reply that refused it."""

    step: StepName
    failure: Failure
    code: int | None
    enhanced: str | None


class AuthResult(StrEnum):
    """How the login went; the contract's `auth.result`."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    TEMPORARY = "temporary"
    BROKEN = "broken"
    WITHHELD = "withheld"
    NOT_TRIED = "not-tried"


@dataclass(frozen=True, slots=True)
class Report:
    """One session, judged."""

    transcript: Transcript
    findings: tuple[Finding, ...]
    ignored: frozenset[str]
    verdict: Severity
    statuses: tuple[Severity, ...]
    """One for each step of the transcript."""
    failure: FailedStep | None
    diagnosis: Diagnosis | None
    auth: AuthResult
    software: str | None = None
    tries: int = 1
