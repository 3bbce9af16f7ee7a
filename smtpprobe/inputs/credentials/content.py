"""What can be a secret, and what can be a user name.

A source gives octets or text; here it becomes a secret, or one line that says why it cannot be one. Such
a line names the source and the kind of fault, never what stood there. Nor does an exception in the chain
behind it: a UnicodeDecodeError would, it carries the bytes that it failed on; so what is no UTF-8 is let
through as surrogates (PEP 383), as the environment does it, and looked for afterwards.
"""

import re

from smtpprobe.display import visible

LARGEST = 1 << 20
SHOWN = 300

# RFC 6750 2.1: what a bearer token is made of.
_B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class CredentialsError(ValueError):
    """A login that cannot be tried. Its str is one line for a person and never holds the secret."""


def noun(token: bool) -> str:
    """What a person calls the secret."""
    return "token" if token else "password"


def from_octets(raw: bytes, source: str, *, token: bool) -> str:
    """The secret in what a file or a command gave, without one final line end (LF or CRLF).

    Raises CredentialsError for what is too large, or cannot be a secret; `source` is named in it.
    """
    if len(raw) > LARGEST:
        raise CredentialsError(f"{source} is larger than 1 MiB; that is no {noun(token)}")
    return _usable(_without_line_end(raw.decode("utf-8", "surrogateescape")), source, token)


def from_text(text: str, source: str, *, token: bool) -> str:
    """The secret in a variable, a target or an answer. A token loses one final line end here too: it
    cannot have one, while a password can. Raises CredentialsError for what cannot be a secret."""
    return _usable(_without_line_end(text) if token else text, source, token)


def _without_line_end(text: str) -> str:
    """Editors and `echo` end the line; a blank or a second line end may be meant, and stays."""
    if text.endswith("\n"):
        return text.removesuffix("\n").removesuffix("\r")
    return text


def _usable(secret: str, source: str, token: bool) -> str:
    """The secret, if it can be one."""
    if not secret:
        raise CredentialsError(f"{source} is empty; a login needs a {noun(token)}")
    if "\0" in secret:
        # RFC 4616 2: NUL is what divides a PLAIN message. A file in UTF-16 is full of them.
        raise CredentialsError(
            f"{source} holds a NUL character; a {noun(token)} cannot, save it as plain UTF-8"
        )
    if _has_lone_bytes(secret):
        raise CredentialsError(f"{source} is not valid UTF-8; save it as plain UTF-8")
    if token and not _B64TOKEN.fullmatch(secret):
        raise CredentialsError(f"{source} {_what_is_no_token(secret)}")
    return secret


def _what_is_no_token(text: str) -> str:
    """Why a text is no access token: what people mostly have in its place."""
    bare = text.strip()
    if bare.startswith("{"):
        return "is JSON; give the value of its access_token alone"
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
        return "stands in quotation marks; give the token without them"
    if re.match(r"(authorization:\s*)?bearer\s", bare, re.IGNORECASE):
        return 'begins with "Bearer"; give the token alone'
    if len(bare.splitlines()) > 1:
        return "holds more than one line; a token is a single one"
    if any(character.isspace() for character in text):
        return "holds a blank or a line end; a token cannot (RFC 6750 2.1)"
    return "holds a character that no access token has (RFC 6750 2.1)"


def check_user(user: str) -> None:
    """Raises CredentialsError for a user name that cannot be one."""
    if not user:
        raise CredentialsError("the user name is empty; give one with -u NAME")
    if problem := fault_of_user(user):
        raise CredentialsError(f'the user name "{visible(user, SHOWN)}" {problem}; type it anew')


def fault_of_user(user: str) -> str:
    """What is wrong with a user name; an empty text if nothing is."""
    if any(character < " " or "\x7f" <= character <= "\x9f" for character in user):
        return "holds a control character"
    return "is not valid UTF-8" if _has_lone_bytes(user) else ""


def _has_lone_bytes(text: str) -> bool:
    """Whether bytes that are no UTF-8 became surrogates in it."""
    return any("\ud800" <= character <= "\udfff" for character in text)
