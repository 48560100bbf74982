"""Features: creation, edits, archiving, and finding them by key."""

import asyncio
from datetime import timedelta

import pytest

from tests.operations.api import Api, Json
from tests.operations.conftest import START

FIELDS = "id name lookupKey type active archivedAt metadata livemode createdAt"
EIGHTY = "é" * 78 + "👩\u200d"


async def test_a_feature_is_answered_as_it_was_made(api: Api) -> None:
    payload = await api.mutate(
        "createFeature", f"feature {{ {FIELDS} }}", name="Single sign-on", lookupKey="sso", metadata={"team": "id"}
    )

    assert payload["feature"] == {
        "id": payload["feature"]["id"],
        "name": "Single sign-on",
        "lookupKey": "sso",
        "type": "BOOLEAN",
        "active": True,
        "archivedAt": None,
        "metadata": {"team": "id"},
        "livemode": False,
        "createdAt": "2026-01-15T12:00:00.000Z",
    }
    assert payload["feature"]["id"].startswith("feat_")
    assert await api.of_node("Feature", payload["feature"]["id"], FIELDS) == payload["feature"]


async def test_80_characters_are_counted_in_code_points_not_bytes(api: Api) -> None:
    """80 and 81 characters (code points, not bytes)"""
    assert (len(EIGHTY), len(EIGHTY.encode())) == (80, 163)

    payload = await api.mutate("createFeature", "feature { name lookupKey }", name=EIGHTY, lookupKey=EIGHTY)

    assert payload["feature"] == {"name": EIGHTY, "lookupKey": EIGHTY}
    assert await find(api, EIGHTY, "name") == {"name": EIGHTY}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (EIGHTY + "x", "TOO_LONG"),
        ("x" * 81, "TOO_LONG"),
        ("", "BLANK"),
        (" \t\n\u00a0\u2003", "BLANK"),
        ("a\0b", "INVALID"),
        ("a\ud83d", "INVALID"),
        ("\udc00a", "INVALID"),
    ],
)
async def test_a_name_and_a_key_that_cannot_be_are_both_refused_and_nothing_is_stored(
    api: Api, text: str, code: str
) -> None:
    """80 and 81 characters (code points, not bytes); empty, blank; NUL and lone surrogates"""
    payload = await api.try_mutation("createFeature", "feature { id }", name=text, lookupKey=text)

    assert payload["feature"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [
        (code, ["input", "name"]),
        (code, ["input", "lookupKey"]),
    ]
    assert await count(api) == 0


async def test_keys_are_case_sensitive_and_kept_as_written(api: Api) -> None:
    """keys are case-sensitive"""
    made = {key: await api.feature(key) for key in ("sso", "SSO", " sso", "sso ", "ﬁ", "fi", "é", "e\u0301")}

    found = {key: (await find(api, key, "id"))["id"] for key in made}

    assert found == made


async def test_a_key_in_use_is_taken_by_the_feature_that_has_it(api: Api) -> None:
    sso = await api.feature("sso")

    payload = await api.try_mutation("createFeature", "feature { id }", name="Other", lookupKey="sso")

    assert payload["feature"] is None
    assert payload["userErrors"] == [
        {
            "code": "TAKEN",
            "field": ["input", "lookupKey"],
            "message": "An active feature has this lookup key already. Use it, or archive it to free its key.",
            "existing": {"id": sso},
        }
    ]
    assert await count(api) == 1


async def test_all_that_is_wrong_is_answered_at_once(api: Api) -> None:
    await api.feature("sso")

    payload = await api.try_mutation(
        "createFeature", name="", lookupKey="sso", metadata={"team": None}, idempotencyKey="once"
    )

    assert [(error["code"], error["field"][-1]) for error in payload["userErrors"]] == [
        ("BLANK", "name"),
        ("INVALID", "team"),
        ("TAKEN", "lookupKey"),
    ]


async def test_of_many_that_create_one_key_at_once_one_succeeds(api: Api) -> None:
    """the create race"""
    payloads = await asyncio.gather(
        *(api.try_mutation("createFeature", "feature { id }", name="SSO", lookupKey="sso") for _ in range(8))
    )

    made = [payload["feature"] for payload in payloads if payload["feature"]]
    refusals = [error for payload in payloads for error in payload["userErrors"]]
    assert len(made) == 1
    assert [(error["code"], error["existing"]) for error in refusals] == [("TAKEN", made[0])] * 7


async def test_an_edit_changes_what_it_names(api: Api) -> None:
    sso = await api.feature("sso", metadata={"team": "id"})

    payload = await api.mutate("updateFeature", "feature { id name lookupKey metadata }", feature={"id": sso}, name="S")

    assert payload["feature"] == {"id": sso, "name": "S", "lookupKey": "sso", "metadata": {"team": "id"}}
    assert await find(api, "sso", "name") == {"name": "S"}


@pytest.mark.parametrize(("name", "code"), [(None, "BLANK"), ("", "BLANK"), ("x" * 81, "TOO_LONG"), ("\0", "INVALID")])
async def test_an_edit_to_a_name_that_cannot_be_is_refused(api: Api, name: str | None, code: str) -> None:
    await api.feature("sso", metadata={"team": "id"})

    payload = await api.try_mutation(
        "updateFeature", "feature { id }", feature={"lookupKey": "sso"}, name=name, metadata=None
    )

    assert payload["feature"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [(code, ["input", "name"])]
    assert await find(api, "sso", "name metadata") == {"name": "sso", "metadata": {"team": "id"}}


async def test_an_archived_feature_says_since_when(api: Api) -> None:
    sso = await api.feature("sso")
    await api.move_to(START + timedelta(days=1))

    payload = await api.mutate("archiveFeature", "feature { id active archivedAt }", feature={"lookupKey": "sso"})

    archived = {"id": sso, "active": False, "archivedAt": "2026-01-16T12:00:00.000Z"}
    assert payload["feature"] == archived
    assert await find(api, "sso", "id active archivedAt") == archived


async def test_archiving_twice_changes_nothing(api: Api) -> None:
    """archiving twice changes nothing"""
    sso = await api.feature("sso")
    first = await archive(api, {"id": sso})
    await api.move_to(START + timedelta(days=1))

    second = await archive(api, {"id": sso})

    assert second == first
    assert second["archivedAt"] == "2026-01-15T12:00:00.001Z"


async def test_an_archived_feature_can_neither_be_edited_nor_attached_nor_granted(api: Api) -> None:
    """editing, reactivating, attaching an archived feature refused"""
    sso = {"id": await api.feature("sso")}
    await api.product("pro")
    await api.customer("acme")
    await archive(api, sso)

    refusals = {
        "edit": await api.try_mutation("updateFeature", feature=sso, name="New"),
        "edit nothing": await api.try_mutation("updateFeature", feature=sso),
        "attach": await api.try_mutation("attachFeature", product={"lookupKey": "pro"}, feature=sso),
        "create with": await api.try_mutation("createProduct", name="Basic", features=[sso]),
        "grant": await api.try_mutation("grantEntitlement", customer={"externalId": "acme"}, feature=sso),
    }

    codes = {name: " ".join(error["code"] for error in payload["userErrors"]) for name, payload in refusals.items()}
    assert codes == dict.fromkeys(refusals, "ARCHIVED")
    assert await find(api, "sso", "name products { totalCount } customers { totalCount }") == {
        "name": "sso",
        "products": {"totalCount": 0},
        "customers": {"totalCount": 0},
    }


async def test_there_is_no_way_to_reactivate_a_feature(api: Api) -> None:
    """reactivating an archived feature: no input says it, and its key names another one from now on"""
    fields = (await api.run('{ __type(name: "UpdateFeatureInput") { inputFields { name } } }'))["__type"]

    assert {each["name"] for each in fields["inputFields"]} == {"feature", "name", "metadata", "idempotencyKey"}


async def test_an_archived_feature_still_entitles(api: Api) -> None:
    """an archived feature still entitles"""
    await api.feature("sso")
    await api.product("pro", "sso")
    await api.customer("acme")
    await api.subscribe("acme", "pro")

    await archive(api, {"lookupKey": "sso"})
    await api.customer("later")
    await api.subscribe("later", "pro")

    assert await api.keys("acme") == {"sso"}
    assert await api.keys("later") == {"sso"}
    assert (await api.of_customer("acme", 'hasAccess(lookupKey: "sso")'))["hasAccess"] is True


async def test_a_key_used_again_names_the_active_feature_and_else_the_one_archived_last(api: Api) -> None:
    """a key used again after archiving"""
    first = await api.feature("sso")
    await archive(api, {"lookupKey": "sso"})
    second = await api.feature("sso")

    while_second_is_active = await find(api, "sso", "id")
    await archive(api, {"lookupKey": "sso"})
    when_both_are_archived = await find(api, "sso", "id")
    third = await api.feature("sso")

    assert while_second_is_active == {"id": second}
    assert when_both_are_archived == {"id": second}
    assert await find(api, "sso", "id") == {"id": third}
    assert await ids(api, "archived: true") == [second, first]


async def test_the_list_shows_active_features_unless_archived_ones_are_asked_for(api: Api) -> None:
    """`archived` unset, false, true"""
    old, current, newest = [await api.feature(key) for key in ("old", "current", "newest")]
    await archive(api, {"lookupKey": "old"})

    assert await ids(api, "first: 9") == [newest, current]
    assert await ids(api, "archived: null") == [newest, current]
    assert await ids(api, "archived: false") == [newest, current]
    assert await ids(api, "archived: true") == [old]


async def test_the_list_can_be_narrowed_to_a_key(api: Api) -> None:
    archived = await api.feature("sso")
    await archive(api, {"lookupKey": "sso"})
    active = await api.feature("sso")
    await api.feature("SSO")

    assert await ids(api, 'lookupKey: "sso"') == [active]
    assert await ids(api, 'lookupKey: "sso", archived: true') == [archived]
    assert await ids(api, 'lookupKey: "ss"') == []
    assert await ids(api, 'lookupKey: ""') == []
    assert len(await ids(api, "lookupKey: null")) == 2


@pytest.mark.parametrize("by", [{"id": "feat_unknown"}, {"lookupKey": "unknown"}, {"id": ""}, {"lookupKey": "a\0"}])
async def test_an_unknown_feature_is_null_in_a_query_and_not_found_in_a_mutation(api: Api, by: Json) -> None:
    found = await api.run("query Q($by: FeatureBy!) { feature(by: $by) { id } }", by=by)
    edited = await api.try_mutation("updateFeature", feature=by, name="New")
    archived = await api.try_mutation("archiveFeature", feature=by)

    assert found == {"feature": None}
    for payload in (edited, archived):
        assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [
            ("NOT_FOUND", ["input", "feature"])
        ]


async def archive(api: Api, by: Json) -> Json:
    return (await api.mutate("archiveFeature", f"feature {{ {FIELDS} }}", feature=by))["feature"]


async def find(api: Api, key: str, selection: str) -> Json:
    document = f"query Q($by: FeatureBy!) {{ feature(by: $by) {{ {selection} }} }}"
    return (await api.run(document, by={"lookupKey": key}))["feature"]


async def ids(api: Api, arguments: str) -> list[str]:
    data = await api.run(f"{{ features({arguments}) {{ nodes {{ id }} }} }}")
    return [node["id"] for node in data["features"]["nodes"]]


async def count(api: Api) -> int:
    return (await api.run("{ features { totalCount } }"))["features"]["totalCount"]
