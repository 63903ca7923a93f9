"""Structured reports of archives: each is asked in turns, and only what is new is fetched.

DICOMweb has no search for what has changed. A study is looked into again when its counts of series
and instances have; a report that is in the message log is not fetched again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import structlog

from adapter.dicom.archive_search import ArchiveSearch, ReportFound, StudyFound
from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage
from adapter.errors import NotFound, Rejected, TryAgain
from adapter.mapping.dicom_sources import load_dicom_sources
from adapter.mapping.files import MappingFiles
from adapter.store import dicom_sources as store
from adapter.store import links, messages
from adapter.workflow.ai_readers import DICOM_JSON, REPORT_TYPE
from adapter.workflow.intake import Intake
from adapter.workflow.study_flow import ASK, House

log = structlog.get_logger()


def open_archives(files: MappingFiles) -> dict[str, ArchiveSearch]:
    """The enabled archives by name; raises ConfigurationError."""
    return {each.name: ArchiveSearch(each) for each in load_dicom_sources(files)}


class DicomSources:
    """All archives that are asked."""

    def __init__(self, house: House, intake: Intake, archives: Mapping[str, ArchiveSearch]) -> None:
        self._house, self._intake, self._archives = house, intake, archives

    def reconcile(self) -> int:
        """Promise the turn of every archive; returns how many."""
        with self._house.database.write() as tx:
            links.forget_others(tx, links.LinkKind.ARCHIVE, list(self._archives))
            for name in self._archives:
                turn = store.state(tx, name).turn
                self._house.jobs.put(tx, ASK, f"{name}/turn-{turn}", lane=name)
        return len(self._archives)

    async def ask(self, key: str) -> None:
        """Job: one turn of an archive."""
        name, _, turn = key.rpartition("/turn-")
        archive = self._archives.get(name)
        if archive is None:
            log.warning("dicom_source_unknown", source=name)
        elif await asyncio.to_thread(self._turn_of, name) == int(turn):
            await self._turn(archive, int(turn))

    async def sweep(self, archive: ArchiveSearch) -> None:
        """Take what is new; raises TryAgain. What was taken until then stays taken."""
        first = self._house.clock.now() - timedelta(days=archive.source.days)
        since = f"{first:%Y%m%d}"
        async for study in archive.studies(since):
            if not await asyncio.to_thread(self._is_read, archive, study):
                for report in await archive.reports(study.uid):
                    await self._take(archive, report)
                await asyncio.to_thread(self._keep_read, archive, study, since)

    async def _take(self, archive: ArchiveSearch, report: ReportFound) -> None:
        source = archive.source
        if await asyncio.to_thread(self._is_stored, source.name, report.uid):
            return
        try:
            body = await archive.fetch(report)
        except NotFound:
            return
        except Rejected as error:
            log.warning("dicom_report_refused", source=source.name, why=str(error))
            return
        message = InboundMessage(
            protocol=DICOM_JSON,
            peer=source.url,
            sender=source.name,
            control_id=report.uid,
            type=REPORT_TYPE,
            body=body,
            body_sha256=sha256_hex(body),
            received_at=self._house.now(),
        )
        await asyncio.to_thread(self._intake.store, [message])

    async def _turn(self, archive: ArchiveSearch, turn: int) -> None:
        name, problem, wait = archive.source.name, "", archive.source.poll_seconds
        try:
            await self.sweep(archive)
        except (TryAgain, Rejected) as error:
            problem = str(error)
            wait = min(wait, getattr(error, "after", None) or self._house.retry_cap)
            log.warning("dicom_source_waits", source=name, wait_s=wait, why=problem)
        await asyncio.to_thread(self._next_turn, name, turn, problem, wait)

    def _next_turn(self, name: str, turn: int, problem: str, wait: float) -> None:
        with self._house.database.write() as tx:
            if store.state(tx, name, lock=True).turn == turn:
                store.keep_state(tx, store.SourceState(name, turn + 1))
                links.tried(tx, links.LinkKind.ARCHIVE, name, problem, self._house.now())
                key = f"{name}/turn-{turn + 1}"
                self._house.jobs.put(tx, ASK, key, delay=wait, lane=name)

    def _turn_of(self, name: str) -> int:
        with self._house.database.read() as tx:
            return store.state(tx, name).turn

    def _is_read(self, archive: ArchiveSearch, study: StudyFound) -> bool:
        """An archive that does not count is asked for the reports of each study every time."""
        with self._house.database.read() as tx:
            known = store.mark_of(tx, archive.source.name, study.uid)
        return known == study.mark and study.mark.strip("/") != ""

    def _keep_read(self, archive: ArchiveSearch, study: StudyFound, since: str) -> None:
        with self._house.database.write() as tx:
            store.keep_mark(tx, archive.source.name, study.uid, study.date, study.mark)
            store.forget(tx, archive.source.name, since)

    def _is_stored(self, sender: str, uid: str) -> bool:
        with self._house.database.read() as tx:
            return messages.is_stored(tx, sender, uid)
