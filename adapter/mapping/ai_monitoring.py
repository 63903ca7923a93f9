"""How the ledger of AI findings is watched: mappings/ai_monitoring.yaml."""

from __future__ import annotations

from datetime import date

from pydantic import Field, field_validator

from adapter.mapping.files import MappingFiles, MappingTable

FILE = "ai_monitoring.yaml"


class AiMonitoring(MappingTable):
    """What counts as drift of an AI model, and as enough findings to tell anything."""

    baseline_days: int = Field(default=60, ge=14, le=366)
    """Days from which the agreement of a new version is taken as its baseline; it stays fixed.
    Days that give an alarm lie within as many."""
    drift_days: int = Field(default=7, ge=2, le=30)
    """Days in a row outside the 95 % interval of the baseline that are a drift."""
    least_a_day: int = Field(default=20, ge=1)
    """Settled findings of a day below which it neither counts nor breaks a row."""
    least_of_a_baseline: int = Field(default=500, ge=50)
    """Settled findings of a baseline; it is gathered for longer until it holds them."""
    least_of_a_group: int = Field(default=50, ge=10)
    """Settled findings below which no share of a group is told, nor a gap to the others."""
    return_to_shadow: bool = False
    """Whether a model whose agreement has fallen goes back to shadow mode by itself."""
    baseline_from: dict[str, date] = Field(default_factory=dict)
    """`model version` -> first day of its baseline, where the site begins it anew."""
    age_bands: tuple[int, ...] = (18, 40, 65, 80)
    """Years at which a new age band begins."""

    @field_validator("age_bands")
    @classmethod
    def _ascend(cls, bounds: tuple[int, ...]) -> tuple[int, ...]:
        if list(bounds) != sorted(set(bounds)) or any(not 0 < each <= 130 for each in bounds):
            raise ValueError(
                "age bands begin at years from 1 to 130, each later than the one before"
            )
        return bounds

    def band(self, age: int | None) -> str:
        """ "18-39", "80+"; empty: the age is not known."""
        if age is None:
            return ""
        first = max((each for each in self.age_bands if each <= age), default=0)
        above = next((each for each in self.age_bands if each > age), None)
        return f"{first}+" if above is None else f"{first}-{above - 1}"


def load_ai_monitoring(files: MappingFiles) -> AiMonitoring:
    """The site's file, or the packaged one; raises ConfigurationError."""
    return files.get(FILE).read(AiMonitoring)
