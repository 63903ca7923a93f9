"""Bounded, strict JSON: no duplicate keys, no deep nesting, decimals keep their digits."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from adapter.errors import Malformed

MAX_DEPTH = 40
_NOT_IN_FHIR = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")  # FHIR R4 2.24.0.1, string


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`, numbers with a fraction as Decimal; raises Malformed."""
    try:
        value = json.loads(
            body.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_float=_decimal,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8", code="structure") from None
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise Malformed(f"the body is not JSON: {error.msg} at {where}", code="structure") from None
    except ValueError:  # an integer of thousands of digits
        raise Malformed("a number of the body is too long", code="structure") from None
    if not isinstance(value, dict):
        raise Malformed("the body must be one JSON object, a FHIR resource", code="structure")
    _check(value, 1)
    return value


def write_json(value: Any) -> str:
    """Compact JSON of what `read_object` read: each Decimal with the digits it came with."""
    if isinstance(value, dict):
        members = (f"{json.dumps(name)}:{write_json(each)}" for name, each in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(write_json, value)) + "]"
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"the key {twice[:40]!r} stands twice in one object", code="structure")
    return result


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent of dozens of digits
        raise Malformed("a number of the body is out of range", code="structure") from None


def _refuse_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not a JSON number", code="structure")


def _check(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _too_deep()
    if isinstance(value, str):
        if _NOT_IN_FHIR.search(value):
            raise Malformed("a text holds a control character", code="structure")
    elif isinstance(value, dict):
        for name, each in value.items():
            _check(name, depth + 1)
            _check(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _check(each, depth + 1)


def _too_deep() -> Malformed:
    return Malformed(f"the body is nested deeper than {MAX_DEPTH} levels", code="too-long")


def write_object(value: Any) -> str:
    """JSON text; a Decimal keeps its digits, which `json.dumps` cannot do."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{write_object(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(write_object, value)) + "]"
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
