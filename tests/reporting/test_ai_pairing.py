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


@pytest.mark.parametrize(
    "said",
    [
        "Possible left pneumothorax. There is a pneumothorax.",
        "Possible tension pneumothorax. There is a pneumothorax.",
    ],
)
def test_what_says_as_much_as_the_ai_is_nearest(said: str) -> None:
    assert told(paired(said, finding="pneumothorax")) == []


def test_a_level_that_the_ai_does_not_give_leaves_the_plain_sentence() -> None:
    said = "Possible disc bulge at L3-L4. There is a disc bulge."
    assert told(paired(said, finding="disc_bulge")) == []


def test_a_text_that_names_nothing_adds_nothing_to_a_known_finding() -> None:
    found = drafted("Finding seen.", finding="mass")
    assert (found.organ, found.present, found.side) == ("general", True, None)


def test_a_code_in_words_is_read() -> None:
    assert drafted(finding="large_left_pleural_effusion").finding == "pleural_effusion"
    assert drafted(finding="zzz", code="Left pneumothoraces").finding == "pneumothorax"


def test_a_wider_denial_is_a_conflict_and_a_narrower_one_is_none() -> None:
    assert told(paired("No pneumothorax.", finding="tension_pneumothorax")) == [
        ("negation_conflict", "alert", "s1")
    ]
    assert told(paired("No tension pneumothorax.", finding="pneumothorax")) == [
        ("ai_finding_not_dictated", "alert", None)
    ]


def test_an_affirmed_finding_of_the_other_side_comes_before_the_one_that_is_narrower() -> None:
    found = paired("Left pneumothorax. Right pneumothorax.", finding="pneumothorax", side=Side.LEFT)
    assert (found.agreed, found.flags) == (True, ())


@pytest.mark.parametrize(("theirs", "flagged"), [(12.0, False), (12.1, True), (8.0, False)])
def test_sizes_may_differ_by_two_millimetres(theirs: float, flagged: bool) -> None:
    found = paired("A 10 mm lung nodule.", finding="lung_nodule", size_mm=(theirs,))
    assert bool(found.flags) is flagged


@pytest.mark.parametrize(("theirs", "flagged"), [(24.0, False), (24.5, True), (16.0, False)])
def test_sizes_may_differ_by_a_fifth(theirs: float, flagged: bool) -> None:
    found = paired("A 20 x 5 mm lung nodule.", finding="lung_nodule", size_mm=(3.0, theirs))
    assert bool(found.flags) is flagged


def test_the_messages_tell_what_differs() -> None:
    def messages(said: str, **values: object) -> list[str]:
        return [flag.message for flag in paired(said, **values).flags]

    nodule = {"finding": "lung_nodule", "size_mm": (4.0, 30.0)}
    assert messages("A 5 x 20 mm lung nodule.", **nodule) == ["dictated 20 mm, AI 30 mm"]
    assert messages("Bilateral pneumothorax.", finding="pneumothorax", side=Side.LEFT) == [
        "dictated bilateral, AI left"
    ]
    assert messages("Pleural effusion.", finding="pleural_effusion", side=Side.LEFT) == [
        "AI says left; no side was dictated"
    ]
    assert messages("Disc bulge at L3-L4.", finding="disc_bulge", level="L4-L5") == [
        "dictated L3-L4, AI L4-L5"
    ]
    bare = {"finding": "pleural_effusion", "side": Side.RIGHT}
    assert messages("Left pleural effusion.", **bare) == [
        "dictated left pleural effusion, AI right pleural effusion"
    ]
