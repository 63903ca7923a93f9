"""Domain values as answers. Patient data is revealed here, to the radiologist who reads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from adapter.domain.communication import Communication
from adapter.domain.dictation import Dictation
from adapter.domain.difference import ChangeKind, Difference
from adapter.domain.finding import Evidence
from adapter.domain.order import Order
from adapter.domain.people import Patient, Practitioner
from adapter.domain.study import Study
from adapter.domain.transcript import Transcript, Word
from adapter.store.deliveries import OwedDelivery
from adapter.web.ai_answers import SourceTaken
from adapter.web.answers import (
    CommunicationView,
    DeliveryView,
    DictationView,
    DifferenceView,
    OrderView,
    PatientView,
    SentenceView,
    StudyRow,
    TranscriptView,
    WordView,
)
from adapter.web.bodies import Person
from adapter.workflow.ai_results import Taken


def study_row(study: Study) -> StudyRow:
    """A line of the worklist."""
    order = study.order
    return StudyRow(
        accession=order.accession,
        patient=_patient(order.patient),
        procedure=order.procedure.text or order.procedure.code,
        modality=order.modality,
        priority=order.priority,
        side=order.side,
        order_status=study.order_status,
        report_status=study.report_status,
        review_state=study.review,
        created_at=study.created_at,
        updated_at=study.updated_at,
    )


def source_taken(one: Taken) -> SourceTaken:
    """What became of the findings of one model."""
    ruling = one.ruling
    return SourceTaken(
        source=ruling.source,
        model=ruling.model,
        version=ruling.version,
        findings=one.findings,
        mode=ruling.mode,
        reasons=list(ruling.reasons),
    )


def person_view(who: Practitioner) -> Person:
    """A clinician."""
    return Person(id=who.id, family=who.family, given=who.given)


def _patient(patient: Patient) -> PatientView:
    return PatientView(
        mrn=patient.mrn.reveal(),
        family=patient.family.reveal(),
        given=patient.given.reveal(),
        birth_date=patient.birth_date.reveal(),
        sex=patient.sex,
    )


def order_view(order: Order) -> OrderView:
    """The order's own fields."""
    who = order.requester
    return OrderView(
        placer_number=order.placer_number,
        filler_number=order.filler_number,
        study_uid=order.study_uid,
        procedure_code=order.procedure.code,
        reason=order.reason.reveal(),
        requester=" ".join(filter(None, (who.given, who.family))) or who.id if who else "",
        scheduled_at=order.scheduled_at,
        patient_class=order.patient_class,
        linked=list(order.linked),
        source=order.source,
    )


def dictation_view(one: Dictation) -> DictationView:
    """A recording and its state."""
    return DictationView(
        id=one.id,
        sha256=one.audio_sha256,
        media_type=one.media_type,
        size_bytes=one.size_bytes,
        received_at=one.received_at,
        author=one.author,
        state=one.state,
        reason=one.reason,
    )


def transcript_view(one: Transcript) -> TranscriptView:
    """What was heard."""
    return TranscriptView(
        dictation=one.dictation_id,
        model=one.model,
        language=one.language,
        duration_ms=one.duration_ms,
        text=" ".join(word.text for word in one.words),
        words=word_views(one.words),
        quarantined=word_views(one.quarantined),
        unheard=list(one.unheard),
    )


def word_views(words: Iterable[Word]) -> list[WordView]:
    """Words with their times and confidence."""
    return [
        WordView(text=each.text, ms=(each.start_ms, each.end_ms), confidence=each.confidence)
        for each in words
    ]


def delivery_view(owed: OwedDelivery) -> DeliveryView:
    """A delivery and its answer."""
    one = owed.delivery
    return DeliveryView(
        control_id=one.control_id,
        destination=one.destination,
        accession=one.accession,
        kind=one.kind,
        state=one.state,
        attempts=one.attempts,
        answer=one.answer,
        answer_text=one.answer_text,
        issued_at=owed.issued_at,
        answered_at=owed.answered_at,
        body_sha256=owed.body_sha256,
    )


def communication_view(one: Communication) -> CommunicationView:
    """Who told whom what."""
    return CommunicationView(**asdict(one))


def difference_view(one: Difference) -> DifferenceView:
    """What became of our sentences, in numbers and one by one."""
    return DifferenceView(
        version=one.number,
        against=one.against,
        stands=one.count(ChangeKind.STANDS),
        changed=one.count(ChangeKind.CHANGED),
        removed=one.count(ChangeKind.REMOVED),
        added=one.count(ChangeKind.ADDED),
        sentences=[SentenceView(**asdict(each)) for each in one.changes],
    )


def evidence_view(one: Evidence) -> dict[str, Any]:
    """Where on the images a model saw it."""
    return {
        "study_uid": one.study_uid,
        "series_uid": one.series_uid,
        "sop_uid": one.sop_uid,
        "frame": one.frame,
        "box": list(one.box) if one.box else None,
        "point_mm": one.point_mm,
        "extent_mm": one.extent_mm,
        "frame_of_reference": one.frame_of_reference,
    }
