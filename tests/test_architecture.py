"""The plan of the house, held: which way imports run, and which room may use what."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import smtpprobe
from smtpprobe.checks import CHECKS

PACKAGE = Path(smtpprobe.__file__).parent

# From the ground up: a room imports only what stands above it here. Rooms of one row do not know each other.
FLOORS = (
    {"display", "exits"},
    {"redaction"},
    {"protocol"},
    {"request"},
    {"record"},
    {"recorder"},
    {"judgement"},
    {"inputs"},
    {"transcripts"},
    {"knowledge"},
    {"session", "checks"},
    {"prober"},
    {"words"},
    {"pasted"},
    {"explaining"},
    {"comparing", "listing"},
    {"renderers"},
    {"demo", "schemas"},
    {"cli"},
)

# Library to the places that may import it.
FENCES = {
    "aiosmtplib": ("session",),
    "socket": ("session", "demo"),
    "asyncio": ("session", "prober", "demo", "cli/sessions"),
    "click": ("cli",),
    "rich": ("renderers/page", "renderers/folding", "cli"),
    "tomllib": ("knowledge/tables",),
    "aiosmtpd": ("demo",),
    "trustme": ("demo",),
    "OpenSSL": ("protocol/certificates",),
    "service_identity": ("protocol/certificates",),
    "cryptography": ("protocol/certificates", "demo"),
    "idna": ("inputs/hosts",),
    "subprocess": ("inputs/credentials/commands",),
    "scramp": ("protocol/sasl", "demo"),
}


def modules() -> list[tuple[str, ast.Module]]:
    """Every module: its place in the package, and its source."""
    return [
        (
            path.relative_to(PACKAGE).with_suffix("").as_posix().removesuffix("/__init__"),
            ast.parse(path.read_text(encoding="utf-8")),
        )
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def floor_of(room: str) -> int:
    return next(index for index, floor in enumerate(FLOORS) if room in floor)


@pytest.mark.parametrize(("name", "tree"), modules())
def test_imports_run_one_way(name: str, tree: ast.Module) -> None:
    room = name.split("/")[0]
    if room in ("__init__", "__main__"):
        return
    for imported in imports(tree):
        parts = imported.split(".")
        if parts[0] != "smtpprobe" or len(parts) == 1 or parts[1].startswith("__"):
            continue
        other = parts[1]
        assert other == room or floor_of(other) < floor_of(room), f"{name} imports {imported}"


@pytest.mark.parametrize(("name", "tree"), modules())
def test_libraries_stay_behind_their_fences(name: str, tree: ast.Module) -> None:
    for imported in imports(tree):
        allowed = FENCES.get(imported.split(".")[0])
        assert allowed is None or name.startswith(allowed), f"{name} imports {imported}"


def test_every_public_name_is_there_and_no_other() -> None:
    assert sorted(dir(smtpprobe)) == sorted(smtpprobe.__all__)
    for name in smtpprobe.__all__:
        assert getattr(smtpprobe, name) is not None


def test_no_module_hides_a_public_function() -> None:
    names = {name for name, _ in modules()}
    assert names.isdisjoint(smtpprobe.__all__)


def test_check_ids_are_unique() -> None:
    names = [check.__name__ for check in CHECKS]
    assert len(names) == len(set(names))


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after `code`."""
    out = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(out.stdout.split())


def test_importing_the_package_costs_nothing() -> None:
    assert not {"asyncio", "click", "rich", "ssl"} & loaded_by("import smtpprobe")


def test_explain_needs_neither_rich_nor_asyncio_nor_tls() -> None:
    loaded = loaded_by(
        "from smtpprobe.cli import run; run(['explain', '535'])\n"
        "run(['explain', '535 5.7.8 Error: authentication failed'])"
    )
    assert not {"asyncio", "rich", "ssl", "aiosmtplib", "cryptography", "OpenSSL"} & loaded
