"""DateTime: RFC 3339 with an offset in, UTC in whole milliseconds out, and nothing that isn't an instant."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from schema.scalars import write_instant
from tests.operations.api import Api, Json

AT = """query Q($at: DateTime) {
    customer(by: {externalId: "acme"}) { access(lookupKeys: ["sso"], at: $at) { at } }
}"""

NOT_RFC_3339 = "DateTime takes an RFC 3339 text with an offset, such as 2026-01-31T09:30:00Z."
NO_INSTANT = "DateTime takes an instant that exists, within the years 1 to 9999 in UTC."
LAST = "9999-12-31T23:59:59.999Z"
FIRST = "0001-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31T09:30:00Z", "2026-01-31T09:30:00.000Z"),
        ("2026-01-31t09:30:00z", "2026-01-31T09:30:00.000Z"),
        ("2026-01-31T15:00:00+05:30", "2026-01-31T09:30:00.000Z"),
        ("2026-01-31T00:00:00+05:30", "2026-01-30T18:30:00.000Z"),
        ("2026-01-31T23:30:00-05:00", "2026-02-01T04:30:00.000Z"),
        ("2026-01-31T09:30:00-00:00", "2026-01-31T09:30:00.000Z"),
        ("2026-01-31T09:30:00.5Z", "2026-01-31T09:30:00.500Z"),
        ("2026-01-31T09:30:00.123456Z", "2026-01-31T09:30:00.123Z"),
        ("2026-01-31T09:30:00.9999999999999999999999Z", "2026-01-31T09:30:00.999Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"),
        ("0001-01-01T05:30:00+05:30", FIRST),
        ("9999-12-31T23:59:59.999999Z", LAST),
    ],
)
async def test_an_instant_is_read_with_any_offset_and_cut_to_the_millisecond(api: Api, text: str, instant: str) -> None:
    """`at` with Z, with +05:30; microseconds in `at` are cut to milliseconds"""
    await api.customer("acme")

    given = await api.run(AT, at=text)
    written = await api.run(AT.replace("$at)", f'"{text}")').replace("query Q($at: DateTime)", ""))

    assert given["customer"]["access"] == [{"at": instant}]
    assert written == given


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-01-31T09:30:00", NOT_RFC_3339),
        ("2026-01-31", NOT_RFC_3339),
        ("2026-01-31 09:30:00Z", NOT_RFC_3339),
        ("2026-01-31T09:30Z", NOT_RFC_3339),
        ("20260131T093000Z", NOT_RFC_3339),
        ("2026-01-31T09:30:00+0530", NOT_RFC_3339),
        ("2026-01-31T09:30:00+24:00", NOT_RFC_3339),
        ("2026-01-31T09:30:00,5Z", NOT_RFC_3339),
        ("2026-01-31T09:30:00.Z", NOT_RFC_3339),
        ("2026-01-31T09:30:00Z\n", NOT_RFC_3339),
        ("2026-01-31T24:00:00Z", NOT_RFC_3339),
        ("2016-12-31T23:59:60Z", NOT_RFC_3339),
        ("2０26-01-31T09:30:00Z", NOT_RFC_3339),  # noqa: RUF001 - a digit, but not of ASCII
        ("10000-01-01T00:00:00Z", NOT_RFC_3339),
        ("+010000-01-01T00:00:00Z", NOT_RFC_3339),
        ("-0001-01-01T00:00:00Z", NOT_RFC_3339),
        ("now", NOT_RFC_3339),
        ("", NOT_RFC_3339),
        ("2026-01-31T09:30:00Z\0", NOT_RFC_3339),
        ("\ud800", NOT_RFC_3339),
        (1769851800, NOT_RFC_3339),
        (1769851800.5, NOT_RFC_3339),
        (False, NOT_RFC_3339),
        ([], NOT_RFC_3339),
        ({"year": 2026}, NOT_RFC_3339),
        ("0000-12-31T23:59:59Z", NO_INSTANT),
        ("2026-02-29T00:00:00Z", NO_INSTANT),
        ("2026-13-01T00:00:00Z", NO_INSTANT),
        ("2026-01-00T00:00:00Z", NO_INSTANT),
        ("9999-12-31T23:59:59-00:01", NO_INSTANT),
        ("0001-01-01T00:00:00+00:01", NO_INSTANT),
    ],
)
async def test_anything_else_is_refused(api: Api, text: Json, message: str) -> None:
    """`at` without offset (refused); a leap-second text is refused; year 9999 and beyond"""
    await api.customer("acme")

    result = await api.try_(AT, at=text)

    assert result.data is None
    assert [error.message for error in result.errors or ()] == [f"Variable '$at' has invalid value: {message}"]
    assert [error.extensions for error in result.errors or ()] == [{"code": "BAD_USER_INPUT"}]


@pytest.mark.parametrize("field", ["startedAt", "trialEnd", "cancelAt"])
async def test_a_date_that_is_refused_stores_nothing(api: Api, field: str) -> None:
    await api.product("pro")
    await api.customer("acme")
    given = {"customer": {"externalId": "acme"}, "items": [{"product": {"lookupKey": "pro"}}]}
    document = "mutation M($input: CreateSubscriptionInput!) { createSubscription(input: $input) { __typename } }"

    result = await api.try_(document, input=given | {field: "2026-02-01T00:00:00"})

    assert [error.message for error in result.errors or ()] == [
        f"Variable '$input' has invalid value at .{field}: {NOT_RFC_3339}"
    ]
    assert await api.of_customer("acme", "subscriptions { totalCount }") == {"subscriptions": {"totalCount": 0}}


async def test_a_grant_may_last_until_the_last_instant_there_is(api: Api) -> None:
    await api.feature("sso")
    await api.customer("acme")

    payload = await api.mutate(
        "grantEntitlement",
        "grant { activeFrom activeTo } change { added { activeTo nextChangeAt } }",
        customer={"externalId": "acme"},
        feature={"lookupKey": "sso"},
        activeFrom=FIRST,
        activeTo=LAST,
    )

    assert payload["grant"] == {"activeFrom": FIRST, "activeTo": LAST}
    assert payload["change"]["added"] == [{"activeTo": LAST, "nextChangeAt": LAST}]
    assert await api.keys("acme", at="9999-12-31T23:59:59.998Z") == {"sso"}
    assert await api.keys("acme", at=LAST) == set()
    assert await api.keys("acme", at=FIRST) == set()


async def test_a_subscription_may_have_begun_in_year_1_and_end_in_year_9999(api: Api) -> None:
    """a boundary past year 9999"""
    await api.feature("sso")
    await api.product("pro", "sso")
    await api.customer("acme")

    payload = await api.mutate(
        "createSubscription",
        "subscription { id startedAt cancelAt currentPeriodStart currentPeriodEnd items { currentPeriodEnd } }",
        customer={"externalId": "acme"},
        items=[{"product": {"lookupKey": "pro"}, "interval": "YEAR", "intervalCount": 3}],
        startedAt=FIRST,
        cancelAt=LAST,
    )

    subscription = payload["subscription"]
    assert (subscription["startedAt"], subscription["cancelAt"]) == (FIRST, LAST)
    assert subscription["currentPeriodStart"] == "2026-01-01T00:00:00.000Z"
    assert subscription["currentPeriodEnd"] == "2029-01-01T00:00:00.000Z"
    assert await api.keys("acme", at="9999-12-31T23:59:59.998Z") == {"sso"}
    assert await api.keys("acme", at=LAST) == set()


async def test_a_trial_may_last_until_the_last_instant_and_has_no_period_after_it(api: Api) -> None:
    """a boundary past year 9999"""
    await api.feature("sso")
    await api.product("pro", "sso")
    await api.customer("acme")

    payload = await api.mutate(
        "createSubscription",
        "subscription { status trialEnd currentPeriodEnd }",
        customer={"externalId": "acme"},
        items=[{"product": {"lookupKey": "pro"}}],
        trialEnd=LAST,
        trialEndBehavior="CANCEL",
    )

    assert payload["subscription"] == {"status": "TRIALING", "trialEnd": LAST, "currentPeriodEnd": LAST}
    assert await api.of_customer("acme", "nextChangeAt") == {"nextChangeAt": LAST}


def test_instants_that_compare_as_equal_are_each_written_as_what_they_are() -> None:
    first = datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/London"))
    again = first.replace(fold=1)
    assert first == again

    assert [write_instant(each) for each in (first, again, first)] == [
        "2026-10-25T00:30:00.000Z",
        "2026-10-25T01:30:00.000Z",
        "2026-10-25T00:30:00.000Z",
    ]
    assert write_instant(datetime(2026, 10, 25, 0, 30, tzinfo=UTC)) == "2026-10-25T00:30:00.000Z"
