"""A house in the middle of its day: a worklist, a study for each state of a report, two weeks of
figures, queues with something in each. All patients and findings are synthetic."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from adapter.dicom.dicomweb import Picture
from adapter.domain.feed import FeedState
from adapter.domain.finding import Evidence
from adapter.domain.identifiers import Phi
from adapter.domain.link_security import CertificateExpiry
from adapter.domain.order import Code, OrderAction, OrderStatus, Priority, Side
from adapter.domain.people import Patient, Practitioner, Sex
from adapter.domain.study import ReportStatus
from adapter.domain.transcript import Word
from adapter.mapping.ai_monitoring import AiMonitoring
from adapter.mapping.plain_words import PatientSummary
from adapter.ports import Recognized, SpeechContext
from adapter.store import ai_ledger, studies
from adapter.web.callers import COOKIE
from adapter.workflow.ai_watch import AiWatch
from adapter.workflow.review import take_lock
from tests.bench.ledger import rows
from tests.fakes.destination import HOLD
from tests.fakes.house import DR_GRAY, ROLES
from tests.web.conftest import MarkedRecognizer, Site

RESIDENT = Practitioner("77", "Young", "Rae")
SPOKEN = (
    "there is a small right pneumothorax? period the heart is normal in size period small left "
    "pleural effusion period otherwise normal period impression colon small right pneumothorax "
    "period"
)
_EXAMS = (
    ("CR", "XRCH2", "Chest radiograph, two views"), ("CT", "CTHD", "CT head without contrast"),
    ("MR", "MRKN", "MR knee without contrast"), ("US", "USAB", "Ultrasound abdomen complete"),
    ("CT", "CTAP", "CT abdomen and pelvis with intravenous contrast"),
)  # fmt: skip
_NAMES = ("Abara", "Berg", "Castell", "Dvorak", "Ekwueme", "Fontaine", "Gruber", "Haddad",
          "Featherstonehaugh-Montgomery")  # fmt: skip
_GIVEN = ("Ada", "Bela", "Cyril", "Dana", "Emil", "Farah")
_FINDINGS: tuple[dict[str, Any], ...] = (
    {"id": "a1", "text": "Left pneumothorax.", "finding": "pneumothorax", "side": "left",
     "model": "chest-triage", "version": "2.1", "probability": 0.91,
     "evidence": [{"study_uid": "1.2", "series_uid": "1.2.3", "sop_uid": "1.2.3.4",
                   "box": [0.55, 0.12, 0.85, 0.4]}]},
    {"id": "a2", "text": "8 mm nodule in the right upper lobe.", "finding": "lung_nodule",
     "side": "right", "model": "chest-triage", "version": "2.1", "probability": 0.64},
)  # fmt: skip


class DoubtfulRecognizer(MarkedRecognizer):
    """A word with a question mark was heard with doubt."""

    def recognize(self, audio: Path, context: SpeechContext) -> Recognized:
        heard = super().recognize(audio, context)
        words = tuple(
            Word(w.text.rstrip("?"), w.start_ms, w.end_ms, 0.31 if w.text.endswith("?") else 0.95)
            for w in heard.words
        )
        return Recognized(words, heard.language, heard.duration_ms, heard.model)


class Archive:
    """Has one radiograph, drawn."""

    async def rendered(self, _: Evidence) -> Picture:
        image = Image.new("L", (480, 480), 12)
        draw = ImageDraw.Draw(image)
        draw.ellipse((60, 40, 225, 420), fill=70)
        draw.ellipse((255, 40, 420, 420), fill=70)
        draw.rectangle((222, 20, 258, 460), fill=190)
        kept = io.BytesIO()
        image.save(kept, "png")
        return Picture(kept.getvalue(), "image/png")


class Scenery:
    """Fills a house; what is made is found at its accession."""

    def __init__(self, site: Site) -> None:
        self.site, self.work = site, site.workflow
        self._chance = random.Random(8)
        site.parts.summaries.rules = PatientSummary(offered=True)

    def fill(self) -> None:
        """Two weeks up to now, then everything that stands open today."""
        self.work.clock.moment = datetime.now(UTC) - timedelta(days=14)
        self._fortnight()
        self._models()
        self._today()
        self._reports()
        self._queues()

    def order(self, accession: str, exam: int = 0, **values: Any) -> None:
        """An order of a patient who is somebody else for each accession."""
        modality, code, words = _EXAMS[exam]
        number = self._chance.randrange(1000, 9999)
        patient = Patient(
            Phi(f"SYN{number}"), self._chance.choice(("NORTH", "SOUTH")),
            Phi(self._chance.choice(_NAMES)), Phi(self._chance.choice(_GIVEN)), Phi("19610214"),
            sex=Sex.FEMALE,
        )  # fmt: skip
        at = self.work.clock.now().strftime("%Y%m%d%H%M%S")
        known = {"patient": patient, "modality": modality, "procedure": Code(code, words),
                 "scheduled_at": at, "reason": Phi("Cough and fever for three days")}  # fmt: skip
        self.work.order(accession, **(known | values))

    def post(self, accession: str, what: str, **body: Any) -> None:
        """An act of the radiologist, and what follows of it."""
        answer = self.site.client.post(f"/api/studies/{accession}/{what}", json=body)
        assert answer.is_success, (what, answer.text)
        self.work.jobs.run()

    def sign(self, accession: str) -> None:
        """Clear what stands in the way, and sign."""
        self.work.clear(accession)
        person = {"id": DR_GRAY.id, "family": DR_GRAY.family, "given": DR_GRAY.given}
        self.post(accession, "report/sign", person=person)

    def _fortnight(self) -> None:
        """Signed studies of two weeks, for the figures of turnaround and checks."""
        for number in range(90):
            self.order(f"T{number}", number % 5, priority=tuple(Priority)[number % 4])
            if number % 9 == 0:
                self._reported(f"T{number}")
            else:
                self.work.clock.forward(60 * (20 + number * 7 % 200))
                with self.work.database.write() as tx:
                    at = self.work.house.now()
                    studies.change(tx, f"T{number}", at, report_status=ReportStatus.FINAL)
            self.work.clock.forward(3600 * 3)
        self.work.clock.moment = datetime.now(UTC) - timedelta(hours=9)

    def _reported(self, accession: str) -> None:
        self._renewed()
        self.post(accession, "ai-findings", findings=list(_FINDINGS))
        self.site.dictate(accession, SPOKEN)
        self.work.clock.forward(60 * 33)
        self.sign(accession)

    def _renewed(self) -> None:
        """A session does not outlive hours in which nobody acts."""
        desk = self.site.parts.sign_in
        session, _ = desk.redeem(desk.new_code(DR_GRAY, ROLES))
        self.site.client.cookies.set(COOKIE, session)

    def _models(self) -> None:
        """Three months of findings judged, for the plots of the ledger."""
        rules, now = AiMonitoring(), self.work.clock.now()
        today = (now - datetime(2026, 1, 1, 8, tzinfo=UTC)).days
        watch = AiWatch(self.work.house, rules)
        for day in range(today - 75, today):
            with self.work.database.write() as tx:
                for made in rows(day, 12, rules):
                    ai_ledger.write(tx, made[0].accession, made)
        watch.look()

    def _today(self) -> None:
        """What waits in the list."""
        self._renewed()
        for number in range(26):
            priority = Priority.STAT if number in (4, 17) else tuple(Priority)[1 + number % 3]
            exam = number % 5
            side = Side.LEFT if _EXAMS[exam][0] == "MR" else None
            self.order(f"RA-{26000 + number}", exam, priority=priority, side=side)
            self.work.clock.forward(60 * 15)
        self._renewed()
        take_lock(self.work.house, "RA-26002", RESIDENT)

    def _reports(self) -> None:
        """A study in each state that the reporting page can show."""
        self._renewed()
        stat = {"priority": Priority.STAT}
        self.order("EMPTY")
        for each in ("CONFLICT", "SIGNED", "ADDENDED", "CORRECTED", "RETRACTED"):
            self.order(each, **stat)
            self.post(each, "ai-findings", findings=list(_FINDINGS))
            self.site.dictate(each, SPOKEN)
        for each in ("SIGNED", "ADDENDED", "CORRECTED", "RETRACTED"):
            self.sign(each)
        person = {"id": DR_GRAY.id, "family": DR_GRAY.family, "given": DR_GRAY.given}
        self.post("ADDENDED", "report/addendum", person=person, text="Compared with 2025: new.")
        self.post("RETRACTED", "report/retract", person=person, reason="wrong patient")
        self._corrected(person)
        self._reviewed(person)
        self.order("FIELDS", modality="MR", procedure=Code("MRPR", "MR prostate"),
                   patient=Patient(Phi("SYN77"), "NORTH", Phi("Demo"), Phi("John"),
                                   Phi("19550601"), sex=Sex.MALE))  # fmt: skip
        self.site.dictate("FIELDS", "the bladder is normal period")
        self._with_prior(person)
        self.order("LOCKED")
        self.site.dictate("LOCKED", SPOKEN)
        take_lock(self.work.house, "LOCKED", RESIDENT)
        self.site.dictate("NO-ORDER", "the heart is normal period")
        self.order("CANCELLED")
        self.work.order("CANCELLED", OrderAction.CANCEL, OrderStatus.CANCELLED)

    def _corrected(self, person: dict[str, str]) -> None:
        report = self.site.client.get("/api/studies/CORRECTED/report").json()
        target = report["sections"][0]["statements"][0]["id"]
        changes = {target: "The lungs are hazy."}
        self.post(
            "CORRECTED", "report/correct", person=person, version=report["version"], changes=changes
        )

    def _reviewed(self, person: dict[str, str]) -> None:
        for each in ("PENDING", "REJECTED", "WET"):
            self.order(each)
            self.site.dictate(each, "there is a small right pleural effusion period")
        review = self.work.review
        for each in ("PENDING", "REJECTED"):
            review.hand_over(each, RESIDENT, None, "Gray")
        review.hand_back("REJECTED", DR_GRAY, "Which side is the effusion on?")
        self.post("WET", "report/wet-read", person=person)

    def _with_prior(self, person: dict[str, str]) -> None:
        jane = Patient(Phi("SYN5"), "NORTH", Phi("Demo"), Phi("Jane"), Phi("19490301"),
                       sex=Sex.FEMALE)  # fmt: skip
        self.order("OLDER", patient=jane, scheduled_at="20250101080000")
        self.site.dictate(
            "OLDER", "4 mm nodule in the right lung period the heart is normal period"
        )
        self.sign("OLDER")
        self.order("PRIOR", patient=jane)
        self.site.dictate("PRIOR", "6 mm nodule in the right lung period")

    def _queues(self) -> None:
        """A message that was refused, one that is held, a feed that is silent, a certificate."""
        self.order("HELD")
        self.work.ris.script = [HOLD]
        self.site.dictate("HELD", "large tension pneumothorax on the right period")
        client = self.site.client
        fhir = {"Content-Type": "application/fhir+json"}
        good = {"resourceType": "ServiceRequest", "status": "active", "intent": "order",
                "identifier": [{"value": "F1"}], "subject": {"display": "Doe, Ann"}}  # fmt: skip
        for body in (good, good | {"identifier": []}):
            client.post("/fhir/ServiceRequest", content=json.dumps(body), headers=fhir)
        self.site.parts.intake.wake()
        now = self.work.house.now()
        self.site.feeds.append(FeedState("default", "RIS|NORTH", now, True, 7200))
        self.site.certificates.append(
            CertificateExpiry("listener north", "north.pem", "2026-12-03T00:00:00Z", 5e5, True)
        )


def chapters() -> Iterator[tuple[str, str]]:
    """Name and address of every page that needs nothing but to be opened."""
    for each in ("EMPTY", "CONFLICT", "SIGNED", "ADDENDED", "CORRECTED", "RETRACTED", "PENDING",
                 "REJECTED", "WET", "FIELDS", "PRIOR", "LOCKED", "NO-ORDER",
                 "CANCELLED"):  # fmt: skip
        yield f"report-{each.lower()}", f"/studies/{each}"
    queues = ("unread", "drafts", "pending-signature", "critical", "delivery-failed", "signed",
              "all")  # fmt: skip
    yield from ((f"worklist-{each}", f"/?queue={each}") for each in queues)
    for each in ("messages", "messages/1", "messages/2", "deliveries", "destinations", "audit",
                 "turnaround", "checks", "ai", "ai-sources", "ai/ledger", "system", "setup",
                 "setup/users", "setup/file?name=templates/xr_chest_2v.yaml", "help"):  # fmt: skip
        yield each.partition("?")[0].replace("/", "-"), f"/{each}"
    yield "error-404", "/no/such/page"
    yield "error-study", "/studies/NONE"
    yield "error-period", "/turnaround?since=2020-01-01&until=2019-01-01"
