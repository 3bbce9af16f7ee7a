"""Probing a service of a real server, and what its own log says of that."""

import asyncio
import re
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from smtpprobe.judgement import Report
from smtpprobe.prober import probe
from smtpprobe.request import Credentials, Plan, Target, TlsMode

from .expected import NOBODY, USER
from .servers import Server

# Self-signed is a certificate for the name alone; by another name it would have two faults.
BY_NAME = ("self-signed",)


def target_of(server: Server, service: str, tls: TlsMode | None = None) -> Target:
    """The service, with TLS as it is meant to be."""
    address = server[service]
    host = "localhost" if service in BY_NAME else address.host
    usual = TlsMode.IMPLICIT if service == "tls" else TlsMode.AUTO
    return Target(host, address.port, tls or usual)


def login_of(server: Server, visitor: str) -> Credentials | None:
    """Who comes to visit: see `expected`."""
    if visitor == NOBODY:
        return None
    return Credentials(server.user, server.password if visitor == USER else server.password[::-1])


def run_probe(
    server: Server,
    service: str,
    visitor: str = NOBODY,
    *,
    plan: Plan | None = None,
    tls: TlsMode | None = None,
    login: Credentials | None = None,
) -> Report:
    """One session, with the lab's own authority trusted unless the plan trusts something itself."""
    plan = plan or Plan()
    if not (plan.ca_file or plan.pin):
        plan = replace(plan, ca_file=server.ca_file)
    if service in BY_NAME:
        plan = replace(plan, family=4)
    login = login or login_of(server, visitor)
    return asyncio.run(probe(target_of(server, service, tls), plan, login))


# What a report comes to, as `expected` writes it


def steps_of(report: Report) -> str:
    """`resolve connect greeting:fail ehlo:skip`."""
    words = [
        (step.name.value, status.word)
        for step, status in zip(report.transcript.steps, report.statuses, strict=True)
    ]
    words += [(name.value, "skip") for name in report.transcript.missing]
    return " ".join(name if status == "ok" else f"{name}:{status}" for name, status in words)


def steps_of_json(report: dict[str, Any]) -> str:
    """The same of a report in JSON, which has the skipped steps in their places: they come last here."""
    words = [(step["name"], step["status"]) for step in report["steps"]]
    words.sort(key=lambda word: word[1] == "skip")
    return " ".join(name if status == "ok" else f"{name}:{status}" for name, status in words)


def findings_of(report: Report) -> tuple[tuple[str, str], ...]:
    return tuple((finding.severity.word, finding.id) for finding in report.findings)


def failure_of(report: Report) -> str:
    """`auth rejected 535 5.7.8`."""
    failed = report.failure
    if failed is None:
        return ""
    words = (failed.step.value, failed.failure.kind.value, failed.code, failed.enhanced)
    return " ".join(str(word) for word in words if word)


def diagnosed(report: Report) -> str:
    return report.diagnosis.finding.id if report.diagnosis else ""


# The server's log

# How the last line of a session with us begins: the server has nothing to add.
_LAST = {
    "postfix": re.compile(r"postfix/smtpd\[(?P<id>\d+)\]: disconnect from .* commands=(?!0/0)"),
    "exim": re.compile(r"no MAIL in SMTP connection from .* C=(?P<id>\S+)"),
    "dovecot": re.compile(r"Info: Disconnected: (?!Connection closed).*"),
}
QUIET = 0.1


@dataclass
class LogReader:
    """Reads what a server logs from now on."""

    server: Server
    sizes: dict[Path, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._await_quiet()
        self.sizes = self._sizes()

    def session(self) -> str:
        """What was logged since, when the server has told the end of a session."""
        deadline = time.monotonic() + 10
        while not _LAST[self.server.name].search(text := self._text()):
            assert time.monotonic() < deadline, f"the log never told the end of a session:\n{text}"
            time.sleep(0.02)
        self._await_quiet()
        return self._text()

    def _await_quiet(self) -> None:
        """Wait until what came before has been logged."""
        sizes, since = self._sizes(), time.monotonic()
        while time.monotonic() - since < QUIET:
            time.sleep(0.02)
            if (now := self._sizes()) != sizes:
                sizes, since = now, time.monotonic()

    def _sizes(self) -> dict[Path, int]:
        return {path: path.stat().st_size for path in (self.server.folder / "log").iterdir()}

    def _text(self) -> str:
        # What Exim rejects it tells in two files, in the same words.
        told = "".join(
            path.read_bytes()[self.sizes.get(path, 0) :].decode("utf-8", "replace")
            for path in sorted((self.server.folder / "log").iterdir())
            if path.name != "start"
        )
        return "".join(dict.fromkeys(told.splitlines(keepends=True)))
