from __future__ import annotations

import logging
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.codec import from_json, to_json
from adapter.domain.identifiers import Phi
from adapter.domain.order import Code, Order
from adapter.domain.people import Patient


@given(st.text(min_size=1).filter(lambda text: text not in "<phi>"))
def test_patient_data_never_prints(secret: str) -> None:
    phi = Phi(secret)
    shown = f"{phi} {phi!r} {phi!s:>10} {[phi]} {Patient(mrn=phi)}"
    assert shown.count("<phi>") == 5 + str(Patient(mrn=phi)).count("<phi>") - 1
    assert phi.reveal() == secret


def test_patient_data_never_prints_in_logs(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("x").warning("patient %s %r", Phi("Jane"), {"name": Phi("Jane")})
    assert "Jane" not in caplog.text


def test_phi_is_a_value() -> None:
    assert Phi("a") == Phi("a") != Phi("b")
    assert len({Phi("a"), Phi("a")}) == 1
    assert pickle.loads(pickle.dumps(Phi("a"))) == Phi("a")
    with pytest.raises(AttributeError):
        Phi("a").other = 1  # type: ignore[attr-defined]


@given(st.text(), st.text())
def test_the_record_keeps_patient_data(mrn: str, reason: str) -> None:
    order = Order(
        accession="A1",  # type: ignore[arg-type]
        patient=Patient(mrn=Phi(mrn)),
        procedure=Code("XRCH2"),
        reason=Phi(reason),
    )
    assert from_json(Order, to_json(order)) == order
