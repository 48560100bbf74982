"""What a product gives, looked at again when somebody subscribes to it: Stripe sends no event of that by itself."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

from entitlements.facts import EnvironmentId
from gateway.console import CommandFailed
from gateway.stripe_source.account import Account
from gateway.stripe_source.catalogue import KeyTaken, take_catalogue
from gateway.stripe_source.kinds import ATTACHED_KIND, steps_of
from gateway.stripe_source.looking import look_at_product
from gateway.stripe_source.news import news
from gateway.stripe_source.shapes import StripeEvent, StripeProduct, StripeSubscription
from gateway.stripe_source.states import SUBSCRIPTION, instant, product_id, product_named_by
from gateway.stripe_source.telling import NotUnderstood
from storage.database import Database
from storage.observations import Observation, load_observations

SECONDS = 10
"""How long Stripe waits for the answer to an event, roughly; what isn't seen by then reconciling finds."""

log = logging.getLogger("admittance.stripe")


async def refresh_products(
    account: Account, database: Database, environment: EnvironmentId, event: StripeEvent, told: Observation
) -> None:
    """Looks at the products that an event has brought into a subscription, unless one was looked at since.

    What they give counts from the event: it is what was subscribed to. Whatever fails is left to reconciling.
    """
    at = instant(event.created)
    if at is None:
        return
    async with left_to_reconciling(event):
        for stripe_id in _brought(event, told):
            await _look(account, database, environment, stripe_id, at)


@asynccontextmanager
async def left_to_reconciling(event: StripeEvent) -> AsyncGenerator[None]:
    """Leaves what fails in the block, or takes too long, to reconciling: what the event itself tells is taken."""
    try:
        async with asyncio.timeout(SECONDS):
            yield
    except (CommandFailed, KeyTaken, NotUnderstood, TimeoutError) as error:
        log.warning("the products of %s weren't looked at: %s", event.id, error)


async def _look(account: Account, database: Database, environment: EnvironmentId, stripe_id: str, at: datetime) -> None:
    id_ = product_id(stripe_id)
    async with database.read() as connection:
        observed = await load_observations(connection, environment, [id_])
    looks = steps_of(ATTACHED_KIND, observed.get(id_, ()))
    if looks and looks[-1].at >= at:
        return
    product = await account.find(f"/v1/products/{stripe_id}", StripeProduct)
    if product is not None:
        seen = await look_at_product(account, product, account.read_at, attached_at=at)
        await take_catalogue(database, environment, await news(database, environment, seen))


def _brought(event: StripeEvent, told: Observation) -> Iterable[str]:
    """The products that weren't in the subscription before, by their ids in Stripe."""
    if told.before is None and not event.type.endswith(".created"):
        return []
    before = SUBSCRIPTION.validate_json(told.before).items if told.before else ()
    known = {item.product for item in before}
    items = StripeSubscription.model_validate(event.data.object).items.data
    named = dict.fromkeys(filter(None, map(product_named_by, items)))
    return [each for each in named if product_id(each) not in known]
