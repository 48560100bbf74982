"""Customers: their own row, and what is left of them once they are deleted."""

import asyncio
from datetime import timedelta

import pytest

from tests.operations.api import Api, Json
from tests.operations.conftest import START
from tests.operations.keeping import BOTH_WAYS

pytestmark = BOTH_WAYS

FIELDS = "id externalId name email metadata livemode createdAt revision nextChangeAt"
ACME: Json = {"externalId": "acme"}


async def test_a_customer_is_answered_as_it_was_made(api: Api) -> None:
    payload = await api.mutate(
        "createCustomer",
        f"customer {{ {FIELDS} }}",
        externalId="acme",
        name="Acme GmbH & Söhne",
        email="it@acme.example",
        metadata={"region": "eu"},
    )

    assert payload["customer"] == {
        "id": payload["customer"]["id"],
        "externalId": "acme",
        "name": "Acme GmbH & Söhne",
        "email": "it@acme.example",
        "metadata": {"region": "eu"},
        "livemode": False,
        "createdAt": "2026-01-15T12:00:00.000Z",
        "revision": 0,
        "nextChangeAt": None,
    }
    assert payload["customer"]["id"].startswith("cus_")
    assert await api.of_node("Customer", payload["customer"]["id"], FIELDS) == payload["customer"]


async def test_a_customer_needs_nothing(api: Api) -> None:
    payload = await api.mutate("createCustomer", "customer { externalId name email metadata }")

    assert payload["customer"] == {"externalId": None, "name": None, "email": None, "metadata": {}}


@pytest.mark.parametrize(("field", "length"), [("externalId", 255), ("name", 256), ("email", 512)])
async def test_the_limit_of_a_text_is_counted_in_code_points(api: Api, field: str, length: int) -> None:
    fits = await api.mutate("createCustomer", f"customer {{ {field} }}", **{field: "😀" * length})
    too_long = await api.try_mutation("createCustomer", "customer { id }", **{field: "x" * (length + 1)})

    assert fits["customer"] == {field: "😀" * length}
    assert too_long["customer"] is None
    assert [(error["code"], error["field"]) for error in too_long["userErrors"]] == [("TOO_LONG", ["input", field])]


@pytest.mark.parametrize(
    ("text", "code"), [("", "BLANK"), ("\u2003", "BLANK"), ("a\0", "INVALID"), ("\ud800", "INVALID")]
)
async def test_texts_that_cannot_be_are_all_refused_at_once_and_nothing_is_stored(
    api: Api, text: str, code: str
) -> None:
    """empty, blank; NUL and lone surrogates"""
    texts = dict.fromkeys(("externalId", "name", "email"), text)

    created = await api.try_mutation("createCustomer", "customer { id }", **texts)
    await api.customer("acme")
    updated = await api.try_mutation("updateCustomer", "customer { id }", customer=ACME, **texts)

    for payload in (created, updated):
        assert payload["customer"] is None
        assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [
            (code, ["input", "externalId"]),
            (code, ["input", "name"]),
            (code, ["input", "email"]),
        ]
    assert await list_(api) == [{"externalId": "acme", "name": None, "email": None}]


async def test_an_external_id_is_taken_by_the_customer_who_has_it(api: Api) -> None:
    acme = await api.customer("acme")
    await api.customer("other")

    created = await api.try_mutation("createCustomer", "customer { id }", externalId="acme", email="")
    updated = await api.try_mutation("updateCustomer", customer={"externalId": "other"}, externalId="acme", email="")
    kept = await api.mutate("updateCustomer", "customer { id }", customer=ACME, externalId="acme")

    for payload in (created, updated):
        assert [(error["code"], error["field"], error["existing"]) for error in payload["userErrors"]] == [
            ("BLANK", ["input", "email"], None),
            ("TAKEN", ["input", "externalId"], {"id": acme}),
        ]
    assert kept["customer"] == {"id": acme}
    assert [customer["externalId"] for customer in await list_(api)] == ["other", "acme"]


async def test_of_many_that_create_one_external_id_at_once_one_succeeds(api: Api) -> None:
    payloads = await asyncio.gather(
        *(api.try_mutation("createCustomer", "customer { id }", externalId="acme") for _ in range(8))
    )

    made = [payload["customer"] for payload in payloads if payload["customer"]]
    refusals = [error for payload in payloads for error in payload["userErrors"]]
    assert len(made) == 1
    assert [(error["code"], error["existing"]) for error in refusals] == [("TAKEN", made[0])] * 7


async def test_of_many_that_take_one_external_id_at_once_one_succeeds(api: Api) -> None:
    for number in range(8):
        await api.customer(f"c{number}")

    payloads = await asyncio.gather(
        *(
            api.try_mutation("updateCustomer", "customer { id }", customer={"externalId": f"c{n}"}, externalId="acme")
            for n in range(8)
        )
    )

    made = [payload["customer"] for payload in payloads if payload["customer"]]
    refusals = [error for payload in payloads for error in payload["userErrors"]]
    assert len(made) == 1
    assert [(error["code"], error["existing"]) for error in refusals] == [("TAKEN", made[0])] * 7


async def test_an_update_changes_what_it_names_and_null_clears(api: Api) -> None:
    await api.mutate("createCustomer", externalId="acme", name="Acme", email="a@acme.example", metadata={"a": "1"})

    named = await update(api, ACME, name="ACME Inc.")
    cleared = await update(api, ACME, externalId=None, name=None, email=None, metadata=None)

    assert named == {"externalId": "acme", "name": "ACME Inc.", "email": "a@acme.example", "metadata": {"a": "1"}}
    assert cleared == {"externalId": None, "name": None, "email": None, "metadata": {}}
    assert await api.of_customer("acme", "id") is None
    assert await list_(api) == [{"externalId": None, "name": None, "email": None}]


async def test_updating_a_customer_changes_no_revision(api: Api) -> None:
    await api.feature("sso")
    await api.customer("acme")
    await api.mutate("grantEntitlement", customer=ACME, feature={"lookupKey": "sso"})

    await update(api, ACME, name="New", metadata={"a": "1"})

    assert await api.of_customer("acme", "revision") == {"revision": 1}


async def test_the_list_is_narrowed_by_the_address_as_it_was_written(api: Api) -> None:
    for number, email in enumerate(["a@x.example", "A@x.example", "a@x.example"]):
        await api.mutate("createCustomer", externalId=f"c{number}", email=email)

    assert [each["externalId"] for each in await list_(api, '(email: "a@x.example")')] == ["c2", "c0"]
    assert [each["externalId"] for each in await list_(api, '(email: "A@x.example")')] == ["c1"]
    assert await list_(api, '(email: "")') == []
    assert len(await list_(api, "(email: null)")) == 3


async def test_customers_are_answered_in_the_order_asked_null_for_those_who_are_not_there(api: Api) -> None:
    acme, other = await api.customer("acme"), await api.customer("other")
    by = [{"externalId": "other"}, {"id": "cus_unknown"}, {"id": acme}, {"externalId": "a\0"}, {"externalId": "other"}]

    data = await api.run("query Q($by: [CustomerBy!]!) { customersBy(by: $by) { id } }", by=by)

    assert data["customersBy"] == [{"id": other}, None, {"id": acme}, None, {"id": other}]


@pytest.mark.parametrize("count", [0, 101])
async def test_customers_are_asked_for_1_to_100_at_a_time(api: Api, count: int) -> None:
    acme = await api.customer("acme")
    document = "query Q($by: [CustomerBy!]!) { customersBy(by: $by) { id } }"

    refused = await api.try_(document, by=[{"id": acme}] * count)
    most = await api.run(document, by=[{"id": acme}] * 100)

    assert [error.message for error in refused.errors or ()] == [f"`by` takes 1 to 100 entries; there are {count}."]
    assert most["customersBy"] == [{"id": acme}] * 100


async def test_a_deleted_customer_is_answered_as_it_last_was(api: Api) -> None:
    acme = await api.customer("acme")

    payload = await api.mutate("deleteCustomer", "customer { id externalId }", customer=ACME)

    assert payload["customer"] == {"id": acme, "externalId": "acme"}


async def test_a_deleted_customer_and_everything_below_is_unknown_at_every_instant(api: Api) -> None:
    """a subscription of a deleted customer; ent_ ids of a deleted customer"""
    below = await everything_below_acme(api)
    await api.move_to(START + timedelta(days=40))

    await api.mutate("deleteCustomer", customer={"id": below["customer"]})

    document = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } customers { totalCount nodes { id } } }"
    data = await api.run(document, ids=list(below.values()))
    assert data == {"nodes": [None] * len(below), "customers": {"totalCount": 0, "nodes": []}}
    assert await api.of_customer("acme", "id") is None
    assert (await api.run("query Q($id: ID!) { subscription(id: $id) { id } }", id=below["subscription"])) == {
        "subscription": None
    }
    assert (await api.run("query Q($id: ID!) { entitlement(id: $id) { id } }", id=below["entitlement"])) == {
        "entitlement": None
    }
    for at in ("null", '"2026-01-16T00:00:00Z"', '"2030-01-01T00:00:00Z"'):
        holders = f'{{ feature(by: {{lookupKey: "sso"}}) {{ customers(at: {at}) {{ totalCount nodes {{ id }} }} }} }}'
        assert (await api.run(holders))["feature"]["customers"] == {"totalCount": 0, "nodes": []}


async def test_nothing_can_be_done_to_a_deleted_customer_or_anything_below(api: Api) -> None:
    """a subscription of a deleted customer"""
    below = await everything_below_acme(api)
    by = {"id": below["customer"]}
    await api.mutate("deleteCustomer", customer=by)

    refusals = [
        await api.try_mutation("deleteCustomer", customer=by),
        await api.try_mutation("updateCustomer", customer=ACME, name="New"),
        await api.try_mutation("createSubscription", customer=by, items=[{"product": {"lookupKey": "pro"}}]),
        await api.try_mutation("grantEntitlement", customer=by, feature={"lookupKey": "sso"}),
        await api.try_mutation("updateSubscription", id=below["subscription"], metadata={"a": "1"}),
        await api.try_mutation("setSubscriptionStatus", id=below["subscription"], status="PAST_DUE"),
        await api.try_mutation("cancelSubscription", id=below["subscription"]),
        await api.try_mutation("revokeGrant", grantId=below["grant"]),
    ]

    assert [[error["code"] for error in payload["userErrors"]] for payload in refusals] == [["NOT_FOUND"]] * 8


async def test_an_external_id_is_free_again_and_names_another_customer(api: Api) -> None:
    below = await everything_below_acme(api)
    await api.mutate("deleteCustomer", customer=ACME)

    again = await api.customer("acme")

    assert again != below["customer"]
    assert await api.keys("acme") == set()
    assert await api.of_customer("acme", "id revision subscriptions { totalCount } grants { totalCount }") == {
        "id": again,
        "revision": 0,
        "subscriptions": {"totalCount": 0},
        "grants": {"totalCount": 0},
    }


async def everything_below_acme(api: Api) -> dict[str, str]:
    """Ids of a customer and of all there can be below one."""
    await api.feature("sso")
    await api.product("pro", "sso")
    customer = await api.customer("acme")
    subscription = await api.subscribe("acme", "pro")
    grant = await api.mutate(
        "grantEntitlement", "grant { id entitlement { id } }", customer=ACME, feature={"lookupKey": "sso"}
    )
    return {
        "customer": customer,
        "subscription": subscription["id"],
        "item": subscription["items"][0]["id"],
        "grant": grant["grant"]["id"],
        "entitlement": grant["grant"]["entitlement"]["id"],
    }


async def update(api: Api, by: Json, **given: Json) -> Json:
    selection = "customer { externalId name email metadata }"
    return (await api.mutate("updateCustomer", selection, customer=by, **given))["customer"]


async def list_(api: Api, arguments: str = "") -> list[Json]:
    document = f"{{ customers{arguments} {{ nodes {{ externalId name email }} }} }}"
    return (await api.run(document))["customers"]["nodes"]
