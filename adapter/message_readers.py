"""Who reads the stored messages of each protocol, by the site's mapping files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from adapter.fhir.bundles import read_orders
from adapter.hl7v2.doors import protocol_of
from adapter.hl7v2.reader import MessageReader, Readers
from adapter.mapping.ai_codes import AiCodes, load_ai_codes
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
    codes: AiCodes


def read_mllp(
    files: MappingFiles, listeners: Iterable[ListenerProfile], lexicon: Lexicon
) -> dict[str, Hl7v2]:
    """By the name of the mapping file; raises ConfigurationError."""
    others, codes = load_message_mapping(files), load_ai_codes(files, lexicon)
    names = {DEFAULT_ORDERS, *(each.orders for each in listeners)}
    orders = {name: files.get(name).read(OrderMapping) for name in names}
    return {
        name: Hl7v2(each, MessageReader(each, others, codes), codes)
        for name, each in orders.items()
    }


def open_readers(
    files: MappingFiles,
    mllp: Mapping[str, Hl7v2],
    fhir_orders: Mapping[str, FhirOrderMapping],
    lexicon: Callable[[], Lexicon],
) -> Readers:
    """The reader of every protocol; raises ConfigurationError."""
    readers = Readers(ai_readers(files, mllp[DEFAULT_ORDERS].codes, lexicon))
    for name, mapping in fhir_orders.items():
        readers[name] = partial(read_orders, mapping=mapping)
    for name, each in mllp.items():
        readers[protocol_of(name)] = with_facts(each.reader.read, lexicon)
    return readers
