import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.speech.confidence import Calibration, calibration_error, fitted

CHANCES = st.floats(0, 1)
CURVES = st.builds(Calibration, st.floats(0.1, 3), st.floats(-3, 3))


def spoken(curve: Calibration, count: int = 4000) -> tuple[list[float], list[bool]]:
    """Words of a model whose true chances are `curve` of what it says."""
    r = random.Random(3)
    sure = [r.random() for _ in range(count)]
    return sure, [r.random() < curve(p) for p in sure]


@given(CURVES, CHANCES, CHANCES)
def test_a_curve_keeps_the_order_and_stays_a_chance(curve, one, other):
    low, high = sorted((one, other))
    assert 0 <= curve(low) <= curve(high) <= 1


@given(CHANCES)
def test_no_curve_changes_nothing(probability):
    assert Calibration()(probability) == probability


@given(CURVES, CURVES, st.floats(0.01, 0.99))
def test_one_curve_after_another(first, second, probability):
    both = second(first(probability))
    if 0.001 < first(probability) < 0.999:
        assert second.after(first)(probability) == pytest.approx(both, abs=1e-3)


@pytest.mark.parametrize("truth", [(0.5, 1.5), (2.0, -1.0), (1.0, 0.0), (0.7, 3.0)])
def test_the_true_curve_is_found_again(truth):
    curve = Calibration(*truth)
    sure, right = spoken(curve)
    found = fitted(sure, right)
    assert found.slope == pytest.approx(curve.slope, abs=0.25)
    assert found.offset == pytest.approx(curve.offset, abs=0.25)
    assert calibration_error([found(p) for p in sure], right) < 0.025


def test_a_model_too_sure_of_itself_is_told():
    sure, right = spoken(Calibration(1.0, -2.0))
    assert calibration_error(sure, right) > 0.2


@given(st.lists(st.tuples(CHANCES, st.booleans()), min_size=1, max_size=60))
def test_any_words_give_a_finite_curve_or_are_too_few(words):
    sure, right = zip(*words, strict=True)
    if len(set(right)) == 1:
        with pytest.raises(ValueError, match="both right and wrong"):
            fitted(sure, right)
    else:
        assert all(abs(each) < 1e6 for each in fitted(sure, right))
