"""The fixtures `postfix`, `exim` and `dovecot`: a server each, started when first asked for, for the session.

On a machine that cannot run them the tests are skipped, and say why. A CI run (CI is set) must not be content
with that: there they fail, and so does a run in which no test of this folder was executed.
"""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from . import servers
from .servers import Server

IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
EXECUTED = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the lab's certificates; first of all, whether this machine can run the lab."""
    if reason := servers.why_not():
        if IN_CI:
            pytest.fail(f"the real servers cannot run: {reason}", pytrace=False)
        pytest.skip(f"the real servers cannot run: {reason}")
    folder = tmp_path_factory.mktemp("certificates")
    servers.make_certificates(folder)
    return folder


@pytest.fixture(scope="session")
def postfix(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[Server]:
    """Debian's Postfix, with Cyrus SASL."""
    yield from _running("postfix", tmp_path_factory, certificates)


@pytest.fixture(scope="session")
def exim(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[Server]:
    """Debian's Exim, the heavy daemon."""
    yield from _running("exim", tmp_path_factory, certificates)


@pytest.fixture(scope="session")
def dovecot(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[Server]:
    """Debian's Dovecot, its submission service."""
    yield from _running("dovecot", tmp_path_factory, certificates)


def _running(name: str, folders: pytest.TempPathFactory, certificates: Path) -> Iterator[Server]:
    server = servers.start(name, folders.mktemp(name), certificates)
    try:
        yield server
    finally:
        server.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Count the tests that ran and passed: those of this folder, a conftest hears of no other items."""
    yield
    item.config.stash[EXECUTED] = item.config.stash.get(EXECUTED, 0) + 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI, make a run that is green without the real servers red."""
    if _missing_in_ci(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what pytest_sessionfinish did."""
    if _missing_in_ci(config):
        terminalreporter.write_line("CI is set, but no test of tests/real_servers ran and passed", red=True)


def _missing_in_ci(config: pytest.Config) -> bool:
    return IN_CI and not config.option.collectonly and not config.stash.get(EXECUTED, 0)
