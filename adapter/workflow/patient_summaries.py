"""Summaries for patients: of signed reports alone, handed out only once a person released them.

A release is of one version of the report: what is corrected, added or taken back since withdraws
it. Sentences are made of facts by rules; a model that drafts them would stand behind `Writer`, and
its sentences would need the same statements as their sources.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import sqlalchemy as sa

from adapter.domain.audit import Verb
from adapter.domain.codec import to_json
from adapter.domain.identifiers import sha256_hex
from adapter.domain.order import Order
from adapter.domain.people import Practitioner
from adapter.domain.report import Report
from adapter.domain.summary import Summary
from adapter.errors import Conflict, NotFound
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.plain_words import PatientSummary, PlainWords
from adapter.reporting.plain_language import summarize
from adapter.store import audit, reports, studies, summaries
from adapter.store.reports import StoredReport
from adapter.store.summaries import Release
from adapter.workflow.study_flow import SIGNED, House

EVENT = "patient summary released"


class Writer(Protocol):
    """Makes a summary of a signed report."""

    def __call__(self, report: Report, words: PlainWords, lexicon: Lexicon, /) -> Summary:
        """Every sentence names the statements that it comes from."""


class Drafted(NamedTuple):
    """A summary, the version of the report it is of, and its release where that still stands."""

    summary: Summary
    number: int
    release: Release | None


class PatientSummaries:
    """The summaries of one house."""

    def __init__(
        self,
        house: House,
        rules: PatientSummary,
        words: PlainWords,
        writer: Writer = summarize,
    ) -> None:
        self._house, self.rules, self.words = house, rules, words
        self._writer = writer

    def draft(self, accession: str) -> Drafted:
        """For the person who may release it; raises NotFound, Conflict as `_signed` does."""
        with self._house.database.read() as tx:
            last = self._signed(tx, accession)
            release = summaries.released(tx, accession)
        stands = release is not None and release.number == last.number
        return Drafted(self._made(last), last.number, release if stands else None)

    def shown(self, accession: str) -> Drafted | None:
        """The same for the page of the report; None where there is none to show."""
        try:
            return self.draft(accession) if self.rules.offered else None
        except Conflict:
            return None

    def release(self, accession: str, person: Practitioner, number: int) -> Release:
        """Let the patient have it. `number`: the version whose summary the person has read.

        Raises Conflict when the report has changed since.
        """
        house = self._house
        with house.database.write() as tx:
            studies.get(tx, accession, lock=True)
            last = self._signed(tx, accession)
            if last.number != number:
                raise Conflict(
                    f"the report has changed since: read the summary of version {last.number}",
                    code="moved",
                )
            made = Release(accession, number, self._made(last), house.now(), person.id)
            summaries.keep(tx, made)
            proof = f"version {number}, sha256 {sha256_hex(to_json(made.summary).encode())}"
            told = f"version {number} by {person.id}"
            studies.note(tx, accession, made.released_at, EVENT, told)
            audit.tell(tx, Verb.UPDATE, accession, EVENT, proof, person=person.id)
        return made

    def released(self, accession: str) -> tuple[Release, Order]:
        """What the patient may have, and the order; raises NotFound where nobody released it."""
        with self._house.database.read() as tx:
            last, found = self._signed(tx, accession), summaries.released(tx, accession)
            order = studies.get(tx, accession).order
        if found is None:
            raise NotFound("nobody has released a summary of this report", code="not-released")
        if found.number != last.number:
            raise NotFound(
                "the report was changed after the summary was released; release it again",
                code="withdrawn",
            )
        return found, order

    def _made(self, stored: StoredReport) -> Summary:
        return self._writer(reports.shown(stored), self.words, self._house.tables.lexicon)

    def _signed(self, tx: sa.Connection, accession: str) -> StoredReport:
        """The signed report. Raises Conflict while it is not signed, or where none is offered."""
        if not self.rules.offered:
            told = "summaries for patients are switched off; `offered` in patient_summary.yaml"
            raise Conflict(told, code="not-offered")
        study = studies.get(tx, accession)
        if study.report_status not in SIGNED:
            raise Conflict("there are summaries of signed reports alone", code="unsigned")
        return reports.get_latest(tx, accession)
