"""The Composition of an HL7 Europe imaging report (CompositionEuImaging)."""

from __future__ import annotations

from collections.abc import Iterable

from adapter.domain.delivery import DeliveryKind
from adapter.domain.report import Section
from adapter.fhir.codes import EMPTY_REASON, LOINC
from adapter.fhir.diagnostic_report import RADIOLOGY, report_code
from adapter.fhir.elements import Json, clean, coding, concept, identifier, present
from adapter.fhir.observations import observation_url
from adapter.fhir.observed import observed
from adapter.fhir.report_text import facts_narrative, section_narrative
from adapter.fhir.subject import Subject, iso_date
from adapter.mapping.fhir_profile import FhirCode
from adapter.reporting.render import section_text, sections_text

_EXTENSION = "http://hl7.org/fhir/StructureDefinition"
_OUR_REPORT = (
    "http://hl7.eu/fhir/imaging-r4/StructureDefinition/"
    "DiagnosticReportEuImagingReferenceExtensionEuImaging"
)
_STATUS = {
    DeliveryKind.PRELIMINARY: "preliminary",
    DeliveryKind.FINAL: "final",
    DeliveryKind.ADDENDUM: "amended",
    DeliveryKind.CORRECTION: "amended",
    DeliveryKind.CANCELLATION: "entered-in-error",  # R4 has no cancelled Composition
    DeliveryKind.RETRACTION: "entered-in-error",
}
_STUDY = coding(LOINC, "18726-0", "Radiology studies (set)")
_ORDER = coding(LOINC, "55115-0", "Requested imaging studies information Document")
_FINDINGS = coding(LOINC, "59776-5", "Procedure findings Narrative")
_COMMUNICATION = coding(LOINC, "73568-8")
_BEFORE_FINDINGS = ("11329-0", "55111-9", "18834-2")
_IMPRESSION = "19005-8"
_ALWAYS = (
    coding(LOINC, "11329-0", "History general Narrative - Reported"),
    coding(LOINC, "55111-9", "Current imaging procedure descriptions Document"),
)
_UNAVAILABLE = concept(coding(EMPTY_REASON, "unavailable", "Unavailable"))


def composition(subject: Subject) -> Json:
    """The first resource of the document: who says what of whom, section by section."""
    message, profile = subject.message, subject.profile
    return {"resourceType": "Composition"} | present(
        language=profile.language,
        extension=[
            {"url": f"{_EXTENSION}/event-basedOn", "valueReference": subject.order},
            {"url": _OUR_REPORT, "valueReference": {"reference": subject.report_url}},
        ],
        identifier=subject.report_number,
        status=_STATUS[message.standing],
        type=report_code(subject),
        category=[RADIOLOGY],
        subject=subject.patient,
        date=message.issued_at,
        author=[each for each in (subject.author_role, subject.organization) if each],
        title=clean(f"{profile.words.title} {subject.accession}"),
        attester=_attester(subject),
        custodian=subject.organization,
        relatesTo=_replaces(subject),
        section=_sections(subject),
    )


def _attester(subject: Subject) -> list[Json]:
    role = subject.author_role
    if role is None or not subject.message.kind.is_signed:
        return []
    return [{"mode": "legal", "time": subject.message.issued_at, "party": role}]


def _replaces(subject: Subject) -> list[Json]:
    previous = subject.message.previous
    if previous is None:
        return []
    number = identifier(subject.profile.report_system, previous)
    return [{"code": "replaces", "targetIdentifier": number}]


def _sections(subject: Subject) -> list[Json]:
    """Study and order, then the report: what has a section of its own, the rest as findings."""
    codes = subject.profile.section_codes
    filled = [each for each in subject.message.report.sections if each.statements]
    own: dict[str, tuple[FhirCode, list[Section]]] = {}
    for section in filled:
        if section.id in codes:
            code = codes[section.id]
            own.setdefault(code.code, (code, []))[1].append(section)
    findings = [section for section in filled if section.id not in codes]
    made = [_study(subject), _order(subject)]
    made += [_referring(subject, code, [], []) for code in _ALWAYS if code["code"] not in own]
    before = [each for name, each in own.items() if name in _BEFORE_FINDINGS]
    after = [each for name, each in own.items() if name not in _BEFORE_FINDINGS]
    made += [_told(subject, code.coding, sections) for code, sections in before]
    if findings:
        made.append(_told(subject, _FINDINGS, findings))
    made += [_told(subject, code.coding, sections) for code, sections in after]
    return made + _communications(subject)


def _finding_entries(subject: Subject, sections: Iterable[Section]) -> list[Json]:
    if not subject.profile.observations:
        return []
    named = {statement.id for section in sections for statement in section.statements}
    return [
        {"reference": observation_url(subject, each.key)}
        for each in observed(subject.message.report)
        if each.statement.id in named
    ]


def _study(subject: Subject) -> Json:
    order, words = subject.message.order, subject.profile.words
    facts = [
        (words.procedure, order.procedure.text or order.procedure.code),
        (words.study_date, iso_date(order.scheduled_at)),
        (words.study, order.study_uid),
    ]
    entries = [subject.imaging_study] if subject.imaging_study else []
    return _referring(subject, _STUDY, entries, facts)


def _order(subject: Subject) -> Json:
    order, words = subject.message.order, subject.profile.words
    requester = subject.person(order.requester) or {}
    facts = [
        (words.accession, order.accession),
        (words.requester, requester.get("display", "")),
        (words.reason, order.reason.reveal()),
    ]
    return _referring(subject, _ORDER, [subject.order], facts)


def _referring(
    subject: Subject, code: Json, entries: list[Json], facts: list[tuple[str, str]]
) -> Json:
    """A section that refers to resources, with what they hold in words."""
    shown = facts_narrative(facts, subject.profile.words)
    return present(
        title=_title(subject, code),
        code=concept(code),
        text={"status": "generated", "div": shown},
        entry=entries,
        emptyReason=None if entries else _UNAVAILABLE,
    )


def _title(subject: Subject, code: Json) -> str:
    """The site's words, else those of the code system."""
    return subject.profile.section_titles.get(code["code"]) or code.get("display", "")


def _told(subject: Subject, code: Json, sections: list[Section]) -> Json:
    """A section with its words: readable, as plain text beside it, and as findings."""
    has_findings = code["code"] in (_FINDINGS["code"], _IMPRESSION)
    alone = len(sections) == 1
    words = section_text(sections[0]) if alone else sections_text(sections)
    note = {"url": f"{_EXTENSION}/note", "valueAnnotation": {"text": clean(words)}}
    return present(
        extension=[note] if clean(words) else None,
        title=clean(sections[0].title) if alone else _title(subject, code),
        code=concept(code),
        text={
            "status": "additional",
            "div": section_narrative(sections, subject.profile.words),
        },
        entry=_finding_entries(subject, sections) if has_findings else [],
    )


def _communications(subject: Subject) -> list[Json]:
    if not (subject.profile.communications and subject.message.communications):
        return []
    told = subject.message.communications
    entries = [
        {"reference": subject.url("Communication", f"{subject.accession}/{each.id}")}
        for each in told
    ]
    facts = [(f"{each.receiver}, {each.method}, {each.received_at}", each.finding) for each in told]
    return [_referring(subject, _COMMUNICATION, entries, facts)]
