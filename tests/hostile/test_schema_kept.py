"""What a customer can learn of the schema by asking for it, or by guessing its names: nothing."""

import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import httpx2
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    get_introspection_query,
    is_introspection_type,
)

from schema.build import sdl
from tests.hostile.attack import Json, Target, attacked, fresh, refused, stall

SCHEMA = build_schema(sdl())

ALLOWED_STALL_SECONDS = 0.1

IN_CUSTOMER = "{ viewer { customer { subscriptions(%s) { totalCount } } } }"
BY = "query($by: CustomerBy!) { customer(by: $by) { id } }"
STATUS = "query($in: [SubscriptionStatus!]) { viewer { customer { subscriptions(status: $in) { totalCount } } } }"
SUGGESTED: dict[str, tuple[str, Json]] = {
    "a field": ("{ viewr { id } }", None),
    "a field to stand in an inline fragment": ('{ node(id: "a") { lookupKey } }', None),
    "fields below a field": ("{ viewer }", None),
    "an argument": (IN_CUSTOMER % "statuss: ACTIVE", None),
    "an argument of a directive": ("{ viewer { id @include(iff: true, if: true) } }", None),
    "a type": ("{ viewer { ... on Viewr { id } } }", None),
    "the type of a variable": ("query($by: CustomrBy) { viewer { id } }", None),
    "an enum value": (IN_CUSTOMER % "status: ACTIV", None),
    "an enum value in variables": (STATUS, {"in": ["ACTIV"]}),
    "an input field": ('{ customer(by: {externalID: "acme"}) { id } }', None),
    "an input field in variables": (BY, {"by": {"externalID": "acme"}}),
    "a field of the introspection": ("{ __schema { typs { name } } }", None),
}
"""What the library would suggest, each by another of its rules. Directives it suggests to nobody."""

INTROSPECTIONS = {
    "whole": get_introspection_query(),
    "one field": "{ __schema { queryType { name } } }",
    "one type": '{ __type(name: "Query") { name } }',
    "under an alias": '{ a: __type(name: "Query") { name } }',
    "beside something else": "{ viewer { id } __schema { types { name } } }",
    "in a fragment": "{ ...F } fragment F on Query { ...G } fragment G on Query { __schema { types { name } } }",
    "in an inline fragment": "{ ... @include(if: true) { ... on Query { __schema { types { name } } } } }",
    "skipped": "{ viewer { id } __schema @skip(if: true) { types { name } } }",
    "in the second of two": "query A { viewer { id } } query B { __schema { types { name } } }",
}

Guess = tuple[str, str]
"""A name of the schema, and a document that comes near to it."""


@pytest.fixture(scope="module")
def target(sqlite_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Target]:
    """An application with the settings there are by default."""
    path = shutil.copy(sqlite_path, tmp_path_factory.mktemp("attacked"))
    with attacked(f"sqlite:///{path}") as target:
        yield target


async def _ask(client: httpx2.AsyncClient, query: str, variables: Json = None, name: str | None = None) -> list[Json]:
    asked = {"query": query, "variables": variables, "operationName": name}
    return refused(await client.post("/graphql", json=asked))


@pytest.mark.parametrize(("document", "variables"), SUGGESTED.values(), ids=SUGGESTED.keys())
async def test_names_are_suggested_to_developers_alone(target: Target, document: str, variables: Json) -> None:
    async with target.client(target.session) as customer, target.client(target.key) as developer:
        closed = [error["message"] for error in await _ask(customer, document, variables)]
        helped = [error["message"] for error in await _ask(developer, document, variables)]

    assert "Did you mean" in " ".join(helped)
    assert "Did you mean" not in " ".join(closed)
    # Otherwise they are told the same.
    assert closed == [message.partition(" Did you mean")[0] for message in helped]


def _near(name: str) -> str:
    return f"{name}x"


def _fields() -> Iterator[Guess]:
    for type_ in SCHEMA.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and not is_introspection_type(type_):
            for name, field in type_.fields.items():
                yield name, f"fragment F on {type_.name} {{ {_near(name)} }}"
                for argument in field.args:
                    yield argument, f"fragment F on {type_.name} {{ {name}({_near(argument)}: 1) }}"


def _values() -> Iterator[Guess]:
    for type_ in SCHEMA.type_map.values():
        if is_introspection_type(type_):
            continue
        yield type_.name, f"fragment F on {_near(type_.name)} {{ id }}"
        if isinstance(type_, GraphQLEnumType):
            yield from ((name, f"query($v: {type_.name} = {_near(name)}) {{ __typename }}") for name in type_.values)
        elif isinstance(type_, GraphQLInputObjectType):
            for name in type_.fields:
                yield name, f"query($v: {type_.name} = {{{_near(name)}: 1}}) {{ __typename }}"


@pytest.mark.parametrize("guesses", [_fields, _values], ids=["fields and arguments", "types and their values"])
async def test_no_guess_at_any_name_is_helped(target: Target, guesses: Callable[[], Iterator[Guess]]) -> None:
    asked = 0
    async with target.client(target.session) as customer:
        for name, document in guesses():
            said = " ".join(error["message"] for error in await _ask(customer, document))

            assert "Did you mean" not in said
            # It was the guess that was refused; that its fragment isn't spread is said beside.
            assert _near(name) in said, (document, said)
            asked += 1
    assert asked > 200


@pytest.mark.parametrize("document", INTROSPECTIONS.values(), ids=INTROSPECTIONS.keys())
async def test_a_customer_may_not_introspect(target: Target, document: str) -> None:
    name = "B" if "query B" in document else None
    async with target.client(target.session) as customer:
        [error] = await _ask(customer, document, name=name)

    assert error["extensions"] == {"code": "INTROSPECTION_FORBIDDEN"}


async def test_nor_read_the_schema_as_a_file(target: Target) -> None:
    async with target.client(target.session) as customer, target.client(target.key) as developer:
        [error] = refused(await customer.get("/schema.graphql"))
        file = await developer.get("/schema.graphql")

    assert error["extensions"] == {"code": "INTROSPECTION_FORBIDDEN"}
    assert file.text == sdl()


async def test_a_type_is_still_known_by_its_name(target: Target) -> None:
    """Clients' caches ask for `__typename` everywhere."""
    async with target.client(target.session) as customer:
        answer = await customer.post("/graphql", json={"query": "{ __typename viewer { __typename } }"})

    assert answer.json()["data"] == {"__typename": "Query", "viewer": {"__typename": "Viewer"}}


@pytest.fixture(params=[("off", ()), ("keys", ("key",)), ("everyone", ("key", "session"))], ids=lambda each: each[0])
def by_setting(
    request: pytest.FixtureRequest, sqlite_path: Path, tmp_path: Path
) -> Generator[tuple[Target, tuple[str, ...]]]:
    """An application that shows the schema to some, and whom."""
    introspection, who = request.param
    with attacked(f"sqlite:///{shutil.copy(sqlite_path, tmp_path)}", introspection=introspection) as target:
        yield target, who


async def test_the_setting_says_who_may(by_setting: tuple[Target, tuple[str, ...]]) -> None:
    target, who = by_setting
    for holder in ("key", "session"):
        async with target.client(getattr(target, holder)) as client:
            whole = await client.post("/graphql", json={"query": INTROSPECTIONS["whole"]})
            guess = await client.post("/graphql", json={"query": "{ viewr { id } }"})
            file = await client.get("/schema.graphql")

        statuses = (whole.status_code, file.status_code)
        assert statuses == ((200, 200) if holder in who else (400, 403))
        assert ("Did you mean" in guess.text) == (holder in who)


NESTED = "types { fields { args { type { name } } } }"
BOMBS = {
    "schemas under aliases": " ".join(f"a{n}: __schema {{ {NESTED} }}" for n in range(50)),
    "two schemas": f"__schema {{ {NESTED} }} again: __schema {{ {NESTED} }}",
    "types under aliases": f"__schema {{ {' '.join(f'a{n}: {NESTED}' for n in range(50))} }}",
    "names under aliases": f"__schema {{ types {{ {' '.join(f'a{n}: name' for n in range(50))} }} }}",
    "aliases below a type": '__type(name: "Query") { fields { a: args { name } b: args { name } } }',
    "lists in circles": "__schema { types { fields { type { fields { type { fields { name } } } } } } }",
    "types under too many aliases": " ".join(f'a{n}: __type(name: "Query") {{ name }}' for n in range(51)),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
async def test_no_introspection_multiplies_itself(target: Target, bomb: str) -> None:
    async with target.client(target.key) as developer:
        plain = await _ask(developer, f"{{ {bomb} }}")
        spread = await _ask(developer, f"{{ ...F }} fragment F on Query {{ {bomb} }}")

    codes = {error["extensions"]["code"] for error in (*plain, *spread)}
    assert codes <= {"INTROSPECTION_LIMIT_EXCEEDED", "ALIAS_LIMIT_EXCEEDED"}


ALLOWED = {
    "whole": INTROSPECTIONS["whole"],
    "what stands twice": f"{{ __schema {{ {NESTED} {NESTED} }} __schema {{ {NESTED} }} }}",
    "types side by side": "{ " + " ".join(f'a{n}: __type(name: "Query") {{ name }}' for n in range(50)) + " }",
    "the deepest there may be": "{ __schema { types { fields { type { fields { name description type { name "
    "ofType { name ofType { name } } } } } } } } }",
}


@pytest.mark.parametrize("document", ALLOWED.values(), ids=ALLOWED.keys())
async def test_one_that_is_taken_counts_in_cost_and_stalls_nobody(target: Target, document: str) -> None:
    async with target.client(target.key) as developer:
        answer = await developer.post("/graphql", json={"query": document})

        async def ask() -> None:
            await developer.post("/graphql", json={"query": fresh(document)})

        assert answer.status_code == 200
        assert 50 < answer.json()["extensions"]["cost"]["requested"] < 10_000
        assert await stall(target, ask, allowed=ALLOWED_STALL_SECONDS) < ALLOWED_STALL_SECONDS
