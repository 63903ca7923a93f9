"""The OpenAPI document: every route, with the errors that it answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from adapter.web.problems import FHIR_JSON, PLUG_IN, PROBLEM_JSON, Problem, is_fhir

_OUTCOME = {
    "title": "OperationOutcome",
    "description": "FHIR R4 OperationOutcome.",
    "type": "object",
    "required": ["resourceType", "issue"],
    "properties": {
        "resourceType": {"const": "OperationOutcome"},
        "issue": {"type": "array", "items": {"type": "object"}},
    },
}
_RESOURCE = {
    "title": "Resource",
    "description": "A FHIR R4 resource.",
    "type": "object",
    "required": ["resourceType"],
    "properties": {"resourceType": {"type": "string"}},
}
_METHODS = ("get", "put", "post", "delete", "patch")


def describe(app: FastAPI) -> dict[str, Any]:
    """The document of `app`, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _document(app)
    return app.openapi_schema


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    schemas: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs") | {"Problem": problem}
    schemas["OperationOutcome"] = _OUTCOME
    schemas["Resource"] = _RESOURCE
    for path, operation in _operations(document):
        operation["responses"].pop("422", None)
        for answer in operation["responses"].values():
            if FHIR_JSON in answer.get("content", {}):
                answer["content"][FHIR_JSON]["schema"] = {"$ref": "#/components/schemas/Resource"}
        operation["responses"]["default"] = _refusal(path)
        for content in operation.get("requestBody", {}).get("content", {}).values():
            schemas |= content["schema"].pop("$defs", {})
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                yield path, operations[method]


def _refusal(path: str) -> dict[str, Any]:
    kind, name = PROBLEM_JSON, "Problem"
    if is_fhir(path):
        kind, name = FHIR_JSON, "OperationOutcome"
    elif path == PLUG_IN:
        kind, name = "application/json", "Refusal"
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"description": "What is wrong and what to do", "content": {kind: {"schema": schema}}}
