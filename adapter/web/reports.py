"""The report of a study, and where each of its statements comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from adapter.domain.codec import from_json
from adapter.domain.finding import AiFinding
from adapter.domain.people import Practitioner
from adapter.domain.report import Part, Report, Section, Statement
from adapter.domain.transcript import Transcript, Word
from adapter.reporting.pipeline import ReportInputs
from adapter.reporting.render import parts_json, prior_json, report_json
from adapter.store import dictations, reports
from adapter.store.reports import StoredReport
from adapter.web.answers import ProvenanceView, ReportView, StatementSource
from adapter.web.parts import Parts
from adapter.web.requests import House, InPath
from adapter.web.views import communication_view, evidence_view, person_view, word_views
from adapter.workflow.printing import print_report

router = APIRouter(prefix="/api/studies/{accession}", tags=["reports"])

_NOT_KEPT = {"Content-Disposition": 'inline; filename="report.pdf"', "Cache-Control": "no-store"}

Version = Annotated[int | None, Query(ge=1, description="empty: the latest one")]


@router.get("/report")
def report(accession: InPath, parts: House, version: Version = None) -> ReportView:
    """One version of the report."""
    return report_view(_stored(parts, accession, version))


@router.get(
    "/report.pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
)
def printed(accession: InPath, parts: House) -> Response:
    """The report that stands now on paper; one that nobody has signed is marked so."""
    pdf = print_report(parts.house.database, accession, parts.workspace.paper)
    return Response(pdf, media_type="application/pdf", headers=_NOT_KEPT)


@router.get("/provenance")
def provenance(accession: InPath, parts: House, version: Version = None) -> ProvenanceView:
    """Each statement with its source: audio, template file or AI model."""
    stored = _stored(parts, accession, version)
    with parts.house.database.read() as tx:
        audio = {each.id: each.audio_sha256 for each in dictations.of_study(tx, accession)}
    sources = _Sources(stored, audio)
    prior = sources.report.prior
    return ProvenanceView(
        accession=accession,
        version=stored.number,
        statements=[
            sources.of(section, statement)
            for section in sources.report.sections
            for statement in section.statements
        ],
        prior=prior_json(prior) if prior else None,
        communications=[communication_view(each) for each in sources.inputs.communications],
        mappings=json.loads(stored.mappings_json),
    )


def report_view(stored: StoredReport) -> ReportView:
    """A stored version as it is shown."""
    who = from_json(Practitioner, stored.person) if stored.person else None
    return ReportView(
        accession=stored.accession,
        version=stored.number,
        created_at=stored.created_at,
        signed_by=person_view(who) if who else None,
        text=stored.text,
        **report_json(reports.shown(stored)),
    )


def _stored(parts: Parts, accession: str, version: int | None) -> StoredReport:
    with parts.house.database.read() as tx:
        if version is None:
            return reports.get_latest(tx, accession)
        return reports.get_version(tx, accession, version)


class _Sources:
    """What one version was made of."""

    def __init__(self, stored: StoredReport, audio: dict[str, str]) -> None:
        self.inputs = inputs = from_json(ReportInputs, stored.inputs_json)
        spoken = (*inputs.transcripts, *inputs.addenda)
        self.report: Report = reports.shown(stored)
        self._audio = audio
        self._transcripts = {
            each.dictation_id: each for each in spoken if isinstance(each, Transcript)
        }
        self._findings: dict[str, AiFinding] = {each.id: each for each in inputs.ai}

    def of(self, section: Section, statement: Statement) -> StatementSource:
        """The source of one statement."""
        source = statement.source
        finding = self._findings.get(source.ai or "")
        return StatementSource(
            id=statement.id,
            section=section.id,
            text=statement.text,
            origin=statement.origin,
            dictation=source.dictation,
            audio_sha256=self._audio.get(source.dictation or ""),
            chars=source.chars,
            ms=source.ms,
            words=word_views(self._words(source.dictation, source.ms)),
            template=source.template,
            template_sha256=self.report.template.sha256 if source.template else None,
            prior=source.prior,
            ai=source.ai,
            model=finding.model if finding else None,
            model_version=finding.version if finding else None,
            evidence=[evidence_view(each) for each in finding.evidence] if finding else [],
            person=source.person,
            parts=[self._part(part, found) for part, found in self._parts(statement)],
        )

    def _parts(self, statement: Statement) -> Iterator[tuple[Part, dict[str, Any]]]:
        return zip(statement.parts, parts_json(statement), strict=True)

    def _part(self, part: Part, found: dict[str, Any]) -> dict[str, Any]:
        """A part of a line with its own audio."""
        source = part.source
        heard = word_views(self._words(source.dictation, source.ms))
        audio = {"audio_sha256": self._audio.get(source.dictation or "")}
        words = {"words": [each.model_dump() for each in heard]}
        return found | (audio | words if source.dictation else {})

    def _words(self, dictation: str | None, ms: tuple[int, int] | None) -> list[Word]:
        heard = self._transcripts.get(dictation or "")
        if heard is None or ms is None:
            return []
        return [each for each in heard.words if each.start_ms >= ms[0] and each.end_ms <= ms[1]]
