"""Feature.customers: who has a feature at an instant, and by what."""

import pytest

from resolvers import holders
from tests.operations.api import Api, Json

NOBODY: Json = {
    "nodes": [],
    "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    "totalCount": 0,
}
PAGE = "nodes { externalId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount"


async def test_holders_are_shown_newest_first_with_what_gives_them_the_feature(shop: Api) -> None:
    await shop.customer("newer")
    subscription = (await shop.subscribe("acme", "pro", cancelAt="2026-03-01T00:00:00Z"))["id"]
    await give(shop, "newer")

    entitlement = "at status activeTo customer { externalId } lookupKey subscription { id } sources { kind }"
    found = await ask(shop, f"edges {{ node {{ externalId }} entitlement {{ {entitlement} }} }} totalCount")

    newer, acme = found["edges"]
    # Now is the latest write of each: an instant of its own on a frozen clock.
    now = newer["entitlement"].pop("at"), acme["entitlement"].pop("at")
    assert now == ("2026-02-01T00:00:00.001Z", "2026-02-01T00:00:00.000Z")
    assert newer == {
        "node": {"externalId": "newer"},
        "entitlement": {
            "status": "ACTIVE",
            "activeTo": None,
            "customer": {"externalId": "newer"},
            "lookupKey": "sso",
            "subscription": None,
            "sources": [{"kind": "GRANT"}],
        },
    }
    assert acme == {
        "node": {"externalId": "acme"},
        "entitlement": {
            "status": "ACTIVE",
            "activeTo": "2026-03-01T00:00:00.000Z",
            "customer": {"externalId": "acme"},
            "lookupKey": "sso",
            "subscription": {"id": subscription},
            "sources": [{"kind": "SUBSCRIPTION"}],
        },
    }
    assert found["totalCount"] == 2


async def test_many_candidates_and_no_holder_is_an_empty_last_page(shop: Api) -> None:
    """Feature.customers: many candidates and no holder."""
    for number in range(3):
        await shop.customer(f"c{number}")
        await shop.mutate("revokeGrant", grantId=await give(shop, f"c{number}"))

    assert await ask(shop, PAGE) == NOBODY


async def test_holders_are_those_of_the_instant(shop: Api) -> None:
    """Feature.customers: `at` before the attach, and after the end."""
    await shop.feature("reports")
    await shop.subscribe("acme", "pro", cancelAt="2026-03-20T00:00:00Z")
    await shop.move_to("2026-02-05T00:00:00Z")
    by = {"product": {"lookupKey": "pro"}, "feature": {"lookupKey": "reports"}}
    await shop.mutate("attachFeature", **by, rollout="IMMEDIATE")

    async def held(at: str) -> list[str]:
        found = await ask(shop, "nodes { externalId }", f'(at: "{at}")', feature="reports")
        return [each["externalId"] for each in found["nodes"]]

    assert await held("2026-02-04T23:59:59.999Z") == []
    assert await held("2026-02-05T00:00:00Z") == ["acme"]
    assert await held("2026-03-19T23:59:59.999Z") == ["acme"]
    assert await held("2026-03-20T00:00:00Z") == []


async def test_a_deleted_customer_holds_nothing_at_any_instant(shop: Api) -> None:
    """Feature.customers: a customer deleted."""
    await give(shop, "acme")
    await shop.move_to("2026-02-05T00:00:00Z")
    await shop.mutate("deleteCustomer", customer={"externalId": "acme"})

    assert await ask(shop, PAGE) == NOBODY
    assert await ask(shop, PAGE, '(at: "2026-02-03T00:00:00Z")') == NOBODY


async def test_one_who_once_had_it_and_has_it_again_is_shown_once(shop: Api) -> None:
    for _ in range(2):
        await shop.mutate("cancelSubscription", id=(await shop.subscribe("acme", "pro"))["id"])
    await shop.subscribe("acme", "pro", "pro")
    await give(shop, "acme")

    found = await ask(shop, PAGE)

    assert (found["nodes"], found["totalCount"]) == ([{"externalId": "acme"}], 1)


async def test_an_archived_feature_has_holders_still(shop: Api) -> None:
    await give(shop, "acme")
    await shop.mutate("archiveFeature", feature={"lookupKey": "sso"})

    assert (await ask(shop, PAGE))["nodes"] == [{"externalId": "acme"}]


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_holders_are_paged_both_ways_past_those_who_do_not_hold(shop: Api, size: int) -> None:
    names = await fill(shop, "yynynny")
    newest_first = names[::-1]

    forwards, backwards = await walk(shop, size), await walk(shop, size, backwards=True)

    assert forwards == [newest_first[start : start + size] for start in range(0, len(names), size)]
    assert [name for names in reversed(backwards) for name in names] == newest_first
    assert [len(names) for names in backwards] == [len(names) for names in forwards]


async def test_what_lies_around_a_page_of_holders_is_said(shop: Api) -> None:
    await fill(shop, "yyyy")

    first = await ask(shop, PAGE, "(first: 2)")
    after = await ask(shop, PAGE, f'(first: 2, after: "{first["pageInfo"]["endCursor"]}")')
    before = await ask(shop, PAGE, f'(last: 2, before: "{after["pageInfo"]["startCursor"]}")')

    def around(found: Json) -> tuple[bool, bool, int]:
        return found["pageInfo"]["hasPreviousPage"], found["pageInfo"]["hasNextPage"], found["totalCount"]

    assert around(first) == (False, True, 4)
    assert around(after) == (True, False, 4)
    assert around(before) == (False, True, 4)
    assert before["nodes"] == first["nodes"]


@pytest.mark.parametrize("bound", [1, 2, 3, 5])
@pytest.mark.parametrize("backwards", [False, True])
async def test_a_request_looks_at_a_bounded_number_of_candidates_and_the_next_one_goes_on(
    shop: Api, monkeypatch: pytest.MonkeyPatch, bound: int, backwards: bool
) -> None:
    """It looks at no more than 5,000 candidates a request, then answers a short page whose cursor is the last one."""
    monkeypatch.setattr(holders, "CANDIDATES", bound)
    monkeypatch.setattr(holders, "BATCH", 2)
    names = await fill(shop, "ynnnyny")

    pages = await walk(shop, 100, backwards=backwards)

    assert max(len(names) for names in pages) <= bound
    ordered = reversed(pages) if backwards else pages
    assert [name for names in ordered for name in names] == names[::-1]


async def test_a_short_page_at_the_bound_says_that_there_is_more_and_counts_nothing(
    shop: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holders, "CANDIDATES", 2)
    await fill(shop, "ynn")

    found = await ask(shop, PAGE)
    rest = await ask(shop, PAGE, f'(after: "{found["pageInfo"]["endCursor"]}")')

    assert (found["nodes"], found["totalCount"], found["pageInfo"]["hasNextPage"]) == ([], None, True)
    assert (rest["nodes"], rest["pageInfo"]["hasNextPage"]) == ([{"externalId": "c0"}], False)


async def test_candidates_that_are_just_as_many_as_the_bound_are_counted(
    shop: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holders, "CANDIDATES", 3)
    await fill(shop, "yny")

    assert await ask(shop, "totalCount") == {"totalCount": 2}


async def give(shop: Api, customer: str) -> str:
    """The id of a new grant of sso."""
    by = {"customer": {"externalId": customer}, "feature": {"lookupKey": "sso"}}
    return (await shop.mutate("grantEntitlement", "grant { id }", **by))["grant"]["id"]


async def fill(shop: Api, pattern: str) -> list[str]:
    """Makes a candidate for each letter, oldest first; the names of those that hold sso, which are marked y."""
    for number, letter in enumerate(pattern):
        await shop.customer(f"c{number}")
        grant = await give(shop, f"c{number}")
        if letter == "n":
            await shop.mutate("revokeGrant", grantId=grant)
    return [f"c{number}" for number, letter in enumerate(pattern) if letter == "y"]


async def ask(shop: Api, selection: str, arguments: str = "", feature: str = "sso") -> Json:
    """A page of a feature's customers."""
    asked = f"customers{arguments} {{ {selection} }}"
    return (await shop.run(f'{{ feature(by: {{lookupKey: "{feature}"}}) {{ {asked} }} }}'))["feature"]["customers"]


async def walk(shop: Api, size: int, *, backwards: bool = False) -> list[list[str]]:
    """Who is on each page, in the order of walking through them all."""
    pages: list[list[str]] = []
    number, cursor = ("last", "before") if backwards else ("first", "after")
    more, place = ("hasPreviousPage", "startCursor") if backwards else ("hasNextPage", "endCursor")
    arguments = f"({number}: {size})"
    while True:
        found = await ask(shop, PAGE, arguments)
        pages.append([each["externalId"] for each in found["nodes"]])
        if not found["pageInfo"][more]:
            return pages
        arguments = f'({number}: {size}, {cursor}: "{found["pageInfo"][place]}")'
