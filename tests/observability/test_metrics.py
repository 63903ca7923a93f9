from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from adapter.domain.identifiers import Accession, Phi, sha256_hex
from adapter.domain.message import InboundMessage
from adapter.domain.people import Patient
from adapter.mapping.ai_monitoring import AiMonitoring
from adapter.observability.metrics import NodeState, TableMetrics, make_registry
from adapter.store import links, messages
from adapter.store.database import Database
from adapter.store.disk import Disk
from adapter.store.links import LinkKind
from adapter.workflow.ai_watch import AiWatch
from tests.fakes.destination import GONE, HOLD
from tests.fakes.house import Workflow
from tests.workflow.test_ai_watch import BEGIN, fill

Key = tuple[str, ...]


def scrape(workflow: Workflow, state: NodeState | None = None) -> tuple[str, dict[Key, float]]:
    text = generate_latest(make_registry(workflow.database, workflow.clock, state)).decode()
    values = {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    return text, values


def receive(workflow: Workflow, body: bytes, refusal: str = "") -> None:
    message = InboundMessage(
        protocol="hl7v2",
        peer="127.0.0.1:1",
        sender="EHR|SYN",
        control_id="M1",
        type="ORM^O01",
        body=body,
        body_sha256=sha256_hex(body),
        received_at=workflow.house.now(),
        refusal=refusal,
    )
    with workflow.database.write() as tx:
        messages.store(tx, [message])


def test_the_mode_of_each_ai_source_is_told(database: Database, tmp_path: Path) -> None:
    state = NodeState(ai_modes=lambda: {"cxr": "shadow", "ptx": "off"})
    _, values = scrape(Workflow(database, tmp_path), state)
    assert values["readout_ai_source_mode", "off", "ptx"] == 1
    assert values["readout_ai_source_mode", "shadow", "cxr"] == 1


def test_an_empty_house_has_no_waits(database: Database, tmp_path: Path) -> None:
    _, values = scrape(Workflow(database, tmp_path))
    assert values[("readout_queue_wait_seconds", "intake")] == 0
    assert values[("readout_queue_wait_seconds", "transcribe")] == 0


def test_everything_is_counted_by_its_state(database: Database, tmp_path: Path) -> None:
    workflow = Workflow(database, tmp_path)
    workflow.ris.script = [HOLD]
    for accession in ("A1", "A2", "A3"):
        workflow.order(accession)
    workflow.dictate("A1", "no pneumothorax period")
    workflow.dictate("A2", "no pneumothorax period")
    workflow.dictate("A3", "silence")
    receive(workflow, b"one")
    receive(workflow, b"two", refusal="unreadable")
    _, values = scrape(workflow)
    assert values[("readout_studies", "preliminary")] == 2
    assert values[("readout_studies", "none")] == 1
    assert values[("readout_dictations", "transcribed")] == 2
    assert values[("readout_dictations", "refused")] == 1
    assert values[("readout_deliveries", "ris", "held")] == 1
    assert values[("readout_deliveries", "ris", "acknowledged")] == 1
    assert values[("readout_messages", "received")] == 1
    assert values[("readout_messages", "refused")] == 1


def test_waits_grow_with_the_clock(database: Database, tmp_path: Path) -> None:
    workflow = Workflow(database, tmp_path)
    workflow.order("A1")
    workflow.ris.script = [GONE]
    workflow.dictate("A1", "no pneumothorax period")
    receive(workflow, b"one")
    workflow.dictations.receive(Accession("A1"), [b"more"], "audio/wav")
    workflow.clock.forward(90)
    _, values = scrape(workflow)
    assert values[("readout_delivery_wait_seconds", "ris")] == 90
    assert values[("readout_queue_wait_seconds", "intake")] == 90
    assert values[("readout_queue_wait_seconds", "transcribe")] == 90


def test_no_accession_and_no_patient_is_in_them(database: Database, tmp_path: Path) -> None:
    workflow = Workflow(database, tmp_path)
    patient = Patient(Phi("MRN-4711"), family=Phi("Mustermann"), given=Phi("Erika"))
    workflow.order("ACC-0815", patient=patient)
    workflow.dictate("ACC-0815", "no pneumothorax period")
    receive(workflow, b"PID|1||MRN-4711")
    text, _ = scrape(workflow)
    for private in ("ACC-0815", "MRN-4711", "Mustermann", "Erika", "pneumothorax", "EHR"):
        assert private not in text


def test_a_server_that_cannot_be_searched_shows(database: Database, tmp_path: Path) -> None:
    workflow = Workflow(database, tmp_path)
    with workflow.database.write() as tx:
        links.tried(tx, LinkKind.FHIR_SERVER, "north", "HTTP 503", workflow.house.now())
        links.tried(tx, LinkKind.FHIR_SERVER, "south", "", workflow.house.now())
    values = scrape(workflow)[1]
    assert values["readout_link_away", "FHIR server", "north"] == 1
    assert values["readout_link_away", "FHIR server", "south"] == 0


def test_slow_counts_serve_again_and_quick_ones_are_taken_anew(
    database: Database, tmp_path: Path
) -> None:
    """Counting may take a hundredth of the time; the clock here moves while it counts."""
    workflow = Workflow(database, tmp_path)
    now, slow = [0.0], [0.0]

    def seconds() -> float:
        now[0] += slow[0]
        return now[0]

    metrics = TableMetrics(workflow.database, workflow.clock, seconds)

    def studies() -> float:
        (found,) = [each for each in metrics.collect() if each.name == "readout_studies"]
        return sum(sample.value for sample in found.samples)

    for count in (0, 1):
        assert studies() == count
        workflow.order(f"A{count}")
    slow[0] = 1.0
    assert studies() == 2
    workflow.order("A3")
    assert studies() == 2
    now[0] += 98
    assert studies() == 3


def test_models_that_drift_show(database: Database, tmp_path: Path) -> None:
    house = Workflow(database, tmp_path)
    house.clock.moment = BEGIN + timedelta(days=75)
    fill(database, 75, range(65, 75))
    AiWatch(house.house, AiMonitoring()).look()
    _, values = scrape(house)
    assert values["readout_ai_drift", "suggest", "cxr", "1", "worse"] == 1
    assert values["readout_ai_findings", "rejected", "suggest", "cxr", "1"] == 20 * 4 + 10 * 10
    assert values["readout_ai_agreement", "suggest", "cxr", "1"] == (20 * 36 + 10 * 30) / (30 * 40)
    assert values["readout_ai_missed", "suggest", "cxr", "1"] == 0


def test_what_a_node_knows_of_itself_shows(database: Database, tmp_path: Path) -> None:
    workflow = Workflow(database, tmp_path)
    state = NodeState(
        checks=lambda: {"database": True, "jobs": False},
        audit=lambda: {"heads": "", "chain": "the audit trail was changed"},
        unmoved=lambda: 3,
    )
    text, values = scrape(workflow, state)
    assert (values["readout_works", "database"], values["readout_works", "jobs"]) == (1, 0)
    troubles = [values["readout_audit_trouble", what] for what in ("heads", "chain")]
    assert troubles == [0, 1]
    assert values[("readout_audio_unmoved",)] == 3
    assert "was changed" not in text


def test_metrics_tell_of_the_disks(database: Database, tmp_path: Path) -> None:
    found = (Disk("audio", tmp_path, low_bytes=1 << 60), Disk("data", tmp_path / "gone"))
    _, values = scrape(Workflow(database, tmp_path), NodeState(disks=found))
    assert values["readout_disk_free_bytes", "audio"] > 0
    assert (values["readout_disk_low", "audio"], values["readout_disk_low", "data"]) == (1, 0)
    assert (values["readout_disk_full", "audio"], values["readout_disk_full", "data"]) == (0, 1)
