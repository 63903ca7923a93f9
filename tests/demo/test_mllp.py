"""The peers' own MLLP: what goes in comes out, and trouble is an error."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapter.demo.mllp import MllpServer, acknowledgement, exchange, fields

ORU = rb"MSH|^~\&|A|FA|B|FB|20260105||ORU^R01|X-1|P|2.5.1" + b"\rOBR|1||F1\r"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async def answer(body: bytes) -> bytes | None:
        return None if b"cut" in body else acknowledgement(body)

    server = MllpServer(answer)
    yield await server.start()
    await server.stop()


async def test_a_message_is_acknowledged(port: int) -> None:
    answer = await exchange("127.0.0.1", port, ORU)
    assert fields(answer, "MSA") == ["MSA", "AA", "X-1"]
    assert fields(answer, "MSH")[2:6] == ["B", "FB", "A", "FA"]


async def test_a_cut_connection_is_an_error(port: int) -> None:
    with pytest.raises(ConnectionError, match="before the answer"):
        await exchange("127.0.0.1", port, b"cut")


def test_a_refusal_carries_its_reason() -> None:
    assert fields(acknowledgement(ORU, "AE", "why"), "MSA") == ["MSA", "AE", "X-1", "why"]


def test_an_absent_segment_has_no_fields() -> None:
    assert fields(ORU, "OBX") == []
