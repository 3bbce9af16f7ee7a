"""Word: what the catalogue answers, laid out. A file a format, each with the same three functions.

    answers(answers, words, options)      what `explain` was asked
    comparison(found, words, options)     two codes side by side
    listing(entries, words, options)      entries as a list

Made without rich: looking up a code has to be quick, and labelled paragraphs need no more than the
standard library.
"""

from importlib import import_module
from types import ModuleType

# Format name to module; imported when used.
FORMATS = {
    "text": "smtpprobe.renderers.lookups.text",
    "json": "smtpprobe.renderers.lookups.json",
    "markdown": "smtpprobe.renderers.lookups.markdown",
}


def layout(format: str) -> ModuleType:
    """The three functions of a format of FORMATS."""
    return import_module(FORMATS[format])
