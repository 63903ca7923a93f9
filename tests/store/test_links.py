from __future__ import annotations

from adapter.store import links
from adapter.store.database import Database
from adapter.store.links import LinkKind

KIND = LinkKind.ARCHIVE


def tries(database: Database, *problems: str) -> list[tuple[str, str]]:
    """(since, problem) after each of these tries, one an hour."""
    told = []
    for hour, problem in enumerate(problems, 10):
        with database.write() as tx:
            links.tried(tx, KIND, "pacs", problem, f"2026-03-01T{hour}:00:00.000+00:00")
            known = links.find(tx, KIND, "pacs")
        assert known is not None
        told.append((known.away_since[11:13], known.problem))
    return told


def test_it_is_away_since_the_first_try_in_a_row_that_failed(database: Database) -> None:
    told = tries(database, "", "no route", "refused", "", "refused", "")
    assert told == [
        ("", ""), ("11", "no route"), ("11", "refused"), ("", ""), ("14", "refused"), ("", "")
    ]  # fmt: skip


def test_a_link_that_is_no_longer_set_up_is_forgotten(database: Database) -> None:
    with database.write() as tx:
        for kind, name in ((KIND, "north"), (KIND, "south"), (LinkKind.FHIR_SERVER, "north")):
            links.tried(tx, kind, name, "gone", "2026-03-01T10:00:00.000+00:00")
        links.forget_others(tx, KIND, ["south"])
        labels = [each.label for each in links.listed(tx)]
    assert labels == ["FHIR server north", "archive south"]
