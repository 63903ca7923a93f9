"""MedImageInsight as a zero-shot classifier: an image against texts of the lexicon's findings."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from adapter.ai_models.answers import Unreadable, is_number, read_json
from adapter.domain.finding import AiFinding, Evidence
from adapter.mapping.model_calls import Label

_LARGEST_SCALE = 10.0  # of its logarithm: e^10 is a certainty


def request(picture: bytes, labels: Mapping[str, Label]) -> dict[str, Any]:
    """The body: the image in the first row, the texts one a row (present and absent by turns)."""
    rows = [
        list(each) for each in zip_longest([base64.b64encode(picture).decode()], _texts(labels))
    ]
    data = {"columns": ["image", "text"], "index": list(range(len(rows))), "data": rows}
    return {"input_data": data, "params": {"get_scaling_factor": True}}


def probabilities(body: bytes, labels: Mapping[str, Label]) -> dict[str, float]:
    """Probability of each finding: its text of presence against that of absence.

    Of two texts, softmax(e^scaling_factor · cosine), as the publisher's own client computes it.
    Raises Unreadable.
    """
    image, texts, scale = _features(read_json(body))
    if len(texts) != 2 * len(labels):
        raise Unreadable(f"{len(texts)} text features for {2 * len(labels)} texts")
    found = {}
    for number, name in enumerate(labels):
        present, absent = (_cosine(image, texts[2 * number + each]) for each in (0, 1))
        found[name] = 1 / (1 + math.exp(-max(min(scale * (present - absent), 500.0), -500.0)))
    return found


def findings(
    found: Mapping[str, float],
    labels: Mapping[str, Label],
    model: str,
    version: str,
    image: Evidence,
) -> Iterator[AiFinding]:
    """A draft finding for each probability at or over its threshold."""
    for name, probability in found.items():
        if probability >= labels[name].threshold:
            yield AiFinding(
                id=name,
                text=name.replace("_", " "),
                model=model,
                version=version,
                finding=name,
                probability=round(probability, 4),
                evidence=(image,),
            )


def _texts(labels: Mapping[str, Label]) -> list[str]:
    return [text for each in labels.values() for text in (each.present, each.absent)]


def _features(answer: object) -> tuple[list[float], list[list[float]], float]:
    """(image, texts, scale) of one object with lists, or of a list with one object a row."""
    rows = answer if isinstance(answer, list) else [answer]
    images: list[list[float]] = []
    texts: list[list[float]] = []
    scale = None
    for row in rows:
        if not isinstance(row, dict):
            raise Unreadable("a row is not an object")
        images += _vectors(row.get("image_features"))
        texts += _vectors(row.get("text_features"))
        scale = row.get("scaling_factor") if scale is None else scale
    while isinstance(scale, list) and len(scale) == 1:
        scale = scale[0]
    if not images or not is_number(scale) or not isinstance(scale, int | float):
        raise Unreadable("it has no image features or no scaling factor")
    return images[0], texts, math.exp(min(float(scale), _LARGEST_SCALE))


def _vectors(told: object) -> list[list[float]]:
    """One vector, or vectors in a list; null is none."""
    if told is None or told == []:
        return []
    if not isinstance(told, list):
        raise Unreadable("features are not a list")
    if all(map(is_number, told)):
        return [[float(each) for each in told]]
    return [vector for each in told for vector in _vectors(each)]


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    if len(one) != len(other):
        raise Unreadable("features are of different lengths")
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / lengths if lengths else 0.0
