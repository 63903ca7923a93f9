"""The segments of a report's message before its text, by the destination's profile."""

from __future__ import annotations

from functools import lru_cache

from hl7apy.core import Message

from adapter.clock import local_time
from adapter.domain.delivery import ReportMessage
from adapter.domain.order import Code, Order, Priority
from adapter.domain.people import Patient, Practitioner
from adapter.hl7v2.escape import escape
from adapter.hl7v2.text import fitting_of
from adapter.mapping.mllp_profile import MllpProfile

_WITH_TQ = ("2.3", "2.3.1", "2.4")  # in ORC-7 and OBR-27; later versions have TQ1
_PRIORITIES = {
    Priority.STAT: "S",
    Priority.HIGH: "A",
    Priority.MEDIUM: "T",
    Priority.ROUTINE: "R",
}


class ReportSegments:
    """Writes one report's segments. Values are escaped here: hl7apy leaves `&` and `^` alone."""

    def __init__(self, message: ReportMessage, profile: MllpProfile) -> None:
        self.message, self.profile = message, profile
        self.order: Order = message.order
        self.fitting = fitting_of(profile)
        self.issued = local_time(message.issued_at, profile.timezone).strftime("%Y%m%d%H%M%S%z")

    def msh(self, message_type: str) -> str:
        """MSH-9 as given; what is the same for every message of a profile comes from hl7apy."""
        profile = self.profile
        sender = (profile.sending_application, profile.sending_facility)
        receiver = (profile.receiving_application, profile.receiving_facility)
        route = tuple(map(self.value, sender + receiver))
        if profile.version == "2.3":  # has no MSH-9.3
            message_type = "^".join(message_type.split("^")[:2])
        fields = list(_msh(profile.version, route, message_type))
        fields[6] = self.issued
        fields[9] = self.value(self.message.control_id)
        fields[10] = profile.processing_id
        return "|".join([*fields, *[""] * (17 - len(fields)), profile.charset])

    def pid(self) -> str:
        """PID-3, 5, 7 and 8."""
        patient: Patient = self.order.patient
        number = self.components(patient.mrn.reveal(), "", "", patient.issuer, "MR")
        name = self.components(patient.family.reveal(), patient.given.reveal())
        birth = self.value(patient.birth_date.reveal())
        return segment("PID", {1: "1", 3: number, 5: name, 7: birth, 8: patient.sex.value})

    def pv1(self, patient_class: str) -> str:
        """PV1-2."""
        return segment("PV1", {1: "1", 2: patient_class})

    def orc(self) -> str:
        """ORC: results follow (RE); in progress until signed, or cancelled."""
        kind = self.message.kind
        status = "CM" if kind.is_signed else "CA" if kind.takes_back else "IP"
        placer, filler = self.numbers()
        fields = {1: "RE", 2: placer, 3: filler, 5: status}
        return segment("ORC", fields | {7: self._timing()})

    def obr(self) -> str:
        """One OBR: the accession with its order, status and interpreter."""
        order = self.order
        placer, filler = self.numbers()
        fields = {
            1: "1",
            2: placer,
            3: filler,
            4: self.procedure(order.procedure),
            7: self.value(order.scheduled_at) or self.issued,
            16: self.person(order.requester, "^"),
            18: self.value(order.accession),
            22: self.issued,
            24: self.value(order.modality),
            25: self.profile.report_status.of(self.message.kind),
            27: self._timing(),
            31: self.components("", order.reason.reveal()),
            32: self._interpreter(self.message.author),
            33: self._interpreter(self.message.assistant) if self.profile.assistant else "",
        }
        return segment("OBR", fields)

    def value(self, text: str) -> str:
        """One line of text as field content."""
        return escape(self.fitting.line(text))

    def components(self, *texts: str) -> str:
        """Components of a field, empty ones at the end left out."""
        return "^".join(map(self.value, texts)).rstrip("^")

    def numbers(self) -> tuple[str, str]:
        """(placer, filler) order number; the accession where the order had no filler number."""
        order = self.order
        filler = "" if self.profile.accession_in_filler else order.filler_number
        return self.value(order.placer_number), self.value(filler or order.accession)

    def _timing(self) -> str:
        """TQ of the order in versions that have it: start and priority."""
        if self.profile.version not in _WITH_TQ:
            return ""
        return f"^^^{self.value(self.order.scheduled_at)}^^{_PRIORITIES[self.order.priority]}"

    def procedure(self, code: Code) -> str:
        """A CE of code, text and system."""
        return self.components(code.code, code.text, code.system)

    def person(self, person: Practitioner | None, separator: str) -> str:
        """ID, family and given name, parted by `separator`."""
        if person is None:
            return ""
        texts = (person.id, person.family, person.given)
        return separator.join(map(self.value, texts)).rstrip(separator)

    def _interpreter(self, person: Practitioner | None) -> str:
        """OBR-32, OBR-33: NDL, whose first component holds the name in subcomponents, or as XCN."""
        form = self.profile.interpreter
        return "" if form == "none" else self.person(person, "&" if form == "ndl" else "^")


@lru_cache(maxsize=64)
def _msh(version: str, route: tuple[str, ...], message_type: str) -> tuple[str, ...]:
    """MSH by hl7apy, as its fields: index 0 is the name, index n is MSH-(n+1)."""
    msh = Message("ORU_R01", version=version).msh
    msh.msh_3, msh.msh_4, msh.msh_5, msh.msh_6 = route
    msh.msh_7 = "20000101"
    msh.msh_9 = message_type
    msh.msh_10 = "0"
    msh.msh_11 = "P"
    msh.msh_12 = version
    return tuple(msh.to_er7().split("|"))


def segment(name: str, fields: dict[int, str]) -> str:
    """A segment by the numbers of its fields, empty ones at the end left out."""
    filled = {number: text for number, text in fields.items() if text}
    return "|".join([name, *(filled.get(number, "") for number in range(1, max(filled) + 1))])
