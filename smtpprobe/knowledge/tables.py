"""Read a file of knowledge, or one entry of it; files of other folders may have the same form.

Parsing TOML takes a tenth of a millisecond an entry, and `smtpprobe explain 535` needs three of
hundreds. So `row` cuts the one entry out of the text and parses that. It can, because every entry
of these files begins with its own header at the start of a line, and its sub-tables follow it
directly (a test holds the files to that).
"""

import functools
import os.path
import re
from collections.abc import Mapping
from typing import Any

HERE = os.path.dirname(__file__)

Row = Mapping[str, Any]


@functools.cache
def text(name: str, folder: str = HERE) -> str:
    """The whole text of a file; a file that is not there has none."""
    path = os.path.join(folder, f"{name}.toml")
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def prepare() -> None:
    """Read what judging needs, unparsed: once sessions hold every descriptor, no file can be opened."""
    import tomllib  # noqa: F401  # its modules are files too

    for name in ("extensions", "inspectors", "said", "software", "words"):
        text(name, HERE)  # the very call that `table` and `row` make: the cache goes by it


@functools.cache
def table(name: str, folder: str = HERE) -> Mapping[str, Row]:
    """A whole file: id to entry, in the order of the file."""
    import tomllib

    return tomllib.loads(text(name, folder))


@functools.cache
def row(name: str, key: str, folder: str = HERE) -> Row | None:
    """One entry of a file, or None if it has none of that id."""
    whole = "\n" + text(name, folder)
    for header in (f'"{key}"', key):
        start = whole.find(f"\n[{header}]\n")
        if start >= 0:
            break
    else:
        return None
    end = whole.find("\n[", start + 1)
    while whole.startswith(f"\n[{header}.", end):
        end = whole.find("\n[", end + 1)
    import tomllib

    entry: Row = tomllib.loads(whole[start : end if end > 0 else None])[key]
    return entry


@functools.cache
def ids(name: str, folder: str = HERE) -> tuple[str, ...]:
    """The ids of a file, without parsing it."""
    found = re.findall(r'^\[(?:"([^"\n]+)"|([\w-]+))(?=[].])', text(name, folder), re.MULTILINE)
    return tuple(dict.fromkeys(quoted or plain for quoted, plain in found))
