"""Names every concrete class, with links.py: settings in, a running service out."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from functools import cache, partial

import structlog

from adapter import __version__
from adapter.ai_doors import dicom_tls, open_ai_doors
from adapter.audit.heads import HeadKeeper
from adapter.audit.keys import open_keys
from adapter.audit.watch import TrailWatch
from adapter.clock import SystemClock
from adapter.dicom.dicomweb import Archive
from adapter.domain.audit import Verb
from adapter.domain.identifiers import sha256_hex
from adapter.errors import ConfigurationError
from adapter.hl7v2.doors import MllpDoors, make_listener
from adapter.hl7v2.link_watch import LinkWatch
from adapter.hl7v2.listener import MllpListener
from adapter.hl7v2.plain_order import PlainOrder
from adapter.hl7v2.responder import Responder
from adapter.jobs.lanes import Lanes
from adapter.links import link, link_probes, open_traces, syslog_sender, translate
from adapter.mapping.access import load_access_rules
from adapter.mapping.ai_monitoring import load_ai_monitoring
from adapter.mapping.destinations import client_keys, load_destinations
from adapter.mapping.ehr_launch import load_ehr_launch
from adapter.mapping.fhir_sources import load_fhir_orders
from adapter.mapping.files import MappingFiles
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.listeners import (
    ListenerProfile,
    default_listener,
    load_listeners,
)
from adapter.mapping.plain_words import load_patient_summary
from adapter.mapping.plug_in import load_plug_in
from adapter.mapping.tables_in_force import TablesInForce
from adapter.mapping.workspace import load_workspace
from adapter.message_readers import open_readers
from adapter.observability.memory import keep_giving_back
from adapter.outbound import Outbound
from adapter.roles import Role, open_jobs, roles_of
from adapter.settings import Settings, listed
from adapter.speech.engines import model_folder, open_engine
from adapter.store import audit
from adapter.store.audio_store import open_audio
from adapter.store.links import LinkKind
from adapter.store.opening import open_database
from adapter.store.owed_answers import OwedAnswers
from adapter.store.unlocking import unlock
from adapter.web.app import build_app, build_monitor
from adapter.web.change_feed import ChangeFeed
from adapter.web.entry import open_entry, sign_in_path
from adapter.web.node import Node
from adapter.web.parts import Parts
from adapter.web.server import HttpServer, bound, http_server, port_of, serving, tls_of
from adapter.workflow import study_flow as flow
from adapter.workflow.ai_ledger import AiLedger
from adapter.workflow.ai_sources import merge_drafts_again
from adapter.workflow.ai_watch import AiWatch
from adapter.workflow.audio_moving import AudioMover
from adapter.workflow.context_seats import open_seats
from adapter.workflow.deliveries import Deliveries
from adapter.workflow.destinations import Destinations
from adapter.workflow.dictations import Dictations
from adapter.workflow.fhir_fetching import open_feeds
from adapter.workflow.fhir_intake import FhirIntake
from adapter.workflow.fhir_reading import FhirReading
from adapter.workflow.fhir_sources import FhirSources
from adapter.workflow.following import keep_following
from adapter.workflow.intake import Intake
from adapter.workflow.link_probes import note
from adapter.workflow.live_hearing import open_live
from adapter.workflow.message_log import open_log
from adapter.workflow.model_following import open_model_calls
from adapter.workflow.outcomes import outcome_of
from adapter.workflow.patient_summaries import PatientSummaries
from adapter.workflow.reconcile import reconcile
from adapter.workflow.reports import Reports
from adapter.workflow.review import Review
from adapter.workflow.sign_off import SignOff
from adapter.workflow.site_mappings import SiteMappings
from adapter.workflow.study_flow import House, Route
from adapter.workflow.upkeep import EVERY_S, Upkeep
from adapter.workflow.watch_folder import WatchFolder

log = structlog.get_logger()

_ALLOWED_HOSTS = "READOUT_OUTBOUND_ALLOWED_HOSTS"


class Service:
    """One node: of doors, workflow and jobs what its roles ask for; a worker has no doors."""

    def __init__(self, settings: Settings, *, doors: bool = True) -> None:
        self.settings, self.roles = settings, roles_of(settings, doors=doors)
        files = MappingFiles(site=settings.mappings_dir)
        listeners = load_listeners(files, default_listener(settings))
        fhir_orders, plug_in = load_fhir_orders(files), load_plug_in(files)
        self._recognizer, ehr_launch = open_engine(settings), load_ehr_launch(files)
        self.outbound = Outbound.of(settings.outbound_allowed_hosts, _ALLOWED_HOSTS)
        self.house = house = self._house(files)
        rules, made = load_ai_monitoring(files), Reports(house)
        dictated, desk = Dictations(house), SignOff(house, made)
        self._ledger, log = AiLedger(house, rules), open_log(house.database, house.clock, files)
        self._mllp, readers = open_readers(files, listeners, fhir_orders, self._lexicon)
        intake = Intake(house, readers, log.index)
        self._ai = open_ai_doors(settings, files, house, intake)
        taking, feeds = FhirIntake(house, intake), open_feeds(files, house.clock)
        live = open_live(settings, house, dictated, self._recognizer)
        sources, links = FhirSources(house, taking, feeds), self._links(listeners, intake)
        seats = open_seats(house, files, live.speaking, settings.node_id)
        entry = open_entry(settings, files, plug_in, self.outbound, house)
        self.parts = Parts(
            house=house,
            intake=intake,
            log=log,
            dictations=dictated,
            reports=made,
            sign_off=desk,
            review=Review(house, made, desk),
            deliveries=Deliveries(house),
            destinations=Destinations(house),
            max_body_bytes=settings.http_max_body_bytes,
            find_speech_model=cache(lambda: model_folder(settings) if self._hears else None),
            ai_posts=self._ai,
            fhir=taking,
            fhir_reading=FhirReading(house, fhir_orders["fhir"]),
            fhir_orders=fhir_orders["fhir"],
            fhir_sources=sources,
            changes=ChangeFeed(house.database),
            workspace=load_workspace(files),
            ai_rules=rules,
            node=Node.of(settings, self._mover.waiting, house, Role.INTAKE in self.roles),
            live=live,
            contexts=seats,
            site_mappings=SiteMappings(house, files),
            models=open_model_calls(house, files, settings.dicomweb_url),
            summaries=PatientSummaries(house, *load_patient_summary(files)),
            host_names=listed(settings.http_host_names),
            feeds=self._doors.feeds,
            certificates=links.certificates,
            handshakes=links.handshakes,
            audit_troubles=self._audit_troubles,
            outbound=self.outbound,
            archive=Archive(settings.dicomweb_url) if settings.dicomweb_url else None,
            client_keys=client_keys(
                house.profiles, [*sources.smart_clients, *ehr_launch.issuers, *seats.smart_clients]
            ),
            ehr_launch=ehr_launch,
            plug_in=plug_in,
            **entry._asdict(),
        )
        self._upkeep = self._make_upkeep(links.look, AiWatch(house, rules).look)
        self._http, self._watcher = self._make_http(), self._watch_folder()

    def _make_http(self) -> HttpServer:
        build = build_app if Role.WEB in self.roles else build_monitor
        return http_server(build(self.parts), self.settings)

    def _make_upkeep(self, *looks: Callable[[], None]) -> Upkeep:
        settings, looks = self.settings, (*looks, self._trail_watch.look, self._ask_again)
        return Upkeep(self.house, settings.keep_days, settings.purge_every_hours, *looks)

    def _lexicon(self) -> Lexicon:
        return self.house.tables.lexicon

    def _links(self, listeners: Sequence[ListenerProfile], intake: Intake) -> LinkWatch:
        """Opens no door yet; the watch is over all links of this node, its HTTP and DICOM doors."""
        house, listeners = self.house, listeners if Role.INTAKE in self.roles else ()
        self._doors = MllpDoors([self._mllp_listener(each, intake) for each in listeners])
        takes_dicom = Role.INTAKE in self.roles and self._ai.scp is not None
        dicom = dicom_tls(self.settings) if takes_dicom else None
        told = ({"HTTP": tls_of(self.settings), "DICOM": dicom}, self._ai.failed)
        return LinkWatch(listeners, house.routes, self._doors, house.clock, *told)

    @property
    def mllp_port(self) -> int | None:
        """The port the default HL7 v2 listener has, once started; None: this node has none."""
        return self._doors.ports[0] if Role.INTAKE in self.roles else None

    @property
    def dicom_port(self) -> int | None:
        """The port of the DICOM listener, once started; None: there is none."""
        return self._ai.scp.port if self._ai.scp and Role.INTAKE in self.roles else None

    @property
    def http_port(self) -> int | None:
        """The port the HTTP interface has, once started; None: this node has none."""
        return port_of(self._http) if Role.WEB in self.roles else None

    @property
    def monitor_port(self) -> int | None:
        """The port of health and metrics, where there is no HTTP interface, once started."""
        return port_of(self._http) if Role.WEB not in self.roles else None

    @property
    def _hears(self) -> bool:
        """Whether speech is recognised here: dictations, or live ones."""
        return bool(self.roles & {Role.SPEECH, Role.WEB})

    def sign_in_path(self) -> str:
        """A new one-time link for the local user, below the address of the HTTP interface."""
        return sign_in_path(self.parts.sign_in, self.settings)

    async def run(self, ready: Callable[[Service], None], stop: asyncio.Event) -> None:
        """Serve until `stop`; `ready` is called once everything listens."""
        intake, door = Role.INTAKE in self.roles, self._http_door()
        await asyncio.to_thread(self._start_inside)
        parts, every = self.parts, self.settings.jobs_poll_seconds
        follow = keep_following(every, parts.site_mappings.follow, parts.models.follow)
        chores = [asyncio.create_task(each) for each in (keep_giving_back(), follow)]
        try:
            async with self._intake(intake), self._web(door):
                gc.freeze()  # tables and modules stay for good: no collection need walk them again
                if intake:  # the servers may call back at once
                    await asyncio.to_thread(self.parts.fhir_sources.reconcile)
                ready(self)
                await self._until(stop)
        finally:
            for each in chores:
                each.cancel()
            await asyncio.to_thread(self._stop_inside)

    @contextlib.asynccontextmanager
    async def _intake(self, here: bool) -> AsyncIterator[None]:
        if not here:
            yield
            return
        await self._doors.open()
        try:
            await asyncio.to_thread(self._ai.open)
            yield
        finally:
            await self._doors.close()
            await asyncio.to_thread(self._ai.close)

    def _http_door(self) -> socket.socket | None:
        """None: that of health and metrics alone cannot be had, which keeps no node from work."""
        settings = self.settings
        if Role.WEB in self.roles:
            return bound(settings.http_host, settings.http_port)
        try:
            return bound(settings.monitor_host, settings.monitor_port, "MONITOR")
        except ConfigurationError as error:
            log.error("not_monitored", why=str(error))
            return None

    @contextlib.asynccontextmanager
    async def _web(self, door: socket.socket | None) -> AsyncIterator[None]:
        if door is None:
            yield
            return
        async with serving(self._http, door):
            if Role.WEB not in self.roles:
                yield
                return
            parts = self.parts
            probes = link_probes(parts.house, parts.login, parts.access.ask_issuer, parts.archive)
            going = (parts.live.keep_sweeping(), probes.keep_asking())
            chores = [asyncio.create_task(each) for each in going]
            await parts.contexts.start()
            try:
                yield
            finally:
                await parts.contexts.stop()
                for each in chores:
                    each.cancel()
                parts.changes.close()

    async def _until(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await asyncio.to_thread(self._upkeep)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await stop.wait()

    def _ask_again(self) -> None:
        reconcile(self.house)
        if Role.INTAKE in self.roles:
            self._ai.archives.reconcile()
            self.parts.fhir_sources.reconcile()

    def _start_inside(self) -> None:
        parts, jobs = self.parts, self.house.jobs
        parts.node.check()
        self._heads.start()
        self._mover.start()
        if self._syslog is not None:
            self._syslog.start()
        self._tell(Verb.START)
        jobs.handle(flow.TRANSCRIBE, parts.dictations.transcribe)
        jobs.handle(flow.MERGE, parts.reports.merge)
        jobs.handle(flow.DELIVER, parts.deliveries.deliver)
        jobs.handle(flow.FETCH, parts.fhir_sources.fetch)
        jobs.handle(flow.ASK, self._ai.archives.ask)
        jobs.handle(flow.TELL, parts.fhir_sources.tasks.tell)
        jobs.handle(flow.LEDGER, self._ledger.write)
        jobs.handle(flow.MODEL, parts.models.calls.ask)
        parts.site_mappings.follow()
        jobs.start()
        owed = reconcile(self.house) + merge_drafts_again(self.house)
        log.info("started", node=self.settings.node_id, owed=owed)
        if Role.INTAKE in self.roles:
            parts.intake.start()
            if self._watcher is not None:
                self._watcher.start()
        if self.settings.speech_preload and Role.SPEECH in self.roles:
            self._recognizer.load()

    def _stop_inside(self) -> None:
        if self._watcher is not None:
            self._watcher.stop()
        self.parts.intake.stop()
        self.house.jobs.stop()
        self._mover.stop()
        self._tell(Verb.STOP)
        if self._syslog is not None:
            self._syslog.stop()
        self._heads.stop()
        self.house.traces.close()
        self.house.database.close()

    def _trail_moved(self) -> None:
        self._heads.moved()
        if self._syslog is not None:
            self._syslog.moved()

    def _audit_troubles(self) -> dict[str, str]:
        heads = {"heads": self._heads.trouble, "chain": self._trail_watch.trouble}
        return heads | ({} if self._syslog is None else {"syslog": self._syslog.trouble})

    def _tell(self, verb: Verb) -> None:
        """Start and end of this node, with the version and the files that decide reports."""
        files = sha256_hex("\n".join(each.sha256 for each in self.house.tables.sources).encode())
        detail = f"version {__version__}, mappings sha256 {files}"
        with self.house.database.write() as tx:
            audit.tell(tx, verb, "", f"node {self.settings.node_id}", detail)

    def _house(self, files: MappingFiles) -> House:
        settings = self.settings
        keys, heads = settings.audit_files
        sealer = open_keys(keys)
        database = open_database(settings, sealer)
        vault = unlock(database, settings.master_key_file, SystemClock())
        told = partial(note, database, SystemClock(), LinkKind.AUDIO)
        self._mover = AudioMover(audio := open_audio(settings, vault), told)
        self._heads = HeadKeeper(database, sealer, heads)
        self._syslog = syslog_sender(settings, database)
        self._trail_watch = TrailWatch(database, sealer)
        database.trail.moved = self._trail_moved
        routes = {
            profile.name: Route(profile, file, partial(translate, profile), link(profile))
            for profile, file in load_destinations(files)
        }
        return House(
            database=database,
            jobs=open_jobs(settings, database, self.roles),
            clock=SystemClock(),
            audio=audio,
            mappings=TablesInForce(files),
            recognizer=self._recognizer,
            routes=routes,
            language=settings.speech_language,
            audio_limit=settings.http_max_body_bytes,
            retry_base=settings.retry_base_seconds,
            retry_cap=settings.retry_cap_seconds,
            traces=open_traces(settings, sealer),
            access=load_access_rules(files),
        )

    def _mllp_listener(self, profile: ListenerProfile, intake: Intake) -> MllpListener:
        mapping, settings = self._mllp[profile.orders].orders, self.settings
        lanes = Lanes(self.house.database, settings.node_id, settings.takeover_seconds)
        return make_listener(
            profile,
            self._mllp[profile.orders].reader.check,
            intake.store,
            SystemClock(),
            fallback_charset=mapping.fallback_charset,
            glance=PlainOrder(mapping),
            responder=Responder(mapping, partial(outcome_of, self.house.database)),
            ledger=OwedAnswers(self.house.database),
            alone=partial(lanes.alone, "owed answers"),
        )

    def _watch_folder(self) -> WatchFolder | None:
        folder = self.settings.watch_folder
        return WatchFolder(folder, self.parts.dictations) if folder else None
