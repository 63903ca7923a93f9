"""The keys of the workspace, in one place: the help page shows them, a test holds modules to it."""

from __future__ import annotations

KEYS: dict[str, tuple[tuple[str, str], ...]] = {
    "Everywhere": (
        ("?", "This page"),
        ("Tab", "The next thing; Shift Tab the one before"),
    ),
    "Worklist": (
        ("j", "Next study; so does the arrow down"),
        ("k", "Previous study; so does the arrow up"),
        ("Home", "First study"),
        ("End", "Last study"),
        ("Enter", "Open the study in focus"),
        ("/", "Search"),
        ("Escape", "From the search back to the list"),
    ),
    "Report": (
        ("F4", "Hold to talk; a tap begins, the next tap ends"),
        ("F7", "Play the sentence again, or the last one that was said"),
        ("F8", "Next flag that must be cleared, and its place in the report"),
        ("F9", "Accept the AI finding; Shift F9 rejects it"),
        ("Ctrl Enter", "Sign"),
        ("Escape", "End the dictation"),
        ("Enter", "Edit the sentence in focus"),
        ("Delete", "Take the sentence in focus out"),
        ("Arrows", "From sentence to sentence"),
    ),
    "Setup": (("Escape", "Then Tab leaves the text; Tab alone indents"),),
}
"""Part of the workspace -> (key, what it does)."""
