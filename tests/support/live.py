"""Sessions through real sockets: a dialogue played, probed and judged, and nothing left behind."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from smtpprobe.demo.certificates import authority
from smtpprobe.demo.player import Player
from smtpprobe.judgement import Report
from smtpprobe.prober import Run, probe
from smtpprobe.request import Credentials, Plan, Target, TlsMode
from smtpprobe.transcripts.notation import parse

LOGIN = Credentials("demo@localhost", "correct horse battery")
EHLO_NAME = "client.example"


async def at_once(_seconds: float) -> None:
    """A pause for those who cannot wait."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a dialogue: the report on it, and what its player heard."""

    report: Report
    heard: tuple[bytes, ...]

    @property
    def ids(self) -> set[str]:
        """The ids of the findings."""
        return {finding.id for finding in self.report.findings}


@contextmanager
def plan_for_demo(plan: Plan | None = None) -> Iterator[Plan]:
    """The plan, and that the demo's authority is trusted."""
    plan = plan or Plan(timeout=10.0)
    with authority().ca_file() as path:
        yield replace(plan, family=4, ca_file=path, ehlo_name=plan.ehlo_name or EHLO_NAME)


async def play(
    text: str,
    *,
    tls: TlsMode = TlsMode.NONE,
    plan: Plan | None = None,
    login: Credentials | None = None,
    run: Run | None = None,
    pause: Callable[[float], Awaitable[object]] = at_once,
    complaints: bool = False,
) -> Played:
    """Play a dialogue, and probe whoever plays it. Without `complaints` the client has to keep to it."""
    player = Player(parse(text), pause=pause)
    with plan_for_demo(plan) as asked:
        async with player as (_, port):
            report = await probe(Target("localhost", port, tls), asked, login, run=run)
    assert complaints or not player.complaints, player.complaints
    return Played(report, tuple(player.heard))


@asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """Whatever is done in here leaves no task and no socket, and nothing that the collector has to close."""
    tasks, sockets = _other_tasks(), _sockets()
    yield
    gc.collect(1)  # what a test has made is young; a full collection would take longer than the test
    assert _other_tasks() - tasks == set()
    assert _sockets() - sockets == set()
    assert _open_transports() == []


def _open_transports() -> list[asyncio.BaseTransport]:
    """Transports of this loop that nobody has closed, also where their socket is gone."""
    known = getattr(asyncio.get_running_loop(), "_transports", {})
    return [transport for transport in known.values() if not transport.is_closing()]


def _other_tasks() -> set[asyncio.Task[object]]:
    return asyncio.all_tasks() - {asyncio.current_task()}


def _sockets() -> set[tuple[str, str]]:
    """The open sockets of this process; none where a system does not tell."""
    folder = Path("/proc/self/fd")
    found = set()
    for entry in folder.iterdir() if folder.is_dir() else ():
        try:
            name = str(entry.readlink())
        except OSError:  # the folder itself, closed by now
            continue
        if name.startswith("socket:"):
            found.add((entry.name, name))
    return found
