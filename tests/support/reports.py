"""From a dialogue to everything that is made of it: the record, the report, the document, the JSON.

The dialogues are those of `fixtures/dialogues/`; a test may also bring its own as a text. Nothing
here opens a connection.
"""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from smtpprobe import __version__
from smtpprobe.checks.diagnosis import judge
from smtpprobe.judgement import Report
from smtpprobe.transcripts.notation import parse
from smtpprobe.transcripts.reader import read_dialogue
from smtpprobe.words.document import DocReport, Document
from smtpprobe.words.dump import to_json
from smtpprobe.words.wording import document

FOLDER = Path(__file__).parents[2] / "fixtures" / "dialogues"
DIALOGUES = tuple(sorted(path.stem for path in FOLDER.glob("*.txt")))

# A login that the server refuses: most of what a report can have is in it.
REFUSED = r"""
*: target submission://mail.example:587
*: plan user
*: resolve 192.0.2.25 2001:db8::25
*: connect 2001:db8::25 refused
0.020 *: connect 192.0.2.25
S: 220 mail.example ESMTP Postfix
C: EHLO client.example
S: 250-mail.example
S+: 250 STARTTLS
C: STARTTLS
S: 220 2.0.0 Ready to start TLS
*: tls TLSv1.3 TLS_AES_256_GCM_SHA384 trusted
C: EHLO client.example
S: 250-mail.example
S+: 250-SIZE 52428800
S+: 250 AUTH PLAIN LOGIN
C: HELP
S: 502 5.5.2 Error: command not recognized
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C: [user name]
S: 334 UGFzc3dvcmQ6
C: [secret]
0.412 S: 535 5.7.8 Error: authentication failed
C: QUIT
S: 221 2.0.0 Bye
"""


def read(text: str) -> Report:
    """The judged session that a text in the notation of dialogues tells."""
    return judge(read_dialogue(parse(text)))


@functools.cache
def report_of(name: str) -> Report:
    """The judged session of `fixtures/dialogues/<name>.txt`."""
    return read((FOLDER / f"{name}.txt").read_text(encoding="utf-8"))


@functools.cache
def document_of(name: str) -> DocReport:
    """The same in words."""
    return document([report_of(name)]).reports[0]


def envelope(worded: Document) -> dict[str, Any]:
    """What `check --json` prints of a document, as a program reads it: written out and read again."""
    head = {"schema": 1, "tool": {"name": "smtpprobe", "version": __version__}}
    written = json.dumps({**head, **to_json(worded)}, allow_nan=False)
    read_again: dict[str, Any] = json.loads(written)
    return read_again


def as_json(*reports: Report) -> dict[str, Any]:
    """What `check --json` prints of these reports."""
    return envelope(document(reports))


def strings(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a piece of JSON, keys of mappings included, with where it stands."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"{where}.{key} (the key)", key
            yield from strings(item, f"{where}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from strings(item, f"{where}[{index}]")
