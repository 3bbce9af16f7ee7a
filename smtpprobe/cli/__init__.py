"""The command line: click only, a file a command.

`main` is the whole process: it finds the command (imported when it is used), and turns whatever
comes out of it into one exit code and at most one line on standard error. click's own mapping is
not used: it would make Ctrl-C a 1 and a full disk a traceback.
"""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from smtpprobe import __version__
from smtpprobe.cli.group import LazyGroup
from smtpprobe.exits import Exit


@click.group(
    cls=LazyGroup,
    commands_in={
        "check": "smtpprobe.cli.check",
        "explain": "smtpprobe.cli.explain",
        "compare": "smtpprobe.cli.compare",
        "codes": "smtpprobe.cli.codes",
        "demo": "smtpprobe.cli.demo",
        "schema": "smtpprobe.cli.schema",
        "completion": "smtpprobe.cli.completion",
    },
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Try it without a server: smtpprobe demo",
)
@click.version_option(__version__, message="smtpprobe %(version)s")
def smtpprobe() -> None:
    """A live SMTP session, every reply explained: why a mail server does not answer, or does not let
    you in, and what to do.

    \b
      smtpprobe check mail.example -u me@example     probe a server, log in
      smtpprobe explain 535                          what a reply means
      smtpprobe compare 421 450                      two replies side by side
      smtpprobe demo                                 see a session without a server
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and end the process."""
    _be_robust()
    code = run(sys.argv[1:] if arguments is None else arguments)
    try:
        sys.stdout.flush()
    except OSError:
        # Nobody reads any more; the interpreter would complain about it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _be_robust() -> None:
    """A stream that was closed before we began is one that nobody reads; no traceback reaches a user."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  # till the end
    sys.unraisablehook = lambda _problem: None


def run(arguments: Sequence[str]) -> int:
    """Run the command; its exit code."""
    from smtpprobe.cli.output import OutputError, complain, reason

    try:
        result = smtpprobe.main(list(arguments), prog_name="smtpprobe", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return Exit.USAGE
    except click.UsageError as error:
        complain(usage_message(error))
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        complain("interrupted")
        return Exit.INTERRUPTED
    except OutputError as error:
        complain(str(error))
        return Exit.INTERNAL
    except (BrokenPipeError, SystemExit):
        return Exit.OK  # click ends the process itself when nobody reads its help
    except OSError as error:
        complain(f"this machine could not go on: {reason(error)}")
        return Exit.INTERNAL
    except Exception as error:
        complain(f"internal error, a fault of smtpprobe itself: {type(error).__name__}: {error}")
        return Exit.INTERNAL
    return int(result or 0)


def usage_message(error: click.UsageError) -> str:
    """One line: what was wrong, with what, what to do."""
    where = f"{error.ctx.command_path} --help" if error.ctx else "smtpprobe --help"
    message = error.format_message().rstrip(".")
    return f"{message}{'' if message.endswith('?') else '.'} Try '{where}'"
