"""What left for models is listed by hash and fields, never by content."""

from __future__ import annotations

from adapter.store import model_calls as store
from adapter.store.model_calls import CallState, LeftState
from tests.web.conftest import Site

SHA = "a" * 64


def leave(site: Site, name: str, state: LeftState, sha256: str = SHA) -> int:
    with site.workflow.database.write() as tx:
        return store.add_left(
            tx,
            at=site.workflow.house.now(),
            name=name,
            model="CXRReportGen 1",
            destination=f"https://{name}.example/score",
            accession="A1",
            sha256=sha256,
            size_bytes=12,
            fields=("$.input_data.data[][]",),
            state=state,
            reason="a date" if state is LeftState.STOPPED else "",
        )


def test_payloads_are_listed_newest_first_and_found_by_their_hash(site: Site) -> None:
    leave(site, "chest", LeftState.ANSWERED)
    last = leave(site, "drafts", LeftState.STOPPED, "")
    told = site.client.get("/api/outgoing").json()
    assert [each["call"] for each in told["payloads"]] == ["drafts", "chest"]
    assert told["payloads"][1]["fields"] == ["$.input_data.data[][]"]
    assert told["next"] is None
    for query, wanted in (
        (f"sha256={SHA}", ["chest"]),
        ("state=stopped", ["drafts"]),
        ("call=chest", ["chest"]),
        ("destination=drafts.example", ["drafts"]),
        ("accession=A1&destination=chest.", ["chest"]),
        ("accession=A2", []),
        (f"before={last}", ["chest"]),
        ("limit=1", ["drafts"]),
        ("since=2030-01-01T00:00:00Z", []),
    ):
        found = site.client.get(f"/api/outgoing?{query}").json()["payloads"]
        assert [each["call"] for each in found] == wanted, query
    assert site.client.get("/api/outgoing?sha256=zz").status_code == 422
    metrics = site.client.get("/metrics").text
    assert 'readout_outgoing_payloads{call="drafts",state="stopped"} 1.0' in metrics


def test_the_calls_about_a_study(site: Site) -> None:
    with site.workflow.database.write() as tx:
        row = store.begin(tx, "drafts", "A1", SHA, site.workflow.house.now())
        outcome = {"refused": {"impression: side": 1}}
        store.change(tx, row.id, state=CallState.DONE, outcome=outcome)
    (told,) = site.client.get("/api/studies/A1/model-calls").json()["calls"]
    assert (told["call"], told["state"], told["outcome"]) == ("drafts", "done", outcome)
    assert site.client.get("/api/studies/A2/model-calls").json() == {"calls": []}
