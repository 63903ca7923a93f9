"""The worklist with 100,000 studies: how long its queries take, and until it is painted.

`STUDIES=…` changes how many; `DATABASE=postgresql+psycopg://…` measures that engine.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from playwright.async_api import async_playwright

from adapter.acting import in_name_of
from adapter.domain.access import Sight
from adapter.domain.audit import OURSELVES
from adapter.domain.identifiers import Phi
from adapter.domain.order import Code, OrderStatus, Priority
from adapter.domain.people import Patient
from adapter.store import studies, worklist
from adapter.store.database import Database
from adapter.store.tables import study
from adapter.store.worklist import Queue, Sort, Wanted
from tests.browser.conftest import FLAGS, Desk, seated, serving
from tests.fakes.house import order
from tests.web.conftest import site_in

_FAMILIES = ("Abara", "Berg", "Castell", "Dvorak", "Ekwueme", "Fontaine", "Gruber", "Haddad")
_GIVEN = ("Ada", "Bela", "Cyril", "Dana", "Emil", "Farah", "Goran", "Hana", "Ines", "Jonas")
_EXAMS = (
    ("CR", "Chest radiograph, two views"), ("CT", "CT head without contrast"),
    ("CT", "CT abdomen and pelvis with contrast"), ("MR", "MR knee without contrast"),
    ("US", "Ultrasound abdomen complete"), ("MG", "Mammography screening bilateral"),
)  # fmt: skip
_LABELS = ("big", "small", "big vip")
_SHARES = (0.2, 0.7, 0.07, 0.03)
_SIGHTS = {"all": Sight(), "most": Sight(frozenset({"big"})), "few": Sight(frozenset({"small"}))}
"""Who may see all studies, nine of ten, three of ten."""
_AT_ONCE = 5_000
_NOW = datetime.now(UTC).isoformat(timespec="milliseconds")
_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def fill(database: Database, count: int) -> None:
    """So many studies, nine of ten signed, over two years."""
    chance = random.Random(8)
    now = datetime.now(UTC)
    for start in range(0, count, _AT_ONCE):
        rows = [_row(chance, now, start + n) for n in range(min(_AT_ONCE, count - start))]
        with database.write() as tx:
            tx.execute(sa.insert(study), rows)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
            tx.execute(sa.text("VACUUM ANALYZE readout_study"))


def _row(chance: random.Random, now: datetime, number: int) -> dict[str, object]:
    modality, exam = chance.choice(_EXAMS)
    patient = Patient(
        Phi(f"SYN{chance.randrange(40_000):06}"),
        "SYN",
        Phi(f"{chance.choice(_FAMILIES)}{chance.randrange(500)}"),
        Phi(chance.choice(_GIVEN)),
    )
    (priority,) = chance.choices(tuple(Priority), (3, 7, 10, 80))
    made = order(
        f"W{number:07}", patient=patient, procedure=Code("X", exam), modality=modality,
        priority=priority,
    )  # fmt: skip
    signed = chance.random() < 0.9
    created = now - timedelta(hours=chance.uniform(0, 17_000 if signed else 48))
    at = created.isoformat(timespec="milliseconds")
    return {
        "accession": made.accession,
        "order_json": studies.to_json(made),
        "order_status": OrderStatus.COMPLETED,
        "report_status": "final" if signed else chance.choice(("none", "none", "preliminary")),
        "created_at": at,
        "updated_at": at,
        "signed_at": (created + timedelta(hours=2)).isoformat() if signed else "",
        **studies.keys(made),
        "access": chance.choices(("", *_LABELS), _SHARES)[0],
    }


def median_ms(call: Callable[[], object], times: int = 15) -> float:
    """Median of so many calls, in ms; the first, which fills caches, is left out."""
    call()
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        found.append(1000 * (time.perf_counter() - start))
    return statistics.median(found)


def queries() -> dict[str, Wanted]:
    """What a radiologist asks of the list."""
    return {
        "unread, STAT first": Wanted(),
        "all, STAT first": Wanted(Queue.ALL),
        "all, last changed first": Wanted(Queue.ALL, sort=Sort.CHANGED, down=True),
        "all, by patient": Wanted(Queue.ALL, sort=Sort.PATIENT),
        "drafts": Wanted(Queue.DRAFTS, person="123"),
        "search a rare name": Wanted(Queue.ALL, text="gruber499 hana"),
        "search a common word": Wanted(Queue.ALL, text="chest"),
        "search what is not there": Wanted(Queue.ALL, text="nobody of this name"),
        "MR, by age": Wanted(Queue.ALL, modality="MR", sort=Sort.AGE),
    }


def main() -> None:
    """Print the tables."""
    count = int(os.environ.get("STUDIES", "100000"))
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("DATABASE", f"sqlite:///{Path(folder) / 'web.sqlite'}")
        database = Database(url)
        database.migrate()
        fill(database, count)
        print(f"{count} studies, {'SQLite' if database.is_sqlite else 'PostgreSQL'}; ms, median")
        print(f"{'by whom, who sees':28} {' '.join(f'{name:>8}' for name in _SIGHTS)}")
        for name, wanted in queries().items():
            _print(name, lambda wanted=wanted: _page(database, wanted))  # type: ignore[misc]
        _print("counts of the queues", lambda: _counts(database))
        database.close()
        if database.is_sqlite:
            painted = asyncio.run(first_paint(Path(folder) / "web.sqlite"))
            print(f"{'first paint in Chromium':28} {painted:8.0f}")


def _print(name: str, call: Callable[[], object]) -> None:
    """One line: as each of _SIGHTS."""
    found = []
    for sight in _SIGHTS.values():
        with in_name_of(OURSELVES, "", sight):
            found.append(median_ms(call))
    print(f"{name:28} {' '.join(f'{each:8.1f}' for each in found)}")


async def first_paint(filled: Path) -> float:
    """Median ms from the start of navigation to the first paint of the list with 50 rows."""
    with tempfile.TemporaryDirectory() as folder:
        for site in site_in(Path(folder), filled):
            with serving(site) as url:
                async with async_playwright() as driver:
                    program = shutil.which("chromium")
                    browser = await driver.chromium.launch(
                        executable_path=program, args=list(FLAGS)
                    )
                    async for desk in seated(browser, site, url):
                        return await _painted(desk)
    raise AssertionError("no site")


async def _painted(desk: Desk) -> float:
    found = []
    for _ in range(8):
        page = await desk.open("/")
        assert await page.locator("#rows > tr").count() == 50
        painted = await page.wait_for_function(_PAINT)
        found.append(float(await painted.json_value()))
    return statistics.median(found[1:])


def _page(database: Database, wanted: Wanted) -> None:
    with database.read() as tx:
        found = worklist.page(tx, wanted, 50)
        worklist.marks(tx, [each.order.accession for each in found.studies], _NOW)


def _counts(database: Database) -> None:
    with database.read() as tx:
        worklist.counts(tx, "123", 1000)
        worklist.modalities(tx)


if __name__ == "__main__":
    main()
