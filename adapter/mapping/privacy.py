"""What de-identification needs to know of language and site: mappings/privacy.yaml."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from adapter.mapping.files import MappingFiles, MappingTable

FILE = "privacy.yaml"
Tag = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{8}$")]


class RelativeDays(MappingTable):
    """How a date is written once it is told by its distance from the study."""

    same: str = "on the day of the study"
    """The day of the study."""
    before: str = "{days} days before the study"
    """An earlier day."""
    after: str = "{days} days after the study"
    """A later day."""
    months_before: str = "about {months} months before the study"
    """A month without a day, before that of the study."""
    month: str = "in the month of the study"
    """The month of the study."""


class ImagePrivacy(MappingTable):
    """Which pictures may leave, and which elements of their header."""

    header: tuple[Tag, ...] = ()
    """Elements that may leave, as eight hexadecimal digits; all others are dropped."""
    clean_modalities: tuple[str, ...] = ()
    """Modalities whose pictures leave though BurnedInAnnotation (0028,0301) is absent."""
    region_modalities: tuple[str, ...] = ("US",)
    """Modalities of which only SequenceOfUltrasoundRegions (0018,6011) is shown, all else black."""
    refused_image_types: tuple[str, ...] = ("SECONDARY", "SCREEN SAVE", "DERIVED\\SECONDARY")
    """Values of ImageType (0008,0008) of which no picture leaves."""
    longest_edge: int = Field(default=1024, ge=64, le=4096)
    """Pixels of the longer edge; larger pictures are reduced."""


class PresidioRule(MappingTable):
    """Presidio as one more finder; it needs `pip install 'readout[presidio]'`."""

    enabled: bool = False
    """Whether what it finds beyond ours is taken out too."""
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    """Language of the texts."""
    model: str = Field(default="", pattern=r"^[A-Za-z0-9_]{0,100}$")
    """An installed spaCy model, for names of people; empty: recognisers by pattern alone."""
    entities: tuple[str, ...] = Field(
        default=("CREDIT_CARD", "CRYPTO", "IBAN_CODE", "MEDICAL_LICENSE"), min_length=1
    )
    """Types that it looks for, as Presidio names them."""
    threshold: float = Field(default=0.4, ge=0, le=1)
    """Scores below it do not count."""


class PrivacyTable(MappingTable):
    """Words by which identifiers are found, beside those known from order and patient."""

    titles: tuple[str, ...] = ()
    """Titles: what follows is a person's name."""
    person_words: tuple[str, ...] = ()
    """Words before a name, such as `patient`, `named`: a known name behind them is a name."""
    particles: tuple[str, ...] = ()
    """Parts of names that name nobody by themselves: de, von."""
    function_words: tuple[str, ...] = ()
    """Words so common that a patient of this name is found only beside a title or other names."""
    clinical_phrases: tuple[str, ...] = ()
    """Phrases in which a word that is also a name stays: white matter."""
    determiners: tuple[str, ...] = ()
    """Words behind which a word in small letters is no name: A SMALL effusion."""
    words: tuple[str, ...] = ()
    """Ordinary words beside those of lexicon, templates and vocabularies; never taken for a
    misheard name."""
    letters: dict[str, str] = Field(default_factory=dict)
    """Words for letters beside the `alphabet` of the vocabularies: `zed: z`."""
    letter_links: tuple[str, ...] = ()
    """Between a letter and its word: V FOR Victor, V AS IN Victor."""
    repeats: dict[str, int] = Field(default_factory=dict)
    """Words that repeat the next letter or digit: `double: 2`."""
    number_words: tuple[str, ...] = ()
    """Words before a number that identifies: MRN, accession."""
    birth_words: tuple[str, ...] = ()
    """Words before a date or year of birth."""
    phone_words: tuple[str, ...] = ()
    """Words before a telephone number."""
    street_words: tuple[str, ...] = ()
    """Words that end the name of a street."""
    street_endings: tuple[str, ...] = ()
    """Endings of street names written as one word: strasse."""
    date_words: tuple[str, ...] = ()
    """Words before a date without its year: 3/14."""
    year_words: tuple[str, ...] = ()
    """Words behind an age."""
    oldest_age: int = Field(89, ge=0, le=130)
    """Ages above it are told as one group (45 CFR 164.514(b)(2)(i)(C))."""
    older: str = "{age} or older"
    """How that group is written; `{age}` is the first of it."""
    day_first: bool = False
    """How 3/4/2024 is read where both ways are days: true is 3 April."""
    relative: RelativeDays = RelativeDays()
    """How dates are written instead."""
    images: ImagePrivacy = ImagePrivacy()
    """Pictures."""
    presidio: PresidioRule = PresidioRule()
    """One more finder, off as delivered."""


def load_privacy(files: MappingFiles) -> PrivacyTable:
    """The site's file, or the packaged one; raises ConfigurationError."""
    return files.get(FILE).read(PrivacyTable)
