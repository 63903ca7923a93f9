from __future__ import annotations

import pytest

from adapter.hl7v2.answer_mode import as_if_asked
from adapter.hl7v2.message import Header


@pytest.mark.parametrize(
    ("tail", "mode", "asked"),
    [
        ("", "enhanced", ("AL", "NE")),
        ("|||NE|AL", "enhanced", ("AL", "AL")),
        ("|||AL|NE", "original", ("", "")),
        ("||||||8859/1", "enhanced", ("AL", "NE")),
    ],
)
def test_a_header_asks_as_the_listener_answers(
    tail: str, mode: str, asked: tuple[str, str]
) -> None:
    line = rf"MSH|^~\&|EHR|NORTH|READOUT|RAD|20261122||ORM^O01|C1|P|2.5.1{tail}"
    header = Header.parse(line.encode() + b"\r")
    changed = as_if_asked(header, mode)
    assert (changed.segment.field(15), changed.segment.field(16)) == asked
    for number in (*range(1, 15), 18):
        assert changed.segment.field(number) == header.segment.field(number)
    assert (changed.control_id, changed.sender) == (header.control_id, header.sender)
