"""Sessions, checks, reports: what `smtpprobe check` does, for programs.

`probe` holds one session and judges it; `probe_all` holds many, at most so many at a time and never
two at once with the same host; `run` is the same for code without an event loop. None of them
raises for anything that a server or a network does: that is what a Report is for.

A login is tried once. What one run has seen refused it does not try again, whatever target or
address comes next: a wrong password repeated is a locked account.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from smtpprobe.checks.diagnosis import judge
from smtpprobe.inputs.traits import traits_of
from smtpprobe.judgement import AuthResult, Report
from smtpprobe.knowledge import tables
from smtpprobe.protocol.certificates import TrustStore
from smtpprobe.record import Step, Transcript
from smtpprobe.redaction import Redactor
from smtpprobe.request import Credentials, Plan, StepName, Target, planned_steps
from smtpprobe.session.conversation import converse
from smtpprobe.session.login import Login
from smtpprobe.session.wire import Wire, hold

# Characters of a secret that no greeting or EHLO reply holds by chance: what is shorter is masked
# from the moment it was sent, because until then nothing can be an echo of it.
EARLY_SECRET = 8

Observe = Callable[[Step], None]
Choose = Callable[[tuple[str, ...]], tuple[str, ...]]


@dataclass(slots=True)
class Run:
    """What the sessions of one run share: trust, the refusals already seen, and one lock for each host."""

    trust: TrustStore = field(default_factory=TrustStore.system)
    refused: set[Credentials] = field(default_factory=set)
    _locks: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    def lock(self, host: str) -> asyncio.Lock:
        """Sessions with one host are held one after the other."""
        return self._locks[host.lower()]

    def login(self, credentials: Credentials | None) -> Login | None:
        """The login to try; barred if this run has seen it refused."""
        if credentials is None:
            return None
        return Login(credentials, "already-refused" if credentials in self.refused else None)

    def learn(self, report: Report, credentials: Credentials | None) -> None:
        """Remember a refusal."""
        if credentials and report.auth is AuthResult.REJECTED:
            self.refused.add(credentials)


async def probe(
    target: Target,
    plan: Plan | None = None,
    credentials: Credentials | None = None,
    *,
    observe: Observe | None = None,
    run: Run | None = None,
) -> Report:
    """Hold one session with `target` and judge it.

    `observe` is called with each step as it ends. `run` is shared by sessions that belong together.
    Raises ValueError for a request that makes no sense (see `protocol.certificates.TrustStoreError`),
    nothing for what the server does.
    """
    plan = plan or Plan()
    run = run or make_run(plan)
    async with run.lock(target.host):
        return await _first_session(target, plan, credentials, observe or _nobody, run, _every)


async def _first_session(
    target: Target,
    plan: Plan,
    credentials: Credentials | None,
    observe: Observe,
    run: Run,
    choose: Choose,
) -> Report:
    report = await _session(target, plan, run.login(credentials), run.trust, observe, choose)
    run.learn(report, credentials)
    return report


async def _reports(
    target: Target,
    plan: Plan,
    credentials: Credentials | None,
    observe: Observe,
    run: Run,
    *,
    each_address: bool,
) -> AsyncGenerator[Report, None]:
    """The target's report, or one for each of its addresses; a login is tried on the first only."""
    report = await _first_session(target, plan, credentials, observe, run, _first if each_address else _every)
    yield report
    resolve = report.transcript.last(StepName.RESOLVE)
    for address in resolve.addresses[1:] if resolve and each_address else ():
        login = run.login(credentials)
        if login and not login.barred:
            login = replace(login, barred="first-address-only")
        yield await _session(target, plan, login, run.trust, observe, _only(address))


async def probe_all(
    targets: Iterable[Target],
    plan: Plan | None = None,
    credentials: Credentials | None = None,
    *,
    concurrency: int = 20,
    each_address: bool = False,
    observe: Callable[[Target, Step], None] | None = None,
) -> AsyncGenerator[tuple[int, Report], None]:
    """Probe many targets; yields (index of the target, report) as each ends."""
    plan = plan or Plan()
    run = make_run(plan)
    slots = asyncio.Semaphore(concurrency)
    done: asyncio.Queue[tuple[int, Report] | BaseException | None] = asyncio.Queue()

    async def work(index: int, target: Target) -> None:
        def tell(step: Step) -> None:
            if observe:
                observe(target, step)

        # The lock first: who waits for a host takes no slot from those that wait for none.
        async with run.lock(target.host), slots:
            found = _reports(target, plan, credentials, tell, run, each_address=each_address)
            async for report in found:
                done.put_nowait((index, report))

    async def work_all() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for index, target in enumerate(targets):
                    group.create_task(work(index, target))
        except BaseException as error:
            done.put_nowait(error)
            raise
        done.put_nowait(None)

    everything = asyncio.ensure_future(work_all())
    try:
        while (item := await done.get()) is not None:
            if isinstance(item, BaseExceptionGroup):
                raise item.exceptions[0]
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        everything.cancel()
        await asyncio.gather(everything, return_exceptions=True)


def run(
    target: Target,
    plan: Plan | None = None,
    credentials: Credentials | None = None,
) -> Report:
    """`probe` for code without an event loop."""
    return asyncio.run(probe(target, plan, credentials))


def make_run(plan: Plan) -> Run:
    """What sessions under `plan` share. Raises TrustStoreError if its ca_file is none."""
    tables.prepare()
    return Run(TrustStore.from_file(plan.ca_file)) if plan.ca_file else Run()


async def _session(
    target: Target, plan: Plan, login: Login | None, trust: TrustStore, observe: Observe, choose: Choose
) -> Report:
    planned = planned_steps(target, plan, login=login is not None)
    started = datetime.now(UTC)
    secrets = _guises(login.credentials) if login else []
    redactor = Redactor(secrets)
    early = redactor if all(len(secret) >= EARLY_SECRET for secret in secrets) else Redactor(())
    wire = Wire(
        target, plan, planned, trust=trust, redactor=redactor, early=early, observe=observe, choose=choose
    )
    await hold(wire, converse(target, plan, planned, login))
    transcript = Transcript(
        target=target,
        plan=plan,
        planned=planned,
        started=started,
        steps=tuple(wire.recorder.steps),
        seconds=wire.ended,
        peer=wire.peer,
        traits=traits_of(login.credentials, started) if login else None,
    )
    return judge(transcript)


def _guises(credentials: Credentials) -> list[str]:
    """The secret, and what a server may have made of it before it says it back: trimmed, without its
    blanks, cut at its first line end, without the word that does not belong to a token."""
    secret = credentials.secret
    first, *_ = secret.split("\n", 1)
    bare = re.sub(r"\A\s*bearer\s+", "", secret, flags=re.IGNORECASE) if credentials.token else secret
    made = (first.strip(), secret.strip(), "".join(secret.split()), bare.strip())
    return [secret, *sorted({guise for guise in made if guise} - {secret})]


def _every(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return addresses


def _first(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return addresses[:1]


def _only(address: str) -> Choose:
    return lambda _found: (address,)


def _nobody(_step: Step) -> None:
    pass
