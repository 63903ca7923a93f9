"""Which AI findings a radiologist may see: registry, intended use, switch and template together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adapter.domain.ai_source import AiMode, AiRuling, AiSwitch, strictest
from adapter.domain.finding import AiFinding
from adapter.domain.order import Order
from adapter.mapping.ai_sources import IntendedUse
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.templates import Template
from adapter.reporting.checks.regions import regions_of
from adapter.reporting.checks.study_day import age_at

_NOT_NAMED = "no file under ai_sources/ names this model"
Bar = tuple[AiMode, str]
"""A mode that is not to be passed, and why."""


def effective_mode(
    model: str,
    version: str,
    order: Order | None,
    tables: ReportingTables,
    switch: AiSwitch | None = None,
    day: str = "",
) -> AiRuling:
    """The mode of one version of a model for one study, the template's word not yet heard.

    `order` None: not known yet; `day`: YYYYMMDD of an order that is scheduled for none.
    """
    registry = tables.ai_sources
    bars = [*_by_file(model, version, order, tables, day), *_by_switch(switch)]
    mode = strictest(mode for mode, _ in bars)
    reasons = tuple(why for bar, why in bars if bar is mode and why)
    return AiRuling(registry.id_of(model), model, version, mode, reasons)


def _by_file(
    model: str, version: str, order: Order | None, tables: ReportingTables, day: str
) -> Iterator[Bar]:
    source = tables.ai_sources.source_of(model)
    if source is None:
        yield tables.ai_sources.unnamed(model), _NOT_NAMED
        return
    yield source.mode, "by its file"
    if version not in source.versions:
        yield AiMode.SHADOW, f"version {version} is not among {', '.join(source.versions)}"
    for why in _outside(source.intended_use, order, tables, day):
        yield AiMode.SHADOW, f"outside the intended use: {why}"


def _by_switch(switch: AiSwitch | None) -> Iterator[Bar]:
    if switch is not None:
        why = f": {switch.reason}" if switch.reason else ""
        yield switch.mode, f"set by {switch.person} at {switch.at}{why}"


def _outside(
    use: IntendedUse, order: Order | None, tables: ReportingTables, day: str
) -> Iterator[str]:
    """What of the study is not inside; the patient's own values are not told."""
    if order is None:
        if use != IntendedUse():
            yield "the order has not arrived"
        return
    told = {order.modality} - {""} or tables.modalities_named(order)
    if use.modality and not told & set(use.modality):
        yield f"modality {' or '.join(sorted(told)) or 'not known'}"
    wanted = set(use.body_part)
    if wanted and not wanted & regions_of(order, tables.checks):
        yield f"body part is not {' or '.join(sorted(wanted))}"
    if use.sex != "any" and order.patient.sex.value != use.sex:
        yield f"sex is not {use.sex}"
    if use.patient_class and order.patient_class not in use.patient_class:
        yield f"patient class {order.patient_class or 'not known'}"
    yield from _wrong_age(use, replace(order, scheduled_at=order.scheduled_at or day))


def _wrong_age(use: IntendedUse, order: Order) -> Iterator[str]:
    if use.age_from is None and use.age_below is None:
        return
    age = age_at(order)
    if age is None:
        yield "age is not known"
    elif age < (use.age_from or 0):
        yield f"age is below {use.age_from}"
    elif use.age_below is not None and age >= use.age_below:
        yield f"age is not below {use.age_below}"


class AiModes:
    """The modes of the findings of one report, the template's among them.

    Findings of models without a ruling are bound by the template alone.
    """

    def __init__(self, rulings: Iterable[AiRuling], template: Template) -> None:
        self._ruled = {(each.model, each.version): each.mode for each in rulings}
        self._template = template

    def of(self, finding: AiFinding) -> AiMode:
        """The mode of a finding."""
        return self.of_model(finding.model, finding.version)

    def of_model(self, model: str, version: str) -> AiMode:
        """The mode of what one version of a model tells."""
        ruled = self._ruled.get((model, version), AiMode.INLINE)
        return strictest((ruled, self._template.ai_policy(model)))
