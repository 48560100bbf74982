"""Walking through a list page by page while its rows come and go."""

import random
from collections.abc import Awaitable, Callable

import pytest

from tests.operations.api import Api, Json
from tests.operations.lists import (
    CUSTOMERS,
    ENTITLEMENTS,
    FEATURES,
    GRANTS,
    PRODUCT_FEATURES,
    List,
    grant,
    ids,
)

Add = Callable[[Api, int], Awaitable[None]]
Remove = Callable[[Api, str], Awaitable[None]]


async def add_feature(api: Api, number: int) -> None:
    await api.feature(f"f{number}")


async def archive_feature(api: Api, feature: str) -> None:
    await api.mutate("archiveFeature", feature={"id": feature})


async def add_customer(api: Api, number: int) -> None:
    await api.customer(f"c{number}")


async def delete_customer(api: Api, customer: str) -> None:
    await api.mutate("deleteCustomer", customer={"id": customer})


async def attach(api: Api, number: int) -> None:
    await add_feature(api, number)
    await api.mutate("attachFeature", product={"lookupKey": "p0"}, feature={"lookupKey": f"f{number}"})


async def detach(api: Api, row: str) -> None:
    await api.mutate("detachFeature", productFeatureId=row)


async def entitle(api: Api, number: int) -> None:
    await add_feature(api, number)
    await grant(api, "acme", f"f{number}")


async def end_entitlement(api: Api, entitlement: str) -> None:
    sources = await api.of_node("Entitlement", entitlement, "sources { grant { id } }")
    await api.mutate("revokeGrant", grantId=sources["sources"][0]["grant"]["id"])


async def keep(api: Api, entry: str) -> None:
    """Of this list nothing ever goes away."""


@pytest.mark.parametrize("direction", ["forwards", "backwards"])
@pytest.mark.parametrize(
    ("of", "add", "remove"),
    [
        (FEATURES, add_feature, archive_feature),
        (CUSTOMERS, add_customer, delete_customer),
        (PRODUCT_FEATURES, attach, detach),
        (ENTITLEMENTS, entitle, end_entitlement),
        (GRANTS, entitle, keep),
    ],
    ids=["features", "customers", "attachments", "entitlements", "grants"],
)
async def test_a_walk_sees_each_row_that_stays_exactly_once_while_others_come_and_go(
    api: Api, of: List, add: Add, remove: Remove, direction: str
) -> None:
    choices = random.Random(f"{of.place} {direction}")  # noqa: S311 - the same story every time
    await api.product("p0")
    await api.customer("acme")
    for number in range(12):
        await add(api, number)
    there_at_first = [entry["id"] for entry in await of.entries(api, "(first: 100)")]
    numbers = iter(range(12, 1000))
    seen: list[str] = []
    page: Json = None

    while page is None or page["pageInfo"]["hasNextPage" if direction == "forwards" else "hasPreviousPage"]:
        page = await of.page(api, arguments(direction, page, choices.randint(1, 3)))
        seen = seen + ids(page) if direction == "forwards" else ids(page) + seen
        # Behind the walk, at its very cursor, and before it.
        for removed in choices.sample([entry["id"] for entry in await of.entries(api, "(first: 100)")], 2):
            await remove(api, removed)
        if next(numbers) < 18:
            await add(api, next(numbers))

    there_at_last = [entry["id"] for entry in await of.entries(api, "(first: 100)")]
    stayed = [each for each in there_at_first if each in there_at_last]
    assert len(seen) == len(set(seen))
    assert [each for each in seen if each in stayed] == stayed
    assert len(stayed) >= 1


def arguments(direction: str, page: Json, size: int) -> str:
    """What asks for the page after the one at hand."""
    if direction == "forwards":
        return f"(first: {size})" if page is None else f'(first: {size}, after: "{page["pageInfo"]["endCursor"]}")'
    return f"(last: {size})" if page is None else f'(last: {size}, before: "{page["pageInfo"]["startCursor"]}")'
