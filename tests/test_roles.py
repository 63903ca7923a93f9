"""Which part of the work a node does."""

from __future__ import annotations

import pytest

from adapter.errors import ConfigurationError
from adapter.roles import Role, roles_of
from adapter.settings import Settings

SHARED = "postgresql+psycopg://readout@127.0.0.1/readout"


def roles(told: str, *, doors: bool = True, url: str = SHARED) -> frozenset[Role]:
    return roles_of(Settings(roles=told, database_url=url), doors=doors)


def test_a_node_does_everything_unless_it_is_told() -> None:
    assert roles_of(Settings(database_url="")) == frozenset(Role)


def test_a_worker_has_no_doors() -> None:
    assert roles("intake, web,speech", doors=False) == {Role.SPEECH}
    assert roles("intake,web") == {Role.INTAKE, Role.WEB}


@pytest.mark.parametrize(
    ("told", "doors", "url", "why"),
    [
        ("speech,transport", True, SHARED, "transport"),
        ("", True, SHARED, "must name a role"),
        ("intake,web", False, SHARED, "needs no door"),
        ("speech", True, "", "READOUT_DATABASE_URL"),
    ],
)
def test_what_is_no_work_is_refused(told: str, doors: bool, url: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        roles(told, doors=doors, url=url)
