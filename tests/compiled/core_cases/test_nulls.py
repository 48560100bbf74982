"""Where nulls and failures leave a null: graphql-core's cases of non-null fields.

Its `test_nonnull`, each case with values at hand and awaited, `test_error_propagation`, and of `test_executor` what is
about paths of errors and about failures at hand beside awaited ones. Arguments that may not be null are in
`test_inputs`. Propagation turned off by a directive on the operation is left to graphql-core: see `test_selecting`.
"""

import pytest
from graphql import build_schema

from tests.compiled.comparing import Value
from tests.compiled.core_cases.answering import Said, assert_answer, later

SCHEMA = build_schema("""
type Query { now: String, nowSure: String!, soon: String, soonSure: String!
  nowNest: Query, nowSureNest: Query!, soonNest: Query, soonSureNest: Query! }
""")


class Failing:
    """Every text fails, at once or later: by an exception, or, `nulling`, by being null."""

    def __init__(self, *, nulling: bool) -> None:
        self.nulling = nulling

    def __getattr__(self, name: str) -> Value:
        if not name.startswith(("now", "soon")):
            raise AttributeError(name)
        value = Failing(nulling=self.nulling) if name.endswith("Nest") else self._failure(name)
        return later(value) if name.startswith("soon") else value

    def _failure(self, name: str) -> Exception | None:
        return None if self.nulling else ValueError(name)


def told(name: str, *, nulling: bool) -> str:
    return f"Cannot return null for non-nullable field Query.{name}." if nulling else name


BOTH_WAYS = pytest.mark.parametrize("nulling", [True, False], ids=["null", "raised"])
CHAIN = "{{ {0} {{ nowSureNest {{ soonSureNest {{ nowSureNest {{ soonSureNest {{ {1} }} }} }} }} }} }}"
CHAINED = ("nowSureNest", "soonSureNest", "nowSureNest", "soonSureNest")


@BOTH_WAYS
@pytest.mark.parametrize("name", ["now", "soon"])
async def test_a_nullable_field_is_null_itself(name: str, nulling: bool) -> None:
    errors = [] if nulling else [Said(name, (name,), (1, 3))]

    await assert_answer(SCHEMA, f"{{ {name} }}", {name: None}, *errors, root=Failing(nulling=nulling))


@BOTH_WAYS
@pytest.mark.parametrize("nest", ["nowNest", "soonNest"])
@pytest.mark.parametrize("name", ["nowSure", "soonSure"])
async def test_an_object_is_null_for_a_field_that_may_not_be(nest: str, name: str, nulling: bool) -> None:
    error = Said(told(name, nulling=nulling), (nest, name), (1, len(nest) + 6))

    await assert_answer(SCHEMA, f"{{ {nest} {{ {name} }} }}", {nest: None}, error, root=Failing(nulling=nulling))


@BOTH_WAYS
async def test_a_tree_of_nullable_fields_is_null_at_each_of_them(nulling: bool) -> None:
    document = "{ nowNest { ...F } soonNest { ...F } }"
    fragments = "fragment F on Query { ...G nowNest { ...G } soonNest { ...G } } fragment G on Query { now soon }"
    leaves = {"now": None, "soon": None}
    tree = {**leaves, "nowNest": leaves, "soonNest": leaves}
    places = [
        (*outer, *inner, name)
        for outer in (("nowNest",), ("soonNest",))
        for inner in ((), ("nowNest",), ("soonNest",))
        for name in leaves
    ]
    errors = [] if nulling else [Said(place[-1], place) for place in places]

    await assert_answer(
        SCHEMA, document + fragments, {"nowNest": tree, "soonNest": tree}, *errors, root=Failing(nulling=nulling)
    )


@BOTH_WAYS
@pytest.mark.parametrize("nest", ["nowNest", "soonNest"])
@pytest.mark.parametrize("name", ["nowSure", "soonSure"])
async def test_the_first_nullable_place_above_a_long_chain_is_null(nest: str, name: str, nulling: bool) -> None:
    document = CHAIN.format(nest, name)
    error = Said(told(name, nulling=nulling), (nest, *CHAINED, name), (1, document.rindex(f" {name}") + 2))

    await assert_answer(SCHEMA, document, {nest: None}, error, root=Failing(nulling=nulling))


@BOTH_WAYS
async def test_chains_beside_each_other_are_null_each_for_itself(nulling: bool) -> None:
    chains = {"a: nowNest": "nowSure", "b: soonNest": "nowSure", "c: nowNest": "soonSure", "d: soonNest": "soonSure"}
    document = " ".join(CHAIN.format(nest, name)[1:-1] for nest, name in chains.items())
    errors = [Said(told(name, nulling=nulling), (nest[0], *CHAINED, name)) for nest, name in chains.items()]

    await assert_answer(SCHEMA, f"{{ {document} }}", dict.fromkeys("abcd"), *errors, root=Failing(nulling=nulling))


@BOTH_WAYS
@pytest.mark.parametrize("name", ["nowSure", "soonSure"])
async def test_the_whole_answer_is_null_if_nothing_else_may_be(name: str, nulling: bool) -> None:
    error = Said(told(name, nulling=nulling), (name,), (1, 3))

    await assert_answer(SCHEMA, f"{{ {name} }}", None, error, root=Failing(nulling=nulling))


async def test_a_null_at_hand_comes_before_one_that_is_awaited() -> None:
    error = Said(told("nowSure", nulling=True), ("nowSure",), (1, 12))

    await assert_answer(SCHEMA, "{ soonSure nowSure }", None, error, root=Failing(nulling=True))


async def test_the_path_of_an_error_is_whole_and_of_aliases() -> None:
    document = "{ nowNest { aliased: nowNest { nowSureNest { again: nowSureNest { nowSure } } } } }"
    path = ("nowNest", "aliased", "nowSureNest", "again", "nowSure")

    await assert_answer(
        SCHEMA,
        document,
        {"nowNest": {"aliased": None}},
        Said("nowSure", path, (1, document.rindex("nowSure") + 1)),
        root=Failing(nulling=False),
    )
