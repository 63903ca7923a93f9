"""Documents that replace each other, and their replay from what is stored."""

from __future__ import annotations

from pathlib import Path

from adapter.hl7v2.message import Message
from adapter.links import translate
from adapter.mapping.destinations import DestinationProfile
from adapter.mapping.files import MappingFile
from adapter.workflow.replay import replay
from adapter.workflow.study_flow import Route
from tests.fakes.house import DR_GRAY, Workflow

_ARCHIVE = b"""
name: archive
protocol: mllp
mllp: {port: 1, message_type: MDM^T02^MDM_T02, layout: none, pdf: {}}
"""


def test_each_document_names_the_one_that_it_replaces_and_can_be_rebuilt(
    workflow: Workflow,
) -> None:
    file = MappingFile("destinations/archive.yaml", Path("archive.yaml"), _ARCHIVE)
    profile = file.read(DestinationProfile)
    route = Route(profile, file, lambda message: translate(profile, message), workflow.ris)
    workflow.house.routes.clear()  # type: ignore[attr-defined]
    workflow.house.routes["archive"] = route  # type: ignore[index]
    workflow.order("A1")
    workflow.dictate("A1", "no pneumothorax period")
    workflow.sign_off.sign("A1", DR_GRAY)
    workflow.sign_off.addendum("A1", DR_GRAY, "Compared with 2024.", None)
    workflow.jobs.run()
    sent = [Message.parse(each.body) for each in workflow.ris.received]
    assert [each.header.type for each in sent] == ["MDM^T02", "MDM^T10", "MDM^T10"]
    numbers = [each.first("TXA").text(12) for each in sent]
    assert numbers == [each.header.control_id for each in sent]
    assert [each.first("TXA").text(13) for each in sent] == ["", *numbers[:-1]]
    results = replay(workflow.database, "A1", translate)
    assert len(results) == 6
    assert all(each.same for each in results)
