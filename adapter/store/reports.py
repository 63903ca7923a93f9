"""Every version of every report, its inputs, and the mapping files that decided it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from adapter.domain.codec import from_json
from adapter.domain.report import Report
from adapter.errors import NotFound
from adapter.mapping.files import MappingFile
from adapter.store.database import row_id
from adapter.store.tables import mapping_version, report


class StoredReport(NamedTuple):
    """One version; `inputs_json` and `mappings_json` are enough to rebuild `report_json`."""

    id: int
    accession: str
    number: int
    status: str
    inputs_json: str
    mappings_json: str  # {"templates/ct_head.yaml": sha256, …}
    report_json: str
    text: str
    created_at: str
    person: str


_COLUMNS = [report.c[name] for name in StoredReport._fields]


def add(tx: sa.Connection, new: StoredReport) -> int:
    """A new version (its `id` is ignored); returns its row id."""
    values = new._asdict()
    del values["id"]
    return row_id(tx.execute(sa.insert(report).values(**values)))


def latest(tx: sa.Connection, accession: str) -> StoredReport | None:
    """The newest version of a study's report, or None."""
    return next(iter(_versions(tx, accession, newest_first=True, limit=1)), None)


def by_ids(tx: sa.Connection, ids: Iterable[int]) -> dict[int, Report]:
    """The reports of these rows."""
    query = sa.select(report.c.id, report.c.report_json).where(report.c.id.in_(set(ids)))
    return {id_: from_json(Report, text) for id_, text in tx.execute(query)}


def get_latest(tx: sa.Connection, accession: str) -> StoredReport:
    """The newest version; raises NotFound while there is none."""
    found = latest(tx, accession)
    if found is None:
        raise NotFound(f"study {accession} has no report yet", code="not-found")
    return found


def get_version(tx: sa.Connection, accession: str, number: int) -> StoredReport:
    """One version of a study's report; raises NotFound."""
    query = sa.select(*_COLUMNS).where(report.c.accession == accession, report.c.number == number)
    row = tx.execute(query).first()
    if row is None:
        raise NotFound(f"study {accession} has no report version {number}", code="not-found")
    return StoredReport(*row)


def latest_number(tx: sa.Connection, accession: str) -> int:
    """Number of the newest version; 0 while there is none."""
    query = sa.select(sa.func.max(report.c.number)).where(report.c.accession == accession)
    return int(tx.scalar(query) or 0)


def versions(tx: sa.Connection, accession: str) -> list[StoredReport]:
    """All versions, oldest first."""
    return _versions(tx, accession, newest_first=False, limit=None)


def _versions(
    tx: sa.Connection, accession: str, *, newest_first: bool, limit: int | None
) -> list[StoredReport]:
    order = report.c.number.desc() if newest_first else report.c.number
    query = sa.select(*_COLUMNS).where(report.c.accession == accession).order_by(order)
    return [StoredReport(*row) for row in tx.execute(query.limit(limit))]


def shown(stored: StoredReport) -> Report:
    """The report of a stored version."""
    return from_json(Report, stored.report_json)


def keep_mappings(tx: sa.Connection, files: Iterable[MappingFile]) -> str:
    """Store each mapping file once for ever; returns `mappings_json`."""
    named = {each.name: each for each in files}
    known = set(
        tx.execute(
            sa.select(mapping_version.c.name, mapping_version.c.sha256).where(
                mapping_version.c.name.in_(named)
            )
        ).tuples()
    )
    new = [each for each in named.values() if (each.name, each.sha256) not in known]
    if new:
        tx.execute(
            sa.insert(mapping_version),
            [{"name": each.name, "sha256": each.sha256, "body": each.body} for each in new],
        )
    return json.dumps({name: named[name].sha256 for name in sorted(named)})


def mapping_body(tx: sa.Connection, name: str, sha256: str) -> bytes | None:
    """One version of a mapping file, None where it is not kept."""
    query = sa.select(mapping_version.c.body)
    named = query.where(mapping_version.c.name == name, mapping_version.c.sha256 == sha256)
    body = tx.scalar(named)
    return None if body is None else bytes(body)


def mapping_bodies(tx: sa.Connection, mappings_json: str) -> dict[str, bytes]:
    """The mapping files of a stored report, by name."""
    wanted: dict[str, str] = json.loads(mappings_json)
    query = sa.select(
        mapping_version.c.name, mapping_version.c.sha256, mapping_version.c.body
    ).where(mapping_version.c.sha256.in_(wanted.values()))
    return {
        name: bytes(body) for name, sha256, body in tx.execute(query) if wanted.get(name) == sha256
    }
