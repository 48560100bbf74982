"""What other subgraphs refer to: found by either key, in one batch, and told from what is wrong or isn't there."""

import json
import re
from collections import Counter

import httpx2
import pytest

from resolvers.callers import Scope
from storage.credentials import create_key
from storage.database import Database
from tests.service.serving import NO_TLS, Caller, Json, serving
from tests.service.subgraphs import ENTITIES, entities, furnish, grant, post
from tests.service.test_subscriptions import session_of

ACME = {"__typename": "Customer", "externalId": "acme"}
NAMED = "A `Customer` is named by its `id` or its `externalId`."
TYPES = "The `__typename` of a representation is one of `Customer`, `Feature`, `Product`."
OBJECT = "A representation is an object with `__typename` and a key."

WRONG: list[tuple[Json, str]] = [
    ({"__typename": "Customer"}, NAMED),
    ({"__typename": "Customer", "lookupKey": "acme"}, NAMED),
    ({"__typename": "Customer", "externalId": None}, NAMED),
    ({"__typename": "Customer", "external_id": "acme"}, NAMED),
    ({"__typename": "Feature", "name": "SSO"}, "A `Feature` is named by its `id` or its `lookupKey`."),
    ({"__typename": "Customer", "externalId": 5}, "The `externalId` of a representation is a string."),
    ({"__typename": "Customer", "id": ["acme"]}, "The `id` of a representation is a string."),
    ({"__typename": "Nobody", "id": "acme"}, TYPES),
    ({"__typename": "Entitlement", "id": "ent_1"}, TYPES),
    ({"__typename": {}, "id": "acme"}, TYPES),
    ({"externalId": "acme"}, TYPES),
    ("acme", OBJECT),
    (["acme"], OBJECT),
    (5, OBJECT),
]
"""Representations that name nothing, and what is said of them."""


async def test_entities_are_found_by_their_ids_and_by_their_owners_keys(caller: Caller) -> None:
    ids = await furnish(caller)
    keys = [ACME, {"__typename": "Feature", "lookupKey": "sso"}, {"__typename": "Product", "lookupKey": "pro"}]
    by_id = [{"__typename": each["__typename"], "id": id_} for each, id_ in zip(keys, _in_order(ids), strict=True)]

    answered = await entities(caller, [*keys, *by_id])

    customer = {"id": ids["acme"], "externalId": "acme", "name": "Acme", "hasAccess": True}
    features = {"nodes": [{"feature": {"lookupKey": "sso"}}]}
    expected = [
        {"__typename": "Customer", **customer},
        {"__typename": "Feature", "id": ids["sso"], "lookupKey": "sso"},
        {"__typename": "Product", "id": ids["pro"], "key": "pro", "features": features},
    ]
    assert answered["data"]["_entities"] == expected * 2
    assert "errors" not in answered


async def test_both_keys_may_be_given_and_more_than_keys(caller: Caller) -> None:
    ids = await furnish(caller)

    answered = await entities(caller, [{**ACME, "id": ids["acme"]}, {**ACME, "id": None, "name": "Not Acme"}])

    assert [each["id"] for each in answered["data"]["_entities"]] == [ids["acme"]] * 2


async def test_what_is_unknown_deleted_or_of_another_environment_is_null(caller: Caller, database: Database) -> None:
    other = await Caller.arrive(caller.client, database, "other")
    theirs = await furnish(other)
    await caller.do("createCustomer", "__typename", externalId="gone")
    await caller.do("deleteCustomer", "__typename", customer={"externalId": "gone"})
    foreign = [{"__typename": "Customer", "id": theirs["acme"]}, ACME, {**ACME, "id": theirs["acme"]}]
    catalogue = [
        {"__typename": "Feature", "id": theirs["sso"]},
        {"__typename": "Feature", "lookupKey": "sso"},
        {"__typename": "Product", "id": theirs["pro"]},
        {"__typename": "Product", "lookupKey": "pro"},
    ]
    unknown = [{"__typename": "Customer", "externalId": "gone"}, {"__typename": "Customer", "id": theirs["sso"]}]
    unstorable = [{"__typename": "Customer", "externalId": "a\0b"}, {"__typename": "Feature", "lookupKey": "\0"}]
    asked = [*foreign, *catalogue, *unknown, *unstorable]

    answered = await entities(caller, asked)

    assert answered["data"]["_entities"] == [None] * len(asked)
    assert "errors" not in answered


async def test_a_wrong_representation_is_an_error_in_its_place_alone(caller: Caller) -> None:
    ids = await furnish(caller)

    answered = await entities(caller, [*(wrong for wrong, _ in WRONG), ACME])

    assert [each and each["id"] for each in answered["data"]["_entities"]] == [*[None] * len(WRONG), ids["acme"]]
    found = {tuple(error["path"]): (error["message"], error["extensions"]) for error in answered["errors"]}
    mistake = {"code": "BAD_USER_INPUT", "argument": "representations"}
    assert found == {("_entities", place): (message, mistake) for place, (_, message) in enumerate(WRONG)}


async def test_keys_of_two_different_things_name_neither(caller: Caller) -> None:
    ids = await furnish(caller)
    await caller.do("createCustomer", "__typename", externalId="other")

    answered = await entities(caller, [{"__typename": "Customer", "id": ids["acme"], "externalId": "other"}])

    assert answered["data"]["_entities"] == [None]
    [error] = answered["errors"]
    assert error["message"] == "The `id` and the `externalId` don't name the same `Customer`."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("number", [0, 101])
async def test_none_and_more_than_a_hundred_are_refused(caller: Caller, number: int) -> None:
    answered = await entities(caller, [ACME] * number)

    assert answered["data"] is None
    [error] = answered["errors"]
    assert error["message"] == f"`representations` takes 1 to 100 entries; there are {number}."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_representations_are_taken_from_the_document_too(caller: Caller) -> None:
    ids = await furnish(caller)
    literal = '{_entities(representations: {__typename: "Customer", externalId: "acme"}) {... on Customer {id}}}'
    mixed = 'query($key: String) {_entities(representations: [{__typename: "Customer", externalId: $key}]) {...F}}'

    answers = [await post(caller, literal), await post(caller, f"{mixed} fragment F on Customer {{id}}", key="acme")]

    assert [each.json()["data"] for each in answers] == [{"_entities": [{"id": ids["acme"]}]}] * 2


async def test_fifty_entities_are_one_batch_of_each_kind(caller: Caller) -> None:
    await furnish(caller)
    for number in range(50):
        await caller.do("createCustomer", "__typename", externalId=f"c{number}")
    await grant(caller, "c7")

    before = await _batches(caller)
    answered = await entities(caller, [{"__typename": "Customer", "externalId": f"c{each}"} for each in range(50)])
    after = await _batches(caller)

    assert [each["hasAccess"] for each in answered["data"]["_entities"]] == [each == 7 for each in range(50)]
    # One of them was written last, so its facts are kept.
    keys = {"customers_by_external_id": 50, "known": 49, "features_by_key": 1}
    assert after - before == {
        f'{figure}{{loader="{loader}"}}': number
        for loader, size in keys.items()
        for figure, number in (("count", 1), ("sum", size))
    }


async def test_a_session_sees_its_own_customer_and_the_catalogue(caller: Caller) -> None:
    ids = await furnish(caller)
    await caller.do("createCustomer", "__typename", externalId="other")
    _, token = await session_of(caller)

    answered = await entities(
        caller,
        [ACME, {"__typename": "Customer", "externalId": "other"}, {"__typename": "Feature", "id": ids["sso"]}],
        token,
    )

    assert [each and each["id"] for each in answered["data"]["_entities"]] == [ids["acme"], None, ids["sso"]]
    assert "errors" not in answered


async def test_a_key_without_the_scope_learns_nothing_of_what_is_there(caller: Caller, database: Database) -> None:
    ids = await furnish(caller)
    _, secret = await create_key(database, caller.environment.id, "catalogue", (Scope.CATALOG_READ,))
    there, nobody = ACME, {"__typename": "Customer", "externalId": "nobody"}

    answered = await entities(caller, [there, nobody, {"__typename": "Feature", "id": ids["sso"]}], secret)

    assert [each and each["id"] for each in answered["data"]["_entities"]] == [None, None, ids["sso"]]
    first, second = answered["errors"]
    assert first["extensions"] == second["extensions"] == {"code": "FORBIDDEN", "scope": "customers:read"}
    assert first["message"] == second["message"]


async def test_compiled_and_not_the_answers_are_the_same(database_url: str, database: Database) -> None:
    answers: list[Json] = []
    caller: Caller | None = None
    wrong: list[Json] = [ACME, {"__typename": "Customer"}, {"__typename": "Product", "lookupKey": "pro"}, 5, {}]
    for compiled in (True, False):
        with serving(database_url, compiled=compiled) as url:
            async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
                if caller is None:
                    caller = await Caller.arrive(client, database)
                    await furnish(caller)
                caller.client = client
                answers.append([await entities(caller, each) for each in (wrong, [], [None])])
                answers[-1].append((await post(caller, ENTITIES, representations=None)).json())
                figures = (await client.get("/metrics")).text
        assert "admittance_compiled_fallbacks_total{" not in figures

    on, off = answers
    assert on == off
    assert json.dumps(on).count("INTERNAL") == 0


async def _batches(caller: Caller) -> Counter[str]:
    """How many batches of look-ups there were, and of how many keys, by loader."""
    figures = (await caller.client.get("/metrics")).text
    found = re.findall(r"^admittance_loader_batch_size_((?:count|sum)\S+) (\S+)$", figures, re.MULTILINE)
    return Counter({name: int(float(value)) for name, value in found})


def _in_order(ids: dict[str, str]) -> list[str]:
    return [ids[each] for each in ("acme", "sso", "pro")]
