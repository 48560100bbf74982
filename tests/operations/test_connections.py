"""Connections: every list of the schema pages alike, forwards and backwards, and counts only when asked."""

import pytest
from graphql import GraphQLObjectType, build_schema

from schema.build import sdl
from tests.operations.api import Api
from tests.operations.deliveries import fail_deliveries
from tests.operations.keeping import AFRESH
from tests.operations.lists import FEATURES, LISTS, SIZE, fill, grant, ids
from tests.operations.statements import statements


@pytest.fixture
async def full(api: Api) -> Api:
    """An environment with seven entries in every list."""
    await fill(api)
    return api


def test_every_connection_of_the_schema_is_among_those_tested() -> None:
    fields = {
        f"{owner.name}.{name}": str(field.type)
        for owner in build_schema(sdl()).type_map.values()
        if isinstance(owner, GraphQLObjectType)
        for name, field in owner.fields.items()
    }

    assert {place for place, type_ in fields.items() if type_.rstrip("!").endswith("Connection")} == {
        each.place for each in LISTS
    }


async def test_pages_forwards_make_up_the_whole_list_once(full: Api) -> None:
    for each in LISTS:
        whole = await each.page(full)
        pages = [await each.page(full, "(first: 3)")]
        while pages[-1]["pageInfo"]["hasNextPage"]:
            pages.append(await each.page(full, f'(first: 3, after: "{pages[-1]["pageInfo"]["endCursor"]}")'))

        assert [len(page["nodes"]) for page in pages] == [3, 3, 1], each.place
        assert [id_ for page in pages for id_ in ids(page)] == ids(whole), each.place
        assert [page["pageInfo"]["hasPreviousPage"] for page in pages] == [False, True, True], each.place
        assert {page["totalCount"] for page in pages} == {SIZE}, each.place
        assert len(set(ids(whole))) == SIZE, each.place


async def test_pages_backwards_make_up_the_whole_list_once_each_in_the_lists_order(full: Api) -> None:
    for each in LISTS:
        whole = await each.page(full)
        pages = [await each.page(full, "(last: 3)")]
        while pages[-1]["pageInfo"]["hasPreviousPage"]:
            pages.append(await each.page(full, f'(last: 3, before: "{pages[-1]["pageInfo"]["startCursor"]}")'))

        assert [len(page["nodes"]) for page in pages] == [3, 3, 1], each.place
        assert [id_ for page in reversed(pages) for id_ in ids(page)] == ids(whole), each.place
        assert [page["pageInfo"]["hasNextPage"] for page in pages] == [False, True, True], each.place


async def test_nodes_are_the_edges_nodes_and_cursors_the_pages_ends(full: Api) -> None:
    for each in LISTS:
        page = await each.page(full, "(first: 3)")

        assert [edge["node"] for edge in page["edges"]] == page["nodes"], each.place
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"], each.place
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"], each.place
        assert len({edge["cursor"] for edge in page["edges"]}) == 3, each.place


async def test_two_cursors_leave_what_lies_strictly_between_them(full: Api) -> None:
    for each in LISTS:
        whole = await each.page(full)
        after, before = whole["edges"][1]["cursor"], whole["edges"][5]["cursor"]
        between = f'after: "{after}", before: "{before}"'

        first = await each.page(full, f"(first: 2, {between})")
        last = await each.page(full, f"(last: 2, {between})")
        nothing = await each.page(full, f'(after: "{before}", before: "{after}")')

        assert ids(await each.page(full, f"({between})")) == ids(whole)[2:5], each.place
        assert ids(first) == ids(whole)[2:4], each.place
        assert ids(last) == ids(whole)[3:5], each.place
        assert (first["pageInfo"]["hasNextPage"], last["pageInfo"]["hasPreviousPage"]) == (True, True), each.place
        assert nothing["edges"] == [], each.place
        assert (nothing["pageInfo"]["startCursor"], nothing["pageInfo"]["endCursor"]) == (None, None), each.place


async def test_an_empty_list_is_an_empty_page(api: Api) -> None:
    assert await FEATURES.page(api) == {
        "edges": [],
        "nodes": [],
        "totalCount": 0,
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


async def test_a_page_has_20_entries_unless_told_and_100_at_the_most(api: Api) -> None:
    for number in range(101):
        await api.feature(f"f{number}")

    sizes = [len((await FEATURES.page(api, arguments))["nodes"]) for arguments in ("", "(first: null)", "(last: 100)")]
    most = await FEATURES.page(api, "(first: 100)")

    assert sizes == [20, 20, 100]
    assert (len(most["nodes"]), most["totalCount"], most["pageInfo"]["hasNextPage"]) == (100, 101, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("(first: 0)", "`first` must be from 1 to 100; it is 0."),
        ("(first: -1)", "`first` must be from 1 to 100; it is -1."),
        ("(first: 101)", "`first` must be from 1 to 100; it is 101."),
        ("(first: 2147483647)", "`first` must be from 1 to 100; it is 2147483647."),
        ("(last: 0)", "`last` must be from 1 to 100; it is 0."),
        ("(last: 101)", "`last` must be from 1 to 100; it is 101."),
        ("(first: 1, last: 1)", "Pass `first` or `last`, not both."),
        ("(first: 2147483648)", "Int cannot represent non 32-bit signed integer value."),
    ],
)
async def test_a_size_that_cannot_be_is_refused_by_every_list(api: Api, arguments: str, message: str) -> None:
    """`first` with `last`; `first: 101`"""
    await api.feature("f0")
    await api.product("p0")
    await api.customer("acme")
    endpoint = await api.webhook_endpoint()
    await grant(api, "acme", "f0")
    await fail_deliveries(api, endpoint, times=1)

    for each in LISTS:
        assert await each.refusal(api, arguments) == message, each.place


@AFRESH
async def test_a_count_costs_nothing_unless_it_is_selected(full: Api) -> None:
    for each in LISTS:
        with statements(full.database) as without:
            await each.entries(full)
        with statements(full.database) as with_count:
            await each.page(full)

        assert [sent for sent in without if "count(" in sent.lower()] == [], each.place
        assert len(with_count) - len(without) == int(each.counts), each.place


async def test_lists_are_newest_first_and_entitlements_by_their_start_and_feature(full: Api) -> None:
    document = """{
        features { nodes { createdAt } }
        customer(by: {externalId: "acme"}) {
            grants { nodes { createdAt } }
            subscriptions { nodes { createdAt } }
            entitlements { nodes { activeFrom feature { id } } }
        }
    }"""

    data = await full.run(document)

    for nodes in (data["features"], data["customer"]["grants"], data["customer"]["subscriptions"]):
        instants = [node["createdAt"] for node in nodes["nodes"]]
        assert instants == sorted(instants, reverse=True)
        assert len(set(instants)) == SIZE
    order = [(node["activeFrom"], node["feature"]["id"]) for node in data["customer"]["entitlements"]["nodes"]]
    assert order == sorted(sorted(order, key=lambda each: each[1]), key=lambda each: each[0], reverse=True)
    assert len({instant for instant, _ in order}) == 2
