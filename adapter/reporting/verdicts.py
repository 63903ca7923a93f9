"""Decisions of named persons, by what they are about."""

from __future__ import annotations

from collections.abc import Iterable

from adapter.domain.decision import Decision, DecisionKind

_TAKEN = (DecisionKind.ACCEPT, DecisionKind.EDIT)


class Verdicts:
    """The last decision about each target; an AI finding is accepted by a named person only."""

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self._last = {decision.target: decision for decision in decisions}

    def last(self, target: str) -> Decision | None:
        """The last decision about a target."""
        return self._last.get(target)

    def accepted(self, finding: str) -> Decision | None:
        """The acceptance or edit of an AI finding."""
        decision = self._last.get(finding)
        if decision is None or decision.kind not in _TAKEN or not decision.person:
            return None
        return decision

    def rejected(self, finding: str) -> bool:
        """Whether the AI finding was turned down."""
        decision = self._last.get(finding)
        return decision is not None and decision.kind is DecisionKind.REJECT

    def edit(self, target: str) -> Decision | None:
        """The edit of a statement or AI finding."""
        decision = self._last.get(target)
        return decision if decision and decision.kind is DecisionKind.EDIT else None
