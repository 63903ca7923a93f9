"""Plots as SVG from the server: classes for the style, a text for those who do not see them."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log10

from adapter.web.pages.markup import Child, Html, el, text

_WIDTH, _HEIGHT = 900, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 12, 28
_STEPS = (1, 2, 5, 10)
_MOST_LABELS = 10


def lines(title: str, labels: Sequence[str], series: Sequence[Sequence[float]], unit: str) -> Html:
    """Up to two lines over the same labels; at least one label."""
    top = _nice(max((value for each in series for value in each), default=1.0))
    steps = 4 if f"{top:g}"[0] == "2" else 5
    grid = [_grid(top * part / steps, top, unit) for part in range(steps + 1)]
    drawn = [_line(number, values, top) for number, values in enumerate(series, 1)]
    every = max(1, ceil(len(labels) / _MOST_LABELS))
    marks = (
        _label(_x(i, len(labels)), _HEIGHT - 8, name, "middle")
        for i, name in enumerate(labels)
        if i % every == 0
    )
    return _svg("plot", _WIDTH, _HEIGHT, title, grid, drawn, marks)


def interval(title: str, low: float, value: float, high: float) -> Html:
    """A share with its interval on a track from 0 to 1."""
    width, middle = 128, 8
    track = el("rect", class_="track", x=0, y=middle - 1, width=width, height=2)
    ends = {"x1": round(low * width, 1), "x2": round(high * width, 1), "y1": middle, "y2": middle}
    point = el("circle", class_="point", cx=round(value * width, 1), cy=middle, r=4)
    return _svg("interval", width, 16, title, [track, el("line", class_="range", **ends), point])


def _svg(kind: str, width: int, height: int, title: str, *inside: Child) -> Html:
    parts = el("title", title), inside
    return el(
        "svg", parts, class_=kind, viewBox=f"0 0 {width} {height}", role="img", aria_label=title
    )


def _line(number: int, values: Sequence[float], top: float) -> Html:
    spots = [(_x(i, len(values)), _y(value, top)) for i, value in enumerate(values)]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    dots = (el("circle", class_=f"dot-{number}", cx=f"{x:.1f}", cy=f"{y:.1f}", r=3)
            for x, y in spots)  # fmt: skip
    return text(el("polyline", class_=f"line-{number}", points=points), dots)


def _grid(value: float, top: float, unit: str) -> Html:
    y = round(_y(value, top), 1)
    rule = el("line", class_="grid", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y)
    return text(rule, _label(_LEFT - 8, y + 4, f"{value:g} {unit}", "end"))


def _label(x: float, y: float, words: str, anchor: str) -> Html:
    return el("text", words, x=round(x, 1), y=round(y, 1), text_anchor=anchor)


def _x(index: int, count: int) -> float:
    room = _WIDTH - _LEFT - _RIGHT
    return _LEFT + room * (index / (count - 1) if count > 1 else 0.5)


def _y(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / top


def _nice(most: float) -> float:
    """The next round number, from 1, 2, 5 and their tens."""
    power = 10 ** int(log10(most)) if most >= 1 else 1
    return float(next(step * power for step in _STEPS if step * power >= most))
