"""`readout doctor`: everything a support call would ask for, without patient data."""

from __future__ import annotations

import json
import platform
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
import typer

from adapter import __version__
from adapter.ai_doors import dicom_door, dicom_tls
from adapter.audit.heads import lost, read_heads
from adapter.audit.keys import open_keys
from adapter.cli.stored import NoDatabaseYet, opened
from adapter.clock import SystemClock
from adapter.errors import ConfigurationError, ReadoutError
from adapter.hl7v2.certificates import ends_of, watched
from adapter.hl7v2.tls import client_contexts, server_context
from adapter.key_file import read_keys
from adapter.mapping.destinations import load_destinations
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import load_order_mapping
from adapter.mapping.listeners import ListenerProfile, default_listener, load_listeners
from adapter.mapping.message_table import load_message_mapping
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.tls_files import ClientTls, ServerTls
from adapter.observability.traces import trace_id
from adapter.settings import Settings, load_settings
from adapter.speech.engines import open_engine
from adapter.speech.model_files import check_digests
from adapter.speech.model_store import find_model, located
from adapter.speech.openai_engine import OpenAiRecognizer
from adapter.store import (
    audit_sent,
    contexts,
    deliveries,
    dictations,
    links,
    messages,
    model_calls,
    pauses,
    studies,
)
from adapter.store.audio_store import open_audio
from adapter.store.bucket_audio import BucketAudio
from adapter.store.data_keys import master_id
from adapter.store.database import Database
from adapter.store.disk import Disk, disks
from adapter.store.schema import wanted_version
from adapter.store.vault import SETTING

_LIBRARIES = (
    "sqlalchemy", "dbos", "fastapi", "uvicorn", "faster-whisper", "ctranslate2", "hl7apy",
    "fhir.resources",
)  # fmt: skip
_SECRET = ("password", "secret", "token", "key")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str


def command(
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    trace: Annotated[str, typer.Option(help="Only tell the trace of this accession.")] = "",
) -> None:
    """Look through an installation; exit 1 when something is wrong. No patient data is printed.

    Example: readout doctor --config /etc/readout/readout.toml
    """
    settings = load_settings(config)
    if trace:
        typer.echo(trace_id(open_keys(settings.audit_files[0]).trace(trace)))
        return
    found = list(_findings(settings))
    if as_json:
        told = {"versions": versions(), "settings": shown_settings(settings)}
        typer.echo(json.dumps({**told, "findings": [asdict(each) for each in found]}, indent=2))
    else:
        _print(settings, found)
    if not all(each.ok for each in found):
        raise typer.Exit(1)


def versions() -> dict[str, str]:
    """Of Readout, Python, the system and the libraries that matter."""
    told = {"readout": __version__, "python": platform.python_version()}
    return told | {"system": platform.platform()} | {name: _version(name) for name in _LIBRARIES}


def shown_settings(settings: Settings) -> dict[str, Any]:
    """All settings; the database without its password, secrets as `***`."""
    told = settings.model_dump(mode="json")
    hidden = {
        name: "***"
        for name in told
        if told[name] and not name.endswith("_file") and any(word in name for word in _SECRET)
    }
    return {**told, **hidden, "database_url": _shown_url(settings)}


def _findings(settings: Settings) -> Iterator[Finding]:
    yield _look("mapping files", lambda: _mappings(settings))
    yield _look("speech model", lambda: _model(settings))
    for disk in disks(settings.folders, int(settings.disk_low_gib * (1 << 30))):
        yield _look("disk space", partial(_space, disk))
    yield _look("audio store", lambda: _audio(settings))
    yield _look("encryption at rest", lambda: _encryption(settings))
    yield from _listeners(settings)
    if settings.dicom_port is not None:
        yield _look("DICOM port", lambda: _dicom(settings))
    yield _look("HTTP port", lambda: _port(settings.http_host, settings.http_port))
    try:
        with opened(settings) as database:
            yield _look("database", lambda: _schema(database))
            with database.read() as tx:
                yield from _counts(tx)
            yield _look("audit trail", lambda: _trail(settings, database))
    except ConfigurationError as error:
        yield Finding("database", isinstance(error, NoDatabaseYet), str(error))


def _listeners(settings: Settings) -> Iterator[Finding]:
    """Every HL7 v2 listener, and the TLS files of listeners and destinations."""
    files = MappingFiles(site=settings.mappings_dir)
    try:
        listeners = load_listeners(files, default_listener(settings))
        destinations = [profile for profile, _ in load_destinations(files)]
    except ReadoutError:
        return  # told with the mapping files
    for one in listeners:
        yield _look(f"listener {one.name}", partial(_listener, one))
    for other in destinations:
        if other.mllp is not None and other.mllp.tls is not None:
            yield _look(f"TLS to {other.name}", partial(_client, other.mllp.tls))


def _listener(profile: ListenerProfile) -> str:
    secured = "in the clear"
    if profile.tls is not None:
        server_context(profile.tls)
        secured = f"TLS files are usable, {_ends(profile.tls)}"
    return f"{_port(profile.host, profile.port)}; {secured}"


def _dicom(settings: Settings) -> str:
    dicom_door(settings)  # what is wrong with it shows
    tls = dicom_tls(settings)
    secured = f"TLS files are usable, {_ends(tls)}" if tls else "in the clear"
    return f"{_port(settings.dicom_host, settings.dicom_port or 0)}; {secured}"


def _client(tls: ClientTls) -> str:
    client_contexts(tls)
    return ", ".join(filter(None, ("files are usable", _ends(tls))))


def _ends(tls: ServerTls | ClientTls) -> str:
    return ends_of(list(watched("", tls)), SystemClock().now())


def _counts(tx: sa.Connection) -> Iterator[Finding]:
    counted = {
        "messages": messages.count_by_state(tx),
        "studies": studies.count_by_status(tx),
        "dictations": dictations.count_by_state(tx),
    }
    for name, counts in counted.items():
        yield Finding(name, True, _listed(counts))
    for link in links.listed(tx):
        told = f"away since {link.away_since} or earlier: {link.problem}"
        yield Finding(link.label, not link.away_since, told if link.away_since else "answers")
    for hub, since in contexts.away(tx).items():
        yield Finding(f"FHIRcast hub {hub}", True, f"away since {since} or earlier")
    for model, since in model_calls.away(tx).items():
        yield Finding(f"model {model}", True, f"away since {since} or later")
    yield from _destinations(tx)


def _destinations(tx: sa.Connection) -> Iterator[Finding]:
    """What each is owed; since when one is away is told, and is no fault of this installation."""
    oldest, paused = deliveries.oldest_pending(tx), pauses.listed(tx)
    troubles = deliveries.last_troubles(tx)
    states = deliveries.count_by_state(tx)
    for destination in sorted({name for name, _ in states}):
        counts = {state: count for (name, state), count in states.items() if name == destination}
        since = f"; oldest pending since {oldest[destination]}" if destination in oldest else ""
        if destination in paused:
            since += f"; paused since {paused[destination].at}"
        elif destination in troubles:
            since += (
                f"; away since {troubles[destination][1]} or later"  # its words may name people
            )
        held = counts.get("held", 0)
        yield Finding(f"deliveries to {destination}", not held, _listed(counts) + since)


def _look(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, look())
    except ReadoutError as error:
        return Finding(name, False, str(error))


def _mappings(settings: Settings) -> str:
    files = MappingFiles(site=settings.mappings_dir)
    load_order_mapping(files)
    load_message_mapping(files)
    files.get("fhir_orders.yaml").read(FhirOrderMapping)
    tables = ReportingTables.load(files)
    load_listeners(files, default_listener(settings))
    names = ", ".join(profile.name for profile, _ in load_destinations(files)) or "none"
    return f"{len(tables.sources)} files decide reports; destinations: {names}"


def _model(settings: Settings) -> str:
    engine = open_engine(settings)
    if isinstance(engine, OpenAiRecognizer):
        return f"{engine.label}, another process: not asked"
    model = find_model(located(settings.speech_model, settings.data_dir))
    checked = ", every file as it was added" if check_digests(model.directory) else ""
    return f"{model.label} in {model.directory}{checked}"


def _encryption(settings: Settings) -> str:
    if settings.master_key_file is None:
        return "off: bodies, texts and audio lie in the clear (READOUT_MASTER_KEY_FILE)"
    masters = read_keys(settings.master_key_file, SETTING)
    return f"on, master key {master_id(masters[-1])} of {len(masters)}"


def _audio(settings: Settings) -> str:
    if not settings.audio_store:
        return f"the folder {settings.data_dir / 'audio'}"
    audio = open_audio(settings)
    assert isinstance(audio, BucketAudio)  # noqa: S101 - for the type
    audio.bucket.check()
    return f"{settings.audio_store} answers; {audio.waiting()} recordings wait here to be moved"


def _trail(settings: Settings, database: Database) -> str:
    """Every chain still holds the end that its anchor tells of."""
    key_file, path = settings.audit_files
    heads = read_heads(path, open_keys(key_file)) if path.exists() else None
    with database.read() as tx:
        gone = lost(tx, heads.heads) if heads else []
        waiting = sum(audit_sent.waiting(tx).values()) if settings.audit_syslog else 0
        since = f" since {audit_sent.oldest_waiting(tx)}" if waiting else ""
    if heads is None:
        return f"no heads at {path} yet"
    if not heads.good or gone:
        what = "its heads are not sealed by our key" if not heads.good else "rows are gone"
        raise ConfigurationError(f"{what}: run `readout audit verify`")
    told = (
        f", {waiting} rows wait{since} for {settings.audit_syslog}" if settings.audit_syslog else ""
    )
    return f"ends where its heads of {heads.at} say{told}"


def _space(disk: Disk) -> str:
    told = f"{disk.told()} in {disk.folder}"
    if disk.is_low:
        raise ConfigurationError(f"only {told}; make room before it is full (READOUT_DISK_LOW_GIB)")
    return told


def _port(host: str, port: int) -> str:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise ConfigurationError(f"{host}:{port} needs rights that this user lacks") from None
        except OSError as error:
            return f"{host}:{port} is in use, by the service if it runs ({error.strerror})"
    return f"{host}:{port} is free"


def _schema(database: Database) -> str:
    now, wanted = database.version(), wanted_version()
    if now != wanted and database.suits():
        return f"reachable, tables at {now}: of a newer Readout, and good for this one, too"
    if now != wanted:
        raise ConfigurationError(
            f"tables are at {now}, this version wants {wanted}; `readout serve` brings them there"
        )
    return f"reachable, tables at {now}"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "none"


def _shown_url(settings: Settings) -> str:
    try:
        url = sa.make_url(settings.resolved_database_url)
    except sa.exc.ArgumentError:
        return "***"
    return url.set(query={}).render_as_string(hide_password=True)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _print(settings: Settings, found: list[Finding]) -> None:
    for name, value in versions().items():
        typer.echo(f"{name} {value}")
    typer.echo()
    for name, value in shown_settings(settings).items():
        typer.echo(f"READOUT_{name.upper()} = {value}")
    typer.echo()
    for each in found:
        typer.echo(f"{'ok   ' if each.ok else 'WRONG'}  {each.name}: {each.detail}")
