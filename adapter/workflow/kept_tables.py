"""With which mapping files a report goes on: what was shown is signed, and templates stay.

A change of the site's files acts on new reports at once. A report in work keeps the templates and
macros that it was begun with, and takes the words of today with its next dictation. What is made
of the same inputs (signing, addendum, correction) is made with the very files of the version that
was read.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
import structlog

from adapter.errors import ConfigurationError
from adapter.mapping.reporting import ReportingTables
from adapter.store import reports
from adapter.store.reports import StoredReport
from adapter.workflow.study_flow import House

log = structlog.get_logger()

_LAYOUT = ("templates/", "macros/")


def shown_with(house: House, tx: sa.Connection, last: StoredReport | None) -> ReportingTables:
    """The tables that a version was made with; without one those in force."""
    now = house.tables
    if last is None:
        return now
    return _tables(house, tx, last, now, _versions(last, now))


def begun_with(house: House, tx: sa.Connection, last: StoredReport | None) -> ReportingTables:
    """Those in force, with the templates and macros of the version before."""
    now = house.tables
    if last is None:
        return now
    made = _versions(last, now)
    layout = {name: sha256 for name, sha256 in made.items() if name.startswith(_LAYOUT)}
    others = {name: sha for name, sha in now.versions.items() if not name.startswith(_LAYOUT)}
    return _tables(house, tx, last, now, {**layout, **others})


def _versions(last: StoredReport, now: ReportingTables) -> dict[str, str]:
    """Name -> hash of the files of a version, without those of destinations."""
    folders = {name.partition("/")[0] for name in now.versions}
    found: dict[str, str] = json.loads(last.mappings_json)
    return {name: sha for name, sha in found.items() if name.partition("/")[0] in folders}


def _tables(
    house: House,
    tx: sa.Connection,
    last: StoredReport,
    now: ReportingTables,
    versions: dict[str, str],
) -> ReportingTables:
    """Those in force where this release does not understand the old files any more."""

    def bodies() -> dict[str, bytes]:
        known = {each.name: each.body for each in now.sources}
        known |= {
            name: body
            for name, body in reports.mapping_bodies(tx, last.mappings_json).items()
            if now.versions.get(name) != versions.get(name)
        }
        return {name: known[name] for name in versions}

    try:
        return house.mappings.of(versions, bodies)
    except ConfigurationError as error:
        log.warning("kept_mappings_not_understood", why=str(error))
        return now
