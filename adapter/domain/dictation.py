"""A dictation: audio as it came, stored before it was answered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.domain.identifiers import Accession


class DictationState(StrEnum):
    """What has been done with the audio."""

    RECEIVED = "received"
    TRANSCRIBED = "transcribed"
    REFUSED = "refused"  # not audio, or silence; kept for inspection


@dataclass(frozen=True, slots=True)
class Dictation:
    """One recording for one accession."""

    id: str  # "d-1", "d-2", ... within the accession
    accession: Accession
    audio_sha256: str
    media_type: str
    size_bytes: int
    received_at: str  # ISO 8601, UTC
    author: str = ""
    state: DictationState = DictationState.RECEIVED
    reason: str = ""  # why it was refused
