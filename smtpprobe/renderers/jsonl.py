"""JSON lines: one report a line, each a whole object by itself, so that a reader can follow along."""

import json

from smtpprobe.renderers import Options
from smtpprobe.renderers.json import head
from smtpprobe.words.document import Document
from smtpprobe.words.dump import to_json


def render(document: Document, options: Options) -> str:
    """A line for each report of the document."""
    lines = (json.dumps({**head(), **to_json(report)}, ensure_ascii=False) for report in document.reports)
    return "".join(line + "\n" for line in lines)
