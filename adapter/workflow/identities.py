"""All that the house knows of the people around a study, so that none of it leaves."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.domain.codec import from_json
from adapter.domain.people import Practitioner
from adapter.domain.prior import PriorReport
from adapter.domain.study import Study
from adapter.fhir import identity as of_fhir
from adapter.hl7v2 import identity as of_hl7v2
from adapter.privacy.identifiers import Identifiers, of_order
from adapter.store import fhir_orders, message_keys, patients, prior_reports, reports, studies
from adapter.workflow.study_flow import SIGNED

_MOST_MESSAGES = 20
_FHIR = "fhir"
_HL7V2 = "hl7v2"
_DAY = 8  # digits of YYYYMMDD


def identifiers_of(tx: sa.Connection, study: Study, prior: PriorReport | None) -> Identifiers:
    """From the order, its messages as they came, earlier studies, and who wrote reports."""
    accession = study.order.accession
    known = of_order(study.order, study.created_at.replace("-", "")[:_DAY])
    for protocol, body in message_keys.bodies_of(tx, accession, _MOST_MESSAGES):
        if protocol.startswith(_HL7V2):
            known = known.and_(of_hl7v2.read_identity(body))
        elif protocol.startswith(_FHIR):
            known = known.and_(of_fhir.read_identity(body))
    kept = fhir_orders.find(tx, accession)
    if kept is not None:
        known = known.and_(of_fhir.read_identity(kept.body))
    keys = patients.keys_of(tx, study.order.patient)
    for earlier in studies.of_keys(tx, keys, SIGNED):
        known = known.and_(of_order(earlier.order))
    people = list(_authors(tx, accession))
    for outside in prior_reports.of_keys(tx, keys):
        known = known.and_(of_order(outside.report.order))
        people += [outside.report.person] if outside.report.person else []
    if prior is not None:
        people += _authors(tx, prior.accession)
    return known.with_providers(people)


def _authors(tx: sa.Connection, accession: str) -> list[Practitioner]:
    versions = reports.versions(tx, accession) if accession else []
    return [from_json(Practitioner, each.person) for each in versions if each.person]
