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
    by: str = "session"
    """The evidence: said (known words of a provider or program), words, enhanced, code, or the session."""
    named: bool = False
    """The reply's own words name it, and it is not what the finding ordinarily comes to."""
    providers: tuple[str, ...] = ()
    """Keys of knowledge/software.toml: who answered, as far as that is known; for advice that fits."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who answers, by one sign of it: a table of knowledge/software.toml, and where it was seen.

    `kind` is mta, provider, appliance or middlebox; `sure` is high, medium or low. `where` is the step
    whose reply shows it, `certificate`, or `host` (the name that was asked for); `text` is what stands
    there, safe to show. `version` is empty where it is not said.
    """

    key: str
    name: str
    kind: str
    sure: str
    where: str
    text: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Recognised:
    """Who claims to answer, the best sign first and one for each; nobody, where nothing tells."""

    claims: tuple[Claim, ...] = ()

    @property
    def program(self) -> Claim | None:
        """The mail server's program, or the gateway."""
        return self._first("mta", "appliance")

    @property
    def provider(self) -> Claim | None:
        """Who runs it; that may be known where the program is not, and the other way round."""
        return self._first("provider")

    @property
    def middlebox(self) -> Claim | None:
        """What rewrites the session on the way."""
        return self._first("middlebox")

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the provider and of the programs, without those that only their form speaks for."""
        who = sorted(self.claims, key=lambda claim: claim.kind != "provider")
        return tuple(c.key for c in who if c.kind != "middlebox" and c.sure != "low")

    def _first(self, *kinds: str) -> Claim | None:
        return next((claim for claim in self.claims if claim.kind in kinds), None)


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
    first: tuple[Finding, ...] = ()
    """Findings that can be the reason and are quickly looked at: their steps come before its own."""


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
    software: Recognised = Recognised()
    """Who answers, as far as it shows."""
    tries: int = 1
