"""No planted identifier leaves. `make privacy-payloads` asks for 10,000 payloads."""

from __future__ import annotations

import os

from adapter.privacy.leak_check import LeakCheck, LeakFound
from adapter.privacy.payload import payload_of, seal
from adapter.privacy.text import Deidentifier
from tests.privacy.planted import Case, case, left_in
from tests.privacy.tables import known_of, words

PAYLOADS = int(os.environ.get("READOUT_PRIVACY_PAYLOADS", "120"))
FIRST = int(os.environ.get("READOUT_PRIVACY_SEED", "0"))


def payload(it: Case) -> str:
    """What would leave about this patient; raises LeakFound."""
    names = Deidentifier(known_of(it), words())
    texts = [names.text(text) for text in it.texts]
    request = {
        "input_data": {"columns": ["indication", "comparison"], "data": [texts[:2]]},
        "messages": [{"role": "user", "content": text} for text in texts[2:]],
    }
    check = LeakCheck(known_of(it), words())
    return seal(payload_of(request, "https://models.example/score"), check).body.decode()


def test_no_planted_identifier_is_in_what_leaves() -> None:
    left, stopped = [], []
    for seed in range(FIRST, FIRST + PAYLOADS):
        it = case(seed)
        try:
            body = payload(it)
        except LeakFound as error:  # nothing leaves; too many would be of no use
            stopped.append((seed, error.kind))
            continue
        around = "\n".join(it.around)
        left += [(seed, kind, form) for kind, form in it.planted if left_in(form, body, around)]
    print(
        f"{PAYLOADS} payloads, {len(left)} identifiers left, {len(stopped)} stopped {stopped[:20]}"
    )
    assert not left
    assert len(stopped) <= PAYLOADS // 500
