"""`make conformance`: writes deploy/conformance/fhir.md from the mappings and the code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from adapter.domain.study import ReportStatus
from tests.conformance import fhir_orders
from tests.conformance.fhir_results import results
from tests.conformance.tables import table

PAGE = Path(__file__).resolve().parents[2] / "deploy" / "conformance" / "fhir.md"

HEAD = """# FHIR conformance statement

What Readout reads and writes as FHIR (R4, 4.0.1), for the person who connects another system to it.
`make conformance` writes this page from the code, and tests hold it to the code.

A site says in `fhir_orders.yaml` how orders are read, in `fhir_sources/*.yaml` which servers they
are fetched from, and in `destinations/*.yaml` which servers take reports: every key is in
[mappings/README.md](../../mappings/README.md).
"""

ORDERS = """## Orders in

JSON, `application/fhir+json`. An order is stored before it is answered, and a study is the same
whichever way its order came: by each of these, or by HL7 v2. Its identity is the accession number.
An order said again as it was said last changes nothing (200); an update takes back what others have
changed since. ETags are weak, `W/"1"`, and count every change of the study. R5 is known by its
shape, checked as R5 and answered as R4."""

ELEMENTS = """Usage: **R** required, **RE** read where there is a value. Other elements are checked,
kept and given back, but mean nothing to the study. Resources that are read are checked against
R4 with its required code tables and reference types; decimals keep their digits."""

REFERENCES = """A reference may lead to a contained resource, to an entry of the same Bundle (by
fullUrl, by `Type/id`, or as `Patient?identifier=system|value`), or to a resource of a server under
`fhir_sources/` or of a host that its file lists, in orders of that server and in single orders that
name its base URL. Nothing else is fetched. Where several resources of an order name a patient, it
must be the same one."""

SERVERS = """### Orders fetched from servers

Each server is searched in turns (`search` and `_lastUpdated`, sorted, all pages, reaching back
`overlap_seconds`). A subscription makes Readout look at once: the server calls
`/fhir/subscription/{name}` with `Authorization: Bearer` and the secret, with nothing, a
ServiceRequest or a notification Bundle (R4 backport, R4B, R5). What it sends is never taken for the
order: the order is read again. Readout registers the Subscription itself, and renews it when half
of `lease_hours` is over, or when the server has switched it off. With a topic:"""

TASKS = """### Tasks

Where `tasks` is set, the Task whose focus is the order is kept up (`If-Match`), one that has ended
is left alone, and `create` lets Readout make one. An order that is refused is `rejected`, with the
reason in `statusReason`. Task.status by the state of the order and of its report:"""


def page() -> str:
    """The whole page."""
    parts = (part for section in SECTIONS for part in section())
    return "\n".join(part.strip() + "\n" for part in (HEAD, *parts))


def _orders() -> Iterator[str]:
    yield ORDERS
    yield table("call | does", fhir_orders.interactions())
    yield "### ServiceRequest"
    yield ELEMENTS
    yield table("element | usage | what is read | mapping key", fhir_orders.ELEMENTS)
    yield REFERENCES
    yield table("element of R5 | read as", fhir_orders.R5)
    yield table("status | action | state of the order", fhir_orders.statuses())
    yield table("code | meaning", fhir_orders.codes())
    yield "### Refusals"
    yield "An OperationOutcome says what is wrong, where (`expression`), and what to do."
    yield table("HTTP status | meaning", fhir_orders.refusals())
    yield table("limit | value", fhir_orders.limits())
    yield SERVERS
    yield f"```json\n{fhir_orders.subscription()}\n```"
    yield table("notification | what follows", fhir_orders.notifications())
    yield TASKS
    yield table(" | ".join(("order", *ReportStatus)), fhir_orders.tasks())


SECTIONS: tuple[Callable[[], Iterable[str]], ...] = (_orders, results)
"""The parts of the page in their order."""


if __name__ == "__main__":
    PAGE.write_text(page())
