"""The library as programs use it: its names, its calls, its types, and what its reprs keep to themselves."""

import asyncio
import importlib
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import smtpprobe
from smtpprobe import (
    Credentials,
    Plan,
    Report,
    Severity,
    Step,
    StepName,
    Target,
    TlsMode,
    document,
    explain,
    probe,
    probe_all,
    run,
)
from smtpprobe.demo.faults import PASSWORD, Demo, start

from .support.command import ROOT, environment
from .support.live import at_once

SECRET = "correct horse staple"


# Names


@pytest.mark.parametrize("name", smtpprobe.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(smtpprobe, name) is not None


def test_a_name_stays_what_it_is_whatever_is_imported() -> None:
    """No module bears the name of a public function."""
    for module in (
        "smtpprobe.prober",
        "smtpprobe.explaining",
        "smtpprobe.words.wording",
        "smtpprobe.cli.explain",
    ):
        importlib.import_module(module)
    from smtpprobe import document, explain, probe, run

    assert all(map(callable, (document, explain, probe, run)))


def test_the_names_are_listed_and_no_others_are() -> None:
    assert dir(smtpprobe) == sorted(smtpprobe.__all__)
    with pytest.raises(AttributeError, match="no attribute 'prob'"):
        _ = smtpprobe.prob


def test_importing_costs_nothing() -> None:
    code = "import sys, smtpprobe; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    loaded = set(found.stdout.split())
    assert {name for name in loaded if name.startswith("smtpprobe")} == {"smtpprobe"}
    assert not loaded & {"asyncio", "ssl", "socket", "dataclasses", "json", "click", "rich", "cryptography"}


# Calls


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with start(pause=at_once) as found:
        yield found


async def test_probe(demo: Demo) -> None:
    seen: list[StepName] = []
    report = await probe(
        demo.target, demo.plan, demo.credentials, observe=lambda step: seen.append(step.name)
    )
    assert isinstance(report, Report)
    assert report.verdict is Severity.OK
    assert seen == [step.name for step in report.transcript.steps]


async def test_probe_without_a_plan_and_without_a_login(demo: Demo) -> None:
    report = await probe(demo.target)
    assert report.verdict is Severity.FAIL
    assert report.diagnosis is not None
    assert report.diagnosis.finding.id == "certificate-unknown-issuer"


async def test_probe_all(demo: Demo) -> None:
    seen: list[tuple[Target, Step]] = []
    targets = [demo.target, Target("127.0.0.1", 1)]
    found = {}
    async for index, report in probe_all(targets, demo.plan, observe=lambda t, s: seen.append((t, s))):
        found[index] = report
    assert [found[index].transcript.target for index in range(2)] == targets
    assert [found[0].verdict, found[1].verdict] == [Severity.OK, Severity.FAIL]
    assert {target for target, _ in seen} == set(targets)


async def test_probe_all_of_nothing() -> None:
    assert [found async for found in probe_all([])] == []


async def test_leaving_probe_all_early_ends_its_sessions(demo: Demo) -> None:
    async def first() -> Report:
        found = probe_all([demo.target, Target("127.0.0.1", 1)], demo.plan)
        try:
            async for _, report in found:
                return report
        finally:
            await found.aclose()  # type: ignore[attr-defined]
        raise AssertionError

    assert isinstance(await first(), Report)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not [task for task in others if "probe_all" in repr(task)]


async def test_a_probe_can_be_cancelled() -> None:
    async with start("silent", pause=at_once) as demo:
        seen = asyncio.Event()
        task = asyncio.create_task(probe(demo.target, Plan(), observe=lambda _step: seen.set()))
        await seen.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def test_run_needs_no_event_loop() -> None:
    report = run(Target("127.0.0.1", 1, TlsMode.NONE), Plan(ehlo_name="client.example"))
    assert report.failure is not None
    assert report.failure.step is StepName.CONNECT
    assert document([report]).verdict == "fail"


def test_run_with_a_login() -> None:
    report = run(Target("127.0.0.1", 1, TlsMode.NONE), credentials=Credentials("me", SECRET))
    assert report.verdict is Severity.FAIL


def test_explain() -> None:
    answer = explain("535 5.7.8 no", step="auth")
    assert answer.known
    assert answer.cause == "bad-credentials"
    assert [entry.id for entry in answer.entries][:1] == ["AUTH 535"]


# Reprs


def test_credentials_keep_their_secret() -> None:
    assert (
        SECRET
        not in repr(Credentials("me", SECRET))
        + str(Credentials("me", SECRET))
        + f"{Credentials('me', SECRET)!r}"
    )


@pytest.mark.parametrize("fault", [None, "wrong-password", "reset"])
async def test_no_repr_has_the_secret(fault: str | None) -> None:
    async with start(fault, pause=at_once) as demo:
        assert PASSWORD not in repr(demo)
        steps: list[Step] = []
        report = await probe(demo.target, demo.plan, demo.credentials, observe=steps.append)
        assert PASSWORD not in repr(report) + repr(steps) + repr(document([report])) + repr(
            report.transcript.traits
        )


# Types

USAGE = """
    import asyncio
    from pathlib import Path

    from smtpprobe import (
        Answer, Cause, Credentials, Diagnosis, Document, Entry, Exchange, Failure, FailureKind, Finding, Plan,
        Report, Severity, Step, StepName, Sure, Target, TlsMode, Transcript, __version__, document, explain,
        probe, probe_all, run,
    )

    target = Target("mail.example", 587, TlsMode.STARTTLS)
    plan = Plan(until=StepName.AUTH, skip=frozenset({StepName.HELP}), timeout=3.0, ca_file=Path("ca.pem"))
    login = Credentials("me", "secret")


    def seen(step: Step) -> None:
        name: StepName = step.name
        seconds: float = step.seconds
        print(name, seconds, [exchange.reply for exchange in step.exchanges])


    def judge(report: Report) -> int:
        verdict: Severity = report.verdict
        diagnosis: Diagnosis | None = report.diagnosis
        findings: tuple[Finding, ...] = report.findings
        transcript: Transcript = report.transcript
        if diagnosis is not None:
            cause: Cause | None = diagnosis.finding.cause
            sure: Sure = cause.sure if cause else Sure.CERTAIN
            print(sure, diagnosis.fine, diagnosis.care)
        if report.failure is not None:
            failure: Failure = report.failure.failure
            kind: FailureKind = failure.kind
            print(kind)
        print(transcript.seconds, len(findings), __version__)
        return 1 if verdict >= Severity.FAIL else 0


    async def one() -> Report:
        return await probe(target, plan, login, observe=seen)


    async def many() -> list[int]:
        return [judge(report) async for _, report in probe_all([target], plan, login, concurrency=3)]


    worded: Document = document([run(target, plan, login), asyncio.run(one())])
    answer: Answer = explain("535", step="auth")
    entries: tuple[Entry, ...] = answer.entries
    exchanges: list[Exchange] = []
"""


@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
def test_the_library_is_typed(tmp_path: Path) -> None:
    used = tmp_path / "usage.py"
    used.write_text(textwrap.dedent(USAGE))
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "from smtpprobe import Target, run\nrun(Target('a', '25'))\nx: int = run(Target('a', 25))\n"
    )
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        str(tmp_path / "cache"),
        "--config-file",
        os_devnull(),
    ]
    found = subprocess.run(
        [*command, str(used), str(wrong)],
        env=environment(MYPYPATH=str(ROOT)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line for line in found.stdout.splitlines() if "error:" in line]
    assert [line for line in errors if not line.startswith("wrong.py")] == [], found.stdout + found.stderr
    assert [line.split("[")[-1] for line in errors] == ["arg-type]", "assignment]"]


def os_devnull() -> str:
    """No configuration."""
    import os

    return os.devnull


def test_the_package_says_that_it_is_typed() -> None:
    assert (ROOT / "smtpprobe" / "py.typed").exists()
