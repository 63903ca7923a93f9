"""What fhir.resources checks (shape, formats) and what it leaves out (codes, reference targets)."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from adapter.errors import Rejected
from adapter.fhir.codes import OPEN_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGES = {"R4": "R4B.", "R5": ""}  # R4B reads R4 resources of every type that is read here
_WORDS = {
    "missing": ("is required", "required"),
    "model_field_validation.missing": ("is required", "required"),
    "extra_forbidden": ("is not an element of FHIR R4", "structure"),
}


def validate(resource: dict[str, Any], release: str = "R4") -> None:
    """Check one resource of R4 or R5 with all that it contains; raises Rejected with the FHIRPath.

    Messages never repeat the value. fhir.resources is loaded here, on first use.
    """
    kind = resource["resourceType"]
    _check_contained(resource, kind)
    try:
        model = _model(kind, release).model_validate(resource)
    except ValidationError as error:
        raise _rejected(kind, error, release) from None
    except (KeyError, TypeError, AttributeError):  # how fhir.resources meets an unknown type
        raise Rejected(
            f"resourceType must name an {release} resource, and stand in resources only",
            location=f"{kind}.contained",
            code="structure",
        ) from None
    _walk(model, resource, kind)


def _check_contained(resource: dict[str, Any], kind: str) -> None:
    contained = resource.get("contained") or []
    for index, each in enumerate(contained if isinstance(contained, list) else [contained]):
        if not isinstance(each, dict) or not isinstance(each.get("resourceType"), str):
            path = f"{kind}.contained[{index}]"
            raise Rejected(f"{path} has no resourceType", location=path, code="structure")


def _model(kind: str, release: str) -> type[BaseModel]:
    module = import_module(f"fhir.resources.{_PACKAGES[release]}{kind.lower()}")
    model: type[BaseModel] = getattr(module, kind)
    return model


def _rejected(kind: str, error: ValidationError, release: str) -> Rejected:
    first = error.errors(include_input=False, include_url=False)[0]
    path = kind + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}"
        for part in first["loc"]
        if part != "root"  # where an object is no object
    )
    said = first["msg"].removeprefix("Value error, ")
    words, code = _WORDS.get(first["type"], (f"is not valid {release}: {said}", "structure"))
    words = words.replace("FHIR R4", f"FHIR {release}")
    return Rejected(f"{path} {words}", location=path, code=code)


def _walk(model: BaseModel, told: dict[str, Any], path: str) -> None:
    kind = type(model).__name__
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if value is None:
            continue
        alias = field.alias or name
        extra = field.json_schema_extra
        table = extra if isinstance(extra, dict) else {}
        for here, each, raw in _items(value, told.get(alias), f"{path}.{alias}"):
            _check_json_type(each, raw, here)
            if isinstance(each, str):
                allowed = OPEN_TABLES.get(f"{kind}.{name}") or table.get("enum_values")
                _check_code(each, allowed, here)
            elif isinstance(each, BaseModel):
                _check_target(each, table.get("enum_reference_types"), here)
                _walk(each, raw, here)


def _items(value: Any, told: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if not isinstance(value, list):
        yield path, value, told
        return
    for index, (each, raw) in enumerate(zip(value, told, strict=True)):
        yield f"{path}[{index}]", each, raw


def _check_json_type(value: Any, told: Any, path: str) -> None:
    """pydantic takes 1 for a date and "yes" for true; R4 does not (2.6.2, JSON primitives)."""
    expected: Any = object
    if isinstance(value, (date, time)):
        expected = str
    elif isinstance(value, (int, float, Decimal)):
        expected = (int, float, Decimal)
    if isinstance(told, bool) != isinstance(value, bool) or not isinstance(told, expected):
        raise Rejected(f"{path} has the wrong JSON type", location=path, code="structure")


def _check_code(value: str, allowed: Any, path: str) -> None:
    if allowed and "+" not in allowed and value not in allowed:
        raise Rejected(
            f"{path} must be one of {', '.join(allowed)}", location=path, code="code-invalid"
        )


def _check_target(value: BaseModel, allowed: Any, path: str) -> None:
    if not allowed or "Resource" in allowed or type(value).__name__ != "Reference":
        return
    target = getattr(value, "type", None) or _literal_type(getattr(value, "reference", None) or "")
    if target and target not in allowed:
        raise Rejected(
            f"{path} must refer to {' or '.join(allowed)}", location=path, code="invalid"
        )


def _literal_type(reference: str) -> str:
    """The type in `Patient/1` or `https://ehr/fhir/Patient/1`; "" where none can be read."""
    parts = reference.split("/_history/")[0].split("/")
    return parts[-2] if len(parts) > 1 and parts[-2].isalpha() and parts[-2][0].isupper() else ""
