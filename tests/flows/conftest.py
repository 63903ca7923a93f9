"""One running service per module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.receivers import ACCEPT
from tests.flows.hospital import Hospital


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    folder = tmp_path_factory.mktemp("hospital")
    hospital = Hospital(
        folder,
        watch_folder=str(folder / "dictations"),
        mllp_max_frame_bytes="65536",
        http_max_body_bytes="4194304",
    )
    try:
        hospital.wait_ready()
        yield hospital
    finally:
        hospital.close()


@pytest.fixture
def hospital(running: Hospital) -> Iterator[Hospital]:
    yield running
    running.ris.choose = lambda accession, kind: ACCEPT
