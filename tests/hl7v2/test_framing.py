from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapter.hl7v2.framing import Block, BlockKind, FrameReader, frame

BODIES = st.lists(st.binary(max_size=60).filter(lambda b: not {0x0B, 0x1C} & set(b)), max_size=6)


def read(pieces: list[bytes], limit: int = 1000) -> list[Block]:
    reader = FrameReader(limit)
    blocks = [block for piece in pieces for block in reader.feed(piece)]
    return blocks + reader.flush()


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    ends = [*places, len(data)]
    return [data[start:end] for start, end in zip([0, *places], ends, strict=True)]


@given(BODIES, st.lists(st.integers(0, 10_000), max_size=12))
def test_frames_come_out_however_the_network_splits_them(
    bodies: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(map(frame, bodies))
    assert read(split(data, cuts)) == [Block(BlockKind.FRAME, body) for body in bodies]


@given(st.binary(max_size=400), st.lists(st.integers(0, 10_000), max_size=8))
def test_any_bytes_give_the_same_blocks_split_or_not(data: bytes, cuts: list[int]) -> None:
    assert read(split(data, cuts), limit=1000) == read([data], limit=1000)


@given(st.binary(max_size=300))
def test_nothing_that_came_is_lost_but_block_characters_and_line_ends(data: bytes) -> None:
    kept = b"".join(block.body for block in read([data]))
    blank = b"\r\n\x0b\x1c"
    assert kept.translate(None, blank) == data.translate(None, blank)


def test_bytes_outside_frames_are_reported_and_line_ends_between_frames_are_not() -> None:
    blocks = read([b"\r\nGET / HTTP/1.0\r\n" + frame(b"MSH|1") + b"\n\r" + frame(b"MSH|2") + b"X"])
    assert blocks == [
        Block(BlockKind.OUTSIDE, b"\r\nGET / HTTP/1.0\r\n"),
        Block(BlockKind.FRAME, b"MSH|1"),
        Block(BlockKind.FRAME, b"MSH|2"),
        Block(BlockKind.OUTSIDE, b"X"),
    ]


def test_a_frame_without_end_is_unfinished() -> None:
    assert read([b"\x0bMSH|half\x1c"]) == [Block(BlockKind.UNFINISHED, b"MSH|half\x1c")]


def test_a_frame_of_exactly_the_limit_passes_whole_or_byte_by_byte() -> None:
    data = frame(b"x" * 50)
    expected = [Block(BlockKind.FRAME, b"x" * 50)]
    assert read([data], 50) == expected
    assert read([bytes([byte]) for byte in data], 50) == expected


def test_one_byte_over_the_limit_is_oversize_and_ends_reading() -> None:
    data = frame(b"x" * 51) + frame(b"small")
    expected = [Block(BlockKind.OVERSIZE, b"x" * 50)]
    assert read([data], 50) == expected
    assert read([bytes([byte]) for byte in data], 50) == expected


def test_memory_stays_bounded_while_an_endless_frame_comes() -> None:
    reader = FrameReader(100)
    blocks = [block for _ in range(1000) for block in reader.feed(b"\x0b" + b"y" * 99)]
    assert [block.kind for block in blocks] == [BlockKind.OVERSIZE]
