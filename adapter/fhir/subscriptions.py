"""The Subscription that we put on a server (R4, and the topic-based backport of it)."""

from __future__ import annotations

from adapter.fhir.elements import Json, present
from adapter.mapping.fhir_sources import FhirSource, SubscriptionRule

_IG = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
_JSON = "application/fhir+json"


def write_subscription(source: FhirSource, rule: SubscriptionRule, secret: str, end: str) -> Json:
    """The resource; `end` is when it ends unless it is renewed, ISO 8601."""
    topical = bool(rule.topic)
    extension = [
        {"url": f"{_IG}/backport-filter-criteria", "valueString": each} for each in rule.filters
    ]
    content = [{"url": f"{_IG}/backport-payload-content", "valueCode": rule.content}]
    beat = [{"url": f"{_IG}/backport-heartbeat-period", "valueUnsignedInt": rule.heartbeat_seconds}]
    whole = not topical and rule.content == "full-resource"
    channel = present(
        extension=beat if topical else [],
        type="rest-hook",
        endpoint=rule.endpoint,
        payload=_JSON if topical or whole else None,
        _payload={"extension": content} if topical else None,
        header=[f"Authorization: Bearer {secret}"],
    )
    return {
        "resourceType": "Subscription",
        **present(meta={"profile": [f"{_IG}/backport-subscription"]} if topical else None),
        "status": "requested",
        "end": end,
        "reason": "Imaging orders for Readout",
        "criteria": rule.topic or f"ServiceRequest?{source.search}",
        **present(_criteria={"extension": extension} if topical and extension else None),
        "channel": channel,
    }
