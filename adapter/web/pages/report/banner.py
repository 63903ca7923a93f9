"""Whose study it is and how it stands: always in sight while somebody dictates."""

from __future__ import annotations

from urllib.parse import quote

from adapter.domain.order import OrderStatus, Priority
from adapter.domain.people import Practitioner
from adapter.domain.review import ReviewState
from adapter.domain.study import ReportStatus
from adapter.reporting.checks.study_day import age_at
from adapter.web.pages.frame import minute
from adapter.web.pages.markup import Child, Html, el
from adapter.web.pages.report.scene import Scene

_STATUS = {
    "none": "Unread",
    "draft": "Draft",
    "preliminary": "Preliminary",
    "final": "Final",
    "addended": "Addended",
    "corrected": "Corrected",
    "cancelled": "Cancelled",
    "retracted": "Retracted",
}
_REVIEW = {
    ReviewState.WET_READ: ("Wet read", "info"),
    ReviewState.PENDING_SIGNATURE: ("Pending signature", "warn"),
    ReviewState.SIGN_REJECTED: ("Sign rejected", "danger"),
}
_SEX = {"F": "female", "M": "male", "O": "other", "U": "sex unknown"}
_CLASSES = {
    "I": "inpatient",
    "O": "outpatient",
    "E": "emergency",
    "P": "preadmission",
    "R": "recurring patient",
    "B": "obstetrics",
}
_MARK_OF_PRIORITY = {Priority.STAT: "danger", Priority.HIGH: "warn"}


def banner(scene: Scene, me: Practitioner | None) -> Html:
    """Patient, examination, states; who else has the study open."""
    return el(
        "section",
        _patient(scene),
        _examination(scene),
        el("div", _states(scene), class_="states"),
        notices(scene, me),
        id="banner",
        class_="banner",
        aria_label="Patient and examination",
        data_accession=scene.accession,
    )


def _patient(scene: Scene) -> Html:
    order = scene.study.order
    patient = order.patient
    family, given = patient.family.reveal(), patient.given.reveal()
    name = ", ".join(filter(None, (family, given))) or "Patient not known yet"
    born, age = patient.birth_date.reveal(), age_at(order)
    facts = [
        _SEX[patient.sex.value],
        f"{age} y" if age is not None else "",
        f"born {_day(born)}" if born else "",
        f"MRN {patient.mrn.reveal()}" if patient.mrn else "",
        _CLASSES.get(order.patient_class, ""),
    ]
    return el(
        "div",
        el("strong", name, class_="name"),
        el("span", " · ".join(filter(None, facts)), class_="muted"),
        class_="who",
    )


def _examination(scene: Scene) -> Html:
    order = scene.study.order
    side = el("span", order.side.value.upper(), class_="chip info") if order.side else None
    reason = order.reason.reveal()
    return el(
        "div",
        el("strong", order.procedure.text or order.procedure.code or "Examination not known yet"),
        side,
        el("span", f"{order.modality} · {scene.accession}".strip(" ·"), class_="muted"),
        el("span", f"Reason: {reason}", class_="muted reason") if reason else None,
        class_="what",
    )


def _states(scene: Scene) -> tuple[Child, ...]:
    study = scene.study
    priority = study.order.priority
    status = study.report_status.value
    review = _REVIEW.get(study.review)
    return (
        _chip(priority.value.upper(), _MARK_OF_PRIORITY.get(priority, "")),
        _chip(f"Order {study.order_status.value.replace('_', ' ')}", ""),
        _chip(_STATUS[status], "good" if scene.is_signed else "info"),
        _chip(*review) if review else None,
        el(
            "span",
            "Since order ",
            el("span", "", class_="clock", data_clock=study.created_at, data_now=scene.now),
            class_="chip",
        )
        if not scene.is_signed
        else None,
        _paper(scene),
    )


def _paper(scene: Scene) -> Html | None:
    """The report as PDF, once there is one."""
    if not scene.number or scene.inputs.order is None:
        return None
    place = f"/api/studies/{quote(scene.accession, safe='')}/report.pdf"
    return el("a", "PDF", href=place, target="_blank", title="The report on paper", class_="chip")


def notices(scene: Scene, me: Practitioner | None) -> tuple[Child, ...]:
    """What stands in the way of reporting, or must be known before it."""
    found: list[Child] = []
    held = scene.lock
    if held is not None and (me is None or held.person.id != me.id):
        found.append(
            el(
                "p",
                f"{shown_name(held.person)} has this study open since ",
                minute(held.since),
                ". You can read it; take it over to report it. ",
                el("button", "Take over", type="button", data_act="take-over"),
                class_="note",
                data_locked="true",
            )
        )
    if scene.study.order_status is OrderStatus.TEMPORARY:
        found.append(_note("The order has not arrived yet: nothing is sent until it does."))
    if scene.study.order_status is OrderStatus.CANCELLED:
        found.append(_note("The order is cancelled: nothing goes into the report any more."))
    last = scene.steps[-1] if scene.steps else None
    if last is not None and scene.study.review is ReviewState.SIGN_REJECTED:
        found.append(_note(f"{shown_name(last.person)} did not sign: {last.reason}", "danger"))
    if last is not None and scene.study.review is ReviewState.PENDING_SIGNATURE:
        to = f" for {last.to}" if last.to else ""
        found.append(_note(f"Prepared by {shown_name(last.person)}, waits{to} to be signed."))
    if scene.study.report_status is ReportStatus.RETRACTED:
        found.append(_note("The report was entered in error and taken back.", "danger"))
    if scene.inputs.elsewhere is not None:
        found.append(_note(f"This report was signed in {scene.inputs.elsewhere.source}."))
    elif scene.is_signed and scene.signed_by is not None:
        found.append(_note(f"Signed by {shown_name(scene.signed_by)}.", "good"))
    return tuple(found)


def shown_name(who: Practitioner) -> str:
    """A clinician as people read it."""
    return " ".join(filter(None, (who.given, who.family))) or who.id


def _note(words: str, mark: str = "") -> Html:
    return el("p", words, class_=f"note {mark}".strip())


def _chip(words: str, mark: str) -> Html:
    return el("span", words, class_=f"chip {mark}".strip())


def _day(digits: str) -> str:
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}" if len(digits) >= 8 else digits
