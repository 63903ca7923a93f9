"""The worklist: what stands in which queue, in which order, page by page, on both engines."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.domain.communication import Communication
from adapter.domain.identifiers import Phi
from adapter.domain.order import Code, OrderStatus, Priority
from adapter.domain.people import Patient
from adapter.domain.report import Flag, Severity
from adapter.domain.review import ReviewState
from adapter.domain.study import ReportStatus
from adapter.store import alerts, communications, studies, worklist
from adapter.store.database import Database
from adapter.store.worklist import Queue, Sort, Wanted
from tests.fakes.house import order

DAY = "2026-11-27T{:02}:00:00.000+00:00"


def add(database: Database, accession: str, hour: int = 9, **values: object) -> None:
    with database.write() as tx:
        studies.add(tx, order(accession, **values), OrderStatus.SCHEDULED, DAY.format(hour))


def change(database: Database, accession: str, **values: object) -> None:
    with database.write() as tx:
        studies.change(tx, accession, DAY.format(20), **values)


def shown(database: Database, wanted: Wanted, limit: int = 50) -> list[str]:
    """Accessions of all pages, one behind the other."""
    found: list[str] = []
    after: tuple[str | int, ...] = ()
    while True:
        each = Wanted(
            wanted.queue, wanted.text, wanted.modality, wanted.priority, wanted.sort, wanted.down,
            wanted.person, after,
        )  # fmt: skip
        with database.read() as tx:
            page = worklist.page(tx, each, limit)
        found += [study.order.accession for study in page.studies]
        after = page.next
        if not after:
            return found


def test_stat_comes_first_then_who_waits_longest(database: Database) -> None:
    add(database, "A1", 8)
    add(database, "A2", 7)
    add(database, "A3", 9, priority=Priority.STAT)
    add(database, "A4", 6, priority=Priority.HIGH)
    assert shown(database, Wanted()) == ["A3", "A4", "A2", "A1"]
    assert shown(database, Wanted(sort=Sort.AGE)) == ["A4", "A2", "A1", "A3"]
    assert shown(database, Wanted(down=True), 3) == ["A1", "A2", "A4", "A3"]


def test_a_study_is_in_the_queue_of_its_state(database: Database) -> None:
    for accession in ("NEW", "GONE", "PENDING", "DONE"):
        add(database, accession)
    change(database, "GONE", order=order("GONE"), order_status=OrderStatus.CANCELLED)
    change(
        database, "PENDING", report_status=ReportStatus.PRELIMINARY,
        review_state=ReviewState.PENDING_SIGNATURE,
    )  # fmt: skip
    change(database, "DONE", report_status=ReportStatus.FINAL)
    found = {queue: shown(database, Wanted(queue)) for queue in Queue}
    assert found[Queue.UNREAD] == ["NEW"]
    assert found[Queue.PENDING] == ["PENDING"]
    assert found[Queue.SIGNED] == ["DONE"]
    assert set(found[Queue.ALL]) == {"NEW", "GONE", "PENDING", "DONE"}
    with database.read() as tx:
        counts = worklist.counts(tx, "123", 1000)
    assert (counts[Queue.UNREAD], counts[Queue.PENDING], counts[Queue.FAILED]) == (1, 1, 0)


def test_a_critical_finding_stays_in_its_queue_until_somebody_is_told(database: Database) -> None:
    add(database, "A1")
    flag = Flag(worklist.CRITICAL, Severity.WARN, "tell somebody", "s1")
    with database.write() as tx:
        alerts.record(tx, "A1", [flag], DAY.format(10), signed=True)
    assert shown(database, Wanted(Queue.CRITICAL)) == ["A1"]
    told = Communication("c-1", "x", DAY.format(10), "1", "2", DAY.format(11), "telephone", 60.0)
    with database.write() as tx:
        communications.add(tx, "A1", told)
        marks = worklist.marks(tx, ["A1"], DAY.format(12))["A1"]
    assert shown(database, Wanted(Queue.CRITICAL)) == []
    assert (marks.critical, marks.told) == (True, True)


@pytest.mark.parametrize(
    ("text", "found"),
    [("doe", ["A1"]), ("DOE jane", ["A1"]), ("mrn7", ["A2"]), ("a2", ["A2"]), ("knee", ["A2"]),
     ("%", []), ("_", []), ("doe\\", []), ("nobody", []), ("ÖZ", ["A2"])],
)  # fmt: skip
def test_a_search_finds_names_numbers_and_exams(
    database: Database, text: str, found: list[str]
) -> None:
    add(database, "A1", patient=Patient(Phi("MRN1"), "", Phi("Doe"), Phi("Jane")))
    exam = Code("MRKN", "MR knee")
    add(database, "A2", patient=Patient(Phi("MRN7"), "", Phi("Öz"), Phi("J")), procedure=exam)
    assert shown(database, Wanted(Queue.ALL, text)) == found


def test_filters_and_the_modalities_there_are(database: Database) -> None:
    add(database, "A1", modality="CT")
    add(database, "A2", modality="MR", priority=Priority.STAT)
    add(database, "A3", modality="")
    assert shown(database, Wanted(modality="MR")) == ["A2"]
    assert shown(database, Wanted(priority=Priority.STAT)) == ["A2"]
    with database.read() as tx:
        assert worklist.modalities(tx) == ["CT", "MR"]


def test_a_report_is_signed_once(database: Database) -> None:
    add(database, "A1")
    with database.write() as tx:
        studies.change(tx, "A1", DAY.format(10), report_status=ReportStatus.FINAL)
        studies.change(tx, "A1", DAY.format(12), report_status=ReportStatus.ADDENDED)
        assert worklist.marks(tx, ["A1"], DAY.format(13))["A1"].signed_at == DAY.format(10)


def test_a_key_of_another_order_is_refused(database: Database) -> None:
    with database.read() as tx, pytest.raises(ValueError, match="key"):
        worklist.page(tx, Wanted(after=("x",)), 10)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None
)
@given(sort=st.sampled_from(Sort), down=st.booleans(), limit=st.integers(1, 9))
def test_pages_show_every_study_once_in_any_order(
    many: Database, sort: Sort, down: bool, limit: int
) -> None:
    wanted = Wanted(Queue.ALL, sort=sort, down=down)
    paged = shown(many, wanted, limit)
    assert paged == shown(many, wanted, 50)
    assert sorted(paged) == sorted(f"A{n}" for n in range(20))


@pytest.fixture
def many(database: Database) -> Database:
    with database.read() as tx:
        if studies.listed(tx, None, 1, 0):
            return database
    for n in range(20):
        name = Patient(Phi("X"), "", Phi("AB"[n % 2]), Phi("x"))
        add(
            database, f"A{n}", n % 3, modality=("CT", "MR")[n % 2],
            priority=tuple(Priority)[n % 4], patient=name,
        )  # fmt: skip
    return database
