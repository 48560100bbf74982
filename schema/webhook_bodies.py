"""What a webhook says: made of the stored event alone, so that every attempt at it sends the same bytes.

docs/webhooks.md shows both shapes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from entitlements.access import EntitlementState
from entitlements.effects import Effects, States
from entitlements.facts import FeatureId
from entitlements.ids import entitlement_id
from entitlements.runs import Source
from resolvers.context import Context
from schema.scalars import write_instant
from storage.records import Event
from storage.webhook_records import WebhookEvent, WebhookEventType

SUMMARY_ENTITLEMENTS = 10
"""How many entitlements a summary holds at the most. Source: Stripe."""

Json = dict[str, Any]


async def load_bodies(context: Context, told: Sequence[WebhookEvent]) -> list[bytes]:
    """The bodies of some events, in their order."""
    wanted = {feature for each in told for feature in features_of(each)}
    found = await context.loaders.features.load_all(wanted)
    keys = {feature.id: feature.lookup_key for feature in found if feature}
    return [render(each, keys, livemode=context.environment.livemode) for each in told]


def features_of(told: WebhookEvent) -> set[FeatureId]:
    """The features whose keys the body of an event holds."""
    effects = told.event.effects
    if told.type is WebhookEventType.SUMMARY_UPDATED:
        return {*effects.before[:SUMMARY_ENTITLEMENTS], *effects.after[:SUMMARY_ENTITLEMENTS]}
    return {feature for feature, _ in (*effects.added, *effects.removed, *effects.changed)}


def render(told: WebhookEvent, lookup_keys: Mapping[FeatureId, str], *, livemode: bool) -> bytes:
    """The body: a JSON text in UTF-8. `lookup_keys`: those of `features_of` the event."""
    body: Json = {
        "id": told.id,
        "object": "event",
        "type": told.type,
        "created": int(told.event.at.timestamp()),
        "livemode": livemode,
        "api_version": None,
        "data": (_summary if told.type is WebhookEventType.SUMMARY_UPDATED else _change)(
            told.event, lookup_keys, livemode
        ),
    }
    return orjson.dumps(body)


def _summary(event: Event, lookup_keys: Mapping[FeatureId, str], livemode: bool) -> Json:  # noqa: FBT001 - as its twin
    """Stripe's shape: the first entitlements there are now, and those there were; and by what to put them in order."""

    def listed(features: Iterable[FeatureId]) -> list[Json]:
        return [
            {
                "id": entitlement_id(event.customer, feature),
                "object": "entitlements.active_entitlement",
                "feature": feature,
                "livemode": livemode,
                "lookup_key": lookup_keys[feature],
            }
            for feature in features
        ]

    before, after = event.effects.before, event.effects.after
    return {
        "object": {
            "object": "entitlements.active_entitlement_summary",
            "customer": event.customer,
            "entitlements": {
                "object": "list",
                "data": listed(after[:SUMMARY_ENTITLEMENTS]),
                "has_more": len(after) > SUMMARY_ENTITLEMENTS,
                "url": f"/v1/customer/{event.customer}/entitlements",
            },
            "livemode": livemode,
            # Ours: with the instant in seconds alone, two changes of one second couldn't be told apart.
            "revision": event.revision,
            "at": write_instant(event.at),
        },
        "previous_attributes": {"entitlements": {"data": listed(before[:SUMMARY_ENTITLEMENTS])}},
    }


def _change(event: Event, lookup_keys: Mapping[FeatureId, str], livemode: bool) -> Json:  # noqa: FBT001 - as its twin
    """The whole difference, in the words of GraphQL's EntitlementsChange and EntitlementSnapshot."""
    effects: Effects = event.effects

    def listed(states: States) -> list[Json]:
        return [
            {
                "id": entitlement_id(event.customer, feature),
                "featureId": feature,
                "lookupKey": lookup_keys[feature],
                **_state(state),
            }
            for feature, state in states
        ]

    return {
        "object": {
            "object": "entitlements_change",
            "customer": {"id": event.customer, "externalId": event.external_id},
            "revision": event.revision,
            "at": write_instant(event.at),
            "livemode": livemode,
            "added": listed(effects.added),
            "removed": listed(effects.removed),
            "changed": listed(effects.changed),
        }
    }


def _state(state: EntitlementState) -> Json:
    return {
        "status": state.status,
        "hasAccess": state.has_access,
        "activeFrom": _instant(state.run.active_from),
        "activeTo": _instant(state.run.active_to),
        "endReason": state.run.end_reason,
        "sources": [_source(source) for source in state.sources],
    }


def _source(source: Source) -> Json:
    return {
        "kind": source.kind,
        "activeFrom": _instant(source.active_from),
        "activeTo": _instant(source.active_to),
        "endReason": source.end_reason,
        "subscriptionId": source.subscription,
        "itemId": source.item,
        "productId": source.product,
        "grantId": source.grant,
    }


def _instant(instant: datetime | None) -> str | None:
    return write_instant(instant) if instant else None
