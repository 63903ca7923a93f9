"""Who reads the stored messages of each protocol, by the site's mapping files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from adapter.fhir.bundles import read_orders
from adapter.hl7v2.doors import protocol_of
from adapter.hl7v2.reader import MessageReader, Readers
from adapter.mapping.ai_codes import load_ai_codes
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.listeners import DEFAULT_ORDERS, ListenerProfile
from adapter.mapping.message_table import load_message_mapping
from adapter.workflow.ai_intake import with_facts
from adapter.workflow.ai_readers import ai_readers


class Hl7v2(NamedTuple):
    """One mapping file of orders, and who reads messages by it."""

    orders: OrderMapping
    reader: MessageReader


def open_readers(
    files: MappingFiles,
    listeners: Iterable[ListenerProfile],
    fhir_orders: Mapping[str, FhirOrderMapping],
    lexicon: Callable[[], Lexicon],
) -> tuple[dict[str, Hl7v2], Readers]:
    """(HL7 v2 by mapping file, reader of every protocol); raises ConfigurationError."""
    codes, mllp = load_ai_codes(files, lexicon()), dict[str, Hl7v2]()
    others = load_message_mapping(files)
    for name in {DEFAULT_ORDERS, *(each.orders for each in listeners)}:
        orders = files.get(name).read(OrderMapping)
        mllp[name] = Hl7v2(orders, MessageReader(orders, others, codes))
    readers = Readers(ai_readers(files, codes, lexicon))
    for name, mapping in fhir_orders.items():
        readers[name] = partial(read_orders, mapping=mapping)
    for name, each in mllp.items():
        readers[protocol_of(name)] = with_facts(each.reader.read, lexicon)
    return mllp, readers
