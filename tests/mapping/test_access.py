"""Labels of studies from their orders, and who sees them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adapter.domain.order import OrderOrigin
from adapter.mapping.access import AccessRules, load_access_rules
from adapter.mapping.files import MappingFiles
from tests.fakes.house import order

LABELS = {
    "north": {"title": "North", "when": [{"facility": ["north*"]}, {"location": ["N-*"]}]},
    "ward": {"title": "Ward", "when": [{"facility": ["NORTH"], "patient_class": ["I", "E"]}]},
    "vip": {"title": "VIP", "when": [{"confidentiality": ["V", "R"]}], "break_glass": True},
}
REASONS = {"emergency": "Emergency"}


def rules(**told: Any) -> AccessRules:
    return AccessRules.model_validate({"labels": LABELS, "break_glass_reasons": REASONS, **told})


@pytest.mark.parametrize(
    ("origin", "patient_class", "labels"),
    [
        (OrderOrigin(facility=("NORTH",)), "O", ("north",)),
        (OrderOrigin(facility=("NORTH",)), "E", ("north", "ward")),
        (OrderOrigin(facility=("South", "northern branch")), "", ("north",)),
        (OrderOrigin(location=("n-12",), confidentiality=("N", "r")), "", ("north", "vip")),
        (OrderOrigin(facility=("SOUTH",), confidentiality=("VIP",)), "I", ()),
        (OrderOrigin(), "", ()),
    ],
)
def test_labels_of_an_order(
    origin: OrderOrigin, patient_class: str, labels: tuple[str, ...]
) -> None:
    assert rules().labels_of(order("A1", origin=origin, patient_class=patient_class)) == labels


def test_what_nothing_fits_has_the_labels_of_the_rest() -> None:
    fallback = rules(otherwise=["vip"])
    assert fallback.labels_of(order("A1")) == ("vip",)
    assert fallback.labels_of(order("A1", origin=OrderOrigin(facility=("NORTH",)))) == ("north",)


def test_who_sees_what() -> None:
    told = rules(
        seen_by=[
            {"roles": ["radiologist"], "labels": ["north"]},
            {"claim": "groups", "values": ["g1", "g2"], "labels": ["vip"]},
            {"programs": ["archive"], "labels": ["*"]},
        ]
    )
    assert told.by_roles(["resident", "radiologist"]) == {"north"}
    assert told.by_roles(["resident"]) == frozenset()
    assert told.by_claims({"groups": ["x", "g2"]}) == {"vip"}
    assert told.by_claims({"groups": "g1"}) == {"vip"}
    assert told.by_claims({"group": ["g1"]}) == frozenset()
    assert told.sight(told.by_program("archive"), {}).covers(["north", "gone"])
    assert not told.sight(told.by_program("other"), {}).covers(["north"])


@given(st.frozensets(st.sampled_from("abcd")), st.frozensets(st.sampled_from("abcd")))
def test_every_label_must_be_covered(mine: frozenset[str], labels: frozenset[str]) -> None:
    told = AccessRules.model_validate(
        {"labels": {each: {"title": each, "when": [{"modality": [each]}]} for each in "abcd"}}
    )
    assert told.sight(mine, {}).covers(labels) == (labels <= mine)


def test_without_labels_everybody_sees_everything() -> None:
    packaged = load_access_rules(MappingFiles())
    assert not packaged.are_there
    assert packaged.labels_of(order("A1", origin=OrderOrigin(confidentiality=("V",)))) == ()
    assert packaged.sight(frozenset(), {}).covers(["left over"])


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"seen_by": [{"roles": ["r"], "labels": ["vipp"]}]}, "vipp"),
        ({"otherwise": ["other"]}, "other"),
        ({"seen_by": [{"labels": ["vip"]}]}, "nobody"),
        ({"seen_by": [{"claim": "groups", "labels": ["vip"]}]}, "go together"),
        ({"break_glass_reasons": {}}, "break_glass_reasons"),
        ({"labels": {"x": {"title": "X", "when": [{}]}}}, "nothing"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(told: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        rules(**told)
