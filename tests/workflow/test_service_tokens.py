from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapter.domain.access import holds
from adapter.errors import Conflict, NotFound, Rejected
from adapter.store.access_tables import service_token
from adapter.workflow.service_tokens import ServiceTokens
from tests.fakes.clock import FakeClock
from tests.web import conftest as web

shared = web.shared
MOST = frozenset({"readout.read", "readout.write", "system/ServiceRequest.cru"})


@pytest.fixture
def desk(shared: web.Site) -> ServiceTokens:
    with shared.workflow.database.write() as tx:
        tx.execute(sa.delete(service_token))
    return ServiceTokens(shared.workflow.database, FakeClock(), MOST)


def forward(desk: ServiceTokens, seconds: float) -> None:
    assert isinstance(desk.clock, FakeClock)
    desk.clock.forward(seconds)


def test_a_token_is_told_once_and_kept_as_a_hash(desk: ServiceTokens, tmp_path: Path) -> None:
    secret = desk.create("pacs", ["readout.read"], 30)
    assert re.fullmatch(r"rdo_[A-Za-z0-9_-]{43}", secret)
    with desk.database.read() as tx:
        row = tx.execute(sa.select(service_token)).one()
    assert secret not in str(row)
    assert re.fullmatch(r"[0-9a-f]{64}", row.sha256)
    found = desk.find(secret)
    assert found is not None
    assert (found.name, desk.scopes(found)) == ("pacs", {"readout.read"})
    assert desk.find(secret[:-1] + ("A" if secret[-1] != "A" else "B")) is None
    assert desk.find("") is None


def test_it_ends_by_time_and_by_word(desk: ServiceTokens) -> None:
    short = desk.create("short", ["readout.read"], 1)
    good = desk.create("good", ["readout.read"], None)
    with pytest.raises(Conflict):
        desk.create("good", ["readout.read"], 1)
    forward(desk, 86_401)
    assert desk.find(short) is None
    assert desk.find(good) is not None
    desk.revoke("good")
    assert desk.find(good) is None
    with pytest.raises(NotFound):
        desk.revoke("good")
    assert desk.create("good", ["readout.read"], 1) != good


def test_its_last_use_is_known_to_the_minute(desk: ServiceTokens) -> None:
    secret = desk.create("pacs", ["readout.read"], 30)
    assert desk.listed()[0].used_at == ""
    desk.find(secret)
    first = desk.listed()[0].used_at
    forward(desk, 30)
    desk.find(secret)
    assert desk.listed()[0].used_at == first != ""
    forward(desk, 31)
    desk.find(secret)
    assert desk.listed()[0].used_at > first


@pytest.mark.parametrize(
    "scopes",
    [["readout.sign"], ["readout.admin"], ["system/ServiceRequest.d"], ["system/Patient.r"],
     ["system/*.r"], ["everything"], []],
)  # fmt: skip
def test_it_holds_no_more_than_the_role_of_programs(desk: ServiceTokens, scopes: list[str]) -> None:
    with pytest.raises(Rejected):
        desk.create("pacs", scopes, 1)


def test_what_the_role_loses_it_loses(desk: ServiceTokens) -> None:
    secret = desk.create("pacs", ["readout.read", "readout.write", "user/ServiceRequest.cu"], 1)
    narrowed = ServiceTokens(desk.database, desk.clock, frozenset({"readout.read"}))
    found = narrowed.find(secret)
    assert found is not None
    assert narrowed.scopes(found) == {"readout.read"}


def test_a_scope_of_fhir_must_be_covered_whole() -> None:
    assert holds({"system/*.cruds"}, "system/Patient.rs")
    assert holds({"system/Patient.r", "user/Patient.s"}, "system/Patient.read")
    assert not holds({"system/Patient.r"}, "system/Patient.rs")
    assert not holds({"system/Patient.r"}, "system/*.r")
    assert not holds({"system/Patient.r?status=active"}, "system/Patient.r")
    assert not holds({"system/Patient.r"}, "system/Patient.")
