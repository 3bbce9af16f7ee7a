"""In which language a result is worded: --lang, else the user's own, if a person reads it on a terminal."""

import os
import sys
from collections.abc import Mapping

from smtpprobe.words.texts import languages


def chosen_language(lang: str | None, format: str) -> str:
    """--lang; else, for text on a terminal, what the environment says; else English."""
    if lang:
        return lang
    return language_of(os.environ) if format == "text" and sys.stdout.isatty() else "en"


def language_of(environ: Mapping[str, str]) -> str:
    """The first of LC_ALL, LC_MESSAGES and LANG that is set (POSIX, XBD 8.2), as a language that we have.

    `ja_JP.UTF-8` is ja. C, POSIX, a language without a folder, and a charset that is not UTF-8, which
    could not show what we write, mean English.
    """
    locale = next(filter(None, map(environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    name, _, charset = locale.partition("@")[0].partition(".")
    language = name.partition("_")[0].lower()
    readable = charset.lower().replace("-", "") in ("", "utf8")
    return language if readable and language in languages() else "en"
