from __future__ import annotations

from decimal import Decimal

import pytest

from adapter.errors import Malformed
from adapter.fhir.json_body import MAX_DEPTH, read_object


def test_decimals_keep_their_digits() -> None:
    assert str(read_object(b'{"a": 5.10}')["a"]) == "5.10"
    assert read_object(b'{"a": 1e2}')["a"] == Decimal("1E+2")


def test_a_byte_order_mark_is_taken() -> None:
    assert read_object(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"{", "line 1 column 2"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "one JSON object"),
        (b'{"a": 1, "a": 2}', "'a' stands twice"),
        (b'{"x": {"b": 1, "b": 1}}', "'b' stands twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": "\\u0000"}', "control character"),
        (b'{"a": "\\ud800"}', "control character"),
        (b'{"\\u0007": 1}', "control character"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too long"),
        (b'{"a": 1e99999999999999999999}', "out of range"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "deeper"),
        (b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", "deeper"),
    ],
)
def test_what_is_no_bounded_object_is_malformed(body: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_object(body)
