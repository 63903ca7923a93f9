"""The parts of a vocabulary file: numbers, marks, units, labels, levels, dates."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from adapter.mapping.files import MappingTable

Phrase = str
"""Spoken words as the recogniser writes them, parted by one blank; case does not matter."""


class Compound(MappingTable):
    """Numbers spoken as one word: dreiundzwanzig, zweitausendvierundzwanzig."""

    ones: dict[str, int]
    """The ones as they stand before the join, the hundred and the thousand: ein, zwei ..."""
    join: str
    """Between ones and tens, and at will after hundred and thousand: und."""
    hundred: str
    """The word for 100 inside a compound."""
    thousand: str
    """The word for 1000 inside a compound."""


class Sign(MappingTable):
    """A word before a number that is written as its sign."""

    says: tuple[Phrase, ...]
    """Spoken forms."""
    writes: str
    """The sign."""
    units: tuple[str, ...] = ()
    """Written units that must follow, unless the number is a decimal; empty: any number."""
    after: tuple[Phrase, ...] = ()
    """Words after which no unit need follow: hounsfield UNITS OF negative ten."""


class Numbers(MappingTable):
    """Number words and when they become digits."""

    ones: dict[str, int]
    """1 to 9."""
    teens: dict[str, int]
    """10 to 19."""
    tens: dict[str, int]
    """20 to 90."""
    zeros: tuple[str, ...]
    """Words for 0."""
    inner_zeros: tuple[str, ...] = ()
    """Words for 0 inside a number only: four point OH."""
    scales: dict[str, int]
    """100 and up."""
    joiners: tuple[str, ...] = ()
    """Heard after a scale: one hundred AND five."""
    no_joiner_after: tuple[str, ...] = ()
    """Words before a number that let a joiner part two: BETWEEN one hundred and five."""
    scale_articles: tuple[str, ...] = ()
    """Stand for one before a scale: A hundred milliliters."""
    points: tuple[str, ...]
    """The decimal point as spoken."""
    no_point_after: tuple[str, ...] = ()
    """Words after which a number cannot begin with the point: at this POINT two."""
    point_after: tuple[str, ...] = ()
    """Words after which one digit behind a point is a decimal: an index OF point seven."""
    fractions: dict[Phrase, str] = Field(default_factory=dict)
    """Adds to the number before, as its digits behind the point: two AND A HALF."""
    decimals: dict[str, str] = Field(default_factory=dict)
    """Words for numbers with a fraction, and their written form: anderthalb."""
    signs: tuple[Sign, ...] = ()
    """Plus, minus."""
    decimal_mark: str = "."
    """Written between whole number and fraction."""
    words_below: int = 10
    """A plain count below this stays a word: two nodules, 12 nodules."""
    compound: Compound | None = None
    """For languages that join number words."""


class Ordinals(MappingTable):
    """first, second ..."""

    words: dict[str, int]
    """Spoken ordinal to number."""
    written: dict[int, str] = Field(default_factory=dict)
    """Ordinals that are written with digits; the others stay words."""
    suffixes: tuple[str, ...] = ()
    """Endings of ordinals already written with digits: 3rd."""


class MarkRule(MappingTable):
    """One punctuation mark or layout word, and where its name keeps its meaning as a word."""

    writes: str
    """What is written; only line feeds make it a break."""
    says: tuple[Phrase, ...]
    """Spoken forms."""
    glue: Literal["before", "after", "both", "none", "quote"] = "before"
    """Side on which no blank is written; quote: opening and closing in turn."""
    rank: int = 0
    """Of several marks in a row the highest stays; 0: never taken together with another."""
    ends_sentence: bool = False
    """Whether the next word is capitalised."""
    tight_in_numbers: bool = False
    """Whether no blank is written between two numbers: L4-L5."""
    heading: bool = False
    """Whether it ends the heading of a section."""
    doubtful: bool = False
    """Whether its name is a mark only after a heading, a short opening or `introducers`."""
    tight_after: tuple[str, ...] = ()
    """Words after which no blank is written either: follow-up."""
    tight_before: tuple[str, ...] = ()
    """Words before which no blank is written either: left-sided."""
    stays_word_after: tuple[Phrase, ...] = ()
    """Words, three at most, after which the name is a plain word: the sigmoid COLON."""
    stays_word_before: tuple[Phrase, ...] = ()
    """Phrases before which the name is a plain word: PERIOD of."""
    mark_before: tuple[Phrase, ...] = ()
    """Exceptions to `stays_word_before`: PERIOD of note."""


class Headings(MappingTable):
    """What may stand before a spoken colon."""

    names: tuple[Phrase, ...]
    """Headings of reports; what follows starts a sentence."""
    introducers: tuple[Phrase, ...] = ()
    """Ends of a clause that a colon may follow: as follows."""
    never_in: tuple[str, ...] = ()
    """Words that no heading holds: is, are, there."""
    never_after: tuple[str, ...] = ()
    """Words after which a name is no heading: in the FINDINGS."""
    never_before: tuple[str, ...] = ()
    """Words that never follow a heading's colon: the bowel, colon AND rectum."""
    max_words: int = 4
    """An unknown heading at the start of a sentence is at most this long."""


class UnitRule(MappingTable):
    """A unit; it is written so only after a number."""

    says: tuple[Phrase, ...]
    """Spoken forms, British ones too."""
    writes: str | None = None
    """Written form; none: as said."""
    glue: bool = False
    """Whether it is written without a blank: 50%."""
    not_before: tuple[str, ...] = ()
    """Words before which it is no unit: two GRAY matter lesions."""
    only_before: tuple[str, ...] = ()
    """Words that must follow, where there are any: three T magnet."""
    below: str | None = None
    """How it is written below a stroke: s in mL/s; none: never there."""
    joined: bool = False
    """Whether numbers are said in pairs before it: three fifty milliliters."""


class RangeWords(MappingTable):
    """Words between the numbers of one measurement."""

    by: tuple[str, ...]
    """Between dimensions."""
    by_writes: str = "x"
    """Written between dimensions."""
    to: tuple[str, ...]
    """Between the ends of a range."""
    to_writes: str = "-"
    """Written between the ends of a range."""
    no_range_after: tuple[str, ...] = ()
    """Words after which `to` stays: increased FROM five to six millimeters."""
    also: tuple[str, ...] = ()
    """Words that stay, but whose numbers share the unit: two OR three millimeters."""
    measures: tuple[str, ...] = ()
    """Words before dimensions without a unit: MEASURES three by four."""
    per: tuple[str, ...] = ()
    """Words between a unit and the one below the stroke: milliliters PER second."""
    out_of: tuple[Phrase, ...] = ()
    """Between two plain numbers that are written alike: three OUT OF twelve."""


class LabelRule(MappingTable):
    """A term that a number follows: BI-RADS 4A, image 123, grade II, Omnipaque 350."""

    says: tuple[Phrase, ...]
    """Spoken forms."""
    writes: str | None = None
    """Written form; none: as said."""
    links: tuple[Phrase, ...] = ()
    """Words that may stand between term and number: category, score of."""
    roman: bool = False
    """Whether the number is written in Roman numerals."""
    arabic_near: tuple[str, ...] = ()
    """Words beside which the number stays Arabic: type 2 DIABETES."""
    letters: str = ""
    """Letters that may follow the number: 4A."""
    modifiers: str = ""
    """Letters that may follow such a letter: 4AS."""
    lettered: tuple[int, ...] = ()
    """Numbers that have such a letter, so that it is never an article behind them."""
    nouns: tuple[str, ...] = ()
    """Words before which such a letter is no article: type one A ENDOLEAK."""
    words: dict[Phrase, str] = Field(default_factory=dict)
    """Categories that are no numbers: LR-M."""
    joint: str = " "
    """Between term and number."""
    first: int = 0
    """Lowest number."""
    last: int = 9999
    """Highest number."""
    joined: bool = False
    """Whether digits are said one by one or in pairs: one twenty three."""
    usual: tuple[int, ...] = ()
    """Numbers that it has; they tell it from a measure said right behind: Omnipaque 300 75 mL."""
    lists: bool = False
    """Whether more numbers may follow after `RangeWords.also`: images four and six."""
    pair: str = ""
    """Of lists: written between a number and the next higher one said right behind: LWK 4/5."""
    only_before: tuple[str, ...] = ()
    """Words that must follow the number: M1 segment."""
    needs_number: bool = False
    """Whether the words stay as they are when no number follows."""


class LevelRule(MappingTable):
    """One part of the spine, in order from the head down."""

    writes: str
    """The letter."""
    says: tuple[str, ...]
    """Spoken forms of the letter."""
    last: int
    """Number of the lowest vertebra; its neighbour is the first of the next part."""
    more: tuple[int, ...] = ()
    """Variants: L6, the nerve root C8."""


class Levels(MappingTable):
    """Vertebral levels."""

    parts: tuple[LevelRule, ...]
    """Cervical, thoracic, lumbar, sacral."""
    links: tuple[str, ...] = ()
    """Words after which the second vertebra may lack its letter: L4 ON five."""
    nouns: tuple[str, ...] = ()
    """Words after a number that is a vertebra without its letter: L4 and five LEVELS."""
    joint: str = "-"
    """Written between the two vertebrae of a disc level; a range has `RangeWords.to_writes`."""


class MonthRule(MappingTable):
    """A month."""

    says: tuple[str, ...]
    """Spoken forms."""
    writes: str
    """Written form."""
    weak: bool = False
    """Whether it is also a common word: may."""


class Dates(MappingTable):
    """Dates; the patterns know {day}, {month}, {number} (of the month) and {year}."""

    months: tuple[MonthRule, ...]
    """January to December, in order."""
    articles: tuple[str, ...] = ()
    """Before the day: the."""
    ofs: tuple[str, ...] = ()
    """Between day and month: of."""
    full: str
    """Day, month and year."""
    month_day: str
    """Day and month."""
    month_year: str
    """Month and year."""
    numeric: str | None = None
    """Two numbers and a year, where the language says dates so."""
    numeric_ordinals: bool = True
    """Whether the two numbers are ordinals; plain numbers are a date only behind `before`."""
    numeric_day_first: bool = True
    """Whether the day is said before the month."""
    before: tuple[str, ...] = ()
    """Words before a date of plain numbers: DATED three four twenty six."""
    before_month: tuple[str, ...] = ()
    """Words after which a weak month is a month: SINCE march."""
    centuries: tuple[int, ...] = (19, 20)
    """First halves of a year said in two parts."""


class HalfDay(MappingTable):
    """a.m., p.m."""

    says: tuple[Phrase, ...]
    """Spoken forms."""
    writes: str
    """Written form."""


class Times(MappingTable):
    """Times of day."""

    halves: tuple[HalfDay, ...] = ()
    """Follow a time."""
    hour_words: tuple[str, ...] = ()
    """Stand between hour and minute: zehn UHR dreißig."""
    hour_writes: str = ""
    """Written after a time with an hour word."""
    before: tuple[str, ...] = ()
    """Words before a bare time: at."""
    after: tuple[str, ...] = ()
    """Words that may follow a bare time; the end of a clause always may."""
    military: tuple[str, ...] = ()
    """Words behind a time of four digits: 0500 HOURS."""
    clocks: tuple[str, ...] = ()
    """Written units before which hour and minute are parted by a colon: 2:30 O'CLOCK."""


class TitleRule(MappingTable):
    """A title: the name after it is capitalised."""

    says: tuple[Phrase, ...]
    """Spoken forms."""
    writes: str
    """Written form."""
    not_after: tuple[str, ...] = ()
    """Words after which it is no title: the doctor."""
    not_before: tuple[str, ...] = ()
    """Words before which it is no title: doctor on call."""


class Ages(MappingTable):
    """fifty year old -> 50-year-old."""

    nouns: tuple[str, ...] = ()
    """year, month, week, day."""
    old: tuple[str, ...] = ()
    """old."""
    joint: str = "-"
    """Written between the parts."""
    suffixes: tuple[str, ...] = ()
    """Ends of ages that are one word with their number: fünfzigJÄHRIGER."""
