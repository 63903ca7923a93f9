"""Who was told of an urgent finding, when and how, as Communication."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.domain.communication import Communication
from adapter.domain.people import Practitioner
from adapter.fhir.codes import COMMUNICATION_CATEGORY, PARTICIPATION_MODE
from adapter.fhir.elements import (
    Json,
    clean,
    coding,
    concept,
    entry,
    identifier,
    named,
    present,
    reference,
)
from adapter.fhir.subject import Subject

_ALERT = concept(coding(COMMUNICATION_CATEGORY, "alert", "Alert"))


def communication_entries(subject: Subject) -> Iterator[Json]:
    """One for each record, written once: a later version of the report does not change it."""
    for each in subject.message.communications:
        number = identifier(subject.profile.report_system, f"{subject.accession}/{each.id}")
        url = subject.url("Communication", number["value"])
        resource = _resource(subject, each, number)
        unless = named(number)
        yield entry(url, resource, "POST", "Communication", unless)


def _resource(subject: Subject, one: Communication, number: Json) -> Json:
    """The moment at which the finding was seen is that of the note that names it."""
    said = _said(subject, one)
    return {"resourceType": "Communication"} | present(
        identifier=[number],
        basedOn=[subject.order],
        status="completed",
        category=[_ALERT],
        medium=[_medium(subject, one.method)],
        subject=subject.patient,
        about=[{"reference": subject.report_url}],
        received=one.received_at,
        recipient=[reference("Practitioner", display=one.receiver)],
        sender=subject.person(Practitioner(one.sender)),
        payload=[{"contentString": text} for text in said],
        note=[{"time": one.identified_at, "text": clean(one.finding)}],
    )


def _medium(subject: Subject, method: str) -> Json:
    code = subject.profile.medium_codes.get(method.strip().lower())
    return concept(*([coding(PARTICIPATION_MODE, code)] if code else []), text=method)


def _said(subject: Subject, one: Communication) -> list[str]:
    """The sentences that state the finding, else the words by which the record names it."""
    stated = [
        clean(each.text)
        for each in subject.statements
        if any(fact.finding == one.finding and not fact.negated for fact in each.facts)
    ]
    return list(dict.fromkeys(filter(None, stated))) or [clean(one.finding)]
