"""Procedure texts as reporting systems write them, and the template of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.domain.people import Sex
from tests.mapping.test_templates import order
from tests.reporting.tables import tables

_LINES = (Path(__file__).parent.parent / "samples" / "orders.tsv").read_text(encoding="utf-8")
ORDERS = [line.split("\t") for line in _LINES.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(("text", "modality", "sex", "template"), ORDERS)
def test_an_order_gets_its_template_or_the_generic_one(
    text: str, modality: str, sex: str, template: str
) -> None:
    asked = order(text, modality, sex=Sex(sex) if sex else Sex.UNKNOWN)
    assert tables().choose(asked).table.id == template


def test_the_table_is_wide() -> None:
    assert len(ORDERS) >= 100
    assert {template for *_, template in ORDERS} >= {
        each.table.id for each in tables().templates if each.table.applies_to.modality
    } - {"xr_chest_infant"}
