"""The finding lexicon: what the packaged one holds, and what is refused."""

from __future__ import annotations

from collections import Counter

import pytest

from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFiles
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.lexicon_table import Finding, Generic, LexiconFile, Organ, Place
from adapter.mapping.phrase_table import PhraseTable, WordForms, singular
from tests.reporting.tables import tables

LEXICON = tables().lexicon
ORGANS = (Organ(id="lungs"), Organ(id="general"))


def test_it_is_as_wide_as_promised() -> None:
    assert len(LEXICON.findings) >= 400
    assert {each.urgency for each in LEXICON.findings.values()} == {"routine", "urgent", "critical"}
    assert Counter(each.sex for each in LEXICON.findings.values())["female"] >= 20


def test_every_phrase_is_found_as_what_it_names() -> None:
    lost = []
    for finding in LEXICON.findings.values():
        for phrase in finding.synonyms:
            words = [token.word for token in LEXICON.forms.tokens(phrase)]
            (hit, *more) = LEXICON.terms.find(words) or [None]
            if more or hit is None or hit.value.finding != finding.id:
                lost.append((finding.id, phrase))
    assert not lost


BRITISH = {
    "edema": "oedema", "hemo": "haemo", "hema": "haema", "hemangi": "haemangi",
    "esoph": "oesoph", "tumor": "tumour", "ischem": "ischaem", "anem": "anaem",
    "leuko": "leuco", "feca": "faeca", "cecum": "caecum", "cecal": "caecal", "fetal": "foetal",
    "fetus": "foetus", "gynec": "gynaec", "caliber": "calibre", "center": "centre",
    "fiber": "fibre", "goiter": "goitre", "gray": "grey", "color": "colour", "previa": "praevia",
    "ization": "isation", "dilatation": "dilation",
}  # fmt: skip


def test_every_american_phrase_is_known_in_british() -> None:
    lost = []
    for finding in LEXICON.findings.values():
        for phrase in finding.synonyms:
            for american, british in BRITISH.items():
                written = phrase.replace(american, british)
                one, other = (LEXICON.forms.tokens(each) for each in (phrase, written))
                if [token.word for token in one] != [token.word for token in other]:
                    lost.append((phrase, written))
    assert not lost


def test_no_phrase_names_two_findings() -> None:
    names: dict[tuple[str, ...], set[str]] = {}
    for finding in LEXICON.findings.values():
        for phrase in finding.synonyms:
            words = tuple(token.word for token in LEXICON.forms.tokens(phrase))
            names.setdefault(words, set()).add(finding.id)
    assert not {words: ids for words, ids in names.items() if len(ids) > 1}


def test_every_finding_can_be_named() -> None:
    generic = {each for keys in LEXICON.reach.values() for each in keys} | set(LEXICON.reach)
    idle = {
        each.id
        for each in LEXICON.findings.values()
        if not each.synonyms and each.id not in generic | LEXICON.wide
    }
    assert not idle


def test_organs_of_one_sex_have_findings_of_that_sex() -> None:
    sexes = {"uterus": "female", "ovaries": "female", "fetus": "female"}
    sexes |= {"prostate": "male", "scrotum": "male"}
    wrong = [
        each.id
        for each in LEXICON.findings.values()
        if each.organ in sexes and each.sex != sexes[each.organ]
    ]
    assert not wrong


def test_findings_of_paired_organs_have_a_side() -> None:
    paired = {"kidneys", "adrenals", "ovaries", "scrotum", "breast", "mastoids", "joint"}
    paired |= {"tendons", "ligaments", "menisci", "cartilage"}
    without = {
        each.id
        for each in LEXICON.findings.values()
        if each.organ in paired and not each.laterality
    }
    assert without == {"horseshoe_kidney"}


def test_no_finding_is_its_own_ancestor() -> None:
    for finding in LEXICON.findings.values():
        above = {wide for parent in finding.parents for wide in LEXICON.ancestors[parent]}
        assert finding.id not in above


CHEXPERT = {
    "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema",
    "Consolidation", "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion",
    "Pleural Other", "Fracture", "Support Devices",
}  # fmt: skip


def test_a_finding_has_the_chexpert_label_of_its_kind() -> None:
    labels = {each.codes["chexpert"] for each in LEXICON.findings.values() if each.codes}
    assert labels == CHEXPERT  # the fourteenth, No Finding, names none
    for finding in LEXICON.findings.values():
        kinds = {LEXICON.findings[each].codes.get("chexpert") for each in finding.parents}
        assert bool(finding.codes) >= bool(kinds - {None})


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        ("fracture", "fracture"),
        ("lung opacity", "opacity"),
        ("pleural effusion", "pleural_effusion"),
        ("support devices", "support_device"),
        ("lung lesion", "lung_nodule"),
    ],
)
def test_a_code_names_the_widest_finding(code: str, finding: str) -> None:
    assert LEXICON.by_code[code] == finding


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("pneumonia", "opacity"),
        ("tension_pneumothorax", "pneumothorax"),
        ("sdh", "intracranial_hemorrhage"),
        ("ureteral_calculus", "calculus"),
        ("compression_fracture", "fracture"),
    ],
)
def test_parents(narrow: str, wide: str) -> None:
    assert wide in LEXICON.ancestors[narrow]
    assert LEXICON.related(narrow, wide)
    assert LEXICON.related(wide, narrow)
    assert narrow not in LEXICON.ancestors[wide]


def test_siblings_are_not_related() -> None:
    assert not LEXICON.related("renal_calculus", "ureteral_calculus")
    assert not LEXICON.related("nothing", "pneumonia")


def test_what_a_finding_touches() -> None:
    touched = LEXICON.touched("sdh", "extraaxial")
    assert {"sdh", "intracranial_hemorrhage", "brain_hemorrhage", "extraaxial"} <= touched
    assert "general" not in LEXICON.touched("mass", "general")


def test_the_organ_chain_ends() -> None:
    assert list(LEXICON.organ_chain("appendix")) == ["appendix", "bowel"]
    assert list(LEXICON.organ_chain("heart")) == ["heart", "mediastinum"]
    assert list(LEXICON.organ_chain("unknown")) == ["unknown"]


def test_codes_of_models_are_known() -> None:
    assert LEXICON.by_code["pleural effusion"] == "pleural_effusion"
    assert LEXICON.by_code["pneumothorax"] == "pneumothorax"


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("haematoma", "hematoma"),
        ("oedema", "edema"),
        ("tumours", "tumor"),
        ("ischaemic", "ischemic"),
        ("calibre", "caliber"),
        ("Grey-white", "gray-white"),
        ("disks", "disc"),
        ("dilatation", "dilation"),
        ("Baker's", "baker"),
    ],
)
def test_spelling_and_number_do_not_matter(british: str, american: str) -> None:
    one, other = LEXICON.forms.tokens(british), LEXICON.forms.tokens(american)
    assert [token.word for token in one] == [token.word for token in other]


@pytest.mark.parametrize(
    ("plural", "one"),
    [("masses", "mass"), ("biopsies", "biopsy"), ("foci", "foci"), ("thrombus", "thrombus")],
)
def test_singular(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_tokens_keep_their_offsets() -> None:
    text = "At L4-L5, a 2.5 cm mass (w/o change)?"
    found = LEXICON.forms.tokens(text)
    assert [text[token.start : token.end] for token in found] == [
        "At", "L4-L5", ",", "a", "2.5", "cm", "mass", "(", "w/o", "change", ")", "?",
    ]  # fmt: skip


def test_the_longest_phrase_wins() -> None:
    forms = WordForms({})
    table = PhraseTable([("a", 1), ("a b c", 3), ("b", 2), ("a b c d e", 5)], forms)
    found = table.find(["a", "b", "c", "d", "a", "b", "x"])
    assert [(hit.start, hit.end, hit.value) for hit in found] == [(0, 3, 3), (4, 5, 1), (5, 6, 2)]


def file(**parts: object) -> LexiconFile:
    return LexiconFile.model_validate({"organs": ORGANS, **parts})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (file(findings=[Finding(id="a", organ="lung")]), "organ 'lung' does not exist"),
        (file(findings=[Finding(id="a", organ="lungs", parents=("b",))]), "parent 'b'"),
        (file(findings=[Finding(id="a", organ="lungs")] * 2), "'a' is defined twice"),
        (file(generics=[Generic(words=("x",), otherwise="b")]), "no finding 'b'"),
        (file(generics=[Generic(words=("x",), at={"moon": "b"})]), "no place 'moon'"),
        (file(places=[Place(id="p", organ="moon", words=("x",))]), "no organ 'moon'"),
    ],
)
def test_what_does_not_hold_together_is_refused(wrong: LexiconFile, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Lexicon([wrong])


def test_the_files_are_its_sources() -> None:
    _, sources = Lexicon.load(MappingFiles())
    assert {"findings/anatomy.yaml", "findings/language.yaml"} <= {each.name for each in sources}


def test_contradictions_name_findings_organs_or_known_groups() -> None:
    groups = {"brain_hemorrhage", "brain_infarct", "acl", "pcl", "mcl", "lcl"}
    known = groups | set(LEXICON.findings) | set(LEXICON.organs)
    assert {key for each in LEXICON.findings.values() for key in each.contradicts} <= known
