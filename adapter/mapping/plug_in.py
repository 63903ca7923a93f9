"""The plug-in of a reporting platform: what it offers, who may call it, and its manifest."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, StringConstraints

from adapter.domain.report import Severity
from adapter.mapping.checks import CheckId
from adapter.mapping.files import MappingFiles, MappingTable

FILE = "plug_in.yaml"

_ENTRA = "https://login.microsoftonline.com"
_OLD_ENTRA = "https://sts.windows.net"
_API_VERSION = "1.0.0"
_SCHEMA_VERSION = "1.0"
_MEDIA_TYPE = "application/vnd.ms-dragon.rad.{}+json"

CamelCase = Annotated[str, StringConstraints(pattern=r"^[a-z][a-zA-Z0-9]*$", max_length=100)]
Guid = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
]
BodyPart = Literal[
    "HEAD",
    "BRAIN",
    "SKULL",
    "SINUS",
    "NECK",
    "CSPINE",
    "TSPINE",
    "LSPINE",
    "SPINE",
    "CHEST",
    "ABDOMEN",
    "PELVIS",
    "SHOULDER",
    "ELBOW",
    "WRIST",
    "HAND",
    "HIP",
    "KNEE",
    "ANKLE",
    "FOOT",
    "WHOLEBODY",
]
Modality = Literal["CR", "CT", "DX", "MG", "MR", "NM", "PT", "RF", "US", "XA"]
Percent = Annotated[int, Field(ge=0, le=100)]


class Entra(MappingTable):
    """Whose tokens are accepted (Microsoft Entra ID)."""

    tenant: Guid
    """Tenant id; the issuer is that of this tenant, in its v1.0 or its v2.0 form."""
    audiences: tuple[str, ...] = Field(min_length=1)
    """Client id of our own registration, and its `api://…` form where tokens name that."""
    callers: tuple[Guid, ...] = Field(min_length=1)
    """Client ids that may call (`azp` or `appid`)."""
    keys_url: str = Field("", pattern=r"^(https?://\S+)?$")
    """Where the signing keys are; empty: at Entra's own address of the tenant."""

    @property
    def issuers(self) -> tuple[str, ...]:
        """The two forms of `iss`."""
        return f"{_ENTRA}/{self.tenant}/v2.0", f"{_OLD_ENTRA}/{self.tenant}/"

    @property
    def keys(self) -> str:
        """Where the signing keys are."""
        return self.keys_url or f"{_ENTRA}/{self.tenant}/discovery/v2.0/keys"


class OfferedCheck(MappingTable):
    """How one check speaks on the platform."""

    title: str = Field(min_length=1, max_length=200)
    """The recommendation in a few words; the reason is what the check itself says."""
    type: Literal["Clinical", "Billing"] = "Clinical"
    """Kind of recommendation."""
    percent: Percent | None = None
    """Severity score; empty: that of the check's severity in `percent`."""


class PlugIn(MappingTable):
    """The extension as it is registered with the platform."""

    name: CamelCase = "readoutQualityChecks"
    """Name of the extension."""
    description: str = Field("Quality checks of radiology reports", min_length=1)
    """What it is, for who installs it."""
    version: str = Field("1.0.0", pattern=r"^\d+\.\d+\.\d+$")
    """Version of the registration, x.y.z."""
    endpoint: str = Field("https://readout.hospital.example/v1/process", pattern=r"^https?://\S+$")
    """Address of `/v1/process` as the platform reaches it."""
    tool: CamelCase = "reportQualityCheck"
    """Name of the tool."""
    output: CamelCase = "qualityCheckResult"
    """Name of the output, under which each answer is given."""
    body_parts: tuple[BodyPart, ...] = ()
    """Body parts for which it is called; empty: every one."""
    modalities: tuple[Modality, ...] = ()
    """Modalities for which it is called; empty: every one."""
    entra: Entra | None = None
    """Whose tokens are accepted; empty: the rule of all other routes holds."""
    offsets: Literal["code_points", "utf16"] = "code_points"
    """What positions count: Unicode code points, or UTF-16 code units as .NET and JavaScript do.

    They differ only behind characters beyond U+FFFF.
    """
    percent: dict[Severity, Percent]
    """Severity score by severity of the check."""
    checks: dict[CheckId, OfferedCheck]
    """Checks that are offered; one that is not listed stays away from the platform."""


def load_plug_in(files: MappingFiles) -> PlugIn:
    """The plug-in of this site; raises ConfigurationError."""
    return files.get(FILE).read(PlugIn)


def manifest(plug_in: PlugIn) -> str:
    """extension.yaml, to upload to the platform."""
    tenant = plug_in.entra.tenant if plug_in.entra else "00000000-0000-0000-0000-000000000000"
    content = {
        "name": plug_in.name,
        "description": plug_in.description,
        "version": plug_in.version,
        "radiologistsExtensibilityApiVersion": _API_VERSION,
        "auth": {"tenantId": tenant},
        "tools": [_tool(plug_in)],
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def _tool(plug_in: PlugIn) -> dict[str, Any]:
    tool: dict[str, Any] = {
        "name": plug_in.tool,
        "toolType": "contractBased",
        "capability": "qualityCheck",
        "description": plug_in.description,
        "endpoint": plug_in.endpoint,
        "inputs": [
            _payload("report", "The report as it stands", "report"),
            _payload("patientInformation", "Birth date and sex", "patient-information"),
        ],
        "outputs": [_payload(plug_in.output, "What to look at", "quality-check-result")],
    }
    criteria = {
        "relevantBodyParts": list(plug_in.body_parts),
        "relevantModalities": list(plug_in.modalities),
    }
    if any(criteria.values()):
        tool["relevanceFilteringCriteria"] = {name: each for name, each in criteria.items() if each}
    return tool


def _payload(name: str, description: str, kind: str) -> dict[str, str]:
    return {
        "name": name,
        "description": description,
        "content-type": _MEDIA_TYPE.format(kind),
        "schemaVersion": _SCHEMA_VERSION,
    }
