"""What is shown: nothing that the model was unsure of is hidden, every sentence has its origin."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console

from adapter.demo.scenario import STUDIES, Told
from adapter.demo.show import Show, heard, proof, sentence

TRANSCRIPT: dict[str, Any] = {
    "text": "small pneumothorax",
    "words": [
        {"text": "small", "ms": [0, 400], "confidence": 0.41},
        {"text": "pneumothorax", "ms": [400, 1200], "confidence": 0.97},
    ],
}
DICTATED = {
    "id": "s1",
    "text": "Small right pneumothorax.",
    "origin": "dictated",
    "source": {"dictation": "d-1", "ms": [12300, 14000], "confidence": 0.97},
}
FLAG = {
    "code": "laterality_conflict",
    "severity": "alert",
    "message": "right was dictated, the model says left",
}


def shown() -> str:
    told = Told(
        STUDIES[1],
        transcript=TRANSCRIPT,
        report={
            "template": {"id": "xr_chest_2v", "version": 1},
            "status": "preliminary",
            "sections": [
                {"id": "pleura", "title": "Pleura", "statements": [DICTATED]},
                {"id": "bones", "title": "Bones", "statements": []},
            ],
            "flags": [FLAG],
            "suggestions": [
                {"text": "Left pneumothorax.", "model": "m", "version": "1", "state": "proposed"}
            ],
            "certificate": {"ok": True, "tokens": 3, "dictated": 3, "template": 0, "ai": 0},
        },
        deliveries=[
            {
                "destination": "ris",
                "protocol": "mllp",
                "kind": "preliminary",
                "control_id": "C1",
                "answer": "AA",
                "body": "",
            }
        ],
        seconds={"order_to_listed": 0.012, "dictation_to_acknowledged": 1.2},
    )
    out = StringIO()
    Show(Console(file=out, highlight=False)).study(told)
    return out.getvalue()


def test_an_unsure_word_is_marked() -> None:
    assert heard(TRANSCRIPT).plain == "small(?0.41) pneumothorax"


def test_a_sentence_names_its_origin() -> None:
    plain = sentence(DICTATED).plain
    assert plain.startswith("      Small right pneumothorax.")
    assert plain.endswith("dictated d-1 12.3-14.0 s 0.97")


def test_a_study_shows_everything_in_words() -> None:
    text = shown()
    for wanted in (
        "DEMO-CXR-2",
        "small(?0.41)",
        "dictated d-1",
        "ALERT laterality_conflict: right was dictated",
        "m 1 suggests: Left pneumothorax. (proposed)",
        "preliminary to ris by mllp: AA",
        "1.20 s from dictation to acknowledged",
        "each of 3 tokens has a source",
    ):
        assert wanted in text
    assert "Bones" not in text
    assert "\x1b" not in text  # plain lines where it is no terminal


def test_a_failed_proof_is_told() -> None:
    assert proof({"ok": False}).plain.startswith("FAILED")
