"""Stripe's objects as its API shows them: every field that entitlements need, and those of the others that code meets.

Field names are those of the official library's version of the API. Instants are whole seconds.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

Json = dict[str, Any]

API_VERSION = "2026-10-28.endive"


def feature(id_: str, name: str, lookup_key: str, *, livemode: bool) -> Json:
    """A feature. Stripe doesn't tell when it was made."""
    return {
        "id": id_,
        "object": "entitlements.feature",
        "active": True,
        "livemode": livemode,
        "lookup_key": lookup_key,
        "metadata": {},
        "name": name,
    }


def product(id_: str, name: str, at: int, *, livemode: bool) -> Json:
    """A product that can be sold."""
    return {
        "id": id_,
        "object": "product",
        "active": True,
        "created": at,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": livemode,
        "marketing_features": [],
        "metadata": {},
        "name": name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": at,
        "url": None,
    }


def product_feature(id_: str, entitled: Json) -> Json:
    """The attachment of a feature to a product. Stripe doesn't tell when it was made."""
    return {
        "id": id_,
        "object": "product_feature",
        "entitlement_feature": entitled,
        "livemode": entitled["livemode"],
    }


def price(id_: str, sold: str, interval: str, count: int, at: int, *, metered: bool, livemode: bool) -> Json:
    """A price of a product, to be paid once in `count` times `interval`."""
    usage = "metered" if metered else "licensed"
    return {
        "id": id_,
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": at,
        "currency": "eur",
        "custom_unit_amount": None,
        "livemode": livemode,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": sold,
        "recurring": {
            "interval": interval,
            "interval_count": count,
            "meter": None,
            "trial_period_days": None,
            "usage_type": usage,
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": 1000,
        "unit_amount_decimal": "1000",
    }


def plan(paid: Json) -> Json:
    """A price in the words of before there were prices, which subscriptions go on to show beside it."""
    recurring = paid["recurring"]
    return {
        "id": paid["id"],
        "object": "plan",
        "active": paid["active"],
        "amount": paid["unit_amount"],
        "amount_decimal": paid["unit_amount_decimal"],
        "billing_scheme": paid["billing_scheme"],
        "created": paid["created"],
        "currency": paid["currency"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": paid["livemode"],
        "metadata": {},
        "meter": None,
        "nickname": None,
        "product": paid["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": recurring["usage_type"],
    }


def customer(id_: str, email: str, at: int, *, livemode: bool) -> Json:
    """A customer."""
    return {
        "id": id_,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": at,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": email,
        "invoice_prefix": id_[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": livemode,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def subscription_item(id_: str, subscription: str, paid: Json, quantity: int, at: int) -> Json:
    """A line of a subscription; one that is metered has no quantity."""
    metered = paid["recurring"]["usage_type"] == "metered"
    return {
        "id": id_,
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": at,
        "current_period_end": at,
        "current_period_start": at,
        "discounts": [],
        "metadata": {},
        "plan": plan(paid),
        "price": paid,
        **({} if metered else {"quantity": quantity}),
        "subscription": subscription,
        "tax_rates": [],
    }


def subscription(id_: str, of: str, at: int, *, livemode: bool) -> Json:
    """A subscription before it has items."""
    return {
        "id": id_,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": at,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": None, "type": "classic"},
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": at,
        "currency": "eur",
        "customer": of,
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": listed([], f"/v1/subscription_items?subscription={id_}"),
        "latest_invoice": None,
        "livemode": livemode,
        "metadata": {},
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": at,
        "status": "active",
        "test_clock": None,
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": None,
    }


def active_entitlement(of: str, entitled: Json) -> Json:
    """That a customer may use a feature."""
    return {
        "id": f"ent_{of.removeprefix('cus_')}{entitled['id'].removeprefix('feat_')}",
        "object": "entitlements.active_entitlement",
        "feature": entitled["id"],
        "livemode": entitled["livemode"],
        "lookup_key": entitled["lookup_key"],
    }


def summary(of: str, first: Sequence[Json], *, livemode: bool, has_more: bool = False) -> Json:
    """What an event tells of a customer's entitlements: the first ten. It has no id."""
    return {
        "object": "entitlements.active_entitlement_summary",
        "customer": of,
        "entitlements": listed(first, f"/v1/customer/{of}/entitlements", has_more=has_more),
        "livemode": livemode,
    }


def listed(objects: Sequence[Json], url: str, *, has_more: bool = False, **more: int) -> Json:
    """A list object, or the page of one."""
    return {"object": "list", "data": list(objects), "has_more": has_more, **more, "url": url}


def event(id_: str, type_: str, at: int, shown: Json, previous: Mapping[str, Any] | None) -> Json:
    """An event about an object as it was then; `previous` holds what an update changed, as it was before."""
    changed = {} if previous is None else {"previous_attributes": dict(previous)}
    return {
        "id": id_,
        "object": "event",
        "api_version": API_VERSION,
        "created": at,
        "data": {"object": shown, **changed},
        "livemode": shown["livemode"],
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type_,
    }


def previous_attributes(before: Json, after: Json) -> Json:
    """What was otherwise before an update: of objects what differs in them, of lists all that was there."""
    found: Json = {}
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if old != new:
            is_part = isinstance(old, dict) and isinstance(new, dict)
            found[name] = previous_attributes(cast("Json", old), cast("Json", new)) if is_part else old
    return found
