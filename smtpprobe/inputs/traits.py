"""What can be seen of a login without giving it away: the traits of user name and secret.

A trait is yes or no. It holds no character of the secret and no length, so it may stand in a record that
somebody sends to a stranger, and yet it often says why a login fails: a blank that came along with a
paste, a dash that a text processor made out of a hyphen, a token that ended an hour ago. The one length
that shows is that of an app password, which the provider has published: sixteen random letters.

A token that is a JWT (RFC 7519) is looked into, within bounds, and not verified: it is not for us to say
whether it is genuine. Of its claims nothing is kept but the answers to three questions.
"""

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeGuard

from smtpprobe.record import CredentialTraits, Trait
from smtpprobe.request import Credentials

LINE_ENDS = "\r\n"
BLANKS = " \t"
# Joiners belong to emoji and to some scripts: they are a stranger only among ASCII.
JOINERS = "\u200c\u200d"
QUOTES_AND_DASHES = frozenset(
    "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033"  # quotes and primes
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"  # hyphens, dashes, the minus sign
)
# Names that providers' APIs want to the letter, and such as machines make: keys, numbers.
API_USERS = frozenset({"api", "apikey", "emailapikey", "resend", "smtp_injection", "token"})
_MADE_BY_MACHINE = re.compile(r"[A-Z0-9]{16,}|(?=.*\d)[0-9a-f-]{16,}")
# What stands before a domain, Windows' or one in the notation of some hosters.
_BEFORE_DOMAIN = re.compile(r"[@\\%+/]")

_APP_PASSWORD = re.compile(r"[a-z]{16}")
_APP_PASSWORD_WITH_BLANKS = re.compile(r"[A-Za-z]{4}(?:\s[A-Za-z]{4}){3}")
_B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 2.1

# A JWT of a mail provider has two to four thousand characters.
LONGEST_JWT = 65_536
# RFC 7519 4.1.5: leeway for clocks that disagree, "usually no more than a few minutes".
LEEWAY_SECONDS = 300
# Audiences of Microsoft's that are not its mail: Graph, its forerunner, the management of Azure. Its mail
# wants https://outlook.office.com or https://outlook.office365.com; any other may be somebody's own.
NOT_FOR_MAIL = frozenset(
    {
        "https://graph.microsoft.com",
        "00000003-0000-0000-c000-000000000000",
        "https://graph.windows.net",
        "00000002-0000-0000-c000-000000000000",
        "https://management.azure.com",
        "https://management.core.windows.net",
    }
)


def traits_of(credentials: Credentials, now: datetime) -> CredentialTraits:
    """What is to be seen of a login at that time. Never raises."""
    if credentials.token:
        seen = {Trait.TOKEN, *_of_token(credentials.secret, now)}
    else:
        seen = {*_of_password(credentials.secret), *_of_app_password(credentials.secret)}
    return CredentialTraits(frozenset(seen | {*_of_user(credentials.user)}))


def _of_user(user: str) -> Iterator[Trait]:
    bare = user.strip()
    if bare != user or (user and "Cf" in (unicodedata.category(user[0]), unicodedata.category(user[-1]))):
        yield Trait.USER_BLANK
    by_machine = bare.lower() in API_USERS or _MADE_BY_MACHINE.fullmatch(bare)
    if bare and not by_machine and not _BEFORE_DOMAIN.search(bare):
        yield Trait.USER_WITHOUT_DOMAIN


def _of_password(secret: str) -> Iterator[Trait]:
    lines = secret.strip(LINE_ENDS)
    if lines[:1] and lines[0] in BLANKS:
        yield Trait.LEADING_BLANK
    if lines[:1] and lines[-1] in BLANKS:
        yield Trait.TRAILING_BLANK
    if secret[-1:] and secret[-1] in LINE_ENDS:
        yield Trait.LINE_END_AT_END
    if any(end in secret.rstrip(LINE_ENDS) for end in LINE_ENDS):
        yield Trait.LINE_END_INSIDE
    characters = set(lines.strip(BLANKS))
    for trait, is_one in _CHARACTERS.items():
        if any(map(is_one, characters)):
            yield trait
    if any(joiner in secret for joiner in JOINERS) and secret.translate(_NO_JOINERS).isascii():
        yield Trait.UNSEEN
    # RFC 8265 4.2.2: a password is compared in NFC. Servers that compare octets need it sent so.
    if unicodedata.normalize("NFC", secret) != secret:
        yield Trait.NOT_NFC


_NO_JOINERS = dict.fromkeys(map(ord, JOINERS))


def _is_foreign_blank(character: str) -> bool:
    return character != " " and unicodedata.category(character) in ("Zs", "Zl", "Zp")


def _is_unseen(character: str) -> bool:
    return character not in JOINERS and unicodedata.category(character) == "Cf"


def _is_other_non_ascii(character: str) -> bool:
    known = _is_foreign_blank(character) or _is_unseen(character) or character in QUOTES_AND_DASHES
    return not character.isascii() and not known and character not in JOINERS and character > "\x9f"


_CHARACTERS: Mapping[Trait, Callable[[str], bool]] = {
    Trait.CONTROL: lambda character: character not in LINE_ENDS and unicodedata.category(character) == "Cc",
    Trait.FOREIGN_BLANK: _is_foreign_blank,
    Trait.TYPOGRAPHIC: QUOTES_AND_DASHES.__contains__,
    Trait.UNSEEN: _is_unseen,
    Trait.NON_ASCII: _is_other_non_ascii,
}


def _of_app_password(secret: str) -> Iterator[Trait]:
    if _APP_PASSWORD_WITH_BLANKS.fullmatch(secret.strip()):
        yield Trait.APP_PASSWORD_WITH_BLANKS
    elif not _APP_PASSWORD.fullmatch(secret.strip()):
        yield Trait.NO_APP_PASSWORD


def _of_token(token: str, now: datetime) -> Iterator[Trait]:
    if re.match(r"bearer\s", token.lstrip(), re.IGNORECASE):
        yield Trait.BEARER_PREFIX
    elif not _B64TOKEN.fullmatch(token):
        yield Trait.NO_TOKEN_CHARACTER
    bare = re.sub(r"\A\s*bearer\s+", "", token, flags=re.IGNORECASE).strip()
    if bare.startswith("1//"):  # Google's; its access tokens begin with ya29.
        yield Trait.REFRESH_TOKEN
    yield from _of_jwt(bare, now.timestamp())


def _of_jwt(token: str, now: float) -> Iterator[Trait]:
    parts = token.split(".") if len(token) <= LONGEST_JWT else ()
    # RFC 7515 3.1 and 4.1.1: three parts, of which the first names an algorithm.
    if len(parts) != 3 or "alg" not in _json(parts[0]):
        return
    yield Trait.JWT
    claims = _json(parts[1])
    if _is_time(ends := claims.get("exp")) and ends < now:
        yield Trait.JWT_EXPIRED
    if _is_time(begins := claims.get("nbf")) and begins > now + LEEWAY_SECONDS:
        yield Trait.JWT_NOT_YET_VALID
    audience = claims.get("aud")  # RFC 7519 4.1.3: one, or a list of them
    audiences = audience if isinstance(audience, list) else [audience]
    if audiences and all(isinstance(one, str) and one.rstrip("/") in NOT_FOR_MAIL for one in audiences):
        yield Trait.JWT_OTHER_AUDIENCE


def _is_time(value: object) -> TypeGuard[float]:
    """RFC 7519 2, NumericDate: a number of seconds."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _json(part: str) -> Mapping[str, Any]:
    """The object in one part of a JWT; an empty one where there is none."""
    try:
        octets = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        found = json.loads(octets)
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
