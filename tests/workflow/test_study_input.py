from __future__ import annotations

import pytest

from adapter.domain.order import Side
from adapter.domain.people import Sex
from adapter.errors import Malformed
from adapter.workflow.study_input import read_study


def test_a_study_is_read_however_it_is_written() -> None:
    one = {"procedure": "MRI KNEE", "side": "LT", "sex": "female", "birth_date": "1960-02-01"}
    other = {
        "procedure": {"text": "MRI KNEE"},
        "laterality": "Left",
        "patient": {"gender": "F", "birth_date": "19600201", "name": "not read"},
    }
    for told in (one, other):
        order = read_study(told, "study.json").order()
        assert (order.procedure.text, order.side) == ("MRI KNEE", Side.LEFT)
        assert order.patient.sex is Sex.FEMALE
        assert order.patient.birth_date.reveal() == "19600201"


@pytest.mark.parametrize(
    "told", [{"side": "upper"}, {"date": "soon"}, {"age": 200}, {"sex": "X"}, {"modality": []}]
)
def test_what_is_wrong_is_named(told: dict[str, object]) -> None:
    with pytest.raises(Malformed, match=next(iter(told))):
        read_study(told, "study.json")


def test_day_of_the_study() -> None:
    told = read_study({"study_date": "2024-06-15T10:00:00"}, "study.json")
    assert told.order().scheduled_at == "20240615"
