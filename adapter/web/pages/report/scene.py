"""All that the reporting page shows of one study, read in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from adapter.domain.codec import from_json
from adapter.domain.communication import Communication
from adapter.domain.dictation import Dictation, DictationState
from adapter.domain.finding import AiFinding
from adapter.domain.order import OrderStatus
from adapter.domain.people import Practitioner
from adapter.domain.report import Flag, Report, Severity, Statement
from adapter.domain.review import ReviewStep, StudyLock
from adapter.domain.study import ReportStatus, Study
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.templates import Template
from adapter.reporting.checks.layout import text_lines
from adapter.reporting.pipeline import ReportInputs
from adapter.reporting.size_changes import SizeChange, size_changes
from adapter.store import (
    communications,
    deliveries,
    dictations,
    reports,
    reviews,
    studies,
)
from adapter.store.deliveries import OwedDelivery
from adapter.web.parts import Parts
from adapter.workflow.ai_modes import visible
from adapter.workflow.kept_tables import shown_with
from adapter.workflow.priors import prior_of
from adapter.workflow.review import lock_of
from adapter.workflow.sign_off import blockers

_LOUD = {Severity.ALERT: 0, Severity.WARN: 1, Severity.INFO: 2}


def _anything(_act: str) -> bool:
    return True


@dataclass(frozen=True)
class Scene:
    """One study as the page shows it; `number` 0: there is no report yet."""

    study: Study
    template: Template
    tables: ReportingTables
    report: Report | None
    inputs: ReportInputs
    number: int
    signed_by: Practitioner | None
    dictations: tuple[Dictation, ...]
    deliveries: tuple[OwedDelivery, ...]
    communications: tuple[Communication, ...]
    steps: tuple[ReviewStep, ...]
    lock: StudyLock | None
    changes: tuple[SizeChange, ...]
    now: str
    has_archive: bool = False
    may: Callable[[str], bool] = _anything
    """Whether who looks may do this with the report: `sign`, `edit`, …"""

    @property
    def accession(self) -> str:
        """Its accession number."""
        return self.study.order.accession

    @property
    def is_signed(self) -> bool:
        """Whether somebody has signed the report."""
        return self.study.report_status in ReportStatus.signed()

    @property
    def is_open(self) -> bool:
        """Whether words and decisions still go into the report."""
        study = self.study
        is_over = study.report_status in (ReportStatus.RETRACTED, ReportStatus.CANCELLED)
        over = self.is_signed or is_over or study.order_status is OrderStatus.CANCELLED
        return not over and self.may("edit")

    @property
    def waiting(self) -> tuple[Dictation, ...]:
        """Recordings that are still being transcribed."""
        return tuple(each for each in self.dictations if each.state is DictationState.RECEIVED)

    @cached_property
    def statements(self) -> dict[str, Statement]:
        """The report's sentences by id."""
        parts = self.report.sections if self.report else ()
        return {each.id: each for part in parts for each in part.statements}

    @cached_property
    def findings(self) -> dict[str, AiFinding]:
        """AI findings by id."""
        return {each.id: each for each in self.inputs.ai}

    @cached_property
    def flags(self) -> tuple[Flag, ...]:
        """What a person should look at, the loudest first; what was put aside is not among them."""
        found = self.report.flags if self.report else ()
        shown = (each for each in found if each.dismissed is None)
        return tuple(sorted(shown, key=lambda each: _LOUD[each.severity]))

    @cached_property
    def set_aside(self) -> tuple[Flag, ...]:
        """Flags that a person has put aside."""
        found = self.report.flags if self.report else ()
        return tuple(each for each in found if each.dismissed is not None)

    @cached_property
    def conflicts(self) -> tuple[Flag, ...]:
        """Flags in which a sentence and an AI finding stand against each other."""
        return tuple(each for each in self.flags if each.statement and each.ai)

    @property
    def blockers(self) -> tuple[Flag, ...]:
        """Flags that a person must clear before signing."""
        return blockers(self.flags)


def read_scene(parts: Parts, accession: str, may: Callable[[str], bool] = _anything) -> Scene:
    """The study as it stands; raises NotFound."""
    house = parts.house
    with house.database.read() as tx:
        study = studies.get(tx, accession)
        last = reports.latest(tx, accession)
        inputs = (
            from_json(ReportInputs, last.inputs_json)
            if last
            else ReportInputs(
                ai=visible(tx, study, house.tables),
                earlier=prior_of(tx, study, house.tables, house.access),
            )
        )
        report = reports.shown(last) if last else None
        known = report.template.id if report else ""
        tables = shown_with(house, tx, last)
        templates = {each.table.id: each for each in tables.templates}
        prior = text_lines(inputs.earlier.text, tables) if inputs.earlier else ()
        return Scene(
            study=study,
            template=templates.get(known) or tables.choose(study.order),
            tables=tables,
            report=report,
            inputs=inputs,
            number=last.number if last else 0,
            signed_by=from_json(Practitioner, last.person) if last and last.person else None,
            dictations=tuple(dictations.of_study(tx, accession)),
            deliveries=tuple(deliveries.of_study(tx, accession)),
            communications=communications.of_study(tx, accession),
            steps=reviews.of_study(tx, accession),
            lock=lock_of(tx, accession, house.now()),
            changes=tuple(size_changes(report.sections, prior)) if report else (),
            now=house.now(),
            has_archive=parts.archive is not None,
            may=may,
        )
