"""Every pair of text and ground of the style holds WCAG 2.1 AA (1.4.3, 1.4.11) in both themes."""

from __future__ import annotations

import re

import pytest

from adapter.web import assets

STYLE = assets.FILES["workspace.css"].decode()
TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([a-z-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)", STYLE
    )
}
GROUNDS = ("ground", "surface", "raised", "hover", "chosen")
TEXTS = ("text", "muted", "link", "danger", "warn", "good", "ai", "info")
MARKS = ("danger", "warn", "good", "ai", "info")


def luminance(colour: str) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[i : i + 2], 16)) for i in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read_on_every_ground(theme: int) -> None:
    pairs = [(text, ground) for text in TEXTS for ground in GROUNDS]
    pairs += [(mark, f"{mark}-ground") for mark in MARKS]
    pairs += [("text", f"{mark}-ground") for mark in MARKS] + [("on-accent", "accent")]
    weak = {
        pair: round(found, 2)
        for pair in pairs
        if (found := contrast(TOKENS[pair[0]][theme], TOKENS[pair[1]][theme])) < 4.5
    }
    assert not weak


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_edges_and_focus_can_be_seen(theme: int) -> None:
    for mark in ("edge", "accent"):
        for ground in ("ground", "surface", "raised"):
            found = contrast(TOKENS[mark][theme], TOKENS[ground][theme])
            assert found >= 3, (mark, ground, found)
