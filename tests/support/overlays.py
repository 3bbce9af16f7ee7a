"""`python -m tests.support.overlays ja`: what is left to translate, as entries to paste into words/ja/.

Each entry comes in English, with the digest that says from which English it was made. Put it into the
file named above it, in place of an older entry of that id, and write the words of your language over
the English ones; placeholders in braces and anything in backticks stay.
"""

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from smtpprobe.knowledge import tables
from smtpprobe.words.texts import Words, digest, words_of


def skeleton(file: str, id: str) -> str:
    """One entry of an overlay, in English."""
    row = tables.row(file, id)
    assert row is not None, (file, id)
    return "\n".join(_lines((id,), {"of": digest(file, row), **words_of(file, row)})) + "\n"


def _lines(path: tuple[str, ...], words: dict[str, Any]) -> Iterator[str]:
    header = ".".join(key if re.fullmatch(r"[\w-]+", key) else json.dumps(key) for key in path)
    yield f"[{header}]"
    for key, value in words.items():
        if not isinstance(value, dict):
            yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
    for key, value in words.items():
        if isinstance(value, dict):
            yield ""
            yield from _lines((*path, key), value)


def main(language: str) -> None:
    """Print what is left to translate."""
    file = ""
    for left, id in Words(language).untranslated():
        if left != file:
            file = left
            sys.stdout.write(f"# words/{language}/{file}.toml\n\n")
        sys.stdout.write(f"{skeleton(left, id)}\n")


if __name__ == "__main__":
    main(sys.argv[1])
