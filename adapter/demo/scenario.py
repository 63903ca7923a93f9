"""Four studies from order to signed report, as an EHR, a reporting system and a person see them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapter.demo.processes import Event
from adapter.demo.site import Site, asked
from adapter.errors import ReadoutError

Json = dict[str, Any]

_DATA = Path(__file__).resolve().parent.parent / "demo_data"
_PATIENCE_S = 120.0
_LOOK_S = 0.005
_PERSON = {"id": "1001", "family": "Demo", "given": "Rhea"}
_PROTOCOLS = {"ris": "mllp", "ehr": "fhir"}


@dataclass(frozen=True)
class DemoStudy:
    """One study of the story; its order, audio and AI findings lie in demo_data by accession."""

    accession: str
    about: str
    order: str
    addendum: str = ""

    @property
    def ordered_by(self) -> str:
        """The protocol of its order."""
        return "fhir" if self.order.endswith(".json") else "hl7v2"


STUDIES = (
    DemoStudy("DEMO-CXR-1", "Chest radiograph, normal", "DEMO-CXR-1.hl7"),
    DemoStudy(
        "DEMO-CXR-2",
        "Chest radiograph: the dictation says right, the AI model says left",
        "DEMO-CXR-2.hl7",
    ),
    DemoStudy(
        "DEMO-CTH-3",
        "CT head: a critical finding that only the AI model reports",
        "DEMO-CTH-3.hl7",
        addendum="Right subdural hematoma, 8 mm, confirmed on second look. "
        "Discussed with the emergency department by telephone.",
    ),
    DemoStudy("DEMO-CTA-4", "CT abdomen with measurements, ordered by FHIR", "DEMO-CTA-4.json"),
)


@dataclass
class Told:
    """What came of one study: the values of interface.md, ready for JSON."""

    study: DemoStudy
    transcript: Json = field(default_factory=dict)
    report: Json = field(default_factory=dict)
    deliveries: list[Json] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> Json:
        """The object of one study in `readout demo --json`."""
        return {
            "accession": self.study.accession,
            "about": self.study.about,
            "ordered_by": self.study.ordered_by,
            "transcript": self.transcript,
            "report": self.report,
            "deliveries": self.deliveries,
            "seconds": self.seconds,
        }


class Story:
    """Plays the studies on a running site; `step` is told what happens now."""

    def __init__(self, site: Site, step: Callable[[str], None]) -> None:
        self._site = site
        self._step = step

    def play(self) -> Iterator[Told]:
        """Each study once both destinations have acknowledged its reports; raises ReadoutError."""
        told = [Told(study) for study in STUDIES]
        for each in told:
            self._order(each)
        for each in told:
            self._findings(each.study)
        for each in told:
            self._dictate(each)
            self._sign(each)
            if each.study.addendum:
                self._add(each)
            yield each

    def _order(self, told: Told) -> None:
        study, site = told.study, self._site
        self._step(f"{study.accession}: the EHR orders by {study.ordered_by}")
        http, mllp = f"{site.service.http_url}/fhir/ServiceRequest", site.service.mllp_port
        to = http if study.ordered_by == "fhir" else f"127.0.0.1:{mllp}"
        site.ehr.say(order=str(_DATA / "orders" / study.order), to=to)
        ordered = site.ehr.wait_for(
            lambda event: event["event"] == "ordered" and event["file"] == study.order,
            _PATIENCE_S,
            f"the answer to the order of {study.accession}",
        )
        if ordered["answer"] not in ("AA", "CA", "201"):
            reason = f"{ordered['answer']} {ordered['text']}"
            raise ReadoutError(f"the order of {study.accession} was answered {reason}")
        self._listed(study)
        told.seconds["order_to_listed"] = round(time.time() - ordered["sent_at"], 3)

    def _listed(self, study: DemoStudy) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while self._site.http.get(f"/api/studies/{study.accession}").status_code != 200:
            if time.monotonic() > deadline:
                raise ReadoutError(
                    f"{study.accession} is not listed {_PATIENCE_S:g} s after its order"
                )
            time.sleep(_LOOK_S)

    def _findings(self, study: DemoStudy) -> None:
        file = _DATA / "ai" / f"{study.accession}.json"
        if file.exists():
            self._step(f"{study.accession}: an AI model posts draft findings")
            headers = {"Content-Type": "application/json"}
            self._post(study, "ai-findings", content=file.read_bytes(), headers=headers)

    def _dictate(self, told: Told) -> None:
        study = told.study
        self._step(f"{study.accession}: dictated; heard, merged and sent")
        audio = (_DATA / "audio" / f"{study.accession}.wav").read_bytes()
        posted_at = time.time()
        self._post(study, "dictations", content=audio, headers={"Content-Type": "audio/wav"})
        arrived = self._arrive(told, "preliminary")
        told.seconds["dictation_to_acknowledged"] = round(arrived - posted_at, 3)
        detail = asked(self._site.http.get(f"/api/studies/{study.accession}"))
        told.transcript = {name: detail["transcripts"][0][name] for name in ("text", "words")}
        told.report = asked(self._site.http.get(f"/api/studies/{study.accession}/report"))

    def _sign(self, told: Told) -> None:
        if standing := _blockers(told.report):
            self._clear(told.study, standing)
        self._step(f"{told.study.accession}: signed")
        self._post(told.study, "report/sign", json={"person": _PERSON})
        self._arrive(told, "final")

    def _clear(self, study: DemoStudy, standing: list[Json]) -> None:
        """Look at what stands in the way of the signature: the dictation holds."""
        self._step(f"{study.accession}: {len(standing)} blockers seen, put aside with a reason")
        reason = "seen; the dictation holds"
        for each in standing:
            asked_for = {"person": _PERSON, "target": each["id"], "reason": reason}
            self._post(study, "report/dismiss", json=asked_for)
        deadline, address = time.monotonic() + _PATIENCE_S, f"/api/studies/{study.accession}/report"
        while _blockers(asked(self._site.http.get(address))):
            if time.monotonic() > deadline:
                raise ReadoutError(f"{study.accession}: its blockers stand after {_PATIENCE_S:g} s")
            time.sleep(_LOOK_S)

    def _add(self, told: Told) -> None:
        self._step(f"{told.study.accession}: an addendum is added")
        text = told.study.addendum
        self._post(told.study, "report/addendum", json={"person": _PERSON, "text": text})
        self._arrive(told, "addendum")

    def _arrive(self, told: Told, kind: str) -> float:
        """Wait until both destinations have it; returns the moment the later one answered."""
        accession, moments = told.study.accession, []
        for name, peer in (("ris", self._site.ris), ("ehr", self._site.ehr)):
            event = peer.wait_for(_received(accession, kind), _PATIENCE_S, f"{kind} of {accession}")
            moments.append(event["at"])
            told.deliveries.append(_delivery(name, event))
        return float(max(moments))

    def _post(self, study: DemoStudy, what: str, **request: Any) -> None:
        asked(self._site.http.post(f"/api/studies/{study.accession}/{what}", **request))


def _blockers(report: Json) -> list[Json]:
    alerts = (each for each in report["flags"] if each["severity"] == "alert")
    return [each for each in alerts if not each.get("dismissed")]


def _received(accession: str, kind: str) -> Callable[[Event], bool]:
    def wanted(event: Event) -> bool:
        return (event["event"], event.get("accession"), event.get("kind")) == (
            "received",
            accession,
            kind,
        )

    return wanted


def _delivery(destination: str, event: Event) -> Json:
    told = {name: event[name] for name in ("kind", "control_id", "answer", "body")}
    return {"destination": destination, "protocol": _PROTOCOLS[destination], **told}
