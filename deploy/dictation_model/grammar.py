"""Grammar of spoken radiology dictation: lower-case words, punctuation spoken.

Training text is part phrases (`phrases/*.yaml`), part word salad. The salad keeps the decoder
from learning the phrases by heart: without it the model writes fluent sentences nobody said.
"""

import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import yaml

from demo import DICTATIONS

HERE = Path(__file__).resolve().parent
SALAD_SHARE = 0.45
SAFETY_WORDS = (
    *"left right bilateral no not without with within negative for otherwise normal".split(),
    *"period comma".split(),
    *"millimeter millimeters centimeter centimeters percent point by and of the in is".split(),
    *"zero one two three four five six seven eight nine ten eleven twelve thirteen".split(),
    *"fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty".split(),
)
SIDES = ("left", "right", "bilateral")
NEGATIONS = ("no", "not", "without", "negative for")
ONES = (
    *"zero one two three four five six seven eight nine ten eleven twelve thirteen".split(),
    *"fourteen fifteen sixteen seventeen eighteen nineteen".split(),
)
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
MONTHS = (
    *"january february march april may june july august".split(),
    *"september october november december".split(),
)
ORDINALS = (
    *"first second third fourth fifth sixth seventh eighth ninth tenth eleventh".split(),
    *"twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth".split(),
    *"nineteenth twentieth".split(),
    *[f"twenty {d}" for d in "first second third fourth fifth sixth seventh eighth".split()],
    *("twenty ninth", "thirtieth", "thirty first"),
)
_SLOT = re.compile(r"\{(\w+)\}")
_BREAK = re.compile(r"\b(?:period|colon|new line|next line|new paragraph)\b")


def spelled(number: int) -> str:
    """Spoken form of 0 <= number < 1000."""
    if number < 20:
        return ONES[number]
    if number < 100:
        return " ".join([TENS[number // 10 - 2], *([ONES[number % 10]] if number % 10 else [])])
    rest = [spelled(number % 100)] if number % 100 else []
    return " ".join([ONES[number // 100], "hundred", *rest])


def _number(r: random.Random) -> str:
    return spelled(r.choice([r.randint(1, 12), r.randint(1, 30), r.randint(1, 99)]))


def _decimal(r: random.Random) -> str:
    whole = r.choice([*range(10), 0, 1, 2, 3, r.randint(10, 19)])
    return f"{ONES[whole]} point {ONES[r.randint(0, 9)]}"


def _date(r: random.Random) -> str:
    year = f" twenty {spelled(r.randint(10, 30))}" if r.random() < 0.5 else ""
    return f"{r.choice(MONTHS)} {r.choice(ORDINALS)}{year}"


def _time(r: random.Random) -> str:
    minutes = r.choice(["fifteen", "thirty", "forty five", "ten", "twenty", "o five"])
    return f"{ONES[r.randint(1, 12)]} {minutes} {r.choice(['a m', 'p m'])}"


_COMPUTED: dict[str, Callable[[random.Random], str]] = {
    "n": _number,
    "dec": _decimal,
    "date": _date,
    "time": _time,
    "age": lambda r: f"{spelled(r.randint(18, 95))} year old",
    "n100": lambda r: spelled(r.choice([r.randint(1, 20) * 5, r.randint(1, 999)])),
}


@cache
def slots() -> dict[str, list[str]]:
    """Alternatives of every slot of the templates."""
    raw = yaml.safe_load((HERE / "phrases" / "slots.yaml").read_text(encoding="utf-8"))
    return {name: text.split(" | ") for name, text in raw.items()}


@cache
def templates() -> list[str]:
    """Sentence templates of every exam."""
    files = sorted(p for p in (HERE / "phrases").glob("*.yaml") if p.stem != "slots")
    exams = [yaml.safe_load(p.read_text(encoding="utf-8"))["sentences"] for p in files]
    return [template for exam in exams for template in exam]


def expand(template: str, r: random.Random) -> str:
    """Fill every slot of a template."""

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        return _COMPUTED[name](r) if name in _COMPUTED else r.choice(slots()[name])

    while _SLOT.search(template):
        template = _SLOT.sub(fill, template)
    return template


@cache
def lexicon() -> list[str]:
    """Every word of the phrases and of `vocabulary.txt`, sorted."""
    r = random.Random(5)
    words = {word for _ in range(30_000) for word in expand(r.choice(templates()), r).split()}
    words |= set((HERE / "vocabulary.txt").read_text(encoding="utf-8").split())
    return sorted(words)


def pieces(text: str) -> set[str]:
    """The sentences of a spoken text, without their spoken punctuation."""
    parts = (part.strip(" ,") for part in _BREAK.split(text))
    return {part for part in parts if len(part.split()) > 1}


@cache
def held_out() -> frozenset[str]:
    """Sentences that must never be trained on: demonstration dictations and evaluation set."""
    texts = [sentence for dictation in DICTATIONS.values() for sentence in dictation]
    path = HERE / "held_out.yaml"
    if path.exists():
        for group in yaml.safe_load(path.read_text(encoding="utf-8")).values():
            texts += group
    return frozenset(piece for text in texts for piece in pieces(text))


def phrase(r: random.Random) -> str:
    """A sentence of the grammar, mostly ending in spoken punctuation."""
    text = expand(r.choice(templates()), r)
    if r.random() < 0.15 and len(text.split()) < 7:
        joint = r.choice(["comma", "and", "semicolon", "with"])
        text += f" {joint} {expand(r.choice(templates()), r)}"
    if r.random() < 0.85 and not text.endswith(("colon", "paragraph", "line")):
        text += " " + r.choice(slots()["end"])
    return text


def salad(r: random.Random) -> str:
    """Words in an order no language model can guess, rich in safety words."""
    kind = r.random()
    if kind < 0.3:
        words = figures(r)
    elif kind < 0.55:
        words = [r.choice(lexicon()) for _ in range(r.randint(2, 9))]
    elif kind < 0.85:
        words = [r.choice(lexicon()) if r.random() < 0.35 else w for w in phrase(r).split()]
    else:
        words = [
            r.choice(SAFETY_WORDS if r.random() < 0.7 else lexicon())
            for _ in range(r.randint(2, 9))
        ]
    return " ".join(words + (["period"] if r.random() < 0.3 else []))


def figures(r: random.Random) -> list[str]:
    """Numbers, sides and levels one after the other, as nobody could guess them."""
    said: list[str] = []
    while len(said) < 14 and (not said or r.random() < 0.75):
        said += _figure(r).split()
        if r.random() < 0.5:
            said.append(r.choice(lexicon() if r.random() < 0.6 else SAFETY_WORDS))
    return said


def _figure(r: random.Random) -> str:
    """One number, measurement, level or side; each count of the teens and tens is as likely."""
    kind = r.random()
    if kind < 0.25:
        return spelled(r.choice([r.randint(0, 9), r.randint(10, 19), r.randint(20, 99)]))
    if kind < 0.6:
        size = r.randint(1, 3)
        numbers = [r.choice([_decimal(r), spelled(r.randint(1, 99))]) for _ in range(size)]
        return f"{' by '.join(numbers)} {r.choice(slots()['unit'])}"
    if kind < 0.75:
        return " ".join(f"{r.choice('ctls')} {spelled(r.randint(1, 12))}" for _ in range(2))
    if kind < 0.9:
        return f"{r.choice(NEGATIONS)} {r.choice(lexicon())} {r.choice(SIDES)}"
    return f"{_date(r)} {_time(r)}"


def sentences(seed: int, salad_share: float = SALAD_SHARE) -> Iterator[str]:
    """Endless training text without any held-out sentence."""
    r = random.Random(seed)
    while True:
        text = salad(r) if r.random() < salad_share else phrase(r)
        if len(text.split()) <= 24 and not pieces(text) & held_out():
            yield text
