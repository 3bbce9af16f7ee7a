"""XOAUTH2 and OAUTHBEARER: mechanisms for an OAuth 2.0 access token.

A token that is refused is answered with a 334 that holds JSON (status, schemes, scope). The client
has to acknowledge it, and then the final code comes (RFC 7628 3.2.3).
"""

import json
from collections.abc import Mapping

from smtpprobe.protocol.sasl.talk import Identity, Response, Talk, unfinished, utf8

_A = "\x01"


def xoauth2(who: Identity) -> Talk:
    """Google's mechanism, which others took over; the error is acknowledged by an empty line."""
    message = f"user={who.user}{_A}auth=Bearer {who.secret}{_A}{_A}"
    yield from _answered(message, Response(b"", shown=""))


def oauthbearer(who: Identity) -> Talk:
    """RFC 7628 3.1; the error is acknowledged by a single %x01 (3.2.3)."""
    # RFC 5801 4: a comma or an equals sign in the name is written out.
    user = who.user.replace("=", "=3D").replace(",", "=2C")
    parts = (f"n,a={user},", f"host={who.host}", f"port={who.port}", f"auth=Bearer {who.secret}", "", "")
    yield from _answered(_A.join(parts), Response(_A.encode(), shown="AQ=="))


def _answered(message: str, acknowledgement: Response) -> Talk:
    """The token; and if it is refused, what gets the final code. A success cannot follow a refusal."""
    if (yield Response(utf8(message))) is not None:
        unfinished((yield acknowledgement))


def read_report(challenge: bytes) -> Mapping[str, str] | None:
    """What a server says of a token (RFC 7628 3.2.2), as it wrote it; None if this is something else."""
    try:
        found = json.loads(challenge)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or "status" not in found:
        return None
    return {key: str(value) for key, value in found.items() if isinstance(value, str | int | float)}
