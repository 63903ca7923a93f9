"""AI sources: one file a source under mappings/ai_sources/, and one for models without a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from pydantic import Field, model_validator

from adapter.domain.ai_source import AiMode
from adapter.domain.finding import SHARED
from adapter.errors import ConfigurationError, NotFound
from adapter.mapping.checks import Checks
from adapter.mapping.field_table import ID
from adapter.mapping.files import MappingFile, MappingFiles, MappingTable
from adapter.mapping.model_card import ModelCard

FOLDER = "ai_sources"
DEFAULT = f"{FOLDER}/_default.yaml"


class IntendedUse(MappingTable):
    """Studies that the source is for; elsewhere its findings are kept in shadow.

    What is not known of a study is not known to be inside.
    """

    modality: tuple[str, ...] = ()
    """DICOM modalities, such as CT; none: any."""
    body_part: tuple[str, ...] = ()
    """Regions of `checks.yaml`, of which the order names one; none: any."""
    age_from: int | None = Field(default=None, ge=0)
    """Youngest age in completed years on the day of the study."""
    age_below: int | None = Field(default=None, gt=0)
    """Age in completed years not reached yet."""
    sex: Literal["any", "F", "M"] = "any"
    """Sex of the patient."""
    patient_class: tuple[str, ...] = ()
    """Classes of patients (HL7 table 0004), such as I, O and E; none: any."""

    @model_validator(mode="after")
    def _some_age(self) -> IntendedUse:
        if self.age_below is not None and (self.age_from or 0) >= self.age_below:
            raise ValueError("no age is both from age_from and below age_below")
        return self


class AiSource(MappingTable):
    """One source of draft findings: what it may do here, and its model card."""

    format: Literal["ai-source/1"] = Field(alias="schema")
    """Format of the file."""
    id: str = Field(pattern=ID)
    """Name; the file has the same."""
    title: str = Field(min_length=1)
    """Name for people."""
    models: tuple[str, ...] = Field(min_length=1)
    """Names that its findings bear as `model`; each belongs to one source."""
    versions: tuple[str, ...] = Field(min_length=1)
    """Versions that have been looked at; any other starts in shadow until it is added here."""
    mode: AiMode = AiMode.SHADOW
    """What its findings do: `off` refused, `shadow` stored and counted alone, `dictate-first`
    shown once somebody has dictated, `suggest` beside the report, `inline` marked in the unsigned
    report where its template lets them. Template, intended use, version and what is set at run
    time can make it stricter, never freer."""
    intended_use: IntendedUse = IntendedUse()
    """Studies that it is for."""
    card: ModelCard | None = None
    """CHAI applied model card."""


class AiDefault(MappingTable):
    """What holds for findings of models that no file names."""

    format: Literal["ai-source-default/1"] = Field(alias="schema")
    """Format of the file."""
    mode: AiMode = AiMode.SUGGEST
    """Mode of such a model."""
    shared: AiMode = AiMode.SUGGEST
    """Mode of findings that others share in a common context (FHIRcast)."""


_DEFAULT = AiDefault(schema="ai-source-default/1")


class Registry:
    """All AI sources of the site."""

    def __init__(self, sources: Iterable[AiSource] = (), default: AiDefault = _DEFAULT) -> None:
        """Raises ConfigurationError when two sources name one model."""
        self._default = default
        self._by_id = {each.id: each for each in sources}
        self._by_model: dict[str, AiSource] = {}
        for source in self._by_id.values():
            for model in source.models:
                first = self._by_model.setdefault(model, source)
                if first is not source:
                    both = f"{first.id} and {source.id}"
                    raise ConfigurationError(f"{FOLDER}: model {model!r} is named by {both}")
        for model in self._by_model.keys() & self._by_id.keys():
            if self._by_model[model].id != model:
                raise ConfigurationError(f"{FOLDER}: {model!r} is a source, and model of another")

    @classmethod
    def load(cls, files: MappingFiles, checks: Checks) -> tuple[Registry, tuple[MappingFile, ...]]:
        """The sources and their files; raises ConfigurationError."""
        found = tuple(files.folder(FOLDER))
        sources = [read_source(file, checks) for file in found if file.name != DEFAULT]
        defaults = [file.read(AiDefault) for file in found if file.name == DEFAULT]
        return cls(sources, *defaults), found

    def __iter__(self) -> Iterator[AiSource]:
        return iter(self._by_id.values())

    def source_of(self, model: str) -> AiSource | None:
        """The source that a model belongs to; None where no file names it."""
        return self._by_model.get(model)

    def id_of(self, model: str) -> str:
        """Id of the source of a model; the name of the model where no file has it."""
        source = self._by_model.get(model)
        return source.id if source else model

    def models_of(self, source: str) -> tuple[str, ...]:
        """Models of a source by its id; that of a model without a file is its name."""
        known = self._by_id.get(source)
        return known.models if known else (source,)

    def get(self, source: str) -> AiSource:
        """The source of this id; raises NotFound naming those that are there."""
        if source not in self._by_id:
            known = ", ".join(sorted(self._by_id)) or "none"
            raise NotFound(f"no file under {FOLDER}/ names {source}; there are: {known}")
        return self._by_id[source]

    def unnamed(self, model: str) -> AiMode:
        """Mode of a model that no file names."""
        return self._default.shared if model.startswith(SHARED) else self._default.mode


def read_source(file: MappingFile, checks: Checks) -> AiSource:
    """One file, its keys checked against the regions; raises ConfigurationError."""
    source = file.read(AiSource)
    regions: Mapping[str, object] = checks.table.regions
    wrong = [] if file.path.stem == source.id else [f"id is {source.id!r}, not the file's name"]
    lost = (each for each in source.intended_use.body_part if each not in regions)
    wrong += [f"intended_use.body_part: {each!r} is no region of checks.yaml" for each in lost]
    if wrong:
        raise ConfigurationError(f"{file.path}: " + "; ".join(wrong))
    return source
