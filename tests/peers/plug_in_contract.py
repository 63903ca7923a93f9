"""The reporting platform's side of the plug-in contract, as JSON Schemas of our own writing.

The platform's sandbox and command line are in no registry: this is no independent peer, but the
public contract (extensibility API for radiologists, version 1.0.0) read by us and held strictly.
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs

_TEXT = {"type": "string", "minLength": 1}
_CAMEL = {"type": "string", "pattern": "^[a-z][a-zA-Z0-9]*$"}
_VERSION = {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"}


def _closed(required: list[str], /, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


_PLACE = _closed(
    ["text", "startPosition", "endPosition"],
    text=_TEXT,
    startPosition={"type": "integer", "minimum": 0},
    endPosition={"type": "integer", "minimum": 1},
)
_RECOMMENDATION = _closed(
    ["qualityCheckType", "description", "reason"],
    qualityCheckType={"enum": ["Billing", "Clinical"]},
    description=_TEXT,
    reason=_TEXT,
    severityScorePercent={"type": "number", "minimum": 0, "maximum": 100},
    provenance={"type": "array", "items": _PLACE},
    referenceResources={
        "type": "array",
        "items": _closed(["type", "content"], type=_TEXT, content=_TEXT),
    },
    additionalInfo={"type": "object", "additionalProperties": {"type": "string"}},
)
_RESULT = _closed(["recommendations"], recommendations={"type": "array", "items": _RECOMMENDATION})
_ANSWER = _closed(
    ["success", "message", "payload"],
    success={"const": True},
    message=_TEXT,
    payload={"type": "object", "minProperties": 1, "additionalProperties": _RESULT},
)
_REFUSAL = _closed(["success", "error"], success={"const": False}, error=_TEXT)


def _payload(*kinds: str) -> dict[str, Any]:
    one = _closed(
        ["name", "description", "content-type", "schemaVersion"],
        name=_TEXT,
        description=_TEXT,
        required={"type": "boolean"},
        schemaVersion={"type": "string", "pattern": r"^\d+\.\d+$"},
        **{"content-type": {"enum": [f"application/vnd.ms-dragon.rad.{k}+json" for k in kinds]}},
    )
    return {"type": "array", "minItems": 1, "items": one}


_MODALITIES = ["CR", "CT", "DX", "MG", "MR", "NM", "PT", "RF", "US", "XA"]
_BODY_PARTS = (
    *("HEAD", "BRAIN", "SKULL", "SINUS", "NECK", "CSPINE", "TSPINE", "LSPINE", "SPINE", "CHEST"),
    *("ABDOMEN", "PELVIS", "SHOULDER", "ELBOW", "WRIST", "HAND", "HIP", "KNEE", "ANKLE", "FOOT"),
    "WHOLEBODY",
)
_TOOL = _closed(
    ["name", "toolType", "capability", "description", "endpoint", "inputs", "outputs"],
    name=_CAMEL,
    toolType={"const": "contractBased"},
    capability={"const": "qualityCheck"},
    description=_TEXT,
    endpoint={"type": "string", "format": "uri"},
    inputs=_payload("report", "patient-information"),
    outputs=_payload("quality-check-result"),
    relevanceFilteringCriteria=_closed(
        [],
        relevantBodyParts={"type": "array", "items": {"enum": list(_BODY_PARTS)}},
        relevantModalities={"type": "array", "items": {"enum": _MODALITIES}},
    ),
)
_GUID = {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}
_MANIFEST = _closed(
    ["name", "description", "version", "radiologistsExtensibilityApiVersion", "auth", "tools"],
    name=_CAMEL,
    description=_TEXT,
    version=_VERSION,
    radiologistsExtensibilityApiVersion=_VERSION,
    auth=_closed(["tenantId"], tenantId=_GUID),
    tools={"type": "array", "minItems": 1, "items": _TOOL},
)

ANSWER = jsonschema_rs.validator_for(_ANSWER)
REFUSAL = jsonschema_rs.validator_for(_REFUSAL)
MANIFEST = jsonschema_rs.validator_for(_MANIFEST, validate_formats=True)
