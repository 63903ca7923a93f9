"""Numbers of AI results with their units (UCUM): lengths in mm, probabilities from 0 to 1."""

from __future__ import annotations

_LONGEST_MM = 10_000
_MILLIMETRES = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "um": 0.001}
_SHARES = {"%": 0.01, "1": 1.0, "{ratio}": 1.0, "{0:1}": 1.0, "": 1.0}


def number(told: object) -> float | None:
    """A finite number, also one that stands there as text; not true or false."""
    if isinstance(told, bool) or not isinstance(told, str | int | float):
        return None
    try:
        found = float(told)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < float("inf") else None


def length_mm(told: object, unit: str) -> float | None:
    """A length in mm; None where it is none, or cannot be."""
    size, scale = number(told), _MILLIMETRES.get(unit)
    length = round(size * scale, 6) if size is not None and scale else 0.0
    return length if 0 < length < _LONGEST_MM else None


def probability_of(told: object, unit: str = "") -> float | None:
    """A share from 0 to 1; None where it is none."""
    share, scale = number(told), _SHARES.get(unit)
    found = round(share * scale, 6) if share is not None and scale else -1.0
    return found if 0 <= found <= 1 else None
