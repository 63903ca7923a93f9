"""What a server's answer to a transaction means."""

from __future__ import annotations

import json
from typing import Any

from adapter.domain.delivery import Answer, Outcome
from adapter.fhir.outcome import outcome_text


def read_answer(status: int, body: bytes, refused: Outcome, entries: int | None) -> Answer:
    """ACCEPTED when all was done, else `refused` with the server's reason.

    `entries`: of the transaction; None: it was a document. The code is the status of the
    DiagnosticReport's entry where the server tells it.
    """
    resource = _json(body)
    if status not in (200, 201):
        text = outcome_text(resource) or _hint(status)
        return Answer(refused, str(status), text)
    if not body or entries is None:
        return Answer(Outcome.ACCEPTED, str(status))
    if not isinstance(resource, dict) or resource.get("type") != "transaction-response":
        return Answer(Outcome.HOLD, str(status), "the answer is no transaction-response Bundle")
    told = [_response(each) for each in _list(resource.get("entry"))]
    if told and entries and len(told) != entries:
        text = f"the server answered {len(told)} of {entries} entries"
        return Answer(Outcome.HOLD, str(status), text)
    return _of_entries(status, told)


def answer_text(body: bytes) -> str:
    """What the OperationOutcome of an answer says; "" when it is none."""
    return outcome_text(_json(body))


def _of_entries(status: int, responses: list[dict[str, Any]]) -> Answer:
    for number, response in enumerate(responses, 1):
        code = _code(response)
        if code and not code.startswith("2") and code != "304":  # 304: it was so already
            text = outcome_text(response.get("outcome")) or "refused without a reason"
            return Answer(Outcome.HOLD, code, f"entry {number}: {text}")
    reports = (each for each in responses if _is_report(each))
    code = next(filter(None, map(_code, reports)), str(status))
    return Answer(Outcome.ACCEPTED, code)


def _is_report(response: dict[str, Any]) -> bool:
    location = response.get("location")
    return isinstance(location, str) and "DiagnosticReport" in location.split("/")


def _code(response: dict[str, Any]) -> str:
    """`201` of `201 Created`."""
    told = response.get("status")
    return told.split(" ")[0][:3] if isinstance(told, str) else ""


def _response(entry: object) -> dict[str, Any]:
    response = entry.get("response") if isinstance(entry, dict) else None
    return response if isinstance(response, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _hint(status: int) -> str:
    if 300 <= status < 400:
        return "the server redirects; put the final address into base_url"
    if status in (401, 403):
        return "the server does not accept our token; see token_env of the destination"
    if status == 404:
        return "no FHIR server at this address; see base_url of the destination"
    return "refused without a reason"
