"""Azure AI Foundry CXRReportGen: images of the chest in, sentences with boxes out."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from adapter.ai_models.answers import LONGEST_TEXT, MOST_FINDINGS, Unreadable, is_number, read_json
from adapter.domain.finding import AiFinding, Box, Evidence

_NO_COMPARISON = "None"


@dataclass(frozen=True, slots=True)
class ChestInput:
    """What the model is told; pictures are PNG files, texts hold nobody's name any more."""

    frontal: bytes
    lateral: bytes | None = None
    indication: str = ""
    technique: str = ""
    comparison: str = ""
    prior_report: str = ""


class Sentence(NamedTuple):
    """One sentence of the answer; boxes lie on the frontal image."""

    text: str
    boxes: tuple[Box, ...]


def request(told: ChestInput) -> dict[str, Any]:
    """The body: one row whose columns are what is known."""
    row = {
        "frontal_image": _base64(told.frontal),
        "indication": told.indication,
        "technique": told.technique,
        "comparison": told.comparison or _NO_COMPARISON,
    }
    if told.lateral is not None:
        row["lateral_image"] = _base64(told.lateral)
    if told.prior_report:
        row["prior_report"] = told.prior_report
    data = {"columns": list(row), "index": [0], "data": [list(row.values())]}
    return {"input_data": data, "params": {}}


def read(body: bytes) -> tuple[Sentence, ...]:
    """The sentences of either published shape; raises Unreadable."""
    rows = _output(read_json(body))
    if len(rows) > MOST_FINDINGS:
        raise Unreadable(f"{len(rows)} sentences")
    return tuple(_sentence(row) for row in rows)


def findings(
    sentences: Sequence[Sentence], model: str, version: str, frontal: Evidence
) -> Iterator[AiFinding]:
    """Each sentence as a draft finding with its boxes on the frontal image."""
    for number, each in enumerate(sentences, 1):
        evidence = [
            Evidence(frontal.study_uid, frontal.series_uid, frontal.sop_uid, frontal.frame, box)
            for box in each.boxes
        ]
        yield AiFinding(
            id=f"{number}",
            text=each.text,
            model=model,
            version=version,
            evidence=tuple(evidence) or (frontal,),
        )


def _output(answer: object) -> list[object]:
    """The list of an object, or of the first row, where it is JSON in a string."""
    if isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    output = answer.get("output") if isinstance(answer, dict) else None
    if isinstance(output, str):
        output = read_json(output)
    if not isinstance(output, list):
        raise Unreadable("it has no output")
    return output


def _sentence(row: object) -> Sentence:
    if not (isinstance(row, list) and len(row) == 2 and isinstance(row[0], str)):
        raise Unreadable("a row of output is not a sentence and its boxes")
    text, boxes = row
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise Unreadable("a sentence is empty or too long")
    if boxes is not None and not isinstance(boxes, list):
        raise Unreadable("boxes are neither a list nor null")
    return Sentence(text.strip(), tuple(_box(each) for each in boxes or ()))


def _box(told: object) -> Box:
    if not (isinstance(told, list) and len(told) == 4 and all(map(is_number, told))):
        raise Unreadable("a box is not four numbers")
    box = Box(*map(float, told))
    inside = 0 <= box.x_min < box.x_max <= 1 and 0 <= box.y_min < box.y_max <= 1
    if not inside:
        raise Unreadable("a box lies outside the image")
    return box


def _base64(picture: bytes) -> str:
    return base64.b64encode(picture).decode()
