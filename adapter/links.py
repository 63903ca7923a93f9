"""Every kind of destination: who writes and sends its messages; where audit and traces go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapter.audit.keys import AuditKeys
from adapter.audit.syslog import SyslogLink, SyslogSender
from adapter.clock import SystemClock
from adapter.custom_fields.destination import CustomFieldsDestination
from adapter.custom_fields.message import build_fields
from adapter.dicom.dicomweb import Archive
from adapter.domain.delivery import ReportMessage
from adapter.errors import ConfigurationError
from adapter.fhir.client import FhirDestination
from adapter.fhir.results import build_bundle
from adapter.hl7v2.results import build_report_message
from adapter.hl7v2.sender import MllpDestination
from adapter.hl7v2.tls import client_contexts
from adapter.mapping.destinations import DestinationProfile
from adapter.mapping.tls_files import ClientTls
from adapter.oauth.login import Login
from adapter.observability.traces import OFF, Traces
from adapter.ports import Destination
from adapter.settings import Settings
from adapter.store.database import Database
from adapter.store.links import LinkKind
from adapter.webhooks.message import build_webhook
from adapter.webhooks.sender import WebhookDestination
from adapter.workflow.link_probes import Ask, LinkProbes
from adapter.workflow.study_flow import House


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


def open_traces(settings: Settings, keys: AuditKeys) -> Traces:
    """Traces of the studies' way; raises ConfigurationError."""
    if not settings.traces_url:
        return OFF
    try:
        from adapter.observability.otlp import OtlpTraces
    except ModuleNotFoundError:
        raise ConfigurationError(
            "READOUT_TRACES_URL needs OpenTelemetry: pip install 'readout[traces]'"
        ) from None
    return OtlpTraces(settings.traces_url, settings.node_id, keys.trace)


def link_probes(
    house: House, login: Login | None, ask_tokens: Ask | None, archive: Archive | None
) -> LinkProbes:
    """What asks the links that nobody may need for hours."""
    asks: dict[LinkKind, Ask | None] = {
        LinkKind.LOGIN: login.check if login else None,
        LinkKind.TOKENS: ask_tokens,
        LinkKind.IMAGES: archive.check if archive else None,
    }
    return LinkProbes(house.database, house.clock, asks)


def syslog_sender(settings: Settings, database: Database) -> SyslogSender | None:
    """What hands the audit trail on; None: nobody is named. Raises ConfigurationError."""
    if not settings.audit_syslog:
        return None
    tls = ClientTls(ca=settings.audit_syslog_ca, certificate=settings.audit_syslog_certificate)
    return SyslogSender(database, SyslogLink(settings.audit_syslog, client_contexts(tls).get))
