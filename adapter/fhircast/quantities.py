"""Quantity of FHIR: as words, and as a length."""

from __future__ import annotations

from decimal import Decimal

from adapter.fhircast.event import Json

_MILLIMETRES = {"mm": Decimal(1), "cm": Decimal(10), "m": Decimal(1000), "um": Decimal("0.001")}


def shown_quantity(quantity: Json) -> str:
    """`12.50 mm`: the digits as they came; "" when there is no number."""
    value = quantity.get("value")
    if not _is_number(value):
        return ""
    unit = str(quantity.get("unit") or quantity.get("code") or "")
    return f"{quantity.get('comparator') or ''}{value} {unit}".strip()


def length_mm(quantity: Json) -> float | None:
    """Millimetres; None when it is no length, or only a bound of one."""
    value, code = quantity.get("value"), str(quantity.get("code") or quantity.get("unit") or "")
    if not _is_number(value) or code not in _MILLIMETRES or quantity.get("comparator"):
        return None
    size = float(Decimal(str(value)) * _MILLIMETRES[code])
    return size if 0 < size < 10_000 else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
