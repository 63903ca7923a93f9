"""The invariants of the merge, over generated dictations, AI findings and decisions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.finding import AiFinding
from adapter.domain.order import Side
from adapter.domain.report import Origin, Report, Statement
from adapter.domain.transcript import Span, WrittenText
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.templates import Template
from adapter.reporting.certificate import Evidence, certify
from adapter.reporting.dictated import Dictated
from adapter.reporting.facts import read
from adapter.reporting.merge import Merged, merge
from adapter.reporting.pipeline import ReportInputs, build_report
from adapter.reporting.render import plain_text, report_json, sections_text
from adapter.reporting.route import route
from adapter.reporting.said import listen
from adapter.reporting.sentences import split
from adapter.reporting.verdicts import Verdicts
from tests.properties import examples
from tests.reporting.tables import tables, typed

FINDINGS = (
    "pneumothorax", "pleural effusion", "consolidation", "pulmonary nodule", "cardiomegaly",
    "rib fracture", "atelectasis", "pulmonary edema", "hiatal hernia", "mass", "cyst",
    "subdural hematoma", "midline shift", "skull fracture", "hydronephrosis", "ureteral stone",
    "liver lesion", "ascites", "free air", "chest tube", "appendicitis", "disc bulge",
)  # fmt: skip
FRAMES = (
    "{side} {finding}.",
    "No {finding}.",
    "No {side} {finding}.",
    "Small {side} {finding}, unchanged.",
    "Cannot exclude {side} {finding}.",
    "The {side} {finding} has resolved.",
    "{side} {finding} measures {size} mm, previously 3 mm.",
    "No evidence of {finding} or {other}.",
    "No {finding}, but there is a small {other}.",
    "{finding} versus {other}.",
    "History of {finding}.",
    "Family history of {finding}.",
    "It is {size} mm in size.",
    "The lungs are clear.",
    "The heart is normal.",
    "Impression: {side} {finding}.",
    "Findings: {finding}.",
    "Discussed with Dr. Smith at 5 p.m.",
    "Otherwise normal.",
)
TEMPLATES = ("xr_chest_2v", "ct_head", "ct_abdomen", "generic")
POLICIES = ("always", "macro", "off")
AI_POLICIES = ("suggest", "inline", "dictate-first", "shadow", "off")


@st.composite
def sentences(draw: st.DrawFn) -> str:
    frame = draw(st.sampled_from(FRAMES))
    text = frame.format(
        side=draw(st.sampled_from(("left", "right", "bilateral"))),
        finding=draw(st.sampled_from(FINDINGS)),
        other=draw(st.sampled_from(FINDINGS)),
        size=draw(st.integers(1, 60)),
    )
    return text[0].upper() + text[1:]


dictations = st.lists(sentences(), max_size=8).map(" ".join)


@st.composite
def ai_findings(draw: st.DrawFn) -> tuple[AiFinding, ...]:
    count = draw(st.integers(0, 4))
    return tuple(
        AiFinding(
            id=f"a{n}",
            text=draw(st.sampled_from(("Finding seen.", "Abnormal region, score 0.8.", "Left.")))
            + f" {n}",
            model=draw(st.sampled_from(("one", "two"))),
            version="1",
            present=draw(st.booleans()),
            finding=draw(st.sampled_from(sorted(tables().lexicon.findings)[::7])),
            side=draw(st.sampled_from((None, *Side))),
            size_mm=draw(st.sampled_from(((), (4.0,), (30.0, 20.0)))),
        )
        for n in range(count)
    )


@st.composite
def decisions(draw: st.DrawFn) -> tuple[Decision, ...]:
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(list(DecisionKind)),
                st.sampled_from(("a0", "a1", "a2", "s1", "s2", "t1", "nothing")),
                st.sampled_from(("Rewritten by hand.", "", "No pneumothorax.")),
                st.sampled_from(("Dr. Grey", "")),
            ),
            max_size=4,
        )
    )
    return tuple(Decision(kind, target, text, person) for kind, target, text, person in rows)


def form(name: str, policy: str = "always", ai_policy: str = "suggest") -> Template:
    base = tables().templates.get(name)
    changes = {"defaults_policy": policy, "ai_policy": ai_policy}
    return replace(base, table=base.table.model_copy(update=changes))


def dictated(text: str) -> tuple[Dictated, ...]:
    return (Dictated("d-1", WrittenText(text, (Span(0, len(text), 0, len(text)),))),)


def merged(
    text: str,
    template: Template,
    ai: Sequence[AiFinding] = (),
    chosen: Sequence[Decision] = (),
    status: str = "preliminary",
) -> Merged:
    lexicon = tables().lexicon
    spoken = dictated(text)
    said = listen(spoken, template, lexicon)
    result = merge(spoken, said, ai, template, lexicon, Verdicts(chosen), status)
    evidence = Evidence(spoken, said.headers, template, ai, chosen, status)
    proof = certify(result.sections, result.removed, sections_text(result.sections), evidence)
    assert proof.ok, proof.problems
    return result


def statements(result: Merged | Report) -> list[Statement]:
    return [each for section in result.sections for each in section.statements]


@given(dictations, st.sampled_from(TEMPLATES), st.sampled_from(POLICIES), ai_findings())
@examples(200)
def test_every_dictated_sentence_appears_once_verbatim(
    text: str, name: str, policy: str, ai: tuple[AiFinding, ...]
) -> None:
    found = [s for s in statements(merged(text, form(name, policy), ai)) if s.origin == "dictated"]
    spans = sorted(s.source.chars for s in found if s.source.chars)
    assert len(spans) == len(found) == len(set(spans))
    sentences_said = split(text)
    for start, end in sentences_said:
        inside = [(a, b) for a, b in spans if start <= a and b <= end]
        assert len(inside) <= 1
        left_out = text[start : inside[0][0]] if inside else text[start:end]
        assert not left_out.strip() or left_out.strip().endswith(":")
    assert all(
        text[s.source.chars[0] : s.source.chars[1]] == s.text for s in found if s.source.chars
    )


@given(dictations, st.sampled_from(TEMPLATES), ai_findings())
@examples(200)
def test_no_default_stands_beside_a_finding_of_its_family(
    text: str, name: str, ai: tuple[AiFinding, ...]
) -> None:
    lexicon, template = tables().lexicon, form(name)
    result = merged(text, template, ai)
    defaults = {name: default for _, name, default in template.defaults}
    standing = [
        defaults[s.source.template or ""] for s in statements(result) if s.origin == "template"
    ]
    present = [
        mention
        for s in statements(result)
        if s.origin == "dictated"
        for mention in read(s.text, lexicon).mentions
        if not mention.fact.family
    ]
    for mention in present:
        touched = lexicon.touched(mention.fact.finding, mention.organ)
        assert not any(touched & set(default.absent) for default in standing)


@given(dictations, ai_findings(), st.sampled_from(AI_POLICIES), decisions(), st.booleans())
@examples(200)
def test_ai_text_is_marked_and_accepted_by_name_once_final(
    text: str,
    ai: tuple[AiFinding, ...],
    policy: str,
    chosen: tuple[Decision, ...],
    final: bool,
) -> None:
    status = "final" if final else "preliminary"
    result = merged(text, form("xr_chest_2v", "macro", policy), ai, chosen, status)
    texts = {each.text for each in ai}
    for section in result.sections:
        for each in section.statements:
            if each.text in texts:
                assert each.origin is Origin.AI
                assert section.id != "impression"
                assert each.source.person or (policy == "inline" and not final)
    if policy in ("shadow", "off"):  # what a person took before stays, the others are not there
        taken = [each for each in ai if Verdicts(chosen).accepted(each.id)]
        assert {each.finding.id for each in result.suggestions} == {each.id for each in taken}
        assert result == merged(text, form("xr_chest_2v", "macro", policy), taken, chosen, status)


@given(dictations, ai_findings(), st.randoms(use_true_random=False))
@examples(112)
def test_the_order_of_ai_findings_does_not_matter(
    text: str, ai: tuple[AiFinding, ...], random: st.randoms
) -> None:
    mixed = list(ai)
    random.shuffle(mixed)
    template = form("xr_chest_2v")
    assert merged(text, template, ai) == merged(text, template, mixed)


@given(dictations, ai_findings(), decisions(), st.sampled_from(TEMPLATES))
@examples(137)
def test_same_inputs_give_the_same_bytes(
    text: str, ai: tuple[AiFinding, ...], chosen: tuple[Decision, ...], name: str
) -> None:
    inputs = ReportInputs((typed(text),), ai, None, name, chosen)
    one, other = (json.dumps(report_json(build_report(inputs, tables()))) for _ in range(2))
    assert one == other
    assert json.loads(one)["certificate"]["ok"]


@given(dictations, ai_findings())
@examples(137)
def test_ai_findings_remove_no_dictated_word(text: str, ai: tuple[AiFinding, ...]) -> None:
    template = form("xr_chest_2v")
    alone = [(s.id, s.text) for s in statements(merged(text, template)) if s.origin == "dictated"]
    beside = [
        (s.id, s.text) for s in statements(merged(text, template, ai)) if s.origin == "dictated"
    ]
    assert beside == alone


@given(st.lists(sentences(), min_size=1, max_size=6), st.randoms(use_true_random=False))
@examples(100)
def test_order_matters_only_inside_a_section(texts: list[str], random: st.randoms) -> None:
    lexicon, template = tables().lexicon, form("xr_chest_2v")
    known = [text for text in texts if _stands_alone(text, lexicon)]
    mixed = list(known)
    random.shuffle(mixed)
    one, other = (_by_section(" ".join(each), template) for each in (known, mixed))
    assert one == other


def _stands_alone(text: str, lexicon: Lexicon) -> bool:
    """Whether the sentence names an organ of its own, so that nothing carries over to it."""
    mentions = read(text, lexicon).mentions
    return ":" not in text and bool(mentions) and all(m.organ != "general" for m in mentions)


def _by_section(text: str, template: Template) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in route(
        listen(dictated(text), template, tables().lexicon).said, template, tables().lexicon
    ):
        found.setdefault(each.section, []).append(each.said.text)
    return {section: sorted(texts) for section, texts in found.items()}


@given(st.text(max_size=400), st.sampled_from(TEMPLATES), ai_findings(), decisions())
@examples(137)
def test_any_text_becomes_a_proven_report_and_loses_nothing(
    text: str, name: str, ai: tuple[AiFinding, ...], chosen: tuple[Decision, ...]
) -> None:
    result = merged(text, form(name), ai, chosen)
    if not chosen:
        printed = "".join(sections_text(result.sections).split())
        for start, end in split(text):
            kept = [
                s for s in statements(result) if s.source.chars and start <= s.source.chars[0] < end
            ]
            assert all("".join(s.text.split()) in printed for s in kept)


@given(st.text(max_size=300))
@examples(75)
def test_the_pipeline_takes_any_text(text: str) -> None:
    report = build_report(ReportInputs((typed(text),), template="generic"), tables())
    assert report.certificate.ok
    plain_text(report)
