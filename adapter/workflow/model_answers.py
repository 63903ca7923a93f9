"""What a model answered becomes draft findings, as those that are posted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from adapter.ai_models import chat, cxr_report_gen, med_image_insight
from adapter.ai_models.grounding import Drafted, Ground
from adapter.dicom.equipment import equipment_of
from adapter.domain.finding import AiFinding
from adapter.mapping.model_calls import ModelCall
from adapter.mapping.reporting import ReportingTables
from adapter.privacy.text import Deidentifier
from adapter.privacy.tokens import fold
from adapter.reporting.ai_text import read_texts
from adapter.workflow.ai_results import add_findings
from adapter.workflow.model_inputs import Gathered, Pictures, sources
from adapter.workflow.study_flow import House


@dataclass(frozen=True)
class Taken:
    """Findings, what is kept of the answer, and how many tokens it took (in, out)."""

    findings: tuple[AiFinding, ...]
    outcome: dict[str, Any]
    tokens: tuple[int, int] = (0, 0)

    def add(self, house: House, tx: sa.Connection, accession: str) -> None:
        """Store the findings for the study; none: nothing happens."""
        if self.findings:
            add_findings(house, tx, accession, self.findings)


def take(
    call: ModelCall,
    body: bytes,
    gathered: Gathered,
    pictures: Pictures | None,
    names: Deidentifier,
    tables: ReportingTables,
) -> Taken:
    """Read the answer; raises Unreadable. Placeholders come back as the words they stood for."""
    if call.kind == "chat":
        return _drafts(call, body, gathered, names, tables)
    if pictures is None:
        return Taken((), {})
    place, image = pictures.frontal
    scanner = equipment_of(image)
    if call.kind == "med_image_insight":
        found = med_image_insight.probabilities(body, call.labels)
        made = med_image_insight.findings(found, call.labels, call.model, call.version, place)
        told = {name: round(each, 4) for name, each in found.items()}
        return Taken(_seen_by(scanner, made), {"probabilities": told})
    sentences = cxr_report_gen.read(body)
    drafted = cxr_report_gen.findings(sentences, call.model, call.version, place)
    seen = _seen_by(scanner, drafted)
    return _as_findings(seen, names, tables, {"sentences": len(sentences)})


def _seen_by(scanner: str, found: Iterable[AiFinding]) -> tuple[AiFinding, ...]:
    return tuple(replace(each, scanner=scanner) for each in found)


def _drafts(
    call: ModelCall,
    body: bytes,
    gathered: Gathered,
    names: Deidentifier,
    tables: ReportingTables,
) -> Taken:
    """The sentences that their sources carry; the others are counted by reason."""
    reply = chat.read(body, call.chat)
    clean = {name: names.text(text) for name, text in sources(call, gathered).items()}
    free = frozenset(fold(word) for word in call.chat.free_words)
    ground = Ground(clean, tables.lexicon, free)
    kept: list[AiFinding] = []
    outcome: dict[str, Any] = {"drafts": [], "refused": {}}
    for task, drafted in reply.drafted.items():
        judged = ground.judge(drafted)
        outcome["refused"] |= {f"{task}: {why}": n for why, n in judged.refused.items()}
        for number, each in enumerate(judged.kept, 1):
            finding = _draft(call, f"{task}-{number}", each)
            kept.append(finding)
            outcome["drafts"].append({"id": finding.id, "sources": list(each.sources)})
    taken = _as_findings(kept, names, tables, outcome)
    return replace(taken, tokens=reply.tokens)


def _draft(call: ModelCall, id_: str, drafted: Drafted) -> AiFinding:
    return AiFinding(id=id_, text=drafted.text.strip(), model=call.model, version=call.version)


def _as_findings(
    drafted: Iterable[AiFinding],
    names: Deidentifier,
    tables: ReportingTables,
    outcome: dict[str, Any],
) -> Taken:
    """Free text through the facts stage; what states no fact stays a suggestion."""
    restored = (replace(each, text=names.restore(each.text)) for each in drafted)
    found = read_texts(restored, tables.lexicon)
    return Taken(found, outcome | {"findings": len(found)})
