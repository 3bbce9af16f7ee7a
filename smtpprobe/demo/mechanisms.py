"""The mechanisms that aiosmtpd does not bring along: SCRAM, and those for tokens.

aiosmtpd finds a mechanism by the name of its method, in which two underscores stand for a hyphen.
"""

import base64
import binascii
import json
import secrets
from collections.abc import Callable

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

__all__ = ["ALL", "OtherMechanisms"]

# With the token that is refused (RFC 7628 3.2.2).
REFUSAL = {"status": "invalid_token", "schemes": "bearer", "scope": "https://mail.demo.example/smtp"}
ALL = ("LOGIN", "OAUTHBEARER", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "XOAUTH2")


class OtherMechanisms(SMTP):
    """aiosmtpd's side of a connection, with more ways to log in as `known`.

    The user's password is also the user's token. `binding` is the data of tls-server-end-point (RFC
    5929 4) of the server's certificate, which the -PLUS mechanisms need. An `impostor` takes any proof in
    SCRAM, and has none of its own.
    """

    known: LoginPassword
    binding: bytes | None = None
    impostor: bool = False

    async def auth_SCRAM__SHA__256(self, _server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        return await self._scram("SCRAM-SHA-256", args)

    async def auth_SCRAM__SHA__256__PLUS(self, _server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        return await self._scram("SCRAM-SHA-256-PLUS", args)

    async def auth_XOAUTH2(self, _server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        due = b"user=%b\1auth=Bearer %b\1\1" % (self.known.login, self.known.password)
        return await self._token(args, lambda said: said == due)

    async def auth_OAUTHBEARER(self, _server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        header = b"n,a=%b," % self.known.login.replace(b"=", b"=3D").replace(b",", b"=2C")
        bearer = b"auth=Bearer %b" % self.known.password
        return await self._token(args, lambda said: said.startswith(header) and bearer in said.split(b"\1"))

    async def _scram(self, name: str, args: list[str]) -> AuthResult:
        """RFC 5802 3. Where the client cannot prove that it knows the password, 535 is all that it hears."""
        from scramp import ScramException, ScramMechanism

        said = await self._first_response(args)
        if said is None:
            return AuthResult(success=False, handled=True)
        mechanism = ScramMechanism(name)
        stored = mechanism.make_auth_info(self.known.password.decode())
        channel = ("tls-server-end-point", self.binding) if name.endswith("-PLUS") else None
        server = mechanism.make_server({self.known.login.decode(): stored}.get, channel)
        try:
            server.set_client_first(said.decode())
            proof = await self.challenge_auth(server.get_server_first())
            if not isinstance(proof, bytes):
                return AuthResult(success=False, handled=True)
            server.set_client_final(proof.decode())
        except (ScramException, UnicodeDecodeError):
            return AuthResult(success=False, handled=False)
        signature = server.get_server_final()
        heard = await self.challenge_auth(_made_up(signature) if self.impostor else signature)
        return AuthResult(success=isinstance(heard, bytes), handled=True, auth_data=self.known)

    async def _token(self, args: list[str], is_right: Callable[[bytes], bool]) -> AuthResult:
        said = await self._first_response(args)
        if said is None:
            return AuthResult(success=False, handled=True)
        if is_right(said):
            return AuthResult(success=True, handled=True, auth_data=self.known)
        heard = await self.challenge_auth(json.dumps(REFUSAL))
        return AuthResult(success=False, handled=not isinstance(heard, bytes))

    async def _first_response(self, args: list[str]) -> bytes | None:
        """What the client says first, with the command or after it; None if that was its last word."""
        if len(args) == 1:
            said = await self.challenge_auth("")
            return said if isinstance(said, bytes) else None
        try:
            return base64.b64decode(args[1].removeprefix("="), validate=True)
        except binascii.Error:
            await self.push("501 5.5.2 Can't decode base64")
            return None


def _made_up(signature: str) -> str:
    """A signature of the same length that nobody has computed."""
    size = len(base64.b64decode(signature.removeprefix("v=")))
    return f"v={base64.b64encode(secrets.token_bytes(size)).decode()}"
