from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.delivery import Answer, Outcome
from adapter.fhir.answer import read_answer


def transaction(*responses: dict[str, Any]) -> bytes:
    entries = [{"response": each} for each in responses]
    bundle = {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}
    return json.dumps(bundle).encode()


REPORT = {"status": "201 Created", "location": "http://ehr/DiagnosticReport/1/_history/1"}
PATIENT = {"status": "200", "location": "Patient/1"}


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, transaction(PATIENT, REPORT), Answer(Outcome.ACCEPTED, "201")),
        (200, transaction(PATIENT, PATIENT), Answer(Outcome.ACCEPTED, "200")),
        (200, transaction({"status": "304"}, PATIENT), Answer(Outcome.ACCEPTED, "200")),
        (200, transaction(), Answer(Outcome.ACCEPTED, "200")),
        (200, transaction(REPORT),
         Answer(Outcome.HOLD, "200", "the server answered 1 of 2 entries")),
        (201, b"", Answer(Outcome.ACCEPTED, "201")),
        (200, transaction(REPORT, {"status": "412"}),
         Answer(Outcome.HOLD, "412", "entry 2: refused without a reason")),
        (200, b"<html>login</html>",
         Answer(Outcome.HOLD, "200", "the answer is no transaction-response Bundle")),
        (200, b'{"type": "searchset"}',
         Answer(Outcome.HOLD, "200", "the answer is no transaction-response Bundle")),
        (422, b'{"resourceType": "OperationOutcome", "issue": [{"diagnostics": "bad code"}]}',
         Answer(Outcome.HOLD, "422", "bad code")),
        (418, b"", Answer(Outcome.HOLD, "418", "refused without a reason")),
    ],
)  # fmt: skip
def test_answers(status: int, body: bytes, answer: Answer) -> None:
    assert read_answer(status, body, Outcome.HOLD, 2) == answer


@pytest.mark.parametrize("body", [b"", b'{"resourceType": "Bundle", "type": "document"}'])
def test_a_document_needs_no_transaction_response(body: bytes) -> None:
    assert read_answer(201, body, Outcome.HOLD, None) == Answer(Outcome.ACCEPTED, "201")


@pytest.mark.parametrize(
    ("status", "word"),
    [(302, "base_url"), (401, "token_env"), (403, "token_env"), (404, "base_url")],
)
def test_a_refusal_without_words_says_where_to_look(status: int, word: str) -> None:
    answer = read_answer(status, b"", Outcome.RETRY, 2)
    assert answer.outcome is Outcome.RETRY
    assert word in answer.text


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "entry", "response", "status", "location", "outcome"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(st.sampled_from([200, 201, 400]), values)
def test_no_answer_is_accepted_that_is_no_transaction(status: int, value: Any) -> None:
    answer = read_answer(status, json.dumps(value).encode(), Outcome.HOLD, 1)
    is_done = isinstance(value, dict) and value.get("type") == "transaction-response"
    assert answer.outcome is Outcome.HOLD or (is_done and status != 400)


@given(st.lists(st.dictionaries(st.sampled_from(["status", "location", "outcome"]), values)))
def test_odd_entries_are_no_error(responses: list[dict[str, Any]]) -> None:
    assert read_answer(200, transaction(*responses), Outcome.HOLD, len(responses)).code
