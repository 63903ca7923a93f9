"""Lists of values in statements, in few lengths."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

_Value = TypeVar("_Value")


def padded(values: Iterable[_Value]) -> list[_Value]:
    """The values, the last one repeated up to the next power of two; nothing for none.

    Each length is a statement of its own, which every connection keeps prepared (some 30 KiB).
    """
    found = list(values)
    return found + found[-1:] * ((1 << (len(found) - 1).bit_length()) - len(found))
