"""Markdown tables of the conformance statements."""

from __future__ import annotations

from collections.abc import Iterable


def table(head: str, lines: Iterable[Iterable[object]]) -> str:
    """`head` holds the names of the columns, parted by `|`."""
    names = [each.strip() for each in head.split("|")]
    body = (
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )
    return "\n".join(["| " + " | ".join(names) + " |", "|" + "---|" * len(names), *body])
