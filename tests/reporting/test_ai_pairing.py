"""Which dictated finding an AI finding answers to, and what differs."""

from __future__ import annotations

import pytest

from adapter.domain.finding import AiFinding
from adapter.domain.order import Side
from adapter.reporting.ai_pairing import Draft, Pairing, draft, pair
from adapter.reporting.said import listen
from tests.reporting.tables import tables, written

LEXICON = tables().lexicon
FORM = tables().templates.get("generic")


def drafted(text: str = "Finding seen.", **values: object) -> Draft:
    return draft(AiFinding("a1", text, "m", "1", **values), LEXICON)  # type: ignore[arg-type]


def paired(said: str, **values: object) -> Pairing:
    spoken = listen((written(said),), FORM, LEXICON).said
    (found,) = pair((drafted(**values),), spoken, LEXICON)  # type: ignore[arg-type]
    return found


def told(found: Pairing) -> list[tuple[str, str, str | None]]:
    """Code, severity and statement of each flag."""
    return [(flag.code, flag.severity.value, flag.statement) for flag in found.flags]


def test_what_the_model_gives_comes_before_what_its_text_says() -> None:
    found = drafted("Left pleural effusion.", finding="lung_nodule")
    assert (found.finding, found.organ, found.side) == ("lung_nodule", "lungs", Side.LEFT)
    found = drafted("Left effusion.", finding="pleural_effusion", side=Side.RIGHT, size_mm=(3.0,))
    assert (found.side, found.size_mm) == (Side.RIGHT, (3.0,))
    found = drafted("Disc bulge at L4-L5.", finding="disc_bulge", level="L3-L4")
    assert found.level == "L3-L4"


def test_what_the_model_leaves_out_its_text_says() -> None:
    found = drafted("Left pneumothorax. Right pleural effusion 12 mm.", finding="pleural_effusion")
    assert (found.side, found.size_mm) == (Side.RIGHT, (12.0,))
    found = drafted("Disc bulge at L4-L5.")
    assert (found.finding, found.level, found.present) == ("disc_bulge", "L4-L5", True)
    assert drafted("Nodule.", code="Pleural Effusion").finding == "pleural_effusion"


@pytest.mark.parametrize(
    ("values", "present"),
    [
        ({"text": "No pneumothorax."}, False),
        ({"text": "Pneumothorax."}, True),
        ({"text": "Pneumothorax.", "present": False}, False),
        ({"text": "No pneumothorax.", "finding": "pneumothorax"}, True),
        ({"text": "No pneumothorax.", "code": "pneumothorax"}, True),
    ],
)
def test_a_denial_counts_where_the_text_alone_names_the_finding(
    values: dict[str, object], present: bool
) -> None:
    assert drafted(**values).present is present  # type: ignore[arg-type]


def test_a_code_that_nobody_knows_leaves_the_finding_to_the_text() -> None:
    assert drafted("Left pneumothorax.", code="ZZZ-99").finding == "pneumothorax"


def test_the_text_places_a_finding_that_has_no_organ() -> None:
    assert drafted("Mass in the liver.", finding="mass").organ == "liver"
    assert drafted("Mass in the liver.", finding="lung_mass").organ == "lungs"


def test_a_text_that_names_nothing_has_no_finding() -> None:
    found = drafted("Score 0.8")
    assert (found.finding, found.organ, found.side, found.level) == (None, "general", None, None)
    assert found.urgency(LEXICON) == "routine"
    assert told(paired("Right pneumothorax.", text="Score 0.8")) == [
        ("ai_finding_not_dictated", "warn", None)
    ]


def test_the_nearest_dictated_finding_is_compared() -> None:
    nodule = {"finding": "lung_nodule", "size_mm": (11.0,)}
    said = "A 4 mm lung nodule. A 12 mm lung nodule."
    assert told(paired(said, **nodule)) == []
    said = "A 20 x 4 mm lung nodule. A 5 mm lung nodule."
    assert told(paired(said, finding="lung_nodule", size_mm=(20.0,))) == []
    said = "Right 20 mm and left 20 mm lung nodules. Bilateral 8 mm lung nodules."
    assert paired(said, finding="lung_nodule", side=Side.BILATERAL, size_mm=(8.0,)).flags == ()


def test_sizes_are_compared_where_both_are_given() -> None:
    assert told(paired("A 4 mm lung nodule.", finding="lung_nodule")) == []
    assert told(paired("A lung nodule.", finding="lung_nodule", size_mm=(9.0,))) == []
    assert told(paired("A 4 mm lung nodule.", finding="lung_nodule", size_mm=(9.0,))) == [
        ("size_conflict", "warn", "s1")
    ]


def test_the_same_side_is_nearer_than_both() -> None:
    said = "Bilateral pleural effusions. Right pleural effusion."
    assert told(paired(said, finding="pleural_effusion", side=Side.RIGHT)) == []


def test_no_level_is_nearest_to_no_level() -> None:
    said = "Disc bulge at L4-L5 measuring 9 mm. Disc bulge measuring 3 mm."
    assert told(paired(said, finding="disc_bulge", size_mm=(3.0,))) == []


def test_the_same_finding_is_nearer_than_its_kind() -> None:
    said = "Lung mass measuring 40 mm. Lung nodule measuring 9 mm."
    assert told(paired(said, finding="lung_nodule", size_mm=(9.0,))) == []


@pytest.mark.parametrize(
    ("said", "values", "agreed", "flags"),
    [
        ("Disc bulge.", {"finding": "disc_bulge", "level": "L4-L5"}, True, []),
        (
            "Disc bulge at L3-L4. There is a disc bulge.",
            {"finding": "disc_bulge", "level": "L4-L5"},
            False,
            [("level_conflict", "alert", "s1")],
        ),
        (
            "Left pneumothorax. There is a pneumothorax.",
            {"finding": "pneumothorax", "side": Side.RIGHT},
            False,
            [("laterality_conflict", "alert", "s1")],
        ),
        (
            "There is a pneumothorax.",
            {"finding": "pneumothorax", "side": Side.RIGHT},
            True,
            [("laterality_not_dictated", "info", "s1")],
        ),
        (
            "Bilateral pneumothorax.",
            {"finding": "pneumothorax", "side": Side.RIGHT},
            True,
            [("laterality_conflict", "warn", "s1")],
        ),
        (
            "Possible right pneumothorax.",
            {"finding": "pneumothorax", "side": Side.RIGHT},
            True,
            [("certainty_conflict", "info", "s1")],
        ),
        (
            "No pneumothorax.",
            {"finding": "pneumothorax"},
            False,
            [("negation_conflict", "alert", "s1")],
        ),
        (
            "No left pneumothorax.",
            {"finding": "pneumothorax", "side": Side.RIGHT},
            False,
            [("ai_finding_not_dictated", "alert", None)],
        ),
        (
            "No disc bulge at L3-L4.",
            {"finding": "disc_bulge", "level": "L4-L5"},
            False,
            [("ai_finding_not_dictated", "warn", None)],
        ),
        (
            "The lungs are clear.",
            {"finding": "lung_nodule"},
            False,
            [("negation_conflict", "warn", "s1")],
        ),
        (
            "History of pneumothorax.",
            {"finding": "pneumothorax"},
            False,
            [("ai_finding_not_dictated", "alert", None)],
        ),
        ("No pneumothorax.", {"finding": "pneumothorax", "present": False}, True, []),
        ("The heart is normal.", {"finding": "pneumothorax", "present": False}, False, []),
        (
            "Right pneumothorax.",
            {"finding": "pneumothorax", "present": False, "side": Side.RIGHT},
            False,
            [("negation_conflict", "warn", "s1")],
        ),
        (
            "Right pneumothorax.",
            {"finding": "pneumothorax", "present": False, "side": Side.LEFT},
            False,
            [],
        ),
    ],
)
def test_agreement_and_conflicts(
    said: str, values: dict[str, object], agreed: bool, flags: list[tuple[str, str, str | None]]
) -> None:
    found = paired(said, **values)
    assert found.agreed is agreed
    assert told(found) == flags
    assert all(flag.ai == "a1" for flag in found.flags)


def test_a_conflict_of_sides_names_both() -> None:
    (flag,) = paired("Left pneumothorax.", finding="pneumothorax", side=Side.RIGHT).flags
    assert flag.message == "dictated left pneumothorax, AI right pneumothorax"
