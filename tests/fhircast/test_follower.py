"""A subscriber's view of one topic: each rule by itself, then all of them under a bad network."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import pytest

from adapter.fhircast.content import content_bundle
from adapter.fhircast.context import (
    Effect,
    Fetch,
    Follow,
    OutOfStep,
    Post,
    Refused,
    Selected,
    Shared,
)
from adapter.fhircast.event import Event, Json, new_id
from adapter.fhircast.follower import Follower, Rules
from adapter.fhircast.sync_error import sync_error
from tests.fhircast.samples import at, closing, observation, opening, put, report_context, update

T = TypeVar("T")


def ours(resource: Json) -> bool:
    return str(resource.get("id")).startswith("ours")


def follower(**rules: object) -> Follower:
    return Follower(Rules(is_ours=ours, **rules))  # type: ignore[arg-type]


def shown(effects: list[Effect]) -> list[str | None]:
    """Ids of the reports that the workspace is told to show."""
    return [
        each.context.id if each.context else None for each in effects if isinstance(each, Follow)
    ]


def of(kind: type[T], effects: list[Effect]) -> list[T]:
    return [each for each in effects if isinstance(each, kind)]


def current(number: int, version: str = "v", *resources: Json) -> Json:
    content = content_bundle({f"Observation/{each['id']}": each for each in resources}, "b")
    return {
        "context.type": "DiagnosticReport",
        "context.versionId": version,
        "context": [*report_context(number), {"key": "content", "resource": content}],
    }


def with_version(event: Event, version: str, prior: str = "") -> Event:
    return replace(event, version=version, prior=prior)


def test_an_open_is_followed_a_close_ends_it() -> None:
    one = follower()
    assert shown(one.receive(opening(1), at(0))) == ["r1"]
    assert shown(one.receive(closing(1, 1), at(1))) == [None]


def test_the_same_event_again_changes_nothing() -> None:
    one = follower()
    first = opening(1)
    one.receive(first, at(0))
    one.receive(opening(2, 1), at(1))
    assert one.receive(first, at(2)) == []


def test_an_older_event_is_ignored_and_the_hub_is_asked() -> None:
    one = follower(can_fetch=True)
    (fetch,) = of(Fetch, one.receive(opening(2, 5), at(5)))
    one.fetched(current(2), fetch.number, at(5))
    effects = one.receive(opening(1, 4), at(6))
    assert shown(effects) == []
    assert of(Fetch, effects)


def test_an_open_that_comes_after_its_close_does_not_bring_it_back() -> None:
    one = follower()
    one.receive(closing(1, 2), at(2))
    assert shown(one.receive(opening(1, 1), at(3)))[-1:] in ([], [None])
    assert one.target is None


def test_closing_another_report_is_not_closing_this_one() -> None:
    one = follower()
    one.receive(opening(1), at(0))
    assert shown(one.receive(closing(2, 1), at(1))) == []


def test_types_that_are_not_followed_change_nothing() -> None:
    one = follower()
    one.receive(opening(1), at(0))
    patient = {"key": "patient", "resource": report_context(2)[1]["resource"]}
    assert shown(one.receive(Event(new_id(), at(1), "t", "Patient-open", (patient,)), at(1))) == []
    both = follower(anchors=("DiagnosticReport", "Patient"))
    both.receive(opening(1), at(0))
    event = Event(new_id(), at(1), "t", "Patient-open", (patient,))
    assert shown(both.receive(event, at(1))) == ["p2"]


def test_an_update_in_its_place_is_applied_and_told() -> None:
    one = follower()
    one.receive(with_version(opening(1), "v1"), at(0))
    event = with_version(update(1, "", put(observation("o1"))), "v2", "v1")
    (shared,) = of(Shared, one.receive(event, at(1)))
    assert shared.change.put == {"Observation/o1": observation("o1")}
    assert shared.context.version == "v2"


def test_what_is_ours_is_not_told_to_us() -> None:
    one = follower()
    one.receive(with_version(opening(1), "v1"), at(0))
    event = with_version(update(1, "", put(observation("ours-1"))), "v2", "v1")
    assert not of(Shared, one.receive(event, at(1)))


def test_a_gap_in_the_versions_is_filled_by_the_current_context() -> None:
    one = follower()
    (fetch,) = of(Fetch, one.receive(with_version(opening(1), "v1"), at(0)))
    one.fetched(current(1, "v1"), fetch.number, at(0))
    effects = one.receive(with_version(update(1, "", put(observation("o3"))), "v3", "v2"), at(1))
    assert not of(Shared, effects)
    (fetch,) = of(Fetch, effects)
    answer = current(1, "v3", observation("o2"), observation("o3"))
    (shared,) = of(Shared, one.fetched(answer, fetch.number, at(2)))
    assert set(shared.change.put) == {"Observation/o2", "Observation/o3"}


def test_an_update_without_a_report_counts_where_the_hub_is_known_for_it() -> None:
    event = update(1, "", put(observation("o1"), "POST"))
    bare = replace(event, context=event.context[1:])
    for allowed in (False, True):
        one = follower(update_without_report=allowed)
        one.receive(opening(1), at(0))
        assert bool(of(Shared, one.receive(bare, at(1)))) == allowed


def test_an_answer_that_an_event_has_overtaken_is_asked_for_again() -> None:
    one = follower()
    (fetch,) = of(Fetch, one.receive(opening(1), at(0)))
    one.receive(opening(2, 1), at(1))
    effects = one.fetched(current(1), fetch.number, at(2))
    assert shown(effects) == []
    assert of(Fetch, effects)


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (current(2), "r2"),
        (report_context(2), "r2"),  # the bare array of the sandbox
        ({"context.type": "", "context": []}, None),
        ({}, None),
        ("", "r1"),
        ([{"key": "report", "reference": {"reference": "DiagnosticReport/r1"}}], "r1"),
        ({"context.type": "Patient", "context": report_context(2)[1:2]}, "r1"),
        ({"context": "x"}, "r1"),
    ],
)
def test_answers_of_hubs_about_the_current_context(answer: object, wanted: str | None) -> None:
    one = follower()
    (fetch,) = of(Fetch, one.receive(opening(1), at(0)))
    one.fetched(answer, fetch.number, at(1))
    assert (one.target and one.target.id) == wanted


def test_our_open_shows_at_once_and_its_echo_confirms_it() -> None:
    one = follower()
    event = opening(1)
    effects = one.publish(event, at(0))
    assert shown(effects) == ["r1"]
    (post,) = of(Post, effects)
    one.answered(post.event.id, 202, at(1))
    assert set(shown(one.receive(with_version(post.event, "v1"), at(2)))) <= {"r1"}
    assert one.hub is not None
    assert one.hub.version == "v1"


def test_an_older_open_of_somebody_does_not_take_the_place_of_ours() -> None:
    one = follower()
    one.publish(opening(1), at(5))
    assert set(shown(one.receive(opening(2, 4), at(6)))) <= {"r1"}


def test_a_newer_open_of_somebody_does_and_ours_is_not_sent_again() -> None:
    one = follower()
    (post,) = of(Post, one.publish(opening(1), at(5)))
    one.answered(post.event.id, None, at(6))
    assert shown(one.receive(opening(2, 7), at(7))) == ["r2"]
    assert not of(Post, one.tick(at(60)))


def test_what_the_hub_refuses_is_taken_back() -> None:
    one = follower()
    one.receive(opening(1), at(0))
    (post,) = of(Post, one.publish(opening(2), at(1)))
    effects = one.answered(post.event.id, 409, at(2), "busy")
    assert shown(effects) == ["r1"]
    assert of(Refused, effects)[0].reason == "busy"


@pytest.mark.parametrize(("status", "same_id"), [(None, True), (503, False)])
def test_a_request_without_success_is_repeated(status: int | None, same_id: bool) -> None:
    """RAD-148: the same id where no answer came, a new one where an error was answered."""
    one = follower()
    (post,) = of(Post, one.publish(opening(1), at(0)))
    assert not of(Post, one.answered(post.event.id, status, at(0)))
    (again,) = of(Post, one.tick(at(1)))
    assert (again.event.id == post.event.id) == same_id
    assert again.event.moment == post.event.moment


def test_changes_are_sent_in_order() -> None:
    one = follower()
    (first,) = of(Post, one.publish(opening(1), at(0)))
    assert not of(Post, one.publish(closing(1), at(1)))
    assert of(Post, one.answered(first.event.id, 202, at(2)))[0].event.action == "close"


def test_a_sync_error_about_ours_sends_it_again_after_a_while_and_not_for_ever() -> None:
    one = follower(resends=2)
    (post,) = of(Post, one.publish(opening(1), at(0)))
    clock = 0.0
    for resent in range(3):
        one.answered(post.event.id, 202, at(clock))
        one.receive(post.event, at(clock))
        error = sync_error(post.event, "Viewer", "busy", at(clock))
        effects = one.receive(error, at(clock))
        assert of(OutOfStep, effects)[0].about.subscriber == "Viewer"
        assert not of(Post, one.tick(at(clock + 9)))
        clock += 10
        posts = of(Post, one.tick(at(clock)))
        assert len(posts) == (1 if resent < 2 else 0)
        if posts:
            assert posts[0].event.moment == post.event.moment
            assert posts[0].event.id != post.event.id
            post = posts[0]


def test_a_sync_error_instead_of_the_broadcast_refuses_ours() -> None:
    one = follower()
    (post,) = of(Post, one.publish(opening(1), at(0)))
    one.answered(post.event.id, 202, at(0))
    effects = one.receive(sync_error(post.event, "Hub", "no", at(1)), at(1))
    assert of(Refused, effects)
    assert shown(effects) == [None]


def test_what_is_accepted_but_never_broadcast_is_asked_for_or_assumed() -> None:
    for can_fetch in (True, False):
        one = follower(can_fetch=can_fetch)
        (post,) = of(Post, one.publish(opening(1), at(0)))
        one.answered(post.event.id, 202, at(0))
        effects = one.tick(at(11))
        assert bool(of(Fetch, effects)) == can_fetch
        assert (one.hub is not None) == (not can_fetch)


def test_our_content_is_shared_as_the_difference() -> None:
    one = follower(can_fetch=False)
    one.receive(with_version(opening(1), "v1"), at(0))
    wanted = {"Observation/ours-1": observation("ours-1")}
    (post,) = of(Post, one.share(wanted, at(1)))
    assert post.event.version == "v1"
    assert not one.share(wanted, at(1))  # one at a time
    one.answered(post.event.id, 202, at(1))
    one.receive(with_version(replace(post.event, topic="t"), "v2", "v1"), at(2))
    assert not one.share(wanted, at(3))
    (post,) = of(Post, one.share({}, at(4)))
    entries = post.event.resource("updates")["entry"]
    assert [each["request"]["method"] for each in entries] == ["DELETE"]
    assert post.event.version == "v2"


def test_content_of_others_is_never_deleted_by_us() -> None:
    one = follower(can_fetch=False)
    one.receive(opening(1), at(0))
    one.receive(update(1, "", put(observation("theirs"))), at(1))
    assert not one.share({}, at(2))


def test_a_refused_update_is_made_anew_on_what_the_hub_has() -> None:
    one = follower()
    (fetch,) = of(Fetch, one.receive(with_version(opening(1), "v1"), at(0)))
    one.fetched(current(1, "v1"), fetch.number, at(0))
    wanted = {"Observation/ours-1": observation("ours-1")}
    (post,) = of(Post, one.share(wanted, at(1)))
    (fetch,) = of(Fetch, one.answered(post.event.id, 409, at(2)))
    one.fetched(current(1, "v5"), fetch.number, at(3))
    assert not one.share(wanted, at(4))  # not at once: it may be refused for ever
    (post,) = of(Post, one.share(wanted, at(10)))
    assert post.event.version == "v5"


def test_a_select_is_told_with_the_names_of_its_resources() -> None:
    one = follower()
    one.receive(opening(1), at(0))
    for references, names in ((["http://x/Observation/o1"], ("Observation/o1",)), ([], ())):
        context: list[Json] = [
            {"key": "report", "reference": {"reference": "DiagnosticReport/r1"}},
            *({"key": "select", "reference": {"reference": each}} for each in references),
        ]
        event = Event(new_id(), at(1), "t", "DiagnosticReport-select", tuple(context))
        assert [each.names for each in of(Selected, one.receive(event, at(1)))] == [names]


def test_a_new_connection_asks_for_what_was_missed() -> None:
    one = follower()
    (fetch,) = of(Fetch, one.joined(at(0)))
    assert shown(one.fetched(current(1), fetch.number, at(1))) == ["r1"]
    (fetch,) = of(Fetch, one.joined(at(60)))
    assert shown(one.fetched({"context.type": "", "context": []}, fetch.number, at(61))) == [None]


def test_the_current_context_is_looked_at_now_and_then() -> None:
    one = follower(refetch_after=60.0)
    (fetch,) = of(Fetch, one.joined(at(0)))
    one.fetched(current(1), fetch.number, at(1))
    assert not of(Fetch, one.tick(at(30)))
    assert of(Fetch, one.tick(at(61)))
    assert isinstance(at(0), datetime)
