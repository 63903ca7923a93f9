from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.transcript import Word
from adapter.speech.guards import (
    SILENCE_TOLERANCE_MS,
    leak_guard,
    repetition_guard,
    silence_guard,
    unheard_speech,
)

TEXTS = st.lists(st.sampled_from(["no", "right", "left", "effusion", "No.", "the"]), max_size=60)
SPANS = st.lists(
    st.tuples(st.integers(0, 9000), st.integers(1, 800)).map(lambda s: (s[0], s[0] + s[1])),
    max_size=6,
)
WORDS = st.lists(
    st.builds(
        lambda text, start, length: Word(text, start, start + length, 0.5),
        st.sampled_from(["no", "right", "effusion"]),
        st.integers(0, 10_000),
        st.integers(0, 500),
    ),
    max_size=30,
)


def said(*texts):
    return [Word(text, i * 300, i * 300 + 200, 0.9) for i, text in enumerate(texts)]


def texts(words):
    return [word.text for word in words]


@given(WORDS, SPANS)
def test_each_word_is_kept_or_quarantined_once_and_in_order(words, speech):
    kept, quarantined = silence_guard(words, speech)
    assert sorted((*kept, *quarantined), key=words.index) == sorted(words, key=words.index)
    order = iter(words)
    assert all(word in order for word in kept)


@given(WORDS)
def test_without_speech_nothing_is_kept(words):
    assert silence_guard(words, []).kept == ()


@given(WORDS, SPANS)
def test_a_word_over_speech_is_kept_and_one_far_from_it_is_not(words, speech):
    kept, quarantined = silence_guard(words, speech)
    for word in words:
        if any(word.start_ms < end and word.end_ms > begin for begin, end in speech):
            assert word in kept
    for word in kept:
        gap = min(max(begin - word.end_ms, word.start_ms - end) for begin, end in speech)
        assert gap < SILENCE_TOLERANCE_MS
    assert not set(kept) & set(quarantined)


@given(TEXTS)
def test_repetition_guard_loses_nothing_and_is_idempotent(heard):
    words = said(*heard)
    kept, quarantined = repetition_guard(words)
    assert sorted((*kept, *quarantined), key=lambda word: word.start_ms) == words
    for word in quarantined:
        assert word.text.casefold().strip(".") in {k.text.casefold().strip(".") for k in kept}


@given(st.lists(st.text("abcdef", min_size=1, max_size=4), max_size=40, unique=True))
def test_words_that_differ_are_never_a_loop(heard):
    assert repetition_guard(said(*heard)).quarantined == ()


@given(
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6, unique=True),
    st.integers(8, 20),
)
def test_a_loop_is_cut_to_its_first_saying(phrase, times):
    kept, quarantined = repetition_guard(said("before", *phrase * times, "after"))
    assert texts(kept) == ["before", *phrase, "after"]
    assert len(quarantined) == len(phrase) * (times - 1)


def test_what_people_say_twice_stays():
    for phrase in ("no no no", "right right", "two two two", "c five c six c six c seven"):
        assert repetition_guard(said(*phrase.split())).quarantined == ()


def test_a_recited_prompt_is_quarantined():
    phrases = ("pleural effusion", "pneumothorax", "consolidation", "nodule")
    heard = said("clear", "Pleural", "effusion,", "pneumothorax,", "consolidation.", "right")
    kept, quarantined = leak_guard(heard, phrases)
    assert texts(kept) == ["clear", "right"]
    assert len(quarantined) == 4


def test_two_phrases_or_another_order_are_not_a_leak():
    phrases = ("pleural effusion", "pneumothorax", "consolidation")
    for sentence in (
        "no pleural effusion pneumothorax",
        "no consolidation pneumothorax pleural effusion",
        "pleural effusion or pneumothorax or consolidation",
    ):
        assert leak_guard(said(*sentence.split()), phrases).quarantined == ()
    assert leak_guard(said("a"), ("", " ")).quarantined == ()


@given(WORDS, SPANS)
def test_unheard_speech_lies_in_speech_and_under_no_word(words, speech):
    for begin, end in unheard_speech(words, speech):
        assert any(b <= begin < end <= e for b, e in speech)
        for word in words:
            assert not (begin < word.start_ms < end)


@given(SPANS)
def test_speech_without_words_is_unheard_if_long_enough(speech):
    long = [span for span in speech if span[1] - span[0] >= 800]
    assert list(unheard_speech([], speech)) == long
    assert unheard_speech([Word("x", b, b + 1000, 1) for b, _ in speech], speech) == ()


def test_a_word_drawn_out_over_speech_hides_only_its_own_length():
    drawn = [Word("right", 0, 9000, 0.9), Word("lung", 9000, 9500, 0.9)]
    assert unheard_speech(drawn, [(0, 4000), (5000, 9500)]) == ((1500, 4000), (5000, 9000))
