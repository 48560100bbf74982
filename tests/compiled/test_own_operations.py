"""The project's own schema: every operation it ships is compiled, and answers as graphql-core does, over real facts."""

import json
from pathlib import Path

import pytest
from graphql import DocumentNode, parse

from execution import CompiledOperation, Compiler
from execution.core import execute, is_awaitable
from resolvers.callers import holder_of
from resolvers.context import Context, new_context
from schema.build import CORE_SCHEMA
from storage.environments import load_environment
from tests.compiled.comparing import Value, shown_all
from tests.operations.api import Api
from tests.operations.test_query_counts import (
    ACCESS_CHECKS,
    CATALOGUE_BY_FEATURE,
    CATALOGUE_BY_PRODUCT,
    HOLDERS,
    PAGE_OF_CUSTOMERS,
)

OPERATIONS: dict[str, tuple[str, dict[str, Value]]] = {
    path.stem: (path.read_text(), json.loads(variables.read_text()) if variables.exists() else {})
    for path in sorted((Path(__file__).parents[2] / "graphql" / "operations").glob("*.graphql"))
    for variables in [path.with_suffix(".variables.json")]
}
CUSTOMERS = [{"externalId": "acme"}, {"externalId": "nobody"}, {"id": "cus_0"}]
DOCUMENTS: list[tuple[str, dict[str, Value]]] = [
    (PAGE_OF_CUSTOMERS, {"first": 2}),
    (ACCESS_CHECKS, {"by": CUSTOMERS, "keys": ["sso", "audit", "none"]}),
    (ACCESS_CHECKS, {"by": [], "keys": ["sso"]}),
    (CATALOGUE_BY_FEATURE, {"first": 5}),
    (CATALOGUE_BY_PRODUCT, {"first": 5}),
    (CATALOGUE_BY_PRODUCT, {"first": 5_000}),
    (HOLDERS.replace("shared", "sso"), {"first": 5}),
    (
        "{ viewer { __typename } a: features(first: 1, last: 1) { totalCount } products { totalCount nodes { id } } }",
        {},
    ),
]


@pytest.mark.parametrize("name", OPERATIONS)
async def test_every_operation_that_is_shipped_is_compiled_and_answers_the_same(name: str, shop: Api) -> None:
    text, variables = OPERATIONS[name]
    await shop.subscribe("acme", "pro")

    await _assert_same(shop, parse(text), variables, is_mutation="mutation" in text)


@pytest.mark.parametrize(("document", "variables"), DOCUMENTS)
async def test_pages_of_everything_answer_the_same(document: str, variables: dict[str, Value], shop: Api) -> None:
    await shop.subscribe("acme", "pro")
    await shop.subscribe("acme", "basic")

    await _assert_same(shop, parse(document), variables)


async def _assert_same(api: Api, document: DocumentNode, variables: Value, *, is_mutation: bool = False) -> None:
    operation = Compiler(CORE_SCHEMA).compile(document)
    assert isinstance(operation, CompiledOperation), operation

    found = await operation.run(await _context(api), variables)
    answered = execute(CORE_SCHEMA, document, None, await _context(api), variables)
    expected = await answered if is_awaitable(answered) else answered

    # A mutation carried out again is refused, or makes another one.
    if not is_mutation:
        assert json.dumps(found.data) == json.dumps(expected.data)
    assert shown_all(found.errors) == shown_all(list(expected.errors or ()))


async def _context(api: Api) -> Context:
    async with api.database.read() as connection:
        environment = await load_environment(connection, api.environment.id)
    return new_context(api.database, environment, holder_of(api.credential))
