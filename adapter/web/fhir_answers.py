"""Answers of the FHIR endpoint: JSON that keeps its digits, and the headers of a resource."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime

from fastapi import Request, Response

from adapter.errors import Malformed
from adapter.fhir.elements import Json
from adapter.fhir.json_body import write_object
from adapter.web.problems import FHIR_JSON
from adapter.web.requests import check_media_type
from adapter.workflow.fhir_reading import Current


class FhirResponse(Response):
    """A FHIR resource as JSON."""

    media_type = FHIR_JSON

    def render(self, content: Json | None) -> bytes:
        """The bytes; none of None."""
        return b"" if content is None else write_object(content).encode()


def check_fhir_json(request: Request) -> None:
    """Raise Unsupported unless the body is said to be JSON of FHIR R4 or R5."""
    check_media_type(request, FHIR_JSON, "application/json")


def wants(request: Request) -> str:
    """What the sender prefers to get back: minimal, representation or OperationOutcome."""
    prefer = request.headers.get("prefer", "").replace(" ", "")
    for part in prefer.replace(",", ";").split(";"):
        if part.startswith("return="):
            return part.removeprefix("return=")
    return "representation"


def headers_of(current: Current, address: str = "") -> dict[str, str]:
    """ETag and Last-Modified, with `address` Location too."""
    moment = format_datetime(datetime.fromisoformat(current.updated_at), usegmt=True)
    found = {"ETag": f'W/"{current.version}"', "Last-Modified": moment}
    return found | ({"Location": address} if address else {})


def outcome(code: str, told: str) -> Json:
    """An OperationOutcome that all went well."""
    issue = {"severity": "information", "code": code, "diagnostics": told}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def only(parameters: Mapping[str, str], *known: str) -> None:
    """Raise Malformed for parameters that would be passed over."""
    strange = sorted(set(parameters) - {*known, "_format", "_pretty"})
    if strange:
        raise Malformed(
            f"orders are found by {', '.join(known)}; {strange[0][:40]!r} is not looked at",
            location=strange[0][:40],
            code="not-supported",
        )
