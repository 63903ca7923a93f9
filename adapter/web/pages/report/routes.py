"""The reporting page of one study, its parts that change, and what would leave."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from adapter.domain.delivery import DeliveryKind
from adapter.domain.people import Practitioner
from adapter.domain.review import ReviewState
from adapter.store import changes
from adapter.web.pages.frame import Visit, Visiting, fragment, page
from adapter.web.pages.keys import by_name, keys_of
from adapter.web.pages.markup import Child, Html, el
from adapter.web.pages.report import assist, beside
from adapter.web.pages.report.banner import banner
from adapter.web.pages.report.dock import actions, dialogs, dock
from adapter.web.pages.report.editor import editor, template_choices
from adapter.web.pages.report.preview import preview
from adapter.web.pages.report.scene import Scene, read_scene
from adapter.web.pages.report.summary import patient_summary
from adapter.web.parts import Parts
from adapter.web.requests import House, InPath

router = APIRouter(include_in_schema=False)

_NOBODY = Practitioner("", "", "")


@router.get("/studies/{accession}")
def study_page(accession: InPath, visit: Visiting, parts: House) -> HTMLResponse:
    """The report of a study, beside what is known of it."""
    with parts.house.database.read() as tx:
        since = changes.last(tx)
    scene = read_scene(parts, accession, _may(visit, accession))
    keys = keys_of(parts, visit)
    me = visit.caller.person or _NOBODY
    person = {"id": me.id, "family": me.family, "given": me.given}
    return page(
        visit,
        f"Report {accession}",
        el(
            "div",
            _banner(scene, visit),
            el("div", _columns(scene, parts, visit), class_="columns"),
            dock(_actions(scene, keys), keys),
            dialogs(),
            id="reporting",
            data_accession=accession,
            data_person=json.dumps(person),
            data_since=since,
        ),
        modules=("report/page.js",),
        styles=("report.css",),
        heading=False,
        kind="report-page",
        keys=by_name(keys),
    )


@router.get("/studies/{accession}/parts")
def study_parts(accession: InPath, visit: Visiting, parts: House) -> HTMLResponse:
    """The parts of the page that change, as they are now."""
    scene = read_scene(parts, accession, _may(visit, accession))
    acts = _actions(scene, keys_of(parts, visit))
    return fragment(_banner(scene, visit), *_all_parts(scene, parts, visit), acts)


@router.get("/studies/{accession}/templates")
def study_templates(accession: InPath, visit: Visiting, parts: House) -> HTMLResponse:
    """The choice of a template."""
    scene = read_scene(parts, accession, _may(visit, accession))
    active = (each for each in scene.tables.templates if each.table.status == "active")
    titles = {each.table.id: each.table.title for each in active}
    return fragment(template_choices(scene, titles))


@router.get("/studies/{accession}/preview")
def study_preview(
    accession: InPath,
    visit: Visiting,
    parts: House,
    kind: DeliveryKind = DeliveryKind.FINAL,
) -> HTMLResponse:
    """What each destination would get, as its readers see it and as it is sent."""
    version = parts.reports.preview(accession, kind, visit.caller.person or _NOBODY)
    return fragment(preview(version, parts.log))


def _may(visit: Visit, accession: str) -> Callable[[str], bool]:
    """What the visitor may do with the report: as the interface would answer."""
    place = f"/api/studies/{quote(accession, safe='')}/report"
    return lambda act: visit.caller.may("POST", f"{place}/{act}")


def _columns(scene: Scene, parts: Parts, visit: Visit) -> tuple[Child, ...]:
    earlier, report, checked, *pane = _all_parts(scene, parts, visit)
    return (
        el("div", earlier, class_="before"),
        el("div", report, class_="centre"),
        el("div", checked, assist.source_card(), pane, class_="pane"),
    )


def _all_parts(scene: Scene, parts: Parts, visit: Visit) -> tuple[Html, ...]:
    """Every part that changes, in its place; an empty one keeps its place."""
    made = parts.summaries.shown(scene.accession) if scene.is_signed else None
    release = f"/api/studies/{quote(scene.accession, safe='')}/summary/release"
    may_release = visit.caller.may("POST", release)
    return (
        _part("part-prior", beside.prior(scene)),
        _part("part-editor", editor(scene)),
        _part("part-checks", assist.checks(scene)),
        _part("part-ai", assist.findings(scene)),
        _part("part-summary", patient_summary(made, scene, may_release) if made else None),
        _part("part-communication", beside.communication(scene)),
        _part("part-deliveries", beside.deliveries(scene)),
        _part("part-steps", beside.steps(scene)),
    )


def _banner(scene: Scene, visit: Visit) -> Html:
    return _part("part-banner", banner(scene, visit.caller.person))


def _actions(scene: Scene, keys: Mapping[str, str]) -> Html:
    return _part(
        "part-actions",
        actions(
            scene.may,
            is_open=scene.is_open,
            is_signed=scene.is_signed and scene.inputs.elsewhere is None,
            pending=scene.study.review is ReviewState.PENDING_SIGNATURE,
            ready=scene.number > 0,
            sign_key=keys["sign"],
        ),
    )


def _part(name: str, content: Html | None) -> Html:
    return el("div", content, id=name, data_part=True, class_="part-of-page")
