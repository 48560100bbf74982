"""The checks of graphql-cop (github.com/dolevf/graphql-cop), rebuilt: none finds anything.

Each sends what the original sends, and is positive when the original is. The original sends no credential unless it is
given headers: so they run as a stranger, to whom everything is closed, and as a customer, whose token is in a browser.
A developer's API key finds what it is meant to, as the last test says.
"""

import shutil
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.app import GRAPHQL_PATH
from storage.database import Database
from tests.service.serving import NO_TLS, Caller, serving

Json = Any
Check = Callable[[httpx2.AsyncClient], Awaitable[bool]]


async def _posted(client: httpx2.AsyncClient, query: str) -> Json:
    return (await client.post(GRAPHQL_PATH, json={"query": query})).json()


def _at(answer: Json, *path: str | int) -> Json:
    """What stands at a path of an answer; None where there is no such place."""
    with suppress(KeyError, IndexError, TypeError):
        for part in path:
            answer = answer[part]
        return answer
    return None


async def alias_overloading(client: httpx2.AsyncClient) -> bool:
    aliases = "".join(f"alias{number}:__typename \n" for number in range(101))
    return bool(_at(await _posted(client, f"query {{ {aliases} }}"), "data", "alias100"))


async def batch_queries(client: httpx2.AsyncClient) -> bool:
    answer = (await client.post(GRAPHQL_PATH, json=[{"query": "query { __typename }"}] * 11)).json()
    return len(answer) >= 10


async def directive_overloading(client: httpx2.AsyncClient) -> bool:
    answer = await _posted(client, "query { __typename @aa@aa@aa@aa@aa@aa@aa@aa@aa@aa }")
    return len(_at(answer, "errors") or ()) == 10


async def circular_introspection(client: httpx2.AsyncClient) -> bool:
    circle = "fields { type { fields { type { fields { type { fields { type { name } } } } } } } }"
    answer = await _posted(client, f"query {{ __schema {{ types {{ {circle} }} }} }}")
    return len(_at(answer, "data", "__schema", "types") or ()) > 25


async def field_duplication(client: httpx2.AsyncClient) -> bool:
    return bool(_at(await _posted(client, f"query {{ {'__typename ' * 500} }}"), "data", "__typename"))


async def field_suggestions(client: httpx2.AsyncClient) -> bool:
    answer = await _posted(client, "query { __schema { directive } }")
    return "Did you mean" in (_at(answer, "errors", 0, "message") or "")


async def introspection(client: httpx2.AsyncClient) -> bool:
    return bool(_at(await _posted(client, "query { __schema { types { name fields { name } } } }"), "data", "__schema"))


async def get_method(client: httpx2.AsyncClient) -> bool:
    answer = await client.get(GRAPHQL_PATH, params={"query": "query {__typename}"})
    return bool(_at(answer.json(), "data", "__typename"))


async def get_mutation(client: httpx2.AsyncClient) -> bool:
    answer = await client.get(GRAPHQL_PATH, params={"query": "mutation {__typename}"})
    return bool(_at(answer.json(), "data", "__typename"))


async def post_of_a_form(client: httpx2.AsyncClient) -> bool:
    in_the_address = await client.post(GRAPHQL_PATH, params={"query": "query {__typename}"})
    in_the_body = await client.post(GRAPHQL_PATH, data={"query": "query {__typename}"})
    return any(_at(answer.json(), "data", "__typename") for answer in (in_the_address, in_the_body))


async def tracing(client: httpx2.AsyncClient) -> bool:
    answer = await _posted(client, "query { __typename }")
    extensions = [_at(answer, "extensions"), _at(answer, "errors", 0, "extensions")]
    named = any(_at(each, name) for each in extensions for name in ("tracing", "exception"))
    return named or "stacktrace" in str(answer).lower()


async def graphiql(client: httpx2.AsyncClient) -> bool:
    # GraphiQL is served at `/`, on purpose and to whoever comes: it holds nothing but what is published.
    answers = [await client.get(path) for path in ("/graphiql", "/playground", "/console", "/graphql")]
    words = ("graphiql.min.css", "GraphQL Playground", "GraphiQL", "graphql-playground")
    return any(word in answer.text for answer in answers if answer.is_success for word in words)


async def unhandled_errors(client: httpx2.AsyncClient) -> bool:
    answer = await _posted(client, "qwerty cop { abc }")
    return bool(_at(answer, "errors", 0, "extensions", "exception")) or "'extensions': {'exception':" in str(answer)


CHECKS: tuple[Check, ...] = (
    alias_overloading,
    batch_queries,
    directive_overloading,
    circular_introspection,
    field_duplication,
    field_suggestions,
    introspection,
    get_method,
    get_mutation,
    post_of_a_form,
    tracing,
    graphiql,
    # The thirteenth, of its newest version.
    unhandled_errors,
)


@pytest.fixture(scope="module")
def url(sqlite_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The application with the settings there are by default."""
    path = shutil.copy(sqlite_path, tmp_path_factory.mktemp("served"))
    with serving(f"sqlite:///{path}") as url:
        yield url


async def _positive(url: str, secret: str | None) -> list[str]:
    """The names of the checks that find something, for whoever holds a credential."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    async with httpx2.AsyncClient(base_url=url, headers=headers, verify=NO_TLS) as client:
        return [check.__name__ for check in CHECKS if await check(client)]


async def test_a_stranger_finds_nothing(url: str) -> None:
    assert await _positive(url, None) == []


async def test_a_customer_finds_nothing(caller: Caller, customer: Caller) -> None:
    assert await _positive(str(caller.client.base_url), customer.secret) == []


async def test_a_developer_may_read_the_schema_and_is_helped_with_its_names(caller: Caller) -> None:
    """Tools of developers ask for the schema, and `introspection = "off"` keeps it from them too."""
    assert await _positive(str(caller.client.base_url), caller.secret) == ["field_suggestions", "introspection"]


async def test_introspection_can_be_turned_off_for_developers_too(database_url: str, database: Database) -> None:
    with serving(database_url, introspection="off") as url:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            caller = await Caller.arrive(client, database)
        found = await _positive(url, caller.secret)

    assert found == []
