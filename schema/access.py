"""The answer to a check: whether there is access, and why."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2s
from typing import Annotated, Self

import strawberry

from entitlements.runs import AccessReason
from execution import batched
from resolvers import entitlements
from resolvers.context import Context
from resolvers.errors import InvalidArgument
from schema.catalogue import Feature, Product, load_products
from schema.entitlement import Entitlement
from schema.info import Info
from schema.scalars import write_instant
from schema.showing import shows

PRODUCTS = 100


@strawberry.type(description="Whether a customer may use what a key names, and why.")
class AccessDecision:
    """A decision of the rule as clients see it."""

    value: strawberry.Private[entitlements.Access]
    lookup_key: str = shows("value.lookup_key", "The key that was asked for.")
    has_access: bool = shows("value.decision.has_access", "Whether the feature may be used.")
    reason: AccessReason = shows("value.decision.reason", "Why, or why not.")
    at: datetime | None = shows("value.at", "The instant asked about, as it was passed; null for now.")
    active_to: datetime | None = shows(
        "value.decision.active_to",
        "The end of the access there is; null if open, or if none.",
    )
    next_change_at: datetime | None = shows(
        "value.decision.next_change_at",
        "The next instant at which `hasAccess` may differ by the passing of time alone; null if none.",
    )

    @classmethod
    def of(cls, value: entitlements.Access) -> Self:
        """A decision of the rule as clients see it."""
        return cls(value=value)

    @strawberry.field(
        description="A function of customer, key and `at`, for caches: two components that ask for one key share it."
    )
    def id(self) -> strawberry.ID:
        """Worked out when it is asked for."""
        return strawberry.ID(_id(self.value))

    @strawberry.field(
        description="What the key names, so that a paywall can name what it locks; null for an unknown key."
    )
    def feature(self, info: Info) -> Feature | None:
        """The feature, at hand."""
        feature = self.value.decision.feature
        return Feature.of(info.context, feature) if feature and _is_shown(info.context, self.value) else None

    @strawberry.field(description="The customer's right to the feature as it is now, whatever `at` is.")
    def entitlement(self, info: Info) -> Entitlement | None:
        """The entitlement now."""
        feature = self.value.decision.feature
        found = entitlements.entitlement_to(self.value.customer, feature) if feature else None
        return Entitlement.of(info.context, found) if found else None

    @strawberry.field(
        description="Active products that have the feature attached: a paywall needs no second request to offer them."
    )
    @batched
    @staticmethod
    async def unlocked_by(
        decisions: Sequence["AccessDecision"],
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many at the most, 1 to 100.")] = 10,
    ) -> list[list[Product]]:
        """Products to offer, the latest attached first."""
        if not 1 <= first <= PRODUCTS:
            raise InvalidArgument("first", f"`first` must be from 1 to {PRODUCTS}; it is {first}.")
        features = [each.value.decision.feature for each in decisions]
        wanted = {(feature.id, first) for feature in features if feature}
        found = dict(zip(wanted, await info.context.loaders.unlocking.load_all(wanted), strict=True))
        offers = [(found[feature.id, first] or []) if feature else [] for feature in features]
        products = await load_products(info.context, {product for offer in offers for product in offer})
        return [[products[product] for product in offer] for offer in offers]


def _is_shown(context: Context, value: entitlements.Access) -> bool:
    """Whether the caller may see the feature: to a session those that are active, and those it has or had."""
    feature = value.decision.feature
    if feature is None or feature.active or not context.is_session:
        return feature is not None
    return entitlements.entitlement_to(value.customer, feature) is not None


def _id(value: entitlements.Access) -> str:
    at = write_instant(value.at) if value.at else "now"
    digest = blake2s(
        "\0".join((value.customer.record.id, at, value.lookup_key)).encode("utf-8", "surrogatepass"), digest_size=18
    )
    return f"access_{urlsafe_b64encode(digest.digest()).decode()}"
