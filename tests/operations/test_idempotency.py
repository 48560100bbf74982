"""Idempotency keys: a request has one effect, and is answered again with its object as it is now."""

from asyncio import gather
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest

from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key
from storage.database import Database
from tests.operations.api import Api, Json
from tests.operations.inputs import everything, valid_inputs

OBJECTS = {
    "createFeature": "feature",
    "updateFeature": "feature",
    "archiveFeature": "feature",
    "createProduct": "product",
    "updateProduct": "product",
    "attachFeature": "productFeature",
    "detachFeature": "productFeature",
    "createCustomer": "customer",
    "updateCustomer": "customer",
    "deleteCustomer": "customer",
    "createSubscription": "subscription",
    "updateSubscription": "subscription",
    "setSubscriptionStatus": "subscription",
    "cancelSubscription": "subscription",
    "grantEntitlement": "grant",
    "revokeGrant": "grant",
    "createCustomerSession": "customerSession",
    "revokeCustomerSession": "customerSession",
    "createSandbox": "environment",
    "createTestClock": "testClock",
    "advanceTestClock": "testClock",
    "deleteTestClock": "testClock",
}
ACME = {"externalId": "acme"}


class MovedClock:
    """Real time, as the test tells it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 6, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def database(database_url: str, clock: MovedClock) -> AsyncGenerator[Database]:
    """A database whose real time is the test's."""
    opened = Database.open(database_url, clock=clock)
    yield opened
    await opened.close()


@pytest.mark.parametrize("mutation", OBJECTS)
async def test_every_mutation_sent_again_is_answered_again_and_does_nothing(api: Api, mutation: str) -> None:
    inputs = await valid_inputs(api)
    inputs["attachFeature"] = {"product": {"lookupKey": "pro"}, "feature": {"id": await api.feature("free")}}
    if mutation == "createTestClock":
        await api.mutate("deleteTestClock", **inputs["deleteTestClock"])
    selection = f"{OBJECTS[mutation]} {{ id }}"
    first = await api.mutate(mutation, selection, idempotencyKey="k", **inputs[mutation])
    after = await everything(api)

    again = await api.mutate(mutation, selection, idempotencyKey="k", **inputs[mutation])

    assert first[OBJECTS[mutation]] is not None
    assert again == first
    assert await everything(api) == after


async def test_a_replay_answers_the_object_of_then_as_it_is_now(shop: Api) -> None:
    """A replay after the object changed."""
    given: Json = {"customer": ACME, "items": [{"product": {"lookupKey": "pro"}}], "idempotencyKey": "k"}
    selection = "subscription { id status } change { revision }"
    first = await shop.mutate("createSubscription", selection, **given)
    await shop.mutate("setSubscriptionStatus", id=first["subscription"]["id"], status="PAST_DUE")

    again = await shop.mutate("createSubscription", selection, **given)

    assert (first["subscription"]["status"], first["change"]) == ("ACTIVE", {"revision": 1})
    assert again["subscription"] == {"id": first["subscription"]["id"], "status": "PAST_DUE"}
    assert again["change"] is None
    assert await shop.of_customer("acme", "subscriptions { totalCount }") == {"subscriptions": {"totalCount": 1}}


async def test_a_replay_after_its_customer_was_deleted_does_nothing_and_says_so(shop: Api) -> None:
    """A replay after its customer was deleted; a deletion itself answers again."""
    given: Json = {"customer": ACME, "items": [{"product": {"lookupKey": "pro"}}], "idempotencyKey": "k"}
    await shop.mutate("createSubscription", **given)
    deleted = await shop.mutate("deleteCustomer", "customer { id }", customer=ACME, idempotencyKey="d")
    # The same external id is somebody else by now.
    await shop.customer("acme")

    again = await shop.try_mutation("createSubscription", "subscription { id } change { id }", **given)
    deleted_again = await shop.mutate("deleteCustomer", "customer { id }", customer=ACME, idempotencyKey="d")

    assert [(error["field"], error["code"]) for error in again["userErrors"]] == [(None, "NOT_FOUND")]
    assert (again["subscription"], again["change"]) == (None, None)
    assert deleted_again == deleted
    assert await shop.of_customer("acme", "revision subscriptions { totalCount }") == {
        "revision": 0,
        "subscriptions": {"totalCount": 0},
    }


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("grantEntitlement", {"customer": ACME, "feature": {"lookupKey": "audit"}}),
        ("grantEntitlement", {"customer": ACME, "feature": {"lookupKey": "sso"}, "reason": "beta"}),
        ("grantEntitlement", {"customer": ACME, "feature": {"lookupKey": "sso"}, "metadata": {"a": "b"}}),
        ("createCustomer", {}),
        ("updateCustomer", {"customer": ACME, "name": "Acme"}),
        ("createFeature", {"name": "other", "lookupKey": "other"}),
    ],
)
async def test_the_same_key_with_another_request_is_a_conflict(shop: Api, mutation: str, given: Json) -> None:
    """The same key with another body; on another mutation."""
    once = {"customer": ACME, "feature": {"lookupKey": "sso"}, "idempotencyKey": "k"}
    await shop.mutate("grantEntitlement", **once)
    before = await everything(shop)

    payload = await shop.try_mutation(mutation, f"{OBJECTS[mutation]} {{ id }}", idempotencyKey="k", **given)

    assert problems(payload) == [(["input", "idempotencyKey"], "IDEMPOTENCY_CONFLICT")]
    assert payload[OBJECTS[mutation]] is None
    assert await everything(shop) == before


async def test_two_at_once_have_one_effect_and_one_answer(shop: Api) -> None:
    given = {"customer": ACME, "feature": {"lookupKey": "sso"}, "idempotencyKey": "k"}

    payloads = await gather(*(shop.mutate("grantEntitlement", "grant { id }", **given) for _ in range(4)))

    assert len({payload["grant"]["id"] for payload in payloads}) == 1
    assert await shop.of_customer("acme", "grants { totalCount } revision") == {
        "grants": {"totalCount": 1},
        "revision": 1,
    }


async def test_a_request_that_was_refused_is_not_kept(shop: Api) -> None:
    """Validation failed is not kept: the request is mended and sent again under its key."""
    wrong: Json = {"customer": ACME, "feature": {"lookupKey": "sso"}, "activeTo": "2020-01-01T00:00:00Z"}
    refused = await shop.try_mutation("grantEntitlement", idempotencyKey="k", **wrong)

    mended = await shop.try_mutation(
        "grantEntitlement", "grant { id }", idempotencyKey="k", **{**wrong, "activeTo": "2027-01-01T00:00:00Z"}
    )

    assert problems(refused) == [(["input", "activeTo"], "IN_PAST")]
    assert problems(mended) == []


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("k" * 255, []),
        ("\N{GRINNING FACE}" * 255, []),
        ("k" * 256, [(["input", "idempotencyKey"], "TOO_LONG")]),
        ("", [(["input", "idempotencyKey"], "BLANK")]),
        (" ", [(["input", "idempotencyKey"], "BLANK")]),
    ],
)
async def test_a_key_has_1_to_255_characters(shop: Api, key: str, expected: list[tuple[list[str], str]]) -> None:
    """255 and 256 characters."""
    given = {"customer": ACME, "feature": {"lookupKey": "sso"}, "idempotencyKey": key}

    payloads = [await shop.try_mutation("grantEntitlement", **given) for _ in range(2)]

    assert [problems(payload) for payload in payloads] == [expected, expected]
    found = await shop.of_customer("acme", "grants { totalCount }")
    assert found == {"grants": {"totalCount": 0 if expected else 1}}


async def test_without_a_key_or_with_null_as_one_every_request_counts(shop: Api) -> None:
    given = {"customer": ACME, "feature": {"lookupKey": "sso"}}

    for key in ({}, {}, {"idempotencyKey": None}, {"idempotencyKey": None}):
        await shop.mutate("grantEntitlement", **given, **key)

    assert await shop.of_customer("acme", "grants { totalCount }") == {"grants": {"totalCount": 4}}


async def test_a_key_belongs_to_the_environment_and_not_to_the_credential(shop: Api) -> None:
    """The same key by another credential; the key of another environment is free."""
    credential, _ = await create_key(shop.database, shop.environment.id, "another", (EVERY_SCOPE,))
    colleague = Api(shop.database, shop.environment, credential)
    elsewhere = await Api.open(shop.database, "elsewhere", shared=shop.shared)
    given = {"externalId": "new", "idempotencyKey": "k"}
    first = await shop.mutate("createCustomer", "customer { id }", **given)

    again = await colleague.mutate("createCustomer", "customer { id }", **given)
    other = await elsewhere.mutate("createCustomer", "customer { id }", **given)

    assert again == first
    assert other != first


@pytest.mark.parametrize(
    "again",
    [
        {"trialEndBehavior": "ACTIVATE", "incomplete": False},
        {"startedAt": "2026-01-31T17:00:00.000-05:00"},
        {"startedAt": "2026-01-31T22:00:00.0009Z"},
        {"items": [{"product": {"lookupKey": "pro"}, "quantity": 1, "interval": "MONTH", "intervalCount": 1}]},
        {"metadata": {"b": "2", "a": "1"}},
    ],
)
async def test_an_input_that_means_the_same_is_the_same(shop: Api, again: Json) -> None:
    """An input that differs only in a default; instants equal in UTC; the order of metadata."""
    given: Json = {
        "customer": ACME,
        "items": [{"product": {"lookupKey": "pro"}}],
        "startedAt": "2026-01-31T22:00:00Z",
        "metadata": {"a": "1", "b": "2"},
        "idempotencyKey": "k",
    }
    first = await shop.mutate("createSubscription", "subscription { id }", **given)

    payload = await shop.mutate("createSubscription", "subscription { id }", **{**given, **again})

    assert payload == first


async def test_a_key_is_kept_for_24_hours_of_real_time_whatever_the_sandbox_clock_says(
    shop: Api, clock: MovedClock
) -> None:
    given = {"customer": ACME, "feature": {"lookupKey": "sso"}, "idempotencyKey": "k"}
    first = await shop.mutate("grantEntitlement", "grant { id }", **given)
    await shop.move_to("2026-04-01T00:00:00Z")
    clock.at += timedelta(hours=24, milliseconds=-1)
    kept = await shop.mutate("grantEntitlement", "grant { id }", **given)

    clock.at += timedelta(milliseconds=1)
    free = await shop.mutate("grantEntitlement", "grant { id }", **given)
    kept_anew = await shop.mutate("grantEntitlement", "grant { id }", **given)

    assert kept == first
    assert free != first
    assert kept_anew == free


def problems(payload: Json) -> list[tuple[list[str], str]]:
    """Where and what is wrong."""
    return [(error["field"], error["code"]) for error in payload["userErrors"]]
