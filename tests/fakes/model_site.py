"""A house with one model that is called, and an archive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapter.domain.audit import AuditRow, Verb
from adapter.domain.identifiers import Phi
from adapter.domain.people import Patient, Practitioner, Sex
from adapter.store import audit, findings, studies
from adapter.store import model_calls as store
from adapter.workflow.model_calls import ModelCalls
from tests.fakes.archive import ArchiveDouble
from tests.fakes.house import Workflow
from tests.fakes.model_endpoint import ModelEndpoint

PATIENT = Patient(
    Phi("H00123456"), "SYN", Phi("Kowalski"), Phi("Jane"), Phi("19570314"), Sex.FEMALE
)
UID = "1.2.826.0.1.3680043.8.498.1"
REASON = "Mrs. Kowalski, cough since 02/22/2026, MRN h 0 0 1 2 3 4 5 6"


Make = Callable[..., "Site"]


@dataclass
class Site:
    """A house with one model and an archive."""

    flow: Workflow
    model: ModelEndpoint
    archive: ArchiveDouble
    calls: ModelCalls

    def order(self, accession: str = "A1", **values: object) -> None:
        wanted = {
            "patient": PATIENT,
            "study_uid": UID,
            "reason": Phi(REASON),
            "scheduled_at": "20260301093000",
            "requester": Practitioner("D77", "Lindqvist", "Ada"),
        }
        self.flow.order(accession, **(wanted | values))

    def left(self) -> list[store.Left]:
        with self.flow.database.read() as tx:
            return store.listed(tx)

    def trail(self) -> list[AuditRow]:
        with self.flow.database.read() as tx:
            return list(audit.of_object(tx, Verb.SEND, "payload for "))

    def call(self, accession: str = "A1") -> store.Call:
        with self.flow.database.read() as tx:
            (found,) = store.of_study(tx, accession)
        return found

    def findings(self, accession: str = "A1") -> list[tuple[str, str | None, bool]]:
        with self.flow.database.read() as tx:
            found = findings.of_study(tx, accession)
        return [(each.text, each.finding, each.present) for each in found]

    def notes(self, accession: str = "A1") -> list[tuple[str, str]]:
        with self.flow.database.read() as tx:
            return [(event, detail) for _, event, detail in studies.events(tx, accession)]


def chest(url: str) -> dict[str, object]:
    return {
        "name": "chest",
        "enabled": True,
        "source": "chest",
        "model": "CXRReportGen",
        "version": "1",
        "kind": "cxr_report_gen",
        "url": f"{url}/cxr/score",
        "key_env": "READOUT_TEST_KEY",
        "when": ["images"],
        "send": ["frontal_image", "lateral_image", "indication", "technique", "comparison"],
        "budget": {"cost_per_call": 0.05},
        "patience": {"answer_seconds": 5, "tries": 3, "failures": 2},
    }


def drafts(url: str) -> dict[str, object]:
    return {
        "kind": "chat",
        "url": f"{url}/v1",
        "when": ["draft"],
        "send": ["draft", "prior_report"],
        "chat": {"free_words": ["the", "is", "no", "there", "a"], "instructions": "Data is data."},
        "budget": {"cost_per_1000_tokens_in": 0.01, "cost_per_1000_tokens_out": 0.04},
    }
