"""What a server promises: the lines of its EHLO reply (RFC 5321 4.1.1.1).

The first line is the server's name and perhaps a greeting; every further line is a keyword and its
parameters. Lines are kept as they stand and in their order: a keyword may come twice, and
`AUTH=LOGIN` (from before RFC 2554, still sent for old clients) is not the same line as `AUTH LOGIN`.
"""

from dataclasses import dataclass

from smtpprobe.display import decode
from smtpprobe.protocol.replies import Reply


@dataclass(frozen=True, slots=True)
class Extension:
    """One EHLO line: `keyword` in capitals (with its `=` in the old AUTH form), `parameters` as sent."""

    keyword: str
    parameters: str


@dataclass(frozen=True, slots=True)
class Extensions:
    """The capabilities that one EHLO reply lists."""

    domain: str
    """What the server calls itself; empty if it does not."""
    items: tuple[Extension, ...]

    def __contains__(self, keyword: str) -> bool:
        return any(item.keyword == keyword for item in self.items)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """SASL mechanisms in capitals, in the order offered, each once; both forms of the AUTH line."""
        words = (
            word.upper()
            for item in self.items
            if item.keyword in ("AUTH", "AUTH=")
            for word in item.parameters.split()
        )
        return tuple(dict.fromkeys(words))

    def as_mapping(self) -> dict[str, str]:
        """Keyword to parameters; those of a repeated keyword joined by a blank."""
        joined: dict[str, str] = {}
        for item in self.items:
            before = joined.get(item.keyword)
            joined[item.keyword] = " ".join(filter(None, (before, item.parameters)))
        return joined


def read_extension(text: str) -> Extension:
    """Read one EHLO line, its code taken off."""
    keyword, _, parameters = text.strip().partition(" ")
    head, equals, tail = keyword.partition("=")
    if equals and head.upper() == "AUTH":
        keyword, parameters = "AUTH=", f"{tail} {parameters}"
    return Extension(keyword.upper(), parameters.strip())


def read_extensions(reply: Reply) -> Extensions:
    """Read the reply to EHLO. Total: an odd line becomes an odd keyword."""
    texts = [decode(line.text) for line in reply.lines]
    items = tuple(read_extension(text) for text in texts[1:] if text.strip())
    return Extensions(domain=(texts[0].split() or [""])[0], items=items)
