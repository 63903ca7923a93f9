"""Every way in for results of AI engines: DICOM over the network, archives, signed JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adapter.dicom.store_scp import StoreScp
from adapter.domain.link_security import FailedHandshakes
from adapter.errors import ConfigurationError
from adapter.hl7v2.allow import AllowList
from adapter.hl7v2.threaded_door import ThreadedDoor
from adapter.hl7v2.tls import server_context
from adapter.mapping.ai_webhooks import load_ai_webhooks
from adapter.mapping.files import MappingFiles
from adapter.mapping.listeners import Allow
from adapter.mapping.tls_files import ServerTls
from adapter.settings import Settings, listed
from adapter.webhooks.receiver import Receiver
from adapter.workflow.dicom_intake import DicomIntake
from adapter.workflow.dicom_sources import DicomSources, open_archives
from adapter.workflow.intake import Intake
from adapter.workflow.study_flow import House


@dataclass(frozen=True)
class AiDoors:
    """The doors of one node; `scp` None: no DICOM listener."""

    dicom: DicomIntake
    webhooks: Mapping[str, Receiver]
    archives: DicomSources
    scp: StoreScp | None
    failed: Callable[[], list[FailedHandshakes]] = list

    def open(self) -> None:
        """Listen, and promise the turn of each archive; raises ConfigurationError."""
        if self.scp is not None:
            self.scp.start()
        self.archives.reconcile()

    def close(self) -> None:
        """End what listens."""
        if self.scp is not None:
            self.scp.stop()


def open_ai_doors(settings: Settings, files: MappingFiles, house: House, intake: Intake) -> AiDoors:
    """By the settings and the site's mapping files; raises ConfigurationError."""
    dicom, scp = DicomIntake(house, intake), None
    door = dicom_door(settings)
    if settings.dicom_port is not None:
        place = (settings.dicom_host, settings.dicom_port, settings.dicom_ae_title)
        callers = list(listed(settings.dicom_callers))
        scp = StoreScp(*place, callers, settings.dicom_max_pdu, dicom.store, door.let_in)
    webhooks = {each.name: Receiver(each) for each in load_ai_webhooks(files)}
    archives = DicomSources(house, intake, open_archives(files))
    return AiDoors(dicom, webhooks, archives, scp, door.failed_handshakes)


def dicom_tls(settings: Settings) -> ServerTls | None:
    """The TLS of the DICOM listener; None: it has none. Raises ConfigurationError."""
    certificate, authorities = settings.dicom_certificate, settings.dicom_client_ca
    if certificate is None:
        if authorities is not None:
            raise ConfigurationError("READOUT_DICOM_CLIENT_CA needs READOUT_DICOM_CERTIFICATE")
        return None
    return ServerTls(certificate=certificate, key=settings.dicom_key, client_ca=authorities)


def dicom_door(settings: Settings) -> ThreadedDoor:
    """Who may connect to the DICOM listener, and how; raises ConfigurationError."""
    tls = dicom_tls(settings)
    try:
        allow = Allow(addresses=listed(settings.dicom_addresses))
    except ValueError:
        told = "READOUT_DICOM_ADDRESSES names addresses and networks by commas, such as 10.1.0.0/16"
        raise ConfigurationError(told) from None
    return ThreadedDoor("DICOM", server_context(tls) if tls else None, AllowList(allow))
