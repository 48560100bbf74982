"""What reaches a customer of Admittance in the place of Stripe: by its own interface, and by events that it sends."""

import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import httpx2
import pytest
import stripe
from pydantic import SecretStr

from entitlements.changes import features_at
from entitlements.facts import BillingInterval, Interval
from entitlements.periods import boundary
from storage.database import Database
from tests.service.rest.shop import Shop
from tests.service.serving import NO_TLS, Caller, serving
from tests.service.webhooks.receiver import Receiver, receiving
from tests.stripe_source import shapes
from tests.stripe_source.feeding import Fed
from tests.stripe_source.reading import instant
from tests.stripe_source.rights import SUMMARY_UPDATED
from tests.stripe_source.stand_in import StandIn

BEGAN_AT = int((datetime.now(UTC) - timedelta(days=50)).timestamp())
"""So long ago that a period began since, by the clock of the interface's answers too."""


class Chain(NamedTuple):
    """An environment, where its webhooks arrive, and the one that is fed by it."""

    shop: Shop
    post: Receiver
    fed: Fed


@pytest.fixture
async def chain(database: Database, database_url: str) -> AsyncGenerator[Chain]:
    with serving(database_url, webhook_private_targets=True, worker=True) as url:
        async with receiving() as post, httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            caller = await Caller.arrive(client, database, "source")
            shop = Shop(caller, stripe.StripeClient(caller.secret, base_addresses={"api": url}))
            key = {"stripe_api_key": SecretStr(caller.secret), "stripe_api_base": url}
            async with Fed.opened(StandIn(BEGAN_AT), database, database_url, **key) as fed:
                yield Chain(shop, post, fed)


async def test_the_event_that_admittance_sends_dates_what_was_attached_in_its_catalogue(chain: Chain) -> None:
    shop, post, fed = chain
    v1 = shop.stripe.v1

    def subscribe() -> tuple[str, str, str]:
        clock = v1.test_helpers.test_clocks.create({"frozen_time": BEGAN_AT})
        product, customer = shop.product("sso"), shop.customer()
        return clock.id, product, shop.subscribe(customer, product)

    clock, product, subscription = await shop.use(subscribe)
    subscribed = (await shop.send("GET", f"/v1/subscriptions/{subscription}")).json()
    await fed.deliver([shapes.event("evt_1", "customer.subscription.created", BEGAN_AT, subscribed, None)])
    renewed_at = boundary(instant(BEGAN_AT), Interval(BillingInterval.MONTH), 1)
    assert renewed_at is not None

    def go_on() -> None:
        v1.webhook_endpoints.create({"url": post.url, "enabled_events": [SUMMARY_UPDATED]})
        v1.products.features.create(product, {"entitlement_feature": shop.feature("audit").id})
        v1.test_helpers.test_clocks.advance(clock, {"frozen_time": int(renewed_at.timestamp()) + 60})

    await shop.use(go_on)
    await post.until(lambda arrivals: len(arrivals) == 1)
    await fed.deliver([json.loads(post.arrivals[0].body)] * 3)

    customer = subscribed["customer"]
    known = (await fed.timelines([customer]))[customer]
    held = [len(features_at(known, at)) for at in (renewed_at - timedelta(seconds=1), renewed_at)]
    assert held == [1, 2]
