from __future__ import annotations

import pytest

from adapter.errors import (
    ConfigurationError,
    Conflict,
    Malformed,
    NeedsPerson,
    NotFound,
    ReadoutError,
    Rejected,
    TooLarge,
    TryAgain,
    Unsupported,
)
from adapter.fhir.outcome import operation_outcome, outcome_text
from adapter.fhir.validation import validate


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Rejected("x"), "invalid"),
        (Rejected("x", code="required"), "required"),
        (Rejected("x", code="207"), "invalid"),
        (Malformed("x"), "structure"),
        (NotFound("x"), "not-found"),
        (Conflict("x"), "conflict"),
        (TooLarge("x"), "too-long"),
        (Unsupported("x"), "not-supported"),
        (TryAgain("x"), "transient"),
        (NeedsPerson("x"), "processing"),
        (ConfigurationError("x"), "exception"),
    ],
)
def test_every_error_is_a_valid_outcome(error: ReadoutError, code: str) -> None:
    outcome = operation_outcome(error)
    validate(outcome)
    assert outcome["issue"] == [{"severity": "error", "code": code, "diagnostics": "x"}]


@pytest.mark.parametrize(
    ("location", "expression"),
    [
        ("ServiceRequest.identifier[0].value", ["ServiceRequest.identifier[0].value"]),
        ("OBR^1^18", None),
        ("/findings/0", None),
        ("", None),
    ],
)
def test_only_a_fhirpath_is_an_expression(location: str, expression: list[str] | None) -> None:
    issue = operation_outcome(Rejected("x", location=location))["issue"][0]
    assert issue.get("expression") == expression


@pytest.mark.parametrize(
    ("resource", "text"),
    [
        (operation_outcome(Rejected("no  such", location="A.b")), "no such (A.b)"),
        (
            {
                "resourceType": "OperationOutcome",
                "issue": [{"details": {"text": "a"}}, {"code": "login"}, 5],
            },
            "a; login",
        ),
        ({"resourceType": "OperationOutcome", "issue": "?"}, ""),
        ({"resourceType": "Patient"}, ""),
        (None, ""),
    ],
)
def test_the_words_of_a_peer(resource: object, text: str) -> None:
    assert outcome_text(resource) == text
