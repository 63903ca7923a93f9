"""One engine for many askers: live speech first, and what fits together in one batch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Generic, TypeVar, cast

Item = TypeVar("Item")
Result = TypeVar("Result")

PATIENCE_S = 10.0
"""A recording that has waited so long for live speech goes first once."""


@dataclass(eq=False, slots=True)
class _Wish(Generic[Item, Result]):
    """One item; `result` or `error` once it is done."""

    item: Item
    kind: Hashable
    live: bool
    number: int
    since: float
    done: bool = False
    result: Result | None = None
    error: Exception | None = None


class SharedEngine(Generic[Item, Result]):
    """Runs `run` for one batch at a time; may be asked from several threads.

    There is no thread of its own: who is next takes those along that wait and are of the same kind,
    up to `most`. While a batch runs the next one gathers, so that nobody waits for company.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Sequence[Result]],
        most: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run = run
        self._most = most
        self._clock = clock
        self._numbers = count()
        self._change = threading.Condition()
        self._waiting: list[_Wish[Item, Result]] = []
        self._busy = False

    def ask(self, items: Sequence[tuple[Hashable, Item]], live: bool) -> list[Result]:
        """The results of (kind, item) in their order; only items of one kind share a batch.

        Raises what `run` raises for the first of these items that fails.
        """
        now = self._clock()
        mine = [
            _Wish[Item, Result](item, kind, live, next(self._numbers), now) for kind, item in items
        ]
        with self._change:
            self._waiting += mine
        try:
            while (batch := self._next(mine)) is not None:
                self._carry_out(batch)
        finally:
            with self._change:
                self._waiting = [wish for wish in self._waiting if wish not in mine]
                self._change.notify_all()
        return [_result(wish) for wish in mine]

    def _next(self, mine: list[_Wish[Item, Result]]) -> list[_Wish[Item, Result]] | None:
        """The batch that this asker is to run; None when all that it asked for is done."""
        with self._change:
            while not all(wish.done for wish in mine):
                if not self._busy and (batch := self._batch())[0] in mine:
                    self._busy = True
                    self._waiting = [wish for wish in self._waiting if wish not in batch]
                    return batch
                self._change.wait()
            return None

    def _batch(self) -> list[_Wish[Item, Result]]:
        ranked = sorted(self._waiting, key=self._rank)
        return [wish for wish in ranked if wish.kind == ranked[0].kind][: self._most]

    def _rank(self, wish: _Wish[Item, Result]) -> tuple[bool, int]:
        patient = self._clock() - wish.since < PATIENCE_S
        return not wish.live and patient, wish.number

    def _carry_out(self, batch: list[_Wish[Item, Result]]) -> None:
        """Together; when that fails one by one, so that nobody fails for a neighbour."""
        try:
            if len(batch) == 1 or not self._try(batch):
                for wish in batch:
                    self._try([wish])
        finally:
            with self._change:
                for wish in batch:
                    wish.done = True
                self._busy = False
                self._change.notify_all()

    def _try(self, batch: list[_Wish[Item, Result]]) -> bool:
        try:
            results = self._run([wish.item for wish in batch])
        except Exception as error:  # it is raised again where it was asked for
            for wish in batch:
                wish.error = error
            return False
        for wish, result in zip(batch, results, strict=True):
            wish.result, wish.error = result, None
        return True


def _result(wish: _Wish[Item, Result]) -> Result:
    if wish.error is not None:
        raise wish.error
    return cast("Result", wish.result)
