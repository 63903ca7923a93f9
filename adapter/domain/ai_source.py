"""Whose draft findings may be seen, and when: the modes of AI sources."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class AiMode(StrEnum):
    """What the findings of a source do, from the strictest to the freest."""

    OFF = "off"  # refused as they arrive
    SHADOW = "shadow"  # stored and counted, shown to no radiologist
    DICTATE_FIRST = "dictate-first"  # beside the report once somebody has dictated
    SUGGEST = "suggest"  # beside the report
    INLINE = "inline"  # marked in the unsigned report, where its template lets them

    def is_shown(self, *, dictated: bool) -> bool:
        """Whether a radiologist sees the findings; `dictated`: there is a final dictation."""
        return self not in (AiMode.OFF, AiMode.SHADOW) and (
            dictated or self is not AiMode.DICTATE_FIRST
        )


_RANK = {mode: rank for rank, mode in enumerate(AiMode)}


def strictest(modes: Iterable[AiMode]) -> AiMode:
    """The strictest of these; `inline` where there are none."""
    return min(modes, key=_RANK.__getitem__, default=AiMode.INLINE)


@dataclass(frozen=True, slots=True)
class AiRuling:
    """The mode of one version of one model for one study.

    `source`: id of its file under ai_sources/; that of a model without a file is its name.
    """

    source: str
    model: str
    version: str
    mode: AiMode
    reasons: tuple[str, ...] = ()  # why it is not freer, for those who run the source


@dataclass(frozen=True, slots=True)
class AiSwitch:
    """What somebody has set at run time: it can make a source stricter, never freer."""

    source: str
    mode: AiMode
    at: str  # ISO 8601, UTC
    person: str
    reason: str = ""
