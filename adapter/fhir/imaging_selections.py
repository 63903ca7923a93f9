"""Where on the images a model saw what the report takes over, as ImagingSelection (R5)."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.domain.finding import AiFinding, Evidence
from adapter.domain.report import Statement
from adapter.fhir.codes import DICOM
from adapter.fhir.elements import Json, coding, concept, conditional, entry, identifier, present
from adapter.fhir.subject import Subject

_BOX = "urn:readout:extension:relative-box"  # fractions: the size of the image is not known here
_CODE = concept(coding(DICOM[0], "113000", "Of Interest"))  # PS3.16 CID 7010


def selection_entries(subject: Subject) -> Iterator[Json]:
    """One for each image that an AI finding of a sentence points at."""
    for statement, finding in _grounded(subject):
        for number, evidence in enumerate(finding.evidence, 1):
            if evidence.study_uid and evidence.sop_uid:
                name = identifier(
                    subject.profile.report_system, f"{subject.accession}/{finding.id}/{number}"
                )
                resource = _resource(subject, statement, evidence, name)
                url = subject.url("ImagingSelection", name["value"])
                yield entry(url, resource, "PUT", conditional("ImagingSelection", name))


def selection_references(subject: Subject, statement: Statement) -> list[Json]:
    """Those of one sentence."""
    return [
        {"reference": subject.url("ImagingSelection", f"{subject.accession}/{finding.id}/{number}")}
        for each, finding in _grounded(subject)
        if each.id == statement.id
        for number, evidence in enumerate(finding.evidence, 1)
        if evidence.study_uid and evidence.sop_uid
    ]


def _grounded(subject: Subject) -> Iterator[tuple[Statement, AiFinding]]:
    """Sentences with the AI finding they rest on; each finding once."""
    seen = set()
    for statement in subject.statements:
        finding = subject.ai_finding(statement)
        if finding is not None and finding.id not in seen:
            seen.add(finding.id)
            yield statement, finding


def _resource(subject: Subject, statement: Statement, evidence: Evidence, number: Json) -> Json:
    device = subject.device_of(statement)
    instance = present(
        extension=_box(evidence),
        uid=evidence.sop_uid,
        subset=[str(evidence.frame)] if evidence.frame else None,
    )
    study = identifier("urn:dicom:uid", f"urn:oid:{evidence.study_uid}")
    return {"resourceType": "ImagingSelection"} | present(
        identifier=[number],
        status="entered-in-error" if subject.message.kind.takes_back else "available",
        subject=subject.patient,
        issued=subject.message.issued_at,
        performer=[{"actor": device}] if device else None,
        basedOn=[subject.order],
        code=_CODE,
        studyUid=evidence.study_uid,
        derivedFrom=[{"type": "ImagingStudy", "identifier": study}],
        seriesUid=evidence.series_uid,
        instance=[instance],
    )


def _box(evidence: Evidence) -> list[Json]:
    if evidence.box is None:
        return []
    corners = evidence.box._asdict()
    parts = [{"url": name, "valueDecimal": corners[name]} for name in corners]
    return [{"url": _BOX, "extension": parts}]
