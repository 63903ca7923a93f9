"""AI draft findings arrive as JSON, are checked against their schema, and wait for the merge."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from adapter.domain.ai_source import AiMode, AiRuling
from adapter.domain.audit import Verb
from adapter.domain.finding import AiFinding, Box, Evidence
from adapter.domain.identifiers import Accession
from adapter.domain.order import Side
from adapter.domain.scanner import LONGEST as LONGEST_SCANNER
from adapter.errors import Malformed, Rejected
from adapter.store import ai_sources, audit, dictations, findings, studies
from adapter.workflow import ai_due, orders
from adapter.workflow.ai_modes import rulings
from adapter.workflow.study_flow import HOUSE, MERGE, House

NEW_VERSION = "ai-source version new"
"""Event of the house: a version came that nobody has looked at."""

_STRICT = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
MOST_FINDINGS = 10_000
LONGEST_TEXT = 4_000


def _on_image(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, right, low = box
    if not (0 <= left <= right <= 1 and 0 <= top <= low <= 1):
        raise ValueError("a box is left, top, right, bottom, in fractions 0 to 1 of the image")
    return box


_Fractions = Annotated[tuple[float, float, float, float], AfterValidator(_on_image)]


class PostedEvidence(BaseModel):
    """Where on the images the model saw it."""

    model_config = _STRICT
    study_uid: str = Field("", max_length=64)
    series_uid: str = Field("", max_length=64)
    sop_uid: str = Field("", max_length=64)
    frame: int | None = Field(None, ge=1)
    box: _Fractions | None = None


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
    at: str = Field("", max_length=40)
    manufacturer: str = Field("", max_length=200)
    scanner: str = Field("", max_length=LONGEST_SCANNER)


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


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the findings of one version of one model, and how many they were."""

    ruling: AiRuling
    findings: int

    @property
    def held(self) -> str:
        """Why no radiologist sees them, for those who run the source; empty: one does."""
        ruling = self.ruling
        if ruling.mode.is_shown(dictated=True):
            return ""
        return f"{ruling.model} {ruling.version}: {ruling.mode}, {'; '.join(ruling.reasons)}"


def receive(house: House, accession: Accession, body: bytes) -> list[Taken]:
    """Store a batch for a study, known or still to come; tells what its sources may do."""
    batch = read_findings(body)
    with house.database.write() as tx:
        if studies.find(tx, accession, lock=True) is None:
            orders.add_temporary(house, tx, accession)
        return add_findings(house, tx, accession, batch)


def add_findings(
    house: House,
    tx: sa.Connection,
    accession: str,
    batch: tuple[AiFinding, ...],
    whence: str = "",
) -> list[Taken]:
    """Store a batch for a study that is there; the very same batch again changes nothing.

    What its source may not show leaves no trace in the study's history, which radiologists read;
    findings of a source that is off are kept as refused, and never used.
    """
    count = Counter((each.model, each.version) for each in batch)
    study, now = studies.get(tx, accession), house.now()
    ruled = rulings(study, house.tables, count, ai_sources.switches(tx))
    taken = [Taken(ruled[key], count[key]) for key in sorted(count)]
    _tell_new_versions(house, tx, taken)
    off = {key for key in count if ruled[key].mode is AiMode.OFF}
    refused = tuple(each for each in batch if (each.model, each.version) in off)
    if refused:
        why = {reason: "" for key in sorted(off) for reason in ruled[key].reasons}
        findings.add_batch(tx, accession, refused, now, f"the source is off: {'; '.join(why)}")
    used = tuple(each for each in batch if (each.model, each.version) not in off)
    row = findings.add_batch(tx, accession, used, now) if used else None
    if row is not None:
        audit.tell(tx, Verb.CREATE, accession, f"{len(used)} AI findings", whence)
        _merge_shown(house, tx, accession, taken, row, whence)
        ai_due.owe_late(house, tx, accession, row)
    return taken


def _merge_shown(
    house: House, tx: sa.Connection, accession: str, taken: list[Taken], row: int, whence: str
) -> None:
    dictated = bool(dictations.transcripts(tx, accession))
    shown = [each for each in taken if each.ruling.mode.is_shown(dictated=dictated)]
    if shown:
        models = ", ".join(f"{each.ruling.model} {each.ruling.version}" for each in shown)
        told = f"{sum(each.findings for each in shown)} from {models} {whence}".rstrip()
        studies.note(tx, accession, house.now(), "AI findings", told)
        house.jobs.put(tx, MERGE, f"{accession}/ai-{row}", lane=accession)


def _tell_new_versions(house: House, tx: sa.Connection, taken: list[Taken]) -> None:
    """Once for the house, when a version first comes that its source's file does not name."""
    for ruling in (each.ruling for each in taken):
        source = house.tables.ai_sources.source_of(ruling.model)
        if source is None or ruling.version in source.versions:
            continue
        if not ai_sources.is_known(tx, ruling.model, ruling.version):
            told = f"{ruling.model} {ruling.version} is in shadow until its file names it"
            studies.note(tx, HOUSE, house.now(), NEW_VERSION, f"{source.id}: {told}")


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
