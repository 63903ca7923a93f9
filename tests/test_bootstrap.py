from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from adapter.bootstrap import Service
from adapter.demo.mllp import exchange, fields
from adapter.mapping.files import MappingFiles
from adapter.roles import queues
from adapter.settings import Settings
from adapter.speech.decoder import GPU_BATCH
from adapter.store import messages, studies
from adapter.workflow.study_flow import TRANSCRIBE
from tests.peers import postgres


@pytest.mark.parametrize(
    ("engine", "device", "workers"),
    [("whisper", "cpu", 1), ("whisper", "cuda", GPU_BATCH), ("openai", "cuda", 1)],
)
def test_so_many_recordings_run_at_once_as_share_a_batch(
    engine: str, device: str, workers: int
) -> None:
    settings = Settings(speech_engine=engine, speech_device=device, speech_url="http://127.0.0.1:1")
    assert queues(settings)[TRANSCRIBE].workers == workers


async def test_each_listener_reads_orders_by_its_own_mapping_file(tmp_path: Path) -> None:
    orders = MappingFiles().get("orders.yaml").body.decode()
    place = "accession: [IPC-1, OBR-18, ORC-3, OBR-3]"
    assert place in orders
    (tmp_path / "site" / "orders").mkdir(parents=True)
    (tmp_path / "site" / "listeners").mkdir()
    (tmp_path / "site" / "orders" / "north.yaml").write_text(
        orders.replace(place, "accession: [OBR-20]")
    )
    (tmp_path / "site" / "listeners" / "north.yaml").write_text(
        "name: north\nport: 0\norders: orders/north.yaml\n"
    )
    service = Service(
        Settings(data_dir=tmp_path / "data", mappings_dir=tmp_path / "site", mllp_port=0)
    )
    service.parts.intake.start()
    await service._doors.open()
    segments = [
        r"MSH|^~\&|EHR|NORTH|READOUT|RAD|20260105||ORM^O01|{id}|P|2.3.1",
        "PID|1||M1^^^NORTH^MR||Test^Tilda||19700101|F",
        "ORC|NW|P1",
        "OBR|1|P1||XRCH2^XR Chest^L" + "|" * 14 + "A-18||A-20||||DX",
    ]
    order = "\r".join([*segments, ""])
    for number, port in enumerate(service._doors.ports):
        answer = await exchange("127.0.0.1", port, order.format(id=f"C{number}").encode())
        assert fields(answer, "MSA")[1] == "AA"
    async with asyncio.timeout(10):
        while _applied(service) < 2:
            await asyncio.sleep(0.01)
    with service.house.database.read() as tx:
        assert {each.order.accession for each in studies.listed(tx, None, 9, 0)} == {"A-18", "A-20"}
    await service._doors.close()
    service.parts.intake.stop()
    service.house.database.close()


@pytest.mark.peer
def test_a_worker_watches_no_door_of_others_and_works_unwatched_where_its_port_is_taken(
    tmp_path: Path, postgres_cluster: str
) -> None:
    (tmp_path / "listeners").mkdir()
    (tmp_path / "listeners" / "north.yaml").write_text(
        "name: north\nport: 0\nfeeds: [{sender: EHR|NORTH, silent_minutes: 1}]\n"
        "tls: {certificate: /nowhere/north.pem}\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(
            data_dir=tmp_path / "data",
            mappings_dir=tmp_path,
            database_url=postgres.fresh_database(postgres_cluster),
            monitor_port=taken.getsockname()[1],
        )
        service = Service(settings, doors=False)
        assert service._http_door() is None
    assert (service.parts.feeds(), service.parts.certificates()) == ([], [])
    service.house.database.close()


def _applied(service: Service) -> int:
    with service.house.database.read() as tx:
        return messages.count_by_state(tx).get("applied", 0)
