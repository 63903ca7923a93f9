"""How a site's HL7 v2 orders are read: where each value stands and what its codes mean."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum
from functools import cached_property

from pydantic import Field, field_validator

from adapter.domain.order import OrderAction, OrderStatus, Priority, Side
from adapter.mapping.files import MappingFiles, MappingTable
from adapter.mapping.places import Place, Places


class OrderControl(MappingTable):
    """What one order control code (ORC-1) asks for."""

    action: OrderAction
    """What is done."""
    statuses: dict[str, OrderStatus]
    """New state of the order by ORC-5; `""` is an empty ORC-5. Other values change nothing."""


class Detail(StrEnum):
    """Of which orders an answer tells."""

    NONE = "none"  # of no order
    EXCEPTIONS = "exceptions"  # of those that were not done
    REPLACEMENTS = "replacements"  # and of those that replace or are replaced
    ALL = "all"


class ResponseRule(MappingTable):
    """Answers that tell of each order (ORR, ORG, ORI) in the place of a bare ACK."""

    messages: dict[str, str] = Field(default_factory=dict)
    """Type of the answer (MSH-9) by the type of the message: `ORM^O01: ORR^O02`."""
    senders: tuple[str, ...] = ()
    """`MSH-3|MSH-4` of those who always want it, `*` for anything."""
    controls: frozenset[str] = frozenset()
    """ORC-1 of the messages that are always answered so. Beyond these, MSH-16 may ask for it."""
    flags: dict[str, Detail] = Field(default_factory=dict)
    """Of which orders the answer tells, by ORC-6 (table 0121): `none`, `exceptions` (what was not
    done), `replacements` (and what replaces or is replaced) or `all`; `""` is an empty ORC-6. A
    filled one asks for the answer, unless it is `none`: then there is none."""
    replacing: frozenset[str] = frozenset()
    """ORC-1 of orders that replace or are replaced."""
    accepted: dict[str, str] = Field(default_factory=dict)
    """ORC-1 of the answer by that of the order, where it was done."""
    refused: dict[str, str] = Field(default_factory=dict)
    """ORC-1 of the answer by that of the order, where it changed nothing."""
    statuses: dict[OrderStatus, str] = Field(default_factory=dict)
    """ORC-5 of the answer by the state of the order."""
    wait_seconds: float = Field(default=5.0, gt=0, le=60)
    """Longest wait for the order to be done before the answer says that it is only stored."""

    def detail(self, flag: str) -> Detail:
        """Of which orders is told where ORC-6 holds this flag; one that is not known is no flag."""
        flag = flag.strip().upper()
        return self.flags.get(flag if flag in self.flags else "", Detail.ALL)


class OrderMapping(MappingTable):
    """mappings/orders.yaml. Of several places the first that holds a value counts."""

    messages: frozenset[str]
    """Message types (MSH-9) that are taken as orders."""
    fallback_charset: str = "utf-8"
    """Character set of messages whose MSH-18 is empty or wrong."""
    controls: dict[str, OrderControl]
    """By ORC-1 (table 0119)."""
    number_pattern: str = "R{year}{number:06}"
    """Number assigned where a placer asks for one (SN), with {number} counted up, and {year},
    {month} and {day} of today."""
    responses: ResponseRule = ResponseRule()
    """Answers to orders."""
    patient_id_types: tuple[str, ...] = ()
    """PID-3.5 of the identifier to use, the preferred first; otherwise the first repetition."""
    patient_id: Places
    """Where the patient's identifiers stand: fields that may repeat."""
    patient_issuers: dict[str, str] = Field(default_factory=dict)
    """Who issued the number (PID-3.4) by the sender's name for it; `""`: where none is named."""
    accession: Places
    """Accession number."""
    study_uid: Places = ()
    """Study instance UID."""
    procedure: Places
    """Coded procedure: the field that holds code, text and system."""
    modality: Places = ()
    """Modality."""
    modalities: dict[str, str] = Field(default_factory=dict)
    """Modality (DICOM) by the sender's code; others are kept as they are."""
    priority: Places = ()
    """Priority."""
    priorities: dict[str, Priority] = Field(default_factory=dict)
    """Priority by the sender's code; others are routine."""
    side: Places = ()
    """Coded side."""
    sides: dict[str, Side] = Field(default_factory=dict)
    """Side by the sender's code."""
    side_words: dict[str, Side] = Field(default_factory=dict)
    """Side by a word of the procedure's text, where no field codes it."""
    reason: Places = ()
    """Reason for the examination: coded or text fields, which may repeat."""
    requester: Places = ()
    """Who ordered: a person field (XCN)."""
    scheduled_at: Places = ()
    """Start of the examination."""
    patient_class: Places = (Place("PV1", 2),)
    """Class of the patient, such as I (inpatient), O (outpatient) or E (emergency); left out:
    PV1-2."""
    patient_classes: dict[str, str] = Field(default_factory=dict)
    """Class of the patient (HL7 table 0004) by the sender's code; others are kept as they are."""
    facility: Places = ()
    """Facility that sends the order. Of this and the next three all places count, with all
    repetitions: access.yaml looks at them."""
    location: Places = ()
    """Where the patient is."""
    service: Places = ()
    """Hospital service."""
    confidentiality: Places = ()
    """How the study is to be kept: VIP indicator, access restrictions (of an ARV that does not
    delete one)."""

    @field_validator("fallback_charset")
    @classmethod
    def _known_charset(cls, value: str) -> str:
        try:
            codecs.lookup(value)
        except LookupError:
            raise ValueError(f"{value!r} is not a character set") from None
        return value

    @field_validator("number_pattern")
    @classmethod
    def _counts_up(cls, value: str) -> str:
        try:
            made = [value.format(number=n, year="2026", month="01", day="01") for n in (1, 2)]
        except (KeyError, IndexError, ValueError, AttributeError) as error:
            raise ValueError(f"{value!r} is not a pattern of numbers: {error}") from None
        if made[0] == made[1]:
            raise ValueError(f"{value!r} gives every order the same number; it lacks {{number}}")
        return value

    @cached_property
    def silent_controls(self) -> frozenset[str]:
        """ORC-1 of what is no order: a number or the state of one is asked for."""
        silent = (OrderAction.NUMBER, OrderAction.STATUS)
        return frozenset(name for name, each in self.controls.items() if each.action in silent)

    @cached_property
    def side_pattern(self) -> re.Pattern[str] | None:
        """Finds a side word in a text; None when there are no side words."""
        words = sorted(self.side_words, key=len, reverse=True)
        pattern = "|".join(re.escape(word) for word in words)
        return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE) if words else None

    def side_of(self, text: str) -> Side | None:
        """The one side that the text names; None when it names none or more than one."""
        if self.side_pattern is None:
            return None
        named = {self.side_words[word.lower()] for word in self.side_pattern.findall(text)}
        return named.pop() if len(named) == 1 else None

    @field_validator("side_words")
    @classmethod
    def _lower_case(cls, value: dict[str, Side]) -> dict[str, Side]:
        return {word.lower(): side for word, side in value.items()}


def load_order_mapping(files: MappingFiles) -> OrderMapping:
    """The site's or the packaged orders.yaml; raises ConfigurationError."""
    return files.get("orders.yaml").read(OrderMapping)
