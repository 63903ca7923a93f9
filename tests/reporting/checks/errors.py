"""Errors planted into clean reports: one kind a function, and the checks that must find it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace

from adapter.domain.order import Code
from adapter.domain.people import Sex
from tests.reporting.checks.reports import (
    BREAST,
    CHEST,
    CT_ABDOMEN,
    CT_CHEST,
    CT_HEAD,
    EXAMS,
    KNEE,
    MR_SPINE,
    PELVIS_F,
    Written,
    clean,
)

_SIDE = re.compile(r"\b(left|right|Left|Right)\b")
_SWAP = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}
_SIZE = re.compile(r"\b(\d+) mm\b")
Plant = Callable[[random.Random], Written]


def _until(
    rng: random.Random, make: Callable[[], Written], good: Callable[[Written], bool]
) -> Written:
    while True:
        if good(found := make()):
            return found


def _swap(text: str) -> str:
    return _SIDE.sub(lambda match: _SWAP[match[0]], text)


def _change(parts: tuple[str, ...], at: int, text: str) -> tuple[str, ...]:
    return (*parts[:at], text, *parts[at + 1 :])


def _where(parts: tuple[str, ...], pattern: re.Pattern[str]) -> int | None:
    return next((at for at, text in enumerate(parts) if pattern.search(text)), None)


def _with(rng: random.Random, pattern: re.Pattern[str], *exams: object) -> tuple[Written, int, int]:
    """A report with the pattern in findings and impression, and where."""
    while True:
        found = clean(rng, *exams)  # type: ignore[arg-type]
        body, impression = _where(found.body, pattern), _where(found.impression, pattern)
        if body is not None and impression is not None:
            return found, body, impression


def impression_side(rng: random.Random) -> Written:
    found, _, at = _with(rng, _SIDE, CHEST, CT_CHEST, CT_ABDOMEN, CT_HEAD, PELVIS_F)
    return found.but(impression=_change(found.impression, at, _swap(found.impression[at])))


def side_of_order(rng: random.Random) -> Written:
    found, at, _ = _with(rng, _SIDE, KNEE, BREAST)
    return found.but(body=_change(found.body, at, _swap(found.body[at])))


def impression_denied(rng: random.Random) -> Written:
    """The findings deny what the impression states."""
    kinds = {"pneumothorax": "No pneumothorax.", "effusion": "No pleural effusion."}
    kinds |= {"hydronephrosis": "No hydronephrosis.", "subdural": "No subdural hematoma."}
    kinds |= {"infarct": "No infarct.", "rib fracture": "No rib fracture."}
    pattern = re.compile("|".join(kinds))
    found = _until(
        rng,
        lambda: clean(rng, CHEST, CT_CHEST, CT_ABDOMEN, CT_HEAD),
        lambda each: _where(each.impression, pattern) is not None,
    )
    at = _where(found.impression, pattern)
    match = pattern.search(found.impression[at or 0])
    assert match
    body = tuple(t for t in found.body if match[0].split()[0] not in t and "sixth rib" not in t)
    return found.but(body=(*body, kinds[match[0]]))


def self_contradiction(rng: random.Random) -> Written:
    denials = {"pneumothorax": "No pneumothorax.", "hydronephrosis": "There is no hydronephrosis."}
    denials |= {"pleural effusion": "No pleural effusion.", "subdural": "No subdural hematoma."}
    pattern = re.compile("|".join(denials))
    found, at, _ = _with(rng, pattern, CHEST, CT_CHEST, CT_ABDOMEN, CT_HEAD)
    match = pattern.search(found.body[at])
    assert match
    return found.but(body=(*found.body, denials[match[0]]))


def impression_level(rng: random.Random) -> Written:
    found, _, at = _with(rng, re.compile(r"L\d-[LS]\d"), MR_SPINE)
    text = found.impression[at]
    other = rng.choice([d for d in ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1") if d not in text])
    return found.but(impression=_change(found.impression, at, re.sub(r"L\d-[LS]\d", other, text)))


def impression_size(rng: random.Random) -> Written:
    found, _, at = _with(rng, _SIZE, CHEST, CT_CHEST, CT_ABDOMEN, CT_HEAD, PELVIS_F, BREAST)
    text = _SIZE.sub(lambda m: f"{int(m[1]) * rng.choice((2, 3, 10))} mm", found.impression[at])
    return found.but(impression=_change(found.impression, at, text))


def sex(rng: random.Random) -> Written:
    found = clean(rng, *(each for each in EXAMS if each.sex == "FM"))
    order = found.order
    female = order.patient.sex is Sex.FEMALE
    male = ("The prostate is enlarged.", "Prostate is normal in size.", "The testes are normal.")
    woman = (
        "The uterus is unremarkable.",
        "A 2 cm left ovarian cyst is seen.",
        "Uterine fibroids.",
    )
    return found.but(body=(*found.body, rng.choice(male if female else woman)))


def age(rng: random.Random) -> Written:
    found = clean(rng)
    other = int(found.indication[:2]) + rng.choice((-10, 10, 8))
    return found.but(indication=f"{other}{found.indication[2:]}")


def unit(rng: random.Random) -> Written:
    found, at, _ = _with(rng, _SIZE, CHEST, CT_CHEST, CT_ABDOMEN, CT_HEAD, BREAST, PELVIS_F)
    return found.but(body=_change(found.body, at, _SIZE.sub(r"\1", found.body[at])))


def implausible(rng: random.Random) -> Written:
    found = clean(rng, CT_ABDOMEN, PELVIS_F)
    wrong = (
        "The spleen measures 110 cm.",
        "The right kidney measures 11 mm in length.",
        "A 90 cm cyst is seen in the liver.",
        "The common bile duct measures 6 cm.",
        "The abdominal aorta measures 24 cm in diameter.",
        "The liver measures 16 mm.",
    )
    return found.but(body=(*found.body, rng.choice(wrong)))


def change(rng: random.Random) -> Written:
    low = rng.randint(4, 9)
    high = low + rng.randint(5, 15)
    wrong = (
        f"The left upper lobe nodule has increased and measures {low} mm, previously {high} mm.",
        f"The left upper lobe nodule has decreased and measures {high} mm, previously {low} mm.",
        f"Unchanged right upper lobe nodule measuring {high} mm, previously {low} mm.",
    )
    found = clean(rng, CT_CHEST)
    return found.but(body=(*found.body, rng.choice(wrong)))


def level(rng: random.Random) -> Written:
    found = clean(rng, MR_SPINE)
    wrong = rng.choice(("L7", "L6-L7", "C9", "T14", "L5-S7", "T13-L1", "L7-S1", "L9"))
    return found.but(body=(*found.body, f"There is a disc bulge at {wrong}."))


def no_impression(rng: random.Random) -> Written:
    return clean(rng).but(impression=())


def no_findings(rng: random.Random) -> Written:
    return clean(rng).but(body=())


def remnant(rng: random.Random) -> Written:
    found = clean(rng)
    left = rng.choice(("[ ]", "___", "{size}", "xx", "***", "[left/right]", "XXX", "@NAME@"))
    at = rng.randrange(len(found.body))
    return found.but(body=_change(found.body, at, found.body[at].replace(".", f" {left}.", 1)))


def date(rng: random.Random) -> Written:
    wrong = ("02/30/2021", "13/32/2020", "April 31, 2022", "2023-02-29", "00/12/2021")
    return clean(rng).but(comparison=f"Prior study dated {rng.choice(wrong)}.")


def future(rng: random.Random) -> Written:
    wrong = ("07/20/2025", "March 3, 2031", "2024-12-01", "5 May 2026", "06/28/2024")
    return clean(rng).but(comparison=f"Prior study dated {rng.choice(wrong)}.")


def modality(rng: random.Random) -> Written:
    found = clean(rng)
    other = "MR" if found.exam.modality != "MR" else "CT"
    return found.but(order=replace(found.order, modality=other))


def body_part(rng: random.Random) -> Written:
    found = clean(rng, CHEST, CT_ABDOMEN, CT_HEAD, KNEE)
    other = rng.choice([e for e in (CHEST, CT_ABDOMEN, CT_HEAD, MR_SPINE) if e is not found.exam])
    order = replace(found.order, procedure=Code("X", other.procedure), modality="", side=None)
    silent = rng.random() < 0.5
    return found.but(order=order, title="" if silent else found.title, technique="")


def contrast(rng: random.Random) -> Written:
    found = clean(rng, CT_CHEST, CT_ABDOMEN, CT_HEAD, MR_SPINE)
    given = "with contrast" in found.title
    if rng.random() < 0.5 and not given:
        return found.but(body=(*found.body, "There is a rim enhancing collection."))
    text = "without intravenous contrast" if given else "following intravenous contrast"
    return found.but(title="", technique=f"Images were obtained {text}.")


def critical_untold(rng: random.Random) -> Written:
    found = _until(
        rng,
        lambda: clean(rng, CHEST, CT_HEAD),
        lambda each: "discussed" in each.text,
    )
    return found.but(impression=found.impression[:-1])


def unsupported(rng: random.Random) -> Written:
    found = clean(rng, CT_ABDOMEN)
    added = rng.choice(("Acute cholecystitis.", "Splenic laceration.", "Acute pancreatitis."))
    return found.but(impression=(*found.impression, added))


def not_concluded(rng: random.Random) -> Written:
    found = clean(rng, CT_ABDOMEN)
    added = rng.choice(
        ("There is free air.", "A 4 cm solid mass is present in the pancreatic head.")
    )
    return found.but(body=(*found.body, added), impression=("No urinary stone.",))


def removed(rng: random.Random) -> Written:
    found = clean(rng, CT_ABDOMEN)
    body = tuple(each for each in found.body if "gallbladder" not in each)
    text = rng.choice(("The gallbladder is normal.", "Gallstones are seen in the gallbladder."))
    return found.but(indication="Status post cholecystectomy. Pain.", body=(*body, text))


def rads(rng: random.Random) -> Written:
    found = clean(rng, BREAST)
    wrong = rng.choice(
        (
            "BI-RADS 7.",
            "BI-RADS category 4D.",
            "BI-RADS 9.",
            "LI-RADS 8.",
            "PI-RADS 6.",
            "BI-RADS category.",
        )
    )
    return found.but(impression=(*found.impression, wrong))


def duplicate(rng: random.Random) -> Written:
    found = clean(rng)
    at = rng.choice([n for n, text in enumerate(found.body) if len(text.split()) > 4] or [0])
    return found.but(body=(*found.body, found.body[at]))


def cut(rng: random.Random) -> Written:
    """A sentence that was cut at one of its inner words."""
    found = clean(rng)
    at = rng.randrange(len(found.body))
    words = found.body[at].rstrip(".").split()
    kept = " ".join(words[: rng.randint(2, max(2, len(words) - 1))])
    return found.but(body=_change(found.body, at, kept + "\n"))


def impossible_side(rng: random.Random) -> Written:
    found = clean(rng, CT_CHEST)
    wrong = ("Opacity in the left middle lobe.", "Nodule in the right lingula.")
    return found.but(body=(*found.body, rng.choice(wrong)))


KINDS: dict[str, tuple[Plant, tuple[str, ...]]] = {
    "side against order": (side_of_order, ("side_against_order",)),
    "impression side": (impression_side, ("side_against_findings",)),
    "impossible side": (impossible_side, ("side_within_report",)),
    "impression against findings": (impression_denied, ("impression_against_findings",)),
    "self-contradiction": (
        self_contradiction,
        ("dictation_self_contradiction", "impression_against_findings"),
    ),
    "impression level": (impression_level, ("impression_level",)),
    "impression size": (impression_size, ("impression_size",)),
    "sex": (sex, ("sex_mismatch",)),
    "age": (age, ("age_mismatch",)),
    "unit missing": (unit, ("unit_missing",)),
    "implausible size": (implausible, ("measurement_implausible",)),
    "change against numbers": (change, ("change_against_numbers",)),
    "impossible level": (level, ("level_impossible",)),
    "no impression": (no_impression, ("impression_missing",)),
    "no findings": (no_findings, ("findings_missing",)),
    "template remnant": (remnant, ("template_remnant",)),
    "impossible date": (date, ("date_impossible",)),
    "future comparison": (future, ("date_in_future",)),
    "wrong modality": (modality, ("wrong_modality",)),
    "wrong body part": (body_part, ("wrong_body_part",)),
    "wrong contrast": (contrast, ("wrong_contrast",)),
    "critical, not communicated": (critical_untold, ("critical_finding",)),
    "impression without finding": (
        unsupported,
        ("impression_unsupported", "impression_against_findings"),
    ),
    "finding without impression": (not_concluded, ("finding_not_in_impression",)),
    "organ taken out": (removed, ("organ_removed",)),
    "RADS category": (rads, ("rads_format",)),
    "duplicated sentence": (duplicate, ("duplicated_sentence",)),
    "unfinished sentence": (cut, ("unfinished_sentence",)),
}
