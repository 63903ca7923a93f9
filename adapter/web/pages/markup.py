"""HTML as a type of its own: text becomes markup only by being escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


class Html(str):
    """Text that is markup already; `el` and `text` make it."""

    __slots__ = ()


Child: TypeAlias = "str | Iterable[Child] | None"
Attribute: TypeAlias = "str | int | float | bool | None"


def text(*children: Child) -> Html:
    """Children as markup: Html stays as it is, any other text is escaped, None is nothing."""
    return Html("".join(map(_markup, children)))


def el(tag: str, *children: Child, **attributes: Attribute) -> Html:
    """An element. `class_` is class, `data_id` is data-id; True a bare attribute, None none."""
    opened = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Html(f"<{tag}{opened}>")
    return Html(f"<{tag}{opened}>{text(*children)}</{tag}>")


def _markup(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, str):
        return child if isinstance(child, Html) else escape(child, quote=False)
    return "".join(map(_markup, child))


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    named = name.rstrip("_").replace("_", "-")
    return f" {named}" if value is True else f' {named}="{escape(str(value))}"'
