"""The worklist: one row an accession."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from adapter.domain.codec import from_json, to_json
from adapter.domain.delivery import DeliveryState
from adapter.domain.identifiers import sha256_hex
from adapter.domain.order import Order, OrderStatus, Priority
from adapter.domain.people import Patient
from adapter.domain.review import ReviewState
from adapter.domain.study import ReportStatus, Study
from adapter.errors import NotFound
from adapter.store.database import hold_place
from adapter.store.sight import seen
from adapter.store.tables import delivery, history, study

# a total order, so that pages neither skip nor repeat a study
_NEWEST = (study.c.updated_at.desc(), study.c.accession)
_LONGEST_NUMBER = 200  # of an order: longer ones are not looked up
_LONGEST_SEARCH = 400  # characters; an index of PostgreSQL holds 2,700 bytes a row
_MOST_NAMED = 100  # studies of one number
_PLACES = 7_001_003


def find(tx: sa.Connection, accession: str, *, lock: bool = False) -> Study | None:
    """The study, or None; `lock` holds its row, or the place of one to come (PostgreSQL).

    It is held until the transaction ends: whoever comes at the same moment sees what was written.
    """
    query = sa.select(study).where(study.c.accession == accession)
    query = query.with_for_update() if lock else query
    row = tx.execute(query).mappings().first()
    if row is None and lock and hold_place(tx, _PLACES, accession):
        row = tx.execute(query).mappings().first()
    return None if row is None else of_row(row)


def get(tx: sa.Connection, accession: str, *, lock: bool = False) -> Study:
    """The study; raises NotFound."""
    found = find(tx, accession, lock=lock)
    if found is None:
        raise NotFound(f"no study has accession {accession}", code="not-found")
    return found


def add(
    tx: sa.Connection, order: Order, status: OrderStatus, at: str, labels: Sequence[str] = ()
) -> None:
    """A new row; the accession must be new."""
    tx.execute(
        sa.insert(study).values(
            accession=order.accession,
            order_json=to_json(order),
            order_status=status,
            report_status=ReportStatus.NONE,
            **keys(order),
            access=" ".join(labels),
            created_at=at,
            updated_at=at,
        )
    )


def change(tx: sa.Connection, accession: str, at: str, **values: Any) -> None:
    """Change `order_status`, `report_status`, `review_state`, `order` or its access `labels`.

    Counts the version up.
    """
    order, labels = values.pop("order", None), values.pop("labels", None)
    if labels is not None:
        values["access"] = " ".join(labels)
    if order is not None:
        values |= {"order_json": to_json(order), **keys(order)}
    if values.get("report_status") in ReportStatus.signed():
        values["signed_at"] = sa.case((study.c.signed_at == "", at), else_=study.c.signed_at)
    tx.execute(
        sa.update(study)
        .where(study.c.accession == accession)
        .values(version=study.c.version + 1, updated_at=at, **values)
    )


def listed(tx: sa.Connection, report_status: str | None, limit: int, offset: int) -> list[Study]:
    """Studies, most recently changed first."""
    query = sa.select(study).where(*seen(tx)).order_by(*_NEWEST).limit(limit).offset(offset)
    if report_status:
        query = query.where(study.c.report_status == report_status)
    return [of_row(row) for row in tx.execute(query).mappings()]


def in_review(tx: sa.Connection, state: ReviewState, limit: int, offset: int) -> list[Study]:
    """Studies that stand so between people, most recently changed first."""
    query = sa.select(study).where(study.c.review_state == state, *seen(tx))
    page = query.order_by(*_NEWEST).limit(limit).offset(offset)
    return [of_row(row) for row in tx.execute(page).mappings()]


def with_held_deliveries(tx: sa.Connection, limit: int, offset: int) -> list[Study]:
    """Studies with a delivery that waits for a person, most recently changed first."""
    held = sa.select(delivery.c.accession).where(delivery.c.state == DeliveryState.HELD)
    query = sa.select(study).where(study.c.accession.in_(held), *seen(tx))
    page = query.order_by(*_NEWEST).limit(limit).offset(offset)
    return [of_row(row) for row in tx.execute(page).mappings()]


def patient_key(patient: Patient) -> str:
    """The same text for studies of one patient: number and issuer; empty when there is none."""
    number = patient.mrn.reveal()
    return sha256_hex(f"{patient.issuer}\n{number}".encode()) if number else ""


def keys(order: Order) -> dict[str, Any]:
    """The columns by which a study is found and listed."""
    patient, procedure = order.patient, order.procedure
    name = ", ".join(filter(None, (patient.family.reveal(), patient.given.reveal())))
    words = (order.accession, name, patient.mrn.reveal(), procedure.text, procedure.code)
    return {
        "rank": tuple(Priority).index(order.priority),
        "modality": order.modality[:_LONGEST_NUMBER],
        "patient_name": name.lower()[:_LONGEST_NUMBER],
        "search": "\n".join(filter(None, words)).lower()[:_LONGEST_SEARCH],
        "patient_key": patient_key(order.patient),
        "placer_number": _findable(order.placer_number),
        "filler_number": _findable(order.filler_number),
        "study_uid": _findable(order.study_uid),
    }


def _findable(number: str) -> str:
    """The number, or nothing where no index could hold it."""
    return number if len(number) <= _LONGEST_NUMBER and number.isprintable() else ""


def of_numbers(tx: sa.Connection, placer: str, filler: str) -> list[Study]:
    """Studies whose order has these numbers, oldest first.

    The placer's number serves where the filler's is not known on one side.
    """
    if filler and (found := _of_numbers(tx, study.c.filler_number == filler)):
        return found
    unknown = study.c.filler_number == "" if filler else sa.true()
    return _of_numbers(tx, study.c.placer_number == placer, unknown) if placer else []


def of_order(tx: sa.Connection, number: str) -> list[Study]:
    """Studies whose order has this number of the placer or the filler, oldest first."""
    if not number:
        return []
    named = (study.c.placer_number == number) | (study.c.filler_number == number)
    return _of_numbers(tx, named, *seen(tx))


def _of_numbers(tx: sa.Connection, *wanted: sa.ColumnElement[bool]) -> list[Study]:
    query = sa.select(study).where(*wanted).order_by(study.c.created_at, study.c.accession)
    return [of_row(row) for row in tx.execute(query.limit(_MOST_NAMED)).mappings()]


def of_patient(
    tx: sa.Connection, patient: Patient, statuses: Iterable[ReportStatus]
) -> list[Study]:
    """Studies under a patient's number whose report stands so, oldest first."""
    key = patient_key(patient)
    return of_keys(tx, (key,) if key else (), statuses)


def of_keys(
    tx: sa.Connection, keys: Sequence[str], statuses: Iterable[ReportStatus]
) -> list[Study]:
    """Studies under any of these numbers (`patient_key`) whose report stands so, oldest first."""
    query = sa.select(study).where(
        study.c.patient_key.in_(keys), study.c.report_status.in_(tuple(statuses))
    )
    ordered = query.order_by(study.c.created_at, study.c.accession)
    return [of_row(row) for row in tx.execute(ordered).mappings()] if keys else []


def issuers_of(tx: sa.Connection, number: str) -> set[str]:
    """Issuers of the patients that have this number in a study."""
    words = study.c.search.contains(number.lower(), autoescape=True)
    found = tx.execute(sa.select(study.c.order_json).where(words)).scalars()
    patients = (from_json(Order, each).patient for each in found)
    return {each.issuer for each in patients if each.mrn.reveal() == number}


def of_study_uid(tx: sa.Connection, uid: str) -> list[Study]:
    """Studies of this DICOM study UID, oldest first."""
    return _of_numbers(tx, study.c.study_uid == uid) if uid else []


def count_by_status(tx: sa.Connection) -> dict[str, int]:
    """How many studies are in each report status."""
    query = sa.select(study.c.report_status, sa.func.count()).group_by(study.c.report_status)
    return dict(tx.execute(query).tuples().all())


def note(tx: sa.Connection, accession: str, at: str, event: str, detail: str = "") -> None:
    """Write an event into the study's history; no patient data in `detail`."""
    tx.execute(sa.insert(history).values(accession=accession, at=at, event=event, detail=detail))


def events(tx: sa.Connection, accession: str) -> list[tuple[str, str, str]]:
    """(at, event, detail) of a study, oldest first."""
    query = sa.select(history.c.at, history.c.event, history.c.detail).where(
        history.c.accession == accession
    )
    return [(row[0], row[1], row[2]) for row in tx.execute(query.order_by(history.c.id))]


def of_row(row: sa.RowMapping) -> Study:
    """A study from its row."""
    return Study(
        order=from_json(Order, row["order_json"]),
        order_status=OrderStatus(row["order_status"]),
        report_status=ReportStatus(row["report_status"]),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        review=ReviewState(row["review_state"]),
        labels=frozenset(row["access"].split()),
    )
