from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.speech.utterances import SPEECH_OFF, SPEECH_ON, CutRule, cut, speech_spans

RULE = CutRule(longest=40, bridge=4, margin=3)
RUNS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.4, 0.6, 1.0]), st.integers(1, 60)), max_size=12
)
RULES = st.builds(
    CutRule,
    longest=st.integers(12, 80),
    bridge=st.integers(0, 10),
    margin=st.integers(0, 8),
    shortest=st.integers(0, 4),
)


def unrolled(runs):
    return [value for value, length in runs for _ in range(length)]


def streamed(probabilities, rule, size):
    """All utterances when fed `size` windows at a time, in windows of the whole."""
    held, at, found = [], 0, []
    blocks = [probabilities[i : i + size] for i in range(0, len(probabilities), size)] + [[]]
    for number, block in enumerate(blocks):
        held += block
        utterances, rest = cut(held, rule, final=number == len(blocks) - 1)
        found += [
            (u.begin + at, u.end + at, tuple((b + at, e + at) for b, e in u.speech))
            for u in utterances
        ]
        held, at = held[rest:], at + rest
    return found


@settings(max_examples=300)
@given(RUNS, RULES, st.integers(1, 70))
def test_blocks_of_any_size_give_the_same_utterances(runs, rule, size):
    probabilities = unrolled(runs)
    whole, _ = cut(probabilities, rule, final=True)
    assert streamed(probabilities, rule, size) == [(u.begin, u.end, u.speech) for u in whole]


@settings(max_examples=300)
@given(RUNS, RULES)
def test_utterances_ascend_stay_inside_and_are_bounded(runs, rule):
    probabilities = unrolled(runs)
    last = 0
    for utterance in cut(probabilities, rule, final=True)[0]:
        assert last <= utterance.begin < utterance.end <= len(probabilities)
        assert utterance.end - utterance.begin <= rule.longest + 2 * rule.margin
        for begin, end in utterance.speech:
            assert utterance.begin <= begin < end <= utterance.end
        last = utterance.end


@settings(max_examples=300)
@given(RUNS, RULES)
def test_no_certain_speech_is_left_out(runs, rule):
    probabilities = unrolled(runs)
    kept = set()
    for utterance in cut(probabilities, rule, final=True)[0]:
        kept.update(range(utterance.begin, utterance.end))
    lost = [i for i, p in enumerate(probabilities) if p >= SPEECH_ON and i not in kept]
    for begin, end in speech_spans(probabilities):
        # only what is too short to be a word may be lost, at the cut of a long stretch too
        inside = [i for i in lost if begin <= i < end]
        assert len(inside) < max(1, rule.shortest)


@given(RUNS)
def test_what_waits_is_no_more_than_one_utterance(runs):
    probabilities = unrolled(runs)
    _, rest = cut(probabilities, RULE, final=False)
    most = RULE.longest + max(RULE.bridge, 2 * RULE.margin) + RULE.margin + 1
    assert len(probabilities) - rest <= most


def test_speech_ends_below_the_lower_bound_only():
    middle = (SPEECH_ON + SPEECH_OFF) / 2
    assert list(speech_spans([0, 1, middle, 1, 0, middle, 0])) == [(1, 4)]


def test_a_pause_is_bridged_and_a_longer_one_cuts():
    short, long = [0.0] * 4, [0.0] * 5
    speech = [1.0] * 5
    assert len(cut(speech + short + speech, RULE, final=True)[0]) == 1
    assert len(cut(speech + long + speech, RULE, final=True)[0]) == 2


def test_a_long_stretch_is_cut_where_speech_is_least_likely():
    probabilities = [1.0] * 30 + [0.45] * 5 + [1.0] * 30
    first, second = cut(probabilities, RULE, final=True)[0]
    assert 30 <= first.end <= 35
    assert second.end == 65


def test_a_click_is_no_utterance():
    assert cut([0.0] * 10 + [1.0, 1.0] + [0.0] * 10, RULE, final=True)[0] == []
