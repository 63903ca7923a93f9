"""Tells a FHIR server how far its orders are, by Tasks; owed by the tables, tried until told."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

import sqlalchemy as sa
import structlog

from adapter.domain.study import Study
from adapter.errors import Rejected
from adapter.fhir.elements import Json, search
from adapter.fhir.source_server import SourceServer, resources_of
from adapter.fhir.tasks import REJECTED, has_ended, new_task, task_status, with_status
from adapter.mapping.fhir_sources import FhirSource, TaskRule
from adapter.store import fhir_sources as store
from adapter.store import studies
from adapter.store.fhir_sources import SeenOrder
from adapter.workflow.study_flow import TELL, House

log = structlog.get_logger()


class TaskFeed(Protocol):
    """What of a source is needed here."""

    @property
    def source(self) -> FhirSource:
        """Its rules."""

    @property
    def server(self) -> SourceServer:
        """Its server."""


def promise_task(house: House, tx: sa.Connection, source: str, id_: str) -> None:
    """Ask that the server be told of this order."""
    house.jobs.put(tx, TELL, f"{source}/{id_}/{uuid.uuid4().hex}", lane=source)


@dataclass(frozen=True)
class FhirTasks:
    """All servers; of those without `tasks` nothing is told."""

    house: House
    feeds: Mapping[str, TaskFeed]

    def watch(self, tx: sa.Connection, accession: str) -> None:
        """Promise to tell of a study that has changed."""
        if self._told():
            for seen in store.of_accession(tx, accession):
                if seen.source in self._told():
                    promise_task(self.house, tx, seen.source, seen.id)

    def reconcile(self) -> int:
        """Ask again for what is owed; returns how many studies."""
        with self.house.database.write() as tx:
            owed = store.owed_tasks(tx, self._told()) if self._told() else []
            for accession in owed:
                self.watch(tx, accession)
        return len(owed)

    async def tell(self, key: str) -> None:
        """Job: bring the Task of an order to where its study is. Raises TryAgain."""
        name, id_, _ = key.split("/", 2)
        feed = self.feeds.get(name)
        rule = feed.source.tasks if feed else None
        found = await asyncio.to_thread(self._order, name, id_)
        if feed is None or rule is None or found is None:
            return
        seen, study = found
        status = task_status(study) if study else REJECTED
        kept: dict[str, object] = {"task_version": study.version if study else 0}
        if status != seen.task_status:
            try:
                task = await self._write(feed.server, rule, seen, status)
                kept |= {"task": task, "task_status": status if task else ""}
            except Rejected as error:
                log.warning("fhir_task_refused", source=name, why=error.code)
                kept |= {"task_status": status}
                await asyncio.to_thread(self._note, study, f"{name}: {error}")
        await asyncio.to_thread(self._keep, name, id_, kept)

    async def _write(
        self, server: SourceServer, rule: TaskRule, seen: SeenOrder, status: str
    ) -> str:
        """Id of the Task that tells it now; "" where there is none and none is to be made."""
        now, order = self.house.now(), f"ServiceRequest/{seen.id}"
        task = await self._find(server, seen, order)
        reason = seen.reason if status == REJECTED else ""
        if task and has_ended(task):
            return str(task["id"])
        if task:
            version = (task.get("meta") or {}).get("versionId")
            headers = {"If-Match": f'W/"{version}"'} if version else {}
            told = with_status(task, status, reason, now)
            await server.write("PUT", f"Task/{task['id']}", told, headers)
            return str(task["id"])
        if not rule.create:
            return ""
        number = (rule.system, f"{seen.source}/{seen.id}")
        headers = {"If-None-Exist": search("identifier", *number)}
        made = await server.write(
            "POST", "Task", new_task(order, number, status, reason, now), headers
        )
        return str(made.get("id") or "")

    async def _find(self, server: SourceServer, seen: SeenOrder, order: str) -> Json:
        """The Task that is known, else the first that goes on with the order; {} without one."""
        if seen.task:
            return await server.read(f"Task/{seen.task}")
        found: list[Json] = []
        async for page in server.pages(f"Task?focus={quote(order, safe='')}"):
            found += [resource for _, resource in resources_of(page)]
        tasks = [each for each in found if each["resourceType"] == "Task" and each.get("id")]
        return next((each for each in tasks if not has_ended(each)), tasks[0] if tasks else {})

    def _told(self) -> list[str]:
        return [name for name, feed in self.feeds.items() if feed.source.tasks]

    def _order(self, name: str, id_: str) -> tuple[SeenOrder, Study | None] | None:
        with self.house.database.read() as tx:
            seen = store.seen(tx, name, id_)
            return seen and (seen, studies.find(tx, seen.accession))

    def _note(self, study: Study | None, told: str) -> None:
        if study is not None:
            with self.house.database.write() as tx:
                accession = study.order.accession
                studies.note(tx, accession, self.house.now(), "task refused", told[:500])

    def _keep(self, name: str, id_: str, kept: dict[str, object]) -> None:
        with self.house.database.write() as tx:
            store.keep_task(tx, name, id_, **kept)
