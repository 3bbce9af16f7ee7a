"""The contract's JSON of `explain`, `compare` and `codes`."""

import json
from collections.abc import Sequence
from typing import Any

from smtpprobe.comparing import Comparison
from smtpprobe.explaining import Answer
from smtpprobe.listing import Listing
from smtpprobe.renderers import Options
from smtpprobe.words.dump import to_json
from smtpprobe.words.texts import Words


def answers(answers: Sequence[Answer], words: Words, options: Options) -> str:
    return _dump({"answers": to_json(answers)})


def comparison(found: Comparison, words: Words, options: Options) -> str:
    return _dump(to_json(found))


def listing(found: Listing, words: Words, options: Options) -> str:
    return _dump(to_json(found))


def _dump(document: dict[str, Any]) -> str:
    return json.dumps({"schema": 1, **document}, indent=2, ensure_ascii=False) + "\n"
