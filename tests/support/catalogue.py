"""The pages of docs/catalogue: the whole catalogue as Markdown, a page a language.

`python -m tests.support.catalogue` writes them anew; `smtpprobe codes -f markdown --lang ja` prints one.
"""

from pathlib import Path

from smtpprobe.listing import codes
from smtpprobe.renderers import Options
from smtpprobe.renderers.lookups import markdown
from smtpprobe.words.texts import languages, words_in

FOLDER = Path(__file__).parents[2] / "docs" / "catalogue"


def pages() -> dict[str, Path]:
    """Language to the file of its page."""
    return {language: FOLDER / f"{language}.md" for language in languages()}


def page(language: str) -> str:
    """The page of a language."""
    return markdown.listing(codes(language=language), words_in(language), Options())


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    for language, path in pages().items():
        path.write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    main()
