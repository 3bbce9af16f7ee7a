"""What the demo can show: a session that is well, and the faults that people meet, in a session's order.

Each fault is a line of FAULTS. Most are played from a file of `dialogues/`, which has the fault's name and
reads like the session itself. Where an honest server can have the fault, one does.

    async with start("wrong-password") as demo:
        report = await probe(demo.target, demo.plan, demo.credentials)
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

from smtpprobe.demo.certificates import EXPIRES_SOON, INSPECTED, OWN_NAME, authority
from smtpprobe.demo.listening import Address
from smtpprobe.request import Credentials, Plan, Target, TlsMode
from smtpprobe.transcripts.notation import Dialogue, parse

__all__ = ["FAULTS", "PASSWORD", "USER", "Demo", "Fault", "dialogue", "start"]

USER = "demo@localhost"
PASSWORD = "correct horse battery"  # noqa: S105 - nothing is behind it
_OTHER_PASSWORD = "correct horse battery staple"  # noqa: S105
_LOGIN = Credentials(USER, PASSWORD)
_TOKEN = Credentials(USER, "ya29.made-of-nothing", token=True)
# RFC 4013 2.3: SASLprep lets no control character through.
_PROHIBITED = Credentials(USER, PASSWORD.replace(" ", "\a"))

Pause = Callable[[float], Awaitable[object]]
Server = Callable[[Pause], AbstractAsyncContextManager[Address]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can be shown."""

    title: str
    """What is wrong, in one line."""
    finding: str
    """The id of the finding that this comes to; the diagnosis names it, unless it is only a note."""
    server: Server
    tls: TlsMode = TlsMode.STARTTLS
    login: bool = True
    credentials: Credentials = _LOGIN
    timeout: float | None = None
    """Seconds for a step, where the default is too long to sit through."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A server that is running, and all that `prober.probe` wants to know for it."""

    target: Target
    plan: Plan
    credentials: Credentials | None


@asynccontextmanager
async def start(fault: str | None = None, *, pause: Pause = asyncio.sleep) -> AsyncIterator[Demo]:
    """The server that has this fault, or the one that has none. KeyError for a name that FAULTS has not.

    `pause` is awaited where a server takes its time.
    """
    shown = WELL if fault is None else FAULTS[fault]
    with authority().ca_file() as ca_file:
        async with shown.server(pause) as (_, port):
            yield Demo(
                Target("localhost", port, shown.tls),
                Plan(family=4, ca_file=ca_file, timeout=shown.timeout),
                shown.credentials if shown.login else None,
            )


def dialogue(name: str) -> Dialogue:
    """The dialogue of a fault that is played."""
    return parse((files(__package__) / "dialogues" / f"{name}.txt").read_text(encoding="utf-8"))


# The servers. What stands behind them is imported when one is started, not to list the faults.


def _honest(
    *problems: str,
    password: str = PASSWORD,
    mechanisms: tuple[str, ...] = ("LOGIN", "PLAIN"),
    impostor: bool = False,
) -> Server:
    """Honest, with STARTTLS; `problems` are its certificate's. Or an impostor, who only looks like it."""

    def serve(_pause: Pause) -> AbstractAsyncContextManager[Address]:
        from smtpprobe.demo.server import honest_server

        return honest_server(
            user=USER, password=password, problems=problems, mechanisms=mechanisms, impostor=impostor
        )

    return serve


def _played(name: str) -> Server:
    """One that acts a dialogue out."""

    def serve(pause: Pause) -> AbstractAsyncContextManager[Address]:
        from smtpprobe.demo.player import Player

        return Player(dialogue(name), pause=pause)

    return serve


@asynccontextmanager
async def _nobody(_pause: Pause) -> AsyncIterator[Address]:
    """A port that is taken, so that nobody else gets it, and that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()


WELL = Fault("nothing is wrong", "", _honest(mechanisms=("LOGIN", "PLAIN", "SCRAM-SHA-256")))

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        # Reaching it
        "refused": Fault("nobody listens on the port", "connection-refused", _nobody),
        "silent": Fault(
            "the connection stands, and the server says nothing",
            "greeting-missing",
            _played("silent"),
            timeout=3.0,
        ),
        "tls-on-plain-port": Fault(
            "the port wants TLS from the first byte, and is spoken to in the clear",
            "greeting-closed",
            _played("tls-on-plain-port"),
        ),
        "plain-on-tls-port": Fault(
            "the port speaks clear text, and TLS from the first byte is tried on it",
            "clear-text-where-tls-is-due",
            _played("plain-on-tls-port"),
            tls=TlsMode.IMPLICIT,
        ),
        "not-smtp": Fault("an SSH server is behind the port", "not-smtp", _played("not-smtp")),
        # The greeting
        "too-busy": Fault("the server has no time now (421)", "greeting-unavailable", _played("too-busy")),
        "no-service": Fault(
            "the server does not serve this address (554)", "greeting-no-service", _played("no-service")
        ),
        "slow-greeting": Fault(
            "the greeting takes six seconds", "greeting-late", _played("slow-greeting"), login=False
        ),
        "escape-sequence": Fault(
            "the greeting holds commands for the terminal that shows it",
            "reply-control-characters",
            _played("escape-sequence"),
        ),
        # EHLO
        "ehlo-refused": Fault(
            "something on the way hides EHLO from the server",
            "ehlo-refused",
            _played("ehlo-refused"),
            tls=TlsMode.AUTO,
            login=False,
        ),
        "mixed-codes": Fault(
            "the lines of a reply have different codes", "reply-codes-mixed", _played("mixed-codes")
        ),
        "hangs-up": Fault("the server hangs up after EHLO", "connection-closed", _played("hangs-up")),
        # TLS
        "no-tls-offered": Fault(
            "the server does not offer STARTTLS", "starttls-not-offered", _played("no-tls-offered")
        ),
        "starttls-refused": Fault(
            "the server offers STARTTLS and refuses it (454)",
            "starttls-refused",
            _played("starttls-refused"),
        ),
        "injected-after-starttls": Fault(
            "somebody in between adds clear text behind the answer to STARTTLS",
            "starttls-injection",
            _played("injected-after-starttls"),
        ),
        "starttls-masked": Fault(
            "a firewall writes over the greeting and over STARTTLS",
            "starttls-not-offered",
            _played("starttls-masked"),
        ),
        "clear-text-after-starttls": Fault(
            "the server goes on in clear text after it has agreed to TLS",
            "starttls-broken",
            _played("clear-text-after-starttls"),
        ),
        "old-tls": Fault("the server speaks nothing newer than TLS 1.1", "tls-too-old", _played("old-tls")),
        "no-common-cipher": Fault(
            "the server refuses the handshake (alert handshake_failure)",
            "tls-handshake-failed",
            _played("no-common-cipher"),
        ),
        "name-unknown-to-tls": Fault(
            "the server has no certificate for the name (alert unrecognized_name)",
            "tls-handshake-failed",
            _played("name-unknown-to-tls"),
        ),
        "client-certificate-wanted": Fault(
            "the server wants a certificate of the client (alert certificate_required)",
            "tls-lost",
            _played("client-certificate-wanted"),
        ),
        "handshake-stalled": Fault(
            "the TLS handshake stands still",
            "tls-handshake-stalled",
            _played("handshake-stalled"),
            timeout=3.0,
        ),
        "handshake-cut": Fault(
            "the connection ends in the TLS handshake", "tls-handshake-cut", _played("handshake-cut")
        ),
        "other-server-under-tls": Fault(
            "another server answers under TLS than before it",
            "ehlo-differs-under-tls",
            _played("other-server-under-tls"),
        ),
        "certificate-expired": Fault(
            "the certificate expired three days ago", "certificate-expired", _honest("expired")
        ),
        "certificate-not-yet-valid": Fault(
            "the certificate is valid from the day after tomorrow",
            "certificate-not-yet-valid",
            _honest("not-yet-valid"),
        ),
        "certificate-expires-soon": Fault(
            "the certificate is valid for six more days", "certificate-expires-soon", _honest(EXPIRES_SOON)
        ),
        "certificate-wrong-name": Fault(
            "the certificate is for another host", "certificate-wrong-name", _honest("wrong-name")
        ),
        "certificate-of-another-host": Fault(
            "server and certificate go by another name than the one typed",
            "certificate-wrong-name",
            _honest("wrong-name", OWN_NAME),
        ),
        "certificate-self-signed": Fault(
            "the certificate has signed itself", "certificate-self-signed", _honest("self-signed")
        ),
        "certificate-unknown-issuer": Fault(
            "the certificate is by an authority that nobody knows",
            "certificate-unknown-issuer",
            _honest("unknown-issuer"),
        ),
        "certificate-missing-intermediate": Fault(
            "the server does not send the certificate of its certificate's issuer",
            "certificate-missing-intermediate",
            _honest("missing-intermediate"),
        ),
        "certificate-wrong-usage": Fault(
            "the certificate is made for clients", "certificate-wrong-usage", _honest("wrong-usage")
        ),
        "certificate-weak": Fault(
            "the certificate has an RSA key of 1024 bits", "certificate-weak", _honest("weak")
        ),
        "certificate-made-up": Fault(
            "a product that nobody trusts opens TLS on the way",
            "certificate-unknown-issuer",
            _honest("unknown-issuer", INSPECTED),
        ),
        "tls-inspected": Fault(
            "a product that this machine trusts opens TLS on the way", "tls-inspected", _honest(INSPECTED)
        ),
        # The login
        "login-before-tls": Fault(
            "the server offers to take passwords in the clear",
            "auth-offered-in-clear",
            _played("login-before-tls"),
        ),
        "no-login-offered": Fault(
            "the server offers no login", "auth-not-offered", _played("no-login-offered")
        ),
        "other-mechanisms": Fault(
            "the server offers nothing but Windows logins (GSSAPI, NTLM)",
            "no-common-mechanism",
            _played("other-mechanisms"),
        ),
        "scram-only": Fault(
            "SCRAM is all there is, and has no form for a character of the password",
            "credentials-withheld",
            _honest(mechanisms=("SCRAM-SHA-256",)),
            credentials=_PROHIBITED,
        ),
        "wrong-password": Fault(
            "the password is wrong (535)", "credentials-rejected", _honest(password=_OTHER_PASSWORD)
        ),
        "app-password-needed": Fault(
            "the server wants a password made for programs (534)",
            "mechanism-too-weak",
            _played("app-password-needed"),
        ),
        "large-provider-password": Fault(
            "a large provider refuses the account's usual password (535)",
            "credentials-rejected",
            _played("large-provider-password"),
        ),
        "smtp-switched-off": Fault(
            "SMTP logins are switched off for the mailbox (535)",
            "credentials-rejected",
            _played("smtp-switched-off"),
        ),
        "account-locked": Fault(
            "the account is locked, and the reply says so (535)",
            "credentials-rejected",
            _played("account-locked"),
        ),
        "too-many-logins": Fault(
            "there were too many logins in a short time (454)",
            "auth-temporary-failure",
            _played("too-many-logins"),
        ),
        "token-refused": Fault(
            "the server refuses the token, and says why (XOAUTH2)",
            "token-refused",
            _honest(mechanisms=("PLAIN", "XOAUTH2")),
            credentials=_TOKEN,
        ),
        "account-disabled": Fault(
            "the account is disabled (525)", "account-disabled", _played("account-disabled")
        ),
        "temporary-login-failure": Fault(
            "the server cannot check the password now (454)",
            "auth-temporary-failure",
            _played("temporary-login-failure"),
        ),
        "endless-challenges": Fault(
            "the server asks on and on (334)", "auth-broken", _played("endless-challenges")
        ),
        "impostor": Fault(
            "whoever answers does not know the password, and cannot prove it (SCRAM)",
            "auth-broken",
            _honest(mechanisms=("SCRAM-SHA-256",), impostor=True),
        ),
        "reset": Fault("the connection is reset during the login", "connection-reset", _played("reset")),
    }
)
