"""Commands that are imported when they are used, and the nearest right word for one that is not there."""

from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group whose commands live in modules; each module has a `command`."""

    def __init__(self, *args: Any, commands_in: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._homes = commands_in

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._homes)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        home = self._homes.get(cmd_name)
        if home is None:
            return None
        command: click.Command = import_module(home).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self._homes:
            ctx.fail(f"no such command {args[0]!r}{did_you_mean(args[0], self._homes)}")
        return super().resolve_command(ctx, args)


def did_you_mean(word: str, words: Any) -> str:
    """`, did you mean ...?`, or nothing if no word is near."""
    import difflib

    known = {str(other).lower(): str(other) for other in words}
    near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.5)
    return f", did you mean {known[near[0]]!r}?" if near else ""
