"""Products: creation with features, keys that are the same everywhere, and being active or not."""

from datetime import timedelta

import pytest

from tests.operations.api import Api, Json
from tests.operations.conftest import START

FIELDS = "id name lookupKey active metadata livemode createdAt"


async def test_a_product_is_answered_as_it_was_made(api: Api) -> None:
    payload = await api.mutate(
        "createProduct", f"product {{ {FIELDS} }}", name="Pro", lookupKey="pro", metadata={"tier": "2"}
    )

    assert payload["product"] == {
        "id": payload["product"]["id"],
        "name": "Pro",
        "lookupKey": "pro",
        "active": True,
        "metadata": {"tier": "2"},
        "livemode": False,
        "createdAt": "2026-01-15T12:00:00.000Z",
    }
    assert payload["product"]["id"].startswith("prod_")
    assert await api.of_node("Product", payload["product"]["id"], FIELDS) == payload["product"]


async def test_a_product_is_found_by_id_and_by_key(api: Api) -> None:
    pro = await api.product("pro")

    assert await find(api, {"id": pro}) == {"id": pro}
    assert await find(api, {"lookupKey": "pro"}) == {"id": pro}
    assert await find(api, {"lookupKey": "Pro"}) is None
    assert await find(api, {"lookupKey": ""}) is None
    assert await find(api, {"id": "pro"}) is None


async def test_many_products_may_have_no_key(api: Api) -> None:
    made = [(await api.mutate("createProduct", "product { id lookupKey }", name="Same"))["product"] for _ in range(2)]

    assert [product["lookupKey"] for product in made] == [None, None]
    assert made[0]["id"] != made[1]["id"]


async def test_a_key_is_taken_for_good_also_by_an_inactive_product(api: Api) -> None:
    pro = await api.product("pro")
    await api.mutate("updateProduct", product={"id": pro}, active=False)

    payload = await api.try_mutation("createProduct", "product { id }", name="Other", lookupKey="pro")

    assert payload["product"] is None
    assert [(error["code"], error["field"], error["existing"]) for error in payload["userErrors"]] == [
        ("TAKEN", ["input", "lookupKey"], {"id": pro})
    ]
    assert await ids(api) == [pro]


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"name": ""}, [("BLANK", "name")]),
        ({"name": " "}, [("BLANK", "name")]),
        ({"name": "😀" * 251}, [("TOO_LONG", "name")]),
        ({"name": "\0"}, [("INVALID", "name")]),
        ({"name": "Pro", "lookupKey": ""}, [("BLANK", "lookupKey")]),
        ({"name": "Pro", "lookupKey": "😀" * 81}, [("TOO_LONG", "lookupKey")]),
        ({"name": "\ud800", "lookupKey": "\ud800"}, [("INVALID", "name"), ("INVALID", "lookupKey")]),
    ],
)
async def test_what_cannot_be_a_name_or_key_is_refused_and_nothing_is_stored(
    api: Api, given: Json, errors: list[tuple[str, str]]
) -> None:
    payload = await api.try_mutation("createProduct", "product { id }", **given)

    assert payload["product"] is None
    assert [(error["code"], error["field"][-1]) for error in payload["userErrors"]] == errors
    assert await ids(api) == []


async def test_a_name_of_250_and_a_key_of_80_code_points_are_fine(api: Api) -> None:
    payload = await api.mutate("createProduct", "product { name lookupKey }", name="😀" * 250, lookupKey="😀" * 80)

    assert payload["product"] == {"name": "😀" * 250, "lookupKey": "😀" * 80}


async def test_features_given_at_creation_are_attached_from_the_start(api: Api) -> None:
    sso, audit = await api.feature("sso"), await api.feature("audit")
    await api.move_to(START + timedelta(hours=1))

    payload = await api.mutate(
        "createProduct",
        "product { createdAt features { nodes { feature { id } attachedAt rollout detachedAt detachRollout } } }",
        name="Pro",
        features=[{"id": sso}, {"lookupKey": "audit"}],
    )

    attached = payload["product"]["features"]["nodes"]
    assert payload["product"]["createdAt"] == "2026-01-15T13:00:00.000Z"
    assert {row.pop("feature")["id"] for row in attached} == {sso, audit}
    assert (
        attached
        == [
            {
                "attachedAt": "2026-01-15T13:00:00.000Z",
                "rollout": "NEXT_PERIOD",
                "detachedAt": None,
                "detachRollout": None,
            }
        ]
        * 2
    )


async def test_everything_wrong_with_the_features_is_answered_with_everything_else(api: Api) -> None:
    await api.product("pro")
    sso = await api.feature("sso")
    await api.feature("old")
    await api.mutate("archiveFeature", feature={"lookupKey": "old"})

    payload = await api.try_mutation(
        "createProduct",
        "product { id }",
        name="",
        lookupKey="pro",
        features=[{"lookupKey": "sso"}, {"id": "feat_unknown"}, {"lookupKey": "old"}, {"id": sso}],
    )

    assert payload["product"] is None
    assert [(error["code"], ".".join(error["field"])) for error in payload["userErrors"]] == [
        ("BLANK", "input.name"),
        ("TAKEN", "input.lookupKey"),
        ("NOT_FOUND", "input.features.1"),
        ("ARCHIVED", "input.features.2"),
        ("INVALID", "input.features.3"),
    ]
    assert len(await ids(api)) == 1
    assert await attachments(api, "sso") == 0


async def test_at_most_100_features_are_attached_at_once(api: Api) -> None:
    given = [{"id": await api.feature(f"feature-{number}")} for number in range(101)]

    refused = await api.try_mutation("createProduct", "product { id }", name="Pro", features=given)
    carried_out = await api.mutate(
        "createProduct", "product { features { totalCount } }", name="Pro", features=given[:100]
    )

    assert refused["product"] is None
    assert [(error["code"], error["field"]) for error in refused["userErrors"]] == [("TOO_MANY", ["input", "features"])]
    assert carried_out["product"] == {"features": {"totalCount": 100}}
    assert await attachments(api, "feature-0") == 1


async def test_an_edit_changes_what_it_names(api: Api) -> None:
    await api.product("pro")

    payload = await api.mutate(
        "updateProduct", "product { name lookupKey active }", product={"lookupKey": "pro"}, active=False
    )

    assert payload["product"] == {"name": "pro", "lookupKey": "pro", "active": False}
    await api.mutate("updateProduct", product={"lookupKey": "pro"}, name="Pro", active=True)
    assert await find(api, {"lookupKey": "pro"}, "name active") == {"name": "Pro", "active": True}


async def test_null_is_blank_where_nothing_can_be_cleared(api: Api) -> None:
    await api.product("pro")

    payload = await api.try_mutation(
        "updateProduct", "product { id }", product={"lookupKey": "pro"}, name=None, active=None
    )

    assert payload["product"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [
        ("BLANK", ["input", "name"]),
        ("BLANK", ["input", "active"]),
    ]


async def test_the_list_shows_all_the_active_or_the_inactive_ones(api: Api) -> None:
    basic, pro = await api.product("basic"), await api.product("pro")
    await api.mutate("updateProduct", product={"id": basic}, active=False)

    assert await ids(api) == [pro, basic]
    assert await ids(api, "(active: null)") == [pro, basic]
    assert await ids(api, "(active: true)") == [pro]
    assert await ids(api, "(active: false)") == [basic]


async def test_an_inactive_product_with_live_subscriptions_goes_on_for_them_alone(api: Api) -> None:
    """a product made inactive with live subscriptions; a product's inactive flag"""
    await api.feature("sso")
    await api.product("pro", "sso")
    await api.customer("acme")
    await api.customer("late")
    await api.subscribe("acme", "pro")
    await api.mutate("updateProduct", product={"lookupKey": "pro"}, active=False)

    refused = await api.try_mutation(
        "createSubscription", customer={"externalId": "late"}, items=[{"product": {"lookupKey": "pro"}}]
    )

    assert [(error["code"], error["field"]) for error in refused["userErrors"]] == [
        ("INACTIVE", ["input", "items", "0", "product"])
    ]
    assert await api.keys("acme") == {"sso"}
    assert await api.keys("acme", at="2031-01-01T00:00:00Z") == {"sso"}
    assert await api.keys("late") == set()


async def test_an_unknown_product_is_not_found(api: Api) -> None:
    payload = await api.try_mutation("updateProduct", "product { id }", product={"lookupKey": "pro"}, name="Pro")

    assert payload["product"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("NOT_FOUND", ["input", "product"])]


async def find(api: Api, by: Json, selection: str = "id") -> Json:
    return (await api.run(f"query Q($by: ProductBy!) {{ product(by: $by) {{ {selection} }} }}", by=by))["product"]


async def ids(api: Api, arguments: str = "") -> list[str]:
    return [
        node["id"] for node in (await api.run(f"{{ products{arguments} {{ nodes {{ id }} }} }}"))["products"]["nodes"]
    ]


async def attachments(api: Api, feature: str) -> int:
    document = "query Q($key: String!) { feature(by: {lookupKey: $key}) { products(detached: true) { totalCount } } }"
    return (await api.run(document, key=feature))["feature"]["products"]["totalCount"]
