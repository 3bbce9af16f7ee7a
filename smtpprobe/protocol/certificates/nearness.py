"""Which of a certificate's names is nearest to one that it lacks: where to look when the name is wrong.

A certificate can have a hundred names, in any order. The one that somebody meant to type shares the most of
its end with what was typed, for the end of a name says whose it is: `smtp.example.org` is nearer to
`mail.example.org` than `mail.example.com` is. Among names of one domain, the one that begins alike is meant
most likely.

These are hints for people. Whether a name really stands for a host, the verdict says (`names`).
"""

import re
from collections.abc import Iterable, Sequence

# RFC 952, RFC 1123 2.1, and the underscore that some have all the same. None of it means anything to a shell.
_HOST = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.(?!-)[A-Za-z0-9_-]{1,63})+")
_LONGEST = 253  # characters of a name (RFC 1035 2.3.4)
# What registries of countries sell names under: two that end in `co.jp` have nothing to do with each other.
_SOLD_UNDER = re.compile("ac|com?|edu|gob?|govt?|ltd|mil|net?|nom|or|org|plc")


def nearest_first(names: Iterable[str], wanted: str) -> tuple[str, ...]:
    """The names, each once, by how near they are to the wanted one; those alike in that, as they stood."""
    goal = _labels(wanted)

    def distance(name: str) -> tuple[int, bool, int, int]:
        # A wildcard is as near as what it stands for, but comes behind names that are written out.
        labels = _labels(name.removeprefix("*."))
        begins = _alike(labels[0], goal[0])
        return -_common_end(labels, goal), name.startswith("*."), -begins, abs(len(labels) - len(goal))

    return tuple(sorted(dict.fromkeys(names), key=distance))


def stands_for(name: str, host: str) -> bool:
    """Whether a name of a certificate is the host's, or a wildcard that covers it (RFC 9525 6.3)."""
    name, host = _plain(name), _plain(host)
    if name.startswith("*."):
        return host.partition(".")[2] == name[2:] != ""
    return name == host


def of_one_domain(name: str, other: str) -> bool:
    """Whether two names end alike by more than a top-level domain, or what is sold like one (`co.jp`)."""
    labels = _labels(other)
    common = _common_end(_labels(name.removeprefix("*.")), labels)
    sold = len(labels) > 1 and len(labels[-1]) == 2 and _SOLD_UNDER.fullmatch(labels[-2])
    return common > (2 if sold else 1)


def is_host_name(text: str) -> bool:
    """Whether this is a host's name of two labels or more, no address, and plain enough for a command."""
    last = text.rpartition(".")[2]
    return len(text) <= _LONGEST and bool(_HOST.fullmatch(text)) and not last.isdigit()


def _plain(host: str) -> str:
    return host.lower().removesuffix(".")


def _labels(name: str) -> list[str]:
    return _plain(name).split(".")


def _common_end(labels: list[str], others: list[str]) -> int:
    """How many labels two names have in common, counted from the end."""
    return _alike(labels[::-1], others[::-1])


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How much two have in common from their beginning."""
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
