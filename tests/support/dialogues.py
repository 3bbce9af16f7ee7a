"""The dialogue fixtures, and random dialogues beside them.

A fixture is a dialogue in our notation (docs/notation.md). Its first line is a comment that says what it
shows; its last lines say what has to be found in it, all of it and in that order:

    # expect: SEVERITY STEP FINDING CAUSE SURE [because-of FINDING]

with `-` where a finding has no cause. `# several faults` says that more than one thing is wrong.

The random dialogues come out of a server that answers the probe's own script (`session.conversation`) with
anything: replies of every code, no replies at all, half of one, or the end. So whatever a session can come
to, they come to.
"""

import functools
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import strategies as st

from smtpprobe.judgement import Finding
from smtpprobe.protocol.replies import Reply, ReplyParser
from smtpprobe.record import Peer, TlsSession, Trait, Transcript
from smtpprobe.request import Credentials, StepName, planned_steps
from smtpprobe.session.actions import (
    Action,
    Answer,
    Connect,
    Decline,
    Introduce,
    Listen,
    Say,
    StartTls,
    usable,
)
from smtpprobe.session.conversation import converse
from smtpprobe.session.login import Login
from smtpprobe.transcripts.head import read_asked
from smtpprobe.transcripts.notation import Dialogue, Line, format_line, parse
from smtpprobe.transcripts.reader import read_dialogue

FOLDER = Path(__file__).parents[2] / "fixtures" / "dialogues"
HEALTHY = "healthy"


@dataclass(frozen=True)
class Fixture:
    """One file of fixtures/dialogues."""

    name: str
    text: str

    @property
    def id(self) -> str:
        """The finding it is named after, or `healthy`."""
        return self.name.split(".")[0]

    @property
    def comment(self) -> str:
        return self.text.splitlines()[0]

    @property
    def several_faults(self) -> bool:
        return "\n# several faults\n" in self.text

    @property
    def expected(self) -> list[str]:
        mark = "# expect: "
        return [row.removeprefix(mark) for row in self.text.splitlines() if row.startswith(mark)]

    @property
    def dialogue(self) -> Dialogue:
        return parse(self.text)

    @property
    def transcript(self) -> Transcript:
        return read_dialogue(self.dialogue)

    def __repr__(self) -> str:
        return self.name


@functools.cache
def fixtures() -> tuple[Fixture, ...]:
    """Every dialogue fixture, by name."""
    return tuple(Fixture(path.stem, path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.txt")))


def fixture(name: str) -> Fixture:
    return next(found for found in fixtures() if found.name == name)


def transcript_of(text: str) -> Transcript:
    """The record of a dialogue written down in a test."""
    return read_dialogue(parse(text))


def described(finding: Finding) -> str:
    """A finding as the `# expect:` lines have it."""
    cause = f"{finding.cause.id} {finding.cause.sure}" if finding.cause else "- -"
    because = f" because-of {finding.because_of}" if finding.because_of else ""
    return f"{finding.severity.word} {finding.name} {finding.id} {cause}{because}"


# Random dialogues


TARGETS = (
    "smtp://mail.example:25",
    "submission://mail.example:587",
    "smtps://mail.example:465",
    "smtp+insecure://mail.example:25",
)
PLANS = (
    *("user", "insecure", "allow-plaintext-auth", "skip=help", "skip=starttls", "until=auth", "until=ehlo"),
    *("traits=trailing-blank,non-ascii,user-without-domain", "traits=token,jwt,jwt-expired"),
)
TROUBLES = ("timeout", "timeout deadline", "eof", "reset ECONNRESET")
TROUBLES_UNDER_TLS = (*TROUBLES, "tls decryption-failed-or-bad-record-mac")
HANDSHAKES = (
    "tls TLSv1.3 TLS_AES_256_GCM_SHA384 trusted",
    "tls TLSv1.3 TLS_AES_256_GCM_SHA384 trusted",
    "tls TLSv1.2 AES256-SHA256 trusted not-after=2026-01-05T00:00:00Z",
    "tls TLSv1.3 TLS_AES_256_GCM_SHA384 expired",
    "tls TLSv1.3 TLS_AES_256_GCM_SHA384 wrong-name,self-signed",
    "tls eof",
    "tls reset ECONNRESET",
    "tls timeout",
    "tls tls unsupported-protocol",
    "tls tls wrong-version-number 'heard=220 mail.example\\x0d\\x0a'",
    "tls tls wrong-version-number heard=SSH-2.0-x\\x0d\\x0a",
)
FIRST_TROUBLES = (
    *(StepName.CONNECT, StepName.GREETING, StepName.EHLO, StepName.STARTTLS, StepName.TLS),
    *(StepName.HELP, StepName.AUTH, StepName.AUTH, StepName.QUIT),
)
EXTENSIONS = (
    *("STARTTLS", "AUTH PLAIN LOGIN", "AUTH CRAM-MD5", "AUTH GSSAPI", "SIZE 1000", "auth=login"),
    *("AUTH SCRAM-SHA-1 SCRAM-SHA-256-PLUS", "AUTH XOAUTH2 OAUTHBEARER"),
)
CODES = {
    StepName.GREETING: "220",
    StepName.EHLO: "250",
    StepName.HELO: "250",
    StepName.STARTTLS: "220",
    StepName.HELP: "214",
    StepName.AUTH: "235",
    StepName.QUIT: "221",
}
WORDS = st.sampled_from(
    ["ok", "5.7.8 no", "4.7.0 not now", "PDE4OTY+", "ftp ready", "x" * 600, "\\xfc", "\\x1b["]
)
# Of CRAM-MD5, an error of SCRAM, the report on a token, and none.
CHALLENGES = ("PDE4OTY+", "ZT1pbnZhbGlkLXByb29m", "eyJzdGF0dXMiOiI0MDAifQ==", "")
ANY_CODE = st.integers(200, 599).map(str)
GARBAGE = st.sampled_from(
    ["", "hello", "2200 x", "25", "HTTP/1.1 400 Bad Request", "\\x16\\x03\\x01", "900 x"]
)


@st.composite
def dialogues(draw: st.DrawFn, until: StepName | None = None) -> str:
    """A session with a server that may answer anything; up to the step `until`, all goes well."""
    return _Improvisation(draw, until or draw(st.sampled_from(FIRST_TROUBLES))).text()


@st.composite
def answers(draw: st.DrawFn, step: StepName) -> list[str]:
    """One whole reply, and at times more than one, as `S` lines."""
    shape = draw(st.sampled_from(["good", "good", "good", "any", "lines", "mixed", "garbage", "334"]))
    match shape:
        case "good":
            rows = [CODES[step] + " fine"]
        case "any":
            rows = [f"{draw(ANY_CODE)} {draw(WORDS)}"]
        case "lines":
            code = draw(ANY_CODE)
            rows = [f"{code}-{draw(WORDS)}", f"{code} {draw(WORDS)}"]
        case "mixed":
            rows = [f"{draw(ANY_CODE)}-{draw(WORDS)}", draw(GARBAGE), f"{draw(ANY_CODE)} {draw(WORDS)}"]
        case "garbage":
            rows = [draw(GARBAGE)]
        case _:
            rows = [f"334 {draw(st.sampled_from(CHALLENGES))}".rstrip()]
    if step is StepName.EHLO and shape == "good":
        rows = [
            "250-mail.example",
            *(f"250-{draw(st.sampled_from(EXTENSIONS))}" for _ in range(3)),
            "250 DSN",
        ]
    marks = draw(st.sampled_from(["+", "+", "+", ""]))
    bare = draw(st.sampled_from([False, False, False, True]))
    lines = [f"S{marks if index else ''}{'-' if bare else ''}: {row}" for index, row in enumerate(rows)]
    lines = [line + "\\x0a" for line in lines] if bare else lines
    if draw(st.sampled_from([False] * 9 + [True])):
        lines.append(f"S+: {draw(ANY_CODE)} nobody asked")
    return lines


class _Improvisation:
    """Performs the actions of a conversation by drawing what comes of them."""

    def __init__(self, draw: st.DrawFn, until: StepName) -> None:
        self.draw, self.until = draw, until
        self.well = True
        words = draw(
            st.lists(st.sampled_from(PLANS), unique_by=lambda word: word.split("=")[0]).map(" ".join)
        )
        self.lines = [f"*: target {draw(st.sampled_from(TARGETS))}"]
        self.lines += [f"*: plan {words}"] if words else []
        self.over = False
        self.encrypted = False

    def text(self) -> str:
        asked = read_asked(parse("\n".join(self.lines)))
        token = asked.traits is not None and Trait.TOKEN in asked.traits
        login = Login(Credentials("me@mail.example", "a secret", token))
        planned = planned_steps(asked.target, asked.plan, login=asked.login)
        script = converse(asked.target, asked.plan, planned, login if asked.login else None)
        answer: Answer = None
        while not self.over:
            try:
                action = script.send(answer)
            except StopIteration:
                break
            answer = self.perform(action)
        return "\n".join(self.lines) + "\n"

    def perform(self, action: Action) -> Answer:
        match action:
            case Connect():
                self.reach(StepName.CONNECT)
                return self.connect()
            case Introduce():
                return "client.example"
            case Decline(step, failure):
                self.say(f"*: declined {step} {failure.kind} {failure.detail}".rstrip())
                return None
            case StartTls():
                self.reach(StepName.TLS)
                return self.shake_hands()
            case Listen(step):
                return self.hear(step)
            case Say():
                self.say(format_line(Line("C", action.shown.encode() + b"\r\n")))
                return self.hear(action.step)

    def reach(self, step: StepName) -> None:
        self.well = self.well and step is not self.until

    def say(self, *lines: str) -> None:
        self.lines += lines

    def connect(self) -> Answer:
        came = self.draw(st.sampled_from(["", "", "", " refused", " timeout", " reset", " unreachable"]))
        name = self.draw(st.sampled_from(["192.0.2.25"] * 4 + ["dns failed", "dns not-found", "timeout"]))
        if self.well:
            came, name = "", "192.0.2.25"
        self.say(f"*: resolve {name}")
        if name != "192.0.2.25":
            self.over = True
            return None
        self.say("*: connect 192.0.2.25" + came)
        self.over = came != ""
        return None if self.over else Peer("192.0.2.25", 25, "")

    def shake_hands(self) -> TlsSession | None:
        self.say("*: " + (HANDSHAKES[0] if self.well else self.draw(st.sampled_from(HANDSHAKES))))
        found = transcript_of("\n".join(self.lines)).tls
        self.encrypted = found is not None
        self.over = not self.encrypted
        return found

    def hear(self, step: StepName) -> Reply | None:
        """Draw what the server says to that, or how the session ends."""
        self.reach(step)
        if self.well:
            rows = [CODES[step] + " fine"]
            if step is StepName.EHLO:
                rows = ["250-mail.example", f"250-{self.draw(st.sampled_from(EXTENSIONS))}", "250 STARTTLS"]
            self.say(*(f"S{'+' if index else ''}: {row}" for index, row in enumerate(rows)))
            return _replies(self.lines[-len(rows) :])[0]
        if self.draw(st.sampled_from([False] * 7 + [True])):
            half = self.draw(st.sampled_from(["", "", "S-: 2", "S-: 250-half", "S: 421-bye", "S-: 421 bye"]))
            trouble = self.draw(st.sampled_from(TROUBLES_UNDER_TLS if self.encrypted else TROUBLES))
            self.say(*filter(None, [half]), f"*: {trouble}")
            self.over = True
            return None
        answer = self.draw(answers(step))
        found = _replies(answer)
        self.say(*answer)
        if not found:  # it has not ended, and will not
            self.say("*: timeout")
            self.over = True
            return None
        if found[0].code != 421 and not usable(found[0]):
            self.say("*: protocol not-smtp")
            self.over = True
        # RFC 5321 3.8: a 421 may come at any time, and nothing is said after it.
        self.over = self.over or any(reply.code == 421 for reply in found[1:])
        return found[0]


def _replies(lines: list[str]) -> list[Reply]:
    return ReplyParser().feed(b"".join(line.data for line in parse("\n".join(lines))))


def with_plan(transcript: Transcript, **changes: object) -> Transcript:
    """The same session under another plan."""
    return replace(transcript, plan=replace(transcript.plan, **changes))  # type: ignore[arg-type]
