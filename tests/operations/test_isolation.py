"""Environments see nothing of each other: what is another's answers, in every place, exactly as what never was.

The walk follows the schema: a root field, an argument or a reference in an input that it can't cover fails it.
"""

import pytest
from sqlalchemy import select

from resolvers.cursors import write_cursor
from storage.rows import environments, tables
from tests.operations.api import Api, Json
from tests.operations.conftest import START
from tests.operations.inhabitants import INPUTS, OBJECTS, Known, ask, furnish, names_at, unknown
from tests.operations.schema_walk import (
    SUBSCRIPTIONS,
    Path,
    Place,
    at_path,
    document,
    input_type,
    places,
    references_in,
    references_of,
    root_fields,
    with_value,
)


@pytest.fixture
async def mine(api: Api) -> Known:
    """What there is in the environment that asks."""
    return await furnish(api, "mine")


@pytest.fixture
async def other(api: Api) -> Api:
    """Another environment of the same database."""
    return await Api.open(api.database, "other", at=START, shared=api.shared)


@pytest.fixture
async def theirs(other: Api) -> Known:
    """What there is in the other environment."""
    return await furnish(other, "theirs")


def test_the_walk_covers_every_root_field() -> None:
    queries = {place.field for place in places() if place.parent == "Query"} | {"viewer"}
    assert root_fields() == queries | INPUTS.keys() | SUBSCRIPTIONS.keys()


@pytest.mark.parametrize("mutation", INPUTS)
def test_the_walk_covers_every_reference_in_an_input(mutation: str) -> None:
    given = INPUTS[mutation](unknown(), unknown())

    paths = [_without_positions(path) for path in references_in(input_type(mutation), given)]

    assert sorted(paths) == sorted(map(_without_positions, references_of(input_type(mutation))))


async def test_a_read_answers_for_another_environments_names_as_for_unknown_ones(
    api: Api, other: Api, mine: Known, theirs: Known
) -> None:
    before = await _rows_of(other)
    made_up = unknown()

    for place in places():
        foreign = names_at(place, theirs, await _cursor_of(other, theirs, place))
        nothing = names_at(place, made_up, write_cursor("nowhere", (START, "feat_1")))
        answers = [await ask(api, mine, place, value) for value in foreign]
        assert answers == [await ask(api, mine, place, value) for value in nothing], place
        # The same names do find something where they belong, or nothing would be shown here.
        assert answers != [await ask(other, theirs, place, value) for value in foreign], place

    assert await _rows_of(other) == before


async def test_no_id_of_another_environment_names_anything(api: Api, theirs: Known) -> None:
    found = await api.run("query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=list(theirs.ids.values()))

    assert found == {"nodes": [None] * len(theirs.ids)}


async def test_no_query_by_key_nor_any_list_answers_for_another_environment(api: Api, theirs: Known) -> None:
    assert await api.run("""{
        feature(by: {lookupKey: "theirs feature"}) { id }
        product(by: {lookupKey: "theirs product"}) { id }
        customer(by: {externalId: "theirs customer"}) { id }
        customersBy(by: [{externalId: "theirs customer"}]) { id }
        features { totalCount nodes { id } }
        archived: features(archived: true, lookupKey: "theirs feature") { totalCount }
        products { totalCount nodes { id } }
        customers { totalCount nodes { id } }
    }""") == {
        "feature": None,
        "product": None,
        "customer": None,
        "customersBy": [None],
        "features": {"totalCount": 0, "nodes": []},
        "archived": {"totalCount": 0},
        "products": {"totalCount": 0, "nodes": []},
        "customers": {"totalCount": 0, "nodes": []},
    }


async def test_a_write_answers_for_another_environments_names_as_for_unknown_ones(
    api: Api, other: Api, mine: Known, theirs: Known
) -> None:
    before, own_before = await _rows_of(other), await _rows_of(api)
    made_up = unknown()

    for mutation, make in INPUTS.items():
        valid = make(mine, theirs)
        for path in references_in(input_type(mutation), valid):
            named = at_path(valid, path)
            foreign_names, made_up_names = [known.instead_of(named, mine) for known in (theirs, made_up)]
            for foreign, nothing in zip(foreign_names, made_up_names, strict=True):
                answer = await api.try_mutation(mutation, **with_value(valid, path, foreign))
                assert answer == await api.try_mutation(mutation, **with_value(valid, path, nothing)), (mutation, path)
                assert {error["code"] for error in answer["userErrors"]} == {"NOT_FOUND"}, (mutation, path)

    assert await _rows_of(other) == before
    assert await _rows_of(api) == own_before


async def test_every_write_succeeds_with_keys_that_are_taken_in_another_environment(
    api: Api, other: Api, mine: Known, theirs: Known
) -> None:
    await other.mutate("createFeature", "feature { id }", name="F", lookupKey="f", idempotencyKey="their key")
    before = await _rows_of(other)

    answers = {mutation: await api.try_mutation(mutation, **make(mine, theirs)) for mutation, make in INPUTS.items()}
    once_more = await api.try_mutation("createFeature", name="G", lookupKey="g", idempotencyKey="their key")

    assert {mutation: answer["userErrors"] for mutation, answer in answers.items()} == {each: [] for each in INPUTS}
    assert once_more["userErrors"] == []
    assert await _rows_of(other) == before


async def test_the_viewer_is_of_the_environment_that_asks(api: Api, other: Api) -> None:
    for each in (api, other):
        viewer = await each.run("{ viewer { id environment { id } } }")

        assert viewer == {"viewer": {"id": each.credential.id, "environment": {"id": each.environment.id}}}


async def _cursor_of(api: Api, known: Known, place: Place) -> str | None:
    """A cursor of the list at a place, if there is one."""
    if place.argument not in {"after", "before"}:
        return None
    query = document(place, "{ pageInfo { endCursor } }", asks=False)
    answer = await api.run(query, id=known.ids[OBJECTS[place.parent]])
    parent = answer if place.parent == "Query" else answer["of"]
    return parent[place.field]["pageInfo"]["endCursor"]


def _without_positions(path: Path) -> tuple[str, ...]:
    return tuple(part for part in path if isinstance(part, str))


async def _rows_of(api: Api) -> dict[str, list[Json]]:
    """Everything there is in an environment."""
    found: dict[str, list[Json]] = {}
    async with api.database.read() as connection:
        for table in tables.sorted_tables:
            scope = table.c.id if table is environments else table.c.environment_id
            query = select(table).where(scope == api.environment.id).order_by(*table.primary_key.columns)
            found[table.name] = [dict(row) for row in (await connection.execute(query)).mappings()]
    return found
