"""How deep and how wide documents may be: just below each limit, and just above it."""

import re

import pytest
from graphql import get_introspection_query

from tests.limits.documents import Json, codes, prepare, prepare_trusted

DEEP = """
  { viewer { customer { subscriptions { nodes { items { product { features { nodes { feature { %s } } } } } } } } } }
"""
MESSAGE = r"The document has (more than )?[0-9,]+ [a-z, ]+(; at most [0-9,]+ are taken)?\. Split it, or use variables\."
REAL_PAGES = {
    # Lists inside each other, in documents that people write.
    1: "{ viewer { customer { entitlements { nodes { lookupKey feature { name } } } } } }",
    2: "{ viewer { customer { entitlements { nodes { sources { kind product { name } } } } } } }",
    3: "{ viewer { customer { subscriptions { nodes { items { product { features { nodes { id } } } } } } } } }",
    4: "{ customers { nodes { subscriptions { nodes { items { product { features { nodes { id } } } } } } } } }",
}


def errors_of(text: str, **limits: int) -> list[Json]:
    return [(error.message, error.extensions) for error in prepare(text, **limits).errors]


def test_fields_may_stand_as_deep_as_the_limit() -> None:
    document = DEEP % "name"

    within, above, unlimited = (prepare(document, max_depth=depth) for depth in (10, 9, 0))

    assert within.errors == ()
    assert unlimited.errors == ()
    assert [(error.message, error.extensions) for error in above.errors] == [
        (
            "The query nests fields 10 deep; at most 9 are taken. Ask for what lies deeper by its id.",
            {"code": "DEPTH_LIMIT_EXCEEDED", "depth": {"requested": 10, "limit": 9}},
        )
    ]


def test_fields_of_fragments_are_as_deep_as_where_they_are_spread() -> None:
    document = f"""
      query Deep {DEEP % "...F"}
      fragment F on Feature {{ ... {{ products {{ ...P }} }} }}
      fragment P on ProductFeatureConnection {{ nodes {{ id }} }}
    """

    assert prepare(document, max_depth=12).errors == ()
    assert errors_of(document, max_depth=11) == [
        (
            "The query `Deep` nests fields 12 deep; at most 11 are taken. Ask for what lies deeper by its id.",
            {"code": "DEPTH_LIMIT_EXCEEDED", "depth": {"requested": 12, "limit": 11}},
        )
    ]


@pytest.mark.parametrize("depth", REAL_PAGES)
def test_lists_may_stand_as_deep_as_the_limit(depth: int) -> None:
    document = REAL_PAGES[depth]
    sentence = f"The query nests lists {depth} deep; at most {depth - 1} are taken. Ask for the inner ones by `nodes`."

    assert prepare(document).errors == ()
    assert prepare(document, max_list_depth=depth).errors == ()
    assert prepare(document, max_list_depth=0).errors == ()
    if depth > 1:
        assert errors_of(document, max_list_depth=depth - 1) == [
            (sentence, {"code": "LIST_DEPTH_LIMIT_EXCEEDED", "listDepth": {"requested": depth, "limit": depth - 1}})
        ]


@pytest.mark.parametrize(
    "selection",
    [
        " ".join(f"a{i}: id" for i in range(51)),
        " id" * 51,
        " ".join("... { id }" for _ in range(51)),
        " ".join("... on Viewer { id }" for _ in range(51)),
        f"{' id' * 26} ...A",
        f"...A ...B {' id' * 2}",
        f"...C {' id' * 26}",
    ],
)
def test_a_field_may_stand_fifty_times_in_a_selection_however_it_gets_there(selection: str) -> None:
    fragments = f"""
      fragment A on Viewer {{ {" id" * 25} }}
      fragment B on Viewer {{ {" id" * 24} }}
      fragment C on Viewer {{ ...A ...A ... {{ ...A }} }}
      query Other {{ viewer {{ ...A ...B ...C }} }}
    """

    refused = prepare(f"{{ viewer {{ {selection} }} }} {fragments}")
    taken = prepare(f"query Q {{ viewer {{ kind {selection.replace(' id', ' kind', 1)} }} }} {fragments}")

    assert codes(refused) == ["ALIAS_LIMIT_EXCEEDED"]
    assert (refused.errors[0].extensions or {})["aliases"] == {"requested": 51, "limit": 50}
    assert refused.errors[0].message.startswith("The field `id` stands 51 times in one selection")
    assert "ALIAS_LIMIT_EXCEEDED" not in codes(taken)


@pytest.mark.parametrize(
    ("what", "document"),
    [
        ("characters", "{{ viewer {{ id }} }} # {}".format("x" * 100_000)),
        ("tokens", "{{ nodes(ids: [{}]) {{ id }} }}".format('"" ' * 5_000)),
        ("comments", "{{ viewer {{ id }} }} {}".format("#\n" * 1_001)),
        ("definitions", "".join(f"query Q{i} {{ viewer {{ id }} }}" for i in range(101))),
        ("variables", "query({}) {{ viewer {{ id }} }}".format(" ".join(f"$v{i}: ID" for i in range(101)))),
        ("directives", "{{ viewer {{ id {} }} }}".format("@include(if: true) " * 101)),
        ("parts", "{{ viewer {{ {} }} }}".format(" ".join(f"a{i}: id" for i in range(624)))),
        ("parts", "{{ nodes(ids: [{}]) {{ id }} }}".format('"" ' * 622)),
    ],
)
def test_a_document_is_bounded_in_all_it_consists_of(what: str, document: str) -> None:
    refused = prepare(document)
    trusted = prepare_trusted(document)
    unlimited = prepare(document, max_tokens=0)

    assert codes(refused) == ["DOCUMENT_TOO_LARGE"]
    assert what in (refused.errors[0].extensions or {})
    assert re.fullmatch(MESSAGE, refused.errors[0].message)
    assert "DOCUMENT_TOO_LARGE" not in codes(trusted)
    assert "DOCUMENT_TOO_LARGE" not in codes(unlimited)


@pytest.mark.parametrize("is_newest", [False, True])
def test_every_tool_may_introspect(is_newest: bool) -> None:
    document = get_introspection_query(
        specified_by_url=is_newest,
        directive_is_repeatable=is_newest,
        schema_description=is_newest,
        input_value_deprecation=is_newest,
    )

    prepared = prepare(document)

    assert prepared.errors == ()
    operation = prepared.operation(None)
    assert operation.introspects
    assert operation.check(None) == []
    assert operation.cost(None) < 5_000


def test_an_introspection_has_a_depth_of_its_own() -> None:
    document = get_introspection_query()

    assert prepare(document, max_depth=1, max_list_depth=1).errors == ()
    assert prepare(document, max_introspection_depth=15).errors == ()
    assert errors_of(document, max_introspection_depth=14)[:1] == [
        (
            "The query `IntrospectionQuery` nests fields of the introspection 15 deep; at most 14 are taken.",
            {"code": "INTROSPECTION_LIMIT_EXCEEDED", "depth": {"requested": 15, "limit": 14}},
        )
    ]


@pytest.mark.parametrize(
    "document",
    [
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
        '{ __type(name: "Query") { fields { type { fields { type { fields { name } } } } } } }',
        "{ __schema { types { possibleTypes { interfaces { possibleTypes { name } } } } } }",
        """
        { __schema { ...S } }
        fragment T on __Type { fields { type { fields { args { name } } } } }
        fragment S on __Schema { types { ...T } }
        """,
    ],
)
def test_an_introspection_in_circles_is_refused(document: str) -> None:
    assert codes(prepare(document)) == ["INTROSPECTION_LIMIT_EXCEEDED"]
    assert prepare(document, max_introspection_depth=0).errors == ()


def test_typename_alone_is_no_introspection() -> None:
    assert not prepare("{ __typename viewer { __typename } }").operation(None).introspects
    assert prepare('{ __type(name: "Query") { name } }').operation(None).introspects


def test_an_operation_introspects_if_a_fragment_of_its_own_does() -> None:
    prepared = prepare("query A { ...S } query B { viewer { id } } fragment S on Query { __schema { types { name } } }")

    assert prepared.operation("A").introspects
    assert not prepared.operation("B").introspects
