"""How whole reports fare: characters lost, sentences without a section, defaults that should go.

`python -m tests.reporting.real_reports [--show]` prints the table. Every third report of a file
is held out: rules are not tuned on it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from adapter.mapping.templates import Template
from adapter.reporting.defaults import choose
from adapter.reporting.route import Routed, route
from adapter.reporting.said import Dictation, listen
from tests.reporting.tables import tables, written

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "reports"
HELD_OUT = 3


@dataclass
class Score:
    """Counts over reports. `why`: how sentences found their section."""

    reports: int = 0
    sentences: int = 0
    lost: int = 0
    defaults: int = 0
    surviving: int = 0
    why: Counter[str] = field(default_factory=Counter)


def reports(held_out: bool | None = None) -> Iterator[tuple[str, str]]:
    """Template id and text; None: all."""
    for file in sorted(SAMPLES.glob("*.yaml")):
        at = 0
        for template, texts in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            for text in texts:
                if held_out is None or (at % HELD_OUT == HELD_OUT - 1) is held_out:
                    yield template, text
                at += 1


def heard(template: str, text: str) -> tuple[Template, Dictation, tuple[Routed, ...]]:
    """The sentences of a report in the sections of its template, defaults always on."""
    found = tables().templates.get(template)
    always = replace(found, table=found.table.model_copy(update={"defaults_policy": "always"}))
    dictation = listen((written(text),), always, tables().lexicon)
    return always, dictation, route(dictation.said, always, tables().lexicon)


def lost(text: str, dictation: Dictation) -> int:
    """Characters, blanks aside, that lie in no sentence and no header."""
    spans = [(each.start, each.end) for each in (*dictation.said, *dictation.headers)]
    held = set().union(*(range(*span) for span in spans))
    return sum(1 for at, mark in enumerate(text) if not mark.isspace() and at not in held)


def surviving(template: Template, routed: tuple[Routed, ...]) -> list[tuple[str, str]]:
    """Defaults that stand beside a sentence that affirms or hedges what they deny."""
    lexicon = tables().lexicon
    sections = frozenset(rule.id for rule in template.table.sections)
    entered = {each.name for each in choose(template, sections, routed, (), lexicon).entered}
    found = []
    for _, name, default in template.defaults:
        if name not in entered:
            continue
        for each in routed:
            for mention in each.said.reading.mentions:
                keys = lexicon.touched(mention.fact.finding, mention.organ)
                if mention.present and not keys.isdisjoint(default.absent):
                    found.append((default.text, each.said.text))
    return found


def measure(held_out: bool | None = None, *, show: bool = False) -> Score:
    """The score of the reports; `show` prints what has no section of its own."""
    score = Score()
    for name, text in reports(held_out):
        template, dictation, routed = heard(name, text)
        contradicted = surviving(template, routed)
        score.reports += 1
        score.sentences += len(routed)
        score.lost += lost(text, dictation)
        score.defaults += len(template.defaults)
        score.surviving += len(contradicted)
        score.why.update(each.why for each in routed)
        if show:
            for each in routed:
                if each.why in ("general", "none"):
                    print(f"{name:24} {each.why:8} {each.said.text}")
            for default, said in contradicted:
                print(f"{name:24} survives {default!r} beside {said!r}")
    return score


def main() -> None:
    """Print the table."""
    for title, held_out in (("tuned on", False), ("held out", True)):
        score = measure(held_out, show="--show" in sys.argv and not held_out)
        fallen = score.why["general"] / score.sentences
        print(
            f"{title}: {score.reports} reports, {score.sentences} sentences, {score.lost} lost"
            f" characters, {score.why['none']} unrouted, {fallen:.1%} without a section of their"
            f" own, {score.surviving} of {score.defaults} defaults survive contradicted"
        )
        print(" ", dict(score.why.most_common()))


if __name__ == "__main__":
    main()
