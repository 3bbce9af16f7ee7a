"""A page of text: lines of styled words, folded to a width or left as they are.

rich colours. It makes nothing inert, so whatever comes here has been through `display` already, and
markup, highlighting and emoji are off.
"""

import io

from rich.console import Console
from rich.text import Text

from smtpprobe.renderers.folding import columns, fold

STYLES = {
    "ok": "green",
    "note": "cyan",
    "warn": "yellow",
    "fail": "bold red",
    "error": "bold magenta",
    "skip": "dim",
    "pass": "bold green",
    "dim": "dim",
    "bold": "bold",
    "": "",
}


class Page:
    """Lines in the making. `width` None folds nothing."""

    def __init__(self, width: int | None, *, color: bool) -> None:
        self.width, self._color = width, color
        self._lines: list[Text] = []

    def line(self, *parts: tuple[str, str]) -> None:
        """One line of (text, style) parts, not folded."""
        text = Text()
        for words, style in parts:
            text.append(words, STYLES[style])
        text.rstrip()
        self._lines.append(text)

    def blank(self) -> None:
        """An empty line, but never two."""
        if self._lines and self._lines[-1].plain:
            self._lines.append(Text())

    def paragraph(self, head: str, text: str, style: str = "", indent: int | None = None) -> None:
        """`head` and then `text`, its further lines hanging under the first."""
        hang = " " * (columns(head) if indent is None else indent)
        for index, piece in enumerate(self.fold(text, max(columns(head), len(hang)))):
            self.line((hang if index else head, "dim"), (piece, style))

    def titled(self, head: str, text: str) -> None:
        """A bold head, and what belongs to it, dim."""
        for index, piece in enumerate(self.fold(text, columns(head))):
            self.line((head if not index else " " * columns(head), "bold"), (piece, "dim"))

    def fold(self, text: str, used: int) -> list[str]:
        """The text in pieces that fit behind `used` columns; whole where there is no width."""
        return fold(text, None if self.width is None else max(self.width - used, 20))

    def render(self) -> str:
        """All of it, ending with a line feed."""
        out = io.StringIO()
        console = Console(
            file=out,
            width=self.width or 1000,
            force_terminal=self._color,
            color_system="standard" if self._color else None,
            markup=False,
            highlight=False,
            emoji=False,
            legacy_windows=False,
        )
        for line in self._lines:
            console.print(line, soft_wrap=True)
        return out.getvalue()
