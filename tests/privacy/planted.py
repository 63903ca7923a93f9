"""Texts with identifiers planted in them, and each planted form: the oracle of the privacy tests.

Nothing here reads the code under test: how names are misheard, spelled and written is told anew.
"""

from __future__ import annotations

import random
import string
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import yaml

_WORDS = yaml.safe_load(
    (Path(__file__).parents[1] / "samples" / "privacy" / "planted.yaml").read_text()
)
FAMILIES: list[str] = _WORDS["families"]
GIVENS: list[str] = _WORDS["givens"]
NATO: dict[str, str] = dict(zip(string.ascii_lowercase, _WORDS["nato"], strict=True))
DIGITS: list[str] = _WORDS["digits"]
_TEENS, _TENS, _ORDINALS, _MONTHS = (
    _WORDS[name] for name in ("teens", "tens", "ordinals", "months")
)
SENTENCES = (
    "History: {} with cough for three weeks.",
    "{} was examined in the supine position.",
    "Findings were discussed with {} by telephone.",
    "Comparison with the earlier study of {} shows no change.",
    "The report was sent to {}.",
    "Reason for examination: pain, seen by {}.",
    "small effusion on the left, called to {}",
    "CHEST PAIN. REFERRED FOR {}. RULE OUT PNEUMONIA.",
)
CLINICAL = (
    "The white matter is normal. No small bowel obstruction.",
    "Long segment narrowing of the sigmoid colon. Heart size is normal.",
    "No pneumothorax. Small left pleural effusion. The gray matter is preserved.",
    "There is a 9 mm nodule in the right upper lobe, unchanged.",
)
_MISHEARD = (
    ("ph", "f"), ("ck", "k"), ("c", "k"), ("sch", "sh"), ("ie", "y"), ("ei", "ai"), ("ey", "ay"),
    ("th", "t"), ("z", "s"), ("ss", "s"), ("ll", "l"), ("nn", "n"), ("tt", "t"), ("tz", "ts"),
    ("ow", "au"), ("ou", "u"), ("ee", "ie"), ("ea", "ee"), ("x", "ks"), ("y", "i"), ("dt", "t"),
    ("rr", "r"), ("gh", "g"), ("w", "v"), ("v", "w"), ("oo", "u"), ("ae", "e"), ("oe", "o"),
)  # fmt: skip


@dataclass
class Case:
    """One patient with texts about him; `planted`: (kind of field, form) in them."""

    family: str
    given: str
    mrn: str
    accession: str
    born: date
    study: date
    phone: str
    address: str
    requester: tuple[str, str]
    texts: list[str] = field(default_factory=list)
    planted: list[tuple[str, str]] = field(default_factory=list)
    around: list[str] = field(default_factory=list)
    """The texts without what was planted: words that may stay."""


def case(seed: int, sentences: int = 6) -> Case:
    """The case of a seed."""
    rng = random.Random(seed)
    born = date(1931, 1, 1) + timedelta(days=rng.randrange(28_000))
    made = Case(
        family=rng.choice(FAMILIES),
        given=rng.choice(GIVENS),
        mrn=rng.choice(("", "H", "MR-")) + str(rng.randrange(10**6, 10**9)),
        accession=rng.choice(("A-{}-{}", "ACC{}{}", "{}{}")).format(
            rng.randrange(20, 27), rng.randrange(10**4, 10**7)
        ),
        born=born,
        study=date(2026, 1, 1) + timedelta(days=rng.randrange(300)),
        phone=f"{rng.randrange(200, 999)} 555 0{rng.randrange(100, 999)}",
        address=f"{rng.randrange(1, 999)} {rng.choice(('Long Meadow', 'Oak', 'Kings'))} Road",
        requester=(rng.choice(FAMILIES), rng.choice(GIVENS)),
    )
    kinds = list(_FORMS)
    for _ in range(sentences):
        kind = rng.choice(kinds)
        form = _FORMS[kind](rng, made)
        made.planted.append((kind, form))
        sentence, clinical = rng.choice(SENTENCES), rng.choice(CLINICAL)
        made.texts += [sentence.format(form), clinical]
        made.around += [sentence.format(""), clinical]
    return made


def _name(rng: random.Random, it: Case) -> str:
    return rng.choice(list(name_forms(it.family, it.given)))


def _provider(rng: random.Random, it: Case) -> str:
    return rng.choice(list(name_forms(*it.requester)))


def name_forms(family: str, given: str) -> Iterator[str]:
    """How a name is written."""
    first = given.split(" ")[0]
    for f, g in ((family, first), (plain(family), plain(first))):
        yield from (f"{g} {f}", f"{f}, {g}", f"{f} {g}", f"{g[0]}. {f}", f"{f}, {g[0]}.")
        yield from (f"{f.upper()}, {g.upper()}", f"{g} {f}".lower(), f"Mrs. {f}", f"mr {f.lower()}")
        yield from (f"{given} {f}", f"{f}'s mother, {g}", f"patient {f.lower()}", f)
        yield from (f"{f}^{g}", f"{f}_{g}_1.dcm".upper(), f"{g} {f.replace('-', ' ')}")
        yield f"{g.lower()}.{f.lower().replace(' ', '')}@mail.example"
        yield f"{f.replace('-', '').replace(chr(39), '')}, {g}"
    yield f"{first} {digraph(family)}"


def _spelled(rng: random.Random, it: Case) -> str:
    letters = [sign for sign in plain(it.family).lower() if sign.isalpha()]
    return rng.choice(
        (
            " ".join(letters),
            "-".join(letters).upper(),
            ". ".join(letters).upper() + ".",
            " ".join(NATO[sign] for sign in letters),
            " ".join(NATO[s] if rng.random() < 0.5 else s for s in letters),
            ", ".join(f"{sign.upper()} as in {NATO[sign]}" for sign in letters),
        )
    )


def _misheard(rng: random.Random, it: Case) -> str:
    """One slip of a recogniser, in names long enough to be told by their sound."""
    words = [w for w in plain(it.family).lower().replace("-", " ").split() if len(w) > 5]
    words = words or [w for w in plain(it.given).lower().split() if len(w) > 5]
    if not words:
        return _name(rng, it)
    word = rng.choice(words)
    slips = [word.replace(a, b, 1) for a, b in _MISHEARD if a in word[1:]]
    slips += [word[:at] + word[at] + word[at:] for at in range(2, len(word) - 1)]
    return f"Mr. {rng.choice(slips).title()}"


def _mrn(rng: random.Random, it: Case) -> str:
    return rng.choice(list(number_forms(it.mrn, rng)))


def _accession(rng: random.Random, it: Case) -> str:
    return rng.choice(list(number_forms(it.accession, rng)))


def number_forms(number: str, rng: random.Random) -> Iterator[str]:
    """How a number is written and said."""
    signs = [sign for sign in number.lower() if sign.isalnum()]
    said = [DIGITS[int(s)] if s.isdigit() else s for s in signs]
    yield from (number, number.lower(), "".join(signs).upper(), f"#{number}", f"id_{number}.dcm")
    yield " ".join(signs)
    yield "-".join("".join(signs[at : at + 3]) for at in range(0, len(signs), 3)).upper()
    yield " ".join("".join(signs[at : at + 2]) for at in range(0, len(signs), 2))
    yield " ".join(said)
    yield " ".join("oh" if word == "zero" else word for word in said)
    yield " ".join(NATO.get(word, word) for word in said)
    yield ", ".join(said)
    yield _doubled(said)


def _doubled(said: list[str]) -> str:
    made: list[str] = []
    at = 0
    while at < len(said):
        twice = at + 1 < len(said) and said[at] == said[at + 1]
        made.append(f"double {said[at]}" if twice else said[at])
        at += 2 if twice else 1
    return " ".join(made)


def _birth(rng: random.Random, it: Case) -> str:
    return rng.choice(list(date_forms(it.born)))


def _other_date(rng: random.Random, it: Case) -> str:
    return rng.choice(list(date_forms(it.study - timedelta(days=rng.randrange(1, 900)))))


def date_forms(day: date) -> Iterator[str]:
    """How a day is written and said."""
    month, n, y = _MONTHS[day.month - 1], day.day, day.year
    yield from (f"{day:%Y-%m-%d}", f"{day:%m/%d/%Y}", f"{day:%d.%m.%Y}", f"{day:%Y%m%d}")
    yield from (f"{day.month}/{n}/{y % 100:02}", f"{day:%m-%d-%Y}", f"{day:%Y/%m/%d}")
    yield from (
        f"{month} {n}, {y}",
        f"{n} {month} {y}",
        f"{month[:3]} {n} {y}",
        f"{month} {n}th {y}",
    )
    yield from (
        f"the {n}th of {month}, {y}",
        f"{n}-{month[:3].upper()}-{y}",
        f"{month.upper()} {y}",
    )
    yield f"{month} {ordinal(n)} {said_year(y)}".lower()
    yield f"the {ordinal(n)} of {month} {said_year(y)}".lower()
    yield f"{day:%Y-%m-%d}T09:30:00"


def ordinal(number: int) -> str:
    if number <= 20:
        return _ORDINALS[number - 1]
    return (
        "thirtieth"
        if number == 30
        else f"{'thirty' if number > 30 else 'twenty'} " + (_ORDINALS[number % 10 - 1])
    )


def said_year(year: int) -> str:
    if 2000 <= year < 2010:
        return "two thousand" + (f" and {DIGITS[year % 10]}" if year % 10 else "")
    century = "nineteen" if year < 2000 else "twenty"
    return f"{century} {two_digits(year % 100)}"


def two_digits(number: int) -> str:
    if number < 10:
        return f"oh {DIGITS[number]}"
    if number < 20:
        return _TEENS[number - 10]
    return _TENS[number // 10 - 2] + (f" {DIGITS[number % 10]}" if number % 10 else "")


def _phone(rng: random.Random, it: Case) -> str:
    a, b, c = it.phone.split()
    said = " ".join(DIGITS[int(sign)] for sign in a + b + c)
    return rng.choice(
        (
            it.phone,
            f"({a}) {b}-{c}",
            f"{a}-{b}-{c}",
            f"{a}.{b}.{c}",
            f"+1 {a} {b} {c}",
            a + b + c,
            said,
        )
    )


def _unknown(rng: random.Random, it: Case) -> str:
    """What nobody told us of, known by its form."""
    n = rng.randrange
    return rng.choice(
        (
            f"{n(100, 999)}-{n(10, 99)}-{n(1000, 9999)}",
            f"someone{n(99)}@clinic.example.org",
            f"https://portal.example.org/p/{n(10**6)}",
            f"+44 20 7946 0{n(100, 999)}",
            f"Dr. {rng.choice(('Vasquez', 'Ostrowski', 'Iyer', 'Abernathy'))}",
            f"MRN: {n(10**5, 10**6)}",
            f"{n(10**9, 10**10)}",
        )
    )


def _address(rng: random.Random, it: Case) -> str:
    return rng.choice((it.address, it.address.upper(), it.address.replace(" ", ", ", 1)))


_FORMS: dict[str, Callable[[random.Random, Case], str]] = {
    "name": _name,
    "name, spelled": _spelled,
    "name, misheard": _misheard,
    "name of the requester": _provider,
    "medical record number": _mrn,
    "accession": _accession,
    "birth date": _birth,
    "other date": _other_date,
    "phone": _phone,
    "address": _address,
    "of nobody we know": _unknown,
}


def plain(text: str) -> str:
    """Without accents, as a keyboard without them writes it."""
    told = text.replace("ø", "o").replace("Ø", "O").replace("ß", "ss").replace("ł", "l")
    apart = unicodedata.normalize("NFD", told.replace("Ł", "L"))
    return "".join(sign for sign in apart if unicodedata.category(sign) != "Mn")


def digraph(text: str) -> str:
    """As German writes without umlauts."""
    for one, two in (("ü", "ue"), ("ö", "oe"), ("ä", "ae"), ("ß", "ss")):
        text = text.replace(one, two)
    return plain(text)


def left_in(form: str, text: str, around: str) -> bool:
    """Whether the planted form, or a telling part of it, stands in the text.

    `around` is the text as it was before: what stood there already was not planted.
    """
    told = _flat(form)
    return any(
        _flat(text).count(part) > _flat(around).count(part) for part in (told, *_telling(told))
    )


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())


def _telling(told: str) -> Iterator[str]:
    """Words of six letters or more and rows of five digits; titles and months tell nobody."""
    dull = {*map(str.casefold, _MONTHS), "patient", "mother", "double", "eight", *NATO.values()}
    dull |= {"nineteen", "twenty", "thousand", "example", "clinic", "portal", "meadow", "thirty"}
    dull |= {*DIGITS, *_TEENS, *_TENS, *_ORDINALS}
    word = ""
    for sign in f"{told} ":
        if sign.isalpha() or unicodedata.category(sign) == "Mn":
            word += sign
        else:
            if len(word) > 5 and word not in dull:
                yield word
            word = ""
