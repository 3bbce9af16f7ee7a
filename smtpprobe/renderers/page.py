"""A page of text: lines of styled words, folded to a width or left as they are.

rich measures and folds (East Asian characters take two columns) and colours. It makes nothing
inert, so whatever comes here has been through `display` already, and markup, highlighting and emoji
are off.
"""

import io

from rich.console import Console
from rich.text import Text

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
        self._console = Console(file=io.StringIO(), width=width or 80, color_system=None)

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
        hang = " " * (len(head) if indent is None else indent)
        for index, piece in enumerate(self.fold(text, max(len(head), len(hang)))):
            self.line((hang if index else head, "dim"), (piece, style))

    def titled(self, head: str, text: str) -> None:
        """A bold head, and what belongs to it, dim."""
        for index, piece in enumerate(self.fold(text, len(head))):
            self.line((head if not index else " " * len(head), "bold"), (piece, "dim"))

    def fold(self, text: str, used: int) -> list[str]:
        """The text in pieces that fit behind `used` columns; whole where there is no width."""
        if self.width is None:
            return [text]
        wide = max(self.width - used, 20)
        return [piece.plain.rstrip() for piece in Text(text).wrap(self._console, wide)] or [""]

    @staticmethod
    def columns(text: str) -> int:
        """How many columns a text takes."""
        return Text(text).cell_len

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
