"""The messages of live dictation as JSON objects; deploy/live_dictation.md tells what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from adapter.domain.transcript import Word
from adapter.errors import ReadoutError, TryAgain
from adapter.reporting.live_text import Acted, LiveText
from adapter.workflow.live_dictation import Final

Message = dict[str, Any]


def ready(session: str, have: int) -> Message:
    """Go on with sample `have`."""
    return {"type": "ready", "session": session, "have": have}


def ack(have: int) -> Message:
    """So many samples are on disk."""
    return {"type": "ack", "have": have}


def partial(words: Sequence[Word], text: LiveText) -> Message:
    """The utterance that is being spoken, and the text as it would be with it."""
    spoken = " ".join(word.text for word in words)
    shown = _written(text, text.start, text.first_command)
    return {"type": "partial", "text": spoken, "words": _words(words), "written": shown}


def confirmed(first: int, words: Iterable[Word], written: Message | None) -> Message:
    """Words that never change, from confirmed word `first` on."""
    return {"type": "confirmed", "from": first, "words": _words(words), "written": written}


def rewritten(text: LiveText, edits: Iterable[tuple[int, int]]) -> Message:
    """The written text from the first place on that one of these edits has changed."""
    start, first = len(text.text), len(text.commands)
    for each in edits:
        start, first = min(start, each[0]), min(first, each[1])
    return _written(text, start, first)


def final(what: Final) -> Message:
    """The last message: all of it."""
    shown = _written(what.text, 0, 0)
    return {"type": "final", "dictation": what.dictation, "text": what.spoken, "written": shown}


def problem(error: ReadoutError) -> Message:
    """What is wrong, and what to do."""
    code = getattr(error, "code", "try-again" if isinstance(error, TryAgain) else "failed")
    return {"type": "error", "code": code, "detail": str(error)}


def _written(text: LiveText, start: int, first: int) -> Message:
    return {
        "from": start,
        "text": text.text[start:],
        "stable": text.stable,
        "held": text.held,
        "commands_from": first,
        "commands": [_command(each) for each in text.commands[first:]],
        "commands_stable": text.stable_commands,
    }


def _command(acted: Acted) -> Message:
    ms = [acted.start_ms, acted.end_ms]
    return {"name": acted.name, "argument": acted.argument, "at": acted.at, "ms": ms}


def _words(words: Iterable[Word]) -> list[Message]:
    return [
        {"text": word.text, "ms": [word.start_ms, word.end_ms], "confidence": word.confidence}
        for word in words
    ]
