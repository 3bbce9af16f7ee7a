"""Looking for a password in a text, in every form in which it may have got there."""

import base64
import json
import urllib.parse
from collections.abc import Iterator


def secrets_in(text: str, user: str, password: str) -> list[str]:
    """The forms of the password that stand in the text, or in the base64 in it."""
    texts = [text, *_decoded(text)]
    return [form for form in _forms(user, password) for one in texts if form.lower() in one.lower()]


def _forms(user: str, password: str) -> set[str]:
    # The halves are long and random: where one of them stands, something has leaked.
    words = [password, password.split()[0], password.split()[-1]]
    forms = {form for word in words for form in _written(word)}
    for login in (password, f"\0{user}\0{password}", f"{user}\0{password}"):
        forms.add(base64.b64encode(login.encode()).decode().rstrip("="))
    return forms


def _written(word: str) -> Iterator[str]:
    octets = word.encode()
    yield word
    yield octets.hex()
    yield octets.hex(" ")
    yield urllib.parse.quote(word)
    yield urllib.parse.quote_plus(word)
    yield repr(word)[1:-1]
    yield repr(octets)[2:-1]
    yield json.dumps(word)[1:-1]
    for before in range(3):  # what stands before it shifts the base64
        shifted = base64.b64encode(b"x" * before + octets).decode()
        yield shifted[(0, 2, 3)[before] :].rstrip("=")[:-1]


def _decoded(text: str) -> Iterator[str]:
    """What the base64 in the text says."""
    for word in text.replace('"', " ").replace("'", " ").split():
        if len(word) >= 12 and len(word) % 4 == 0:
            try:
                yield base64.b64decode(word, validate=True).decode("utf-8", "replace")
            except ValueError:
                continue
