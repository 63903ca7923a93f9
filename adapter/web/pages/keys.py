"""The keys of the workspace: which there are, what a person has chosen instead and may choose.

The help page shows them, the pages hand them to their modules, and a test holds those to them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from adapter.store import preferences
from adapter.web.pages.frame import Visit
from adapter.web.parts import Parts

PREFERENCE = "keys"
"""Name under which a person's choice is kept: JSON, act -> key."""

REPORT, LIST = "Report", "Worklist"


class Act(NamedTuple):
    """Something that a key does; `key`: the usual one, as its name is told by a browser."""

    id: str
    part: str
    key: str
    what: str


ACTS = (
    Act("talk", REPORT, "F4", "Hold to talk; a tap begins, the next tap ends"),
    Act("replay", REPORT, "F7", "Play the sentence again, or the last one that was said"),
    Act("flag", REPORT, "F8", "Next flag that must be cleared, and its place in the report"),
    Act("accept", REPORT, "F9", "Accept the AI finding"),
    Act("reject", REPORT, "Shift F9", "Reject the AI finding"),
    Act("sign", REPORT, "Ctrl Enter", "Sign; once signed, open the next study"),
    Act("down", LIST, "j", "Next study; so does the arrow down"),
    Act("up", LIST, "k", "Previous study; so does the arrow up"),
    Act("search", LIST, "/", "Search"),
)
"""What keys can be chosen for."""

FIXED: dict[str, tuple[tuple[str, str], ...]] = {
    "Everywhere": (
        ("?", "This page"),
        ("Tab", "The next thing; Shift Tab the one before"),
    ),
    LIST: (
        ("Home", "First study"),
        ("End", "Last study"),
        ("Enter", "Open the study in focus"),
        ("Escape", "From the search back to the list"),
    ),
    REPORT: (
        ("Escape", "End the dictation"),
        ("Enter", "Edit the sentence in focus"),
        ("Delete", "Take the sentence in focus out"),
        ("Arrows", "From sentence to sentence"),
    ),
    "Dictation microphone": (
        ("Record", "Talk, as long as it is pressed"),
        ("Play, rewind", "Play the sentence in focus"),
        ("Forward, left button", "Next flag that must be cleared"),
        ("Tab forward, backward", "Next or previous section or field"),
        ("Enter, transcribe", "What was said goes into the report"),
        ("EOL, right button", "Sign; once signed, open the next study"),
    ),
    "Setup": (("Escape", "Then Tab leaves the text; Tab alone indents"),),
}
"""Part of the workspace -> (key, what it does); these stay as they are."""

_USUAL = {each.id: each.key for each in ACTS}
_PART = {each.id: each.part for each in ACTS}
_WHAT = {each.id: each.what.partition(";")[0] for each in ACTS}
_NAME = re.compile(
    r"(?P<with>(?:Ctrl )?(?:Alt )?(?:Shift )?)"
    r"(?P<key>F(?:[1-9]|1\d|2[0-4])|Enter|Insert|Pause|ScrollLock|ContextMenu|[^\W_]|[/.,;+#-])"
)
_PLAIN = re.compile(r"[^\W_]|[/.,;+#-]|Enter")
_KEPT = {"F5", "F11", "F12", "Alt F4", "Ctrl F4", "Ctrl F5"} | {
    f"Ctrl {letter}" for letter in "ACFLNPQRTVWXYZ"
}
"""What browsers and text fields do themselves."""


def keys_of(parts: Parts, visit: Visit) -> dict[str, str]:
    """Act -> key, as this person has them."""
    with parts.house.database.read() as tx:
        return chosen(preferences.get(tx, visit.caller.named().id, PREFERENCE))


def chosen(kept: str) -> dict[str, str]:
    """Act -> key; what is not understood any more is left out."""
    found = json.loads(kept) if kept else {}
    keys = {**_USUAL, **{act: key for act, key in found.items() if act in _USUAL}}
    return _USUAL.copy() if faults(keys) else keys


def to_keep(keys: Mapping[str, str]) -> str:
    """What differs from the usual; empty: nothing."""
    differs = {act: key for act, key in keys.items() if key != _USUAL[act]}
    return json.dumps(differs, ensure_ascii=False) if differs else ""


def faults(keys: Mapping[str, str]) -> list[str]:
    """Why these cannot be the keys, one line each."""
    found: list[str] = []
    taken: dict[tuple[str, str], str] = {}
    for act, key in keys.items():
        part = _PART[act]
        if why := _why_not(key, part):
            found.append(f"{_WHAT[act]}: {why}")
        elif (other := taken.setdefault((part, key), act)) != act:
            found.append(f"{key} stands for two things: {_WHAT[other]}; {_WHAT[act]}")
    return found


def by_name(keys: Mapping[str, str]) -> str:
    """JSON for the modules of a page."""
    return json.dumps(dict(keys), ensure_ascii=False)


def told(keys: Mapping[str, str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Part of the workspace -> (key, what it does)."""
    mine = {part: tuple((keys[a.id], a.what) for a in ACTS if a.part == part) for part in FIXED}
    return {part: (*mine[part], *fixed) for part, fixed in FIXED.items()}


def _why_not(key: str, part: str) -> str:
    named = _NAME.fullmatch(key)
    if named is None:
        return f"{key[:40]!r} is no key that can be chosen"
    if key in _KEPT:
        return f"{key} belongs to the browser"
    held = named["with"].strip()
    writes = _PLAIN.fullmatch(named["key"]) and held in ("", "Shift")
    if writes and (part == REPORT or named["key"] == "Enter"):
        return f"{key} is needed for writing; take it with Ctrl or Alt"
    return ""
