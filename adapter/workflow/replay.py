"""Rebuild each version of a report, and its messages, from what is stored; compare bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapter.domain.codec import from_json, to_json
from adapter.domain.delivery import ReportMessage
from adapter.domain.identifiers import sha256_hex
from adapter.domain.people import Practitioner
from adapter.domain.report import Report
from adapter.errors import NotFound
from adapter.mapping.destinations import DestinationProfile, load_destinations
from adapter.mapping.files import StoredMappingFiles
from adapter.mapping.reporting import ReportingTables
from adapter.reporting.pipeline import ReportInputs, build_report
from adapter.store import deliveries, reports, studies
from adapter.store.database import Database
from adapter.store.deliveries import OwedDelivery
from adapter.store.reports import StoredReport
from adapter.workflow.report_messages import report_message

Translate = Callable[[DestinationProfile, ReportMessage], bytes]


@dataclass(frozen=True, slots=True)
class Replayed:
    """One rebuilt thing: `what` names it, `same` says whether each byte is as it was stored."""

    what: str
    same: bool


def replay(database: Database, accession: str, translate: Translate) -> list[Replayed]:
    """All versions and their messages; raises NotFound when the study has no report."""
    with database.read() as tx:
        studies.get(tx, accession)
        versions = reports.versions(tx, accession)
        sent = deliveries.of_study(tx, accession)
        bodies = {each.id: reports.mapping_bodies(tx, each.mappings_json) for each in versions}
    known = {each.id: from_json(Report, each.report_json) for each in versions}
    if not versions:
        raise NotFound(f"study {accession} has no report to replay", code="not-found")
    results: list[Replayed] = []
    tables: dict[str, ReportingTables] = {}  # by the files that decided; reading them takes long
    for version in versions:
        files = StoredMappingFiles(bodies=bodies[version.id])
        if version.mappings_json not in tables:
            tables[version.mappings_json] = ReportingTables.load(files)
        report = build_report(
            from_json(ReportInputs, version.inputs_json), tables[version.mappings_json]
        )
        name = f"version {version.number} ({version.status})"
        results.append(Replayed(name, to_json(report) == version.report_json))
        profiles = {profile.name: profile for profile, _ in load_destinations(files)}
        for owed in sent:
            if owed.report_id == version.id:
                earlier = deliveries.earlier(sent, owed.delivery.destination, owed.id)
                profile = profiles.get(owed.delivery.destination)
                message = _message(owed, version, report, earlier, known)
                body = translate(profile, message) if profile and message else None
                what = f"{owed.delivery.kind} {owed.delivery.control_id}"
                results.append(
                    Replayed(f"{what} to {owed.delivery.destination}", _is_as_stored(body, owed))
                )
    return results


def _is_as_stored(body: bytes | None, owed: OwedDelivery) -> bool:
    """By the bytes; by their hash once retention has removed them."""
    if owed.delivery.body:
        return body == owed.delivery.body
    return body is not None and sha256_hex(body) == owed.body_sha256


def _message(
    owed: OwedDelivery,
    version: StoredReport,
    report: Report,
    earlier: list[OwedDelivery],
    known: dict[int, Report],
) -> ReportMessage | None:
    inputs = from_json(ReportInputs, version.inputs_json)
    if inputs.order is None:
        return None
    sent = owed.delivery
    person = from_json(Practitioner, version.person) if version.person else None
    return report_message(
        sent.control_id, sent.kind, inputs, report, owed.issued_at, person, earlier, known
    )
