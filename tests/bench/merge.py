"""CPU of the merge: a report of 15 sentences, the load of the tables, growth with length."""

from __future__ import annotations

import statistics
import time

from adapter.domain.finding import AiFinding
from adapter.domain.order import Side
from adapter.domain.transcript import Transcript, Word
from adapter.mapping.files import MappingFiles
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.reporting import ReportingTables
from adapter.reporting.checks import Sheet, check
from adapter.reporting.checks.layout import report_lines
from adapter.reporting.dictated import Dictated
from adapter.reporting.merge import merge
from adapter.reporting.pipeline import ReportInputs, build_report
from adapter.reporting.said import listen
from adapter.reporting.verdicts import Verdicts
from adapter.reporting.written_form import write

SENTENCES = (
    "there is a small right pneumothorax without mediastinal shift period",
    "no left sided pleural effusion period",
    "the heart size is {n} percent above the upper limit of normal period",
    "a {n} millimeter nodule in the right upper lobe comma previously {m} millimeters period",
    "patchy opacity at the left base may represent pneumonia versus atelectasis period",
    "the endotracheal tube tip is {n} centimeters above the carina period",
    "status post median sternotomy with intact wires period",
    "the mediastinal contours are unchanged period",
    "no acute osseous abnormality period",
    "degenerative changes of the thoracic spine at t {m} period",
    "the costophrenic angles are sharp period",
    "interval removal of the left chest tube period",
    "mild pulmonary vascular congestion is difficult to exclude period",
    "otherwise normal period",
    "impression colon small right pneumothorax with {n} millimeter nodule period",
)
AI = (
    AiFinding("a1", "Left pneumothorax.", "m", "1", finding="pneumothorax", side=Side.LEFT),
    AiFinding("a2", "Right nodule 14 mm.", "m", "1", finding="lung_nodule", size_mm=(14.0,)),
)


def spoken(sentences: int) -> str:
    """A dictation of so many sentences, with numbers that differ."""
    parts = (
        SENTENCES[n % len(SENTENCES)].format(n=n % 9 + 2, m=n % 7 + 2) for n in range(sentences)
    )
    return " ".join(parts)


def transcript(sentences: int) -> Transcript:
    """The dictation word by word, 300 ms each."""
    words = spoken(sentences).split()
    heard = tuple(Word(word, n * 300, n * 300 + 250, 0.9) for n, word in enumerate(words))
    return Transcript("d-1", "bench", "en", len(words) * 300, heard)


def pipeline_ms(tables: ReportingTables, sentences: int, rounds: int) -> float:
    """Median CPU of the whole pure pipeline, written form to proof."""
    inputs = ReportInputs((transcript(sentences),), AI, None, "xr_chest_2v")
    assert build_report(inputs, tables).certificate.ok
    return _median(lambda: build_report(inputs, tables), rounds)


def merge_ms(tables: ReportingTables, sentences: int, rounds: int) -> float:
    """Median CPU of facts and merge alone."""
    heard = transcript(sentences)
    dictated = (Dictated("d-1", write(heard.spoken, tables.vocabulary("en")), heard),)
    template, lexicon = tables.templates.get("xr_chest_2v"), tables.lexicon

    def once() -> None:
        dictation = listen(dictated, template, lexicon)
        merge(dictated, dictation, AI, template, lexicon, Verdicts(()), "preliminary")

    return _median(once, rounds)


def checks_ms(tables: ReportingTables, sentences: int, rounds: int) -> float:
    """Median CPU of the checks alone."""
    inputs = ReportInputs((transcript(sentences),), AI, None, "xr_chest_2v")
    report = build_report(inputs, tables)
    template, lexicon = tables.templates.get("xr_chest_2v"), tables.lexicon
    heard = inputs.transcripts[0]
    dictated = (Dictated("d-1", write(heard.spoken, tables.vocabulary("en")), heard),)
    readings = {
        each.id: (each.text, each.reading) for each in listen(dictated, template, lexicon).said
    }

    def once() -> None:
        lines = tuple(report_lines(report.sections, readings, lambda _: (), lexicon))
        check(Sheet(lines, tables.checks, lexicon))

    return _median(once, rounds)


def _median(work: object, rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()  # type: ignore[operator]
        taken.append(time.process_time() - start)
    return statistics.median(taken) * 1000


def main() -> None:
    """Print the table."""
    files = MappingFiles()
    start = time.process_time()
    lexicon, _ = Lexicon.load(files)
    load = (time.process_time() - start) * 1000
    tables = ReportingTables.load(files)
    print(f"lexicon load, {len(lexicon.findings)} findings   {load:8.1f} ms CPU  (at most 300)")
    print(f"facts and merge, 15 sentences  {merge_ms(tables, 15, 200):8.2f} ms CPU  (at most 5)")
    merged, checked = merge_ms(tables, 15, 200), checks_ms(tables, 15, 200)
    print(f"merge and checks, 15 sentences {merged + checked:8.2f} ms CPU  (at most 5)")
    print(f"whole pipeline, 15 sentences   {pipeline_ms(tables, 15, 200):8.2f} ms CPU")
    small, large = pipeline_ms(tables, 200, 5), pipeline_ms(tables, 2_000, 3)
    print(f"whole pipeline, 200 sentences  {small:8.1f} ms CPU")
    print(f"whole pipeline, 2000 sentences {large:8.1f} ms CPU  ({large / small:.1f} times)")


if __name__ == "__main__":
    main()
