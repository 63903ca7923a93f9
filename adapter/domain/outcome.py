"""What became of a message, for the answer that its sender waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapter.domain.message import MessageState
from adapter.domain.study import Study


@dataclass(frozen=True, slots=True)
class Outcome:
    """`state` is RECEIVED when the message was not applied in the time that was given."""

    state: MessageState
    reason: str = ""
    studies: Mapping[str, Study] = field(default_factory=dict)  # by accession
    numbers: Mapping[str, str] = field(default_factory=dict)  # assigned, by placer number
