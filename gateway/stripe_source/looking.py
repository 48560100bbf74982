"""Objects of an account as they are looked at: what a list or an answer shows, as observations."""

from datetime import datetime

from gateway.stripe_source.account import Account
from gateway.stripe_source.kinds import (
    ATTACHED_KIND,
    CUSTOMER_KIND,
    FEATURE_KIND,
    PRODUCT_KIND,
    SUBSCRIPTION_KIND,
)
from gateway.stripe_source.shapes import (
    StripeCustomer,
    StripeFeature,
    StripeItem,
    StripeItems,
    StripeProduct,
    StripeProductFeature,
    StripeSubscription,
)
from gateway.stripe_source.states import (
    ATTACHED,
    CUSTOMER,
    FEATURE,
    PRODUCT,
    SUBSCRIPTION,
    AttachedState,
    CustomerState,
    FeatureState,
    ProductState,
    SubscriptionState,
    product_id,
)
from gateway.stripe_source.telling import NotUnderstood, seen
from storage.observations import Observation


async def look_at_product(
    account: Account, product: StripeProduct, at: datetime, *, attached_at: datetime | None = None
) -> list[Observation]:
    """A product that was seen at an instant, with its features, which have to be asked for.

    `attached_at`: the instant that the features are to count as seen at, if it isn't that of asking.
    Raises: NotUnderstood, if one of the features can't be read.
    """
    asked_at = account.read_at
    attached = await account.whole(f"/v1/products/{product.id}/features", StripeProductFeature)
    return [
        *(feature_seen(each.entitlement_feature, asked_at) for each in attached),
        product_seen(product, at),
        seen(ATTACHED_KIND, product_id(product.id), attached_at or asked_at, AttachedState.of(attached), ATTACHED),
    ]


def product_seen(product: StripeProduct, at: datetime) -> Observation:
    """A product without its features."""
    return seen(PRODUCT_KIND, product_id(product.id), at, ProductState.of(product), PRODUCT)


def feature_seen(feature: StripeFeature, at: datetime) -> Observation:
    """A feature."""
    return seen(FEATURE_KIND, feature.id, at, FeatureState.of(feature), FEATURE)


async def look_for_customer(account: Account, id_: str) -> Observation:
    """A customer that no list shows, mostly because it was deleted. Raises: NotUnderstood."""
    at = account.read_at
    found = await account.find(f"/v1/customers/{id_}", StripeCustomer)
    return customer_seen(found or StripeCustomer(id=id_, deleted=True), at)


def customer_seen(customer: StripeCustomer, at: datetime) -> Observation:
    """A customer."""
    return seen(CUSTOMER_KIND, customer.id, at, CustomerState.of(customer), CUSTOMER)


async def look_at_subscription(account: Account, subscription: StripeSubscription, at: datetime) -> Observation:
    """A subscription with all its items, of which a list of subscriptions shows the first. Raises: NotUnderstood."""
    if subscription.items.has_more:
        items = await account.whole("/v1/subscription_items", StripeItem, subscription=subscription.id)
        subscription = subscription.model_copy(update={"items": StripeItems(data=tuple(items))})
    try:
        state = SubscriptionState.of(subscription)
    except ValueError as error:
        raise NotUnderstood(f"The subscription {subscription.id} can't be read: {error}") from error
    return seen(SUBSCRIPTION_KIND, subscription.id, at, state, SUBSCRIPTION)
