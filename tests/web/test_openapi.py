from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute

from adapter.observability.metrics import make_registry
from adapter.web.app import ROUTERS
from adapter.web.health import make_router
from adapter.web.problems import PLUG_IN
from tests.web.conftest import Site

SPECIAL = (
    "/metrics", "/events", "/api/studies/{accession}/dictations/{id}/audio",
    "/dicom-web/studies", "/dicom-web/studies/{study_uid}",
    "/api/ai-sources/{source}/card", "/api/ai/ledger", "/api/studies/{accession}/report.pdf",
    "/api/studies/{accession}/summary/released",
)  # fmt: skip


@pytest.fixture
def document(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = site.client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def served(site: Site) -> set[tuple[str, str]]:
    """(path, method) of every route, read from the routers themselves."""
    house = site.parts.house
    routers = [*ROUTERS, make_router(make_registry(house.database, house.clock))]
    return {
        (route.path, method)
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in route.methods
    }


def test_every_route_is_described(site: Site, document: dict[str, Any]) -> None:
    described = {(path, method.upper()) for path, method, _ in operations(document)}
    assert len(described) > 20
    assert described == served(site)


def test_every_operation_has_its_answer_and_its_refusal(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        assert operation["description"], (path, method)
        kind = "application/fhir+json" if path.startswith("/fhir") else "application/problem+json"
        kind = "application/json" if path == PLUG_IN else kind
        assert kind in operation["responses"]["default"]["content"]
        good = next(
            operation["responses"][code]
            for code in ("200", "201", "202")
            if code in operation["responses"]
        )
        if path not in SPECIAL and not path.startswith("/fhir"):
            assert "$ref" in good["content"]["application/json"]["schema"], (path, method)


def test_every_body_is_described(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        if method in ("post", "put") and not path.endswith("/resend"):
            for content in operation["requestBody"]["content"].values():
                assert content["schema"], (path, method)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [ref for each in value.values() for ref in references(each)]
        return (
            [ref for each in value for ref in references(each)] if isinstance(value, list) else []
        )

    found = set(references(document))
    assert "#/components/schemas/Problem" in found
    for reference in found:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
