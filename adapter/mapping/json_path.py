"""Places in a JSON body: `study.number`, `results[*].boxes[0]`, `$.study['Accession Number']`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator

_STEP = re.compile(r"\.?([A-Za-z_@][\w@-]*)|\[(\d{1,9}|\*)\]|\['([^']*)'\]")
ROOT = "$"
_ALL = -1
Step = str | int


@lru_cache(maxsize=4096)
def steps(path: str) -> tuple[Step, ...]:
    """A path as keys and positions; `*` as a position is every one. Raises ValueError."""
    rest, found = path.removeprefix(ROOT), list[Step]()
    while rest:
        match = _STEP.match(rest)
        if match is None or (rest.startswith(".") and not found and not path.startswith(ROOT)):
            raise ValueError(f"{path!r} is no place in JSON; write such as results[*].label")
        key, position, quoted = match.groups()
        found.append(_ALL if position == "*" else int(position) if position else key or quoted)
        rest = rest[match.end() :]
    return tuple(found)


def _checked(path: str) -> str:
    steps(path)
    return path


JsonPath = Annotated[str, AfterValidator(_checked)]
"""A place; one that begins with `$` starts at the whole body, others where their table says."""


def found(path: str, here: Any, root: Any) -> list[Any]:
    """What stands there, in order; nothing where something on the way is missing."""
    return list(_found(root if path.startswith(ROOT) else here, steps(path)))


def _found(value: Any, left: tuple[Step, ...]) -> Iterator[Any]:
    if not left:
        if value is not None:
            yield value
        return
    step, *rest = left
    if isinstance(step, str):
        if isinstance(value, dict) and step in value:
            yield from _found(value[step], tuple(rest))
    elif isinstance(value, list):
        chosen = value if step < 0 else value[step : step + 1]
        for each in chosen:
            yield from _found(each, tuple(rest))
