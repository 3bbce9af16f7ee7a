"""What a line says by itself, beside what its code means: a size, a list of mechanisms, a challenge."""

import re
from collections.abc import Sequence

from smtpprobe.display import decode, visible
from smtpprobe.redaction import SECRET
from smtpprobe.words.texts import Words

MOST_CHARACTERS = 300


def size(octets: int) -> str:
    """52428800 as `50 MiB`."""
    amount: float = octets
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            break
        amount /= 1024
    return f"{amount:.1f}".removesuffix(".0") + f" {unit}"


def said_by_keyword(keyword: str, value: str, words: Words) -> str | None:
    """What the value behind an EHLO keyword says, where that is more than its letters."""
    # RFC 1870 3: at most twenty digits; zero means no fixed limit.
    if keyword == "SIZE" and re.fullmatch(r"[0-9]{1,20}", value):
        octets = int(value)
        return words.label("says", "size" if octets else "size-none", size=size(octets), octets=octets)
    if keyword in ("AUTH", "AUTH=") and value:
        return words.label("says", "mechanisms", names=", ".join(value.upper().split()))
    if keyword == "LIMITS" and value:
        return words.label("says", "limits", limits=", ".join(value.split()))
    return None


def said_by_challenge(text: str, words: Words) -> tuple[str, ...]:
    """What a challenge (the text of a 334) holds, and which mechanism asks like this."""
    import base64
    import binascii

    if not text or SECRET in text:
        return ()
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return (words.label("says", "challenge-broken"),)
    if octets.startswith(b"NTLMSSP\0"):
        return (words.label("says", "challenge-ntlm"),)
    plain = decode(octets)
    if b"\0" in octets or not plain.replace("\r", "").replace("\n", "").isprintable():
        return (words.label("says", "challenge-octets", count=len(octets)),)
    shown = words.label("says", "challenge", text=visible(plain, MOST_CHARACTERS))
    return (shown, *filter(None, [_kind(plain, words)]))


def _kind(plain: str, words: Words) -> str | None:
    prompt = plain.strip(" \0:").lower()
    if prompt in ("username", "user name", "user", "login"):
        return words.label("says", "challenge-login-user")
    if prompt in ("password", "pass"):
        return words.label("says", "challenge-login-password")
    if re.fullmatch(r"<[^<>]+@[^<>]*>", plain):  # RFC 2195 2
        return words.label("says", "challenge-cram")
    if found := re.fullmatch(r"r=[^,]+,s=[^,]+,i=(\d{1,9})(?:,.*)?", plain):  # RFC 5802 7
        return words.label("says", "challenge-scram", iterations=found[1])
    from smtpprobe.protocol.sasl.tokens import read_report

    report = read_report(plain.encode())
    if report is not None:
        status, scope = (report.get(key, "?") for key in ("status", "scope"))
        return words.label("says", "challenge-oauth", status=status, scope=scope)
    return None


def says(code: int | None, texts: Sequence[str], words: Words) -> tuple[str, ...]:
    """What the lines of a reply say by themselves."""
    if code == 334:
        return said_by_challenge("".join(texts).strip(), words)
    if code != 250:
        return ()
    found = []
    for text in texts:
        keyword, _, value = text.strip().replace("AUTH=", "AUTH= ").partition(" ")
        found.append(said_by_keyword(keyword.upper(), value.strip(), words))
    return tuple(dict.fromkeys(filter(None, found)))
