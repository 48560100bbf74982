"""What customers of an account may use, and the events by which it tells of it: worked out by the rule.

Only the account knows since when a feature is on a product, and so when it reaches whom.
"""

from entitlements.changes import features_at
from entitlements.facts import FeatureId, ProductFeature, ProductFeatureId, ProductId
from entitlements.runs import Timeline
from tests.stripe_source import shapes
from tests.stripe_source.books import Books
from tests.stripe_source.reading import instant, read_entitlements
from tests.stripe_source.shapes import Json

SUMMARY_UPDATED = "entitlements.active_entitlement_summary.updated"

SHOWN = 10
"""How many entitlements an event shows, and any other list in an object."""


def rights(books: Books, customer: str) -> Timeline:
    """When a customer may use what, by when everything was really attached and detached."""
    attached = [
        ProductFeature(
            ProductFeatureId(id_),
            ProductId(product),
            FeatureId(feature),
            attached_at=instant(from_),
            detached_at=None if until is None else instant(until),
        )
        for id_, (product, feature, from_, until) in books.attachments.items()
    ]
    return read_entitlements(books, customer, attached, 0)


def active_entitlements(books: Books, customer: str) -> list[Json]:
    """What a customer may use now, as lists show it."""
    held = features_at(rights(books, customer), instant(books.now))
    return [shapes.active_entitlement(customer, books.features[feature]) for feature in sorted(held)]


def tell_rights(books: Books, customer: str) -> Json:
    """The event of now that tells what a customer may use."""
    active = active_entitlements(books, customer)
    shown = shapes.summary(customer, active[:SHOWN], livemode=books.livemode, has_more=len(active) > SHOWN)
    books.tell(SUMMARY_UPDATED, shown, {"entitlements": {"data": []}})
    return books.events[-1]
