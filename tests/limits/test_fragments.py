"""What is known of a fragment depends on nothing but the fragment: held to a walk that knows no memory."""

from itertools import permutations

import pytest
from graphql import DocumentNode, FragmentDefinitionNode, OperationDefinitionNode, build_schema, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.preparing.census import take_census
from gateway.preparing.limits import NO_LIMITS
from gateway.preparing.measuring import Measuring
from gateway.preparing.sizes import FieldShapes, VariableSize
from tests.limits.documents import codes, prepare
from tests.limits.naive import Found, walk

SCHEMA = build_schema("""
  type Query { person: Person people(first: Int, last: Int): PersonConnection byIds(ids: [ID!]!): [Person!]! }
  type Person { id: ID! tags: [String!]! boss: Person friends(first: Int, last: Int): PersonConnection pets: [Pet!]! }
  type Pet { id: ID! owner: Person! toys(first: Int! = 3): [Pet!]! }
  type PersonConnection { nodes: [Person!]! edges: [PersonEdge!]! pageInfo: PageInfo! total: Int! }
  type PersonEdge { node: Person! }
  type PageInfo { more: Boolean! }
""")
SIZES = {"n": 4, "m": 7, "ids": 3}

FIELDS = {
    "Query": [
        ("person", "Person"),
        ("people", "Page"),
        ("byIds(ids: $ids)", "Person"),
        ('byIds(ids: ["a"])', "Person"),
    ],
    "Person": [("id", ""), ("tags", ""), ("boss", "Person"), ("friends", "Page"), ("pets", "Pet"), ("none", "Person")],
    "Pet": [("id", ""), ("owner", "Person"), ("toys", "Pet"), ("toys(first: $n)", "Pet"), ("toys(first: 2)", "Pet")],
    "Page": [("nodes", "Person"), ("edges", "Edge"), ("pageInfo", "Info"), ("total", "")],
    "Edge": [("node", "Person")],
    "Info": [("more", "")],
}
TYPES = {"Page": "PersonConnection", "Edge": "PersonEdge", "Info": "PageInfo"}
ARGUMENTS = ["", "(first: 2)", "(last: $m)", "(first: $n, last: $m)", "(first: $n)", "(first: 3, last: $m)"]


@st.composite
def selections(draw: st.DrawFn, parent: str, fragments: list[str], depth: int = 0) -> str:
    """A selection below a type, of fields, inline fragments and spreads."""
    parts = ["__typename"]
    for _ in range(draw(st.integers(0, 3 if depth < 4 else 0))):
        below = selections(parent, fragments, depth + 1)
        match draw(st.sampled_from(["field", "field", "field", "inline", "spread"])):
            case "spread":
                parts.append(f"...{draw(st.sampled_from(fragments))}")
            case "inline":
                parts.append(f"... on {TYPES.get(parent, parent)} {draw(below)}")
            case _:
                parts.append(draw(fields(parent, fragments, depth)))
    return "{ " + " ".join(parts) + " }"


@st.composite
def fields(draw: st.DrawFn, parent: str, fragments: list[str], depth: int) -> str:
    """A field of a type with all that is below it."""
    name, returned = draw(st.sampled_from(FIELDS[parent]))
    arguments = draw(st.sampled_from(ARGUMENTS)) if returned == "Page" else ""
    below = draw(selections(returned, fragments, depth + 1)) if returned else ""
    return f"{draw(st.sampled_from(['', 'a: ']))}{name}{arguments} {below}"


@st.composite
def documents(draw: st.DrawFn) -> list[str]:
    """Definitions of a document: fragments that spread earlier ones, and an operation. Not always a valid one."""
    fragments = ["Missing"]
    definitions: list[str] = []
    for number in range(draw(st.integers(0, 4))):
        parent = draw(st.sampled_from(["Query", "Person", "Pet", "Page", "Edge"]))
        on = TYPES.get(parent, parent)
        definitions.append(f"fragment F{number} on {on} {draw(selections(parent, fragments))}")
        fragments.append(f"F{number}")
    return [*definitions, f"query {draw(selections('Query', fragments))}"]


def measured(document: DocumentNode) -> list[Found]:
    """What Measuring says of a document's operations."""
    measuring = Measuring(SCHEMA, FieldShapes(SCHEMA), NO_LIMITS)
    measuring.measure(document, take_census(document))
    return [
        Found(
            depth=each.depth,
            list_depth=each.list_depth,
            cost=measuring.formula.evaluate(each.cost, _sizes(each.variables)),
        )
        for each in measuring.operations
    ]


def _sizes(variables: frozenset[VariableSize]) -> dict[VariableSize, int]:
    return {each: SIZES[each.name] for each in variables}


def naive(document: DocumentNode) -> list[Found]:
    """The same, every spread written out."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    return [
        walk(SCHEMA, fragments, SIZES, each.selection_set, SCHEMA.query_type)
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
    ]


@given(documents())
def test_a_walk_with_memory_finds_what_one_without_finds(definitions: list[str]) -> None:
    document = parse(" ".join(definitions))

    assert measured(document) == naive(document)


@given(documents().flatmap(lambda definitions: st.tuples(st.just(definitions), st.permutations(definitions))))
def test_the_order_of_definitions_makes_no_difference(orders: tuple[list[str], list[str]]) -> None:
    one, other = (measured(parse(" ".join(order))) for order in orders)

    assert one == other


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_what_a_fragment_holds_counts_wherever_it_is_met_first(order: tuple[int, ...]) -> None:
    """A memory of a fragment as it was met at the top let it pass deeper down."""
    definitions = [
        "query Q { viewer { customer { ...C } } }",
        "query Deep { viewer { customer { subscriptions { nodes { customer { ...C } } } } } }",
        "fragment C on Customer { entitlements { nodes { feature { products { nodes { product { id } } } } } } }",
    ]

    prepared = prepare(" ".join(definitions[each] for each in order), max_depth=11)

    assert codes(prepared) == ["DEPTH_LIMIT_EXCEEDED"]
    assert "The query `Deep` nests fields 12 deep" in prepared.errors[0].message


@pytest.mark.parametrize(
    "fragments",
    [
        "fragment A on Viewer { ...A }",
        "fragment A on Viewer { id ...B } fragment B on Viewer { kind ...A }",
        "fragment B on Viewer { kind ...A } fragment A on Viewer { id ...B }",
        "fragment A on Viewer { ...B } fragment B on Viewer { ...C } fragment C on Viewer { ...B }",
        "fragment A on Viewer { customer { subscriptions { nodes { customer { id } } } } ... { ...A } }",
        "fragment A on Viewer { ...A ...A ...B } fragment B on Viewer { ...B ...B ...A }",
    ],
)
def test_fragments_in_circles_are_left_to_validation(fragments: str) -> None:
    prepared = prepare(f"{{ viewer {{ ...A }} }} {fragments}")

    assert prepared.document is None
    assert "within itself" in prepared.errors[0].message


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{ ...Nope }", "Unknown fragment 'Nope'."),
        ("{ viewer { ...F } } fragment F on Nope { id }", "Unknown type 'Nope'."),
        ("{ viewer { ...F } } fragment F on CustomerBy { id }", "Fragment 'F' cannot condition on non composite type"),
        ("{ viewer { ... on Nope { a { b } } } }", "Unknown type 'Nope'."),
        ("{ nope { nope(first: $x) { nodes { id } } } }", "Cannot query field 'nope' on type 'Query'."),
        ("{ viewer { nodes { id } } }", "Cannot query field 'nodes' on type 'Viewer'."),
        ("{ viewer { id { id } } }", "must not have a selection"),
        ("{ viewer }", "must have a selection"),
        ("subscription { a { b } }", "Cannot query field 'a' on type 'Subscription'."),
        ("type A { b: C }", "is not executable"),
        ("{ viewer { ...F } } fragment F on Viewer { id } fragment F on Viewer { kind }", "only one fragment"),
        ("{ viewer { id } } fragment F on Viewer { id }", "Fragment 'F' is never used."),
    ],
)
def test_mistakes_are_left_to_validation(document: str, message: str) -> None:
    assert message in " ".join(error.message for error in prepare(document).errors)
