"""JSON of an engine's own form, read by a mapping file."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from adapter.domain.ai_result import AiResult
from adapter.domain.finding import AiFinding, Box
from adapter.domain.identifiers import Phi
from adapter.domain.message import SearchKeys
from adapter.domain.order import Side
from adapter.errors import Malformed, Rejected, TooLarge
from adapter.mapping.ai_codes import load_ai_codes
from adapter.mapping.ai_webhooks import AiWebhook
from adapter.mapping.files import MappingFiles
from adapter.mapping.json_path import found, steps
from adapter.workflow.ai_webhooks import read_keys, read_webhook
from tests.fakes.house import tables

CODES = load_ai_codes(MappingFiles(), tables().lexicon)
EXAMPLE = MappingFiles().get("ai_webhooks/example.yaml")
RULES: dict[str, Any] = yaml.safe_load(EXAMPLE.body)
RESULT: dict[str, Any] = {
    "id": "r1",
    "label": "PTX",
    "text": "Pneumothorax",
    "result": "Positive",
    "side": "L",
    "score": 91.5,
    "size": "1.2",
    "boxes": [{"image": "1.2.3.4", "rect": [100, 200, 300, 400], "columns": 1000, "rows": 2000}],
}
BODY: dict[str, Any] = {
    "study": {
        "accession": "A1",
        "uid": "1.2.3",
        "patient": {"id": 4711, "name": "Demo^Jane^Q", "birthDate": "1980-01-31"},
    },
    "algorithm": {"name": "PTX-Finder", "version": "2.1"},
}


def told(*results: Any, rules: dict[str, Any] | None = None, **changes: Any) -> AiResult:
    body = json.dumps(BODY | {"results": results} | changes).encode()
    engine = AiWebhook.model_validate(RULES | (rules or {}))
    (result,) = read_webhook(body, engine, CODES)
    return result


def one(**changes: Any) -> AiFinding:
    return told(RESULT | changes).findings[0]


def test_every_field_is_found_where_the_mapping_says() -> None:
    result = told(RESULT)
    patient = result.patient
    assert (result.accession, result.study_uid, result.source) == ("A1", "1.2.3", "example")
    assert (patient.mrn.reveal(), patient.family.reveal()) == ("4711", "Demo")
    assert (patient.given.reveal(), patient.birth_date.reveal()) == ("Jane Q", "19800131")
    (finding,) = result.findings
    assert (finding.id, finding.finding, finding.code) == ("r1", "pneumothorax", "PTX")
    assert (finding.model, finding.version) == ("PTX-Finder", "2.1")
    assert (finding.present, finding.side, finding.size_mm) == (True, Side.LEFT, (12.0,))
    assert finding.probability == 0.915
    (seen,) = finding.evidence
    assert (seen.study_uid, seen.sop_uid, seen.box) == ("1.2.3", "1.2.3.4", Box(0.1, 0.1, 0.3, 0.2))


def test_the_scanner_is_told_by_its_parts() -> None:
    rules = {"scanner": {"manufacturer": ["device.maker"], "model": ["device.model"]}}
    device = {"maker": "Acme", "model": "CT 9"}
    assert told(RESULT, rules=rules, device=device).findings[0].scanner == "Acme CT 9"
    assert told(RESULT, rules=rules, device=7).findings[0].scanner == ""


def test_what_is_absent_or_unknown() -> None:
    assert not one(result="negative").present
    assert not one(result=False).present
    assert one(side="?").side is None
    assert one(label="NEW").finding is None
    assert one(text=None).text == "PTX"


@pytest.mark.parametrize("wrong", [None, "x", [], {}, True, "NaN", "1e999", -1, 10**400])
def test_numbers_that_are_none_are_left_out(wrong: Any) -> None:
    finding = one(score=wrong, size=wrong, boxes=[{"image": "1.2", "rect": [wrong, 0, 1, 1]}])
    assert (finding.probability, finding.size_mm) == (None, ())
    assert [each.box for each in finding.evidence] == [None]


def test_what_is_no_number_in_json_is_none_here() -> None:
    body = json.dumps(BODY | {"results": [RESULT | {"score": float("nan"), "size": float("inf")}]})
    (result,) = read_webhook(body.encode(), AiWebhook.model_validate(RULES), CODES)
    assert (result.findings[0].probability, result.findings[0].size_mm) == (None, ())


@pytest.mark.parametrize(
    ("rect", "box"),
    [
        ([-100, 0, 500, 3000], Box(0, 0, 0.5, 1)),
        ([2000, 0, 3000, 100], None),
        ([500, 500, 100, 100], None),
        ([1, 2, 3], None),
    ],
)
def test_boxes_are_cut_at_the_image(rect: list[int], box: Box | None) -> None:
    place = {"image": "1.2", "rect": rect, "columns": 1000, "rows": 2000}
    assert one(boxes=[place]).evidence[0].box == box


def test_a_box_may_be_an_extent_and_four_places() -> None:
    evidence = {"box": ["x", "y", "w", "h"], "form": "extent", "width": [], "height": []}
    rules = {"evidence": RULES["evidence"] | evidence}
    place = {"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4, "image": "1"}
    found_ = told(RESULT | {"boxes": [place]}, rules=rules).findings[0].evidence[0].box
    assert found_ is not None
    assert [round(each, 6) for each in found_] == [0.1, 0.2, 0.4, 0.6]


def test_what_names_no_study_or_says_nothing_is_refused() -> None:
    with pytest.raises(Rejected, match="neither accession nor study UID"):
        told(RESULT, study={})
    with pytest.raises(Rejected, match="finding 1 has no text"):
        told({"id": "x"})
    with pytest.raises(TooLarge):
        told(*([RESULT] * 10_001))
    for body in (b"", b"{", b"[" * 100_000, b"\xff"):
        with pytest.raises(Malformed):
            read_webhook(body, AiWebhook.model_validate(RULES), CODES)
    for shape in (b"[]", b"1", b'"x"', b"null"):
        with pytest.raises(Rejected):
            read_webhook(shape, AiWebhook.model_validate(RULES), CODES)


def test_paths() -> None:
    body = {"a": [{"b c": 1}, {"b c": [2, 3]}], "n": None}
    assert found("a[*]['b c']", body, body) == [1, [2, 3]]
    assert found("$.a[1]['b c'][0]", None, body) == [2]
    assert found("a[7]", body, body) == found("n", body, body) == found("a.x", body, body) == []
    assert found("", body, None) == [body]
    assert steps("x-y.z") == ("x-y", "z")
    for wrong in ("a..b", "a[", ".a", "a[-1]", "a b"):
        with pytest.raises(ValueError, match="no place in JSON"):
            steps(wrong)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"secret_envs": []}, "exactly one of"),
        ({"token_env": "X"}, "exactly one of"),
        ({"accession": [], "study_uid": []}, "by what is the study known"),
        ({"findings": "a..b"}, "no place in JSON"),
        ({"evidence": {"each": "x", "box": ["a", "b"]}}, "four places"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        AiWebhook.model_validate(RULES | changed)


def test_a_body_is_found_by_its_study_and_patient() -> None:
    engine = AiWebhook.model_validate(RULES)
    assert read_keys(json.dumps(BODY).encode(), engine) == SearchKeys(("A1",), (Phi("4711"),))
    assert read_keys(b"no JSON", engine) == SearchKeys()
