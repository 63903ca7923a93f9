from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import pytest
import yaml
from starlette.testclient import TestClient

from adapter.ai_doors import AiDoors
from adapter.audit.keys import open_keys
from adapter.domain.event import Event
from adapter.domain.feed import FeedState
from adapter.domain.link_security import CertificateExpiry, FailedHandshakes
from adapter.domain.order import OrderEvent
from adapter.fhir.bundles import read_orders as read_fhir
from adapter.hl7v2.message import Message
from adapter.hl7v2.orders import read_orders
from adapter.mapping.access import AccessRules
from adapter.mapping.ai_codes import load_ai_codes
from adapter.mapping.ai_monitoring import load_ai_monitoring
from adapter.mapping.ai_webhooks import AiWebhook, protocol_of
from adapter.mapping.ehr_launch import load_ehr_launch
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import load_order_mapping
from adapter.mapping.model_calls import load_model_calls
from adapter.mapping.plain_words import load_patient_summary
from adapter.mapping.plug_in import load_plug_in
from adapter.mapping.roles import load_roles
from adapter.mapping.workspace import load_workspace
from adapter.outbound import Outbound
from adapter.ports import Recognized, SpeechContext
from adapter.speech.model_store import EMBEDDED
from adapter.store.disk import disks
from adapter.store.live_audio import LiveAudio
from adapter.store.sessions import Ticket
from adapter.web.access import Access
from adapter.web.app import build_app
from adapter.web.callers import COOKIE
from adapter.web.change_feed import ChangeFeed
from adapter.web.node import Node
from adapter.web.parts import Parts
from adapter.webhooks.receiver import Receiver
from adapter.workflow import ai_sources
from adapter.workflow.ai_intake import with_facts
from adapter.workflow.ai_readers import ai_readers
from adapter.workflow.ai_webhooks import read_webhook
from adapter.workflow.audit_desk import AuditDesk
from adapter.workflow.context_seats import open_seats
from adapter.workflow.destinations import Destinations
from adapter.workflow.dicom_intake import DicomIntake
from adapter.workflow.dicom_sources import DicomSources
from adapter.workflow.fhir_intake import FhirIntake
from adapter.workflow.fhir_reading import FhirReading
from adapter.workflow.fhir_sources import FhirSources
from adapter.workflow.intake import Intake
from adapter.workflow.live_dictation import LiveDictations
from adapter.workflow.message_log import open_log
from adapter.workflow.model_calls import InForce, ModelCalls
from adapter.workflow.model_following import ModelFollower
from adapter.workflow.patient_summaries import PatientSummaries
from adapter.workflow.sign_in import SignIn
from adapter.workflow.site_mappings import SiteMappings
from adapter.workflow.study_access import StudyAccess
from adapter.workflow.study_flow import House
from tests.fakes.databases import copied
from tests.fakes.house import DR_GRAY, Workflow, tables
from tests.fakes.speech import TextRecognizer
from tests.privacy.tables import words

MAX_BODY = 20_000
OPEN_TO_ALL = AccessRules()
MARK = "RIFF "


def recording(spoken: str) -> bytes:
    """What `MarkedRecognizer` hears as these words, with the first bytes of a sound file."""
    return (MARK + spoken).encode()


class MarkedRecognizer(TextRecognizer):
    """Recordings are text behind the first bytes of a WAV file."""

    def recognize(self, audio: Path, context: SpeechContext) -> Recognized:
        bare = audio.with_suffix(".words")
        bare.write_text(audio.read_bytes().decode().removeprefix(MARK))
        return super().recognize(bare, context)


@dataclass
class Site:
    """A running house and a client of its HTTP interface."""

    workflow: Workflow
    parts: Parts
    client: TestClient
    feeds: list[FeedState]
    certificates: list[CertificateExpiry]
    handshakes: list[FailedHandshakes]

    def dictate(self, accession: str, spoken: str) -> str:
        """Post a dictation and run what follows; returns its id."""
        made = self.client.post(
            f"/api/studies/{accession}/dictations",
            content=recording(spoken),
            headers={"Content-Type": "audio/wav"},
        )
        assert made.status_code in (200, 201), made.text
        self.workflow.jobs.run()
        return str(made.json()["id"])


def read_hl7v2(body: bytes) -> Sequence[OrderEvent]:
    """Orders by the packaged mapping."""
    return read_orders(Message.parse(body), load_order_mapping(MappingFiles()))


ENGINE_TOKEN = "token of the example engine"


def example_engine() -> Receiver:
    """The engine of the packaged example, with a token."""
    rules = yaml.safe_load(MappingFiles().get("ai_webhooks/example.yaml").body)
    told = {"enabled": True, "secret_envs": [], "token_env": "READOUT_TEST_ENGINE_TOKEN"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("READOUT_TEST_ENGINE_TOKEN", ENGINE_TOKEN)
        return Receiver(AiWebhook.model_validate(rules | told))


def reader_of(engine: AiWebhook) -> Callable[[bytes], Sequence[Event]]:
    """Reads the bodies of an engine."""
    lexicon = tables().lexicon
    codes = load_ai_codes(MappingFiles(), lexicon)
    return with_facts(partial(read_webhook, engine=engine, codes=codes), lambda: lexicon)


@pytest.fixture
def site(tmp_path: Path, empty: Path) -> Iterator[Site]:
    yield from site_in(tmp_path, empty)


@cache
def packaged_calls() -> InForce:
    """What the packaged files let be called, and the words that clean it; read once for all."""
    return InForce.of(load_model_calls(MappingFiles()), words())


def packaged_models(house: House) -> ModelFollower:
    """As `open_model_calls` makes it, without reading the same files for each house."""
    calls = ModelCalls(house, packaged_calls(), None, partial(ai_sources.is_off, house))
    return ModelFollower(calls, MappingFiles())


def site_in(
    folder: Path,
    empty: Path,
    recognizer: TextRecognizer | None = None,
    rules: AccessRules = OPEN_TO_ALL,
) -> Iterator[Site]:
    """A house with fakes at its edges, in this folder."""
    database = copied(empty, folder / "readout.sqlite")
    database.trail.sealer = audit_keys = open_keys(folder / "audit.key")
    workflow = Workflow(database, folder, recognizer=recognizer or MarkedRecognizer(), access=rules)
    feeds: list[FeedState] = []
    certificates: list[CertificateExpiry] = []
    handshakes: list[FailedHandshakes] = []
    log = open_log(database, workflow.house.clock, MappingFiles(), rules)
    fhir_orders = FhirOrderMapping()
    readers = {"fhir": lambda body: read_fhir(body, fhir_orders), "hl7v2": read_hl7v2}
    engine = example_engine()
    codes = load_ai_codes(MappingFiles(), tables().lexicon)
    readers |= ai_readers(MappingFiles(), codes, lambda: tables().lexicon)
    readers |= {protocol_of(engine.engine.name): reader_of(engine.engine)}
    intake = Intake(workflow.house, readers, log.index)
    taking = FhirIntake(workflow.house, intake)
    live = LiveDictations(
        workflow.house, workflow.dictations, LiveAudio(folder / "live", 16_000), None
    )
    parts = Parts(
        house=workflow.house,
        intake=intake,
        log=log,
        dictations=workflow.dictations,
        reports=workflow.reports,
        sign_off=workflow.sign_off,
        review=workflow.review,
        deliveries=workflow.deliveries,
        destinations=Destinations(workflow.house),
        max_body_bytes=MAX_BODY,
        find_speech_model=lambda: EMBEDDED,
        ai_posts=AiDoors(
            DicomIntake(workflow.house, intake),
            {engine.engine.name: engine},
            DicomSources(workflow.house, intake, {}),
            None,
        ),
        fhir=taking,
        fhir_sources=FhirSources(workflow.house, taking, {}),
        live=live,
        contexts=open_seats(workflow.house, MappingFiles(), live.speaking, "node-1"),
        fhir_reading=FhirReading(workflow.house, fhir_orders),
        fhir_orders=fhir_orders,
        sign_in=SignIn(database, workflow.house.clock),
        changes=ChangeFeed(database),
        workspace=load_workspace(MappingFiles()),
        ai_rules=load_ai_monitoring(MappingFiles()),
        summaries=PatientSummaries(workflow.house, *load_patient_summary(MappingFiles())),
        node=Node(disks=disks({"audio": folder}, low_bytes=0)),
        models=packaged_models(workflow.house),
        site_mappings=SiteMappings(workflow.house, MappingFiles(site=folder / "mappings")),
        feeds=lambda: feeds,
        certificates=lambda: certificates,
        handshakes=lambda: handshakes,
        outbound=Outbound.of("127.0.0.1", "READOUT_OUTBOUND_ALLOWED_HOSTS"),
        plug_in=load_plug_in(MappingFiles()),
        ehr_launch=load_ehr_launch(MappingFiles()),
        access=Access(),
        audit_desk=AuditDesk(database, audit_keys, folder / "audit-heads.json"),
        study_access=StudyAccess(database, workflow.house.clock, rules),
        roles=(roles := load_roles(MappingFiles())),
    )
    parts.intake.start()
    client = TestClient(
        build_app(parts), base_url="http://localhost", raise_server_exceptions=False
    )
    session = parts.sign_in.open(Ticket(DR_GRAY, "", tuple(roles.roles)))
    client.cookies.set(COOKIE, session)
    client.headers["origin"] = "http://localhost"
    with client:
        yield Site(workflow, parts, client, feeds, certificates, handshakes)
    parts.intake.stop()
    database.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, empty: Path) -> Iterator[Site]:
    """One site for all examples of a property."""
    yield from site_in(tmp_path_factory.mktemp("site"), empty)
