"""Pure: which heard words are right, by the text of what was said."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import NamedTuple

from adapter.domain.transcript import Transcript
from adapter.mapping.vocabulary import Vocabulary
from adapter.reporting.dictated import Dictated
from adapter.reporting.written_form import write

_TOKEN = re.compile(r"\w+(?:[.,/'-]\w+)*|[^\w\s]")


class Scored(NamedTuple):
    """A heard word that stands in the written text: how sure it was, and whether it was said."""

    confidence: float
    right: bool


def scored(heard: Transcript, said: str, vocabulary: Vocabulary) -> list[Scored]:
    """Each heard word against what was said, given in spoken or in written form.

    Both are compared as they are written, so that "three millimeters" is "3 mm".
    """
    dictated = Dictated(heard.dictation_id, write(heard.spoken, vocabulary), heard)
    found = list(_TOKEN.finditer(dictated.text))
    wanted = _TOKEN.findall(write(said, vocabulary).text.casefold())
    texts = [match.group().casefold() for match in found]
    blocks = SequenceMatcher(None, texts, wanted, autojunk=False).get_matching_blocks()
    said_too = {block.a + i for block in blocks for i in range(block.size)}
    right: dict[int, Scored] = {}
    for place, match in enumerate(found):
        for word in dictated.words(*match.span()):
            before = right.get(word.start_ms)
            ok = place in said_too and (before is None or before.right)
            right[word.start_ms] = Scored(word.confidence, ok)
    return [right[start] for start in sorted(right)]
