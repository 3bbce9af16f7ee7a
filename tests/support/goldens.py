r"""The golden files of fixtures/reports: sample documents, laid out in every format, to be read by a person.

    python -m tests.support.goldens            say which files are not what they should be
    python -m tests.support.goldens --write    write them anew; then READ what `git diff` shows

A sample is a list of dialogues, most of them of fixtures/dialogues, judged and worded without any I/O, so
a file says the same today and tomorrow. A format is a renderer and how it is asked. Both are tables: a new
line in one of them is a new row or column of files, written by the second command.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from smtpprobe.cli.sessions import exit_code
from smtpprobe.judgement import Report
from smtpprobe.renderers import RENDERERS, Options, render
from smtpprobe.words.wording import document

from .reports import read, report_of

FOLDER = Path(__file__).parents[2] / "fixtures" / "reports"

# Everything that a terminal, rich, a CI runner or a reader of logs could obey.
HOSTILE = r"""
*: target submission://mail.example:587
*: plan user
*: resolve 192.0.2.66
*: connect 192.0.2.66
S: 220-mail.example [/bold][red]ESMTP[/red] :smile: \x1b[2J\x1b]0;owned\x07
S+: 220 ##[cmd]echo hi
C: EHLO client.example
S: 250-mail.example [link=http://evil.example]click[/link]
S+: 250-STARTTLS
S+: 250 \x1b[31mX-RED\x1b[0m \xc2\x9b31m
C: STARTTLS
S: 220 2.0.0 Ready \xe2\x80\xae gnp.exe
*: tls TLSv1.3 TLS_AES_256_GCM_SHA384 trusted 'subject=CN=\x1b[5mmail.example' 'names=mail.example,[/bold]'
C: EHLO client.example
S: 250-mail.example
S+: 250 AUTH PLAIN [/bold]
C: HELP
S: 214-::error file=x::you are owned
S+: 214-::set-output name=x::y
S+: 214 \xfc\xe4\xf6 \xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2 \xe6\xbc\xa2\xe5\xad\x97 \x00 \x7f \x08\x08\x08
C: AUTH PLAIN [secret]
S: 535-5.7.8 [/bold]\x1b]8;;http://evil.example\x1b\\click here\x1b]8;;\x1b\\ {cause} %s
S+: 535-5.7.8 OVERLONG
S+: 535-##[cmd]rm -rf / ::warning::x
S+: 535-::warning::a command of GitHub's runner
S+: 535 5.7.8 \xe2\x80\xae\xe2\x81\xa6\xe2\x80\xaePASS   10 ok\x0d\x1b[1A\x1b[2KPASS   10 ok
C: QUIT
S: 221 2.0.0 Bye
""".replace("OVERLONG", "long " * 100 + "x" * 700)

SAMPLES = {
    "pass": ("healthy.exim",),
    "note": ("address-unreachable",),
    "warn": ("auth-offered-in-clear",),
    "login": ("credentials-rejected.gmail",),
    "certificate": ("certificate-expired.and-wrong-name",),
    "two-targets": ("healthy.postfix-timed", "credentials-rejected.dovecot"),
    "hostile": (HOSTILE,),
}


@dataclass(frozen=True, slots=True)
class Format:
    """A renderer, and how it is asked."""

    renderer: str
    options: Options = field(default_factory=Options)


_AT_80 = Options(width=80)
FORMATS = {
    "text": Format("text", _AT_80),
    "text-narrow": Format("text", Options(width=50)),
    "text-wide": Format("text", Options(width=120)),
    "text-piped": Format("text"),
    "text-v": Format("text", _AT_80._replace(verbosity=1)),
    "text-vv": Format("text", _AT_80._replace(verbosity=2)),
    "text-q": Format("text", _AT_80._replace(verbosity=-1)),
    **{name: Format(name) for name in RENDERERS if name != "text"},
}


def reports(sample: str) -> list[Report]:
    """The judged sessions of a sample."""
    return [read(text) if "\n" in text else report_of(text) for text in SAMPLES[sample]]


def rendered(sample: str, form: str) -> str:
    """A sample in a format."""
    judged = reports(sample)
    asked = FORMATS[form]
    options = asked.options._replace(exit_code=exit_code(judged))
    return render(document(judged), asked.renderer, options)


def golden(sample: str, form: str) -> Path:
    """Where the golden of a sample in a format is."""
    return FOLDER / f"{sample}.{form}.txt"


def cells() -> Iterator[tuple[str, str]]:
    """Every sample in every format."""
    return ((sample, form) for sample in SAMPLES for form in FORMATS)


def read_golden(path: Path) -> str:
    """A golden as it is, its line ends untouched; an empty text if there is none."""
    return path.read_bytes().decode() if path.exists() else ""


def stray() -> set[Path]:
    """Files among the goldens that no cell stands for."""
    return set(FOLDER.iterdir()) - {golden(*cell) for cell in cells()}


def main(arguments: list[str]) -> int:
    """Compare, or with --write bring up to date; the number of files that differ."""
    write = "--write" in arguments
    different = 0
    for cell in cells():
        path, text = golden(*cell), rendered(*cell)
        if path.exists() and read_golden(path) == text:
            continue
        different += 1
        sys.stdout.write(f"{'written' if write else 'differs'}: {path}\n")
        if write:
            path.write_bytes(text.encode())
    for path in stray():
        different += 1
        sys.stdout.write(f"{'removed' if write else 'stray'}: {path}\n")
        if write:
            path.unlink()
    return 0 if write else min(different, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
