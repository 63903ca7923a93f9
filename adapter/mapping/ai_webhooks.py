"""AI engines that post JSON of their own form: one file an engine under mappings/ai_webhooks/."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from adapter.domain.order import Side
from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFiles, MappingTable
from adapter.mapping.json_path import JsonPath

_VARIABLE = r"^[A-Z_][A-Z0-9_]*$"
Paths = tuple[JsonPath, ...]


class HmacRule(MappingTable):
    """A signature of the body in one header, as many vendors write it: HMAC-SHA256."""

    header: str = Field(pattern=r"^[A-Za-z0-9-]{1,60}$")
    """Header that holds it, such as `X-Hub-Signature-256`."""
    prefix: str = ""
    """What stands before it in the header, such as `sha256=`."""
    encoding: Literal["hex", "base64"] = "hex"
    """How it is written."""
    secret_env: str = Field(pattern=_VARIABLE)
    """Name of the environment variable that holds the secret as text."""


class PatientPaths(MappingTable):
    """Where the body names the patient; what is left out is not compared with the order."""

    mrn: Paths = ()
    """Number."""
    issuer: Paths = ()
    """Who issued it."""
    name: Paths = ()
    """Whole name as DICOM writes it, `Family^Given`."""
    family: Paths = ()
    """Family name."""
    given: Paths = ()
    """Given names."""
    birth_date: Paths = ()
    """Date of birth, YYYYMMDD or YYYY-MM-DD."""


class ScannerPaths(MappingTable):
    """Where the body names the device that made the images, from the body."""

    manufacturer: Paths = ()
    """Who made it."""
    model: Paths = ()
    """Name of its model."""
    station: Paths = ()
    """Name of the station."""
    serial: Paths = ()
    """Serial number; it counts where no station is named."""


class EvidencePaths(MappingTable):
    """Where one place on an image is told, from that place in the body."""

    each: JsonPath = ""
    """The places of a finding, from the finding, such as `boxes[*]`; empty: the finding itself."""
    series_uid: Paths = ()
    """DICOM series UID."""
    sop_uid: Paths = ()
    """DICOM UID of the image."""
    frame: Paths = ()
    """Number of the frame, from 1."""
    box: tuple[JsonPath, ...] = Field((), max_length=4)
    """Four numbers, or one place that holds them in an array."""
    form: Literal["corners", "extent"] = "corners"
    """`corners`: left, top, right, bottom; `extent`: left, top, width, height."""
    width: Paths = ()
    """Width of the image where boxes are in pixels; left out: they are fractions of it."""
    height: Paths = ()
    """Height of the image where boxes are in pixels."""


class FindingPaths(MappingTable):
    """Where a finding tells what, from the finding. Of several places the first that is there."""

    id: Paths = ()
    """What the engine calls it; left out: its position in the body."""
    text: Paths = Field(min_length=1)
    """Its words. Text alone goes through the facts stage, sentence by sentence."""
    code: Paths = ()
    """Code or label."""
    system: Paths = ()
    """Code system; see `code_system`."""
    present: Paths = ()
    """Whether it is there; see `answers`."""
    side: Paths = ()
    """Side; see `sides`."""
    level: Paths = ()
    """Vertebral level, such as L4-L5."""
    size: Paths = ()
    """Lengths; see `size_unit_mm`."""
    probability: Paths = ()
    """How sure the model is; see `probability_of_one`."""
    model: Paths = ()
    """Name of the model."""
    version: Paths = ()
    """Its version."""
    at: Paths = ()
    """When it was made, ISO 8601."""


class AiWebhook(MappingTable):
    """One engine. Exactly one of `secret_envs`, `hmac` and `token_env` says who it is."""

    name: str = Field(pattern=r"^[a-z0-9_-]{1,40}$")
    """Name of the engine in `POST /api/ai-results/{name}`; it stays the same for ever."""
    enabled: bool = True
    """Whether its results are taken."""
    secret_envs: tuple[str, ...] = ()
    """Environment variables of secrets (`whsec_` and Base64) by Standard Webhooks."""
    hmac: HmacRule | None = None
    """A signature in a header of the vendor's own."""
    token_env: str = Field("", pattern=r"^([A-Z_][A-Z0-9_]*)?$")
    """Environment variable of a bearer token."""
    accession: Paths = ()
    """Accession number."""
    study_uid: Paths = ()
    """DICOM study UID."""
    patient: PatientPaths = PatientPaths()
    """The patient."""
    scanner: ScannerPaths = ScannerPaths()
    """The device that made the images."""
    findings: JsonPath
    """The findings, such as `results[*]`."""
    finding: FindingPaths
    """What each finding tells."""
    evidence: EvidencePaths | None = None
    """Places on images."""
    model: str = Field("", max_length=200)
    """Name of the model where the body does not tell it."""
    version: str = Field("unknown", min_length=1, max_length=100)
    """Its version where the body does not tell it."""
    manufacturer: str = Field("", max_length=200)
    """Who made the model."""
    code_system: str = ""
    """Code system of its codes, by a name of ai_codes.yaml; empty: they are labels of its own."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Label or code of the engine -> id in the finding lexicon."""
    answers: dict[str, bool] = Field(default_factory=dict)
    """Words for present (true) and absent (false), in lower case; JSON's own are understood."""
    sides: dict[str, Side] = Field(default_factory=dict)
    """Words for sides, in lower case."""
    size_unit_mm: float = Field(1.0, gt=0)
    """Millimetres of one unit of its lengths."""
    probability_of_one: float = Field(1.0, gt=0)
    """Its number for a probability of 1: 100 where it tells percent."""

    @model_validator(mode="after")
    def _is_whole(self) -> AiWebhook:
        if sum(map(bool, (self.secret_envs, self.hmac, self.token_env))) != 1:
            raise ValueError("give exactly one of secret_envs, hmac and token_env")
        if not (self.accession or self.study_uid):
            raise ValueError("give accession or study_uid: by what is the study known")
        if not (self.model or self.finding.model):
            raise ValueError("give model, or finding.model")
        box = self.evidence.box if self.evidence else ()
        if len(box) not in (0, 1, 4):
            raise ValueError("evidence.box is four places, or one that holds an array")
        return self


def protocol_of(name: str) -> str:
    """The protocol under which the messages of an engine are stored."""
    return f"webhook:{name}"


def load_ai_webhooks(files: MappingFiles) -> list[AiWebhook]:
    """The enabled engines; raises ConfigurationError on a name used twice."""
    read = [file.read(AiWebhook) for file in files.folder("ai_webhooks")]
    enabled = [each for each in read if each.enabled]
    if len({each.name for each in enabled}) < len(enabled):
        raise ConfigurationError("two files under ai_webhooks/ have one name")
    return enabled
