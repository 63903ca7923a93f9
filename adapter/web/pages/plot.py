"""Plots as SVG from the server: classes for the style, a text for those who do not see them."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

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
    return _svg("plot", _WIDTH, _HEIGHT, title, grid, drawn, _marks(labels))


def shares(
    title: str,
    told: str,
    labels: Sequence[str],
    values: Sequence[float | None],
    band: tuple[float, float] | None,
) -> Html:
    """Shares over labels, None where nothing is told; the band is what is usual.

    A share outside the band is a square, one inside a dot; `told` says in words what is shown.
    """
    known = [value for value in values if value is not None]
    lowest = floor(10 * min([*known, *(band or ()), 0.9])) / 10
    lowest = max(0.0, lowest)

    def height(share: float) -> float:
        return _y(min(1.0, max(0.0, share)) - lowest, 1 - lowest)

    steps = round(10 * (1 - lowest))
    grid = [_rule(height(at), f"{at:.0%}") for at in (lowest + n / 10 for n in range(steps + 1))]
    spots = [
        _spot(_x(i, len(labels)), height(value), band is None or band[0] <= value <= band[1])
        for i, value in enumerate(values)
        if value is not None
    ]
    between = _band(height(band[1]), height(band[0])) if band else None
    return _svg(
        "plot", _WIDTH, _HEIGHT, title, el("desc", told), between, grid, spots, _marks(labels)
    )


def gap(title: str, low: float, value: float, high: float) -> Html:
    """A difference of shares with its interval on a track from -0.5 to 0.5, 0 marked."""
    width, middle = 128, 8

    def at(difference: float) -> float:
        return round((min(0.5, max(-0.5, difference)) + 0.5) * width, 1)

    track = el("rect", class_="track", x=0, y=middle - 1, width=width, height=2)
    zero = el("line", class_="zero", x1=width / 2, x2=width / 2, y1=1, y2=15)
    ends = {"x1": at(low), "x2": at(high), "y1": middle, "y2": middle}
    point = el("circle", class_="point", cx=at(value), cy=middle, r=4)
    return _svg(
        "interval", width, 16, title, [track, zero, el("line", class_="range", **ends), point]
    )


def bar(title: str, share: float) -> Html:
    """A share as a bar on a track from 0 to 1."""
    width = 128
    track = el("rect", class_="track", x=0, y=5, width=width, height=6)
    filled = el("rect", class_="filled", x=0, y=5, width=round(share * width, 1), height=6)
    return _svg("interval", width, 16, title, track, filled)


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


def _marks(labels: Sequence[str]) -> list[Html]:
    """As many of the labels as there is room for."""
    every = max(1, ceil(len(labels) / _MOST_LABELS))
    return [
        _label(_x(i, len(labels)), _HEIGHT - 8, name, "middle")
        for i, name in enumerate(labels)
        if i % every == 0
    ]


def _spot(x: float, y: float, inside: bool) -> Html:
    if inside:
        return el("circle", class_="dot-1", cx=f"{x:.1f}", cy=f"{y:.1f}", r=3)
    return el("rect", class_="off", x=f"{x - 4:.1f}", y=f"{y - 4:.1f}", width=8, height=8)


def _band(above: float, below: float) -> Html:
    height, width = max(2.0, round(below - above, 1)), _WIDTH - _LEFT - _RIGHT
    return el("rect", class_="band", x=_LEFT, y=round(above, 1), width=width, height=height)


def _grid(value: float, top: float, unit: str) -> Html:
    return _rule(_y(value, top), f"{value:g} {unit}")


def _rule(y: float, words: str) -> Html:
    y = round(y, 1)
    rule = el("line", class_="grid", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y)
    return text(rule, _label(_LEFT - 8, y + 4, words, "end"))


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
