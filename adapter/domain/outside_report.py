"""A report that another system made: a prior one, or the signed one of a study of ours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.domain.order import Order
from adapter.domain.people import Practitioner


class ReportMeaning(StrEnum):
    """What reports of a sender are to us."""

    PRIOR = "prior"  # of earlier studies: checks hold new reports against them
    SIGNED = "signed"  # of our studies, as a person signed them in the reporting system


class OutsideStatus(StrEnum):
    """What OBR-25 or TXA-17 says of the text."""

    SIGNED = "signed"  # the whole report
    ADDENDUM = "addendum"  # only what was added to a signed one
    UNSIGNED = "unsigned"  # not yet: nothing is done
    RETRACTED = "retracted"  # no longer valid


@dataclass(frozen=True, slots=True)
class OutsideReport:
    """One report of one accession; `order` is what the message tells of the study."""

    meaning: ReportMeaning
    source: str  # name of the sender in the mapping
    status: OutsideStatus
    order: Order
    text: str
    person: Practitioner | None = None  # OBR-32, TXA-22
    signed_at: str = ""  # YYYYMMDDHHMMSS as the sender tells it
    left_out: tuple[str, ...] = ()  # what is no text, such as "application/pdf (ED)"


@dataclass(frozen=True, slots=True)
class SignedElsewhere:
    """The text of a study's report as a person signed it in another system."""

    text: str
    source: str
    person: Practitioner | None = None
    at: str = ""  # YYYYMMDDHHMMSS
