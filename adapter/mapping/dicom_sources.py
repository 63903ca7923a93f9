"""Archives that are asked for structured reports: one file each under mappings/dicom_sources/."""

from __future__ import annotations

from pydantic import Field

from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFiles, MappingTable

_VARIABLE = r"^([A-Z_][A-Z0-9_]*)?$"


class DicomSource(MappingTable):
    """One archive with DICOMweb (PS3.18): QIDO-RS and WADO-RS metadata."""

    name: str = Field(pattern=r"^[a-z0-9_-]{1,40}$")
    """Name of the archive in the message log; it stays the same for ever."""
    enabled: bool = True
    """Whether it is asked."""
    url: str = Field(pattern=r"^https?://[^\s?#@]+[^\s?#@/]$")
    """DICOMweb address, without a slash at its end, such as `https://pacs.example/dicom-web`."""
    token_env: str = Field("", pattern=_VARIABLE)
    """Name of the environment variable that holds a bearer token; empty: none is sent."""
    poll_seconds: float = Field(30.0, ge=1, le=86_400)
    """How often it is asked."""
    days: int = Field(3, ge=0, le=365)
    """How many days back studies are looked at: results may come later than images."""
    modalities: tuple[str, ...] = ("SR",)
    """Modalities of series that hold structured reports."""
    page_size: int = Field(100, ge=1, le=1_000)
    """Studies a page of a search."""
    sizes: bool = True
    """Whether size, plane and device of images are asked for, by which regions become boxes."""
    connect_seconds: float = Field(5.0, gt=0, le=60)
    """Longest wait for a connection."""
    answer_seconds: float = Field(30.0, gt=0, le=600)
    """Longest wait for a whole answer."""


def load_dicom_sources(files: MappingFiles) -> list[DicomSource]:
    """The enabled archives; raises ConfigurationError on a name used twice."""
    read = [file.read(DicomSource) for file in files.folder("dicom_sources")]
    enabled = [each for each in read if each.enabled]
    if len({each.name for each in enabled}) < len(enabled):
        raise ConfigurationError("two files under dicom_sources/ have one name")
    return enabled
