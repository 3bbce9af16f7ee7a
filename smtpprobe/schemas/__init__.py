"""JSON Schemas (draft 2020-12) of what programs read; `smtpprobe schema NAME` prints one.

    check.json      the reports of `check`, `annotate` and `demo`; `$defs/report` is a line of `-f jsonl`
    explain.json    the answers of `explain --json`
    compare.json    the two codes of `compare --json`
    codes.json      the entries of `codes --json`

They say what the contract says and nothing more: within a schema number keys are only added. No
object has a key that its schema does not name, so a new field of `words.document` is a new key here,
with its description; `tests/test_schemas.py` compares the two.
"""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

NAMES = ("check", "explain", "compare", "codes")


def load(name: str) -> dict[str, Any]:
    """The schema of that name. Raises KeyError if there is none."""
    schema: dict[str, Any] = json.loads(text(name))
    return schema


def text(name: str) -> str:
    """The schema of that name as its file has it. Raises KeyError if there is none."""
    if name not in NAMES:
        raise KeyError(name)
    return (HERE / f"{name}.json").read_text(encoding="utf-8")
