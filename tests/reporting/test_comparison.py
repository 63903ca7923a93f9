"""The line that names the report before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.prior import PriorReport
from adapter.domain.report import Origin, Report
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.template_table import TemplateTable
from adapter.reporting.pipeline import ReportInputs, build_report
from adapter.reporting.render import plain_text, report_json
from tests.reporting.tables import tables, typed

LINE = "Compared with {procedure} of {date}."
PRIOR = PriorReport("FINDINGS: 8 mm right lung nodule.", "A0", 2, "CT  CHEST", "20250314")


class OneForm:
    """The packaged templates with a line of comparison in one of them."""

    def __init__(self, line: str) -> None:
        base = tables().templates.get("ct_chest")
        table = base.table.model_copy(update={"comparison_line": line})
        self._form = replace(base, table=table)

    def get(self, id: str) -> object:
        return self._form if id == "ct_chest" else tables().templates.get(id)

    def __iter__(self) -> object:
        return iter(tables().templates)


def built(said: str, line: str = LINE, prior: PriorReport | None = PRIOR, **more: object) -> Report:
    changed: ReportingTables = replace(tables(), templates=OneForm(line))  # type: ignore[arg-type]
    inputs = ReportInputs((typed(said),), template="ct_chest", earlier=prior, **more)  # type: ignore[arg-type]
    return build_report(inputs, changed)


def test_the_line_is_the_templates_and_its_source_the_prior() -> None:
    report = built("The lungs are clear.")
    assert report.certificate.ok
    (line,) = next(each for each in report.sections if each.id == "comparison").statements
    assert (line.id, line.text) == ("p1", "Compared with CT CHEST of 2025-03-14.")
    assert (line.origin, line.source.prior, line.source.dictation) == (Origin.TEMPLATE, "A0", None)
    assert report_json(report)["prior"] == {
        "accession": "A0", "version": 2, "procedure": "CT  CHEST", "date": "20250314",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "line", "prior"),
    [
        ("Comparison: None.", LINE, PRIOR),
        ("Compared to the prior CT.", LINE, PRIOR),
        ("The lungs are clear.", "", PRIOR),
        ("The lungs are clear.", LINE, None),
        ("The lungs are clear.", LINE, replace(PRIOR, date="")),
        ("The lungs are clear.", LINE, replace(PRIOR, procedure="")),
    ],
)
def test_there_is_no_line_beside_dictation_or_without_what_it_names(
    said: str, line: str, prior: PriorReport | None
) -> None:
    report = built(said, line, prior)
    assert report.certificate.ok
    assert "2025-03-14" not in plain_text(report)
    assert "CT  CHEST" not in plain_text(report)


def test_nothing_of_the_prior_report_is_written() -> None:
    report = built("A 12 mm right lung nodule.")
    assert "8 mm" not in plain_text(report)
    (flag,) = (each for each in report.flags if each.code == "measurement_changed")
    assert "prior 8 mm, now 12 mm: +50%" in flag.message


def test_the_line_can_be_edited_and_taken_out() -> None:
    cut = Decision(DecisionKind.EDIT, "p1", "", "123")
    report = built("The lungs are clear.", decisions=(cut,))
    assert report.certificate.ok
    assert "2025-03-14" not in plain_text(report)


@pytest.mark.parametrize("line", ["Compared with {study}.", "Compared {date", "Since {date}}."])
def test_a_line_with_other_fields_is_refused(line: str) -> None:
    body = tables().templates.get("ct_chest").table.model_dump(by_alias=True)
    with pytest.raises(ValueError, match="comparison_line"):
        TemplateTable.model_validate(body | {"comparison_line": line})
