"""What every contract has in common: the answer of a model that cannot be read."""

from __future__ import annotations

import json
import math

from adapter.errors import Rejected

MOST_FINDINGS = 200
LONGEST_TEXT = 4_000


class Unreadable(Rejected):
    """The answer is not as the model's contract says; nothing of it is used."""

    def __init__(self, told: str) -> None:
        super().__init__(f"the model's answer is not as its contract says: {told}", code="answer")


def read_json(body: bytes | str) -> object:
    """JSON without NaN or infinity; raises Unreadable."""

    def refuse(name: str) -> float:
        raise Unreadable(f"{name} is no number")

    try:
        return json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON") from None


def is_number(value: object) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
