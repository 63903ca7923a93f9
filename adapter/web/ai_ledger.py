"""The AI ledger over HTTP: its rows as CSV, read a part at a time, and the figures of models."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from adapter.errors import Rejected
from adapter.web.requests import House
from adapter.workflow import ai_export

router = APIRouter(prefix="/api/ai", tags=["ai"])

_HEADERS = {"Content-Disposition": 'attachment; filename="ai_ledger.csv"'}
_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}}
}
_LONGEST = timedelta(days=3_700)

Form = Annotated[Literal["csv", "assess-ai"], Query(alias="format", description="columns")]
Day = Annotated[date, Query(ge=date(1900, 1, 1), le=date(9998, 12, 31))]


@router.get("/ledger", response_class=StreamingResponse, responses=_CSV)
def ledger(
    parts: House,
    since: Annotated[Day, Query(description="first day (UTC) of signatures")],
    until: Annotated[Day, Query(description="last day")],
    form: Form = "csv",
) -> StreamingResponse:
    """One line a finding, with its fate in the signed report; no patient data but the accession."""
    if not timedelta(0) <= until - since <= _LONGEST:
        raise Rejected("the period must be a day to ten years, its first day first", code="period")
    rows = ai_export.rows(parts.house.database, since, until)
    lines = ai_export.lines(rows, form)
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=_HEADERS)
