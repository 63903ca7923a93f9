"""What the recordings hold besides the words of the report."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.reporting.checks.sheet import Found, Sheet


def unheard_speech(sheet: Sheet) -> Iterator[Found]:
    """Speech in which no word was recognised: something may be missing from the report."""
    for each in sheet.recordings:
        for begin, end in each.unheard:
            where = f"{each.dictation_id} from {_clock(begin)} to {_clock(end)}"
            message = f"{where}: speech, and no word recognised; listen, dictate what is missing"
            yield Found("unheard_speech", message)


def words_set_apart(sheet: Sheet) -> Iterator[Found]:
    """Words recognised where nobody speaks; they were left out of the report."""
    for each in sheet.recordings:
        if each.quarantined:
            words = " ".join(word.text for word in each.quarantined)
            where = f"{each.dictation_id} at {_clock(each.quarantined[0].start_ms)}"
            message = f"{where}: left out as not said: {words!r}; listen if that is wrong"
            yield Found("words_set_apart", message)


def _clock(ms: int) -> str:
    """Minutes and seconds with a tenth."""
    return f"{ms // 60_000}:{ms % 60_000 / 1000:04.1f}"
