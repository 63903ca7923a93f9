"""The auditor's pages: who did what to which study, when and why; whether the trail is whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response
from pydantic import Field, NaiveDatetime

from adapter.audit.disclosures import Disclosure
from adapter.audit.heads import Heads
from adapter.audit.verify import Verdict
from adapter.domain.audit import AuditRow, Outcome, Verb
from adapter.store.audit import Wanted
from adapter.web.bodies import Asked, Word
from adapter.web.pages.frame import Visit, Visiting, minute, page, table
from adapter.web.pages.markup import Child, Html, el
from adapter.web.parts import Parts
from adapter.web.requests import House
from adapter.workflow.study_flow import iso

router = APIRouter(prefix="/audit", include_in_schema=False)

_SHOWN = 100
_MOST_BEHIND = 100_000
_FAULTS_SHOWN = 100
_ROWS = "When|Who|Did|Study|What|Why|From|Row"
_DISCLOSED = "When|To|From|Study|What|Why"
_OUTCOMES = {Outcome.MINOR_FAILURE: "refused", Outcome.SERIOUS_FAILURE: "failed"}


class AuditForm(Asked):
    """What is looked for; times are UTC. It comes in a body: no number stands in an address."""

    patient: Word = Field("", max_length=200)
    """A number of the patient."""
    accession: Word = Field("", max_length=64)
    """Accession number."""
    person: Word = Field("", max_length=64)
    """Number of the person, or name of the program."""
    verb: Verb | None = None
    """What was done."""
    since: NaiveDatetime | None = None
    """Not earlier than this."""
    until: NaiveDatetime | None = None
    """Earlier than this."""
    failed: bool = False
    """Only what did not succeed."""
    offset: int = Field(0, ge=0, le=_MOST_BEHIND)
    """Rows that were shown before."""

    def wanted(self) -> Wanted:
        """As the store knows it, but for the patient."""
        return Wanted(
            self.person, self.verb or "", self.accession, _utc(self.since), _utc(self.until),
            self.failed,
        )  # fmt: skip


class DisclosureForm(Asked):
    """Of which patient."""

    patient: Word = Field("", max_length=200)
    """Number."""
    issuer: Word = Field("", max_length=200)
    """Who gave it; empty: anybody."""
    people: bool = False
    """Also what people of the house looked at."""


@router.get("", response_class=HTMLResponse)
def newest(visit: Visiting, parts: House) -> HTMLResponse:
    """The newest rows, and the form that finds others."""
    return _audit(visit, parts, AuditForm.model_validate({}))


@router.post("", response_class=HTMLResponse)
def search(visit: Visiting, parts: House, form: Annotated[AuditForm, Form()]) -> HTMLResponse:
    """Rows as the form asks."""
    return _audit(visit, parts, form)


@router.post("/verify", response_class=HTMLResponse)
def verify(visit: Visiting, parts: House) -> HTMLResponse:
    """Read the whole trail, and say whether it is as it was written."""
    verdict, anchors = parts.audit_desk.verified()
    return page(
        visit,
        "Proof of the audit trail",
        _verdict(verdict, anchors),
        table("Chains", "Node|Rows|Hash of the last one", _chains(verdict), "None."),
        el("p", el("a", "Back to the trail", href="/audit")),
        here="/audit",
    )


@router.get("/disclosures", response_class=HTMLResponse)
def ask(visit: Visiting) -> HTMLResponse:
    """Ask for a patient."""
    form = DisclosureForm.model_validate({})
    return page(visit, "Disclosures", _disclosure_form(form), here="/audit/disclosures")


@router.post("/disclosures", response_class=HTMLResponse)
def told(visit: Visiting, parts: House, form: Annotated[DisclosureForm, Form()]) -> HTMLResponse:
    """To whom data of a patient went (45 CFR 164.528)."""
    found = _disclosed(parts, form)
    shown = table(
        "Oldest first", _DISCLOSED, map(_disclosure, found), "Nothing of this patient has left."
    )
    save = _hidden("/audit/disclosures/download", form.model_dump(), "Download as CSV")
    return page(
        visit, "Disclosures", _disclosure_form(form), shown, save if found else None,
        here="/audit/disclosures",
    )  # fmt: skip


@router.post("/disclosures/download")
def download(parts: House, form: Annotated[DisclosureForm, Form()]) -> Response:
    """The same as a file (CSV, RFC 4180)."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(Disclosure._fields)
    writer.writerows([_safe(cell) for cell in each] for each in _disclosed(parts, form))
    headers = {"Content-Disposition": 'attachment; filename="disclosures.csv"'}
    return Response(lines.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _audit(visit: Visit, parts: Parts, form: AuditForm) -> HTMLResponse:
    wanted = form.wanted()
    found = parts.audit_desk.listed(wanted, form.patient.strip(), _SHOWN + 1, form.offset)
    prove = el("form", el("button", "Prove the trail", type="submit"), method="post",
               action="/audit/verify", class_="more")  # fmt: skip
    return page(
        visit,
        "Audit",
        _form(form),
        prove,
        table("Newest first", _ROWS, map(_row, found[:_SHOWN]), "Nothing is like this."),
        _older(form) if len(found) > _SHOWN else None,
        here="/audit",
    )


def _row(row: AuditRow) -> tuple[Child, ...]:
    who = row.name or row.agent or row.kind
    named = f"{who} ({row.agent})" if row.name else who
    on_behalf = f", for {row.person}" if row.person else ""
    outcome = _OUTCOMES.get(Outcome(row.outcome))
    mark = el("span", outcome, class_="chip danger") if outcome else None
    return (
        minute(row.at), f"{named}{on_behalf}", (row.verb, " ", mark), row.accession, row.object,
        row.detail, row.address, f"{row.chain} {row.number}",
    )  # fmt: skip


def _form(form: AuditForm) -> Html:
    values = {name: "" if value is None else str(value) for name, value in form}
    verbs = (
        el("option", each or "any", value=each, selected=each == values["verb"])
        for each in ("", *Verb)
    )
    return el(
        "form",
        _input("patient", "Patient number", values["patient"]),
        _input("accession", "Accession", values["accession"]),
        _input("person", "Person or program", values["person"]),
        el("label", "Did", el("select", verbs, name="verb")),
        _input("since", "From (UTC)", _local(form.since), "datetime-local"),
        _input("until", "Until (UTC)", _local(form.until), "datetime-local"),
        _box("failed", "Only what was refused or failed", on=form.failed),
        el("button", "Search", type="submit", class_="main"),
        class_="search", role="search", method="post", action="/audit", autocomplete="off",
    )  # fmt: skip


def _disclosure_form(form: DisclosureForm) -> Html:
    return el(
        "form",
        el("label", "Patient number",
           el("input", name="patient", value=form.patient, required=True)),
        _input("issuer", "Given by (empty: anybody)", form.issuer),
        _box("people", "Also what people of the house looked at", on=form.people),
        el("button", "Show", type="submit", class_="main"),
        class_="search", role="search", method="post", action="/audit/disclosures",
        autocomplete="off",
    )  # fmt: skip


def _verdict(verdict: Verdict, anchors: list[Heads]) -> Iterator[Html]:
    if verdict.faults:
        yield el("p", "The trail was changed.", class_="note danger", role="alert")
        faults = verdict.faults[:_FAULTS_SHOWN]
        yield el("ul", (el("li", f"{each.chain or 'heads'}: {each.what}") for each in faults))
    else:
        told = f"The trail is as it was written: {verdict.rows} rows."
        yield el("p", told, class_="note good", role="status")
    for each in anchors:
        yield el("p", "Held to the anchor of ", minute(each.at), ".")
    if not anchors:
        yield el("p", "There is no anchor: rows gone from the end cannot be found.", class_="note")


def _chains(verdict: Verdict) -> Iterator[tuple[Child, ...]]:
    for each in verdict.heads:
        yield each.chain, str(each.number), el("code", each.hash)


def _disclosed(parts: Parts, form: DisclosureForm) -> list[Disclosure]:
    number, issuer = form.patient.strip(), form.issuer.strip() or None
    return parts.audit_desk.disclosures(number, issuer, people=form.people) if number else []


def _disclosure(each: Disclosure) -> tuple[Child, ...]:
    return minute(each.at), each.to, each.address, each.accession, each.what, each.why


def _older(form: AuditForm) -> Html:
    values = form.model_dump(mode="json", exclude_none=True)
    return _hidden("/audit", values | {"offset": form.offset + _SHOWN}, "Older")


def _hidden(path: str, values: dict[str, object], label: str) -> Html:
    inputs = (el("input", type="hidden", name=name, value=str(v)) for name, v in values.items())
    button = el("button", label, type="submit")
    return el("form", inputs, button, method="post", action=path, class_="more")


def _input(name: str, label: str, value: str, kind: str = "text") -> Html:
    return el("label", label, el("input", type=kind, name=name, value=value))


def _box(name: str, label: str, *, on: bool) -> Html:
    box = el("input", type="checkbox", name=name, value="true", checked=on)
    return el("label", box, " ", label)


def _local(moment: datetime | None) -> str:
    return moment.isoformat(timespec="minutes") if moment else ""


def _utc(moment: datetime | None) -> str:
    return iso(moment.replace(tzinfo=UTC)) if moment else ""


def _safe(cell: str) -> str:
    """A text that a spreadsheet would take for a formula stays a text."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
