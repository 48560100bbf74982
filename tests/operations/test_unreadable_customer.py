"""During an upgrade two releases share one database: what only the newer one can read costs its own place."""

import pytest
from sqlalchemy import Table, update

from storage.errors import RowUnreadable
from storage.rows import grants, product_features, subscription_item_segments, subscription_statuses, subscriptions
from tests.operations.api import Api
from tests.operations.keeping import AFRESH

# The newer release is played by writing words past the units of work, which no version tells of.
pytestmark = AFRESH

BULK_CHECK = """
query Check($by: [CustomerBy!]!) {
  customersBy(by: $by) { externalId hasAccess(lookupKey: "sso") entitlements { nodes { lookupKey } } }
}
"""

PAGE = "{ customers { nodes { externalId entitlements { nodes { lookupKey } } subscriptions { totalCount } } } }"

UNREADABLE = {
    "subscription status": (subscription_statuses, "status"),
    "trial-end behaviour": (subscriptions, "trial_end_behavior"),
    "billing interval": (subscription_item_segments, "interval_unit"),
    "attachment's rollout": (product_features, "rollout"),
}


@pytest.fixture(params=UNREADABLE)
async def customers(request: pytest.FixtureRequest, api: Api) -> Api:
    """Acme and Umbrella can be read; what Globex has, and nobody else, holds a word of a newer release."""
    await api.feature("sso")
    for customer in ("acme", "globex", "umbrella"):
        await api.customer(customer)
    await api.product("common", "sso")
    await api.subscribe("acme", "common")
    await api.subscribe("umbrella", "common")
    table, column = UNREADABLE[request.param]
    before = await _rows(api, table)
    await api.product("special", "sso")
    await api.subscribe("globex", "special")
    await _write_newer_word(api, table, column, [row for row in await _rows(api, table) if row not in before])
    return api


async def test_one_customer_of_a_batch_fails_to_load_the_others_still_answer(customers: Api) -> None:
    by = [{"externalId": "acme"}, {"externalId": "globex"}, {"externalId": "umbrella"}]

    result = await customers.try_(BULK_CHECK, by=by)

    sso = {"nodes": [{"lookupKey": "sso"}]}
    assert result.data == {
        "customersBy": [
            {"externalId": "acme", "hasAccess": True, "entitlements": sso},
            {"externalId": "globex", "hasAccess": None, "entitlements": None},
            {"externalId": "umbrella", "hasAccess": True, "entitlements": sso},
        ]
    }
    assert [error.path for error in result.errors or []] == [
        ["customersBy", 1, "hasAccess"],
        ["customersBy", 1, "entitlements"],
    ]
    assert all(isinstance(error.original_error, RowUnreadable) for error in result.errors or [])


async def test_a_page_of_customers_keeps_its_other_rows(customers: Api) -> None:
    result = await customers.try_(PAGE)

    sso = {"nodes": [{"lookupKey": "sso"}]}
    assert result.data == {
        "customers": {
            "nodes": [
                {"externalId": "umbrella", "entitlements": sso, "subscriptions": {"totalCount": 1}},
                {"externalId": "globex", "entitlements": None, "subscriptions": None},
                {"externalId": "acme", "entitlements": sso, "subscriptions": {"totalCount": 1}},
            ]
        }
    }


async def test_the_reverse_look_up_fails_rather_than_leave_a_holder_out(customers: Api) -> None:
    result = await customers.try_('{ feature(by: {lookupKey: "sso"}) { name customers { nodes { externalId } } } }')

    assert result.data == {"feature": {"name": "sso", "customers": None}}
    assert [error.path for error in result.errors or []] == [["feature", "customers"]]


async def test_a_write_to_a_customer_it_cannot_read_changes_nothing(customers: Api) -> None:
    before = await _rows(customers, grants)
    document = """
      mutation { grantEntitlement(input: {customer: {externalId: "globex"}, feature: {lookupKey: "sso"}}) {
        grant { id } userErrors { code }
      } }
    """

    result = await customers.try_(document)

    assert result.data == {"grantEntitlement": None}
    [error] = result.errors or []
    assert isinstance(error.original_error, RowUnreadable)
    assert await _rows(customers, grants) == before


async def test_the_error_names_the_row_and_what_to_do(api: Api) -> None:
    await api.feature("sso")
    await api.product("common", "sso")
    await api.customer("acme")
    subscription = (await api.subscribe("acme", "common"))["id"]
    await _write_newer_word(api, subscription_statuses, "status", await _rows(api, subscription_statuses))

    result = await api.try_('{ customer(by: {externalId: "acme"}) { nextChangeAt } }')

    [error] = result.errors or []
    assert error.message == (
        f"Part of subscriptions {subscription} can't be read: a newer release wrote it. Upgrade this process."
    )


async def _rows(api: Api, table: Table) -> list[dict[str, object]]:
    async with api.database.read() as connection:
        return [dict(row) for row in (await connection.execute(table.select())).mappings()]


async def _write_newer_word(api: Api, table: Table, column: str, rows: list[dict[str, object]]) -> None:
    async with api.database.begin_write() as connection:
        for row in rows:
            mine = [key == row[key.name] for key in table.primary_key.columns]
            await connection.execute(update(table).where(*mine).values({column: "OF_A_NEWER_RELEASE"}))
