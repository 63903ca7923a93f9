"""Between the one who prepares a report and the one who signs it; and who has a study open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from adapter.domain.audit import Verb
from adapter.domain.delivery import DeliveryKind
from adapter.domain.people import Practitioner
from adapter.domain.review import LOCK_S, ReviewState, ReviewStep, StudyLock
from adapter.errors import Conflict
from adapter.store import audit, reports, reviews, studies
from adapter.store.reports import StoredReport
from adapter.workflow.reports import Reports
from adapter.workflow.sign_off import SignOff
from adapter.workflow.study_flow import CLOSED, House, iso


class Review:
    """Wet reads, and reports handed over and handed back."""

    def __init__(self, house: House, made: Reports, desk: SignOff) -> None:
        self._house = house
        self._reports = made
        self._desk = desk

    def wet_read(
        self, accession: str, person: Practitioner, number: int | None = None
    ) -> StoredReport:
        """Release the version that was read as a preliminary interpretation, by a named person."""
        self._desk.check_ready(accession, number)
        made = self._reports.revise(
            accession,
            DeliveryKind.PRELIMINARY,
            person,
            lambda _study, inputs, _last: replace(inputs, status="preliminary"),
        )
        self._step(accession, ReviewStep(ReviewState.WET_READ, person, "", made.number))
        return made

    def hand_over(
        self, accession: str, person: Practitioner, number: int | None = None, to: str = ""
    ) -> None:
        """The report is prepared: it waits for the signature of `to`, or of whoever signs."""
        shown = self._desk.check_ready(accession, number)
        step = ReviewStep(ReviewState.PENDING_SIGNATURE, person, "", shown.number, to)
        self._step(accession, step)

    def hand_back(self, accession: str, person: Practitioner, reason: str) -> None:
        """The report is not signed, and the one who prepared it is told why."""
        step = ReviewStep(ReviewState.SIGN_REJECTED, person, "", 0, reason=reason)
        self._step(accession, step, only_from=ReviewState.PENDING_SIGNATURE)

    def recall(self, accession: str, person: Practitioner) -> None:
        """The one who handed it over goes on with it."""
        step = ReviewStep(ReviewState.NONE, person, "", 0)
        self._step(accession, step, only_from=ReviewState.PENDING_SIGNATURE)

    def _step(self, accession: str, step: ReviewStep, only_from: ReviewState | None = None) -> None:
        house = self._house
        with house.database.write() as tx:
            study = studies.get(tx, accession, lock=True)
            if study.report_status in CLOSED:
                raise Conflict("the report is signed already", code="signed")
            if only_from is not None and study.review is not only_from:
                raise Conflict("the report does not wait for a signature", code="not-pending")
            version = step.version or reports.get_latest(tx, accession).number
            made = replace(step, at=house.now(), version=version)
            reviews.add(tx, accession, made)
            studies.change(tx, accession, made.at, review_state=made.state)
            studies.note(tx, accession, made.at, f"review {made.state}", f"by {step.person.id}")
            what = f"review {made.state}"
            audit.tell(tx, Verb.UPDATE, accession, what, step.reason, person=step.person.id)


def take_lock(
    house: House, accession: str, person: Practitioner, *, take_over: bool = False
) -> StudyLock:
    """Open a study to report it, or go on doing so; returns who has it open after that.

    Another person's lock stands unless it is taken over, which the study's history tells.
    """
    with house.database.write() as tx:
        studies.get(tx, accession, lock=True)
        now = house.now()
        held = lock_of(tx, accession, now)
        if held is not None and held.person.id != person.id:
            if not take_over:
                return held
            studies.note(tx, accession, now, "taken over", f"from {held.person.id}")
            what = f"taken over from {held.person.id}"
            audit.tell(tx, Verb.UPDATE, accession, what, person=person.id)
            held = None
        if held is None:
            studies.note(tx, accession, now, "opened", f"by {person.id}")
            audit.tell(tx, Verb.READ, accession, "opened to report", person=person.id)
        until = iso(house.clock.now() + timedelta(seconds=LOCK_S))
        made = StudyLock(person, held.since if held else now, until)
        reviews.lock(tx, accession, made)
    return made


def leave(house: House, accession: str, person: Practitioner) -> None:
    """Close a study; another person's lock stands."""
    with house.database.write() as tx:
        studies.get(tx, accession, lock=True)
        now = house.now()
        held = lock_of(tx, accession, now)
        if held is not None and held.person.id == person.id:
            reviews.unlock(tx, accession)
            studies.note(tx, accession, now, "closed", f"by {person.id}")


def lock_of(tx: sa.Connection, accession: str, now: str) -> StudyLock | None:
    """Who has the study open at this moment."""
    return reviews.locks(tx, (accession,), now).get(accession)
