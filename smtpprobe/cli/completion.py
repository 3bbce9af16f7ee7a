"""smtpprobe completion: the shell's completion script."""

import click
from click.shell_completion import get_completion_class

from smtpprobe.cli.options import Word


@click.command(short_help="The completion script of a shell.")
@click.argument("shell", type=Word(("bash", "zsh", "fish"), "shell"))
@click.pass_context
def command(ctx: click.Context, shell: str) -> int:
    """Print the completion script for SHELL.

    \b
      bash:  eval "$(smtpprobe completion bash)"       in ~/.bashrc
      zsh:   eval "$(smtpprobe completion zsh)"        in ~/.zshrc
      fish:  smtpprobe completion fish | source        in ~/.config/fish/config.fish
    """
    from smtpprobe.cli.output import write

    found = get_completion_class(shell)
    assert found is not None
    root = ctx.find_root().command
    write(found(root, {}, "smtpprobe", "_SMTPPROBE_COMPLETE").source())
    return 0
