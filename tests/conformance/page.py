"""`make conformance`: writes deploy/conformance/hl7v2.md from the mappings and the code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adapter.hl7v2 import charset, framing
from adapter.hl7v2.message import Message
from adapter.mapping.hl7_orders import Detail
from adapter.mapping.listeners import ListenerProfile
from adapter.mapping.mllp_profile import MllpProfile
from tests.conformance import answers, outgoing
from tests.conformance.incoming import (
    APPOINTMENT,
    MERGE,
    MESSAGES,
    NAMES,
    ORDER,
    ORDERS,
    PATIENT,
    REPORT,
    SOURCE,
    Value,
    rows,
)
from tests.conformance.tables import table as _table

PAGE = Path(__file__).resolve().parents[2] / "deploy" / "conformance" / "hl7v2.md"
LISTENER = ListenerProfile(name="default", port=2575)
RECEIVER = MllpProfile(port=2575)
_DETAILS = {
    Detail.NONE: "none: MSA alone",
    Detail.EXCEPTIONS: "those that changed nothing",
    Detail.REPLACEMENTS: "those that changed nothing, and those that replace or are replaced",
    Detail.ALL: "all",
}

HEAD = """# HL7 v2 conformance statement

What Readout reads and writes over HL7 v2, for the person who connects another system to it.
`make conformance` writes this page from the packaged mapping files and the code, and tests hold it
to the code: a field said to be read changes what the message means, and no other field does; a
field said to be written stands in a golden message (`tests/samples/hl7v2`), and no other does.

A site changes what is read in its own `orders.yaml` and `messages.yaml`, where it listens in
`listeners/*.yaml`, and what it sends in `destinations/*.yaml`: every key is in
[mappings/README.md](../../mappings/README.md), whose defaults this page shows.

Usage: **R** required (in: the message is refused without it; out: filled whatever the order holds),
**RE** read, or filled, where there is a value; **(2)** read where the places before it are empty.
Fields that are not listed are not looked at. Cardinality is how often the value is taken; further
repetitions are left out.
"""

DUPLICATES = """Other types are refused. The same message again (sender, MSH-10 and bytes) is
accepted and changes nothing. Z segments and segments that are not named are left alone."""

SEVERAL = """Several OBR under one ORC, and several IPC under one OBR, are one order each where they
name different accessions; these are then linked.

An order that changes: an empty field leaves the value that is known, the null value `""` deletes
it. ORC alone, without OBR, is enough to cancel, discontinue, hold or release an order, or to tell
its state: the accession finds the study, else the patient's order of that filler number (ORC-3),
else of that placer number (ORC-2). OBR may then lack procedure and accession, too."""

FAULTS = """A message that is accepted and then cannot be applied, because of a fault here, is tried
some times and then refused, with its reason in the log; the messages behind it are applied in their
order. Once the fault is mended it is applied again from its bytes (`readout messages replay`)."""

CONTROLS = """ORC-1 and ORC-5; a pair that is not here changes nothing, which the history of the
study says."""

ANSWERS = """An answer leaves once the message is on disk, never before. The answers on a connection
stand in the order of its messages."""

LATER = """The last two columns: where the answer stands that waits until the message is applied,
`instead` of the one given as soon as it is stored, or `after` it as a message of its own. One that
its sender was not there to take is kept, and given on the next connection of that sender, or at the
address under `answers` of the listener's file, until it is acknowledged there."""

REASONS = """`acknowledge` of a listener may set original or enhanced mode for all its messages.
MSA-3 and ERR-8 hold the reason in words; ERR-2 names the segment, its number and the field; up to
version 2.4 all of it stands in ERR-1. Codes are those of table 0357."""

OUT = """One message a report and destination, in the order in which the reports were made; the next
leaves once the one before is answered. `This` is a key of the destination's file."""

CALLS = [
    (
        "what came in, what was refused and why",
        "`readout messages --state refused`, `GET /messages`, `GET /api/messages`",
    ),
    ("one message by segment and field", "`readout messages show ID`, `GET /messages/{id}`"),
    (
        "apply it again once a mapping is mended",
        "`readout messages replay ID --person ID`, `POST /api/messages/{id}/replay`",
    ),
    ("what a receiver refused", "`readout messages --out --state held`, `GET /deliveries`"),
    ("send an order to try a link", "`readout send order FILE.hl7 --to HOST:PORT`"),
]
TABLE_0211 = (
    "ASCII",
    *(f"8859/{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)),
    *(
        "ISO IR6",
        "ISO IR14",
        "ISO IR87",
        "ISO IR159",
        "GB 18030-2000",
        "KS X 1001",
        "CNS 11643-1992",
    ),
    *("BIG-5", "UNICODE", "UNICODE UTF-8", "UNICODE UTF-16", "UNICODE UTF-32"),
)
EXAMPLES = (("2.5.1", "taken"), ("2.5.1", "content refused"), ("2.3", "content refused"))


def page() -> str:
    """The whole page."""
    parts = [
        HEAD,
        *_transport(),
        *_incoming(),
        *_tables(),
        *_answers(),
        *_responses(),
        *_outgoing(),
        *_charsets(),
        "## How to look at a link",
        _table("question | where", CALLS),
    ]
    return "\n".join(part.strip() + "\n" for part in parts)


def _transport() -> Iterator[str]:
    start, end = framing.frame(b"X").split(b"X")
    yield "## Transport"
    yield _table(
        "what | how",
        [
            ("protocol", "MLLP (HL7 v2 transport, appendix C) over TCP, also within TLS"),
            ("frame", f"`{start.hex(' ').upper()}` message `{end.hex(' ').upper()}`"),
            ("segments end with", "CR; LF and CR LF are read as well"),
            ("in one frame", "one message; several, or a batch (FHS, BHS), are taken apart"),
            ("largest message in", f"{LISTENER.max_frame_bytes} bytes (`max_frame_bytes`)"),
            ("connections at once", f"{LISTENER.max_connections} (`max_connections`)"),
            ("a silent connection is closed after", f"{LISTENER.idle_seconds:g} seconds"),
            ("connections out", "one a destination, kept open, one message in flight"),
            ("wait for an answer", f"{RECEIVER.answer_seconds:g} seconds, then the same again"),
            ("delimiters", "in: those of MSH-1 and MSH-2; out: `|^~\\&`"),
            ("versions", "in: any MSH-12; out: `version` of the destination"),
        ],
    )


def _incoming() -> Iterator[str]:
    yield "## Messages in"
    yield _table("MSH-9 | meaning | segments that are read", _kinds())
    yield DUPLICATES
    yield "### Header of every message"
    yield _fields(HEADER)
    yield "### Patient, in every message"
    yield _fields(PATIENT)
    yield "### Orders"
    yield SEVERAL
    yield _fields(ORDER)
    yield "### Patient merge and change of number"
    yield _fields(MERGE)
    yield "### Appointments"
    yield _fields(APPOINTMENT)
    yield "### Reports of other systems"
    yield "Taken of the senders that `reports` in messages.yaml names; it may name other places."
    yield _fields(REPORT)


HEADER = [
    ("MSH-1", "R", "[1..1]", "delimiter"),
    ("MSH-2", "R", "[1..1]", "delimiters; short forms are read"),
    ("MSH-3", "RE", "[0..1]", "sender, with MSH-4; goes back in the answer"),
    ("MSH-4", "RE", "[0..1]", "sender"),
    ("MSH-5", "RE", "[0..1]", "goes back in the answer"),
    ("MSH-6", "RE", "[0..1]", "goes back in the answer"),
    ("MSH-9", "R", "[1..1]", "message type; the event may stand in EVN-1"),
    ("MSH-10", "RE", "[0..1]", "control id; goes back in MSA-2"),
    ("MSH-11", "RE", "[0..1]", "goes back in the answer"),
    ("MSH-12", "RE", "[0..1]", "version of the answer"),
    ("MSH-15", "RE", "[0..1]", "asks for a commit acknowledgement"),
    ("MSH-16", "RE", "[0..1]", "asks for an application acknowledgement"),
    ("MSH-18", "RE", "[0..*]", "character set"),
]


def _fields(values: list[Value] | list[tuple[str, str, str, str]]) -> str:
    if values is HEADER:
        named = [(place, _name(place), *rest) for place, *rest in HEADER]
        return _table("place | name | usage | cardinality | what is read", named)
    every = rows(values)  # type: ignore[arg-type]
    return _table("place | name | usage | cardinality | what is read | mapping key", every)


def _name(place: str) -> str:
    segment, _, number = place.partition("-")
    return NAMES.field(segment, int(number))


def _kinds() -> Iterator[tuple[str, str, str]]:
    order = "MSH PID { ORC [TQ1] { OBR [TQ1] [{ IPC }] } } [ZDS]"
    for kind in sorted(ORDERS.messages):
        yield f"`{kind}`", "order: new, change, cancel, … by ORC-1 and ORC-5", order
    for kind, action in MESSAGES.patients.items():
        segments = "MSH PID" if action == "update" else "MSH { PID MRG }"
        yield f"`{kind}`", f"patient: {action.replace('_', ' ')}", segments
    for kind, rule in MESSAGES.appointments.items():
        moved = "starts then" if rule.reschedule else "keeps its start"
        state = f", is {rule.status}" if rule.status else ""
        yield f"`{kind}`", f"appointment: the order {moved}{state}", "MSH SCH [TQ1] PID [AIS]"
    for kind in SOURCE.messages:
        body = "[OBR] TXA" if kind.startswith("MDM") else "OBR"
        segments = f"MSH PID [ORC] {body} {{ OBX }}"
        yield f"`{kind}`", "report of another system, where `reports` names its sender", segments


def _tables() -> Iterator[str]:
    yield "### What orders' codes mean"
    yield CONTROLS
    yield _table("ORC-1 | action | ORC-5: state of the order", _controls())
    yield _table("priority | code", _by_meaning(ORDERS.priorities))
    yield _table("side | code", _by_meaning(ORDERS.sides))
    yield _table("modality | code; others are kept", _by_meaning(ORDERS.modalities))


def _controls() -> Iterator[tuple[str, str, str]]:
    for code, control in ORDERS.controls.items():
        states = (f"{asked or '(empty)'}: {state}" for asked, state in control.statuses.items())
        yield code, control.action, ", ".join(states)


def _by_meaning(codes: dict[str, str]) -> Iterator[tuple[str, str]]:
    for meaning in dict.fromkeys(codes.values()):
        yield meaning, ", ".join(code for code, each in codes.items() if each == meaning)


def _answers() -> Iterator[str]:
    yield "## Answers to messages in"
    yield ANSWERS
    yield FAULTS
    verdicts = " | ".join(answers.VERDICTS)
    yield _table(f"MSH-15, MSH-16 | {verdicts} | order applied | other applied", answers.modes())
    yield LATER
    yield REASONS
    yield _table("cause | ERR-3.1 | meaning | MSA-1", answers.errors())
    for version, verdict in EXAMPLES:
        yield f"Version {version}, {verdict}:"
        yield f"```\n{answers.example(version, verdict)}\n```"


def _responses() -> Iterator[str]:
    rule = ORDERS.responses
    yield "### Answers that tell of each order"
    yield (
        f"For ORC-1 {' and '.join(sorted(rule.controls))}, for senders in `responses.senders`, "
        "where ORC-6 asks for it and where MSH-16 does: MSH, MSA, PID and the order's ORC, OBR and "
        "IPC as they came, in ORC what became of it. Where the order is not applied within "
        f"{rule.wait_seconds:g} seconds (`wait_seconds`), MSA alone says that it is stored. A "
        f"number is made by `number_pattern`, here `{ORDERS.number_pattern}`."
    )
    yield _table("message | answer", ((f"`{a}`", f"`{b}`") for a, b in rule.messages.items()))
    yield (
        "ORC-6 (table 0121) says of which orders; where it is filled it asks for this answer, "
        "unless it says none. An order that is refused, at the door or later, is told as not done."
    )
    yield _table(
        "ORC-6 | orders that are told",
        ((flag or "(empty)", _DETAILS[detail]) for flag, detail in rule.flags.items()),
    )
    yield _table(
        "ORC-1 asked | ORC-1 where it was done | ORC-1 where it changed nothing",
        (
            (asked, rule.accepted.get(asked, "OK"), rule.refused.get(asked, "UA"))
            for asked in ORDERS.controls
        ),
    )
    yield _table("state of the order | ORC-5", rule.statuses.items())
    yield "A number is asked for (SN):"
    yield f"```\n{answers.number_given()}\n```"


def _outgoing() -> Iterator[str]:
    yield "## Messages out"
    yield OUT
    for family, kinds in outgoing.FAMILIES.items():
        yield f"### {kinds}"
        yield _table("segment | name | cardinality", _segments(outgoing.golden(family)))
        yield _table("place | name | usage | what is written", outgoing.rows(family))
    yield "### What the receiver's answer means"
    yield _table("MSA-1 | meaning", _meanings())


def _segments(golden: list[Message]) -> Iterator[tuple[str, str, str]]:
    for name in outgoing.written(golden):
        yield name, NAMES.segment(name), outgoing.cardinality(golden, name)


def _meanings() -> Iterator[tuple[str, str]]:
    yield "AA, CA", "the receiver has it"
    yield "AE, CE", f"`on_error`: {RECEIVER.on_error}, unless the destination says otherwise"
    yield "AR, CR", f"`on_reject`: {RECEIVER.on_reject}, unless the destination says otherwise"
    yield (
        "none in time, another MSA-2, unreadable",
        "the connection is dropped, the same bytes again",
    )


def _charsets() -> Iterator[str]:
    yield "## Character sets"
    yield (
        "In: by MSH-18; where it is empty or does not fit the bytes, "
        f"`{ORDERS.fallback_charset}` (`fallback_charset`), else Latin-1. Out: `charset`."
    )
    yield "Several names may stand in MSH-18; they may be written as DICOM writes them, too."
    known = ((name, charset.codec([name])) for name in TABLE_0211)
    yield _table("MSH-18 (table 0211) | read as", ((name, read or "not") for name, read in known))


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page())
