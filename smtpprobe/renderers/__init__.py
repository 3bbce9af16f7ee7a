"""Word: documents laid out. One file a format, each a plain function of the Document.

A renderer decides nothing and words nothing; it lays out what the Document says and makes it safe
for the place it goes to. To add a format, write `renderers/<name>.py` with
`render(document, options) -> str` and put its name into RENDERERS.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from smtpprobe.words.document import Document


class Options(NamedTuple):
    """How to lay out. `width` is columns of a terminal; None where there is none, and nothing is folded."""

    width: int | None = None
    color: bool = False
    verbosity: int = 0
    """-1 quiet, 0 plain, 1 the whole transcript, 2 raw octets and TLS detail too."""
    exit_code: int = 0


Renderer = Callable[["Document", Options], str]

# Format name to module; imported when used.
RENDERERS = {
    "text": "smtpprobe.renderers.text",
    "json": "smtpprobe.renderers.json",
    "jsonl": "smtpprobe.renderers.jsonl",
}


def render(document: "Document", format: str, options: Options) -> str:
    """Lay `document` out in a format of RENDERERS."""
    renderer: Renderer = import_module(RENDERERS[format]).render
    return renderer(document, options)
