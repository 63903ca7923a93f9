"""Which study a context is of, and whether it may be shown: accession, patient, study UID agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa

from adapter.domain.study import Study
from adapter.fhircast.context import Context
from adapter.fhircast.identity import Identity, identity_of
from adapter.mapping.fhircast_hubs import FhircastHub
from adapter.store import studies

NONE, FOLLOWED, WAITING, REFUSED, HELD = "none", "followed", "waiting", "refused", "held"
"""States of a session: nothing is open; the study is shown; its order is not here; the identities
disagree; a dictation goes on."""

_OTHER_PATIENT = "the patient's number in the context is not that of this accession"
_OTHER_IMAGES = "the study UID in the context is not that of this accession"
_NO_NUMBER = "the context names no accession number"
_NOT_HERE = "no order of this accession is here"


class Judgement(NamedTuple):
    """What the workspace shows (`accession`, "": nothing) and what the hub asked for."""

    state: str
    accession: str = ""
    asked: str = ""
    reason: str = ""


def judge(tx: sa.Connection, hub: FhircastHub, context: Context | None) -> Judgement:
    """What a context means here; whatever disagrees is refused, never guessed."""
    if context is None:
        return Judgement(NONE)
    systems = [hub.accession_system] if hub.accession_system else []
    told = identity_of(context.elements, systems)
    asked = next(iter(told.accessions or told.study_uids), "")
    if not asked:
        return Judgement(REFUSED, reason=_NO_NUMBER)
    found = list(_candidates(tx, told))
    if not found:
        waits = WAITING if hub.unknown_study == "wait" else REFUSED
        return Judgement(waits, asked=asked, reason=_NOT_HERE)
    for study in found:
        if not _same_patient(study, told, hub):
            return Judgement(REFUSED, asked=asked, reason=_OTHER_PATIENT)
        if told.study_uids and study.order.study_uid not in ("", *told.study_uids):
            return Judgement(REFUSED, asked=asked, reason=_OTHER_IMAGES)
    return Judgement(FOLLOWED, accession=found[0].order.accession, asked=asked)


def _candidates(tx: sa.Connection, told: Identity) -> Iterator[Study]:
    """By accession; where the context names none, by study UID."""
    for accession in told.accessions:
        if (study := studies.find(tx, accession)) is not None:
            yield study
    if not told.accessions:
        for uid in told.study_uids:
            yield from studies.of_study_uid(tx, uid)


def _same_patient(study: Study, told: Identity, hub: FhircastHub) -> bool:
    """By number, and by issuer where both sides name theirs in one system.

    A study without a number (its order has not come) or a context without one contradicts nobody.
    """
    ours = study.order.patient
    if not ours.mrn or not told.record_numbers:
        return True
    system = hub.mrn_system or (ours.issuer if ":" in ours.issuer else "")
    comparable = [number for named, number in told.record_numbers if named == system and system]
    numbers = comparable or [number for _, number in told.record_numbers]
    return ours.mrn.reveal() in numbers
