"""What the HTTP interface works with; bootstrap fills it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from adapter.dicom.dicomweb import Archive
from adapter.domain.feed import FeedState
from adapter.domain.link_security import CertificateExpiry, FailedHandshakes
from adapter.mapping.ai_monitoring import AiMonitoring
from adapter.mapping.ehr_launch import EhrLaunch
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.mapping.plug_in import PlugIn
from adapter.mapping.roles import Roles
from adapter.mapping.workspace import Workspace
from adapter.oauth.login import Login
from adapter.outbound import Outbound
from adapter.web.access import Access
from adapter.web.change_feed import ChangeFeed
from adapter.web.node import Node
from adapter.web.throttle import Throttle
from adapter.webhooks.receiver import Receiver
from adapter.workflow.audit_desk import AuditDesk
from adapter.workflow.context_seats import ContextSeats
from adapter.workflow.deliveries import Deliveries
from adapter.workflow.destinations import Destinations
from adapter.workflow.dicom_intake import DicomIntake
from adapter.workflow.dictations import Dictations
from adapter.workflow.fhir_intake import FhirIntake
from adapter.workflow.fhir_reading import FhirReading
from adapter.workflow.fhir_sources import FhirSources
from adapter.workflow.intake import Intake
from adapter.workflow.live_dictation import LiveDictations
from adapter.workflow.message_log import MessageLog
from adapter.workflow.model_following import ModelFollower
from adapter.workflow.patient_summaries import PatientSummaries
from adapter.workflow.reports import Reports
from adapter.workflow.review import Review
from adapter.workflow.sign_in import SignIn
from adapter.workflow.sign_off import SignOff
from adapter.workflow.site_mappings import SiteMappings
from adapter.workflow.study_access import StudyAccess
from adapter.workflow.study_flow import House


class AiPosts(Protocol):
    """Where AI engines post their results: DICOM, and JSON of their own by the engine's name."""

    @property
    def dicom(self) -> DicomIntake:
        """Takes structured reports."""

    @property
    def webhooks(self) -> Mapping[str, Receiver]:
        """Knows the engines."""


@dataclass(frozen=True)
class Parts:
    """The workflow of one house, as the endpoints call it.

    `find_speech_model` gives its directory (None: a server has it) or raises ConfigurationError,
    and looks once: through a large one that takes seconds;
    `outbound`: what URLs of others may name; `client_keys`: files of our own private keys;
    `host_names` are served besides localhost; `feeds` tells who is expected to speak, and does;
    `certificates` and `handshakes` how the TLS of listeners and destinations stands;
    `audit_troubles` what is wrong with the audit trail, by part of it.
    """

    house: House
    intake: Intake
    log: MessageLog
    dictations: Dictations
    reports: Reports
    sign_off: SignOff
    review: Review
    deliveries: Deliveries
    destinations: Destinations
    max_body_bytes: int
    find_speech_model: Callable[[], Path | None]
    live: LiveDictations
    ai_posts: AiPosts
    fhir: FhirIntake
    fhir_reading: FhirReading
    fhir_orders: FhirOrderMapping
    fhir_sources: FhirSources
    outbound: Outbound
    plug_in: PlugIn
    ehr_launch: EhrLaunch
    access: Access
    roles: Roles
    sign_in: SignIn
    study_access: StudyAccess
    audit_desk: AuditDesk
    changes: ChangeFeed
    workspace: Workspace
    ai_rules: AiMonitoring
    node: Node
    contexts: ContextSeats
    site_mappings: SiteMappings
    models: ModelFollower
    summaries: PatientSummaries
    client_keys: tuple[Path, ...] = ()
    archive: Archive | None = None
    login: Login | None = None
    throttle: Throttle = field(default_factory=Throttle)
    host_names: tuple[str, ...] = ()
    feeds: Callable[[], list[FeedState]] = list
    certificates: Callable[[], list[CertificateExpiry]] = list
    handshakes: Callable[[], list[FailedHandshakes]] = list
    audit_troubles: Callable[[], Mapping[str, str]] = dict
