"""A whole workflow on a real database, with every edge replaced by a fake."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from adapter.domain.decision import DecisionKind
from adapter.domain.delivery import ReportMessage
from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code, Order, OrderAction, OrderEvent, OrderStatus
from adapter.domain.people import Patient, Practitioner, Sex
from adapter.mapping.access import AccessRules
from adapter.mapping.ai_monitoring import AiMonitoring
from adapter.mapping.destinations import DestinationProfile
from adapter.mapping.files import MappingFile, MappingFiles
from adapter.mapping.mllp_profile import MllpProfile
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.tables_in_force import TablesInForce
from adapter.reporting.render import plain_text
from adapter.store import reports, studies
from adapter.store.audio_files import AudioFiles
from adapter.store.database import Database
from adapter.workflow import communications, orders
from adapter.workflow.ai_ledger import AiLedger
from adapter.workflow.deliveries import Deliveries
from adapter.workflow.dictations import Dictations
from adapter.workflow.reports import Reports
from adapter.workflow.review import Review
from adapter.workflow.sign_off import SignOff, blockers
from adapter.workflow.study_flow import DELIVER, LEDGER, MERGE, TRANSCRIBE, House, Route
from tests.fakes.clock import FakeClock
from tests.fakes.destination import FakeDestination
from tests.fakes.jobs import FakeJobs
from tests.fakes.speech import TextRecognizer

DR_GRAY = Practitioner("123", "Gray", "Ada")
ROLES = ("radiologist", "integrator", "admin")
"""Of who signs in by the link."""
_SEEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
_DESTINATION = b"name: ris\nprotocol: mllp\nmllp: {host: 127.0.0.1, port: 1}\n"
_TABLES: list[ReportingTables] = []


def tables() -> ReportingTables:
    """The packaged tables, read once for all tests."""
    if not _TABLES:
        _TABLES.append(ReportingTables.load(MappingFiles()))
    return _TABLES[0]


def order(accession: str, **values: object) -> Order:
    """A chest radiograph of a synthetic patient."""
    return Order(
        **{
            "accession": Accession(accession),
            "patient": Patient(Phi("SYN1"), "SYN", Phi("Demo"), Phi("Jane"), sex=Sex.FEMALE),
            "procedure": Code("XRCH2", "Chest radiograph, two views"),
            "modality": "CR",
            **values,
        }  # type: ignore[arg-type]
    )


def translate(message: ReportMessage) -> bytes:
    """Enough of a message to see what left."""
    head = f"{message.control_id}|{message.kind}|{message.order.accession}\n"
    return (head + plain_text(message.report)).encode()


@dataclass
class Workflow:
    """The parts as bootstrap would wire them."""

    database: Database
    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    jobs: FakeJobs = field(default_factory=FakeJobs)
    ris: FakeDestination = field(default_factory=FakeDestination)
    recognizer: TextRecognizer = field(default_factory=TextRecognizer)
    language: str = "en"
    tables: ReportingTables = field(default_factory=tables)
    access: AccessRules = field(default_factory=AccessRules)

    def __post_init__(self) -> None:
        profile = DestinationProfile(
            name="ris", protocol="mllp", mllp=MllpProfile(host="127.0.0.1", port=1)
        )
        file = MappingFile("destinations/ris.yaml", Path("ris.yaml"), _DESTINATION)
        self.house = House(
            database=self.database,
            jobs=self.jobs,
            clock=self.clock,
            audio=AudioFiles(self.folder / "audio"),
            mappings=TablesInForce(MappingFiles(), self.tables),
            recognizer=self.recognizer,
            routes={"ris": Route(profile, file, translate, self.ris)},
            language=self.language,
            audio_limit=1000,
            retry_base=1.0,
            retry_cap=60.0,
            access=self.access,
        )
        self.reports = Reports(self.house)
        self.dictations = Dictations(self.house)
        self.deliveries = Deliveries(self.house)
        self.sign_off = SignOff(self.house, self.reports)
        self.review = Review(self.house, self.reports, self.sign_off)
        self.ledger = AiLedger(self.house, AiMonitoring())
        self.jobs.handle(LEDGER, self.ledger.write)
        self.jobs.handle(TRANSCRIBE, self.dictations.transcribe)
        self.jobs.handle(MERGE, self.reports.merge)
        self.jobs.handle(DELIVER, self.deliveries.deliver)

    def order(
        self,
        accession: str,
        action: OrderAction = OrderAction.NEW,
        status: OrderStatus | None = OrderStatus.SCHEDULED,
        **values: object,
    ) -> None:
        with self.database.write() as tx:
            event = OrderEvent(action, status, order(accession, **values))
            orders.apply(self.house, tx, event, "test")

    def clear(self, accession: str) -> None:
        """Put aside what stands in the way of a signature, as a person does."""
        with self.database.read() as tx:
            standing = blockers(reports.shown(reports.get_latest(tx, accession)).flags)
        for each in standing:
            self.sign_off.decide(accession, DecisionKind.DISMISS, each.id, DR_GRAY, "looked at")
        self.jobs.run()

    def tell(self, accession: str, receiver: str) -> None:
        """Record that somebody was told of a pneumothorax, and run everything that follows."""
        communications.record(
            self.house,
            Accession(accession),
            finding="pneumothorax",
            identified_at=_SEEN,
            sender=DR_GRAY,
            receiver=receiver,
            received_at=_SEEN,
            method="telephone",
        )
        self.jobs.run()

    def dictate(self, accession: str, spoken: str) -> str:
        """Dictate and run everything that follows; returns the dictation's id."""
        made = self.dictations.receive(Accession(accession), [spoken.encode()], "text/plain")
        self.jobs.run()
        return made.id

    def events(self, accession: str) -> list[str]:
        with self.database.read() as tx:
            return [event for _, event, _ in studies.events(tx, accession)]

    def status(self, accession: str) -> str:
        with self.database.read() as tx:
            return studies.get(tx, accession).report_status.value

    def sent(self) -> list[tuple[str, str]]:
        """(accession, kind) of everything the RIS has seen, in order."""
        return [(each.accession, each.kind.value) for each in self.ris.received]
