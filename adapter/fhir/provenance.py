"""Where the report and each of its sentences come from, as Provenance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapter.domain.finding import AiFinding
from adapter.domain.report import Origin, Source, Statement
from adapter.fhir.codes import AI_AGENT, AI_ASSERTED, DICOM_UID, PARTICIPANT
from adapter.fhir.elements import (
    Json,
    coding,
    concept,
    entry,
    identifier,
    present,
    reference,
    search,
    unknown,
    urn,
)
from adapter.fhir.imaging_selections import selection_references
from adapter.fhir.observations import observation_url
from adapter.fhir.observed import observed
from adapter.fhir.subject import Subject

_TARGET_ELEMENT = "http://hl7.org/fhir/StructureDefinition/targetElement"
_SOFTWARE = reference("Device", display="Readout")


def provenance_entries(subject: Subject) -> Iterator[Json]:
    """One for the whole report, one for all template sentences, one for each other sentence."""
    statements = subject.statements
    template = [each for each in statements if each.is_template]
    whole: Json = {"reference": subject.report_url}
    yield _entry(subject, "report", [whole], agent=_report_agents(subject), entity=[])
    if template:
        agents = [_agent("assembler", _SOFTWARE)]
        targets = _targets(subject, template)
        yield _entry(subject, "template", targets, agent=agents, entity=[_template(subject)])
    for statement in statements:
        if not statement.is_template:
            yield _statement_entry(subject, statement)


def _statement_entry(subject: Subject, statement: Statement) -> Json:
    finding = subject.ai_finding(statement)
    entities = _dictation(subject, statement)
    if statement.origin is Origin.TEMPLATE:
        entities.append(_template(subject))
    agents = _agents(subject, statement)
    targets = _targets(subject, [statement])
    if finding:
        entities += _evidence(finding)
        if subject.profile.sends_selections:
            places = selection_references(subject, statement)
            entities += [{"role": "source", "what": each} for each in places]
    is_ai = statement.origin is Origin.AI
    return _entry(subject, statement.id, targets, agent=agents, entity=entities, is_ai=is_ai)


def _entry(
    subject: Subject,
    name: str,
    targets: Sequence[Json],
    *,
    agent: list[Json],
    entity: list[Json],
    is_ai: bool = False,
) -> Json:
    """A Provenance has no identifier in R4: a tag keeps a message sent twice from making two."""
    tag = coding(subject.profile.report_system, f"{subject.message.control_id}/{name}")
    resource = {"resourceType": "Provenance"} | present(
        meta={"tag": [tag]},
        target=list(targets),
        recorded=subject.message.issued_at,
        reason=[concept(AI_ASSERTED)] if is_ai else None,
        agent=agent,
        entity=entity,
    )
    url = urn(subject.profile.report_system, "Provenance", tag["code"])
    unless = search("_tag", tag["system"], tag["code"])
    return entry(url, resource, "POST", "Provenance", unless)


def _targets(subject: Subject, statements: Sequence[Statement]) -> list[Json]:
    """The sentences in the report's narrative, and the Observations that state them."""
    sentences = [
        {
            "extension": [{"url": _TARGET_ELEMENT, "valueUri": statement.id}],
            "reference": subject.report_url,
        }
        for statement in statements
    ]
    if not subject.profile.observations:
        return sentences
    named = {statement.id for statement in statements}
    return sentences + [
        {"reference": observation_url(subject, each.key)}
        for each in observed(subject.message.report)
        if each.statement.id in named
    ]


def _agent(kind: str, who: Json, role: Json | None = None) -> Json:
    roles = [concept(role)] if role else None
    return present(type=concept(coding(PARTICIPANT, kind)), role=roles, who=who)


def _report_agents(subject: Subject) -> list[Json]:
    signed = [] if subject.author is None else [_agent("verifier", subject.author)]
    return [_agent("assembler", _SOFTWARE), *signed]


def _agents(subject: Subject, statement: Statement) -> list[Json]:
    """The model where there is one, and the person: author, or verifier of the model's words."""
    persons = (statement.source.person, *(part.source.person for part in statement.parts))
    name = next(filter(None, persons), "")
    person = reference("Practitioner", display=name) if name else None
    device = subject.device_of(statement)
    agents = [_agent("author", device, AI_AGENT)] if device else []
    if statement.origin is Origin.AI:
        agents = agents or [_agent("author", unknown("Device"), AI_AGENT)]
        agents += [_agent("verifier", person)] if person else []
    else:
        agents.append(_agent("author", person or subject.author or unknown("Practitioner")))
    return agents + _signed(subject)


def _signed(subject: Subject) -> list[Json]:
    """The radiologist who answers for the sentence, once the report is signed."""
    author = subject.author if subject.message.kind.is_signed else None
    return [_agent("legal", author)] if author else []


def _dictation(subject: Subject, statement: Statement) -> list[Json]:
    """The audio (`#t=` seconds, W3C Media Fragments) and the text (`#char=`, RFC 5147) quoted."""
    sources = (statement.source, *(part.source for part in statement.parts))
    return [each for source in sources for each in _recording(subject, source)]


def _recording(subject: Subject, source: Source) -> list[Json]:
    if not source.dictation:
        return []
    name = f"{subject.accession}/{source.dictation}"
    system = subject.profile.report_system
    entities = []
    if source.ms:
        start, end = (f"{moment / 1000:.3f}" for moment in source.ms)
        audio = identifier(system, f"{name}#t={start},{end}")
        shown = f"dictation {source.dictation}, {start} s to {end} s"
        entities.append({"role": "source", "what": reference("Media", audio, shown)})
    if source.chars:
        start, end = map(str, source.chars)
        text = identifier(system, f"{name}#char={start},{end}")
        shown = f"text of dictation {source.dictation}, characters {start} to {end}"
        entities.append({"role": "quotation", "what": reference("DocumentReference", text, shown)})
    return entities


def _template(subject: Subject) -> Json:
    template = subject.message.report.template
    number = identifier(subject.profile.report_system, f"template/{template.id}/{template.version}")
    shown = f"template {template.id}, version {template.version}, SHA-256 {template.sha256}"
    return {"role": "source", "what": reference("DocumentReference", number, shown)}


def _evidence(finding: AiFinding) -> list[Json]:
    studies = dict.fromkeys(each.study_uid for each in finding.evidence if each.study_uid)
    numbers = (identifier(DICOM_UID, f"urn:oid:{uid}") for uid in studies)
    return [{"role": "source", "what": reference("ImagingStudy", each)} for each in numbers]
