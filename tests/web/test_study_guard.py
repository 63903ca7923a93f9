"""A study that one may not see looks, in every place of the interface, like one that is not there.

The places are taken from the application itself: a new one is tried without being named here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from adapter.acting import in_name_of
from adapter.domain.access import Sight
from adapter.domain.audit import OURSELVES
from adapter.store import audit
from adapter.store.audit import Wanted
from adapter.web import events
from adapter.web.app import build_app
from adapter.web.study_guard import STUDIES, names
from tests.web.conftest import Site
from tests.web.two_hospitals import (
    FOREIGN,
    NAMES,
    OWN,
    UIDS,
    adt,
    received,
    two_hospitals,
    who_sees,
)

NOWHERE = "NOWHERE1"
ENDLESS = ("/events",)
FOR_AUDITORS = "/audit"
"""The trail tells auditors of every study, and nothing but its accession."""
_OF_A_STUDY = ("accession", "study_uid", "control_id")
_ASKED = {"since": "2026-01-01", "until": "2026-12-31", "limit": "200", "queue": "all"}
_FORMS = {"/": "queue=all", "/worklist": "queue=all", "/worklist/next": "queue=all"}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, empty: Path) -> Iterator[Site]:
    yield from two_hospitals(tmp_path_factory.mktemp("two"), empty)


@pytest.fixture(scope="module")
def north(two: Site) -> TestClient:
    return who_sees(two, "north")


@pytest.fixture(scope="module")
def everywhere(two: Site) -> TestClient:
    return who_sees(two, "*")


def routes(site: Site) -> list[APIRoute | APIWebSocketRoute]:
    """Every route of the application, those of the routers that it includes too."""
    found = []
    for each in build_app(site.parts).routes:
        router = getattr(each, "original_router", None)
        found += router.routes if router is not None else [each]
    return [each for each in found if isinstance(each, APIRoute | APIWebSocketRoute)]


@pytest.fixture(scope="module")
def known(everywhere: TestClient) -> dict[str, dict[str, str]]:
    """Key of STUDIES -> accession (or nothing that is there) -> what an address names it by."""
    client = everywhere

    def messages(accession: str) -> str:
        found = client.post("/api/messages/search", json={"accession": accession}).json()
        return str(found["messages"][0]["id"])

    def deliveries(accession: str) -> str:
        found = client.post("/api/deliveries/search", json={"accession": accession}).json()
        return str(found["deliveries"][0]["control_id"])

    own = {each: each for each in (OWN, FOREIGN, NOWHERE)}
    return {
        "studies/accession": own,
        "ServiceRequest/id": own,
        "messages/id": {OWN: messages(OWN), FOREIGN: messages(FOREIGN), NOWHERE: "99999"},
        "deliveries/control_id": {
            OWN: deliveries(OWN), FOREIGN: deliveries(FOREIGN), NOWHERE: "NOTHING",
        },
        "studies/study_uid": {**UIDS, NOWHERE: "1.2.3.99"},
    }  # fmt: skip


def address(path: str, known: dict[str, dict[str, str]], accession: str) -> str | None:
    """The path for this study; None where it names none."""
    found = False
    for key, name in names(path):
        told = known.get(key, {}).get(accession)
        found = found or told is not None
        path = re.sub(rf"\{{{name}(:\w+)?\}}", told or "d-1", path)
    return path if found else None


def said(text: str, known: dict[str, dict[str, str]], accession: str) -> str:
    """What an answer says, whatever it calls the study."""
    called = sorted({each[accession] for each in known.values()}, key=len, reverse=True)
    return re.sub(rf"\b({'|'.join(map(re.escape, called))})\b", "IT", text)


def test_what_each_address_names_is_known(two: Site, known: dict[str, dict[str, str]]) -> None:
    told = {key for route in routes(two) for key, _ in names(route.path)}
    assert told <= STUDIES.keys(), "say in study_guard.STUDIES how its study is found"
    assert {key for key in told if key.endswith(_OF_A_STUDY)} <= known.keys() | {
        "break-glass/accession"
    }


def test_every_place_of_a_foreign_study_answers_as_if_there_were_none(
    two: Site, north: TestClient, everywhere: TestClient, known: dict[str, dict[str, str]]
) -> None:
    tried = shown = 0
    for route in (each for each in routes(two) if isinstance(each, APIRoute)):
        foreign, none = (address(route.path, known, each) for each in (FOREIGN, NOWHERE))
        for method in route.methods if foreign and none else ():
            answer = north.request(method, foreign)
            where = f"{method} {route.path}"
            assert answer.status_code == 404, f"{where}: {answer.status_code} {answer.text[:200]}"
            assert NAMES[FOREIGN] not in answer.text, where
            tried += 1
            shown += method == "GET" and everywhere.get(foreign).status_code == 200
            if method == "PUT":
                continue  # begins an order, whatever its accession
            missing = north.request(method, none)
            assert missing.status_code == 404, f"{where}: {missing.status_code}"
            assert said(answer.text, known, FOREIGN) == said(missing.text, known, NOWHERE), where
    assert tried > 45
    assert shown > 10  # to those who may


def test_who_sees_every_study_may_begin_one(everywhere: TestClient) -> None:
    finding = {"id": "a1", "text": "Pneumothorax.", "model": "cxr", "version": "1"}
    place = "/api/studies/BEGUN1/ai-findings"
    assert everywhere.post(place, json={"findings": [finding]}).status_code < 300


def test_what_names_no_study_is_listed_and_opened_by_its_patient_and_what_it_tells(
    two: Site, north: TestClient, everywhere: TestClient
) -> None:
    told = {
        OWN: adt("ADT1", "HUB", f"P-{OWN}"),
        FOREIGN: adt("ADT2", "HUB", f"P-{FOREIGN}"),
        "stranger": adt("ADT3", "SOUTH", "P-9"),
        "nobody": b"MSH|^~\\&|HIS|NORTH|RO|RO|20260301||MFN^M02|ADT4|P|2.5.1\r",
    }
    two.parts.intake.store([received(two, body) for body in told.values()])
    while two.parts.log.index():
        pass
    ids = {
        each["control_id"]: each["id"]
        for each in everywhere.get("/api/messages").json()["messages"]
        if each["control_id"].startswith("ADT")
    }
    assert sorted(ids) == ["ADT1", "ADT2", "ADT3", "ADT4"]
    mine = north.get("/api/messages").text + north.get("/messages").text
    assert [each for each in ids if each in mine] == ["ADT1"]
    for name, id_ in ids.items():
        for place in (f"/api/messages/{id_}", f"/messages/{id_}"):
            seen = 200 if name == "ADT1" else 404
            assert north.get(place).status_code == seen, place
            assert everywhere.get(place).status_code == 200, place
        if name != "ADT1":
            assert north.post(f"/api/messages/{id_}/replay", json={}).status_code == 404
    for wanted in ({"patient": f"P-{FOREIGN}"}, {"text": "Doe"}):
        found = north.post("/api/messages/search", json=wanted).json()["messages"]
        assert {each["control_id"] for each in found} <= {"ADT1"}, wanted


def test_the_own_study_is_there(
    two: Site, north: TestClient, everywhere: TestClient, known: dict[str, dict[str, str]]
) -> None:
    for route in (each for each in routes(two) if isinstance(each, APIRoute)):
        own = address(route.path, known, OWN)
        if own and "GET" in route.methods and "d-1" not in own:
            foreign = str(address(route.path, known, FOREIGN))
            seen = everywhere.get(foreign).status_code
            assert north.get(own).status_code == seen, route.path


def test_no_list_tells_of_a_foreign_study(
    two: Site, north: TestClient, everywhere: TestClient
) -> None:
    told = []
    for route in (each for each in routes(two) if isinstance(each, APIRoute)):
        if (
            "{" in route.path
            or route.path in ENDLESS
            or route.path.startswith(("/login", FOR_AUDITORS))
        ):
            continue
        for mine, all_ in zip(_lists(north, route), _lists(everywhere, route), strict=True):
            assert FOREIGN not in mine, route.path
            assert NAMES[FOREIGN] not in mine, route.path
            if FOREIGN in all_:
                told.append(route.path)
                if route.path != "/api/context":
                    assert OWN in mine, route.path
    wanted = {"/", "/worklist", "/api/studies", "/messages", "/deliveries", "/api/messages"}
    assert wanted | {"/api/messages/search", "/api/deliveries/search", "/api/context"} <= set(told)


def _lists(client: TestClient, route: APIRoute) -> Iterator[str]:
    """What a place without a study in its address answers."""
    if "GET" in route.methods:
        yield client.get(route.path, params=_ASKED).text
        yield client.get(route.path).text
    elif route.path in _FORMS:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        yield client.post(route.path, content=_FORMS[route.path], headers=form).text
    elif route.path.endswith("/search"):
        yield client.post(route.path, json={}).text


def test_what_a_body_or_a_query_names_is_held_to_the_same(north: TestClient, two: Site) -> None:
    opened, none = (
        north.post("/api/context/open", json={"accession": each, "hub": "hub"})
        for each in (FOREIGN, NOWHERE)
    )
    assert opened.status_code == none.status_code
    assert opened.text.replace(FOREIGN, "IT") == none.text.replace(NOWHERE, "IT")
    found = north.get("/api/studies", params={"order_number": f"O-{FOREIGN}"}).json()
    assert found["studies"] == []
    assert north.get("/api/studies", params={"order_number": f"O-{OWN}"}).json()["studies"]
    for query in ({"identifier": FOREIGN}, {"_id": FOREIGN}):
        bundle = north.get("/fhir/ServiceRequest", params=query).json()
        assert bundle["total"] == 0, query
    assert north.get("/fhir/ServiceRequest", params={"identifier": OWN}).json()["total"] == 1
    resource = north.get(f"/fhir/ServiceRequest/{OWN}").json()
    for each in resource["identifier"]:
        if each["value"] == OWN:
            each["value"] = FOREIGN
    del resource["id"]
    sent = north.post(
        "/fhir/ServiceRequest", json=resource, headers={"Content-Type": "application/fhir+json"}
    )
    assert sent.status_code == 404, sent.text


def test_nobody_dictates_into_a_foreign_study(two: Site, north: TestClient) -> None:
    sockets = [each.path for each in routes(two) if isinstance(each, APIWebSocketRoute)]
    assert sockets
    for path in sockets:
        place = f"ws://localhost{path}"
        with north.websocket_connect(place.replace("{accession}", OWN)):
            pass
        with (
            pytest.raises(WebSocketDisconnect) as closed,
            north.websocket_connect(place.replace("{accession}", FOREIGN)),
        ):
            pass
        assert closed.value.code == 1008


def test_changes_of_a_foreign_study_are_not_told(two: Site) -> None:
    async def heard(sight: Sight) -> str:
        with in_name_of(OURSELVES, "", sight):
            listening = two.parts.changes.listen(0, 0.05)
            lines = ""
            async for each in events._lines(two.parts, listening):
                if "still here" in each:
                    break
                lines += each
        return lines

    mine = asyncio.run(heard(Sight(frozenset({"north"}))))
    assert OWN in mine
    assert FOREIGN not in mine
    assert FOREIGN in asyncio.run(heard(Sight()))


def test_the_trail_knows_who_tried(two: Site, north: TestClient) -> None:
    north.get(f"/api/studies/{FOREIGN}/report")
    with two.parts.house.database.read() as tx:
        rows = audit.listed(tx, Wanted(agent="321", accession=FOREIGN, failed=True), 10)
    assert rows
