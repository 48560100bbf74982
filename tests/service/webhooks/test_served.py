"""`serve` delivers by itself: from the mutation over HTTP to the receiver."""

import asyncio

import httpx2
import pytest

from gateway.setting_groups import WebhookSettings
from gateway.webhooks.delivering import delivering_webhooks
from storage.database import Database
from tests.service.serving import NO_TLS, Caller, serving
from tests.service.webhooks.receiver import receiving
from tests.service.webhooks.verifying import verified

COUNTED = 'admittance_webhook_attempts_total{outcome="confirmed"} 2.0'


async def test_a_change_reaches_the_endpoint_that_was_made_for_it(database: Database, database_url: str) -> None:
    async with receiving() as receiver:
        with serving(database_url, webhook_private_targets=True, worker=True) as url:
            async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
                caller = await Caller.arrive(client, database)
                selection = "webhookEndpoint { id } secret"
                made = await caller.do("createWebhookEndpoint", selection, url=receiver.url)
                await caller.do("createFeature", "feature { id }", name="SSO", lookupKey="sso")
                await caller.do("createCustomer", "customer { id }", externalId="acme")
                who, what = {"externalId": "acme"}, {"lookupKey": "sso"}
                await caller.do("grantEntitlement", "grant { id }", customer=who, feature=what)
                await receiver.until(lambda arrivals: len(arrivals) == 2)
                # The last one is counted a moment after it was confirmed.
                while COUNTED not in (await client.get("/metrics")).text:
                    pass

    ids = {verified(arrival, made["secret"]) for arrival in receiver.arrivals}
    assert len(ids) == 2


async def test_delivering_that_fails_before_it_begins_is_heard_of_in_the_log(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    impossible = WebhookSettings().model_copy(update={"webhook_disable_days": 10**12})

    async with asyncio.timeout(10), delivering_webhooks(database, impossible):
        while caplog.text.count("delivering webhooks: OverflowError") < 2:  # noqa: ASYNC110 - the log tells nobody
            await asyncio.sleep(0.01)


async def test_a_private_address_is_refused_unless_the_setting_allows(database: Database, database_url: str) -> None:
    mutation = """mutation { createWebhookEndpoint(input: {url: "http://127.0.0.1:9"}) {
        webhookEndpoint { id } userErrors { code field }
    } }"""
    answers: list[object] = []
    for allowed in (False, True):
        with serving(database_url, webhook_private_targets=allowed, worker=True) as url:
            async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
                caller = await Caller.arrive(client, database, f"allowed {allowed}")
                answers.append((await caller.ask(mutation))["createWebhookEndpoint"]["userErrors"])

    assert answers == [[{"code": "INVALID", "field": ["input", "url"]}], []]
