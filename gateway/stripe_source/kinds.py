"""The kinds of objects that are observed, and how the states of each are read."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter

from gateway.stripe_source.ordering import Step, in_order
from gateway.stripe_source.states import ATTACHED, CUSTOMER, FEATURE, PRODUCT, REACHED, SUBSCRIPTION
from storage.observations import Observation

FEATURE_KIND = "feature"
PRODUCT_KIND = "product"
ATTACHED_KIND = "product_features"
REACHED_KIND = "product_features_reached"
CUSTOMER_KIND = "customer"
SUBSCRIPTION_KIND = "subscription"

ADAPTERS: Mapping[str, TypeAdapter[Any]] = {
    FEATURE_KIND: FEATURE,
    PRODUCT_KIND: PRODUCT,
    ATTACHED_KIND: ATTACHED,
    REACHED_KIND: REACHED,
    CUSTOMER_KIND: CUSTOMER,
    SUBSCRIPTION_KIND: SUBSCRIPTION,
}


def steps_of(kind: str, observed: Iterable[Observation]) -> list[Step[Any]]:
    """What was observed of one kind, in order: a product is observed as such, and twice for its features."""
    return in_order((each for each in observed if each.kind == kind), ADAPTERS[kind])
