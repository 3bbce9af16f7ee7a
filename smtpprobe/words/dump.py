"""Documents and their parts as plain values, for JSON."""

from dataclasses import fields, is_dataclass
from typing import Any

_RENAMED = {"klass": "class"}
# Present only where the contract says so; everything else is always there, null if need be.
_OPTIONAL = {"exchanges", "attempts", "addresses", "takes"}


def to_json(value: Any) -> Any:
    """A document, or any part of one, as what `json.dumps` takes."""
    if is_dataclass(value):
        out = {}
        for item in fields(value):
            content = getattr(value, item.name)
            if not item.metadata.get("json", True) or (item.name in _OPTIONAL and content is None):
                continue
            out[_RENAMED.get(item.name, item.name)] = to_json(content)
        return out
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: to_json(item) for key, item in value._asdict().items()}
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, float):
        return round(value, 6)
    return value
