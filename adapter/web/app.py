"""The HTTP interface of one house, put together."""

from __future__ import annotations

import anyio
from fastapi import APIRouter, Depends, FastAPI

from adapter import __version__
from adapter.observability.metrics import NodeState, make_registry
from adapter.web import (
    ai_ledger,
    ai_results,
    ai_sources,
    assets,
    break_glass,
    check,
    contexts,
    destinations,
    dicom_web,
    dictations,
    events,
    fhir_bundles,
    fhir_capability,
    fhir_endpoint,
    fhir_subscription,
    health,
    key_set,
    launch,
    live,
    login,
    openapi,
    outgoing,
    plug_in,
    problems,
    queues,
    reports,
    review,
    sign_off,
    studies,
    summary,
)
from adapter.web.callers import Callers
from adapter.web.pages import ai_ledger as ai_ledger_page
from adapter.web.pages import ai_sources as ai_source_pages
from adapter.web.pages import (
    audit,
    entrance,
    figures,
    messages,
    setup,
    system,
    trouble,
    users,
    worklist,
)
from adapter.web.pages import break_glass as break_glass_page
from adapter.web.pages import destinations as destination_pages
from adapter.web.pages import help as help_page
from adapter.web.pages.report import pictures
from adapter.web.pages.report import routes as report_page
from adapter.web.parts import Parts
from adapter.web.shell import Shell
from adapter.web.study_guard import study_guard
from adapter.workflow.access_trail import AccessTrail
from adapter.workflow.ai_sources import listed as ai_sources_of

ROUTERS = tuple(
    room.router
    for room in (
        assets,
        entrance,
        report_page,
        pictures,
        worklist,
        break_glass_page,
        break_glass,
        messages,
        destination_pages,
        ai_source_pages,
        figures,
        ai_ledger_page,
        system,
        audit,
        users,
        setup,
        help_page,
        events,
        studies,
        ai_results,
        dicom_web,
        dictations,
        live,
        reports,
        summary,
        sign_off,
        review,
        check,
        plug_in,
        queues,
        destinations,
        ai_sources,
        contexts,
        ai_ledger,
        outgoing,
        fhir_endpoint,
        fhir_bundles,
        fhir_capability,
        fhir_subscription,
        key_set,
        launch,
        login,
    )
)


def build_app(parts: Parts) -> FastAPI:
    """The application; its document is at /openapi.json."""
    app = FastAPI(
        title="Readout",
        version=__version__,
        description="Orders, dictations and AI findings in; reports with their sources out. "
        f"Live dictation is the WebSocket {live.PLACE}.",
        docs_url=None,  # those pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(study_guard)],
    )
    app.state.parts = parts
    app.state.uploads = anyio.CapacityLimiter(dictations.MOST_UPLOADS)
    problems.install(app, trouble.shown)
    for router in ROUTERS:
        app.include_router(router)
    app.include_router(_health(parts))
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]
    app.add_middleware(
        Shell,
        max_body_bytes=parts.max_body_bytes,
        host_names=parts.host_names,
        callers=Callers(parts.sign_in, parts.access, parts.roles, parts.study_access),
        shown=trouble.shown,
        throttle=parts.throttle,
        trail=AccessTrail(parts.house.database),
    )
    app.add_middleware(plug_in.Correlation)
    return app


def build_monitor(parts: Parts) -> FastAPI:
    """Health and metrics alone: of a node that has no HTTP interface. They hold no patient data."""
    app = FastAPI(title="Readout", version=__version__, openapi_url=None, redirect_slashes=False)
    app.state.parts = parts
    app.include_router(_health(parts))
    return app


def _health(parts: Parts) -> APIRouter:
    """Supervisors and monitoring ask here."""
    node = NodeState(
        parts.feeds,
        parts.certificates,
        parts.handshakes,
        lambda: {name: each.ok for name, each in health.state(parts).checks.items()},
        parts.audit_troubles,
        parts.node.disks,
        parts.node.unmoved,
        parts.models.calls.resting,
        lambda: {each.id: each.effective.value for each in ai_sources_of(parts.house)},
    )
    return health.make_router(make_registry(parts.house.database, parts.house.clock, node))
