"""A dictation is stored before it is answered; its transcript follows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from adapter.domain.audit import Verb
from adapter.domain.dictation import Dictation, DictationState
from adapter.domain.finding import AiFinding
from adapter.domain.identifiers import Accession
from adapter.domain.order import Order
from adapter.domain.prior import PriorReport
from adapter.domain.study import Study
from adapter.domain.transcript import Transcript, Word
from adapter.errors import Conflict, Malformed, Rejected, TryAgain
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.lexicon_table import Finding
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.templates import Template
from adapter.ports import Recognized, SpeechContext
from adapter.reporting.ai_pairing import draft
from adapter.reporting.facts import read
from adapter.reporting.sentences import split
from adapter.speech.bias import study_phrases
from adapter.store import audit, dictations, studies
from adapter.workflow import orders
from adapter.workflow.ai_modes import visible
from adapter.workflow.priors import prior_of
from adapter.workflow.study_flow import CLOSED, MERGE, TRANSCRIBE, House, split_key

TYPED = "application/vnd.readout.typed+json"
"""Media type of words that were typed; they have no sound."""

_MOVES_S = 2.0
_FALLBACK_LANGUAGE = "en"  # of typed words where every recording's language is detected
_HURRY = {"critical": 0, "urgent": 1, "routine": 2}
_LONGEST_ABBREVIATION = 4  # letters, such as SDH
_SILENT = "no speech was heard; check the microphone and dictate again"
_UNRECOGNISED = "speech was heard and no word of it recognised; listen to it, and dictate again"
_STAT_FIRST = {"stat": 1, "high": 5, "medium": 10, "routine": 20}


class Dictations:
    """Audio in, transcripts out."""

    def __init__(self, house: House) -> None:
        self._house = house

    def receive(
        self, accession: Accession, audio: Iterable[bytes], media_type: str, author: str = ""
    ) -> Dictation:
        """Store the audio (blocking); the same audio again returns the same dictation."""
        return self.store(accession, audio, media_type, author)[0]

    def store(
        self,
        accession: Accession,
        audio: Iterable[bytes],
        media_type: str,
        author: str = "",
        limit: int | None = None,
    ) -> tuple[Dictation, bool]:
        """As `receive`, and whether the dictation is new; `limit` in bytes, if not the house's."""
        house = self._house
        sha256, size = house.audio.put(audio, limit or house.audio_limit)
        if size == 0:
            raise Malformed("the dictation holds no bytes; record it again", code="empty")
        with (
            house.traces.step("dictation", accession, bytes=size),
            house.database.write() as tx,
        ):
            study = studies.find(tx, accession, lock=True)
            if study is None:
                orders.add_temporary(house, tx, accession)
            known = dictations.find_audio(tx, accession, sha256)
            if known is not None:
                return known, False
            new = Dictation(
                id=dictations.next_id(tx, accession),
                accession=accession,
                audio_sha256=sha256,
                media_type=media_type,
                size_bytes=size,
                received_at=house.now(),
                author=author,
            )
            dictations.add(tx, new)
            studies.note(tx, accession, house.now(), "dictated", new.id)
            audit.tell(tx, Verb.CREATE, accession, f"dictation {new.id}", person=author)
            urgency = _STAT_FIRST[study.order.priority] if study else 20
            house.jobs.put(tx, TRANSCRIBE, f"{accession}/{new.id}", priority=urgency)
        return new, True

    def type_in(self, accession: Accession, text: str, key: str, author: str) -> Dictation:
        """Typed words go the way of spoken ones, commands included, without waiting to be heard.

        The same text under the same `key` again returns the same dictation. Raises Conflict when
        the report is signed, Malformed when there are no words.
        """
        house = self._house
        if not text.strip():
            raise Malformed("the text holds no words", code="empty")
        body = json.dumps({"key": key, "text": text}, ensure_ascii=False).encode()
        sha256, size = house.audio.put([body], house.audio_limit)
        with (
            house.traces.step("dictation", accession, bytes=size),
            house.database.write() as tx,
        ):
            if studies.get(tx, accession, lock=True).report_status in CLOSED:
                raise Conflict("the report is signed; write an addendum", code="signed")
            known = dictations.find_audio(tx, accession, sha256)
            if known is not None:
                return known
            id_, now = dictations.next_id(tx, accession), house.now()
            new = Dictation(id_, accession, sha256, TYPED, size, now, author)
            dictations.add(tx, new)
            spoken = (Word(text.strip(), 0, 0, 1.0),)  # one word: line ends stay as typed
            language = house.language or _FALLBACK_LANGUAGE
            transcript = Transcript(id_, "", language, 0, spoken)
            dictations.settle(tx, new, DictationState.TRANSCRIBED, transcript=transcript)
            studies.note(tx, accession, now, "typed", id_)
            audit.tell(tx, Verb.CREATE, accession, f"typed words {id_}", person=author)
            house.jobs.put(tx, MERGE, f"{accession}/{id_}", lane=accession)
            return dictations.get(tx, accession, id_)

    async def transcribe(self, key: str) -> None:
        """Job: recognise one dictation, once."""
        accession, id_ = split_key(key)
        with self._house.traces.step("transcribe", accession, dictation=id_):
            await asyncio.to_thread(self._transcribe, accession, id_)

    def _transcribe(self, accession: str, id_: str) -> None:
        house = self._house
        with house.database.read() as tx:
            which = dictations.get(tx, accession, id_)
            context = context_of(house, tx, studies.get(tx, accession))
        if which.state is not DictationState.RECEIVED:
            return
        try:
            with house.audio.opened(which.audio_sha256) as path:
                heard = house.recognizer.recognize(path, context)
        except Rejected as error:
            self._refuse(which, str(error))
            return
        except FileNotFoundError:  # the node that took it has not moved it yet
            raise TryAgain("the recording is not here yet", after=_MOVES_S) from None
        if not heard.words:
            self._refuse(which, _UNRECOGNISED if heard.unheard else _SILENT)
            return
        self._keep(which, heard)

    def _refuse(self, which: Dictation, reason: str) -> None:
        with self._house.database.write() as tx:
            if dictations.settle(tx, which, DictationState.REFUSED, reason=reason):
                now = self._house.now()
                studies.note(tx, which.accession, now, "dictation refused", f"{which.id}: {reason}")

    def _keep(self, which: Dictation, heard: Recognized) -> None:
        transcript = Transcript(
            dictation_id=which.id,
            model=heard.model,
            language=heard.language,
            duration_ms=heard.duration_ms,
            words=heard.words,
            quarantined=heard.quarantined,
            unheard=heard.unheard,
        )
        house = self._house
        with house.database.write() as tx:
            if dictations.settle(tx, which, DictationState.TRANSCRIBED, transcript=transcript):
                studies.note(tx, which.accession, house.now(), "transcribed", which.id)
                key = f"{which.accession}/{which.id}"
                house.jobs.put(tx, MERGE, key, lane=which.accession)


def context_of(house: House, tx: sa.Connection, study: Study) -> SpeechContext:
    """What the store knows of a study, as help for the recogniser."""
    ai = visible(tx, study, house.tables)  # a hidden finding does not bend what is heard either
    earlier = prior_of(tx, study, house.tables, house.access)
    return speech_context(study.order, house.tables, ai, house.language, earlier)


def speech_context(
    order: Order,
    tables: ReportingTables,
    ai: Iterable[AiFinding],
    language: str,
    earlier: PriorReport | None = None,
) -> SpeechContext:
    """What is known of the study helps the recogniser: no patient data.

    The procedure, the lexicon's names (never the text) of AI findings and of what the prior report
    found, the template's words.
    """
    lexicon = tables.lexicon
    names = (draft(each, lexicon).finding for each in ai)
    return SpeechContext(
        language,
        study_phrases(
            procedure=order.procedure.text,
            findings=[_term(lexicon.findings[name]) for name in names if name],
            prior=_prior_terms(earlier, lexicon) if earlier else (),
            template=_template_words(tables.choose(order), lexicon),
        ),
    )


def _prior_terms(earlier: PriorReport, lexicon: Lexicon) -> Iterator[str]:
    """What the prior report found, each once."""
    for start, end in split(earlier.text):
        for mention in read(earlier.text[start:end], lexicon).mentions:
            if mention.present:
                yield _term(lexicon.findings[mention.fact.finding])


def _template_words(template: Template, lexicon: Lexicon) -> Iterator[str]:
    """Titles of its sections, then the findings of its organs, those that hurry first."""
    yield from (section.title for section in template.table.sections)
    organs = template.section_of_organ
    found = [each for each in lexicon.findings.values() if each.organ in organs]
    yield from map(_term, sorted(found, key=lambda each: _HURRY[each.urgency]))


def _term(finding: Finding) -> str:
    """Its usual name as it is spoken: the first of more than letters that stand for it."""
    name = finding.id.replace("_", " ")
    names = (name, *finding.synonyms) if name in finding.synonyms else (*finding.synonyms, name)
    return next((each for each in names if len(each) > _LONGEST_ABBREVIATION), names[0])
