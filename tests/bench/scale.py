"""What one study costs once very many are stored: intake, lists, search, merge and sign-off.

`python -m tests.bench.scale [--studies 10000,100000,1000000]`: studies that went the whole way
(order as a message, dictation, report, signature, delivery) are copied in the tables until so many
are there; then single steps are timed. The last line is the largest growth of a step
that somebody waits for (counts for the metrics are taken less often the longer they take).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage
from adapter.hl7v2.message import Header
from adapter.hl7v2.reader import MessageReader
from adapter.hl7v2.search_keys import read_keys
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import load_order_mapping
from adapter.mapping.message_table import load_message_mapping
from adapter.observability.metrics import TableMetrics
from adapter.store import message_log, reports, studies, worklist
from adapter.store.database import Database
from adapter.store.message_log import Search
from adapter.store.tables import metadata
from adapter.store.worklist import Queue, Sort, Wanted
from adapter.workflow.intake import Intake
from adapter.workflow.message_log import MessageLog
from tests.bench.mllp import order as order_message
from tests.fakes.house import DR_GRAY, Workflow

_GENUINE = 50  # studies that are copied
_OPEN = 300  # studies that wait to be read, whatever else is stored
_TIMES = 40
_SPOKEN = (
    "small right pleural effusion no pneumothorax heart size is normal "
    "three millimeter nodule in the left upper lobe impression small right pleural effusion"
)
_TABLES = ("study", "message", "message_key", "dictation", "report", "delivery", "history")
_OWN = ("accession", "control_id", "patient_key", "placer_number", "filler_number", "value")
"""Columns whose text is made another for each copy."""
_TIMED = ("created_at", "updated_at", "received_at", "issued_at", "at", "signed_at")
_LONG = ("body", "inputs_json", "mappings_json", "report_json", "text", "transcript_json")
_WHOLE = (
    200  # copies with all of their text; of the others its beginning: indexes grow all the same
)


class Site:
    """A workflow on one database, fed by messages."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.flow = Workflow(database, folder)
        mapping = load_order_mapping(MappingFiles())
        others = load_message_mapping(MappingFiles())
        keys = partial(read_keys, mapping=mapping, messages=others)
        self.log = MessageLog(database, self.flow.clock, {"hl7v2": keys}, {})
        reader = MessageReader(mapping, others)
        self.intake = Intake(self.flow.house, {"hl7v2": reader.read})
        self.number = 0

    def order(self) -> str:
        """One new order as a message, stored and applied; returns its accession."""
        self.number += 1
        body = order_message(self.number)
        header = Header.parse(body)
        now = self.flow.house.now()
        told = ("hl7v2", "127.0.0.1:5", header.sender, header.control_id, header.type)
        self.intake.take(InboundMessage(*told, body, sha256_hex(body), now))
        return f"RA-{self.number:013}"

    def report(self, accession: str) -> None:
        """A dictation, its transcript, the draft and its delivery."""
        self.flow.dictate(accession, f"{_SPOKEN} study {self.number}")

    def sign(self, accession: str) -> None:
        """The final report and its delivery."""
        self.flow.sign_off.sign(accession, DR_GRAY)
        self.flow.jobs.run()

    def whole(self) -> str:
        """A study from its order to the delivered final report."""
        accession = self.order()
        self.flow.clock.forward(9)
        self.report(accession)
        self.sign(accession)
        return accession


class Copies:
    """What is stored of the genuine studies, again and again under other names.

    Ids count down from zero: those of what comes later go on counting up.
    """

    def __init__(self, tx: sa.Connection) -> None:
        self._tx, self._made = tx, 0
        self._tables = [metadata.tables[f"readout_{name}"] for name in _TABLES]
        self._span: dict[str, int] = {}
        for table in self._tables:
            tx.exec_driver_sql(f"CREATE TEMP TABLE base_{table.name} AS SELECT * FROM {table.name}")
            if _counts(table):
                last = tx.exec_driver_sql(f"SELECT max(id) FROM {table.name}").scalar()
                self._span[table.name] = int(last or 0) + 1

    def up_to(self, studies_wanted: int) -> None:
        """Copies until so many studies are there."""
        first, self._made = self._made + 1, studies_wanted // _GENUINE - 1
        for table in self._tables:
            names = table.columns.keys()
            values = ", ".join(self._value(table, each) for each in names)
            self._tx.exec_driver_sql(
                f"INSERT INTO {table.name} ({', '.join(names)}) "
                f"WITH RECURSIVE n(k) AS (SELECT {first} UNION ALL SELECT k + 1 FROM n "
                f"WHERE k < {self._made}) SELECT {values} FROM n CROSS JOIN base_{table.name} s"
            )

    def _value(self, table: sa.Table, column: str) -> str:
        if column in ("report_id", "message_id"):
            return f"s.{column} - n.k * {self._span[f'readout_{column[:-3]}']}"
        if column == "id" and table.name in self._span:
            return f"s.id - n.k * {self._span[table.name]}"
        if column in _OWN:
            return f"s.{column} || '~' || n.k"
        if column in _TIMED:  # each copy a quarter of an hour before the one before it
            shift = "'-' || (n.k * 15) || ' minutes'"
            return f"strftime('%Y-%m-%dT%H:%M:%f', s.{column}, {shift}) || '+00:00'"
        if column in _LONG:
            return f"iif(n.k > {_WHOLE}, substr(s.{column}, 1, 200), s.{column})"
        return f"s.{column}"


def _counts(table: sa.Table) -> bool:
    return "id" in table.c and isinstance(table.c.id.type, sa.Integer)


def steps(site: Site) -> dict[str, Callable[[], object]]:
    """What is timed, each once a call."""

    def read(look: Callable[[sa.Connection], object]) -> Callable[[], object]:
        def call() -> object:
            with site.database.read() as tx:
                return look(tx)

        return call

    def opened() -> object:
        with site.database.read() as tx:
            accession = f"RA-{1 + site.number % _GENUINE:013}~1"
            found = studies.get(tx, accession), studies.events(tx, accession)
            return found, reports.get_latest(tx, accession)

    return {
        "order stored and applied": site.order,
        "dictation to delivered draft": lambda: site.report(f"RA-{site.number:013}"),
        "signature to delivered final": lambda: site.sign(f"RA-{site.number:013}"),
        "search keys of a message": site.log.index,
        "worklist: unread": read(lambda tx: worklist.page(tx, Wanted(), 50)),
        "worklist: all, last changed": read(
            lambda tx: worklist.page(tx, Wanted(Queue.ALL, sort=Sort.CHANGED, down=True), 50)
        ),
        "worklist: counts": read(lambda tx: worklist.counts(tx, "123", 1000)),
        "study opened": opened,
        "messages: last page": read(
            lambda tx: message_log.received(tx, Search({}), None, 50).rows[0]
        ),
        "messages of an accession": read(
            lambda tx: message_log.received(tx, Search({}, accession="RA-0000000000007"), None, 50)
        ),
        "metrics, counted anew": lambda: list(
            TableMetrics(site.database, site.flow.clock).collect()
        ),
    }


def measure(site: Site) -> dict[str, float]:
    """Median ms of each step; those of one study follow each other."""
    calls = steps(site)
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(_TIMES):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            spent[name].append(1000 * (time.perf_counter() - began))
    return {name: statistics.median(times[2:]) for name, times in spent.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", default="1000,10000,100000,1000000")
    sizes = [int(each) for each in parser.parse_args().studies.split(",")]
    found: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scale.sqlite"
        database = Database(f"sqlite:///{path}")
        database.migrate()
        site = Site(database, Path(folder))
        for _ in range(_GENUINE):
            site.whole()
        while site.log.index():
            pass
        connection = database.engine.connect()
        copies = Copies(connection)
        for _ in range(_OPEN):
            site.order()
        for size in sizes:
            began = time.perf_counter()
            copies.up_to(size)
            connection.commit()
            took = time.perf_counter() - began
            found[size] = measure(site)
            gigabytes = path.stat().st_size / 1e9
            print(f"{size} studies: {gigabytes:.2f} GB, copied in {took:.0f} s", flush=True)
        connection.close()
        database.close()
    print(f"{'ms, median of ' + str(_TIMES - 2):32}" + "".join(f"{size:>10}" for size in sizes))
    for name in found[sizes[0]]:
        print(f"{name:32}" + "".join(f"{found[size][name]:10.2f}" for size in sizes))
    first, last = found[sizes[0]], found[sizes[-1]]
    growth = {name: last[name] / max(first[name], 0.5) for name in first if "metrics" not in name}
    worst = max(growth, key=lambda name: growth[name])
    print(f"largest growth: {growth[worst]:.1f} times ({worst})")


if __name__ == "__main__":
    main()
