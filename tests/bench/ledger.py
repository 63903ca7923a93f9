"""A year of AI findings through the ledger: time, memory, and how soon a drift is found.

Each study of a simulated year is judged against its signed text, written, and looked at day by day
as the upkeep does it. `STUDIES=…` a day changes how many.
"""

from __future__ import annotations

import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from adapter.domain.finding import AiFinding
from adapter.domain.identifiers import Phi
from adapter.domain.order import Code, Order
from adapter.domain.people import Patient, Sex
from adapter.domain.report import (
    Certificate,
    Origin,
    Report,
    Section,
    Source,
    Statement,
    TemplateRef,
)
from adapter.mapping.ai_monitoring import AiMonitoring
from adapter.reporting.ai_fates import judge, labels
from adapter.store import ai_ledger, changes
from adapter.store.ai_ledger import LedgerRow
from adapter.store.database import Database
from adapter.workflow.ai_ledger import circumstances, ledger_row
from adapter.workflow.ai_watch import AiWatch
from tests.fakes.house import Workflow, order, tables

DAYS = 365
FALLS_ON = 250
"""From this day on the first model agrees with 0.80 instead of 0.90."""
_BEGIN = datetime(2026, 1, 1, 8, tzinfo=UTC)
_LABELS = {
    "pneumothorax": ("Small left pneumothorax.", "No pneumothorax."),
    "pleural_effusion": ("Moderate right pleural effusion.", "No pleural effusion."),
    "lung_nodule": ("8 mm nodule in the right upper lobe.", "No pulmonary nodule."),
    "cardiomegaly": ("Cardiomegaly.", "No cardiomegaly."),
    "consolidation": ("Consolidation in the left lower lobe.", "No consolidation."),
    "rib_fracture": ("Acute fracture of the left sixth rib.", "No rib fracture."),
}
_MODELS = {
    "triage": ("pneumothorax", "pleural_effusion"),
    "chest": ("pleural_effusion", "lung_nodule"),
    "heart": ("cardiomegaly", "consolidation"),
}


class Study(NamedTuple):
    """What was told and what was signed."""

    findings: tuple[AiFinding, ...]
    report: Report


def studies(day: int, count: int) -> Iterator[Study]:
    """The studies of one day, the same in every run."""
    for number in range(count):
        chance = random.Random(f"{day}/{number}")
        truth = {name: chance.random() < 0.2 for name in _LABELS}
        told = tuple(
            AiFinding(
                f"{model}-{name}",
                _LABELS[name][0 if seen else 1],
                model,
                "1",
                present=seen,
                finding=name,
                probability=round(chance.random(), 2),
            )
            for model, names in _MODELS.items()
            for name in names
            for seen in (truth[name] == (chance.random() < _share(model, day)),)
        )
        yield Study(told, _signed([_LABELS[name][0 if truth[name] else 1] for name in _LABELS]))


def rows(day: int, count: int, rules: AiMonitoring) -> Iterator[list[LedgerRow]]:
    """The rows of each study of a day, judged; the scope of the models grows."""
    seen: dict[tuple[str, str], frozenset[str]] = {}
    at = (_BEGIN + timedelta(days=day)).isoformat(timespec="milliseconds")
    for number, each in enumerate(studies(day, count)):
        judged = judge(each.findings, (), each.report, seen, tables().lexicon)
        seen |= labels(judged)
        about = circumstances(_order(day, number), at, tables(), rules)
        yield [ledger_row(one, about, 2, (at, at), "suggest", (240.0, 900.0)) for one in judged]


def main() -> None:
    """Print the table."""
    count, rules = int(os.environ.get("STUDIES", "60")), AiMonitoring()
    tables()  # read before the clock runs: a node does it once, at start
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'ledger.sqlite'}")
        database.migrate()
        workflow, findings = Workflow(database, Path(folder)), 0
        watch = AiWatch(workflow.house, rules)
        began, worked = time.perf_counter(), time.process_time()
        for day in range(DAYS):
            with database.write() as tx:
                for made in rows(day, count, rules):
                    ai_ledger.write(tx, made[0].accession, made)
                    findings += len(made)
            workflow.clock.moment = _BEGIN + timedelta(days=day + 1)
            watch.look()
        took, worked = time.perf_counter() - began, time.process_time() - worked
        with database.read() as tx:
            alarms = changes.of_house(tx, "AI drift")
        size = (Path(folder) / "ledger.sqlite").stat().st_size
        database.close()
    told = [detail for _, detail in alarms]
    found = [at for at, each in alarms if each.startswith("triage ") and "worse" in each]
    fell = (_BEGIN + timedelta(days=FALLS_ON)).date()
    after = [(datetime.fromisoformat(at).date() - fell).days for at in found]
    hits = [days for days in after if days >= 0]
    print(f"{findings:,} findings of {DAYS * count:,} studies, {DAYS} days, {len(_MODELS)} models")
    print(f"{took:.1f} s ({worked:.1f} s of processor), {1e6 * took / findings:.0f} µs a finding")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")
    print(f"{size / 1e6:.0f} MB on disk")
    print(f"planted drift found {min(hits)} days after it began" if hits else "drift NOT found")
    print(f"{len(told) - len(hits[:1])} other alarms in {len(_MODELS)} model-years")


def _share(model: str, day: int) -> float:
    return 0.8 if model == "triage" and day >= FALLS_ON else 0.9


def _signed(sentences: list[str]) -> Report:
    statements = tuple(
        Statement(f"s{n}", each, Origin.DICTATED, Source()) for n, each in enumerate(sentences, 1)
    )
    section = Section("findings", "Findings", statements)
    proof = Certificate(True, 0, 0, 0, 0)
    return Report(TemplateRef("generic", 1, ""), "final", (section,), (), (), proof)


def _order(day: int, number: int) -> Order:
    chance = random.Random(number)
    patient = Patient(
        Phi(f"SYN{number}"),
        chance.choice(("NORTH", "SOUTH")),
        birth_date=Phi(f"{chance.randrange(1930, 2020)}0315"),
        sex=chance.choice((Sex.FEMALE, Sex.MALE)),
    )
    procedure = Code("XRCH2", "Chest radiograph, two views")
    return order(f"L{day}-{number}", patient=patient, procedure=procedure)


if __name__ == "__main__":
    main()
