"""The head of a dialogue: what was asked, both ways."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from smtpprobe.inputs.targets import TargetError, read_target
from smtpprobe.record import CredentialTraits, Trait, Transcript
from smtpprobe.request import Plan, StepName, Target
from smtpprobe.transcripts.notation import Dialogue, Line, NotationError, event
from smtpprobe.transcripts.times import read_time, write_time

STARTED = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the head of a dialogue says of the request."""

    target: Target
    plan: Plan
    traits: CredentialTraits | None
    """None where no login was asked for."""
    started: datetime

    @property
    def login(self) -> bool:
        return self.traits is not None


def read_asked(dialogue: Dialogue) -> Asked:
    """Target, plan and time of a dialogue."""
    found: dict[str, tuple[str, ...]] = {line.words[0]: line.words[1:] for line in dialogue if line.words}
    target = _read_target(found["target"][0]) if found.get("target") else Target("mail.example", 25)
    words = found.get("plan", ())
    plan = _read_plan(words)
    started = read_time(found["started"][0]) if found.get("started") else STARTED
    return Asked(target, plan, _read_traits(words) if "user" in words else None, started)


def _read_target(url: str) -> Target:
    try:
        return read_target(url).target
    except TargetError as error:
        raise NotationError(str(error)) from None


def _read_plan(words: Iterable[str]) -> Plan:
    values = dict(word.partition("=")[::2] for word in words)
    try:
        return Plan(
            insecure="insecure" in values,
            allow_plaintext_auth="allow-plaintext-auth" in values,
            sni=values.get("sni"),
            pin=values.get("pin"),
            mechanism=values.get("mechanism"),
            until=StepName(values.get("until", "quit")),
            skip=frozenset(map(StepName, filter(None, values.get("skip", "").split(",")))),
            warn_days=int(values.get("warn-days", Plan().warn_days)),
        )
    except ValueError as error:
        raise NotationError(f"plan: {error}") from None


def _read_traits(words: Iterable[str]) -> CredentialTraits:
    values = dict(word.partition("=")[::2] for word in words)
    try:
        return CredentialTraits(frozenset(map(Trait, filter(None, values.get("traits", "").split(",")))))
    except ValueError as error:
        raise NotationError(f"plan: {error}") from None


def write_head(transcript: Transcript) -> Iterator[Line]:
    """The lines that say what was asked."""
    yield event(None, "target", transcript.target.url)
    if words := [*_plan_words(transcript.plan, transcript.traits)]:
        yield event(None, "plan", *words)
    yield event(None, "started", write_time(transcript.started))


def _plan_words(plan: Plan, traits: CredentialTraits | None) -> Iterator[str]:
    default = Plan()
    if traits is not None:
        yield "user"
        if traits.seen:
            yield f"traits={','.join(trait for trait in Trait if trait in traits)}"
    if plan.insecure:
        yield "insecure"
    if plan.allow_plaintext_auth:
        yield "allow-plaintext-auth"
    if plan.sni:
        yield f"sni={plan.sni}"
    if plan.pin:
        yield f"pin={plan.pin}"
    if plan.mechanism:
        yield f"mechanism={plan.mechanism}"
    if plan.until is not default.until:
        yield f"until={plan.until}"
    if plan.skip:
        yield f"skip={','.join(sorted(plan.skip))}"
    if plan.warn_days != default.warn_days:
        yield f"warn-days={plan.warn_days}"
