"""Identifiers of R4 resources by their type (v2-0203) or by the site's systems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from adapter.fhir.codes import DICOM_UID, IDENTIFIER_TYPE

_UID = re.compile(r"urn:oid:([0-9]+(?:\.[0-9]+)+)")
_MAX_UID = 64  # DICOM PS3.5 section 9


def of_type(identifiers: Iterable[dict[str, Any]], kind: str, systems: Sequence[str]) -> list[str]:
    """Values of the type `kind`, then of the given systems in their order; each once."""
    known = [each for each in identifiers if value(each)]
    typed = [value(each) for each in known if kind in _types(each)]
    named = [value(each) for system in systems for each in known if each.get("system") == system]
    return list(dict.fromkeys(typed + named))


def value(identifier: dict[str, Any]) -> str:
    """The value without blanks around it; "" when there is none."""
    return str(identifier.get("value") or "").strip()


def study_uid(identifiers: Iterable[dict[str, Any]]) -> str:
    """The first DICOM UID (`urn:dicom:uid`, `urn:oid:1.2.3`); "" when there is none."""
    for each in identifiers:
        found = _UID.fullmatch(value(each)) if each.get("system") == DICOM_UID else None
        if found and len(found[1]) <= _MAX_UID:
            return found[1]
    return ""


def _types(identifier: dict[str, Any]) -> set[str]:
    coding = (identifier.get("type") or {}).get("coding") or []
    return {each.get("code", "") for each in coding if each.get("system") == IDENTIFIER_TYPE}
