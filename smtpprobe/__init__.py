"""smtpprobe: why a mail server does not talk to you, or does not let you in.

    from smtpprobe import Credentials, Target, TlsMode, run

    report = run(Target("mail.example", 587, TlsMode.STARTTLS), credentials=Credentials("me", "..."))
    print(report.verdict, report.diagnosis)

The map of the package, in reading order; imports run one way, top to bottom:

    display, redaction   foreign text made safe, secrets out of it: before every sink
    exits                exit codes
    protocol/            what SMTP is: replies, extensions, SASL, certificates (pure)
    request              what was asked: Target, Plan, Credentials
    record, recorder     what happened: Transcript, Step, Exchange ...; and how it is written down
    judgement            what it shows: Finding, Diagnosis, Report
    inputs/              what a user gives: targets, where a secret comes from, what can be seen of it
    transcripts/         the notation of dialogues: text to record and back
    knowledge/           what is known, in TOML, and how it is looked up
    session/             ACQUIRE: conversation (what is said and when, no I/O) and wire (the sockets)
    checks/              JUDGE: Transcript to findings, and findings to a diagnosis
    prober               probe, probe_all, run: a session, the checks, a Report
    words/               WORD: a Report into a Document, in English and the languages of its folders
    pasted               what people paste, taken apart: replies, lines of a log
    explaining           a code, a reply or a keyword to entries of the catalogue
    comparing, listing   two codes side by side; the catalogue as a list
    renderers/           WORD: a Document laid out, a file a format
    demo/                the embedded server, the player of dialogues, its faults
    schemas/             JSON Schemas of what programs read
    cli/                 the command line, a file a command

Public names are loaded when they are used: `import smtpprobe` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from smtpprobe.comparing import Comparison, compare
    from smtpprobe.explaining import Answer, explain
    from smtpprobe.judgement import Cause, Diagnosis, Finding, Report, Severity, Sure
    from smtpprobe.listing import codes
    from smtpprobe.prober import probe, probe_all, run
    from smtpprobe.record import Exchange, Failure, FailureKind, Step, Transcript
    from smtpprobe.request import Credentials, Plan, StepName, Target, TlsMode
    from smtpprobe.words.document import Document
    from smtpprobe.words.entry import Entry
    from smtpprobe.words.wording import document

_HOMES = {
    "Comparison": "comparing",
    "compare": "comparing",
    "Answer": "explaining",
    "explain": "explaining",
    "Cause": "judgement",
    "Diagnosis": "judgement",
    "Finding": "judgement",
    "Report": "judgement",
    "Severity": "judgement",
    "Sure": "judgement",
    "codes": "listing",
    "probe": "prober",
    "probe_all": "prober",
    "run": "prober",
    "Exchange": "record",
    "Failure": "record",
    "FailureKind": "record",
    "Step": "record",
    "Transcript": "record",
    "Credentials": "request",
    "Plan": "request",
    "StepName": "request",
    "Target": "request",
    "TlsMode": "request",
    "Document": "words.document",
    "Entry": "words.entry",
    "document": "words.wording",
}

__all__ = [
    "Answer",
    "Cause",
    "Comparison",
    "Credentials",
    "Diagnosis",
    "Document",
    "Entry",
    "Exchange",
    "Failure",
    "FailureKind",
    "Finding",
    "Plan",
    "Report",
    "Severity",
    "Step",
    "StepName",
    "Sure",
    "Target",
    "TlsMode",
    "Transcript",
    "__version__",
    "codes",
    "compare",
    "document",
    "explain",
    "probe",
    "probe_all",
    "run",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"smtpprobe.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'smtpprobe' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
