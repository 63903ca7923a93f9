"""Errors planted into clean reports: each can be seen from the text and the order.

A planter returns the changed report, or None where the report offers no place for the error.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from adapter.domain.order import Code
from adapter.domain.people import Sex
from tests.reporting.checks.corpus import Clean, swap_sides

Planter = Callable[[Clean, random.Random], Clean | None]
Span = tuple[int, int]

_SENTENCE = re.compile(r"(?:\d\.\s)?[A-Z][^.\n]*(?:\.\d[^.\n]*)*\.(?=\s|$)")
_SIDE = re.compile(r"\b(left|right)\b", re.IGNORECASE)
_BOTH = re.compile(r"\b(?:bilateral\w*|both)\b", re.IGNORECASE)
_SIZE = re.compile(r"\b(\d+(?:\.\d)?)( x \d+(?:\.\d)?)* ?(mm|cm)\b")
_LEVEL = re.compile(r"\b(?!T[12]\b(?!-))[CTL]\d{1,2}(?:-[CTLS]\d)?\b")
_WORDS = (
    "pneumothorax", "pleural effusion", "hydronephrosis", "pulmonary embol", "appendicitis",
    "small bowel obstruction", "subdural hematoma", "infarct", "joint effusion", "fracture",
    "cholelithiasis", "ovarian cyst", "fibroid", "compression deformity", "thrombosis",
    "biliary dilatation", "ascites", "hydrocele", "emphysema", "pneumonia",
)  # fmt: skip
_DENIAL = re.compile(r"(?:There is )?[Nn]o ((?:[a-z]+ ){0,2}[a-z]+)\.$")
_NAMES = {"pulmonary embol": "pulmonary embolism"}


def _inside(report: Clean, part: Span) -> Iterator[Span]:
    """Sentences of a part."""
    return (match.span() for match in _SENTENCE.finditer(report.text, *part))


def _pick(rng: random.Random, spans: list[Span]) -> Span | None:
    return rng.choice(spans) if spans else None


def _words(report: Clean, part: Span) -> str:
    return report.text[slice(*part)]


def _sided(report: Clean, part: Span) -> list[Span]:
    """Sentences with one side, each said elsewhere too and not of both sides."""
    found = []
    for span in _inside(report, part):
        text = _words(report, span)
        sides = {match[1].lower() for match in _SIDE.finditer(text)}
        if len(sides) == 1 and not _BOTH.search(text) and "No " not in text:
            found.append(span)
    return found


def _alike(report: Clean, span: Span, part: Span) -> bool:
    """Whether another part says the same with the same side: a shared noun beside it."""
    text = _words(report, span)
    side = {match[1].lower() for match in _SIDE.finditer(text)}
    nouns = set(re.findall(r"[a-z]{5,}", text.lower())) - _STOP
    for each in _inside(report, part):
        other = _words(report, each)
        sides = {match[1].lower() for match in _SIDE.finditer(other)}
        if sides == side and len(nouns & set(re.findall(r"[a-z]{5,}", other.lower()))) >= 2:
            return True
    return False


_STOP = {"right", "there", "small", "acute", "measuring", "measures", "moderate", "likely", "which"}


def side_in_impression(report: Clean, rng: random.Random) -> Clean | None:
    spans = [s for s in _sided(report, report.impression) if _alike(report, s, report.findings)]
    chosen = _pick(rng, spans)
    return report.put(chosen, swap_sides(_words(report, chosen))) if chosen else None


def side_in_findings(report: Clean, rng: random.Random) -> Clean | None:
    spans = [s for s in _sided(report, report.findings) if _alike(report, s, report.impression)]
    chosen = _pick(rng, spans)
    return report.put(chosen, swap_sides(_words(report, chosen))) if chosen else None


def side_of_order(report: Clean, rng: random.Random) -> Clean | None:
    return replace(report, text=swap_sides(report.text)) if report.order.side else None


def sex(report: Clean, rng: random.Random) -> Clean | None:
    only = r"\b(?:uterus|ovar|prostat|testi|scrot|endometr|fibroid|female|male|woman|boy|pregnan)"
    if not re.search(only, report.text, re.IGNORECASE):
        return None
    patient = report.order.patient
    other = Sex.MALE if patient.sex is Sex.FEMALE else Sex.FEMALE
    return replace(report, order=replace(report.order, patient=replace(patient, sex=other)))


def _stated(report: Clean, part: Span, *, denied: bool) -> list[tuple[str, Span]]:
    """Findings by their words that a part affirms or denies, one to a sentence."""
    found = []
    for span in _inside(report, part):
        text = _words(report, span).lower()
        is_denied = bool(re.search(r"\b(?:no|not|without|negative)\b", text))
        named = [word for word in _WORDS if word in text]
        doubtful = re.search(r"likely|suspic|suggest|concern|previous|healed|resolved|other", text)
        if len(named) == 1 and is_denied is denied and not doubtful:
            found.append((named[0], span))
    return found


def denial_dropped(report: Clean, rng: random.Random) -> Clean | None:
    """The findings deny what the impression now states."""
    affirmed = {word for word, _ in _stated(report, report.findings, denied=False)}
    denials = _stated(report, report.findings, denied=True)
    known = [_words(report, span) for word, span in denials if word not in affirmed]
    plain = [match[1] for text in known if (match := _DENIAL.match(text))]
    if not plain or report.impression[0] == len(report.text):
        return None
    return replace(report, text=f"{report.text.rstrip()} {rng.choice(plain).capitalize()}.\n")


def denial_added(report: Clean, rng: random.Random) -> Clean | None:
    """The impression denies what the findings state."""
    there = {word for word, _ in _stated(report, report.findings, denied=False)}
    told = [(w, s) for w, s in _stated(report, report.impression, denied=False) if w in there]
    if not told:
        return None
    word, span = rng.choice(told)
    return report.put(span, f"No {_NAMES.get(word, word)}.")


def _sizes(report: Clean, part: Span) -> list[re.Match[str]]:
    return list(_SIZE.finditer(report.text, *part))


def unit_dropped(report: Clean, rng: random.Random) -> Clean | None:
    sizes = [m for m in _sizes(report, report.findings) if report.text[m.end()] not in "/-"]
    if not sizes:
        return None
    chosen = rng.choice(sizes)
    return report.put(chosen.span(), chosen[0][: -len(chosen[3])].rstrip())


def _restated(report: Clean) -> list[re.Match[str]]:
    """Sizes of the impression that the findings give too."""
    known = {m[1] + m[3] for m in _sizes(report, report.findings)}
    return [m for m in _sizes(report, report.impression) if m[1] + m[3] in known]


def decimal_shifted(report: Clean, rng: random.Random) -> Clean | None:
    sizes = _restated(report)
    if not sizes:
        return None
    chosen = rng.choice(sizes)
    value = float(chosen[1])
    shown = f"{value * 10:g}" if "." in chosen[1] or rng.random() < 0.5 else f"{value / 10:g}"
    return report.put(chosen.span(1), shown)


def unit_swapped(report: Clean, rng: random.Random) -> Clean | None:
    sizes = _restated(report)
    if not sizes:
        return None
    chosen = rng.choice(sizes)
    return report.put(chosen.span(3), "mm" if chosen[3] == "cm" else "cm")


def size_impossible(report: Clean, rng: random.Random) -> Clean | None:
    sizes = [m for m in _sizes(report, report.findings) if m[3] == "cm" and float(m[1]) > 5]
    if not sizes:
        return None
    chosen = rng.choice(sizes)
    return report.put(chosen.span(1), f"{float(chosen[1]) * 10:g}")


def level_changed(report: Clean, rng: random.Random) -> Clean | None:
    there = set(_LEVEL.findall(_words(report, report.findings)))
    levels = [m for m in _LEVEL.finditer(report.text, *report.impression) if m[0] in there]
    if not levels:
        return None
    chosen = rng.choice(levels)
    region, number = chosen[0][0], int(re.findall(r"\d+", chosen[0])[0])
    last = {"C": 6, "T": 11, "L": 4}[region]
    others = [n for n in range(1, last + 1) if not any(f"{region}{n}" in each for each in there)]
    if not others:
        return None
    other = rng.choice(others)
    text = f"{region}{other}-{region}{other + 1}" if "-" in chosen[0] else f"{region}{other}"
    return report.put(chosen.span(), text) if other != number else None


def level_impossible(report: Clean, rng: random.Random) -> Clean | None:
    levels = list(_LEVEL.finditer(report.text, *report.findings))
    if not levels:
        return None
    chosen = rng.choice(levels)
    wrong = {"C": ("C9", "C10"), "T": ("T14", "T15"), "L": ("L7", "L8")}[chosen[0][0]]
    return report.put(chosen.span(), rng.choice(wrong))


_ELSEWHERE_SEEN = re.compile(r"^(?:comparison|history|indication|clinical).*", re.I | re.M)


def modality(report: Clean, rng: random.Random) -> Clean | None:
    head = _ELSEWHERE_SEEN.sub("", report.text[: report.findings[0]])
    names = {
        "CT": r"\bCT\b",
        "MR": r"\bMRI\b",
        "US": r"(?i:\bultrasound)",
        "DX": r"(?i:radiograph)",
    }
    if not re.search(names.get(report.order.modality, r"(?!)"), head):
        return None
    other = rng.choice([code for code in ("CT", "MR", "US") if code != report.order.modality])
    return replace(report, order=replace(report.order, modality=other))


def body_part(report: Clean, rng: random.Random) -> Clean | None:
    asked = report.order.procedure.text.lower()
    others = {"chest": "CHEST", "abd": "ABDOMEN PELVIS", "head|brain": "HEAD", "knee": "KNEE"}
    if not any(re.search(part, asked) for part in others) or "chest abd" in asked:
        return None
    fitting = [text for part, text in others.items() if not re.search(part, asked)]
    order = replace(report.order, procedure=Code("X", rng.choice(fitting)), side=None)
    return replace(report, order=order)


def contrast(report: Clean, rng: random.Random) -> Clean | None:
    asked = report.order.procedure.text
    only = re.search(r"\bW/?O? CONTRAST\b|\bWO\b|\bW/ ?CONTRAST\b", asked)
    says = re.search(r"contrast|Omnipaque|gadolin", report.text[: report.findings[0]])
    if not only or not says or re.search(r"\bW ?/? ?WO\b", asked):
        return None
    given = not re.search(r"\bWO\b", asked)
    text = re.sub(r"\bW(?:/|O)? ?CONTRAST\b|\bWO\b", "", asked).strip()
    asked = f"{text} {'WITHOUT' if given else 'WITH'} CONTRAST"
    return replace(report, order=replace(report.order, procedure=Code("X", asked)))


def remnant(report: Clean, rng: random.Random) -> Clean | None:
    left = rng.choice(
        ("[ ]", "___", "{size}", "***", "[left/right]", "@NAME@", "[normal]", "<side>")
    )
    chosen = _pick(rng, list(_inside(report, report.findings)))
    if chosen is None:
        return None
    words = _words(report, chosen).split(" ")
    words.insert(rng.randint(1, len(words) - 1) if len(words) > 1 else 1, left)
    return report.put(chosen, " ".join(words))


def duplicated(report: Clean, rng: random.Random) -> Clean | None:
    spans = [s for s in _inside(report, report.findings) if len(_words(report, s).split()) > 3]
    chosen = _pick(rng, spans)
    end = (report.findings[1], report.findings[1])
    return report.put(end, f"{_words(report, chosen)}\n\n") if chosen else None


def cut_off(report: Clean, rng: random.Random) -> Clean | None:
    """A sentence that ends behind an article, a preposition or a copula, as when a key slips."""
    found = []
    for span in _inside(report, report.findings):
        for match in re.finditer(
            r"\b(?:the|of|with|in|is|and|at|from|a|to)\b", _words(report, span)
        ):
            if match.end() > 8 and span[0] + match.end() < span[1] - 2:
                found.append((span[0] + match.end(), span[1]))
    chosen = _pick(rng, found)
    return report.put(chosen, rng.choice((".", "")) + "\n") if chosen else None


def date(report: Clean, rng: random.Random) -> Clean | None:
    dates = list(re.finditer(r"\b\d{2}/\d{2}/\d{4}\b", report.text[: report.findings[0]]))
    if not dates or "COMPARISON" not in report.text.upper():
        return None
    wrong = rng.choice(("02/30/2024", "13/32/2023", "06/31/2023", "07/20/2024", "12/02/2025"))
    return report.put(dates[-1].span(), wrong)


_ELSEWHERE = {
    "chest": (
        "Large hiatal hernia.",
        "Acute fracture of the right clavicle.",
        "Pneumomediastinum.",
    ),
    "abd": ("Acute cholecystitis.", "Splenic laceration.", "Acute pancreatitis."),
    "head|brain": ("Acute epidural hematoma.", "Hydrocephalus."),
    "lumbar": ("Acute compression fracture of L1.",),
    "knee": ("Patellar tendon tear.", "Posterior cruciate ligament tear."),
    "pelvis": ("Hydrosalpinx.", "Ectopic pregnancy."),
}


def unsupported(report: Clean, rng: random.Random) -> Clean | None:
    """The impression states what the findings deny or call normal, or never speak of."""
    asked = report.order.procedure.text.lower()
    texts = next((t for part, t in _ELSEWHERE.items() if re.search(part, asked)), ())
    first = {text: text.split()[-1].strip(".").lower() for text in texts}
    fitting = [text for text, word in first.items() if word not in report.text.lower()]
    if not fitting or report.impression[0] == len(report.text):
        return None
    return replace(report, text=f"{report.text.rstrip()} {rng.choice(fitting)}\n")


_TOLD = re.compile(
    r"[A-Z][^.\n]*\b(?:discussed|communicated|called|notified)\b[^\n]*|Discussed[^\n]*|Critical[^\n]*"
)
_CRITICAL = re.compile(r"pneumothorax|embol|subdural|infarct|obstruction", re.IGNORECASE)


def untold(report: Clean, rng: random.Random) -> Clean | None:
    """A critical finding whose communication is not written."""
    told = _TOLD.search(report.text, report.impression[0])
    if told is None or not _CRITICAL.search(report.text[report.impression[0] : told.start()]):
        return None
    return report.put(told.span(), "")


def rads(report: Clean, rng: random.Random) -> Clean | None:
    found = list(re.finditer(r"\b(?:BI|TI|PI|LI|Lung)-RADS (?:category )?(\d)", report.text))
    if not found:
        return None
    return report.put(rng.choice(found).span(1), rng.choice(("7", "8", "9")))


def age(report: Clean, rng: random.Random) -> Clean | None:
    match = re.search(r"\b(\d{1,2})(?=[ -]year|\s?y/o)", report.text)
    if match is None:
        return None
    return report.put(match.span(1), str(int(match[1]) + rng.choice((8, 11, 15))))


def no_impression(report: Clean, rng: random.Random) -> Clean | None:
    start = report.findings[1]
    return replace(report, text=report.text[:start]) if start < len(report.text) else None


def change(report: Clean, rng: random.Random) -> Clean | None:
    """ "Previously" smaller than it says."""
    found = re.search(r"(\d+\.\d) x \d+\.\d cm, previously (\d+\.\d)", report.text)
    shrunk = "decrease" in report.text
    if found is None or not shrunk:
        return None
    return report.put(found.span(1), f"{float(found[2]) + 1.2:.1f}")


_SIDES = ("side_against_findings", "side_within_report", "side_against_order")
_DENIED = ("impression_against_findings", "dictation_self_contradiction")
_SIZED = ("impression_size", "measurement_implausible", "change_against_numbers")
PLANTERS: dict[str, tuple[Planter, tuple[str, ...]]] = {
    "side, impression": (side_in_impression, _SIDES),
    "side, findings": (side_in_findings, _SIDES),
    "side, whole report": (side_of_order, ("side_against_order",)),
    "sex": (sex, ("sex_mismatch",)),
    "age": (age, ("age_mismatch",)),
    "negation dropped": (denial_dropped, _DENIED),
    "negation added": (denial_added, _DENIED),
    "unit dropped": (unit_dropped, ("unit_missing",)),
    "decimal shifted": (decimal_shifted, _SIZED),
    "mm for cm": (unit_swapped, _SIZED),
    "size impossible": (size_impossible, ("measurement_implausible",)),
    "level changed": (level_changed, ("impression_level", "impression_unsupported")),
    "level impossible": (level_impossible, ("level_impossible",)),
    "modality": (modality, ("wrong_modality",)),
    "body part": (body_part, ("wrong_body_part",)),
    "contrast": (contrast, ("wrong_contrast",)),
    "template remnant": (remnant, ("template_remnant",)),
    "sentence twice": (duplicated, ("duplicated_sentence",)),
    "sentence cut off": (cut_off, ("unfinished_sentence",)),
    "date": (date, ("date_impossible", "date_in_future")),
    "impression alone": (unsupported, ("impression_unsupported", "impression_level", *_DENIED)),
    "critical, untold": (untold, ("critical_finding",)),
    "RADS category": (rads, ("rads_format",)),
    "no impression": (no_impression, ("impression_missing",)),
    "change": (change, ("change_against_numbers",)),
}
