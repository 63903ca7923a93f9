"""Domain values to and from the JSON kept in the tables. Patient data is revealed here only."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def to_json(value: object) -> str:
    """Compact JSON of a domain value; the same value gives the same text."""
    kind: Any = type(value)
    return _adapter(kind).dump_json(value).decode()


def from_json(kind: type[T], text: str | bytes) -> T:
    """The value of type `kind`; raises pydantic.ValidationError when the text is not one."""
    which: Any = kind
    value: T = _adapter(which).validate_json(text)
    return value
