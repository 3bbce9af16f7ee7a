"""Words by key: the one place that reads them out of the tables of knowledge."""

from collections.abc import Mapping
from typing import Any

from smtpprobe.display import visible
from smtpprobe.knowledge import tables

# No fact needs more than this of a line; a server's own text has its place in the evidence.
FACT_CHARACTERS = 300


class Facts(dict[str, str]):
    """Facts that fill placeholders, made safe to show."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        super().__init__({key: visible(str(value), FACT_CHARACTERS) for key, value in facts.items()})


def labels(section: str) -> Mapping[str, str]:
    """One section of labels.toml."""
    found = tables.row("labels", section)
    assert found is not None, section
    return found


def label(section: str, key: str, **facts: object) -> str:
    """One label, its placeholders filled."""
    return labels(section)[key].format_map(Facts(facts))


def fill(template: str, facts: Mapping[str, str]) -> str:
    """A text of the tables with its placeholders filled."""
    return template.format_map(facts)
