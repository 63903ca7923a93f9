"""The report as the server holds it now, and what that means for the one that is to be sent."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from adapter.domain.delivery import Answer, Outcome
from adapter.fhir.elements import Json, conditional

_REPORT = "DiagnosticReport"


class Held(NamedTuple):
    """A report on the server: its id and version there, when it was issued, all its numbers."""

    id: str
    version: str
    issued: str
    numbers: frozenset[str] = frozenset()


def report_query(body: bytes) -> str:
    """By what the server finds the report of a transaction: `DiagnosticReport?identifier=…`."""
    return conditional(_REPORT, _report(json.loads(body))["resource"]["identifier"][0])


def read_held(body: bytes) -> list[Held] | None:
    """The reports of a search answer (R4 searchset); None where it is no such answer."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict) or answer.get("type") != "searchset":
        return None
    found = [each.get("resource") for each in _objects(answer.get("entry"))]
    return [
        Held(str(each.get("id")), _version(each), str(each.get("issued") or ""), _numbers(each))
        for each in _objects(found)
        if each.get("resourceType") == _REPORT and each.get("id")
    ]


def settled(body: bytes, held: list[Held]) -> Answer | None:
    """What is clear without sending: it is there already, a later one is, or there are several."""
    if len(held) > 1:
        ids = ", ".join(each.id for each in held)
        return Answer(Outcome.HOLD, "412", f"the server holds this report {len(held)} times: {ids}")
    if not held:
        return None
    resource = _report(json.loads(body))["resource"]
    version = resource["identifier"][-1]["value"]  # that of this message alone
    if version in held[0].numbers:
        return Answer(Outcome.ACCEPTED, "200", "the server held it already")
    ours, theirs = _moment(resource.get("issued", "")), _moment(held[0].issued)
    if ours is None or theirs is None or theirs <= ours:
        return None
    later = f"the server holds a later version, issued {held[0].issued}"
    return Answer(Outcome.HOLD, "412", later)


def pinned(body: bytes, held: list[Held]) -> bytes:
    """The transaction with its report put to the version that was read, or created."""
    bundle = json.loads(body)
    report = _report(bundle)
    request = report["request"]
    criteria = request["url"].partition("?")[2]
    if held:
        match = {"ifMatch": f'W/"{held[0].version}"'} if held[0].version else {}
        request |= {"method": "PUT", "url": f"{_REPORT}/{held[0].id}", **match}
        report["resource"]["id"] = held[0].id  # R4 3.1.0.4: it must be that of the URL
    else:
        request |= {"method": "POST", "url": _REPORT, "ifNoneExist": criteria}
    return json.dumps(bundle, ensure_ascii=False, separators=(",", ":")).encode()


def _report(bundle: Json) -> Json:
    entry: Json = next(
        each for each in bundle["entry"] if each["resource"]["resourceType"] == _REPORT
    )
    return entry


def _version(resource: Json) -> str:
    meta = resource.get("meta")
    return str(meta.get("versionId") or "") if isinstance(meta, dict) else ""


def _numbers(resource: Json) -> frozenset[str]:
    return frozenset(str(each.get("value")) for each in _objects(resource.get("identifier")))


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _objects(values: Any) -> list[dict[str, Any]]:
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []
