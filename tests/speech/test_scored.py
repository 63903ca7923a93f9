from adapter.domain.transcript import Transcript, Word
from adapter.speech.scored import scored
from tests.reporting.tables import tables


def heard(text: str) -> Transcript:
    words = tuple(Word(w, i * 100, i * 100 + 90, 0.5) for i, w in enumerate(text.split()))
    return Transcript("", "m", "en", len(words) * 100, words)


def wrong(text: str, said: str) -> list[str]:
    transcript = heard(text)
    marks = scored(transcript, said, tables().vocabulary("en"))
    assert len(marks) == len(transcript.words)
    pairs = zip(transcript.words, marks, strict=True)
    return [word.text for word, mark in pairs if not mark.right]


def test_what_was_said_is_right_in_spoken_and_in_written_form():
    spoken = "a three point two by two centimeter mass at l four l five period"
    assert wrong(spoken, spoken) == []
    assert wrong(spoken, "A 3.2 x 2 cm mass at L4-L5.") == []


def test_a_word_that_was_not_said_is_wrong():
    assert wrong("small left effusion period", "Small right effusion.") == ["left"]
    assert wrong("no no effusion", "no effusion") == ["no"]


def test_all_words_behind_a_wrong_figure_are_wrong():
    found = wrong("a twenty three millimeter nodule", "A 27 mm nodule.")
    assert found == ["twenty", "three"]


def test_silence_scores_nothing():
    assert scored(heard(""), "Normal.", tables().vocabulary("en")) == []
