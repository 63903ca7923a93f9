"""Answers about AI findings and their sources."""

from __future__ import annotations

from adapter.domain.ai_source import AiMode
from adapter.web.answers import Shown


class SourceTaken(Shown):
    """What the findings of one version of one model may do for this study, and why not more."""

    source: str
    """Id of its file under ai_sources/; its name where there is none."""
    model: str
    version: str
    findings: int
    mode: AiMode
    reasons: list[str]


class FindingsTaken(Shown):
    """AI findings are stored; the report follows as far as the mode of their source lets them."""

    accession: str
    findings: int
    sources: list[SourceTaken]


class AiSwitchView(Shown):
    """What somebody has set at run time."""

    mode: AiMode
    at: str
    person: str
    reason: str


class AiVersionView(Shown):
    """One version of one model that told something."""

    model: str
    version: str
    first_at: str
    studies: int
    pinned: bool
    """Whether the file of the source names it; without a file none is."""


class AiSourceView(Shown):
    """One source of AI findings."""

    source: str
    title: str
    known: bool
    """Whether a file under ai_sources/ names it."""
    models: list[str]
    versions: list[str]
    """Versions that are pinned."""
    mode: AiMode
    """As its file, or the default, says."""
    switch: AiSwitchView | None
    effective: AiMode
    """The stricter of both: version, study and template can make it stricter still."""
    has_card: bool
    seen: list[AiVersionView]


class AiSourceList(Shown):
    """Every source of AI findings."""

    sources: list[AiSourceView]


class HeldStudy(Shown):
    """A study for which a model's findings are kept from radiologists."""

    accession: str
    model: str
    version: str
    mode: AiMode
    reasons: list[str]


class HeldList(Shown):
    """The newest of them."""

    held: list[HeldStudy]
