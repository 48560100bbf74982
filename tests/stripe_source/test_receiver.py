"""The receiver tells Stripe what to send again, and looks for itself where Stripe sends no event."""

import sys
from collections.abc import AsyncGenerator

import httpx2
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from entitlements.changes import features_at
from gateway.settings import Settings, SettingsInvalid
from gateway.stripe_source.receiver import stripe_routes
from storage.database import Database
from tests.service.serving import NO_TLS, serving
from tests.stripe_source.feeding import Fed
from tests.stripe_source.reading import instant
from tests.stripe_source.stand_in import KEY, SECRET, StandIn, body_of, send, signature

NEW_YEAR = 1_767_225_600


@pytest.fixture
async def fed(database: Database, database_url: str) -> AsyncGenerator[Fed]:
    """An environment whose receiver has a key, too."""
    source = StandIn(NEW_YEAR)
    with source.open():
        async with Fed.opened(source, database, database_url) as opened:
            given = {
                "stripe_webhook_secret": SecretStr(SECRET),
                "stripe_environment": opened.environment.name,
                "stripe_api_key": SecretStr(KEY),
                "stripe_api_base": source.url,
            }
            with serving(database_url, **given) as url:
                async with httpx2.AsyncClient(base_url=url, timeout=60, verify=NO_TLS) as client:
                    opened.client = client
                    yield opened


async def test_a_product_that_is_subscribed_to_gives_at_once_what_was_attached_to_it_since(fed: Fed) -> None:
    books = fed.source.books
    product, customer = books.new_product("Team"), books.new_customer("it@acme.test")
    assert await fed.run("import") == 0
    fed.source.billing.advance_to(NEW_YEAR + 3600)
    feature = books.new_feature("sso")
    books.attach(product, feature)
    fed.source.billing.advance_to(NEW_YEAR + 7200)
    fed.source.billing.subscribe(customer, [(books.new_price(product), 1)])

    await fed.deliver(books.events[-1:])

    known = (await fed.timelines([customer]))[customer]
    assert features_at(known, instant(NEW_YEAR + 7200)) == {feature}
    assert not features_at(known, instant(NEW_YEAR + 7199))


async def test_while_stripe_cannot_be_asked_an_event_is_taken_all_the_same(fed: Fed) -> None:
    books = fed.source.books
    customer = books.new_customer("it@acme.test")
    assert await fed.run("import") == 0
    fed.source.billing.subscribe(customer, [(books.new_price(books.new_product("Team")), 1)])
    fed.source.interface.key = "another"

    await fed.deliver(books.events[-1:])

    fed.source.interface.key = KEY
    assert (await fed.timelines([customer])).keys() == {customer}
    assert await fed.run("reconcile") == 0


async def test_a_database_that_is_away_is_an_answer_to_try_again() -> None:
    source = StandIn(NEW_YEAR)
    source.books.new_customer("it@acme.test")
    settings = Settings(stripe_webhook_secret=SecretStr(SECRET))
    away = Database.open("postgresql://nobody@127.0.0.1:1/nothing")
    app = Starlette(routes=stripe_routes(settings, away))

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test", verify=NO_TLS) as client:
        answer = await send(client, source.books.events[-1])

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    await away.close()


async def test_an_environment_that_is_not_there_yet_is_an_answer_to_try_again(database: Database, fed: Fed) -> None:
    fed.source.books.new_customer("it@acme.test")
    settings = Settings(stripe_webhook_secret=SecretStr(SECRET), stripe_environment="later")
    app = Starlette(routes=stripe_routes(settings, database))

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test", verify=NO_TLS) as client:
        answer = await send(client, fed.source.books.events[-1])

    assert answer.status_code == 503


async def test_a_body_that_is_too_large_is_refused_unread(fed: Fed) -> None:
    body = body_of({"object": "event", "padding": "x" * 300_000})

    answer = await fed.client.post("/stripe/webhook", content=body, headers={"Stripe-Signature": signature(body)})

    assert answer.status_code == 413


async def test_without_a_secret_there_is_no_receiver(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/stripe/webhook", content=b"{}")).status_code == 404


def test_without_the_library_the_setting_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stripe", None)
    database = Database.open("sqlite:///nothing.db")

    with pytest.raises(SettingsInvalid, match="admittance\\[stripe\\]"):
        stripe_routes(Settings(stripe_webhook_secret=SecretStr(SECRET)), database)
