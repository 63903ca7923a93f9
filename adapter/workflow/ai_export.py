"""The AI ledger as files of others: CSV, Parquet, and rows for a registry such as Assess-AI."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from adapter.domain.ai_ledger import Fate, How
from adapter.errors import ConfigurationError
from adapter.store.ai_ledger import LedgerRow
from adapter.store.ai_ledger import rows as stored_rows
from adapter.store.database import Database

_AT_ONCE = 5_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Cell = str | int | float | None


class TextFormat(NamedTuple):
    """Lines of values: the names of the columns, and the cells of a row."""

    columns: tuple[str, ...]
    cells: Callable[[LedgerRow], Sequence[Cell]]


ASSESS_AI = (
    "Patient ID",
    "Accession Number",
    "Result Indicator",
    "AI Result",
    "Manufacturer",
    "Model",
    "Study Date",
    "Software Version",
    "Platform",
    "Inference Date",
    "Age",
    "Sex",
    "Race",
    "Ethnicity",
    "Exam Name",
    "Modality",
    "Body Part Examined",
    "Contrast Indication",
    "Report Result",
    "Concordance",
    "Disposition",
    "Probability",
)
"""Columns of the template for AI results that ACR Connect takes, then four of ours."""


def rows(database: Database, first: date, last: date) -> Iterator[LedgerRow]:
    """Rows in force of these days, both included."""
    return stored_rows(database, first.isoformat(), (last + timedelta(days=1)).isoformat())


def lines(found: Iterable[LedgerRow], kind: str) -> Iterator[str]:
    """CSV (RFC 4180), a part at a time; `kind`: a key of FORMATS."""
    form, source = FORMATS[kind], iter(found)
    yield _csv([form.columns])
    while part := list(islice(source, _AT_ONCE)):
        yield _csv([[_safe(cell) for cell in form.cells(row)] for row in part])


def write_parquet(found: Iterable[LedgerRow], target: Path) -> int:
    """Write a Parquet file; returns how many rows. Raises ConfigurationError without pyarrow."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise ConfigurationError(
            "Parquet needs pyarrow: pip install 'readout[parquet]', or take --format csv"
        ) from None
    kinds = {int: pa.int64(), str: pa.string()}
    told = get_type_hints(LedgerRow).items()
    schema = pa.schema([(name, kinds.get(kind, pa.float64())) for name, kind in told])
    source, count = iter(found), 0
    with parquet.ParquetWriter(target, schema, compression="zstd") as file:
        while part := [row._asdict() for row in islice(source, _AT_ONCE)]:
            file.write_table(pa.Table.from_pylist(part, schema=schema))
            count += len(part)
    return count


def _csv(table: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue()


def _safe(cell: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula stays a text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _assess_ai(row: LedgerRow) -> Sequence[Cell]:
    told = bool(row.present) and row.fate != Fate.MISSED
    return (
        "",
        row.accession,
        row.finding or "unknown",
        "Positive" if told else "Negative",
        "",
        row.model,
        row.day,
        row.version,
        "Readout",
        _arrived(row),
        row.age_band,
        row.sex,
        "",
        "",
        "",
        row.modality,
        row.body_part,
        "",
        _report_result(row),
        ("Concordant" if row.concordant else "Discordant") if row.settled else "",
        row.fate,
        row.probability,
    )


def _report_result(row: LedgerRow) -> str:
    """Whether the signed report states the finding."""
    if row.confirmed or row.miss:
        return "Positive"
    denied = row.how == How.NEGATION if row.present else row.concordant
    return "Negative" if denied else "Not stated"


def _arrived(row: LedgerRow) -> str:
    """The day on which the finding came; empty where the row cannot tell."""
    if row.ahead_s is None or row.at[:10] != row.day:
        return ""
    return (datetime.fromisoformat(row.at) - timedelta(seconds=row.ahead_s)).date().isoformat()


FORMATS = {
    "csv": TextFormat(LedgerRow._fields, lambda row: row),
    "assess-ai": TextFormat(ASSESS_AI, _assess_ai),
}
