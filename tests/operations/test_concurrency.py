"""What happens at once happens one after another: nothing twice, nothing lost. Real connections on both databases."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable, Sequence

from tests.operations.api import Api, Json

TASKS = 32


async def test_32_tasks_creating_one_lookup_key_give_one_feature_and_31_taken(api: Api) -> None:
    payloads = await _at_once(
        api.try_mutation("createFeature", "feature { id }", name=f"SSO {n}", lookupKey="sso") for n in range(TASKS)
    )

    [feature] = [payload["feature"]["id"] for payload in payloads if payload["feature"]]
    assert _refusals(payloads) == {("TAKEN", feature): TASKS - 1}
    assert await _all(api, "features") == [feature]


async def test_32_tasks_attaching_one_feature_give_one_attachment_and_31_already_attached(api: Api) -> None:
    await api.feature("sso")
    product = await api.product("pro")
    given = {"product": {"lookupKey": "pro"}, "feature": {"lookupKey": "sso"}}

    payloads = await _at_once(api.try_mutation("attachFeature", "productFeature { id }", **given) for _ in range(TASKS))

    [attachment] = [payload["productFeature"]["id"] for payload in payloads if payload["productFeature"]]
    assert _refusals(payloads) == {("ALREADY_ATTACHED", attachment): TASKS - 1}
    attached = await api.of_node("Product", product, "features(detached: true) { nodes { id } }")
    assert attached == {"features": {"nodes": [{"id": attachment}]}}


async def test_32_tasks_creating_one_external_id_give_one_customer_and_31_taken(api: Api) -> None:
    payloads = await _at_once(
        api.try_mutation("createCustomer", "customer { id }", externalId="acme", name=f"Acme {n}") for n in range(TASKS)
    )

    [customer] = [payload["customer"]["id"] for payload in payloads if payload["customer"]]
    assert _refusals(payloads) == {("TAKEN", customer): TASKS - 1}
    assert await _all(api, "customers") == [customer]


async def test_parallel_changes_of_one_customer_lose_none_and_count_each_that_is_effective(api: Api) -> None:
    await _plans(api, 12)
    await api.customer("acme")
    subscription = await api.subscribe("acme", "p0")

    def changes() -> list[Awaitable[Json]]:
        update = [
            api.mutate("updateSubscription", "change { revision }", id=subscription["id"], items=[_add(f"p{n}")])
            for n in range(1, 9)
        ]
        subscribe = [_subscribe(api, f"p{n}") for n in range(9, 12)]
        # These two give nothing that isn't there already, so they make no revision.
        metadata = api.mutate("updateSubscription", "change { revision }", id=subscription["id"], metadata={"a": "b"})
        return [*update, *subscribe, metadata, _subscribe(api, "p0")]

    payloads = await _at_once(changes())

    assert sorted(payload["change"]["revision"] for payload in payloads if payload["change"]) == list(range(2, 13))
    assert [payload["change"] for payload in payloads[-2:]] == [None, None]
    customer = await api.of_customer("acme", "revision subscriptions { totalCount nodes { metadata items { id } } }")
    assert customer["revision"] == 12
    assert customer["subscriptions"]["totalCount"] == 5
    assert customer["subscriptions"]["nodes"][-1]["metadata"] == {"a": "b"}
    assert len(customer["subscriptions"]["nodes"][-1]["items"]) == 9
    assert await api.keys("acme") == {f"f{n}" for n in range(12)}


async def test_parallel_writes_with_a_catalogue_change_in_between_agree_on_one_order(api: Api) -> None:
    await _plans(api, 8)
    await api.feature("extra")
    customers = [f"c{n}" for n in range(8)]
    for customer in customers:
        await api.customer(customer)
        await api.subscribe(customer, "p0")
    attach = {"product": {"lookupKey": "p0"}, "feature": {"lookupKey": "extra"}, "rollout": "IMMEDIATE"}
    before = [_subscribe(api, f"p{n}", customers[n]) for n in range(1, 4)]
    after = [_subscribe(api, f"p{n}", customers[n]) for n in range(4, 8)]

    await _at_once([*before, api.mutate("attachFeature", "productFeature { id }", **attach), *after])

    # The attachment is an effective change of everybody's, whether it came before a customer's own write or after.
    for number, customer in enumerate(customers):
        own = {"f0", "extra", f"f{number}"}
        assert await api.keys(customer) == own
        assert (await api.of_customer(customer, "revision"))["revision"] == (3 if number else 2)


async def test_writes_at_once_have_instants_of_their_own(api: Api) -> None:
    await api.customer("acme")
    await _plans(api, 10)

    payloads = await _at_once(_subscribe(api, f"p{n}") for n in range(10))

    instants = sorted(payload["change"]["at"] for payload in payloads)
    assert len(set(instants)) == 10
    by_instant = {payload["change"]["at"]: payload["change"]["revision"] for payload in payloads}
    assert [by_instant[instant] for instant in instants] == list(range(1, 11))


async def test_two_requests_with_one_idempotency_key_at_once_have_one_effect_and_both_get_the_object(api: Api) -> None:
    await _plans(api, 1)
    await api.customer("acme")

    payloads = await _at_once(_subscribe(api, "p0", idempotencyKey="once") for _ in range(8))

    subscriptions = {payload["subscription"]["id"] for payload in payloads}
    assert len(subscriptions) == 1
    assert sum(payload["change"] is not None for payload in payloads) == 1
    customer = await api.of_customer("acme", "revision subscriptions { nodes { id } }")
    assert customer == {"revision": 1, "subscriptions": {"nodes": [{"id": subscriptions.pop()}]}}


async def test_of_two_requests_with_one_key_at_once_a_refused_one_leaves_the_key_to_the_other(api: Api) -> None:
    await _plans(api, 1)
    await api.customer("acme")

    refused, made = await _at_once(
        [
            _subscribe(api, "unknown", idempotencyKey="once", tolerant=True),
            _subscribe(api, "p0", idempotencyKey="once", tolerant=True),
        ]
    )

    assert [error["code"] for error in refused["userErrors"]] in (["NOT_FOUND"], ["IDEMPOTENCY_CONFLICT"])
    assert made["userErrors"] == []
    assert await api.keys("acme") == {"f0"}


async def _plans(api: Api, count: int) -> None:
    """Products p0, p1 ... with one feature each: f0, f1 ..."""
    for number in range(count):
        await api.feature(f"f{number}")
        await api.product(f"p{number}", f"f{number}")


def _add(product: str) -> Json:
    return {"add": {"product": {"lookupKey": product}}}


async def _subscribe(api: Api, product: str, customer: str = "acme", *, tolerant: bool = False, **more: Json) -> Json:
    send = api.try_mutation if tolerant else api.mutate
    return await send(
        "createSubscription",
        "subscription { id } change { revision at }",
        customer={"externalId": customer},
        items=[{"product": {"lookupKey": product}}],
        **more,
    )


async def _at_once(requests: Iterable[Awaitable[Json]]) -> list[Json]:
    return await asyncio.gather(*requests)


def _refusals(payloads: Sequence[Json]) -> dict[tuple[str, str], int]:
    """How often which code was answered with which object in the way."""
    errors = (error for payload in payloads for error in payload["userErrors"])
    return Counter((error["code"], error["existing"]["id"]) for error in errors)


async def _all(api: Api, connection: str) -> list[str]:
    data = await api.run(f"{{ {connection} {{ nodes {{ id }} }} }}")
    return [node["id"] for node in data[connection]["nodes"]]
