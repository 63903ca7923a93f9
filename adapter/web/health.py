"""Whether the process lives, whether it can work, and its metrics."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from adapter.errors import ConfigurationError, ReadoutError
from adapter.hl7v2.certificates import told
from adapter.store import links
from adapter.web.answers import Check, Live, PlugInHealth, Ready
from adapter.web.parts import Parts
from adapter.web.requests import House


def make_router(registry: CollectorRegistry) -> APIRouter:
    """The routes for supervisors and monitoring; they hold no patient data."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    def live() -> Live:
        """The process answers."""
        return Live(status="ok")

    @router.get("/readyz", responses={503: {"model": Ready}})
    def ready(parts: House, response: Response) -> Ready:
        """Whether orders, dictations and reports can be taken now; if not, what is wrong."""
        told = state(parts)
        response.status_code = 200 if told.status == "ready" else 503
        return told

    @router.get("/health/liveness")
    def plug_in_live() -> PlugInHealth:
        """The process answers, in the words of the reporting platform."""
        return PlugInHealth(status="Healthy")

    @router.get("/health/readiness", responses={503: {"model": PlugInHealth}})
    def plug_in_ready(parts: House, response: Response) -> PlugInHealth:
        """As /readyz, in the words of the reporting platform."""
        good = state(parts).status == "ready"
        response.status_code = 200 if good else 503
        return PlugInHealth(status="Healthy" if good else "Unhealthy")

    @router.get("/metrics", response_class=Response)
    def metrics() -> Response:
        """Prometheus text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


def state(parts: Parts) -> Ready:
    """Whether this node can do its work, part by part."""
    checks = {
        "database": _check(lambda: _database(parts)),
        "disk": _disk(parts),
        "intake": _check(
            lambda: _running(
                parts.intake.running or not parts.node.takes_in, "the intake has stopped"
            )
        ),
        "jobs": _check(lambda: _running(parts.house.jobs.running(), "a queue is not served")),
        "speech_model": _check(lambda: _model(parts)),
    }
    checks["feeds"] = Check(ok=True, detail=_silent(parts))  # a silent sender is no fault here
    checks["links"] = Check(ok=True, detail=_away(parts))  # what they are asked for waits
    checks["certificates"] = Check(ok=True, detail=_ending(parts))  # it still serves
    checks["audit"] = Check(
        ok=True, detail="; ".join(filter(None, parts.audit_troubles().values()))
    )
    good = all(check.ok for check in checks.values())
    return Ready(status="ready" if good else "not ready", checks=checks)


def _check(look: Callable[[], None]) -> Check:
    try:
        look()
    except (ReadoutError, sa.exc.SQLAlchemyError) as error:
        known = isinstance(error, ReadoutError)
        return Check(ok=False, detail=str(error) if known else "cannot be written to")
    return Check(ok=True, detail="")


def _database(parts: Parts) -> None:
    parts.house.database.check_writable()


def _disk(parts: Parts) -> Check:
    """Whether there is room for what comes next; little room is told, and no fault yet."""
    disks = parts.node.disks
    for disk in disks:
        if not (found := _check(disk.check)).ok:
            return found
    return Check(ok=True, detail="; ".join(f"only {each.told()}" for each in disks if each.is_low))


def _running(running: bool, wrong: str) -> None:
    if not running:
        raise ConfigurationError(f"{wrong}; restart the service and look into its log")


def _silent(parts: Parts) -> str:
    told = (
        f"{each.sender or 'any sender'} at listener {each.listener} silent since {each.heard_at}"
        for each in parts.feeds()
        if each.silent
    )
    return "; ".join(told)


def _away(parts: Parts) -> str:
    try:
        with parts.house.database.read() as tx:
            known = links.listed(tx)
    except sa.exc.SQLAlchemyError:
        return ""  # told with the database
    return "; ".join(f"{each.label} since {each.away_since}" for each in known if each.away_since)


def _ending(parts: Parts) -> str:
    return "; ".join(told(each) for each in parts.certificates() if each.soon)


def _model(parts: Parts) -> None:
    found = parts.find_speech_model()
    if found is not None and not (found / "model.bin").is_file():
        raise ConfigurationError(f"the speech model {found} is gone; put it back")
