"""What Stripe's own library asks for again by itself happens once."""

import asyncio

import stripe

from tests.service.rest.shop import Shop
from tests.service.rest.spoiling import FAILURES, spoiling


async def test_a_request_whose_answer_is_lost_is_sent_again_and_carried_out_once(shop: Shop) -> None:
    async with spoiling(shop.address) as way:
        client = stripe.StripeClient(shop.caller.secret, base_addresses={"api": way.address}, max_network_retries=2)

        def create(failure: str) -> str:
            return client.v1.customers.create({"name": failure}).id

        made = await asyncio.gather(*(shop.use(lambda failure=failure: create(failure)) for failure in FAILURES))

    there = await shop.use(lambda: {each.id: each.name for each in shop.stripe.v1.customers.list({"limit": 100})})
    assert there == dict(zip(made, FAILURES, strict=True))
    assert {failure: (len(keys), len(set(keys))) for failure, keys in way.keys.items()} == dict.fromkeys(
        FAILURES, (2, 1)
    )
