"""AI draft findings arrive as JSON, are checked against their schema, and wait for the merge."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapter.domain.audit import Verb
from adapter.domain.finding import AiFinding, Box, Evidence
from adapter.domain.identifiers import Accession
from adapter.domain.order import Side
from adapter.errors import Malformed, Rejected
from adapter.store import audit, findings, studies
from adapter.workflow import ai_due, orders
from adapter.workflow.study_flow import MERGE, House

_STRICT = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
MOST_FINDINGS = 10_000
LONGEST_TEXT = 4_000


class PostedEvidence(BaseModel):
    """Where on the images the model saw it."""

    model_config = _STRICT
    study_uid: str = Field("", max_length=64)
    series_uid: str = Field("", max_length=64)
    sop_uid: str = Field("", max_length=64)
    frame: int | None = Field(None, ge=1)
    box: tuple[float, float, float, float] | None = None


class PostedFinding(BaseModel):
    """One draft finding of one model."""

    model_config = _STRICT
    id: str = Field(min_length=1, max_length=100)
    text: str = Field(min_length=1, max_length=LONGEST_TEXT)
    model: str = Field(min_length=1, max_length=200)
    version: str = Field(min_length=1, max_length=100)
    present: bool = True
    finding: str | None = Field(None, max_length=100)
    code: str | None = Field(None, max_length=200)
    side: Side | None = None
    level: str | None = Field(None, max_length=20)
    size_mm: float | tuple[float, ...] | None = None
    probability: float | None = Field(None, ge=0, le=1)
    evidence: tuple[PostedEvidence, ...] = Field((), max_length=100)


class PostedFindings(BaseModel):
    """A batch of draft findings."""

    model_config = _STRICT
    findings: tuple[PostedFinding, ...] = Field(max_length=MOST_FINDINGS)


def findings_schema() -> dict[str, Any]:
    """JSON schema of a posted batch; its `$defs` belong under components of an OpenAPI document."""
    return PostedFindings.model_json_schema(ref_template="#/components/schemas/{model}")


def read_findings(body: bytes) -> tuple[AiFinding, ...]:
    """The batch; raises Malformed (not JSON) or Rejected with a JSON pointer."""
    try:
        batch = PostedFindings.model_validate(json.loads(body))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise Malformed('the body is not JSON; send {"findings": […]}', code="json") from None
    except ValidationError as error:
        first = error.errors()[0]
        pointer = "/" + "/".join(map(str, first["loc"]))
        raise Rejected(f"{pointer}: {first['msg']}", location=pointer, code="schema") from None
    return tuple(_finding(each) for each in batch.findings)


def receive(house: House, accession: Accession, body: bytes) -> int:
    """Store a batch for a study, known or still to come; returns how many findings it holds."""
    batch = read_findings(body)
    with house.database.write() as tx:
        if studies.find(tx, accession, lock=True) is None:
            orders.add_temporary(house, tx, accession)
        models = sorted({f"{each.model} {each.version}" for each in batch})
        add_findings(house, tx, accession, batch, f"from {', '.join(models)}")
    return len(batch)


def add_findings(
    house: House, tx: sa.Connection, accession: str, batch: tuple[AiFinding, ...], whence: str
) -> None:
    """Store a batch for a study that is there; the very same batch again changes nothing."""
    row = findings.add_batch(tx, accession, batch, house.now())
    if row is not None:
        studies.note(tx, accession, house.now(), "AI findings", f"{len(batch)} {whence}")
        audit.tell(tx, Verb.CREATE, accession, f"{len(batch)} AI findings", whence)
        house.jobs.put(tx, MERGE, f"{accession}/ai-{row}", lane=accession)
        ai_due.owe_late(house, tx, accession, row)


def _finding(each: PostedFinding) -> AiFinding:
    values: dict[str, Any] = each.model_dump(exclude={"evidence", "size_mm"})
    size = each.size_mm if each.size_mm is not None else ()
    return AiFinding(
        **values,
        size_mm=size if isinstance(size, tuple) else (size,),
        evidence=tuple(_evidence(one) for one in each.evidence),
    )


def _evidence(one: PostedEvidence) -> Evidence:
    box = None if one.box is None else Box(*one.box)
    return Evidence(one.study_uid, one.series_uid, one.sop_uid, one.frame, box)
