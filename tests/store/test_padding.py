from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapter.store.padding import padded


@given(st.lists(st.integers(), max_size=300))
def test_the_same_values_in_a_length_that_is_a_power_of_two(values: list[int]) -> None:
    found = padded(iter(values))
    assert found[: len(values)] == values
    assert set(found) == set(values)
    assert len(found) < max(1, 2 * len(values))
    assert len(found) & (len(found) - 1) == 0
