"""The document: a report in words, ready to be laid out. JSON is its dump (`dump.to_json`).

The fields are the keys of the contract, in its order; the schemas under `schemas/` say the same to
programs. Fields that only a page needs (`summary`, `headline`) are here too: a renderer words nothing.
All text in a document has been made safe to show.
"""

from dataclasses import dataclass, field

from smtpprobe.words.entry import Action, Alternative, Entry


@dataclass(frozen=True, slots=True)
class DocTarget:
    url: str
    host: str
    port: int
    tls: str
    read_as: str = ""


@dataclass(frozen=True, slots=True)
class DocReply:
    code: int | None
    enhanced: str | None
    lines: tuple[str, ...]
    raw: str
    """Base64 of the octets, secrets masked."""


@dataclass(frozen=True, slots=True)
class DocFailure:
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class DocExchange:
    sent: str | None
    reply: DocReply | None
    at: float
    seconds: float
    says: tuple[str, ...] = field(default=(), metadata={"json": False})
    """What a challenge holds, decoded."""


@dataclass(frozen=True, slots=True)
class DocAttempt:
    address: str
    seconds: float
    failure: DocFailure | None


@dataclass(frozen=True, slots=True)
class DocStep:
    name: str
    status: str
    summary: str
    """The step in a few words, for its row in a table."""
    sent: str | None
    encrypted: bool
    at: float | None
    seconds: float | None
    reply: DocReply | None
    failure: DocFailure | None
    exchanges: tuple[DocExchange, ...] | None = None
    attempts: tuple[DocAttempt, ...] | None = None
    addresses: tuple[str, ...] | None = None
    unsolicited: tuple[str, ...] = ()
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class ReportFailure:
    step: str
    kind: str
    code: int | None
    enhanced: str | None
    cause: str | None
    message: str


@dataclass(frozen=True, slots=True)
class DocDiagnosis:
    finding: str
    cause: str | None
    sure: str | None
    alternatives: tuple[Alternative, ...]
    title: str
    meaning: str
    evidence: tuple[str, ...]
    next: tuple[Action, ...]
    fine: tuple[str, ...]
    care: tuple[str, ...]
    references: tuple[str, ...]
    forward: str | None = None
    """A paragraph to pass on, where somebody else has to act first."""
    said: str = field(default="", metadata={"json": False})
    """The reply that decided it: its codes, their name, and where they are defined."""
    because: str = field(default="", metadata={"json": False})
    """The cause in words, with how sure it is; empty where the meaning already says it."""
    first: tuple[str, ...] = field(default=(), metadata={"json": False})
    """Ids of the findings that `next` begins with: they are told there."""


@dataclass(frozen=True, slots=True)
class DocClaim:
    kind: str
    key: str
    name: str
    version: str | None
    sure: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class DocPeer:
    address: str
    port: int
    software: str | None
    claims: tuple[DocClaim, ...] = ()


@dataclass(frozen=True, slots=True)
class DocExtensions:
    clear: dict[str, str] | None
    tls: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class DocAuth:
    offered_clear: tuple[str, ...]
    offered_tls: tuple[str, ...]
    mechanism: str | None
    result: str


@dataclass(frozen=True, slots=True)
class DocCertificate:
    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: str
    not_after: str
    days_left: int
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class DocTls:
    version: str
    cipher: str
    trusted: bool
    reason: str | None
    reasons: tuple[str, ...]
    fingerprint: str
    certificate: DocCertificate | None


@dataclass(frozen=True, slots=True)
class DocFinding:
    id: str
    severity: str
    step: str
    because_of: str | None
    cause: str | None
    ignored: bool
    title: str
    meaning: str
    fix: str
    evidence: tuple[str, ...]
    references: tuple[str, ...]
    next: tuple[Action, ...] = ()
    said: str = field(default="", metadata={"json": False})
    """The server's words that show it, or their codes and names."""


@dataclass(frozen=True, slots=True)
class DocExpectation:
    """Something that was expected of the server. Always there in JSON; none can be asked for yet."""

    expect: str
    held: bool
    found: str


@dataclass(frozen=True, slots=True)
class DocReport:
    target: DocTarget
    verdict: str
    failure: ReportFailure | None
    diagnosis: DocDiagnosis | None
    started: str
    seconds: float
    tries: int
    peer: DocPeer | None
    steps: tuple[DocStep, ...]
    extensions: DocExtensions
    auth: DocAuth
    tls: DocTls | None
    findings: tuple[DocFinding, ...]
    expectations: tuple[DocExpectation, ...] = ()
    answering: tuple[str, ...] = field(default=(), metadata={"json": False})
    """Who claims to answer, with where it stands."""
    headline: str = field(default="", metadata={"json": False})
    """How the target was read, for the first line of a page."""
    conclusion: str = field(default="", metadata={"json": False})
    """The verdict in a line."""
    raw: tuple[str, ...] = field(default=(), metadata={"json": False})
    """The whole session in the notation of dialogues."""


@dataclass(frozen=True, slots=True)
class Document:
    """Every report of one run."""

    verdict: str
    reports: tuple[DocReport, ...]
    labels: dict[str, str] = field(default_factory=dict, metadata={"json": False})
