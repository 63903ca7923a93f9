from __future__ import annotations

from adapter.domain.finding import AiFinding
from adapter.store import findings
from adapter.store.database import Database


def finding(id_: str, text: str, model: str = "cxr") -> AiFinding:
    return AiFinding(id=id_, text=text, model=model, version="1")


def post(database: Database, *batch: AiFinding) -> int | None:
    with database.write() as tx:
        return findings.add_batch(tx, "A1", batch, "2026-01-01T00:00:00.000+00:00")


def stored(database: Database) -> list[tuple[str, str]]:
    with database.read() as tx:
        return [(each.id, each.text) for each in findings.of_study(tx, "A1")]


def test_a_later_version_of_a_finding_replaces_the_earlier_one(database: Database) -> None:
    post(database, finding("a1", "Nodule."), finding("a2", "Effusion."))
    post(database, finding("a1", "Nodule, 8 mm."))
    assert stored(database) == [("a1", "Nodule, 8 mm."), ("a2", "Effusion.")]


def test_two_models_with_one_id_lose_nothing(database: Database) -> None:
    post(database, finding("a1", "Nodule."))
    post(database, finding("a1", "Effusion.", "other"))
    assert stored(database) == [("a1", "Nodule."), ("other/a1", "Effusion.")]


def test_the_same_batch_again_is_known(database: Database) -> None:
    assert post(database, finding("a1", "Nodule.")) is not None
    assert post(database, finding("a1", "Nodule.")) is None
