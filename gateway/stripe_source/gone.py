"""Objects that Stripe told of once, and that no list shows any more."""

from collections.abc import AsyncGenerator, Collection
from dataclasses import replace

from entitlements.facts import EnvironmentId, SubscriptionStatus
from entitlements.status import FINAL
from gateway.stripe_source.account import Account
from gateway.stripe_source.catalogue import take_catalogue
from gateway.stripe_source.customers import take_customers
from gateway.stripe_source.kinds import CUSTOMER_KIND, PRODUCT_KIND, SUBSCRIPTION_KIND, steps_of
from gateway.stripe_source.looking import look_at_subscription, look_for_customer, product_seen
from gateway.stripe_source.mended import Mended
from gateway.stripe_source.news import news
from gateway.stripe_source.shapes import StripeProduct, StripeSubscription
from gateway.stripe_source.states import PRODUCT, SUBSCRIPTION, CustomerState, ProductState, SubscriptionState
from gateway.stripe_source.telling import seen
from storage.database import Database
from storage.observations import Observation, load_observations, page_observed

OBJECTS_AT_ONCE = 100


async def take_gone(
    account: Account, database: Database, environment: EnvironmentId, listed: Collection[str]
) -> list[Mended]:
    """Asks for each object that isn't among the `listed` ones, and takes what has become of it."""
    found: list[Mended] = []
    async for id_, state in _missing(database, environment, PRODUCT_KIND, listed):
        if isinstance(state, ProductState) and state.active:
            seen_now = await account.attempt(_product(account, id_, state))
            found += await take_catalogue(database, environment, await _news(database, environment, seen_now))
    async for id_, state in _missing(database, environment, CUSTOMER_KIND, listed):
        if isinstance(state, CustomerState) and not state.deleted:
            seen_now = await account.attempt(look_for_customer(account, id_))
            found += await take_customers(database, environment, await _news(database, environment, seen_now))
    async for id_, state in _missing(database, environment, SUBSCRIPTION_KIND, listed):
        if isinstance(state, SubscriptionState) and state.status not in FINAL:
            seen_now = await account.attempt(_subscription(account, id_, state))
            found += await take_customers(database, environment, await _news(database, environment, seen_now))
    return found


async def _missing(
    database: Database, environment: EnvironmentId, kind: str, listed: Collection[str]
) -> AsyncGenerator[tuple[str, object]]:
    """Objects of a kind that were observed and aren't listed, with what they last were."""
    after, is_more = "", True
    while is_more:
        async with database.read() as connection:
            ids = await page_observed(connection, environment, kind, after=after, at_most=OBJECTS_AT_ONCE)
            missing = [id_ for id_ in ids if id_ not in listed]
            observed = await load_observations(connection, environment, missing)
        for id_, of_object in observed.items():
            yield id_, steps_of(kind, of_object)[-1].state
        is_more = len(ids) == OBJECTS_AT_ONCE
        after = ids[-1] if ids else after


async def _product(account: Account, id_: str, known: ProductState) -> Observation:
    at = account.read_at
    product = await account.find(f"/v1/products/{known.chosen or id_}", StripeProduct)
    if product is not None:
        return product_seen(product, at)
    return seen(PRODUCT_KIND, id_, at, replace(known, active=False), PRODUCT)


async def _subscription(account: Account, id_: str, known: SubscriptionState) -> Observation:
    at = account.read_at
    found = await account.find(f"/v1/subscriptions/{id_}", StripeSubscription)
    if found is not None:
        return await look_at_subscription(account, found, at)
    canceled = replace(known, status=SubscriptionStatus.CANCELED, ended_at=at)
    return seen(SUBSCRIPTION_KIND, id_, at, canceled, SUBSCRIPTION)


async def _news(database: Database, environment: EnvironmentId, observed: Observation | None) -> list[Observation]:
    return await news(database, environment, [] if observed is None else [observed])
