"""About how many bytes values take that are kept; a test weighs them against what the interpreter allots."""

from sys import getsizeof

from entitlements.facts import Feature, Metadata, Product, ProductFeature, Subscription
from entitlements.runs import FeatureTimeline
from resolvers.known import WorkedOut
from storage.paging import Page

_PLACE = 600
"""A key, its stamp and its place among the others."""

CatalogueValue = (
    Feature
    | Product
    | ProductFeature
    | Page[Feature]
    | Page[Product]
    | Page[ProductFeature]
    | tuple[ProductFeature, ...]
    | list[Feature]
    | int
)


def weigh_worked_out(customer: WorkedOut) -> int:
    """The bytes of a customer's facts and timeline. What several features share is counted once."""
    facts, features = customer.facts, customer.timeline.features
    distinct = {id(each): each for each in features.values()}.values()
    return (
        _PLACE
        + 400
        + sum(map(_weigh_subscription, facts.subscriptions))
        + sum(700 + getsizeof(grant.reason) + _weigh_metadata(grant.metadata) for grant in facts.grants)
        + 60 * len(features)
        + sum(map(_weigh_runs, distinct))
    )


def weigh_catalogue_value(value: CatalogueValue) -> int:
    """The bytes of something of the catalogue."""
    return _PLACE + _weigh(value)


def _weigh(value: CatalogueValue) -> int:
    match value:
        case Feature() | Product():
            return 500 + getsizeof(value.name) + getsizeof(value.lookup_key) + _weigh_metadata(value.metadata)
        case Page():
            return 200 + sum(map(_weigh, value.items))
        case tuple():
            return 100 + 500 * len(value)
        case list():
            return 100 + sum(map(_weigh, value))
        case ProductFeature():
            return 500
        case int():
            return 32


def _weigh_subscription(subscription: Subscription) -> int:
    segments = sum(len(item.segments) for item in subscription.items)
    return (
        600
        + 150 * len(subscription.statuses)
        + 250 * len(subscription.items)
        + 350 * segments
        + _weigh_metadata(subscription.metadata)
    )


def _weigh_runs(feature: FeatureTimeline) -> int:
    sources = sum(len(run.sources) for run in feature.runs)
    return 150 + 200 * len(feature.runs) + 150 * sources + 200 * len(feature.withheld)


def _weigh_metadata(metadata: Metadata) -> int:
    return 64 + sum(100 + getsizeof(key) + getsizeof(text) for key, text in metadata.items())
