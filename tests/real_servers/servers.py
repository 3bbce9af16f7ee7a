"""Real mail servers for a test run: Debian's Postfix, Exim and Dovecot, each on many ports, on loopback only.

A probe is only as good as its picture of real servers, so the tests keep three of them. `.ci/real-servers`
unpacks the packages into one tree in the user's cache; nothing is installed. From there a server's life is:

1. `start` chooses free ports, and renders the server's folder beside this file (`postfix/`, `exim/`,
   `dovecot/`: configuration and a start script) into a folder of the test run. A name between two at signs
   stands for the port of that service, or for the user or the password.
2. `namespace.sh` runs the start script inside the tree, in mount and pid namespaces of its own: what the
   server writes stays in memory, and no process outlives the namespace.
3. `start` returns when each port accepts a connection; a server that ends before that, or takes too long,
   is a `StartError` with its logs.
4. `Server.stop` closes the pipe that keeps the namespace alive. So does the end of the test process,
   whatever ended it.

A *service* is one port with one behaviour, and its name says which: `postfix["greets-421"]`.
"""

import base64
import hmac
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HERE = Path(__file__).parent
USER = "probe@lab.test"
GOOD_NAMES = ("localhost", "mail.lab.test", "127.0.0.1", "127.0.0.2", "::1")

# A server gets a block of ports, and whoever holds the first port of a block owns the block. Blocks lie below
# the ports that Linux gives to outgoing connections and for port 0. So nothing, another run of these tests
# included, takes a port between our choosing it and the server's taking it.
BLOCK = 64
BLOCKS = range(20000, 32768 - BLOCK, BLOCK)

_UNSHARE = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child")

_V4 = "127.0.0.1"
_V6 = "::1"

# Which services a server has, and the host of each. Its configuration says how a service comes to behave so.
SERVICES: dict[str, dict[str, str]] = {
    "postfix": {
        "starttls": _V4,  # AUTH only after TLS: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256
        "starttls-ipv6": _V6,
        "tls": _V4,  # implicit TLS
        "plain": _V4,  # AUTH in the clear, no STARTTLS
        "no-auth": _V4,
        "greets-554": _V4,
        "greets-421": _V4,
        "expired": _V4,
        "wrong-name": _V4,
        "self-signed": _V4,
        "tls-required": _V4,  # 530 to MAIL and AUTH before TLS
        "postscreen": _V4,  # a "220-" line at once, the "220" line after 2 seconds
        "no-certificate": _V4,  # offers STARTTLS, answers it with 454
        "old-auth": _V4,  # offers AUTH a second time, as "AUTH="
    },
    "exim": {
        "starttls": _V4,  # CRAM-MD5, and after TLS also PLAIN LOGIN
        "starttls-ipv6": _V6,
        "tls": _V4,
        "plain": _V4,
        "no-auth": _V4,
        "slow": _V4,  # greets after 2 seconds
        "greets-554": _V4,
        "greets-451": _V4,
        "multi-line": _V4,  # a greeting of three lines
        "auth-538": _V4,  # offers AUTH before TLS, refuses it with 538
        "no-hello": _V4,  # 550 to EHLO and HELO
    },
    "dovecot": {
        "starttls": _V4,  # AUTH also before TLS, because the client has the server's own address
        "auth-after-tls": "127.0.0.2",  # the same, as clients elsewhere meet it: no PLAIN or LOGIN before TLS
        "tls": _V4,
        "plain": _V4,
        "relay": _V4,  # smtp-sink, for what a logged-in client sends
    },
}


class Address(NamedTuple):
    """Where a service listens."""

    host: str
    port: int


class StartError(Exception):
    """The server did not come up; the message holds its logs."""


@dataclass(frozen=True)
class Server:
    """A server that is up. `server["starttls"]` is the address of that service."""

    name: str
    services: dict[str, Address]
    ca_file: Path
    self_signed_file: Path
    user: str
    password: str
    token_key: bytes
    folder: Path
    claim: socket.socket
    process: subprocess.Popen[bytes]

    def __getitem__(self, service: str) -> Address:
        return self.services[service]

    def token(self, *, lasts: timedelta = timedelta(hours=1), **claims: str) -> str:
        """An access token of the user's: a JWT (RFC 7519), signed with the key that Dovecot has."""
        now = datetime.now(UTC)
        times = {"iat": int(now.timestamp()), "exp": int((now + lasts).timestamp())}
        head = {"alg": "HS256", "typ": "JWT"}
        body = {"sub": self.user, "email": self.user, "scope": "smtp", **times, **claims}
        signed = ".".join(_base64url(json.dumps(part).encode()) for part in (head, body))
        return f"{signed}.{_base64url(hmac.digest(self.token_key, signed.encode(), 'sha256'))}"

    def log(self) -> str:
        """All that the server has logged so far."""
        files = sorted((self.folder / "log").iterdir())
        return "\n".join(f"== {file.name} ==\n{file.read_text('utf-8', 'replace')}" for file in files)

    def wait_until_ready(self, seconds: float = 30) -> None:
        """Return when each service accepts connections."""
        deadline = time.monotonic() + seconds
        for service, address in self.services.items():
            while not answers(address):
                if self.process.poll() is not None:
                    raise StartError(f"{self.name} ended while starting\n{self.log()}")
                if time.monotonic() > deadline:
                    raise StartError(f"{self.name} does not serve {service} at {address}\n{self.log()}")
                time.sleep(0.02)

    def stop(self) -> None:
        """End the server's namespace; when this returns, no process of it is left. May be called again."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.claim.close()


def start(name: str, folder: Path, certificates: Path) -> Server:
    """Start the server of that name, in an empty folder, with what `make_certificates` made."""
    password, token_key = make_password(), secrets.token_bytes(32)
    claim = _claim_block()
    services = _free_addresses(claim, SERVICES[name])
    ports = {service: str(address.port) for service, address in services.items()}
    values = {"user": USER, "password": password, "token-key": base64.b64encode(token_key).decode()}
    _render(name, folder, ports | values)
    shutil.copytree(certificates, folder / "certificates")
    (folder / "log").mkdir()
    with (folder / "log" / "start").open("wb") as output:
        # A session of its own: Ctrl-C is for pytest, which then stops the server in order.
        process = subprocess.Popen(
            [*_UNSHARE, "bash", HERE / "namespace.sh", tree(), folder],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    ca_file, self_signed_file = folder / "certificates/ca.pem", folder / "certificates/self-signed-ca.pem"
    server = Server(
        name, services, ca_file, self_signed_file, USER, password, token_key, folder, claim, process
    )
    try:
        server.wait_until_ready()
    except BaseException:
        server.stop()
        raise
    return server


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def make_password() -> str:
    """A secret that is hard on quoting and encoding.

    All three servers keep it as the bytes of its UTF-8. It has no colon, which Dovecot's passwd-file cannot
    hold, and no blank at its ends, which Exim's lookup would drop. Its umlaut is one code point, so that
    SASLprep leaves it as it is.
    """
    return f"{secrets.token_urlsafe(6)} \"'ü%$\\#{{}}&@ {secrets.token_urlsafe(6)}"


def make_certificates(folder: Path) -> None:
    """Write ca.pem, and key and chain of each certificate that a server shows: good, expired, and so on."""
    ca = trustme.CA(organization_name="smtpprobe lab")
    ca.cert_pem.write_to_path(folder / "ca.pem")
    begin, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
    leaves = {
        "good": ca.issue_cert(*GOOD_NAMES),
        "expired": ca.issue_cert(*GOOD_NAMES, not_before=begin, not_after=end),
        "wrong-name": ca.issue_cert("other.lab.test"),
    }
    for name, leaf in leaves.items():
        leaf.private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")
    key, certificate = _self_signed()
    (folder / "self-signed.pem").write_bytes(key + certificate)
    (folder / "self-signed-ca.pem").write_bytes(certificate)


def _self_signed() -> tuple[bytes, bytes]:
    """Key and certificate of a server that vouches for itself, which trustme does not make."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, certificate.public_bytes(Encoding.PEM)


def answers(address: Address) -> bool:
    """Whether something accepts connections there."""
    with socket.socket(_family(address)) as probe:
        probe.settimeout(1)
        return probe.connect_ex(address) == 0


def why_not() -> str | None:
    """What this machine lacks to run the servers, or None."""
    if os.geteuid() != 0:
        return "not root: the servers need namespaces and users of their own"
    if not (tree().parent / "installed").is_file():
        return f"no servers in {tree().parent}: run .ci/real-servers"
    if shutil.which("unshare") is None:
        return "no unshare(1)"
    if subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode != 0:
        return "namespaces are not permitted here"
    if not _is_free(Address(_V6, 0)):
        return "no ::1 on the loopback interface"
    return None


def tree() -> Path:
    """Where `.ci/real-servers` unpacked the servers."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    servers = Path(os.environ.get("SMTPPROBE_SERVERS") or cache / "smtpprobe-servers")
    return servers.absolute() / "tree"


def _render(name: str, folder: Path, values: dict[str, str]) -> None:
    for template in (HERE / name).iterdir():
        text = re.sub(r"@([a-z0-9-]+)@", lambda match: values[match[1]], template.read_text("utf-8"))
        (folder / template.name).write_text(text, "utf-8")


def _claim_block() -> socket.socket:
    """The first port of a block that nobody has claimed, held by the socket that this returns."""
    for first in secrets.SystemRandom().sample(BLOCKS, len(BLOCKS)):
        claim = socket.socket()
        with suppress(OSError):
            claim.bind((_V4, first))
            return claim
        claim.close()
    raise StartError(f"no free ports from {BLOCKS.start} to {BLOCKS.stop}")


def _free_addresses(claim: socket.socket, hosts: dict[str, str]) -> dict[str, Address]:
    first = claim.getsockname()[1]
    candidates = iter(range(first + 1, first + BLOCK))
    return {
        service: next(address for port in candidates if _is_free(address := Address(host, port)))
        for service, host in hosts.items()
    }


def _is_free(address: Address) -> bool:
    with socket.socket(_family(address)) as probe:
        try:
            probe.bind(address)
        except OSError:
            return False
        return True


def _family(address: Address) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address.host else socket.AF_INET
