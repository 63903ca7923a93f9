"""Errors as OperationOutcome, both ways."""

from __future__ import annotations

import re
from typing import Any

from adapter.errors import (
    Conflict,
    Malformed,
    NeedsPerson,
    NotFound,
    ReadoutError,
    Rejected,
    TooLarge,
    TryAgain,
    Unsupported,
)
from adapter.fhir.codes import ISSUE_TYPES

_FHIRPATH = re.compile(r"[A-Za-z]\w*(\.\w+|\[\d+\])*")
_CODES: tuple[tuple[type[ReadoutError], str], ...] = (
    (TooLarge, "too-long"),
    (Unsupported, "not-supported"),
    (NotFound, "not-found"),
    (Conflict, "conflict"),
    (Malformed, "structure"),
    (Rejected, "invalid"),
    (TryAgain, "transient"),
    (NeedsPerson, "processing"),
)


def operation_outcome(error: ReadoutError) -> dict[str, Any]:
    """The R4 OperationOutcome of an error: what, where, and no patient data."""
    issue: dict[str, Any] = {
        "severity": "error",
        "code": _code(error),
        "diagnostics": str(error) or "refused",
    }
    location = getattr(error, "location", "")
    if _FHIRPATH.fullmatch(location):
        issue["expression"] = [location]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def outcome_text(resource: object, limit: int = 500) -> str:
    """What a peer's OperationOutcome says, in one line; "" when it is none."""
    if not isinstance(resource, dict) or resource.get("resourceType") != "OperationOutcome":
        return ""
    issues = resource.get("issue")
    found = [_issue_text(issue) for issue in issues] if isinstance(issues, list) else []
    return "; ".join(text for text in found if text)[:limit]


def _code(error: ReadoutError) -> str:
    told = getattr(error, "code", "invalid")
    if told != "invalid" and told in ISSUE_TYPES:
        return str(told)
    return next((code for kind, code in _CODES if isinstance(error, kind)), "exception")


def _issue_text(issue: object) -> str:
    if not isinstance(issue, dict):
        return ""
    details = issue.get("details")
    text = details.get("text") if isinstance(details, dict) else None
    said = text or issue.get("diagnostics") or issue.get("code") or ""
    places = issue.get("expression")
    where = f" ({places[0]})" if isinstance(places, list) and places else ""
    return " ".join(f"{said}{where}".split())
