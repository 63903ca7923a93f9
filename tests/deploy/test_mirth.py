"""The settings of an integration engine fit the service: what it sends is taken, waits agree."""

from __future__ import annotations

import re

import pytest

from adapter.hl7v2.framing import frame
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import load_order_mapping
from adapter.mapping.message_table import load_message_mapping
from adapter.mapping.mllp_profile import MllpProfile
from adapter.settings import Settings
from tests.deploy.files import DEPLOY, ROOT

PAGE = (DEPLOY / "mirth.md").read_text()
ORDERS, REPORTS = PAGE.split("## ")[1:3]
PROFILE = MllpProfile(host="127.0.0.1", port=1)


def cell(table: str, setting: str, column: int = 3) -> str:
    """A cell of the row of a setting."""
    rows = (line.split("|") for line in table.splitlines() if line.startswith("|"))
    return next(row[column].strip() for row in rows if row[2].strip() == setting)


def test_the_filter_lets_through_what_is_taken_as_packaged() -> None:
    files = MappingFiles()
    others = load_message_mapping(files)
    taken = {*load_order_mapping(files).messages, *others.patients, *others.appointments}
    told = cell(ORDERS, "`msg['MSH']['MSH.9']['MSH.9.1']`")
    assert set(told.split(", ")) == {each.partition("^")[0] for each in taken}
    assert not others.reports
    assert not others.ai_results


def test_waits_agree_with_those_of_the_service() -> None:
    assert int(cell(ORDERS, "Response Timeout")) >= 30_000
    answer = PROFILE.answer_seconds
    assert int(cell(REPORTS, "Response Timeout")) < answer * 1000
    assert f"`answer_seconds` ({answer:.0f})" in REPORTS
    assert f"`READOUT_MLLP_IDLE_SECONDS` ({Settings().mllp_idle_seconds:.0f})" in ORDERS


def test_files_that_are_named_are_there() -> None:
    for link in re.findall(r"\]\(([^)]+)\)", PAGE):
        assert (DEPLOY / link).resolve().is_relative_to(ROOT)
        assert (DEPLOY / link).exists(), link


@pytest.mark.parametrize("table", [ORDERS, REPORTS])
def test_the_frame_is_the_one_that_the_engine_calls_mllp(table: str) -> None:
    assert cell(table, "Transmission Mode") == "MLLP"
    assert frame(b"MSH") == b"\x0bMSH\x1c\r"
