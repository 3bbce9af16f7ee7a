"""The demo shows what it says it shows: each fault, live, comes to the finding that it is about."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from smtpprobe.checks import finding_ids, greeting
from smtpprobe.checks.diagnosis import judge
from smtpprobe.demo.certificates import authority
from smtpprobe.demo.faults import FAULTS, PASSWORD, Fault, dialogue, start
from smtpprobe.demo.server import HOSTNAME, honest_server
from smtpprobe.judgement import AuthResult, Report, Severity
from smtpprobe.prober import probe
from smtpprobe.record import FailureKind
from smtpprobe.request import StepName, TlsMode
from smtpprobe.transcripts.head import read_asked
from smtpprobe.transcripts.reader import read_dialogue

from .support.live import nothing_left
from .test_architecture import PACKAGE, loaded_by

PLAYED = tuple(sorted(path.stem for path in (PACKAGE / "demo" / "dialogues").glob("*.txt")))
LATE = 0.05


@pytest.fixture(autouse=True)
async def _nothing_left() -> AsyncIterator[None]:
    async with nothing_left():
        yield


async def pause(_seconds: float) -> None:
    await asyncio.sleep(2 * LATE)


async def show(fault: str | None) -> Report:
    """Probe the demo as the command does, but let nobody wait."""
    async with start(fault, pause=pause) as demo:
        plan = replace(demo.plan, timeout=demo.plan.timeout and 0.3)
        return await probe(demo.target, plan, demo.credentials)


async def test_without_a_fault_every_step_is_well() -> None:
    report = await show(None)
    steps = " ".join(step.name for step in report.transcript.steps)
    assert steps == "resolve connect greeting ehlo starttls tls ehlo help auth quit"
    assert set(report.statuses) == {Severity.OK}
    assert report.findings == ()
    assert report.auth is AuthResult.ACCEPTED
    assert not report.transcript.missing


@pytest.mark.parametrize("name", FAULTS)
async def test_each_fault_is_what_the_diagnosis_finds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greeting, "LATE_SECONDS", LATE)
    report = await show(name)
    if report.diagnosis:
        assert report.diagnosis.finding.id == FAULTS[name].finding
    else:
        assert [finding.id for finding in report.findings] == [FAULTS[name].finding]


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_a_title_and_a_finding_that_exists(name: str) -> None:
    fault = FAULTS[name]
    assert fault.finding in finding_ids()
    assert fault.title == fault.title.strip(" .")
    assert len(f"{name:32}  {fault.title}") <= 110


def test_there_is_a_line_for_every_dialogue() -> None:
    assert set(PLAYED) < set(FAULTS)


@pytest.mark.parametrize("name", PLAYED)
def test_a_dialogue_reads_as_it_plays(name: str) -> None:
    """Its head says what the demo asks for, and what it tells comes to the same diagnosis."""
    lines = dialogue(name)
    asked, report = read_asked(lines), judge(read_dialogue(lines))
    assert (asked.target.tls, asked.login) == (FAULTS[name].tls, FAULTS[name].login)
    assert FAULTS[name].finding in {f.id for f in report.findings if f.because_of is None}


@pytest.mark.parametrize("name", [None, "wrong-password", "reset"])
async def test_the_password_stays_out_of_the_report(name: str | None) -> None:
    assert PASSWORD not in repr(await show(name))


async def test_an_unknown_fault_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        await show("no-such-fault")


def test_listing_the_faults_needs_no_server() -> None:
    loaded = loaded_by("import smtpprobe.demo.faults")
    assert not {"aiosmtpd", "trustme", "cryptography"} & loaded


def test_a_fault_is_data() -> None:
    assert all(isinstance(fault, Fault) for fault in FAULTS.values())


# The honest server


QUIET = """
import asyncio
from smtpprobe.demo.faults import start
from smtpprobe.prober import probe

async def main():
    for fault in (None, "wrong-password", "certificate-expired", "reset"):
        async with start(fault) as demo:
            await probe(demo.target, demo.plan, demo.credentials)

asyncio.run(main(), debug=False)
"""


def test_it_is_quiet() -> None:
    """In a process of its own: pytest listens to loggers that nobody else hears."""
    out = subprocess.run(
        [sys.executable, "-W", "always", "-c", QUIET], capture_output=True, text=True, check=False
    )
    assert (out.returncode, out.stdout, out.stderr) == (0, "", "")


@pytest.mark.parametrize("said", [b"", b"EHLO x\r\n", b"STARTTLS\r\n", b"STARTTLS\r\n\x16\x03\x01"])
@pytest.mark.parametrize("mode", TlsMode)
async def test_clients_that_vanish_leave_nothing_behind(
    mode: TlsMode, said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with honest_server(mode, user="me", password="secret") as (host, port):
        for _ in range(3):
            _, writer = await asyncio.open_connection(host, port)
            writer.write(said)
            await asyncio.sleep(0.01)
            writer.transport.abort()
    assert [record for record in caplog.records if record.name != "mail.log"] == []


async def test_the_end_of_the_server_is_the_end_of_its_clients() -> None:
    async with honest_server(user="me", password="secret") as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        assert await reader.readline() == f"220 {HOSTNAME} ESMTP ready\r\n".encode()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_help_is_answered_as_rfc_5321_has_it() -> None:
    report = await show(None)
    step = report.transcript.last(StepName.HELP)
    assert step is not None
    assert step.reply is not None
    assert step.reply.code == 214


async def test_the_closed_port_is_closed() -> None:
    report = await show("refused")
    assert report.failure is not None
    assert report.failure.failure.kind is FailureKind.REFUSED


def test_the_authority_s_file_is_gone_afterwards() -> None:
    with authority().ca_file() as path:
        assert path.read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
    assert not path.exists()
