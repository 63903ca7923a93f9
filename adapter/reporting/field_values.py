"""Whether dictated words fit a field, and how their value is printed."""

from __future__ import annotations

import re
from typing import NamedTuple

from adapter.mapping.field_table import FieldRule
from adapter.mapping.form import name_key
from adapter.reporting.calendar_days import DATE, days

_NUMBER = r"[<>≤≥~±]?\s*-?\d{1,7}(?:[.,]\d{1,4})?"
_SIZE = re.compile(
    rf"{_NUMBER}(?:\s*(?P<inner>[^\d\sx×-][^\d]{{0,30}}?)?\s*(?P<range>-|[x×])\s*{_NUMBER}){{0,2}}"
    r"\s*(?P<unit>[^\d\s].{0,30})?"
)
_DIGITS = re.compile(r"\d{1,7}(?:[.,]\d{1,4})?")


class Value(NamedTuple):
    """What a field holds. `doubt`: why a person should look at it; empty: nothing."""

    text: str  # as printed, the unit left out when it was not dictated
    picked: bool = False  # the text is a choice of the template that was named in other words
    unit: str = ""  # of the template, as none was dictated
    doubt: str = ""


def read_value(rule: FieldRule, said: str) -> Value | None:
    """The value that dictated words give a field; None when they do not fit."""
    match rule.type:
        case "number":
            return _number(rule, said)
        case "choice":
            return _choice(rule, said)
        case "date":
            found = DATE.fullmatch(said)
            return Value(said) if found and days(found) else None
        case "text":
            fits = said and (not rule.pattern or re.fullmatch(rule.pattern, said, re.IGNORECASE))
            return Value(said) if fits else None


def _choice(rule: FieldRule, said: str) -> Value | None:
    key = name_key(said)
    for choice in rule.choices:
        if key and key in map(name_key, (choice.text, *choice.says)):
            return Value(choice.text, picked=choice.text != said)
    return None


def _number(rule: FieldRule, said: str) -> Value | None:
    match = _SIZE.fullmatch(said)
    if match is None or any(not _is_unit(rule, unit) for unit in (match["unit"], match["inner"])):
        return None
    numbers = [float(each.replace(",", ".")) for each in _DIGITS.findall(said)]
    if len(numbers) > (2 if match["range"] == "-" else rule.dimensions):
        return None
    factor = rule.other_units.get(match["unit"], 1.0)
    unit = rule.unit if not match["unit"] else ""
    return Value(said, unit=unit, doubt=_implausible(rule, numbers, factor))


def _is_unit(rule: FieldRule, unit: str | None) -> bool:
    return not unit or unit == rule.unit or unit in rule.other_units


def _implausible(rule: FieldRule, numbers: list[float], factor: float) -> str:
    for number in numbers:
        if rule.least is not None and number * factor < rule.least:
            return f"less than {rule.least:g} {rule.unit}".strip()
        if rule.most is not None and number * factor > rule.most:
            return f"more than {rule.most:g} {rule.unit}".strip()
    return ""
