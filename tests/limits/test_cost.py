"""What operations cost, worked out by hand."""

import pytest

from gateway.preparing.limits import LARGEST_NUMBER
from tests.limits.documents import Json, codes, cost, prepare

PAGE = """
query Page($customer: ID!, $first: Int = 50) {
  customer(by: { id: $customer }) {
    name
    entitlements(first: $first) {
      totalCount
      nodes { status feature { lookupKey name } sources { kind product { name } } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ __typename }", 1),
        ("{ viewer { id kind } }", 3),
        # A field that stands twice counts twice, as does one under an alias.
        ("{ viewer { id id again: id } }", 4),
        # customers, nodes, and 20 ids for a page that isn't sized.
        ("{ customers { nodes { id } } }", 22),
        ("{ customers(first: 3) { nodes { id } } }", 5),
        ("{ customers(last: 7) { nodes { id name } } }", 16),
        # Both are refused later; the larger counts.
        ("{ customers(first: 3, last: 7) { nodes { id } } }", 9),
        # Null is as left out.
        ("{ customers(first: null) { nodes { id } } }", 22),
        # customers, totalCount, pageInfo and its field, edges; 3 x (cursor, node, id).
        ("{ customers(first: 3) { totalCount pageInfo { hasNextPage } edges { cursor node { id } } } }", 14),
        # edges and nodes are the same page twice.
        ("{ customers(first: 3) { edges { cursor } nodes { id } } }", 9),
        # Pages inside pages: 1 + 1 + 2 x (entitlements, nodes, 5 x id).
        ("{ customers(first: 2) { nodes { entitlements(first: 5) { nodes { id } } } } }", 16),
        # As long as the list that is passed.
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 4),
        ('{ nodes(ids: "a") { id } }', 2),
        ('{ customersBy(by: [{id: "a"}, {externalId: "b"}]) { id name } }', 5),
        # viewer, customer, access; 2 x (hasAccess, unlockedBy, 10 x name), 10 being the argument's own default.
        ('{ viewer { customer { access(lookupKeys: ["a", "b"]) { hasAccess unlockedBy { name } } } } }', 27),
        ('{ viewer { customer { access(lookupKeys: ["a", "b"]) { unlockedBy(first: 3) { name } } } } }', 11),
        # A list that nothing bounds is taken for five; one of plain values for one.
        ('{ entitlement(id: "e") { sources { kind } } }', 7),
        ("{ viewer { scopes } }", 2),
        # A filter is no length: 3 x id.
        ('{ viewer { customer { entitlements(first: 3, lookupKeys: ["a"]) { nodes { id } } } } }', 7),
        # Ten more for a transaction; five userErrors.
        ('mutation { createCustomer(input: {name: "A"}) { customer { id } userErrors { message } } }', 19),
        ('mutation { a: archiveFeature(input: {feature: {id: "f"}}) { feature { id } } }', 13),
        # What isn't carried out counts too.
        ("query($x: Boolean!) { viewer { id @skip(if: true) kind @include(if: $x) } }", 3),
        # Inline fragments, and fragments, are as what they hold.
        ('{ node(id: "f") { id ... on Feature { name } ... @include(if: true) { __typename } } }', 4),
        ("{ viewer { ...V } } fragment V on Viewer { id kind }", 3),
        # A fragment on a connection takes the size of each page that it is spread in: 2 + 3, and 2 + 7.
        (
            """{ a: customers(first: 3) { ...P } b: customers(first: 7) { ...P } }
            fragment P on CustomerConnection { nodes { id } }""",
            14,
        ),
    ],
)
def test_cost_is_fields_times_the_lengths_of_the_lists_they_stand_in(document: str, expected: int) -> None:
    assert cost(document) == expected


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"first": 10}, 8 + 10 * 20),
        ({}, 8 + 50 * 20),
        (None, 8 + 50 * 20),
        # Null is as left out where no default stands: in the field.
        ({"first": None}, 8 + 20 * 20),
        ({"first": 10.0}, 8 + 10 * 20),
        # Refused when variables are coerced; until then as if the field had no size.
        ({"first": "10"}, 8 + 20 * 20),
        ({"first": True}, 8 + 20 * 20),
        ({"first": [10]}, 8 + 20 * 20),
        ({"first": 1.5}, 8 + 20 * 20),
        ({"first": float("inf")}, 8 + 20 * 20),
        ({"first": -3}, 8),
    ],
)
def test_page_sizes_come_from_variables(variables: Json, expected: int) -> None:
    # customer, name, entitlements, totalCount, nodes, pageInfo and its two; each entry status, feature and its two,
    # sources and 5 x (kind, product, name).
    assert cost(PAGE, variables) == expected


@pytest.mark.parametrize(
    ("ids", "expected"),
    [(["a"] * 7, 8), ([], 1), ("a", 2), (None, 6), ({"a": 1}, 2)],
)
def test_the_length_of_a_list_comes_from_variables(ids: Json, expected: int) -> None:
    assert cost("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ids}) == expected


def test_a_default_of_an_operation_holds_in_the_fragments_it_spreads() -> None:
    document = """
      query Two($n: Int = 2) { ...C } query Nine($n: Int = 9) { ...C }
      fragment C on Query { customers(first: $n) { nodes { id } } }
    """

    assert (cost(document, name="Two"), cost(document, name="Nine")) == (4, 11)
    assert (cost(document, {"n": 5}, name="Two"), cost(document, {"n": 5}, name="Nine")) == (7, 7)


def test_one_variable_may_size_several_pages() -> None:
    document = "query($n: Int!) { customers(first: $n) { nodes { grants(last: $n) { nodes { id } } } } }"

    assert cost(document, {"n": 10}) == 2 + 10 * (2 + 10)


def test_costs_beyond_counting_end_at_the_largest_exact_number() -> None:
    fragments = "".join(f"fragment F{i} on Viewer {{ ...F{i + 1} ...F{i + 1} }}" for i in range(60))
    doubled = f"{{ viewer {{ ...F0 }} }} {fragments} fragment F60 on Viewer {{ id }}"

    operation = prepare(doubled).operation(None)

    assert operation.cost(None) == LARGEST_NUMBER
    assert [error.extensions for error in operation.check(None)] == [
        {"code": "COST_LIMIT_EXCEEDED", "cost": {"requested": LARGEST_NUMBER, "limit": 10_000}}
    ]


def test_an_operation_may_cost_the_limit_and_no_more() -> None:
    operation = prepare("query($n: Int) { customers(first: $n) { nodes { id } } }", max_cost=12).operation(None)

    within, above = operation.check({"n": 10}), operation.check({"n": 11})

    assert within == []
    assert [(error.message, error.extensions) for error in above] == [
        (
            "The operation costs 13; at most 12 are taken. Ask for smaller pages or fewer fields.",
            {"code": "COST_LIMIT_EXCEEDED", "cost": {"requested": 13, "limit": 12}},
        )
    ]
    assert prepare("{ customers { nodes { id } } }", max_cost=0).operation(None).check(None) == []


@pytest.mark.parametrize("argument", ["first", "last"])
@pytest.mark.parametrize(("size", "is_taken"), [(1, True), (100, True), (0, False), (101, False), (-1, False)])
def test_pages_have_one_to_a_hundred_entries(argument: str, size: int, is_taken: bool) -> None:
    document = f"query($n: Int) {{ customers({argument}: $n) {{ totalCount }} }}"
    expected = (
        []
        if is_taken
        else [
            (
                f"`{argument}` must be from 1 to 100; it is {size}.",
                {"code": "BAD_USER_INPUT", "argument": argument, "pageSize": {"requested": size, "limit": 100}},
            )
        ]
    )

    passed = prepare(document).operation(None).check({"n": size})
    preset = prepare(document.replace("$n: Int", f"$n: Int = {size}")).operation(None).check({})
    written = prepare(document.replace("($n: Int)", "").replace("$n", str(size))).errors

    for errors in (passed, preset, written):
        assert [(error.message, error.extensions) for error in errors] == expected


@pytest.mark.parametrize("size", [2**31 - 1, 2**31, 10**4_299])
def test_sizes_without_end_are_refused_in_exact_numbers(size: int) -> None:
    written = "9" * 5_000 if size > 2**53 else str(size)

    passed = prepare("query($n: Int) { customers(first: $n) { nodes { id } } }").operation(None).check({"n": size})
    in_text = prepare(f"{{ customers(first: {written}) {{ nodes {{ id }} }} }}")

    assert [(error.extensions or {})["code"] for error in passed] == ["BAD_USER_INPUT", "COST_LIMIT_EXCEEDED"]
    assert codes(in_text) == ["BAD_USER_INPUT"]
    figures = [(error.extensions or {})["pageSize"] for error in (passed[0], in_text.errors[0])]
    assert figures == [{"requested": min(size, LARGEST_NUMBER), "limit": 100}] * 2


def test_a_page_of_entitlements_is_far_below_the_limit_and_a_hundred_of_them_above() -> None:
    crowd = """
      { customers(first: 100) { nodes { entitlements(first: 50) { nodes {
        id status lookupKey activeFrom activeTo feature { id name lookupKey livemode }
      } } } } }
    """

    assert cost(PAGE, {"customer": "cus_1"}) == 1_008
    assert cost(crowd) == 2 + 100 * (2 + 50 * 10)
    assert [(error.extensions or {})["code"] for error in prepare(crowd).operation(None).check(None)] == [
        "COST_LIMIT_EXCEEDED"
    ]
