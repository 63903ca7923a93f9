"""One study as a row of the worklist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from adapter.domain.delivery import DeliveryState
from adapter.domain.order import Order, Priority
from adapter.domain.people import Patient, Practitioner
from adapter.domain.review import ReviewState
from adapter.domain.study import ReportStatus, Study
from adapter.store.worklist import Marks, Sort
from adapter.web.pages.frame import link
from adapter.web.pages.markup import Child, Html, el, text
from adapter.web.pages.message_rows import study_path

COLUMNS: tuple[tuple[str, Sort | None], ...] = (
    ("Priority", Sort.PRIORITY),
    ("Patient", Sort.PATIENT),
    ("MRN", None),
    ("Exam", None),
    ("Mod.", Sort.MODALITY),
    ("Age", Sort.AGE),
    ("Report", Sort.CHANGED),
    ("AI", None),
    ("Critical", None),
    ("Open at", None),
    ("Delivery", None),
    ("Accession", None),
    ("Study date", None),
    ("Order", None),
    ("Site", None),
)
"""What decides which study is next stands first: a narrow window shows it without scrolling."""
_SIDES = {"left": "L", "right": "R", "bilateral": "both"}
_HOUR, _DAY = 60, 1440


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, and how long studies may wait by their priority, in minutes."""

    now: datetime
    targets: Mapping[Priority, int]


def row(study: Study, marks: Marks, moment: Moment) -> Html:
    """The row; its cells follow COLUMNS."""
    order = study.order
    patient = order.patient
    cells: tuple[Child, ...] = (
        _priority(order.priority),
        link(study_path(order.accession), _name(patient)),
        patient.mrn.reveal(),
        _exam(order),
        order.modality,
        _age(study, marks, moment),
        _report(study, marks),
        _ai(marks),
        _critical(marks),
        _who(marks.lock.person) if marks.lock else None,
        _deliveries(marks.deliveries),
        order.accession,
        _date(order.scheduled_at),
        _words(study.order_status),
        patient.issuer,
    )
    return el(
        "tr", (el("td", cell) for cell in cells), data_accession=order.accession,
        class_="stat" if order.priority is Priority.STAT else None,
    )  # fmt: skip


def next_link(study: Study) -> Html:
    """A link to the study that comes next, with enough to know it by."""
    order = study.order
    urgent = order.priority in (Priority.STAT, Priority.HIGH)
    mark = (_priority(order.priority), " ") if urgent else None
    exam = order.procedure.text or order.procedure.code
    words = " · ".join(filter(None, (_name(order.patient), exam)))
    return el("a", "Next: ", mark, words, href=study_path(order.accession), class_="button main")


def age(minutes: float) -> str:
    """How long something has waited, as people say it."""
    whole = max(0, int(minutes))
    if whole < _HOUR:
        return f"{whole} min"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR:02} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def _name(patient: Patient) -> str:
    name = ", ".join(filter(None, (patient.family.reveal(), patient.given.reveal())))
    return name or patient.mrn.reveal() or "(no name)"


def _priority(priority: Priority) -> Html:
    if priority is Priority.STAT:
        return el("span", "STAT", class_="chip danger")
    if priority is Priority.HIGH:
        return el("span", "High", class_="chip warn")
    return el("span", priority.capitalize(), class_="muted")


def _exam(order: Order) -> Child:
    exam = order.procedure.text or order.procedure.code
    side = el("span", _SIDES[order.side], class_="chip") if order.side else None
    return (exam, " ", side) if side else exam


def _date(told: str) -> str:
    """YYYYMMDDHHMMSS as people read it."""
    day = f"{told[:4]}-{told[4:6]}-{told[6:8]}" if len(told) >= 8 else told
    return f"{day} {told[8:10]}:{told[10:12]}" if len(told) >= 12 else day


def _age(study: Study, marks: Marks, moment: Moment) -> Html:
    """The turnaround clock: it runs until the report is signed, and then says how long it took."""
    begun = datetime.fromisoformat(study.created_at)
    limit = moment.targets.get(study.order.priority)
    if marks.signed_at:
        took = (datetime.fromisoformat(marks.signed_at) - begun).total_seconds() / 60
        return el("span", age(took), class_="tat muted", title="From order to signature")
    if study.report_status is ReportStatus.CANCELLED:
        return el("span", "-", class_="muted")
    waited = (moment.now - begun).total_seconds() / 60
    late = limit is not None and waited > limit
    late_mark = el("span", " late", class_="unseen") if late else None
    return el(
        "span", el("span", age(waited)), late_mark, class_="tat late" if late else "tat",
        data_begun=study.created_at, data_limit=limit,
    )  # fmt: skip


def _words(value: str) -> str:
    return value.replace("_", " ").capitalize()


def _report(study: Study, marks: Marks) -> Html:
    status, review = study.report_status, study.review
    if status in ReportStatus.signed():
        return el("span", _words(status), class_="chip good")
    if review is ReviewState.PENDING_SIGNATURE:
        return el("span", "Pending signature", class_="chip info")
    if review is ReviewState.SIGN_REJECTED:
        return el("span", "Sign rejected", class_="chip warn")
    if review is ReviewState.WET_READ:
        return el("span", "Wet read", class_="chip info")
    if status is ReportStatus.NONE:
        return el("span", "Dictated" if marks.dictations else "Unread", class_="muted")
    return el("span", _words(status), class_="chip")


def _who(person: Practitioner) -> str:
    return person.family or person.id


def _ai(marks: Marks) -> Html | None:
    if marks.discrepant:
        return el("span", "≠ differs", class_="chip warn", title="AI and dictation disagree")
    return el("span", "AI ready", class_="chip ai") if marks.ai else None


def _critical(marks: Marks) -> Html | None:
    if not marks.critical:
        return None
    if marks.told:
        return el("span", "Told", class_="chip good")
    return el("span", "! not told", class_="chip danger")


def _deliveries(found: Mapping[str, int]) -> Html | None:
    if held := found.get(DeliveryState.HELD, 0):
        return el("span", f"✕ {held} failed", class_="chip danger")
    if found.get(DeliveryState.PENDING, 0):
        return el("span", "On its way", class_="chip info")
    done = found.get(DeliveryState.ACKNOWLEDGED, 0)
    return text(el("span", "✓ Arrived", class_="chip good")) if done else None
