"""JSON: the document as it is (`schemas/check.json`), indented for people who look at it."""

import json
from typing import Any

from smtpprobe import __version__
from smtpprobe.renderers import Options
from smtpprobe.words.document import Document
from smtpprobe.words.dump import to_json

SCHEMA = 1


def render(document: Document, options: Options) -> str:
    """One document, always of the same shape, also on failure."""
    return dump({**head(), **to_json(document)})


def head() -> dict[str, Any]:
    """What every document begins with."""
    return {"schema": SCHEMA, "tool": {"name": "smtpprobe", "version": __version__}}


def dump(value: object) -> str:
    """Indented, with text that needs no escape left readable."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
