"""What people do with a source of AI findings at run time: stop it, make it stricter, let it go on.

Effective at once on every node: the modes are read where a report is merged, shown or signed.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from adapter.domain.ai_source import AiMode, AiRuling, AiSwitch, strictest
from adapter.domain.audit import Verb
from adapter.domain.people import Practitioner
from adapter.errors import Conflict, NotFound
from adapter.mapping.ai_sources import AiSource
from adapter.store import ai_sources, audit, reviews, studies
from adapter.store.ai_sources import Seen
from adapter.workflow.ai_modes import rulings, visible
from adapter.workflow.study_flow import HOUSE, MERGE, UNSIGNED, House

EVENT = "ai-source"
"""Begins the events of the house that tell what became of a source."""

_MOST_HELD = 500
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source: its file (None: a model without one), what is set, which versions told something.

    `base`: mode of its file or of the default.
    """

    id: str
    file: AiSource | None
    base: AiMode
    switch: AiSwitch | None
    seen: tuple[Seen, ...]

    @property
    def effective(self) -> AiMode:
        """The stricter of file and switch; study, version and template can make it stricter."""
        return strictest((self.base, self.switch.mode)) if self.switch else self.base


def listed(house: House) -> list[SourceState]:
    """The sources of all files, and the models without one that told something."""
    registry = house.tables.ai_sources
    with house.database.read() as tx:
        seen, switches = ai_sources.seen(tx), ai_sources.switches(tx)
    by_source: dict[str, list[Seen]] = {each.id: [] for each in registry}
    for each in seen:
        by_source.setdefault(registry.id_of(each.model), []).append(each)
    return [
        SourceState(
            id=name,
            file=registry.source_of(registry.models_of(name)[0]),
            base=base_mode(house, name),
            switch=switches.get(name),
            seen=tuple(versions),
        )
        for name, versions in sorted(by_source.items())
    ]


def base_mode(house: House, source: str) -> AiMode:
    """Mode of a source by its file, or by the default."""
    registry = house.tables.ai_sources
    file = registry.source_of(registry.models_of(source)[0])
    return file.mode if file else registry.unnamed(source)


def is_off(house: House, tx: sa.Connection, source: str) -> bool:
    """Whether nothing is taken of a source now: there is no sense in calling it."""
    switch = ai_sources.switches(tx).get(source)
    return AiMode.OFF in (base_mode(house, source), switch.mode if switch else None)


def set_mode(
    house: House, name: str, mode: AiMode, person: Practitioner, reason: str = ""
) -> AiSwitch:
    """Make a source stricter; its unsigned drafts are merged again, signed reports stay.

    `name`: its id, or a model of it. Raises NotFound, or Conflict where its file is stricter.
    """
    with house.database.write() as tx:
        source = _resolved(house, tx, name)
        base = base_mode(house, source)
        if strictest((base, mode)) is not mode:
            told = f"{source} is {base} by its file; at run time it can be made stricter alone"
            raise Conflict(f"{told}; change the file and restart", code="freer")
        switch = AiSwitch(source, mode, house.now(), person.id, reason.strip())
        with _Shown(house, tx, source):
            ai_sources.set_switch(tx, switch)
        why = f": {switch.reason}" if switch.reason else ""
        done = "stopped" if mode is AiMode.OFF else f"set to {mode}"
        _note(house, tx, source, done, f"by {person.id}{why}", person)
    log.info("ai_source_set", source=source, mode=mode.value, person=person.id)
    return switch


def start(house: House, name: str, person: Practitioner, reason: str = "") -> str:
    """Take back what was set; returns the id. Raises NotFound, or Conflict where nothing was."""
    with house.database.write() as tx:
        source = _resolved(house, tx, name)
        with _Shown(house, tx, source):
            if ai_sources.clear_switch(tx, source) is None:
                raise Conflict(f"nothing is set for {source} at run time", code="not-set")
        why = f": {reason.strip()}" if reason.strip() else ""
        _note(house, tx, source, "started", f"by {person.id}{why}", person)
    log.info("ai_source_started", source=source, person=person.id)
    return source


def history(house: House, name: str) -> list[tuple[str, str, str]]:
    """(at, event, detail) of what became of a source, oldest first; raises NotFound."""
    with house.database.read() as tx:
        source = _resolved(house, tx, name)
        events = studies.events(tx, HOUSE)
    about = f"{source}: "
    return [each for each in events if each[1].startswith(EVENT) and each[2].startswith(about)]


def held(house: House, name: str) -> list[tuple[str, AiRuling]]:
    """Studies for which findings of a source are kept from radiologists, the newest first."""
    with house.database.read() as tx:
        models = house.tables.ai_sources.models_of(_resolved(house, tx, name))
        switches = ai_sources.switches(tx)
        found = []
        for accession, model, version in ai_sources.recent(tx, models, _MOST_HELD):
            study = studies.get(tx, accession)
            (ruling,) = rulings(study, house.tables, [(model, version)], switches).values()
            if not ruling.mode.is_shown(dictated=True):
                found.append((accession, ruling))
    return found


def merge_drafts_again(house: House) -> int:
    """At the start: files may have changed since the unsigned drafts were merged; how many."""
    with house.database.write() as tx:
        return _merge_again(house, tx, None)


class _Shown:
    """Around a change of a source: puts the merges, and tells whoever has such a study open."""

    def __init__(self, house: House, tx: sa.Connection, source: str) -> None:
        self._house, self._tx = house, tx
        self._models = house.tables.ai_sources.models_of(source)

    def __enter__(self) -> None:
        self._before = self._seen()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            return
        for accession, ids in self._seen().items():
            if ids != self._before[accession]:
                studies.note(self._tx, accession, self._house.now(), "AI suggestions changed")
        _merge_again(self._house, self._tx, self._models)

    def _seen(self) -> dict[str, set[str]]:
        """What is shown of the studies that somebody has open."""
        house, tx = self._house, self._tx
        found = {}
        for accession in reviews.locked(tx, house.now()):
            study = studies.get(tx, accession)
            if study.report_status in UNSIGNED:
                found[accession] = {each.id for each in visible(tx, study, house.tables)}
        return found


def _merge_again(house: House, tx: sa.Connection, models: tuple[str, ...] | None) -> int:
    moment = int(house.clock.now().timestamp() * 1e6)
    drafts = ai_sources.open_drafts(tx, models)
    for accession in drafts:
        house.jobs.put(tx, MERGE, f"{accession}/ai-modes-{moment}", lane=accession)
    return len(drafts)


def _resolved(house: House, tx: sa.Connection, name: str) -> str:
    """The id of the source that an id or the name of a model stands for; raises NotFound."""
    registry = house.tables.ai_sources
    known = {each.id for each in registry}
    if name in known or registry.source_of(name):
        return name if name in known else registry.id_of(name)
    seen = {each.model for each in ai_sources.seen(tx)}
    if name not in seen:
        told = ", ".join(sorted(known | seen)[:50]) or "none"
        raise NotFound(f"there is no AI source {name}; there are: {told}", code="not-found")
    return name


def _note(
    house: House, tx: sa.Connection, source: str, done: str, told: str, person: Practitioner
) -> None:
    studies.note(tx, HOUSE, house.now(), f"{EVENT} {done}", f"{source}: {told}")
    audit.tell(tx, Verb.CONFIGURE, "", f"{EVENT} {source} {done}", told, person=person.id)
