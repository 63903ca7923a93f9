"""Findings that others share in a context stand beside the report, as those of AI models do."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.finding import SHARED
from adapter.fhircast.content import Change
from adapter.fhircast.context import Context
from adapter.fhircast.findings import finding_id, is_gone, received_findings
from adapter.store import findings, studies
from adapter.workflow.ai_results import add_findings
from adapter.workflow.study_flow import MERGE, House

_WITHDRAWN = "withdrawn by its author"


def keep_shared(
    house: House, tx: sa.Connection, accession: str, hub: str, context: Context, change: Change
) -> None:
    """Keep what was put, and turn down what was withdrawn before anybody decided about it."""
    found = received_findings(change.put.values(), context.content, hub)
    if found:
        add_findings(house, tx, accession, found, f"shared by {hub}")
    gone = [*change.deleted, *(name for name, each in change.put.items() if is_gone(each))]
    if gone:
        _withdraw(house, tx, accession, hub, {finding_id(name) for name in gone})


def _withdraw(house: House, tx: sa.Connection, accession: str, hub: str, ids: set[str]) -> None:
    """A finding that a radiologist has taken stays; it is noted that its author withdrew it."""
    decided = {each.target for each in findings.decisions(tx, accession)}
    for each in findings.of_study(tx, accession):
        bare = each.id.removeprefix(f"{each.model}/")
        if bare not in ids or not each.model.startswith(f"{SHARED}{hub}: "):
            continue
        studies.note(tx, accession, house.now(), "shared finding withdrawn", each.id)
        if each.id not in decided:
            by = f"{SHARED}{hub}"
            made = Decision(DecisionKind.REJECT, each.id, _WITHDRAWN, by, house.now())
            row = findings.add_decision(tx, accession, made)
            house.jobs.put(tx, MERGE, f"{accession}/decision-{row}", lane=accession)
