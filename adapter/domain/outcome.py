"""What became of a message, for the answer that its sender waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapter.domain.message import MessageState
from adapter.domain.order import OrderName
from adapter.domain.study import Study


@dataclass(frozen=True, slots=True)
class Outcome:
    """`state` is RECEIVED when the message was not applied in the time that was given."""

    state: MessageState
    reason: str = ""
    studies: Mapping[OrderName, Study] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)  # assigned, by placer number
