"""Any OpenAI-compatible chat endpoint: drafts in a strict schema that knows only our source ids."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from adapter.ai_models.answers import LONGEST_TEXT, Unreadable, is_number, read_json
from adapter.ai_models.grounding import Drafted
from adapter.mapping.model_calls import ChatRule

PLACE = "/chat/completions"
"""Below the base URL."""


class Reply(NamedTuple):
    """The sentences by task, and how many tokens were counted (in, out)."""

    drafted: Mapping[str, tuple[Drafted, ...]]
    tokens: tuple[int, int]


def request(model: str, rule: ChatRule, sources: Mapping[str, str]) -> dict[str, Any]:
    """The body. Sources are data in one JSON object; instructions are never made of them."""
    told = {
        "tasks": {task: rule.asks.get(task, task) for task in rule.tasks},
        "sources": [{"id": name, "text": text} for name, text in sources.items()],
    }
    return {
        "model": model,
        "messages": [
            {"role": "system", "content": rule.instructions},
            {"role": "user", "content": json.dumps(told, ensure_ascii=False)},
        ],
        "temperature": rule.temperature,
        "max_tokens": rule.max_tokens,
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": "grounded_draft",
                "strict": True,
                "schema": _schema(rule, sources),
            },
        },
    }


def _schema(rule: ChatRule, sources: Mapping[str, str]) -> dict[str, Any]:
    """Every member required, none beside them, source ids by enumeration (strict mode)."""
    sentence = {
        "type": "object",
        "additionalProperties": False,
        "required": ["text", "sources"],
        "properties": {
            "text": {"type": "string"},
            "sources": {"type": "array", "items": {"type": "string", "enum": list(sources)}},
        },
    }
    lists = {task: {"type": "array", "items": sentence} for task in rule.tasks}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(rule.tasks),
        "properties": lists,
    }


def read(body: bytes, rule: ChatRule) -> Reply:
    """The drafted sentences; raises Unreadable, also where the model refused or was cut short."""
    answer = read_json(body)
    if not isinstance(answer, dict):
        raise Unreadable("it is not an object")
    choices = answer.get("choices")
    if not (isinstance(choices, list) and choices and isinstance(choices[0], dict)):
        raise Unreadable("it has no choices")
    choice = choices[0]
    if choice.get("finish_reason") not in ("stop", None):
        raise Unreadable("it ended early")
    message = choice.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, str):
        raise Unreadable("it has no content")
    drafts = read_json(content)
    if not isinstance(drafts, dict) or set(drafts) != set(rule.tasks):
        raise Unreadable("its content is not in the schema")
    drafted: dict[str, tuple[Drafted, ...]] = {
        task: _sentences(drafts[task], rule.most_sentences) for task in rule.tasks
    }
    return Reply(drafted, _tokens(answer.get("usage")))


def _sentences(told: object, most: int) -> tuple[Drafted, ...]:
    if not isinstance(told, list) or len(told) > most:
        raise Unreadable("sentences are not a list, or too many")
    return tuple(_sentence(each) for each in told)


def _sentence(told: object) -> Drafted:
    if not (isinstance(told, dict) and set(told) == {"text", "sources"}):
        raise Unreadable("a sentence is not text and sources")
    text, sources = told["text"], told["sources"]
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise Unreadable("the text of a sentence is none, or too long")
    if not (isinstance(sources, Sequence) and all(isinstance(each, str) for each in sources)):
        raise Unreadable("the sources of a sentence are not ids")
    return Drafted(text, tuple(sources))


def _tokens(usage: object) -> tuple[int, int]:
    if not isinstance(usage, dict):
        return 0, 0
    counts = (usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0))
    return tuple(int(n) if is_number(n) and n >= 0 else 0 for n in counts)  # type: ignore[return-value]
