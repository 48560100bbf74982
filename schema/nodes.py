"""Objects by their public id: the prefix tells the type."""

from collections.abc import Awaitable, Callable

from entitlements.facts import CustomerId, GrantId, ProductFeatureId, SubscriptionId, SubscriptionItemId
from resolvers.context import Context
from resolvers.entitlements import find_entitlement
from resolvers.errors import InvalidArgument
from resolvers.features import find_feature
from resolvers.grants import find_grant
from resolvers.product_features import find_product_feature
from resolvers.products import find_product
from resolvers.references import ById
from resolvers.subscriptions import find_item, find_subscription
from schema.catalogue import Feature, Product, ProductFeature
from schema.customer import Customer
from schema.customer_session import load_customer_session
from schema.customer_subscription import CustomerSubscription, SubscriptionItem
from schema.entitlement import Entitlement
from schema.environment import Environment
from schema.grant import Grant
from schema.node import Node
from schema.permissions import TYPES
from schema.sandbox import load_test_clock
from schema.webhook import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent

IDS_AT_ONCE = 100


async def load_node(context: Context, text: str) -> Node | None:
    """The object an id names; None for an unknown one, a deleted one, and one of another environment alike.

    Raises: Forbidden, for a type of which the caller may see no object.
    """
    type_, load = _LOADERS.get(text.partition("_")[0], ("Query", None))
    # Before it is known whether there is such an object.
    context.require(TYPES[type_])
    return await load(context, text) if load else None


async def load_own(context: Context, text: str) -> Node | None:
    """The object a mutation of the caller made before: whoever may write it may see it."""
    _, load = _LOADERS[text.partition("_")[0]]
    return await load(context, text)


def check_number_of_ids(name: str, count: int) -> None:
    """Raises InvalidArgument for a list of nothing, or of more than 100."""
    if not 1 <= count <= IDS_AT_ONCE:
        raise InvalidArgument(name, f"`{name}` takes 1 to {IDS_AT_ONCE} entries; there are {count}.")


async def _feature(context: Context, text: str) -> Node | None:
    found = await find_feature(context, ById(text))
    return Feature.of(context, found) if found else None


async def _product(context: Context, text: str) -> Node | None:
    found = await find_product(context, ById(text))
    return Product.of(context, found) if found else None


async def _product_feature(context: Context, text: str) -> Node | None:
    found = await find_product_feature(context, ProductFeatureId(text))
    return ProductFeature.of(context, found) if found else None


async def _customer(context: Context, text: str) -> Node | None:
    found = await context.loaders.customers.load(CustomerId(text))
    return Customer.of(context, found) if found else None


async def load_subscription(context: Context, text: str) -> CustomerSubscription | None:
    """A subscription by its id."""
    found = await find_subscription(context, SubscriptionId(text))
    return CustomerSubscription.of(context, found[1], found[0]) if found else None


async def _item(context: Context, text: str) -> Node | None:
    found = await find_item(context, SubscriptionItemId(text))
    return SubscriptionItem.of(context, found[2], found[1], found[0]) if found else None


async def load_entitlement(context: Context, text: str) -> Entitlement | None:
    """An entitlement by its id, as it is now."""
    found = await find_entitlement(context, text)
    return Entitlement.of(context, found) if found else None


async def load_grant(context: Context, text: str) -> Grant | None:
    """A grant by its id."""
    found = await find_grant(context, GrantId(text))
    return Grant.of(context, found[1], found[0]) if found else None


async def _webhook_endpoint(context: Context, text: str) -> Node | None:
    found = await context.loaders.webhook_endpoints.load(text)
    return WebhookEndpoint.of(context, found) if found else None


async def _webhook_event(context: Context, text: str) -> Node | None:
    found = await context.loaders.webhook_events.load(text)
    return WebhookEvent.of(context, found) if found else None


async def _webhook_delivery(context: Context, text: str) -> Node | None:
    found = await context.loaders.webhook_deliveries.load(text)
    return WebhookDelivery.of(context, found) if found else None


async def _webhook_attempt(context: Context, text: str) -> Node | None:
    found = await context.loaders.webhook_attempts.load(text)
    return WebhookAttempt.of(context, found) if found else None


async def _environment(context: Context, text: str) -> Node | None:
    return Environment.of(context) if text == context.environment.id else None


_LOADERS: dict[str, tuple[str, Callable[[Context, str], Awaitable[Node | None]]]] = {
    "feat": ("Feature", _feature),
    "prod": ("Product", _product),
    "prodft": ("ProductFeature", _product_feature),
    "cus": ("Customer", _customer),
    "sub": ("CustomerSubscription", load_subscription),
    "si": ("SubscriptionItem", _item),
    "ent": ("Entitlement", load_entitlement),
    "grt": ("Grant", load_grant),
    "cs": ("CustomerSession", load_customer_session),
    "we": ("WebhookEndpoint", _webhook_endpoint),
    "evt": ("WebhookEvent", _webhook_event),
    "whd": ("WebhookDelivery", _webhook_delivery),
    "wha": ("WebhookAttempt", _webhook_attempt),
    "env": ("Environment", _environment),
    "clock": ("TestClock", load_test_clock),
}
"""By the id's prefix: the type it names, and how one is loaded."""
