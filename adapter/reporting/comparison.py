"""The line that names the report before, where the template has one and nobody dictated it."""

from __future__ import annotations

from collections.abc import Iterable

from adapter.domain.prior import PriorReport
from adapter.domain.report import Origin, Source, Statement
from adapter.mapping.template_table import COMPARISON
from adapter.mapping.templates import Template

NAME = "comparison.prior"
_ID = "p1"
_DAY = 8  # digits of YYYYMMDD


def comparison_text(template: Template, prior: PriorReport | None) -> str:
    """The template's sentence about this prior report; empty when there is nothing to say."""
    line = template.table.comparison_line
    if not line or prior is None or not prior.procedure or len(prior.date) != _DAY:
        return ""
    day = f"{prior.date[:4]}-{prior.date[4:6]}-{prior.date[6:]}"
    return line.replace("{date}", day).replace("{procedure}", " ".join(prior.procedure.split()))


def comparison(
    template: Template, prior: PriorReport | None, said_in: Iterable[str]
) -> Statement | None:
    """The statement, of the template and never as if dictated; `said_in`: sections spoken in."""
    text = comparison_text(template, prior)
    if prior is None or not text or COMPARISON in said_in:
        return None
    source = Source(template=NAME, prior=prior.accession)
    return Statement(_ID, text, Origin.TEMPLATE, source)
