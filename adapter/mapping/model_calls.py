"""Models that are called: one file a call under mappings/model_calls/."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFiles, MappingTable

FOLDER = "model_calls"
Share = Annotated[float, Field(ge=0, le=1)]
When = Literal["order", "images", "draft"]
Sent = Literal[
    "frontal_image",
    "lateral_image",
    "indication",
    "technique",
    "comparison",
    "prior_report",
    "draft",
]
Task = Literal["impression", "comparison"]


class Budget(MappingTable):
    """What a model may cost; when it is used up, calls wait for the next day (UTC)."""

    calls_per_day: int = Field(default=500, ge=0)
    """Most calls a day, tries counted."""
    cost_per_day: float = Field(default=50.0, ge=0)
    """Most cost a day, in the currency of the prices below."""
    cost_per_call: float = Field(default=0.0, ge=0)
    """Price of a call."""
    cost_per_1000_tokens_in: float = Field(default=0.0, ge=0)
    """Price of 1,000 tokens sent, as the answer counts them (`usage`)."""
    cost_per_1000_tokens_out: float = Field(default=0.0, ge=0)
    """Price of 1,000 tokens that came back."""


class Patience(MappingTable):
    """How long is waited, how often is asked, when a model counts as down."""

    connect_seconds: float = Field(default=5.0, gt=0, le=60)
    """Longest wait for a connection."""
    answer_seconds: float = Field(default=60.0, gt=0, le=600)
    """Longest wait for the whole answer."""
    tries: int = Field(default=5, ge=1, le=20)
    """Tries of one call, the first one counted."""
    first_wait_seconds: float = Field(default=2.0, gt=0)
    """Longest wait before the second try; doubles each time; a random share of it is waited."""
    longest_wait_seconds: float = Field(default=120.0, gt=0)
    """Longest wait between two tries; `Retry-After` of the answer counts where it is longer."""
    failures: int = Field(default=5, ge=1)
    """Failures in a row after which the model counts as down and is left alone."""
    rest_seconds: float = Field(default=300.0, gt=0)
    """How long it is left alone; then one call tries whether it is back."""
    image_minutes: float = Field(default=120.0, ge=0)
    """How long images of a study are waited for, with `when: [images]`."""
    image_look_seconds: float = Field(default=60.0, gt=0)
    """How often the archive is asked for them."""


class Label(MappingTable):
    """How a finding of the lexicon is put to a zero-shot classifier."""

    present: str = Field(min_length=1, max_length=300)
    """Text of an image that shows it; 77 tokens at most."""
    absent: str = Field(min_length=1, max_length=300)
    """Text of an image that does not."""
    threshold: Share = 0.5
    """Least probability at which it is told as a finding."""


class ChatRule(MappingTable):
    """How a chat model is asked for drafts whose every sentence names its sources."""

    tasks: tuple[Task, ...] = ("impression",)
    """What is asked for: a proposal for the impression, a comparison with the prior report."""
    instructions: str = Field(default="", max_length=8_000)
    """System message."""
    asks: dict[Task, str] = Field(default_factory=dict)
    """What is asked for each task, in words."""
    free_words: tuple[str, ...] = ()
    """Words that a drafted sentence may hold though its sources do not: is, there, stable. Course
    and negation are judged by what the sentence states; any other word must stand in a source."""
    not_from: tuple[str, ...] = ("impression",)
    """Sections of the draft whose sentences are no sources."""
    max_tokens: int = Field(default=800, ge=16, le=32_000)
    """Most tokens of the answer."""
    temperature: float = Field(default=0.0, ge=0, le=2)
    """Sampling temperature."""
    most_sentences: int = Field(default=20, ge=1, le=200)
    """Most sentences that are read; more are refused."""


class ModelCall(MappingTable):
    """One model, when it is called and what it is told. Without a file nothing is called."""

    name: str = Field(pattern=r"^[a-z0-9_-]{1,40}$")
    """Name of the call in jobs, tables and logs; it stays the same for ever."""
    enabled: bool = False
    """Whether it is called."""
    source: str = Field(min_length=1, max_length=200)
    """Id in `ai_sources/` whose mode governs the findings; off: it is not called."""
    model: str = Field(min_length=1, max_length=200)
    """Name that findings carry; for `chat` also what the endpoint calls its model."""
    version: str = Field(min_length=1, max_length=100)
    """Version that findings carry."""
    kind: Literal["cxr_report_gen", "med_image_insight", "chat"]
    """Contract of the endpoint."""
    url: str = Field(pattern=r"^https?://[^\s?#]+(\?[^\s#]*)?$")
    """Where it is posted: the scoring URI, or the base URL of a chat endpoint with `/v1`."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts that may be called; without the host of `url` here nothing leaves this machine."""
    key_env: str = Field(default="", pattern=r"^([A-Z_][A-Z0-9_]*)?$")
    """Environment variable that holds the key."""
    key_file: Path | None = None
    """File that holds the key; read anew at each call."""
    key_header: Literal["authorization", "api-key"] = "authorization"
    """`authorization`: `Bearer` and the key; `api-key`: as some chat endpoints want it."""
    when: tuple[When, ...] = Field(min_length=1)
    """What must be there: the order, its images in the archive, a draft of the report."""
    wait_seconds: float = Field(default=0.0, ge=0, le=86_400)
    """How long after that the call is made."""
    modalities: tuple[str, ...] = ()
    """Modalities of orders for which it is called; empty: all."""
    procedures: tuple[str, ...] = ()
    """Words of which the procedure's text must hold one, in any case; empty: any procedure."""
    send: tuple[Sent, ...] = ()
    """What it is told."""
    frontal_views: tuple[str, ...] = ("PA", "AP")
    """ViewPosition (0018,5101) of frontal images."""
    lateral_views: tuple[str, ...] = ("LL", "RL", "LATERAL")
    """ViewPosition of lateral images."""
    labels: dict[str, Label] = Field(default_factory=dict)
    """Finding of the lexicon -> how a classifier is asked for it."""
    chat: ChatRule = ChatRule()
    """Of `chat`."""
    budget: Budget = Budget()
    """What it may cost."""
    patience: Patience = Patience()
    """How long it is waited for."""

    @model_validator(mode="after")
    def _whole(self) -> ModelCall:
        if self.key_env and self.key_file:
            raise ValueError("key_env and key_file are two ways to one key; keep one")
        if self.kind == "cxr_report_gen" and "frontal_image" not in self.send:
            raise ValueError("cxr_report_gen needs frontal_image in send")
        if self.kind == "med_image_insight" and not self.labels:
            raise ValueError("med_image_insight needs labels")
        if self.kind == "chat" and not (self.chat.tasks and "draft" in self.send):
            raise ValueError("chat needs draft in send, and chat.tasks")
        return self

    @property
    def needs_images(self) -> bool:
        """Whether images of the study are sent."""
        return self.kind == "med_image_insight" or "frontal_image" in self.send


def load_model_calls(files: MappingFiles) -> dict[str, ModelCall]:
    """The enabled calls by name; raises ConfigurationError on a name used twice."""
    calls: dict[str, ModelCall] = {}
    for file in files.folder(FOLDER):
        call = file.read(ModelCall)
        if call.enabled and call.name in calls:
            raise ConfigurationError(f"two files under model_calls/ are named {call.name!r}")
        if call.enabled:
            calls[call.name] = call
    return calls
