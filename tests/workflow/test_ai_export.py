"""The AI ledger as files of others."""

from __future__ import annotations

import csv
import io
import sys
from datetime import date
from pathlib import Path

import pytest
from pyarrow import parquet

from adapter.domain.ai_ledger import Fate, How, Judgement
from adapter.errors import ConfigurationError
from adapter.store import ai_ledger
from adapter.store.ai_ledger import LedgerRow
from adapter.store.database import Database
from adapter.workflow import ai_export
from adapter.workflow.ai_ledger import Circumstances, ledger_row

ABOUT = Circumstances("A1", "NORTH", "", "CR", "chest", "F", "40-64")
SIGNED = ("2026-03-02T00:05:00.000+00:00", "2026-03-02T00:05:00.000+00:00")


def row(
    fate: Fate, how: How | None = None, *, present: bool = True, id: str = "a1", model: str = "cxr"
) -> LedgerRow:
    judged = Judgement(id, model, "1.2", "pneumothorax", present, fate, how, "", 0.75)
    return ledger_row(judged, ABOUT, 2, SIGNED, "suggest", (60.0, 600.0))


def table(rows: list[LedgerRow], kind: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(ai_export.lines(rows, kind)), newline="")))


def test_csv_holds_every_column() -> None:
    (found,) = table([row(Fate.CONTRADICTED, How.SIDE)], "csv")
    assert tuple(found) == LedgerRow._fields
    assert (found["fate"], found["how"], found["probability"]) == ("contradicted", "side", "0.75")
    assert table([], "csv") == []


def test_a_name_that_a_spreadsheet_would_run_stays_a_name() -> None:
    (found,) = table([row(Fate.AGREED, model='=HYPERLINK("x")')], "csv")
    assert found["model"] == '\'=HYPERLINK("x")'


@pytest.mark.parametrize(
    ("fate", "how", "present", "told", "report", "concordance"),
    [
        (Fate.AGREED, None, True, "Positive", "Positive", "Concordant"),
        (Fate.ACCEPTED, None, True, "Positive", "Positive", "Concordant"),
        (Fate.CONTRADICTED, How.NEGATION, True, "Positive", "Negative", "Discordant"),
        (Fate.CONTRADICTED, How.SIZE, True, "Positive", "Positive", "Discordant"),
        (Fate.IGNORED, None, True, "Positive", "Not stated", "Discordant"),
        (Fate.AGREED, None, False, "Negative", "Negative", "Concordant"),
        (Fate.CONTRADICTED, How.NEGATION, False, "Negative", "Positive", "Discordant"),
        (Fate.IGNORED, None, False, "Negative", "Not stated", ""),
        (Fate.MISSED, None, True, "Negative", "Positive", "Discordant"),
    ],
)
def test_rows_for_the_registry(
    fate: Fate, how: How | None, present: bool, told: str, report: str, concordance: str
) -> None:
    (found,) = table([row(fate, how, present=present)], "assess-ai")
    assert tuple(found) == ai_export.ASSESS_AI
    assert (found["AI Result"], found["Report Result"]) == (told, report)
    assert found["Concordance"] == concordance
    assert (found["Accession Number"], found["Patient ID"], found["Age"]) == ("A1", "", "40-64")
    assert (found["Study Date"], found["Inference Date"]) == ("2026-03-02", "2026-03-01")


def test_parquet_is_read_by_its_own_library(tmp_path: Path) -> None:
    rows = [row(Fate.AGREED), row(Fate.MISSED, id="missed:x")._replace(after_s=None)]
    target = tmp_path / "ledger.parquet"
    assert ai_export.write_parquet(rows, target) == 2
    read = parquet.read_table(target)
    assert read.column_names == list(LedgerRow._fields)
    assert [LedgerRow(**each) for each in read.to_pylist()] == rows
    assert ai_export.write_parquet([], target) == 0


def test_without_the_library_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'readout\[parquet\]'"):
        ai_export.write_parquet([], tmp_path / "x.parquet")


def test_a_period_is_read_in_parts_and_in_order(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'readout.sqlite'}")
    database.migrate()
    for day in ("2026-03-03", "2026-03-01", "2026-03-02"):
        made = [row(Fate.AGREED, id=f"a{n}")._replace(day=day, accession=day) for n in range(700)]
        with database.write() as tx:
            ai_ledger.write(tx, day, made)
    found = list(ai_export.rows(database, date(2026, 3, 1), date(2026, 3, 2)))
    assert [each.day for each in found] == ["2026-03-01"] * 700 + ["2026-03-02"] * 700
    assert len({(each.day, each.finding_id) for each in found}) == 1400
    database.close()
