"""Answers of the published contracts, and what is not as they say."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.ai_models import chat, cxr_report_gen, med_image_insight
from adapter.ai_models.answers import Unreadable
from adapter.domain.finding import Box, Evidence
from adapter.mapping.model_calls import ChatRule, Label

OUTPUT = [["Heart size is normal.", None], ["Left opacity.", [[0.55, 0.40, 0.88, 0.74]]]]
LABELS = {"pneumothorax": Label(present="with", absent="without", threshold=0.6)}
RULE = ChatRule(tasks=("impression",))


@pytest.mark.parametrize(
    "body",
    [{"output": OUTPUT}, [{"output": json.dumps(OUTPUT)}], {"output": json.dumps(OUTPUT)}],
    ids=["as documented", "as the publisher's client reads it", "a mix"],
)
def test_both_shapes_of_cxr_report_gen(body: object) -> None:
    found = cxr_report_gen.read(json.dumps(body).encode())
    assert [each.text for each in found] == ["Heart size is normal.", "Left opacity."]
    assert found[1].boxes == (Box(0.55, 0.40, 0.88, 0.74),)
    frontal = Evidence("1.2", "1.3", "1.4")
    first, second = cxr_report_gen.findings(found, "CXR", "1", frontal)
    assert first.evidence == (frontal,)
    assert second.evidence[0].box == Box(0.55, 0.40, 0.88, 0.74)
    assert second.evidence[0].sop_uid == "1.4"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b"{}", b'{"output": 1}', b'{"output": "not json"}',
        b'{"output": [["x"]]}', b'{"output": [["x", 1]]}', b'{"output": [["", null]]}',
        b'{"output": [["x", [[0, 0, 1]]]]}', b'{"output": [["x", [[0, 0, NaN, 1]]]]}',
        b'{"output": [["x", [[0.5, 0, 0.4, 1]]]]}', b'{"output": [["x", [[0, 0, 1.5, 1]]]]}',
        b'{"output": [["x", [[0, 0, true, 1]]]]}', b"[" * 100_000, b"\xff\xfe",
    ],
)  # fmt: skip
def test_what_is_no_answer_of_cxr_report_gen_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        cxr_report_gen.read(body)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=8))
def test_any_json_is_read_or_refused(told: object) -> None:
    body = json.dumps({"output": told, "choices": told, "image_features": told}).encode()
    for read in (
        cxr_report_gen.read,
        lambda each: med_image_insight.probabilities(each, LABELS),
        lambda each: chat.read(each, RULE),
    ):
        try:
            read(body)  # type: ignore[operator]
        except Unreadable:
            continue


def test_a_probability_is_the_softmax_of_presence_against_absence() -> None:
    """softmax(e^4.5 · cosine) over the two texts, computed here by hand."""
    image, present, absent = (
        [1.0, 0.0],
        [0.99, math.sqrt(1 - 0.99**2)],
        [0.98, -math.sqrt(1 - 0.98**2)],
    )
    one = {"image_features": [image], "text_features": [present, absent], "scaling_factor": 4.5}
    rows = [
        {"image_features": [image], "text_features": [present], "scaling_factor": 4.5},
        {"image_features": None, "text_features": [absent], "scaling_factor": 4.5},
    ]
    wanted = math.exp(90.0171313 * 0.99) / (
        math.exp(90.0171313 * 0.99) + math.exp(90.0171313 * 0.98)
    )
    for body in (one, rows):
        found = med_image_insight.probabilities(json.dumps(body).encode(), LABELS)
        assert found["pneumothorax"] == pytest.approx(wanted, abs=1e-6)
    (made,) = med_image_insight.findings(found, LABELS, "MII", "1", Evidence("1"))
    assert (made.finding, made.probability) == ("pneumothorax", round(wanted, 4))
    assert not list(
        med_image_insight.findings({"pneumothorax": 0.59}, LABELS, "M", "1", Evidence())
    )


@pytest.mark.parametrize(
    "content",
    [
        "not json", "{}", '{"impression": 1}', '{"impression": [{"text": "x"}]}',
        '{"impression": [{"text": 1, "sources": []}]}', '{"impression": [], "more": []}',
        '{"impression": [{"text": "x", "sources": [1]}]}',
    ],
)  # fmt: skip
def test_a_chat_answer_outside_the_schema_is_refused(content: str) -> None:
    body = {"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}
    with pytest.raises(Unreadable):
        chat.read(json.dumps(body).encode(), RULE)


def test_a_chat_answer_that_was_cut_short_is_refused() -> None:
    body = {"choices": [{"message": {"content": '{"impression": []}'}, "finish_reason": "length"}]}
    with pytest.raises(Unreadable, match="ended early"):
        chat.read(json.dumps(body).encode(), RULE)
