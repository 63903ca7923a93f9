"""MLLP framing over bytes, without I/O: VT message FS CR (HL7 v2 transport, appendix C)."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

START = 0x0B
END = b"\x1c\r"
_BLANK = b"\r\n\x1c"  # what senders leave between frames: line ends, a doubled end block


class BlockKind(Enum):
    """What a run of bytes turned out to be."""

    FRAME = "frame"  # the message between the block characters
    OUTSIDE = "outside"  # bytes outside any frame
    UNFINISHED = "unfinished"  # a frame whose end never came
    OVERSIZE = "oversize"  # the beginning of a frame over the limit


class Block(NamedTuple):
    """A run of bytes from the wire, without its block characters."""

    kind: BlockKind
    body: bytes


def frame(body: bytes) -> bytes:
    """The bytes as one MLLP block."""
    return b"\x0b" + body + END


class FrameReader:
    """Cuts a byte stream into blocks, however the network has split it.

    After an oversize frame nothing more is read: the stream has lost its place.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._inside = False
        self._searched = 0
        self._lost = False

    @property
    def outside_waits(self) -> bool:
        """Whether bytes outside a frame are held that `flush` would give."""
        return not self._inside and bool(self._buffer)

    def feed(self, data: bytes) -> list[Block]:
        """The blocks that are complete with these bytes, in order."""
        if self._lost:
            return []
        if not self._buffer and not self._inside and _is_one_frame(data, self._max_bytes):
            return [Block(BlockKind.FRAME, data[1:-2])]
        self._buffer += data
        blocks: list[Block] = []
        while not self._lost:
            block = self._frame_end() if self._inside else self._frame_start()
            if block is None:
                break
            if block.body or block.kind is BlockKind.FRAME:
                blocks.append(block)
        return blocks

    def flush(self) -> list[Block]:
        """What is left when no more bytes will come."""
        body, self._buffer = bytes(self._buffer), bytearray()
        kind = BlockKind.UNFINISHED if self._inside else BlockKind.OUTSIDE
        self._inside = False
        return [Block(kind, body)] if body.strip(_BLANK) else []

    def _frame_start(self) -> Block | None:
        at = self._buffer.find(START)
        if at < 0:
            if not self._buffer.strip(_BLANK):
                self._buffer.clear()
            return self._overflow() if len(self._buffer) > self._max_bytes else None
        outside = bytes(self._buffer[:at])
        del self._buffer[: at + 1]
        self._inside, self._searched = True, 0
        return Block(BlockKind.OUTSIDE, outside if outside.strip(_BLANK) else b"")

    def _frame_end(self) -> Block | None:
        at = self._buffer.find(END, self._searched)
        if at > self._max_bytes or (at < 0 and len(self._buffer) > self._max_bytes + 1):
            return self._overflow()
        if at < 0:
            self._searched = max(len(self._buffer) - 1, 0)
            return None
        body = bytes(self._buffer[:at])
        del self._buffer[: at + len(END)]
        self._inside = False
        return Block(BlockKind.FRAME, body)

    def _overflow(self) -> Block:
        kind = BlockKind.OVERSIZE if self._inside else BlockKind.OUTSIDE
        body = bytes(self._buffer[: self._max_bytes])
        self._buffer.clear()
        self._lost = True
        return Block(kind, body)


def _is_one_frame(data: bytes, max_bytes: int) -> bool:
    last = len(data) - len(END)
    framed = 0 < last <= max_bytes + 1 and data[0] == START and data.endswith(END)
    return framed and data.find(END[0]) == last
