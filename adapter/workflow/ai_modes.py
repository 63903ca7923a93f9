"""The AI findings of a study that a radiologist may see at this moment, and those kept back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from adapter.domain.ai_source import AiRuling, AiSwitch
from adapter.domain.finding import AiFinding
from adapter.domain.order import OrderStatus
from adapter.domain.study import ReportStatus, Study
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.templates import Template
from adapter.reporting.ai_modes import AiModes, effective_mode
from adapter.reporting.verdicts import Verdicts
from adapter.store import ai_sources, dictations, findings, reports
from adapter.store.ai_sources import ModelVersion

_DAY = 8  # digits of YYYYMMDD


@dataclass(frozen=True, slots=True)
class Governed:
    """Findings of a study by what their modes let them do, before the template's word.

    `shown` holds too what a person accepted before its source was made stricter; `rulings` are
    those of the models of `shown`.
    """

    shown: tuple[AiFinding, ...]
    held: tuple[AiFinding, ...]
    rulings: tuple[AiRuling, ...]


def governed(
    tx: sa.Connection, study: Study, tables: ReportingTables, *, dictated: bool
) -> Governed:
    """The findings of a study as they are governed now."""
    accession = study.order.accession
    found = findings.of_study(tx, accession)
    if not found:
        return Governed((), (), ())
    models = {(each.model, each.version) for each in found}
    ruled = rulings(study, tables, models, ai_sources.switches(tx))
    verdicts = Verdicts(findings.decisions(tx, accession))
    open_: list[AiFinding] = []
    held: list[AiFinding] = []
    for each in found:
        is_let = ruled[each.model, each.version].mode.is_shown(dictated=dictated)
        (open_ if is_let or verdicts.accepted(each.id) else held).append(each)
    used = {(each.model, each.version) for each in open_}
    kept = tuple(_bare(ruling) for key, ruling in sorted(ruled.items()) if key in used)
    return Governed(tuple(open_), tuple(held), kept)


def rulings(
    study: Study,
    tables: ReportingTables,
    models: Iterable[ModelVersion],
    switches: Mapping[str, AiSwitch],
) -> dict[ModelVersion, AiRuling]:
    """The mode of each of these models for this study, with the reasons."""
    order = None if study.order_status is OrderStatus.TEMPORARY else study.order
    day = study.created_at.replace("-", "")[:_DAY]
    return {
        (model, version): effective_mode(
            model, version, order, tables, switches.get(tables.ai_sources.id_of(model)), day
        )
        for model, version in models
    }


def visible(tx: sa.Connection, study: Study, tables: ReportingTables) -> tuple[AiFinding, ...]:
    """The findings that a radiologist may see now, by the template of the report too."""
    accession = study.order.accession
    dictated = bool(dictations.transcripts(tx, accession))
    found = governed(tx, study, tables, dictated=dictated)
    modes = AiModes(found.rulings, _template(tx, study, tables))
    verdicts = Verdicts(findings.decisions(tx, accession))
    return tuple(
        each
        for each in found.shown
        if modes.of(each).is_shown(dictated=dictated) or verdicts.accepted(each.id)
    )


def are_ready(
    tx: sa.Connection, studies: Iterable[Study], tables: ReportingTables
) -> dict[str, bool]:
    """Accession -> whether a model told something that a radiologist may see, for a list."""
    listed: dict[str, Study] = {study.order.accession: study for study in studies}
    switches = ai_sources.switches(tx)
    ready = {}
    for accession, models in ai_sources.of_studies(tx, listed).items():
        study = listed[accession]
        template = tables.choose(study.order)
        dictated = study.report_status is not ReportStatus.NONE
        ruled = rulings(study, tables, models, switches).values()
        modes = AiModes(ruled, template)
        ready[accession] = any(
            modes.of_model(each.model, each.version).is_shown(dictated=dictated) for each in ruled
        )
    return ready


def _template(tx: sa.Connection, study: Study, tables: ReportingTables) -> Template:
    last = reports.latest(tx, study.order.accession)
    known = {each.table.id: each for each in tables.templates}
    chosen = known.get(reports.shown(last).template.id) if last else None
    return chosen or tables.choose(study.order)


def _bare(ruling: AiRuling) -> AiRuling:
    """Without its reasons: what a report keeps does not change with their words."""
    return replace(ruling, reasons=())
