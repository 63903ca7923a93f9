"""Settings: `readout.toml`, overridden by `READOUT_…` environment variables."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from adapter.errors import ConfigurationError
from adapter.secret_values import secret_in

SECRETS = ("database_url", "login_client_secret")
"""Settings that hold a secret; each may be given by a file, `…_file`."""


_KEPT = re.compile(r"keep_(\w+)_days")


class Settings(BaseSettings):
    """Every setting of one node; the README's table is tested against these docstrings."""

    model_config = SettingsConfigDict(
        env_prefix="READOUT_", extra="forbid", frozen=True, use_attribute_docstrings=True
    )

    data_dir: Path = Path("readout-data")
    """Folder of the embedded database and the audio files."""

    audio_store: str = Field("", pattern=r"^(s3://[a-z0-9.-]{3,63}(/[A-Za-z0-9._/-]*)?)?$")
    """Bucket of the recordings of several nodes, `s3://bucket/prefix`; empty: in `data_dir`."""

    audio_store_endpoint: str = Field("", pattern=r"^(https?://[^\s?#]+)?$")
    """Address of the S3-compatible server of `audio_store`; empty: Amazon's own."""

    audio_store_region: str = Field("us-east-1", pattern=r"^[a-z0-9-]{1,40}$")
    """Region of that bucket."""

    disk_low_gib: float = Field(2.0, ge=0)
    """Free space in GiB below which doctor and metrics call a disk of ours low; 0: never."""

    database_url: str = Field("", repr=False)
    """SQLAlchemy URL; empty: SQLite in `data_dir`. Several nodes: `postgresql+psycopg://…`."""

    database_url_file: Path | None = None
    """File that holds `database_url`, which may hold a password."""

    mappings_dir: Path | None = None
    """The site's mapping files; each replaces the packaged one of its name or adds to them."""

    node_id: str = Field("node-1", pattern=r"^[A-Za-z0-9_.-]{1,40}$")
    """Name of this node, unique among the nodes of one database, the same after a restart."""

    roles: str = "intake,speech,delivery,web"
    """What this node does, by commas; merging every node does. A worker needs no doors."""

    mllp_host: str = "127.0.0.1"
    """Address of the HL7 v2 listener."""

    mllp_port: int = Field(2575, ge=0, le=65535)
    """Port of the HL7 v2 listener; 0 takes a free one."""

    mllp_max_frame_bytes: int = Field(4_194_304, ge=1024)
    """Largest HL7 v2 message taken, in bytes; a larger one is refused and the connection closed."""

    mllp_max_connections: int = Field(512, ge=1)
    """Most MLLP connections open at once."""

    mllp_idle_seconds: float = Field(600.0, gt=0)
    """An MLLP connection without a message for this long is closed."""

    http_host: str = "127.0.0.1"
    """Address of the HTTP interface."""

    http_port: int = Field(8765, ge=0, le=65535)
    """Port of the HTTP interface; 0 takes a free one."""

    monitor_host: str = "127.0.0.1"
    """Address of `/metrics`, `/healthz` and `/readyz` of a node without the HTTP interface."""

    monitor_port: int = Field(8767, ge=0, le=65535)
    """Port of these; 0 takes a free one. A node that finds it taken says so and works without."""

    http_max_body_bytes: int = Field(104_857_600, ge=1024)
    """Largest HTTP request body (audio included), in bytes."""

    http_host_names: str = ""
    """Names besides localhost under which a reverse proxy calls this HTTP interface, by commas."""

    auth_issuer: str = Field("", pattern=r"^(https?://[^\s?#]+)?$")
    """OpenID issuer of the tokens that callers must show; empty: only this machine is served."""

    auth_audience: str = ""
    """Values of `aud` that tokens must hold one of, by commas."""

    auth_tenant: str = ""
    """Value of `tid` that tokens must hold; empty: any."""

    auth_keys_url: str = Field("", pattern=r"^(https?://\S+)?$")
    """Where the issuer's keys are; empty: where its discovery document says."""

    http_without_tokens: bool = False
    """Serve other machines without `auth_issuer`: for a network where a proxy asks who calls."""

    outbound_allowed_hosts: str = ""
    """Hosts and networks inside, by commas, that URLs which others send us may name."""

    dicomweb_url: str = Field("", pattern=r"^(https?://\S+)?$")
    """DICOMweb address of the archive, from which images of AI findings are shown; empty: none."""

    dicom_host: str = "127.0.0.1"
    """Address of the DICOM listener."""

    dicom_port: int | None = Field(None, ge=0, le=65535)
    """Port of the DICOM listener (C-STORE of structured reports); empty: none; 0: a free one."""

    dicom_ae_title: str = Field("READOUT", pattern=r"^[\x21-\x5b\x5d-\x7e]{1,16}$")
    """AE title of the DICOM listener; calls of other titles are refused."""

    dicom_callers: str = ""
    """AE titles that may send to the DICOM listener, by commas; empty: any of this machine."""

    dicom_addresses: str = ""
    """Addresses and networks that may connect to the DICOM listener, by commas; empty: any."""

    dicom_certificate: Path | None = None
    """PEM file of the certificate of the DICOM listener and its chain; empty: it has no TLS."""

    dicom_key: Path | None = None
    """PEM file of that certificate's private key; empty: it is in the certificate's file."""

    dicom_client_ca: Path | None = None
    """PEM file of the authorities of senders' certificates (mutual TLS); empty: none is needed."""

    dicom_max_pdu: int = Field(65_536, ge=4_096, le=1_048_576)
    """Largest PDU that the DICOM listener takes, in bytes."""

    http_own_tokens: bool = False
    """Ask every program for a token of `readout token create`, also without `auth_issuer`."""

    http_certificate: Path | None = None
    """PEM file of the certificate of the HTTP interface and its chain; empty: it has no TLS."""

    http_key: Path | None = None
    """PEM file of the certificate's private key; empty: it is in the certificate's file."""

    http_without_tls: bool = False
    """Serve other machines without `http_certificate`: where a proxy before it speaks TLS."""

    http_calls_per_minute: int = Field(6000, ge=0)
    """Most calls of one caller, and of one address, in a minute; more wait (429). 0: any number."""

    sign_in_tries_per_minute: int = Field(20, ge=0)
    """Most sign-ins begun and tokens refused of one address in a minute; 0: any number."""

    http_address: str = Field("", pattern=r"^(https?://[^\s?#]+[^\s?#/])?$")
    """Address of the workspace as browsers reach it; needed for the login."""

    login_issuer: str = Field("", pattern=r"^(https?://[^\s?#]+)?$")
    """OpenID issuer where users sign in (authorization code, PKCE); empty: by the link alone."""

    login_client_id: str = ""
    """Client id of our registration there."""

    login_client_secret: str = Field("", repr=False)
    """Client secret, where there is one; better in `login_client_secret_file`."""

    login_client_secret_file: Path | None = None
    """File that holds the client secret."""

    login_client_key_file: Path | None = None
    """PEM file of a private key by which we prove ourselves there, instead of a secret."""

    login_scopes: str = "openid profile"
    """Scopes that the login asks for, by blanks."""

    login_allowed_hosts: str = ""
    """Hosts inside, besides that of `login_issuer`, on which its documents may name endpoints."""

    session_hours: float = Field(12.0, gt=0, le=744)
    """How long a browser stays signed in, in hours."""

    break_glass_minutes: float = Field(60.0, gt=0, le=1440)
    """How long a study stays open to who broke glass for it (`access.yaml`), in minutes."""

    session_idle_minutes: float = Field(60.0, ge=0)
    """A session whose owner does nothing for so long ends, in minutes; 0: only by its hours."""

    local_roles: str = "radiologist,integrator,admin"
    """Roles of who signs in by the link, by commas; roles stand in `roles.yaml`."""

    local_user: str = Field("local,User,Local", pattern=r"^[^,]{1,64}(,[^,]{0,100}){0,2}$")
    """Who the sign-in link is for: number in the directory, family name, given name, by commas."""

    watch_folder: Path | None = None
    """Folder watched for dictations named `<accession>.<extension>`; empty: none is watched."""

    speech_model: str = ""
    """Whisper model: CTranslate2 directory or name; empty: the embedded demonstration model."""

    speech_language: str = Field("en", pattern=r"^([a-z]{2,3}(-[A-Za-z]{2,4})?)?$")
    """Language of the dictations, such as `en` or `de`; empty: detected in each recording."""

    speech_device: str = Field("cpu", pattern=r"^(cpu|cuda|auto)$")
    """Where the model runs: `cpu`, `cuda` or `auto`."""

    speech_compute_type: str = "int8"
    """CTranslate2 number type, such as `int8`, `float16` or `int8_float16`."""

    speech_threads: int = Field(2, ge=1)
    """Processor threads of the recogniser."""

    speech_preload: bool = False
    """Load the speech model at start rather than at the first dictation."""

    speech_download: bool = False
    """Whether a speech model given by name may be fetched from its hub; else only its cache."""

    speech_longest_minutes: float = Field(120.0, gt=0)
    """Longest recording taken, in minutes."""

    speech_converter: str = ""
    """Command that turns a DSS or DS2 recording, `{input}`, into a WAV file, `{output}`."""

    speech_engine: str = Field("whisper", pattern=r"^(whisper|openai)$")
    """Who hears: `whisper`, in this process, or `openai`, a server at `speech_url`."""

    speech_url: str = ""
    """Address of an OpenAI-compatible transcription server; `speech_model` is its model's name."""

    speech_url_allowed_hosts: str = ""
    """Hosts besides this machine that `speech_url` may name, by commas: recordings go there."""

    speech_api_key_file: Path | None = None
    """File that holds the server's API key; empty: none is sent."""

    speech_answer_seconds: float = Field(300.0, gt=0)
    """Longest wait for the server's words of up to five minutes of speech."""

    jobs_poll_seconds: float = Field(2.0, gt=0.05)
    """How often queues look for the jobs of other nodes and due retries; local jobs wake them."""

    takeover_seconds: float = Field(10.0, ge=1.0)
    """After so long without a sign of life of a node, other nodes take over its work."""

    retry_base_seconds: float = Field(5.0, gt=0)
    """First wait before a delivery is tried again; doubles each time."""

    retry_cap_seconds: float = Field(900.0, gt=0)
    """Longest wait between two tries of a delivery."""

    keep_messages_days: int = Field(0, ge=0)
    """Days until `readout purge` removes the body of an applied message; 0: it is kept for good."""

    keep_deliveries_days: int = Field(0, ge=0)
    """Days until `readout purge` removes the body of an acknowledged delivery; 0: it is kept."""

    keep_audio_days: int = Field(0, ge=0)
    """Days until `readout purge` removes a recording whose report is signed; 0: it is kept."""

    keep_transcripts_days: int = Field(0, ge=0)
    """Days until `readout purge` removes the transcript of a dictation whose report is signed."""

    keep_ai_findings_days: int = Field(0, ge=0)
    """Days until `readout purge` removes what AI engines sent for a report that is signed."""

    keep_model_answers_days: int = Field(0, ge=0)
    """Days until `readout purge` removes what models answered for a report that is signed."""

    purge_every_hours: float = Field(0.0, ge=0)
    """Hours between two runs of `readout purge` by the service itself; 0: only by the command."""

    master_key_file: Path | None = None
    """Master keys by which bodies, texts and audio are stored encrypted; empty: in the clear."""

    audit_key_file: Path | None = None
    """Keys that seal the audit trail, the same on all nodes; empty: `audit.key` in `data_dir`."""

    audit_heads_file: Path | None = None
    """Where the sealed end of the audit trail is kept; empty: `audit-heads.json` in `data_dir`."""

    audit_syslog: str = Field("", pattern=r"^(\S+:[0-9]{1,5})?$")
    """Receiver of the audit trail by syslog over TLS, as `host:port` (6514); empty: none."""

    audit_syslog_ca: Path | None = None
    """PEM file of the authorities of its certificate; empty: those of the system."""

    audit_syslog_certificate: Path | None = None
    """PEM file of our certificate and its key, where it asks for one; empty: none is shown."""

    traces_url: str = Field("", pattern=r"^(https?://\S+)?$")
    """Receiver of traces (OTLP/HTTP), such as `http://127.0.0.1:4318/v1/traces`; empty: none."""

    log_level: str = Field("INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$")
    """Least severe log line written to standard error, as JSON."""

    @model_validator(mode="before")
    @classmethod
    def _from_files(cls, told: dict[str, Any]) -> dict[str, Any]:
        """A secret that a file holds instead."""
        read = {name: told.get(f"{name}_file") for name in SECRETS}
        return {**told, **{name: secret_in(Path(file)) for name, file in read.items() if file}}

    @property
    def keep_days(self) -> dict[str, int]:
        """Retention in days by kind, of every setting `keep_…_days`; 0: for good."""
        found = (_KEPT.fullmatch(name) for name in type(self).model_fields)
        return {each[1]: int(getattr(self, each[0])) for each in found if each}

    @property
    def resolved_database_url(self) -> str:
        """The database URL with the embedded default filled in."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'readout.sqlite').absolute()}"

    @property
    def folders(self) -> dict[str, Path]:
        """By what lies there: folders whose disk must have room."""
        found = {"data": self.data_dir, "audio": self.data_dir / "audio"}
        if not self.database_url.startswith("postgresql"):
            file = self.resolved_database_url.partition(":///")[2]
            found["database"] = Path(file.partition("?")[0]).parent
        return found

    @property
    def audit_files(self) -> tuple[Path, Path]:
        """The key file and the file of heads, with the defaults filled in."""
        keys = self.audit_key_file or self.data_dir / "audit.key"
        return keys, self.audit_heads_file or self.data_dir / "audit-heads.json"

    @property
    def local_user_parts(self) -> tuple[str, ...]:
        """Number, family name, given name."""
        return tuple(part.strip() for part in self.local_user.split(","))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class's
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments over environment over file."""
        toml = TomlConfigSettingsSource(settings_cls, _config_file())
        return (init_settings, env_settings, toml)


def listed(text: str) -> tuple[str, ...]:
    """The parts of a setting that are set apart by commas."""
    return tuple(filter(None, map(str.strip, text.split(","))))


def _config_file() -> Path:
    return Path(os.environ.get("READOUT_CONFIG", "readout.toml"))


def load_settings(config: Path | None = None, **overrides: Any) -> Settings:
    """Settings from `config` (default `readout.toml`), environment and overrides.

    Raises ConfigurationError naming each wrong setting.
    """
    if config is not None:
        if not config.is_file():
            raise ConfigurationError(f"configuration file {config} does not exist")
        os.environ["READOUT_CONFIG"] = str(config)
    try:
        return Settings(**overrides)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"settings are wrong: {wrong}") from None
    except ValueError as error:  # a TOML file that does not parse
        raise ConfigurationError(f"{_config_file()} cannot be read: {error}") from None
