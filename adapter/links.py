"""Every kind of destination: who writes its messages, and who sends them; queues of jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapter.clock import SystemClock
from adapter.custom_fields.destination import CustomFieldsDestination
from adapter.custom_fields.message import build_fields
from adapter.domain.delivery import ReportMessage
from adapter.fhir.client import FhirDestination
from adapter.fhir.results import build_bundle
from adapter.hl7v2.results import build_report_message
from adapter.hl7v2.sender import MllpDestination
from adapter.jobs.dbos_jobs import Queue
from adapter.mapping.destinations import DestinationProfile
from adapter.ports import Destination
from adapter.settings import Settings
from adapter.speech.decoder import GPU_BATCH, runs_on_gpu
from adapter.webhooks.message import build_webhook
from adapter.webhooks.sender import WebhookDestination
from adapter.workflow.study_flow import ASK, DELIVER, FETCH, LEDGER, MERGE, TELL, TRANSCRIBE


@dataclass(frozen=True, slots=True)
class Kind:
    """One protocol; both take the profile's section of its name."""

    write: Callable[[ReportMessage, Any], bytes]
    open: Callable[[Any], Destination]


KINDS: dict[str, Kind] = {
    "mllp": Kind(build_report_message, MllpDestination),
    "fhir": Kind(build_bundle, FhirDestination),
    "webhook": Kind(build_webhook, lambda section: WebhookDestination(section, SystemClock())),
    "custom_fields": Kind(
        build_fields, lambda section: CustomFieldsDestination(section, SystemClock())
    ),
}


def translate(profile: DestinationProfile, message: ReportMessage) -> bytes:
    """The message in the words and form of this destination."""
    return KINDS[profile.protocol].write(message, profile.section)


def link(profile: DestinationProfile) -> Destination:
    """The connection to this destination."""
    return KINDS[profile.protocol].open(profile.section)


def queues(settings: Settings) -> dict[str, Queue]:
    """How many jobs run at once; on a GPU so many recordings that they share its batches."""
    whisper = settings.speech_engine == "whisper"
    together = whisper and runs_on_gpu(settings.speech_device)
    return {
        TRANSCRIBE: Queue(workers=GPU_BATCH if together else 1),
        MERGE: Queue(workers=4, laned=True),
        DELIVER: Queue(workers=16, laned=True),
        FETCH: Queue(workers=4, laned=True),
        ASK: Queue(workers=2, laned=True),
        TELL: Queue(workers=4, laned=True),
        LEDGER: Queue(workers=1, laned=True),
    }
