"""The way of a study as a trace: order, dictation, transcript, merge, signature, delivery, ACK.

Off, it costs one call that does nothing. What a step tells is of the house, never of a patient: the
trace of a study is named by a keyed hash of its accession, so every process finds the same one, and
nobody without the key finds out whose it is.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Final

Told = str | int | float | bool


def trace_id(named: str) -> str:
    """32 hex digits of the trace of a study, from the keyed hash of its accession in hex."""
    return named[:32]


def root_id(named: str) -> str:
    """16 hex digits of its first span."""
    return named[32:48]


class Step:
    """One step while it goes on; of this class: of no trace."""

    def tell(self, name: str, value: Told) -> None:
        """An attribute, `readout.name`. A word of the house: state, kind, number, destination."""

    def part(self, _name: str, /) -> AbstractContextManager[Step]:
        """A step within this one."""
        return _NOTHING


class Traces:
    """Nothing is traced."""

    def begin(self, accession: str) -> None:
        """A study begins: the root of its trace."""

    def step(self, _name: str, _accession: str, /, **_told: Told) -> AbstractContextManager[Step]:
        """A step of a study; an error that ends it is told by its class alone."""
        return _NOTHING

    def close(self) -> None:
        """Send what is still here; waits some seconds at most."""


_NOTHING: Final = nullcontext(Step())
OFF: Final = Traces()
