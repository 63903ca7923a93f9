"""What was sent against what arrived: nothing lost, nothing changed, order, one id a report."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapter.demo.fhir_server import FhirStore
from adapter.demo.mllp import fields
from adapter.domain.identifiers import sha256_hex
from tests.chaos.peer import TAKEN
from tests.chaos.senders import Sender
from tests.chaos.site import Site

Json = dict[str, Any]
_STATUSES = {True: "appended", False: "final"}
_LETTERS = {True: ["F", "C"], False: ["F"]}  # behind one or more preliminary ones

_REPLAYED = 3  # studies that are made again from what is stored


@dataclass
class Figures:
    """What the ledger holds, for the record."""

    owed: int = 0
    arrived: int = 0
    repeated: int = 0


def settled(site: Site, senders: Sequence[Sender]) -> bool:
    """Whether everything that is owed has been acknowledged."""
    return all(
        {each["state"] for each in site.get(f"/api/studies/{one.accession}")["deliveries"]}
        == {"acknowledged"}
        for one in senders
    )


def check(site: Site, senders: Sequence[Sender]) -> Figures:
    """Raise AssertionError with the study and what is wrong with it."""
    figures = Figures()
    ris, ehr = _by_study(site, "ris"), _by_study(site, "ehr")
    for sender in senders:
        deliveries = site.get(f"/api/studies/{sender.accession}")["deliveries"]
        for name, came in (("ris", ris), ("ehr", ehr)):
            owed = [each for each in deliveries if each["destination"] == name]
            _check_queue(f"{sender.accession} to {name}", owed, came[sender.accession], figures)
        _check_words(sender, ris[sender.accession])
    for sender in senders[:: 1 + len(senders) // _REPLAYED]:  # reading the mapping files takes long
        assert not site.replayed(sender.accession), f"{sender.accession} is not made again"
    assert ris.keys() == ehr.keys(), "a study that came to one of them"
    _check_records(site, senders)
    return figures


def _check_queue(what: str, owed: Sequence[Json], came: Sequence[Json], figures: Figures) -> None:
    digests = {each["body_sha256"]: each["control_id"] for each in owed}
    taken = list[str]()
    for each in came:
        id_ = digests.get(sha256_hex(each["body"].encode()))
        assert id_ is not None, f"{what}: bytes that are not those of any delivery"
        assert each.get("control_id", id_) == id_, f"{what}: the same bytes under another id"
        if each["answer"] in TAKEN:
            taken.append(id_)
    order = [each["control_id"] for each in owed]
    assert len(order) == len(set(order)) == len(digests), f"{what}: two ids or bodies a report"
    assert list(dict.fromkeys(taken)) == order, f"{what}: lost, or out of order: {taken} {order}"
    places = [order.index(each) for each in taken]
    assert places == sorted(places), f"{what}: an earlier report came again behind a later one"
    figures.owed += len(order)
    figures.arrived += len(set(taken))
    figures.repeated += len(taken) - len(set(taken))


def _check_words(sender: Sender, came: Sequence[Json]) -> None:
    """What was dictated, typed and added stands in the signed report."""
    latest = {fields(each["body"].encode(), "OBR")[25]: each["body"].lower() for each in came}
    assert list(latest)[-len(_LETTERS[sender.has_addendum]) :] == _LETTERS[sender.has_addendum]
    assert sender.finding in latest["F"], f"{sender.accession} has lost {sender.finding}"
    assert "pleural effusion" in latest["F"], f"{sender.accession} has lost its dictation"
    if sender.has_addendum:
        assert sender.addendum.lower() in latest["C"]


def _check_records(site: Site, senders: Sequence[Sender]) -> None:
    """Each report stands once in the EHR, in its last state, however often it was sent."""
    store = FhirStore()
    for line in _lines(site, "ehr"):
        store.transaction(line["body"].encode())
    stored = [
        (resource["basedOn"][0]["identifier"]["value"], resource["status"])
        for (kind, _), resource in store.resources.items()
        if kind == "DiagnosticReport"
    ]
    assert len(stored) == len(dict(stored)), "two reports of one study"
    for sender in senders:
        assert dict(stored)[sender.accession] == _STATUSES[sender.has_addendum]


def _by_study(site: Site, name: str) -> defaultdict[str, list[Json]]:
    found = defaultdict[str, list[Json]](list)
    for line in _lines(site, name):
        found[line.get("accession") or _accession(line["body"])].append(line)
    return found


def _lines(site: Site, name: str) -> list[Json]:
    return [json.loads(line) for line in site.ledger(name).read_text().splitlines()]


def _accession(bundle: str) -> str:
    report = json.loads(bundle)["entry"][0]["resource"]
    return str(report["basedOn"][0]["identifier"]["value"])
