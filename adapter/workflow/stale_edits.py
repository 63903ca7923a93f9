"""An edit of what has changed since it was read is refused: nobody's words are lost in silence."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.domain.codec import from_json
from adapter.domain.decision import Decision
from adapter.domain.report import Report
from adapter.errors import Conflict
from adapter.reporting.pipeline import ReportInputs
from adapter.store import findings, reports


class StaleEdit(Conflict):
    """Somebody else was faster; `current` is the text that stands now, `version` where it is."""

    def __init__(self, current: str, version: int, person: str) -> None:
        by = f" by {person}" if person else ""
        super().__init__(f"this was changed{by} since you read it", code="stale")
        self.current = current
        self.version = version


def check_fresh(tx: sa.Connection, accession: str, new: Decision, seen: int) -> bool:
    """Whether `new` is to be stored: False when it is stored already, sent twice.

    `seen`: the version on the screen. Raises StaleEdit when its target has changed since.
    """
    read = reports.get_version(tx, accession, seen)
    known = from_json(ReportInputs, read.inputs_json).decisions
    later = findings.decisions(tx, accession)[len(known) :]
    since = [each for each in later if each.target == new.target]
    if since:
        last = since[-1]
        if (last.kind, last.text, last.person) == (new.kind, new.text, new.person):
            return False
        raise StaleEdit(last.text, reports.get_latest(tx, accession).number, last.person)
    now = reports.get_latest(tx, accession)
    before, after = (_text(reports.shown(each), new.target) for each in (read, now))
    if before != after:
        raise StaleEdit(after, now.number, "")
    return True


def _text(report: Report, target: str) -> str:
    """What stands in the place of a statement or field; empty for findings and flags."""
    stated = {each.id: each.text for part in report.sections for each in part.statements}
    return stated.get(target) or next(
        (each.value for each in report.fields if each.id == target), ""
    )
