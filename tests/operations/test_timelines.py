"""What was and what is coming: every stretch of access with its causes, and the changes that time will make."""

import pytest
from graphql import GraphQLError

from tests.operations.api import Api, Json

ACME = {"externalId": "acme"}
RUN = """
  id lookupKey status activeFrom activeTo endReason feature { lookupKey } entitlement { status }
  sources { kind activeFrom activeTo endReason product { lookupKey } grant { id } }
"""
CHANGES = """upcomingChanges {
  id at added { lookupKey at status activeTo } removed { lookupKey at status endReason }
}"""


async def test_a_timeline_tells_every_stretch_of_access_with_its_sources_and_causes(shop: Api) -> None:
    subscription = await shop.subscribe("acme", "pro", trialEnd="2026-02-10T00:00:00Z", trialEndBehavior="PAUSE")
    await shop.move_to("2026-02-12T00:00:00Z")
    await shop.mutate("setSubscriptionStatus", id=subscription["id"], status="ACTIVE")
    grant = await _give(shop, "sso", activeFrom="2026-02-13T00:00:00Z", activeTo="2026-02-14T00:00:00Z")

    runs = await _runs(shop, 'lookupKeys: ["sso"]')

    customer = (await shop.of_customer("acme", 'id entitlement(lookupKey: "sso") { id }'))["entitlement"]["id"]
    paid = {"kind": "SUBSCRIPTION", "product": {"lookupKey": "pro"}, "grant": None}
    given = {"kind": "GRANT", "product": None, "grant": {"id": grant}}
    common = {"lookupKey": "sso", "feature": {"lookupKey": "sso"}, "entitlement": {"status": "ACTIVE"}}
    trial = {
        "activeFrom": "2026-02-01T00:00:00.000Z",
        "activeTo": "2026-02-10T00:00:00.000Z",
        "endReason": "TRIAL_ENDED",
    }
    open_end = {"activeFrom": "2026-02-12T00:00:00.000Z", "activeTo": None, "endReason": None}
    window = {
        "activeFrom": "2026-02-13T00:00:00.000Z",
        "activeTo": "2026-02-14T00:00:00.000Z",
        "endReason": "GRANT_ENDED",
    }
    assert runs == [
        {
            "id": f"{customer}_from_2026-02-12T00:00:00.000Z",
            "status": "ACTIVE",
            **common,
            **open_end,
            "sources": [{**paid, **open_end}, {**given, **window}],
        },
        {
            "id": f"{customer}_from_2026-02-01T00:00:00.000Z",
            "status": "EXPIRED",
            **common,
            **trial,
            "sources": [{**paid, **trial}],
        },
    ]


async def test_a_stretch_is_in_an_interval_that_it_overlaps_at_least_by_a_millisecond(shop: Api) -> None:
    await _give(shop, "sso", activeFrom="2026-02-10T00:00:00Z", activeTo="2026-02-20T00:00:00Z")
    intervals = {
        'until: "2026-02-10T00:00:00Z"': 0,
        'until: "2026-02-10T00:00:00.001Z"': 1,
        'since: "2026-02-19T23:59:59.999Z"': 1,
        'since: "2026-02-20T00:00:00Z"': 0,
        'since: "2026-02-12T00:00:00Z", until: "2026-02-13T00:00:00Z"': 1,
        "since: null, until: null": 1,
    }

    found = {given: len(await _runs(shop, given)) for given in intervals}

    assert found == intervals


async def test_years_of_billing_periods_make_one_stretch(shop: Api) -> None:
    await shop.subscribe("acme", "pro", startedAt="2020-01-31T00:00:00Z")
    await shop.move_to("2036-02-01T00:00:00Z")

    runs = await _runs(shop, "")

    assert [(run["lookupKey"], run["activeFrom"], run["activeTo"]) for run in runs] == [
        (key, "2026-02-01T00:00:00.000Z", None) for key in ("audit", "sso")
    ]


async def test_stretches_come_the_latest_first_and_those_that_are_still_to_come_before_all(shop: Api) -> None:
    await _give(shop, "audit", activeTo="2026-02-03T00:00:00Z")
    await _give(shop, "audit", activeFrom="2026-02-05T00:00:00Z", activeTo="2026-02-06T00:00:00Z")
    await _give(shop, "sso", activeFrom="2026-02-05T00:00:00Z")

    runs = await _runs(shop, "")

    assert [(run["lookupKey"], run["status"], run["activeFrom"][:10]) for run in runs] == [
        ("audit", "SCHEDULED", "2026-02-05"),
        ("sso", "SCHEDULED", "2026-02-05"),
        ("audit", "ACTIVE", "2026-02-01"),
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('since: "2026-02-01T00:00:00Z", until: "2026-02-01T00:00:00Z"', "`until` must be later than `since`."),
        (f"lookupKeys: {['k'] * 101}".replace("'", '"'), "`lookupKeys` takes 0 to 100 keys; there are 101."),
    ],
)
async def test_what_no_timeline_can_be_given_for_is_refused(shop: Api, given: str, message: str) -> None:
    result = await shop.try_(f'{{ customer(by: {{externalId: "acme"}}) {{ timeline({given}) {{ totalCount }} }} }}')

    assert result.data == {"customer": {"timeline": None}}
    assert _messages(result.errors) == [message]


async def test_changes_to_come_are_told_in_order_each_with_the_states_of_its_instant(shop: Api) -> None:
    await shop.subscribe("acme", "pro", trialEnd="2026-02-10T00:00:00Z", trialEndBehavior="CANCEL")
    await _give(shop, "audit", activeFrom="2026-02-05T00:00:00Z", activeTo="2026-02-20T00:00:00Z")
    await _give(shop, "sso", activeFrom="2026-02-20T00:00:00Z")

    data = await shop.of_customer("acme", f"id nextChangeAt revision {CHANGES}")

    ten, twenty = "2026-02-10T00:00:00.000Z", "2026-02-20T00:00:00.000Z"
    assert data["nextChangeAt"] == ten
    assert data["upcomingChanges"] == [
        {
            "id": f"{data['id']}_at_{ten}",
            "at": ten,
            "added": [],
            # Not expired: there is access ahead, by the grant.
            "removed": [{"lookupKey": "sso", "at": ten, "status": "SCHEDULED", "endReason": None}],
        },
        {
            "id": f"{data['id']}_at_{twenty}",
            "at": twenty,
            "added": [{"lookupKey": "sso", "at": twenty, "status": "ACTIVE", "activeTo": None}],
            "removed": [{"lookupKey": "audit", "at": twenty, "status": "EXPIRED", "endReason": "GRANT_ENDED"}],
        },
    ]


async def test_each_change_to_come_is_a_revision_once_its_time_is_there(shop: Api) -> None:
    for day in range(3, 9):
        await _give(
            shop, "sso", activeFrom=f"2026-02-{day * 2:02}T00:00:00Z", activeTo=f"2026-02-{day * 2 + 1:02}T00:00:00Z"
        )
    ahead = (await shop.of_customer("acme", "upcomingChanges(first: 100) { at }"))["upcomingChanges"]

    seen: list[tuple[str, int]] = []
    for change in ahead:
        await shop.move_to(change["at"])
        seen.append((change["at"], (await shop.of_customer("acme", "revision"))["revision"]))

    assert len(ahead) == 12
    assert [revision for _, revision in seen] == list(range(1, 13))
    assert await shop.of_customer("acme", "upcomingChanges { at }") == {"upcomingChanges": []}


@pytest.mark.parametrize("first", [0, 101])
async def test_1_to_100_changes_are_told_at_once_and_10_if_nobody_says(shop: Api, first: int) -> None:
    for day in range(1, 8):
        await _give(
            shop, "sso", activeFrom=f"2026-03-{day * 2:02}T00:00:00Z", activeTo=f"2026-03-{day * 2 + 1:02}T00:00:00Z"
        )
    document = 'query Q($first: Int!) { customer(by: {externalId: "acme"}) { upcomingChanges(first: $first) { at } } }'

    refused = await shop.try_(document, first=first)
    ten = await shop.of_customer("acme", "upcomingChanges { at }")
    three = await shop.run(document, first=3)

    assert refused.data == {"customer": {"upcomingChanges": None}}
    assert _messages(refused.errors) == [f"`first` must be from 1 to 100; it is {first}."]
    assert len(ten["upcomingChanges"]) == 10
    assert three["customer"]["upcomingChanges"] == ten["upcomingChanges"][:3]


async def test_ids_of_stretches_and_of_changes_to_come_name_nothing(shop: Api) -> None:
    await _give(shop, "sso", activeTo="2026-02-20T00:00:00Z")
    data = await shop.of_customer("acme", "timeline { nodes { id } } upcomingChanges { id }")

    for each in (data["timeline"]["nodes"][0]["id"], data["upcomingChanges"][0]["id"]):
        assert await shop.run("query Q($id: ID!) { node(id: $id) { id } }", id=each) == {"node": None}


async def _runs(api: Api, given: str) -> list[Json]:
    arguments = f"({given})" if given else ""
    return (await api.of_customer("acme", f"timeline{arguments} {{ nodes {{ {RUN} }} }}"))["timeline"]["nodes"]


async def _give(api: Api, feature: str, **window: str) -> str:
    given = {"customer": ACME, "feature": {"lookupKey": feature}, **window}
    return (await api.mutate("grantEntitlement", "grant { id }", **given))["grant"]["id"]


def _messages(errors: list[GraphQLError] | None) -> list[str]:
    return [error.message for error in errors or []]
