"""Speed and size, as ratios against a reference in the same run: `python -m tests.benchmarks`.

No test: a machine that is busy must not fail a build. Each line says what was measured, against what,
and the bound that the project has set itself.

    explain     whole processes against `python -c "import click"`
    live        start of `check` to its first row on a terminal, against importing aiosmtplib and click
    sessions    many sessions, 100 at a time: sockets, tasks and memory afterwards (--sessions N)
    flood       peak memory of a session with a server that never stops sending
"""

import argparse
import asyncio
import compileall
import gc
import os
import pty
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import smtpprobe
from smtpprobe import Plan, Target, TlsMode
from smtpprobe.prober import probe_all

RUNS = 15
# The installed command, as people run it.
PROBE = [str(Path(sys.executable).with_name("smtpprobe"))]
REPLY = "535-5.7.8 Username and Password not accepted. For more information, go to support. gsmtp"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=2000, help="how many sessions (2000)")
    sessions = parser.parse_args().sessions
    # As pip leaves it: where bytecode may not be written, every start would compile what changed last.
    compileall.compile_dir(Path(smtpprobe.__file__).parent, quiet=1)
    explaining()
    live()
    asyncio.run(many(sessions))
    flood()


def report(what: str, found: str, bound: str) -> None:
    print(f"{what:<44} {found:<34} {bound}", flush=True)


def process_seconds(command: Sequence[str]) -> float:
    """Wall time of one whole process."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def ratio(one: Callable[[], float], reference: Callable[[], float]) -> float:
    """The median of one over the other, pair by pair."""
    one(), reference()
    return statistics.median(one() / reference() for _ in range(RUNS))


def explaining() -> None:
    click = [sys.executable, "-c", "import click"]
    asked = (
        (("explain", "535"), 1.5),
        (("explain", REPLY), 2.0),
        (("explain", "535", "--lang", "ja"), 2.0),
        (("compare", "421", "450"), 2.0),
    )
    for words, bound in asked:
        command = [*PROBE, *words]
        found = ratio(lambda command=command: process_seconds(command), lambda: process_seconds(click))
        report(f"{' '.join(words)[:28]} / import click", f"{found:.2f}", f"at most {bound}")


def live() -> None:
    """The first live row comes when `resolve` has ended; port 9 of loopback refuses soon after."""
    reference = [sys.executable, "-c", "import aiosmtplib, click"]
    extra = []
    for _ in range(RUNS):
        base = process_seconds(reference)
        extra.append(first_row_seconds() - base)
    median = statistics.median(extra) * 1000
    report("first live row - import aiosmtplib, click", f"{median:.0f} ms", "at most 100 ms")


def first_row_seconds() -> float:
    ours, theirs = pty.openpty()
    began = time.perf_counter()
    command = [*PROBE, "check", "smtp+insecure://127.0.0.1:9"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, stdin=subprocess.DEVNULL)
    os.close(theirs)
    seen = b""
    while b"resolve" not in seen:
        seen += os.read(ours, 1024)
    seconds = time.perf_counter() - began
    process.wait()
    os.close(ours)
    return seconds


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The quickest mail server there is."""
    writer.write(b"220 bench.example ESMTP\r\n")
    while line := await reader.readline():
        writer.write(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 bench.example\r\n")
    writer.close()


async def many(count: int) -> None:
    server = await asyncio.start_server(serve, "0.0.0.0", 0)  # all of 127.0.0.0/8
    port = server.sockets[0].getsockname()[1]

    async def batch(number: int) -> None:
        # A hundred hosts, because one host gets one session at a time.
        hosts = [Target(f"127.0.0.{1 + n}", port, TlsMode.NONE) for n in range(100)]
        for _ in range(number // 100):
            async for _index, report in probe_all(hosts, Plan(), concurrency=100):
                assert report.failure is None, report.failure

    await batch(500)
    before = footprint()
    began = time.perf_counter()
    await batch(count)
    seconds = time.perf_counter() - began
    after = footprint()
    server.close()
    report(
        f"{count} sessions, 100 at a time",
        f"{count / seconds:.0f} a second; "
        + ", ".join(
            f"{name} {b - a:+d}" for (name, a), b in zip(before.items(), after.values(), strict=True)
        ),
        "nothing left behind",
    )


def footprint() -> dict[str, int]:
    """Open files, tasks, and megabytes of memory in use."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "files": len(os.listdir("/proc/self/fd")),
        "tasks": len(asyncio.all_tasks()),
        "MB": pages * resource.getpagesize() // 2**20,
    }


FLOOD = """
import asyncio, resource
import smtpprobe
from smtpprobe import Plan, Target, TlsMode, probe

async def serve(reader, writer):
    try:
        while True:
            writer.write(b"220-" + b"x" * 100 + b"\\r\\n" if {lines} else b"x" * 65536)
            await writer.drain()
    except OSError:
        pass

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    report = await probe(Target("127.0.0.1", port, TlsMode.NONE), Plan())
    assert report.failure
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)

asyncio.run(main())
"""


def flood() -> None:
    for lines in (True, False):
        out = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", FLOOD.format(lines=lines)],
            check=True,
            capture_output=True,
            text=True,
        )
        what = "endless lines" if lines else "one endless line"
        report(f"peak memory, {what}", f"{out.stdout.strip()} MB", "under 60 MB")


if __name__ == "__main__":
    main()
