"""A session through real sockets: with an honest server, and with players of everything else.

Each test ends with a look for what was left behind: no task, no open socket, nothing for the collector to
close.
"""

import asyncio
import base64
import hashlib
import hmac
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from itertools import groupby
from typing import Any
from urllib.parse import quote

import pytest
from aiosmtplib.errors import SMTPServerDisconnected
from aiosmtplib.protocol import SMTPProtocol

from smtpprobe.checks.diagnosis import judge
from smtpprobe.demo.player import Player
from smtpprobe.demo.server import honest_server
from smtpprobe.judgement import AuthResult, Report, Severity
from smtpprobe.prober import make_run, probe
from smtpprobe.protocol.replies import Reply
from smtpprobe.record import Failure, FailureKind, Step, Trait, Transcript
from smtpprobe.redaction import SECRET
from smtpprobe.request import Credentials, Plan, StepName, Target, TlsMode
from smtpprobe.session import addresses
from smtpprobe.session.recording import RecordingProtocol
from smtpprobe.transcripts.head import read_asked
from smtpprobe.transcripts.notation import Dialogue, NotationError, escape, parse
from smtpprobe.transcripts.reader import read_dialogue
from smtpprobe.transcripts.writer import write_dialogue

from .support.live import EHLO_NAME, LOGIN, Played, nothing_left, plan_for_demo, play
from .support.reports import DIALOGUES, FOLDER

IN_CLEAR = Plan(timeout=10.0, allow_plaintext_auth=True)
IMPATIENT = Plan(timeout=0.3)

GREETING = "S: 220 mail.example ESMTP\n"
EHLO = "C: EHLO client.example\nS: 250-mail.example\nS+: 250 SIZE 1000\n"
EHLO_WITH_STARTTLS = "C: EHLO client.example\nS: 250-mail.example\nS+: 250 STARTTLS\n"
EHLO_WITH_AUTH = "C: EHLO client.example\nS: 250-mail.example\nS+: 250 AUTH PLAIN LOGIN CRAM-MD5\n"
STARTTLS = "C: STARTTLS\nS: 220 2.0.0 ready\n"
TLS = "*: tls TLSv1.3 TLS_AES_256_GCM_SHA384 trusted\n"
HELP = "C: HELP\nS: 214 help\n"
AUTH = "C: AUTH PLAIN [secret]\nS: 235 2.7.0 welcome\n"
QUIT = "C: QUIT\nS: 221 bye\n"

UNDER_TLS = GREETING + EHLO_WITH_STARTTLS + STARTTLS + TLS + EHLO_WITH_AUTH + HELP + AUTH + QUIT


@pytest.fixture(autouse=True)
async def _nothing_left() -> AsyncIterator[None]:
    async with nothing_left():
        yield


def names(transcript: Transcript) -> str:
    """The steps that were reached."""
    return " ".join(step.name for step in transcript.steps)


# With an honest server


async def visit(
    mode: TlsMode,
    *,
    plan: Plan | None = None,
    login: Credentials | None = LOGIN,
    password: str = LOGIN.secret,
    problems: tuple[str, ...] = (),
    host: str = "127.0.0.1",
) -> Report:
    """Probe aiosmtpd, which lets LOGIN's user in with that password."""
    with plan_for_demo(plan) as asked:
        user = login.user if login else ""
        async with honest_server(mode, user=user, password=password, problems=problems, host=host) as (
            _,
            port,
        ):
            if ":" in host:
                return await probe(Target(host, port, mode), replace(asked, family=None), login)
            return await probe(Target("localhost", port, mode), asked, login)


STEPS = {
    TlsMode.NONE: "resolve connect greeting ehlo help auth quit",
    TlsMode.AUTO: "resolve connect greeting ehlo starttls tls ehlo help auth quit",
    TlsMode.STARTTLS: "resolve connect greeting ehlo starttls tls ehlo help auth quit",
    TlsMode.IMPLICIT: "resolve connect tls greeting ehlo help auth quit",
}


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("mechanism", [None, "PLAIN", "LOGIN"])
@pytest.mark.parametrize("mode", TlsMode)
async def test_a_login_that_is_let_in(mode: TlsMode, mechanism: str | None, host: str) -> None:
    report = await visit(mode, plan=replace(IN_CLEAR, mechanism=mechanism), host=host)
    auth = report.transcript.last(StepName.AUTH)
    assert names(report.transcript) == STEPS[mode]
    assert report.auth is AuthResult.ACCEPTED
    assert auth is not None
    assert auth.mechanism == (mechanism or "PLAIN")
    assert auth.encrypted is (mode is not TlsMode.NONE)
    if mode is not TlsMode.NONE:
        assert report.findings == ()
        assert report.transcript.tls is not None


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("mode", TlsMode)
async def test_a_login_that_is_turned_away(mode: TlsMode, mechanism: str) -> None:
    report = await visit(mode, plan=replace(IN_CLEAR, mechanism=mechanism), password="another")
    assert names(report.transcript) == STEPS[mode]
    assert report.auth is AuthResult.REJECTED
    assert report.failure is not None
    assert (report.failure.code, report.failure.enhanced) == (535, "5.7.8")
    assert report.diagnosis is not None
    assert report.diagnosis.finding.id == "credentials-rejected"


@pytest.mark.parametrize("secret", ["\u043f\u0430\u0440\u043e\u043b\u044c \u20ac", "x" * 600, "=", " a b\n"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
async def test_any_secret_arrives_as_it_is(mechanism: str, secret: str) -> None:
    """Also one that is too long to go with the command (RFC 4954 4)."""
    login = Credentials(LOGIN.user, secret)
    plan = Plan(timeout=10.0, mechanism=mechanism)
    report = await visit(TlsMode.STARTTLS, plan=plan, login=login, password=secret)
    assert report.auth is AuthResult.ACCEPTED


async def test_nothing_is_withheld_from_who_does_not_log_in() -> None:
    report = await visit(TlsMode.STARTTLS, login=None)
    assert names(report.transcript) == "resolve connect greeting ehlo starttls tls ehlo help quit"
    assert report.verdict is Severity.OK


async def test_no_password_in_the_clear() -> None:
    report = await visit(TlsMode.NONE)
    assert report.auth is AuthResult.WITHHELD
    assert "credentials-withheld" in {finding.id for finding in report.findings}


@pytest.mark.parametrize("mode", [TlsMode.STARTTLS, TlsMode.IMPLICIT])
async def test_an_untrusted_certificate_and_three_ways_to_deal_with_it(mode: TlsMode) -> None:
    refused = await visit(mode, problems=("self-signed",))
    assert refused.auth is AuthResult.WITHHELD
    assert names(refused.transcript) == STEPS[mode]
    assert refused.transcript.tls is not None
    certificate = refused.transcript.tls.verdict.certificate
    assert certificate is not None

    pinned = await visit(mode, problems=("self-signed",), plan=Plan(pin=certificate.fingerprint))
    assert (pinned.auth, pinned.verdict) == (AuthResult.ACCEPTED, Severity.OK)

    insecure = await visit(mode, problems=("self-signed",), plan=Plan(insecure=True))
    assert (insecure.auth, insecure.verdict) == (AuthResult.ACCEPTED, Severity.WARN)

    another = await visit(mode, plan=Plan(pin=certificate.fingerprint))
    assert another.auth is AuthResult.WITHHELD
    assert another.diagnosis is not None
    assert another.diagnosis.finding.id == "certificate-pin-mismatch"


@pytest.mark.parametrize(
    ("until", "steps"),
    [
        ("resolve", "resolve"),
        ("connect", "resolve connect"),
        ("greeting", "resolve connect greeting quit"),
        ("starttls", "resolve connect greeting ehlo starttls tls quit"),
        ("tls", "resolve connect greeting ehlo starttls tls quit"),
        ("ehlo", "resolve connect greeting ehlo starttls tls ehlo quit"),
        ("help", "resolve connect greeting ehlo starttls tls ehlo help quit"),
        ("auth", "resolve connect greeting ehlo starttls tls ehlo help auth quit"),
    ],
)
async def test_no_further_than_was_asked(until: str, steps: str) -> None:
    report = await visit(TlsMode.STARTTLS, plan=Plan(until=StepName(until)))
    assert names(report.transcript) == steps
    assert report.verdict is Severity.OK


@pytest.mark.parametrize(
    ("skip", "steps"),
    [
        ("help", "resolve connect greeting ehlo starttls tls ehlo auth quit"),
        ("auth", "resolve connect greeting ehlo starttls tls ehlo help quit"),
        ("starttls", "resolve connect greeting ehlo help auth quit"),
    ],
)
async def test_steps_left_out(skip: str, steps: str) -> None:
    report = await visit(TlsMode.AUTO, plan=Plan(skip=frozenset({StepName(skip)})))
    assert names(report.transcript) == steps


# With every dialogue of the fixtures

# What real sockets make different, and why.
NOT_LIVE = {
    "address-unreachable": "the player has one address",
    "greeting-late": "its pauses are left out",
}


def playable(name: str) -> bool:
    """A server is in it: somebody was reached. What cannot be read is for its test to say."""
    try:
        transcript = read_dialogue(dialogue_of(name))
    except NotationError:
        return True
    connect, auth = transcript.last(StepName.CONNECT), transcript.last(StepName.AUTH)
    if auth and (
        needs_our_nonce(auth) or auth.failure == Failure(FailureKind.NOT_OFFERED, "channel-binding")
    ):
        return False
    return connect is not None and connect.failure is None


def needs_our_nonce(auth: Step) -> bool:
    """SCRAM goes on behind the server's first message, which begins with what we made up."""
    scram = auth.mechanism is not None and auth.mechanism.startswith("SCRAM-")
    return scram and any(exchange.sent == SECRET for exchange in auth.exchanges)


def dialogue_of(name: str) -> Dialogue:
    return parse((FOLDER / f"{name}.txt").read_text(encoding="utf-8"))


async def act_out(name: str) -> Played:
    """The session of a fixture, held with its player: what was asked is what the dialogue says was asked."""
    dialogue = dialogue_of(name)
    asked, told = read_asked(dialogue), read_dialogue(dialogue)
    auth = told.last(StepName.AUTH)
    silent = any("timeout" in line.words[:2] for line in dialogue)
    plan = replace(
        asked.plan,
        mechanism=asked.plan.mechanism or (auth.mechanism if auth else None),
        timeout=0.3 if silent else 10.0,
    )
    run = None
    if auth and auth.failure and auth.failure.detail in ("already-refused", "first-address-only"):
        with plan_for_demo(plan) as ours:
            run = make_run(ours)
        run.refused.add(LOGIN)
    login = LOGIN if asked.login else None
    if asked.traits and Trait.TOKEN in asked.traits:
        fits = auth and auth.exchanges and SECRET in (auth.exchanges[0].sent or "")
        login = Credentials(LOGIN.user, "ya29." + "token" * (1 if fits else 100), token=True)
    elif auth and auth.failure and auth.failure.detail == "secret-prohibited":
        login = Credentials(LOGIN.user, "bell\x07bell")
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    if told.tls and told.tls.verdict.pinned:
        before = await play(text, tls=asked.target.tls, plan=plan, login=login, complaints=True)
        tls = before.report.transcript.tls
        assert tls is not None
        assert tls.verdict.certificate is not None
        plan = replace(plan, pin=tls.verdict.certificate.fingerprint)
    return await play(text, tls=asked.target.tls, plan=plan, login=login, run=run)


@pytest.mark.parametrize("name", [*filter(playable, DIALOGUES)])
async def test_a_session_comes_to_what_its_dialogue_comes_to(name: str) -> None:
    told = read_dialogue(dialogue_of(name))
    live = await act_out(name)
    # The secret is ours, so its shape is not that of the dialogue's.
    transcript = replace(live.report.transcript, traits=told.traits)
    assert found(transcript) - NOT_LIVE.keys() == found(told) - NOT_LIVE.keys()
    # And what is written down of it reads as it was.
    assert found(read_dialogue(parse(write_dialogue(transcript)))) == found(transcript)


def found(transcript: Transcript) -> set[str]:
    """The ids of the findings."""
    return {finding.id for finding in judge(transcript).findings}


# What is said, and when


async def test_the_whole_dialogue_is_as_the_rfc_has_it() -> None:
    played = await play(UNDER_TLS, tls=TlsMode.STARTTLS, login=LOGIN)
    plain = base64.b64encode(f"\0{LOGIN.user}\0{LOGIN.secret}".encode())
    name = f"EHLO {EHLO_NAME}".encode()
    assert played.heard == (name, b"STARTTLS", name, b"HELP", b"AUTH PLAIN " + plain, b"QUIT")
    assert played.report.verdict is Severity.OK


async def test_login_is_spoken_as_its_draft_has_it() -> None:
    dialogue = (
        "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: [user name]\nS: 334 UGFzc3dvcmQ6\nC: [secret]\nS: 235 ok\n"
    )
    plan = replace(IN_CLEAR, mechanism="LOGIN")
    played = await play(GREETING + EHLO_WITH_AUTH + HELP + dialogue + QUIT, plan=plan, login=LOGIN)
    answers = [base64.b64decode(line).decode() for line in played.heard[3:5]]
    assert answers == [LOGIN.user, LOGIN.secret]


async def test_cram_md5_is_spoken_as_in_rfc_2195() -> None:
    challenge = "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+"
    dialogue = f"C: AUTH CRAM-MD5\nS: 334 {challenge}\nC: [secret]\nS: 235 welcome\n"
    played = await play(
        GREETING + EHLO_WITH_AUTH + HELP + dialogue + QUIT,
        plan=replace(IN_CLEAR, mechanism="CRAM-MD5"),
        login=Credentials("tim", "tanstaaftanstaaf"),
    )
    digest = hmac.new(b"tanstaaftanstaaf", base64.b64decode(challenge), hashlib.md5).hexdigest()
    assert digest == "b913a602c7eda7a495b4e6e7334d3890"
    assert base64.b64decode(played.heard[3]).decode() == f"tim {digest}"


@pytest.mark.parametrize(
    ("greeting", "said", "finding"),
    [
        ("421 4.3.2 too busy", (), "greeting-unavailable"),
        ("554 5.7.1 no service", (b"QUIT",), "greeting-no-service"),
    ],
)
async def test_greetings_that_turn_us_away(greeting: str, said: tuple[bytes, ...], finding: str) -> None:
    """RFC 5321 3.1: after 554 the server waits for QUIT. 3.8: after 421 it waits for nothing."""
    played = await play(f"S: {greeting}\n" + QUIT * len(said), login=LOGIN)
    assert played.heard == said
    assert played.ids == {finding}


async def test_nothing_is_said_before_a_reply_is_whole() -> None:
    """The player complains of a word before its turn; here it takes its time between the packets."""
    slow = "S: 220-one\n*: wait 0.03\nS: 220-two\n*: wait 0.03\nS-: 220 th\n*: wait 0.03\nS-: ree\\x0d\n"
    slow += "*: wait 0.03\nS-: \\x0a\n"
    ehlo = "C: EHLO x\nS: 250-a\n*: wait 0.03\nS-: 250\n*: wait 0.03\nS:  SIZE\n"
    played = await play(slow + ehlo + HELP + QUIT, pause=asyncio.sleep)
    assert played.report.verdict is Severity.OK


ODD_NAMES = [
    "localhost",
    "localhost.localdomain",
    "runsc",
    "a_b.example",
    "",
    "x" * 70,
]


@pytest.mark.parametrize("own", [*ODD_NAMES, "mail.localdomain", "1.2.3.4", "localhost."])
async def test_we_never_call_ourselves_localhost(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def without_names(*args: Any, **options: Any) -> Any:
        if options.get("flags", 0) & socket.AI_CANONNAME:
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return look_up(*args, **options)

    monkeypatch.setattr(socket, "gethostname", lambda: own)
    monkeypatch.setattr(socket, "getaddrinfo", without_names)
    addresses.look_up_own_name.cache_clear()
    player = Player(parse(GREETING + EHLO + HELP + QUIT))
    async with player as (_, port):
        await probe(Target("localhost", port, TlsMode.NONE), Plan(family=4))
    addresses.look_up_own_name.cache_clear()
    assert player.heard[0] == b"EHLO [127.0.0.1]"


async def test_a_resolver_that_is_slow_costs_no_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up() -> str:
        time.sleep(1)
        return "late.example"

    monkeypatch.setattr(addresses, "look_up_own_name", look_up)
    player = Player(parse(GREETING + EHLO + HELP + QUIT))
    async with player as (_, port):
        await probe(Target("localhost", port, TlsMode.NONE), Plan(family=4))
    assert player.heard[0] == b"EHLO [127.0.0.1]"


class Relay:
    """Stands between, and keeps who took the word: `turns` has a `c` for the client, `s` for the server."""

    def __init__(self) -> None:
        self._spoke: list[str] = []

    @property
    def turns(self) -> str:
        return "".join(side for side, _ in groupby(self._spoke))

    @asynccontextmanager
    async def __call__(self, port: int) -> AsyncIterator[int]:
        """In front of that port, for one connection."""
        done = asyncio.Event()

        async def pump(side: str, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                self._spoke.append(side)
                sink.write(data)
            with suppress(OSError):
                sink.write_eof()

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            source, sink = await asyncio.open_connection("127.0.0.1", port)
            try:
                await asyncio.gather(pump("c", reader, sink), pump("s", source, writer))
            finally:
                writer.transport.abort()
                sink.transport.abort()
                done.set()

        async with await asyncio.start_server(relay, "127.0.0.1", 0) as server:
            yield server.sockets[0].getsockname()[1]
            await done.wait()


# The last `c` of a session under TLS is its close_notify.
@pytest.mark.parametrize(
    ("text", "mode", "turns"),
    [
        (GREETING + EHLO_WITH_AUTH + HELP + AUTH + QUIT, TlsMode.NONE, "s" + "cs" * 4),
        # EHLO, STARTTLS, ClientHello, Finished with EHLO, HELP, AUTH, QUIT
        (UNDER_TLS, TlsMode.STARTTLS, "s" + "cs" * 7 + "c"),
        # ClientHello, and then Finished, for which the greeting does not wait
        (TLS + GREETING + EHLO_WITH_AUTH + HELP + AUTH + QUIT, TlsMode.IMPLICIT, "cs" * 6 + "c"),
    ],
)
async def test_no_round_trip_more_than_the_commands_need(text: str, mode: TlsMode, turns: str) -> None:
    relay = Relay()
    player = Player(parse(text + "*: timeout"))
    with plan_for_demo(replace(IN_CLEAR, mechanism="PLAIN")) as plan:
        async with player as (_, port), relay(port) as door:
            report = await probe(Target("localhost", door, mode), plan, LOGIN)
    assert report.auth is AuthResult.ACCEPTED
    assert player.complaints == []
    assert relay.turns == turns


# Sessions that are lost


def cut_short(text: str) -> Iterator[tuple[str, str]]:
    """A dialogue up to each place where an answer is due, with the step that is lost there."""
    lines = text.splitlines()
    yield "greeting", ""
    for index, line in enumerate(lines):
        if line.startswith("C: "):
            yield line.split()[1].lower(), "\n".join(lines[: index + 1]) + "\n"
        if line.startswith("*: tls"):
            yield "tls", "\n".join(lines[:index]) + "\n*: tls "


LOST = [(step, text, kind) for step, text in cut_short(UNDER_TLS) for kind in ("eof", "reset", "timeout")]


@pytest.mark.parametrize(("step", "text", "kind"), LOST)
async def test_a_connection_lost_at_each_step(step: str, text: str, kind: str) -> None:
    end = kind if text.endswith(" ") else f"*: {kind}"
    plan = IMPATIENT if kind == "timeout" else None
    played = await play(text + end, tls=TlsMode.STARTTLS, login=LOGIN, plan=plan)
    last = played.report.transcript.steps[-1]
    assert last.name == step
    assert last.failure is not None
    assert last.failure.kind == kind
    assert last.reply is None
    if step == "quit":
        assert played.ids == {"quit-unclean"}
        assert played.report.verdict is Severity.NOTE
    else:
        assert played.report.verdict is Severity.FAIL
        assert played.report.failure is not None
        assert played.report.failure.step == step


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("S-: 220 mail.exam\n", "greeting"),
        (GREETING + "C: EHLO x\nS: 250-mail.example\nS-: 250 STAR\n", "ehlo"),
        (GREETING + EHLO + "C: HELP\nS-: 2\n", "help"),
    ],
)
async def test_half_a_line_and_then_silence(text: str, step: str) -> None:
    played = await play(text + "*: timeout", plan=IMPATIENT)
    last = played.report.transcript.steps[-1]
    assert last.name == step
    assert last.failure is not None
    assert last.failure.kind is FailureKind.TIMEOUT
    assert last.reply is not None
    assert not last.reply.complete
    assert last.reply.raw  # what there was of it is kept


async def test_the_time_of_a_step_covers_all_of_it_however_slowly_it_drips() -> None:
    drip = "S-: x\n*: wait 0.05\n" * 200
    played = await play("S-: 220-\n" + drip, plan=IMPATIENT, pause=asyncio.sleep)
    assert played.ids == {"step-timeout"}


async def test_the_deadline_ends_a_session_that_every_step_keeps_alive() -> None:
    slow = "*: wait 0.15\nS: 220 a\nC: EHLO x\n*: wait 0.15\nS: 250 b\nC: HELP\n*: wait 0.15\nS: 214 c\n"
    played = await play(slow, plan=Plan(timeout=5.0, deadline=0.35), pause=asyncio.sleep)
    last = played.report.transcript.steps[-1]
    assert last.failure is not None
    assert (last.failure.kind, last.failure.detail) == (FailureKind.TIMEOUT, "deadline")


async def test_a_session_that_is_cancelled_leaves_nothing_behind() -> None:
    for text in (
        "*: timeout",
        GREETING + "C: EHLO x\n*: timeout",
        UNDER_TLS.replace(HELP, "C: HELP\n*: timeout\n"),
    ):
        player = Player(parse(text))
        with plan_for_demo() as plan:
            async with player as (_, port):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await probe(Target("localhost", port, TlsMode.AUTO), plan)


# Floods

LONG = "x" * 1000
FLOODS = {
    "lines of a greeting": f"S: 220-{LONG}\n*: repeat 100000\n",
    "a line without end": f"S-: {LONG}\n*: repeat 100000\n",
    "lines of a reply": f"{GREETING}C: EHLO x\nS: 250-{LONG}\n*: repeat 100000\n",
    "small replies in one packet": f"{GREETING}C: EHLO x\nS: 250 a\nS+: 250 b\n*: repeat 100000\n",
    "replies of a thousand lines": f"{GREETING}C: EHLO x\nS: 250 a\n"
    + "S+: 250-y\n*: repeat 999\nS+: 250 z\n" * 50,
    "a greeting behind another": f"S: 220 {LONG}\n*: repeat 100000\n",
    "clear text in place of a handshake": (
        f"{GREETING}{EHLO_WITH_STARTTLS}{STARTTLS}S: 250 {LONG}\n*: repeat 100000\n"
    ),
    "a farewell": f"{GREETING}{EHLO}{HELP}C: QUIT\nS: 221-{LONG}\n*: repeat 100000\n",
}


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("flood", FLOODS)
async def test_a_flood_of_100_mb_is_bounded(flood: str, encrypted: bool) -> None:
    if encrypted and flood.startswith("clear"):
        pytest.skip("there is no clear text then")
    text = (TLS if encrypted else "") + FLOODS[flood]
    mode = TlsMode.IMPLICIT if encrypted else TlsMode.AUTO
    played = await play(text, tls=mode, plan=Plan(timeout=5.0), complaints=True)
    kept = sum(len(reply.raw) for reply in replies(played.report.transcript))
    assert kept < 300_000
    # Lines take room of their own, however short they are: one reply's worth of them for each step.
    assert sum(len(reply.lines) for reply in replies(played.report.transcript)) < 3000
    assert played.report.verdict >= Severity.NOTE


def replies(transcript: Transcript) -> Iterator[Reply]:
    for step in transcript.steps:
        for exchange in (*step.exchanges, *step.unsolicited):
            if exchange.reply:
                yield exchange.reply


async def test_a_flood_while_nothing_is_awaited_ends_the_session_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "look_up_own_name", lambda: time.sleep(0.3))
    player = Player(parse(GREETING + "S: 220 b\nS+: 220 b\n*: repeat 20\n" * 20 + "*: timeout"))
    async with player as (_, port):
        report = await probe(Target("localhost", port, TlsMode.NONE), Plan(family=4, timeout=3.0))
    assert "reply-endless" in {finding.id for finding in report.findings}


# The secret

PLAIN = f"\0{LOGIN.user}\0{LOGIN.secret}".encode()
FORMS: dict[str, bytes] = {
    "raw": LOGIN.secret.encode(),
    "upper case": LOGIN.secret.upper().encode(),
    "base64": base64.b64encode(LOGIN.secret.encode()),
    "base64 of PLAIN": base64.b64encode(PLAIN),
    "PLAIN itself": PLAIN,
    "hex": LOGIN.secret.encode().hex().encode(),
    "hex in capitals": LOGIN.secret.encode().hex().upper().encode(),
    "URL": quote(LOGIN.secret).encode(),
    "form": LOGIN.secret.replace(" ", "+").encode(),
}


def everything(report: Report) -> bytes:
    """All that is kept of a session, as text and as octets, its lines joined."""
    joined = b"\n".join(b"".join(line.text for line in reply.lines) for reply in replies(report.transcript))
    return repr(report).encode() + write_dialogue(report.transcript).encode() + joined


def echoes(form: bytes) -> dict[str, str]:
    """A refusal that holds this, in one packet, in many, and folded."""
    half = len(form) // 2
    first, second = escape(form[:half]), escape(form[half:])
    first = first.replace(r"\x20", " ") if not first.endswith(" ") else first
    bytewise = "".join(f"S-: {escape(form[i : i + 1])}\n" for i in range(len(form)))
    return {
        "whole": f"S: 535 5.7.8 no: {first}{second}\n",
        "in two packets": f"S-: 535 5.7.8 no: {first}\nS: {second}\n",
        "octet by octet": f"S-: 535 5.7.8 no: \n{bytewise}S:\n",
        "folded": f"S: 535-5.7.8 no: {first}\nS+: 535 {second}\n",
    }


@pytest.mark.parametrize("way", ["whole", "in two packets", "octet by octet", "folded"])
@pytest.mark.parametrize("form", FORMS)
async def test_the_secret_is_kept_nowhere_when_the_server_says_it_back(form: str, way: str) -> None:
    echo = echoes(FORMS[form])[way]
    text = UNDER_TLS.replace("S: 235 2.7.0 welcome\n", echo).replace(
        "S: 221 bye", f"S: 221 {escape(FORMS[form])}"
    )
    played = await play(text, tls=TlsMode.STARTTLS, login=LOGIN)
    kept = everything(played.report)
    assert SECRET.encode() in kept
    for name, hidden in FORMS.items():
        assert hidden not in kept, name
    assert LOGIN.secret.lower() not in kept.decode(errors="replace").lower()
    assert played.report.auth is AuthResult.REJECTED  # the code is never touched


async def test_a_secret_that_comes_back_before_the_login_was_not_ours_to_give() -> None:
    """A server that knows the password already, in its greeting: not shown either."""
    text = UNDER_TLS.replace("S: 220 mail.example ESMTP", f"S: 220 mail.example {LOGIN.secret}")
    played = await play(text, tls=TlsMode.STARTTLS, login=LOGIN)
    assert LOGIN.secret.encode() not in everything(played.report)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize("end", ["S: 535 no", "*: eof", "*: reset", "S-: 53\n*: eof", "S: 334 =", "S: hello"])
async def test_the_secret_is_kept_nowhere_however_the_login_ends(mechanism: str, end: str) -> None:
    asks = {"PLAIN": "", "LOGIN": "S: 334 VXNlcm5hbWU6\nC: [user name]\nS: 334 UGFzc3dvcmQ6\nC: [secret]\n"}
    asks["CRAM-MD5"] = "S: 334 PDE4OTYuNjk3MTcwOTUyQHBvc3Q+\nC: [secret]\n"
    first = "C: AUTH PLAIN [secret]\n" if mechanism == "PLAIN" else f"C: AUTH {mechanism}\n"
    text = GREETING + EHLO_WITH_AUTH + HELP + first + asks[mechanism] + end
    played = await play(text, plan=replace(IN_CLEAR, mechanism=mechanism), login=LOGIN, complaints=True)
    kept = everything(played.report)
    sent = [line for line in played.heard[2:] if line not in (b"QUIT", b"*", f"AUTH {mechanism}".encode())]
    assert sent
    for line in sent:
        response = line.removeprefix(b"AUTH PLAIN ")
        if base64.b64decode(response).decode() != LOGIN.user:
            assert response not in kept
            assert base64.b64decode(response) not in kept


# What we rely on in aiosmtplib, and what we do not


class Deaf(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return False


@asynccontextmanager
async def recording() -> AsyncIterator[tuple[RecordingProtocol, Deaf]]:
    protocol, transport = RecordingProtocol(time.monotonic), Deaf()
    protocol.connection_made(transport)
    yield protocol, transport
    protocol.connection_lost(None)


@pytest.mark.parametrize("octet", [*range(0x20), 0x7F])
async def test_execute_command_refuses_control_characters(octet: int) -> None:
    async with recording() as (protocol, transport):
        with pytest.raises(ValueError, match="control character"):
            await protocol.execute_command(b"EHLO a" + bytes([octet]) + b"b")
        assert transport.written == []


async def test_execute_command_writes_a_line_and_waits_for_our_parser() -> None:
    async with recording() as (protocol, transport):
        protocol.data_received(b"220 a\r\n")
        await protocol.read_response()
        protocol.expect()
        waiting = asyncio.ensure_future(protocol.execute_command(b"HELP"))
        for piece in (b"214-a\r\n", b"214", b" b\r", b"\n214 c\r\n"):
            await asyncio.sleep(0)
            assert not waiting.done()
            protocol.data_received(piece)
        await waiting
        assert transport.written == [b"HELP\r\n"]
        assert protocol.answer is not None
        assert protocol.answer[0].raw == b"214-a\r\n214 b\r\n"
        assert [reply.raw for reply, _ in protocol.surplus] == [b"214 c\r\n"]


async def test_execute_command_tells_that_the_connection_is_gone() -> None:
    async with recording() as (protocol, _):
        protocol.data_received(b"220 a\r\n")
        await protocol.read_response()
        protocol.expect()
        waiting = asyncio.ensure_future(protocol.execute_command(b"HELP"))
        await asyncio.sleep(0)
        protocol.eof_received()
        with pytest.raises(SMTPServerDisconnected):
            await waiting


async def test_its_own_parser_is_not_the_one_to_rely_on() -> None:
    """What ours is for: aiosmtplib takes this for a reply, and ours does not."""
    protocol = SMTPProtocol()
    protocol.connection_made(Deaf())
    protocol.data_received(b"2_0 hello\r\n")
    assert (await protocol.read_response()).code == 20
    protocol.connection_lost(None)
    played = await play("S: 2_0 hello")
    assert played.ids == {"not-smtp"}


async def test_two_replies_in_one_packet_put_nothing_off_by_one() -> None:
    text = GREETING + "C: EHLO x\nS: 250 a\nS+: 250 surplus\n" + "C: HELP\nS: 214 help\nC: QUIT\nS: 221 bye"
    played = await play(text)
    codes = [step.reply.code for step in played.report.transcript.steps if step.reply]
    assert codes == [220, 250, 214, 221]
    assert played.ids == {"reply-unsolicited"}


async def test_one_malformed_line_breaks_no_later_reply() -> None:
    text = GREETING + "C: EHLO x\nS: 250-a\nS+: what is this\nS+: 250 b\n" + HELP + QUIT
    played = await play(text)
    codes = [step.reply.code for step in played.report.transcript.steps if step.reply]
    assert codes == [220, 250, 214, 221]
    assert played.ids == {"reply-malformed"}


@pytest.mark.parametrize("mode", [TlsMode.NONE, TlsMode.IMPLICIT])
@pytest.mark.parametrize("kind", ["reset", "eof"])
async def test_quit_answered_by_nothing_is_no_made_up_221(kind: str, mode: TlsMode) -> None:
    text = (TLS if mode is TlsMode.IMPLICIT else "") + GREETING + EHLO + HELP + f"C: QUIT\n*: {kind}"
    played = await play(text, tls=mode)
    step = played.report.transcript.last(StepName.QUIT)
    assert step is not None
    assert step.reply is None
    assert step.failure is not None
    assert step.failure.kind == kind
