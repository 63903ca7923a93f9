"""What one topic of the hub takes, and what it says afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.errors import Conflict, Rejected, TooLarge
from adapter.fhircast.event import Event, Json
from adapter.fhircast.hub_topic import MOST_CONTEXTS, MOST_ENTRIES, Topic
from tests.fhircast.samples import at, closing, observation, opening, put, report_context, update


def published(topic: Topic, event: Event) -> Event:
    broadcast = topic.publish(event)
    assert broadcast is not None
    return broadcast


def content(topic: Topic) -> dict[str, Json]:
    bundle = topic.as_json()["context"][-1]["resource"]
    return {each["resource"]["id"]: each["resource"] for each in bundle["entry"]}


def test_the_report_opened_last_is_current_and_has_a_version() -> None:
    topic = Topic()
    topic.publish(opening(1))
    event = published(topic, opening(2, 1))
    told = topic.as_json()
    assert told["context.type"] == "DiagnosticReport"
    assert told["context.versionId"] == event.version != ""
    assert told["context"][:3] == report_context(2)
    assert told["context"][3]["resource"]["type"] == "collection"


def test_nothing_is_current_once_the_current_report_is_closed() -> None:
    topic = Topic()
    topic.publish(opening(1))
    topic.publish(opening(2, 1))
    topic.publish(closing(2, 2))
    assert topic.as_json() == {"context.type": "", "context": []}


def test_closing_another_report_leaves_the_current_one() -> None:
    topic = Topic()
    topic.publish(opening(1))
    topic.publish(opening(2, 1))
    topic.publish(closing(1, 2))
    assert topic.current is not None
    assert topic.current.opened.subject_id == "r2"


def test_an_update_moves_the_version_and_names_the_one_before() -> None:
    topic = Topic()
    first = published(topic, opening(1))
    event = published(topic, update(1, first.version, put(observation("o1"))))
    assert event.prior == first.version
    assert event.version == topic.as_json()["context.versionId"] != first.version
    assert content(topic) == {"o1": observation("o1")}


def test_an_update_of_an_older_version_changes_nothing() -> None:
    topic = Topic()
    first = published(topic, opening(1))
    topic.publish(update(1, first.version, put(observation("o1"))))
    before = topic.as_json()
    with pytest.raises(Conflict, match="versionId"):
        topic.publish(update(1, first.version, put(observation("o2"))))
    assert topic.as_json() == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"request": {"method": "PATCH"}, "resource": observation("o2")},
        {"request": {"method": "PUT"}},
        {"request": {"method": "DELETE"}},
        put(observation("o1", "again")),
        {"request": {"method": "DELETE"}, "fullUrl": "ImagingStudy/s1"},
        {"request": {"method": "DELETE"}, "fullUrl": "urn:uuid:p1"},
        put({**report_context(1, accession="A9")[0]["resource"]}),
        put({**report_context(1, mrn="SYN9")[1]["resource"]}),
        put({**report_context(1, uid="1.2.9")[2]["resource"]}),
    ],
)
def test_one_wrong_entry_refuses_the_whole_update(wrong: Json) -> None:
    topic = Topic()
    first = published(topic, opening(1))
    before = topic.as_json()
    with pytest.raises(Rejected):
        topic.publish(update(1, first.version, put(observation("o1")), wrong))
    assert topic.as_json() == before


def test_resources_are_replaced_and_deleted() -> None:
    topic = Topic()
    version = published(topic, opening(1)).version
    two = (put(observation("o1")), put(observation("o2"), "POST"))
    version = published(topic, update(1, version, *two)).version
    gone = {"request": {"method": "DELETE"}, "fullUrl": "Observation/o2"}
    topic.publish(update(1, version, put(observation("o1", "Mass")), gone))
    assert content(topic) == {"o1": observation("o1", "Mass")}


def test_the_status_of_the_report_is_an_update_like_any_other() -> None:
    topic = Topic()
    version = published(topic, opening(1)).version
    final = {**report_context(1)[0]["resource"], "status": "final"}
    topic.publish(update(1, version, put(final)))
    assert topic.as_json()["context"][0]["resource"]["status"] == "unknown"
    assert content(topic)["r1"]["status"] == "final"


def test_a_report_that_is_opened_again_has_its_content_still() -> None:
    topic = Topic()
    version = published(topic, opening(1)).version
    topic.publish(update(1, version, put(observation("o1"))))
    topic.publish(opening(2, 2))
    topic.publish(opening(1, 3))
    assert list(content(topic)) == ["o1"]


def test_the_same_event_again_is_broadcast_only_while_it_is_current() -> None:
    topic = Topic()
    event = opening(1)
    topic.publish(event)
    again = topic.publish(event)
    assert again is not None
    assert again.id == event.id
    topic.publish(opening(2, 1))
    assert topic.publish(event) is None
    assert topic.current is not None
    assert topic.current.opened.subject_id == "r2"


def test_an_event_sent_again_after_a_newer_one_is_superseded() -> None:
    """2.6: a resend has the original timestamp, so that it cannot bring an old patient back."""
    topic = Topic()
    old = opening(1)
    topic.publish(old)
    topic.publish(opening(2, 1))
    with pytest.raises(Conflict, match="superseded"):
        topic.publish(old.again())
    topic.publish(closing(2, 2))
    topic.publish(closing(1, 3))
    with pytest.raises(Conflict, match="superseded"):
        topic.publish(old.again())


def test_a_peer_whose_clock_is_slow_still_changes_the_context() -> None:
    topic = Topic()
    topic.publish(opening(1, 100))
    event = published(topic, opening(2, 0))
    assert event.moment > at(100)
    assert topic.current is not None
    assert topic.current.opened.subject_id == "r2"


def test_what_is_open_is_replayed_once_a_type() -> None:
    topic = Topic()
    topic.publish(opening(1))
    topic.publish(opening(2, 1))
    assert [each.subject_id for each in topic.still_open()] == ["r2"]


def test_bounds() -> None:
    topic = Topic()
    for number in range(MOST_CONTEXTS + 1):
        version = published(topic, opening(number, number)).version
    with pytest.raises(Conflict, match="not open"):
        topic.publish(update(0, "", put(observation("o1"))))
    many = [put(observation(f"o{number}")) for number in range(MOST_ENTRIES + 1)]
    with pytest.raises(TooLarge):
        topic.publish(update(MOST_CONTEXTS, version, *many))


def test_a_report_needs_its_patient_and_by_ira_its_study() -> None:
    event = opening(1)
    with pytest.raises(Rejected, match="patient"):
        Topic().publish(replace(event, context=event.context[:1]))
    with pytest.raises(Rejected, match="id"):
        Topic().publish(replace(event, context=event.context[1:]))
    assert Topic().publish(replace(event, context=event.context[:2]))
    with pytest.raises(Rejected, match="study"):
        Topic(strict=True).publish(replace(event, context=event.context[:2]))


def test_by_ira_an_update_must_name_the_version() -> None:
    for strict in (False, True):
        topic = Topic(strict=strict)
        topic.publish(opening(1))
        if strict:
            with pytest.raises(Conflict):
                topic.publish(update(1, "", put(observation("o1"))))
        else:
            assert topic.publish(update(1, "", put(observation("o1"))))
