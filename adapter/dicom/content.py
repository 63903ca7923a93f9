"""The content tree of a structured report (PS3.3 C.17.3), bounded, in plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from adapter.dicom import json_model as model
from adapter.dicom.json_model import DataSet
from adapter.errors import Rejected, TooLarge

_DEEPEST = 32
_MOST_ITEMS = 1_000_000
_CONTENT = "0040A730"


class Concept(NamedTuple):
    """A coded entry (PS3.3 8.8)."""

    scheme: str
    code: str
    meaning: str

    @property
    def coded(self) -> tuple[str, str]:
        """System and code."""
        return self.scheme, self.code


NONE = Concept("", "", "")


@dataclass(frozen=True, slots=True)
class Item:
    """One content item; `dataset` holds what its value type adds."""

    relation: str  # CONTAINS, HAS PROPERTIES, …
    kind: str  # CODE, NUM, TEXT, …
    name: Concept
    dataset: DataSet
    children: tuple[Item, ...] = ()

    @property
    def code(self) -> Concept:
        """Value of a CODE item."""
        return concept(model.first(self.dataset, "0040A168"))

    @property
    def text(self) -> str:
        """Value of a TEXT or UIDREF item."""
        return model.text(self.dataset, "0040A160") or model.text(self.dataset, "0040A124")

    @property
    def quantity(self) -> tuple[Any, Concept]:
        """Value and unit of a NUM item; the value as it came."""
        measured = model.first(self.dataset, "0040A300")
        value = next(iter(model.values(measured, "0040A30A")), None)
        return value, concept(model.first(measured, "004008EA"))

    def walk(self, into: Callable[[Item], bool] = lambda _: True) -> Iterator[Item]:
        """Everything below, nearer ones first; not below items where `into` is false."""
        level = list(self.children)
        while level:
            yield from level
            level = [each for item in level if into(item) for each in item.children]


def read_tree(dataset: DataSet) -> Item:
    """The root; raises Rejected where there is none, TooLarge where it is too deep or too big."""
    if not any(model.items(dataset, _CONTENT)):
        told = "the structured report has no content (0040,A730)"
        raise Rejected(told, location="(0040,A730)", code="required")
    return _item(dataset, 0, [_MOST_ITEMS])


def concept(entry: DataSet) -> Concept:
    """A coded entry; its code may be a long one or a URN."""
    every = (model.text(entry, tag) for tag in ("00080100", "00080119", "00080120"))
    code = next(filter(None, every), "")
    return Concept(model.text(entry, "00080102"), code, model.text(entry, "00080104"))


def _item(dataset: DataSet, depth: int, left: list[int]) -> Item:
    left[0] -= 1
    if depth > _DEEPEST or left[0] < 0:
        raise TooLarge(
            f"the content is deeper than {_DEEPEST} or has more than {_MOST_ITEMS} items",
            location="(0040,A730)",
            code="too-costly",
        )
    children = tuple(_item(each, depth + 1, left) for each in model.items(dataset, _CONTENT))
    return Item(
        relation=model.text(dataset, "0040A010"),
        kind=model.text(dataset, "0040A040"),
        name=concept(model.first(dataset, "0040A043")),
        dataset={tag: each for tag, each in dataset.items() if tag != _CONTENT},
        children=children,
    )
