"""One key on two features, an archived one that still entitles and a new one: a check is the OR of them."""

from tests.operations.api import Api, Json

CHECK = """
    hasAccess(lookupKey: "sso")
    access(lookupKeys: ["sso"]) { hasAccess reason feature { id } activeTo nextChangeAt entitlement { feature { id } } }
    entitlement(lookupKey: "sso") { feature { id } }
    entitlements(lookupKeys: ["sso"]) { nodes { feature { id } hasAccess } }
"""
END, LATER = "2026-02-10T00:00:00.000Z", "2026-02-20T00:00:00.000Z"


async def test_the_archived_feature_answers_while_it_gives_access(shop: Api) -> None:
    """One key on two features (archived and new): the check is the OR."""
    old = await give(shop)
    await succeed(shop)

    assert await shop.of_customer("acme", CHECK) == {
        "hasAccess": True,
        "access": [
            {
                "hasAccess": True,
                "reason": "ENTITLED",
                "feature": {"id": old},
                "activeTo": None,
                "nextChangeAt": None,
                "entitlement": {"feature": {"id": old}},
            }
        ],
        "entitlement": {"feature": {"id": old}},
        "entitlements": {"nodes": [{"feature": {"id": old}, "hasAccess": True}]},
    }


async def test_the_list_shows_the_entitlements_to_both_features(shop: Api) -> None:
    """One key on two features (archived and new): the list shows both."""
    old = await give(shop)
    new = await succeed(shop)
    await give(shop)

    found = await shop.of_customer("acme", "entitlements { nodes { id lookupKey feature { id active } } totalCount }")

    shown = [
        (each["lookupKey"], each["feature"]["id"], each["feature"]["active"]) for each in found["entitlements"]["nodes"]
    ]
    assert shown == [("sso", new, True), ("sso", old, False)]
    assert len({each["id"] for each in found["entitlements"]["nodes"]}) == 2
    assert await shop.of_customer("acme", 'entitlement(lookupKey: "sso") { feature { id } }') == {
        "entitlement": {"feature": {"id": new}}
    }


async def test_access_lasts_as_long_as_either_feature_gives_it(shop: Api) -> None:
    await give(shop, activeTo=END)
    await succeed(shop)
    await give(shop, activeFrom=END, activeTo=LATER)

    found = await shop.of_customer("acme", 'access(lookupKeys: ["sso"]) { hasAccess activeTo nextChangeAt }')

    assert found == {"access": [{"hasAccess": True, "activeTo": LATER, "nextChangeAt": LATER}]}


async def test_a_right_to_come_is_shown_before_one_that_is_over(shop: Api) -> None:
    old = await give(shop, activeFrom=LATER)
    await succeed(shop)
    await give(shop, activeTo=END)
    await shop.move_to(END)

    found = await shop.of_customer("acme", CHECK)

    [decision] = found["access"]
    assert (decision["reason"], decision["feature"], decision["nextChangeAt"]) == ("NOT_YET_ACTIVE", {"id": old}, LATER)
    assert found["entitlement"] == {"feature": {"id": old}}


async def test_without_any_right_the_active_feature_answers(shop: Api) -> None:
    new = await succeed(shop)

    found = await shop.of_customer("acme", 'access(lookupKeys: ["sso"]) { reason feature { id } }')

    assert found == {"access": [{"reason": "NOT_ENTITLED", "feature": {"id": new}}]}


async def test_without_any_right_and_all_archived_the_newest_feature_answers(shop: Api) -> None:
    new = await succeed(shop)
    await shop.mutate("archiveFeature", feature={"id": new})

    found = await shop.of_customer("acme", 'access(lookupKeys: ["sso"]) { reason feature { id } }')

    assert found == {"access": [{"reason": "NOT_ENTITLED", "feature": {"id": new}}]}


async def test_of_rights_that_are_over_the_last_one_is_shown_with_its_cause(shop: Api) -> None:
    old = await give(shop, activeTo=LATER)
    await succeed(shop)
    await give(shop, activeTo=END)
    await shop.move_to(LATER)

    found = await shop.of_customer("acme", 'access(lookupKeys: ["sso"]) { reason feature { id } }')

    assert found == {"access": [{"reason": "GRANT_ENDED", "feature": {"id": old}}]}


async def give(shop: Api, **given: Json) -> str:
    """Grants acme the active feature of the key, and says which one that is."""
    by = {"customer": {"externalId": "acme"}, "feature": {"lookupKey": "sso"}}
    payload = await shop.mutate("grantEntitlement", "grant { feature { id } }", **by, **given)
    return payload["grant"]["feature"]["id"]


async def succeed(shop: Api) -> str:
    """Archives the feature that has the key, and gives the key to a new one."""
    await shop.mutate("archiveFeature", feature={"lookupKey": "sso"})
    return await shop.feature("sso")
