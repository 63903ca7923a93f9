"""A dictation is stored before it is answered; its transcript follows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from adapter.domain.dictation import Dictation, DictationState
from adapter.domain.identifiers import Accession
from adapter.domain.order import Order
from adapter.domain.transcript import Transcript
from adapter.errors import Malformed, Rejected
from adapter.ports import Recognized, SpeechContext
from adapter.store import dictations, studies
from adapter.workflow import orders
from adapter.workflow.study_flow import MERGE, TRANSCRIBE, House, split_key

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
        self, accession: Accession, audio: Iterable[bytes], media_type: str, author: str = ""
    ) -> tuple[Dictation, bool]:
        """As `receive`, and whether the dictation is new."""
        house = self._house
        sha256, size = house.audio.put(audio, house.audio_limit)
        if size == 0:
            raise Malformed("the dictation holds no bytes; record it again", code="empty")
        with house.database.write() as tx:
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
            urgency = _STAT_FIRST[study.order.priority] if study else 20
            house.jobs.put(tx, TRANSCRIBE, f"{accession}/{new.id}", priority=urgency)
        return new, True

    async def transcribe(self, key: str) -> None:
        """Job: recognise one dictation, once."""
        await asyncio.to_thread(self._transcribe, *split_key(key))

    def _transcribe(self, accession: str, id_: str) -> None:
        house = self._house
        with house.database.read() as tx:
            which = dictations.get(tx, accession, id_)
            order = studies.get(tx, accession).order
        if which.state is not DictationState.RECEIVED:
            return
        try:
            heard = house.recognizer.recognize(
                house.audio.path(which.audio_sha256), speech_context(order)
            )
        except Rejected as error:
            self._refuse(which, str(error))
            return
        if not heard.words:
            self._refuse(which, "no speech was heard; check the microphone and dictate again")
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
        )
        house = self._house
        with house.database.write() as tx:
            if dictations.settle(tx, which, DictationState.TRANSCRIBED, transcript=transcript):
                studies.note(tx, which.accession, house.now(), "transcribed", which.id)
                key = f"{which.accession}/{which.id}"
                house.jobs.put(tx, MERGE, key, lane=which.accession)


def speech_context(order: Order) -> SpeechContext:
    """What the order tells the recogniser: no patient data, only the words of the procedure."""
    phrases = (order.procedure.text,) if order.procedure.text else ()
    return SpeechContext(phrases=phrases)
