from hypothesis import given
from hypothesis import strategies as st

from adapter.speech.bias import fitting_phrases, prompt_text, study_phrases

PHRASES = st.lists(st.text("ab c", max_size=12), max_size=20)


def words(text: str) -> int:
    return len(text.split())


def test_the_procedure_comes_first_and_nothing_twice() -> None:
    assert study_phrases(
        procedure="CT  chest",
        findings=["Pneumothorax", "nodule"],
        prior=["nodule", "ct chest"],
        template=["pleura", "one two three four five six"],
    ) == ("CT chest", "Pneumothorax", "nodule", "pleura")


@given(PHRASES, st.integers(0, 30))
def test_what_is_chosen_fits_and_keeps_its_order(phrases, limit):
    chosen = fitting_phrases(phrases, words, limit)
    assert words(prompt_text(chosen)) <= limit
    rest = iter(phrases)
    assert all(phrase in rest for phrase in chosen)


@given(PHRASES)
def test_with_room_for_all_all_are_chosen(phrases):
    assert fitting_phrases(phrases, words, 10_000) == tuple(phrases)


def test_a_long_phrase_gives_way_to_a_later_short_one():
    assert fitting_phrases(["a", "b c d e", "f"], words, 2) == ("a", "f")
