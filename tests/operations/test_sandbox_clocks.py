"""Test clocks: an environment's time is frozen, moved on and given back, and everything in it follows."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from resolvers.sandbox_clocks import STEPS_AT_ONCE
from storage.advancing import CUSTOMERS_AT_ONCE
from storage.credentials import create_key
from storage.environments import create_environment
from storage.rows import customers
from tests.operations.api import Api, Json
from tests.operations.conftest import START

CLOCK = "testClock { id name frozenTime status livemode createdAt progress { since announcedUntil announcedEvents } }"
NOW = "viewer { environment { now testClock { id frozenTime status } } }"
ACME = {"externalId": "acme"}


@pytest.fixture
async def unfrozen(api: Api) -> Api:
    """A sandbox that goes by real time."""
    return await Api.open(api.database, "unfrozen", shared=api.shared)


async def test_a_clock_freezes_the_environment_of_whoever_makes_it_and_no_other(unfrozen: Api, api: Api) -> None:
    """objects without the clock don't move"""
    made = await unfrozen.mutate("createTestClock", CLOCK, frozenTime="2100-01-01T00:00:00Z", name="century")

    assert made["testClock"] == {
        "id": made["testClock"]["id"],
        "name": "century",
        "frozenTime": "2100-01-01T00:00:00.000Z",
        "status": "READY",
        "livemode": False,
        "createdAt": made["testClock"]["createdAt"],
        "progress": {
            "since": made["testClock"]["createdAt"],
            "announcedUntil": "2100-01-01T00:00:00.000Z",
            "announcedEvents": 0,
        },
    }
    standing = {"id": made["testClock"]["id"], "frozenTime": "2100-01-01T00:00:00.000Z", "status": "READY"}
    assert await unfrozen.run(f"{{ {NOW} }}") == {
        "viewer": {"environment": {"now": "2100-01-01T00:00:00.000Z", "testClock": standing}}
    }
    assert await _created_at(unfrozen, "sso") == "2100-01-01T00:00:00.000Z"
    assert await _created_at(api, "sso") == "2026-01-15T12:00:00.000Z"


async def test_a_clock_is_found_by_its_id_until_it_is_deleted(api: Api) -> None:
    clock = await _clock(api)
    document = "query Q($id: ID!) { testClock(id: $id) { id } node(id: $id) { __typename id } }"

    found = await api.run(document, id=clock)
    deleted = await api.mutate("deleteTestClock", CLOCK, id=clock)
    gone = await api.run(document, id=clock)

    assert found == {"testClock": {"id": clock}, "node": {"__typename": "TestClock", "id": clock}}
    assert (deleted["testClock"]["id"], deleted["testClock"]["frozenTime"]) == (clock, "2026-01-15T12:00:00.000Z")
    assert gone == {"testClock": None, "node": None}
    assert (await api.run(f"{{ {NOW} }}"))["viewer"]["environment"]["testClock"] is None


async def test_advancing_announces_what_time_changes_and_reads_are_of_the_new_instant_at_once(shop: Api) -> None:
    await shop.subscribe("acme", "pro", trialEnd="2026-02-15T00:00:00Z", trialEndBehavior="CANCEL")
    clock = await _clock(shop)

    advanced = await shop.run(
        f"""mutation M($input: AdvanceTestClockInput!, $id: ID!) {{
            advanceTestClock(input: $input) {{ {CLOCK} userErrors {{ code }} }}
            again: advanceTestClock(input: {{id: $id, frozenTime: "2026-03-01T00:00:00Z"}}) {{ {CLOCK} }}
        }}""",
        input={"id": clock, "frozenTime": "2026-03-01T00:00:00Z"},
        id=clock,
    )
    seen = await shop.of_customer("acme", 'revision hasAccess(lookupKey: "sso") nextChangeAt')

    assert advanced["advanceTestClock"]["userErrors"] == []
    moved = advanced["advanceTestClock"]["testClock"]
    assert (moved["frozenTime"], moved["status"]) == ("2026-03-01T00:00:00.000Z", "READY")
    assert moved["progress"] == {
        "since": "2026-02-01T00:00:00.000Z",
        "announcedUntil": "2026-03-01T00:00:00.000Z",
        "announcedEvents": 1,
    }
    assert advanced["again"]["testClock"] == moved
    assert seen == {"revision": 2, "hasAccess": False, "nextChangeAt": None}


async def test_a_clock_goes_neither_back_nor_before_the_latest_write(api: Api) -> None:
    """a clock never goes back"""
    clock = await _clock(api)
    for key in "ab":
        await api.feature(key)

    back = await api.try_mutation("advanceTestClock", id=clock, frozenTime="2026-01-15T11:59:59.999Z")
    where_it_stands = await api.try_mutation("advanceTestClock", id=clock, frozenTime="2026-01-15T12:00:00.000999Z")
    to_the_write = await api.mutate("advanceTestClock", CLOCK, id=clock, frozenTime="2026-01-15T12:00:00.001Z")

    assert _problems(back) == [(["input", "frozenTime"], "IN_PAST")]
    # Though a millisecond has ticked since.
    assert _problems(where_it_stands) == []
    assert to_the_write["testClock"]["frozenTime"] == "2026-01-15T12:00:00.001Z"


@pytest.mark.parametrize("year", ["1969", "9999"])
async def test_a_clock_stands_where_time_can_go_on(api: Api, unfrozen: Api, year: str) -> None:
    at = f"{year}-12-31T23:59:59.999Z"

    created = await unfrozen.try_mutation("createTestClock", frozenTime=at)
    advanced = await api.try_mutation("advanceTestClock", id=await _clock(api), frozenTime=at)

    assert _problems(created) == _problems(advanced) == [(["input", "frozenTime"], "INVALID")]


async def test_an_environment_has_one_clock_and_a_live_one_none(api: Api) -> None:
    live = await create_environment(api.database, "live", livemode=True)
    credential, _ = await create_key(api.database, live.id, "production", ("*",))

    second = await api.try_mutation("createTestClock", frozenTime="2027-01-01T00:00:00Z")
    of_live = await Api(api.database, live, credential).try_mutation(
        "createTestClock", frozenTime="2027-01-01T00:00:00Z", name=" "
    )
    again = await Api(api.database, live, credential).try_mutation("createTestClock", frozenTime="2027-01-01T00:00:00Z")

    assert _problems(second) == [(None, "TAKEN")]
    assert second["userErrors"][0]["existing"] == {"id": await _clock(api)}
    assert _problems(of_live) == [(["input", "name"], "BLANK")]
    assert _problems(again) == [(None, "INVALID")]


async def test_deleting_a_clock_that_is_ahead_closes_the_sandbox_until_another_one_stands_there(api: Api) -> None:
    ahead = datetime.now(START.tzinfo) + timedelta(days=400)
    await api.move_to(ahead.replace(microsecond=0))
    await api.feature("sso")

    await api.mutate("deleteTestClock", id=await _clock(api))
    refused = await api.try_mutation("createFeature", name="b", lookupKey="b")
    too_early = await api.try_mutation("createTestClock", frozenTime="2026-01-01T00:00:00Z")
    opened = await api.mutate("createTestClock", CLOCK, frozenTime=(ahead + timedelta(days=1)).isoformat())

    assert _problems(refused) == [(None, "READ_ONLY")]
    assert _problems(too_early) == [(["input", "frozenTime"], "IN_PAST")]
    assert opened["testClock"]["status"] == "READY"
    await api.feature("b")


async def test_what_takes_longer_than_an_answer_may_goes_on_when_asked_again_and_reads_are_right_before(
    shop: Api,
) -> None:
    await shop.subscribe("acme", "pro", trialEnd="2026-02-15T00:00:00Z", trialEndBehavior="CANCEL")
    # Acme itself is looked at first, as something was attached to its plan.
    await _add_customers_to_look_at(shop, STEPS_AT_ONCE * CUSTOMERS_AT_ONCE - 1)
    given = {"id": await _clock(shop), "frozenTime": "2026-03-01T00:00:00Z"}

    first = (await shop.mutate("advanceTestClock", CLOCK, **given))["testClock"]
    seen = await shop.of_customer("acme", 'revision hasAccess(lookupKey: "sso")')
    second = (await shop.mutate("advanceTestClock", CLOCK, **given))["testClock"]

    assert (first["frozenTime"], first["status"]) == ("2026-03-01T00:00:00.000Z", "ADVANCING")
    assert first["progress"] == {
        "since": "2026-02-01T00:00:00.000Z",
        "announcedUntil": "2026-02-15T00:00:00.000Z",
        "announcedEvents": 0,
    }
    assert seen == {"revision": 2, "hasAccess": False}
    assert (second["status"], second["progress"]["announcedEvents"]) == ("READY", 1)


async def test_sent_again_under_its_key_an_advance_answers_the_clock_as_it_is_now(api: Api) -> None:
    clock = await _clock(api)
    given = {"id": clock, "frozenTime": "2026-02-01T00:00:00Z", "idempotencyKey": "k"}
    await api.mutate("advanceTestClock", CLOCK, **given)
    await api.mutate("advanceTestClock", CLOCK, id=clock, frozenTime="2026-03-01T00:00:00Z")

    again = await api.mutate("advanceTestClock", CLOCK, **given)

    assert again["testClock"]["frozenTime"] == "2026-03-01T00:00:00.000Z"


async def test_a_deletion_sent_again_under_its_key_answers_the_clock_as_it_last_was(api: Api) -> None:
    given = {"id": await _clock(api), "idempotencyKey": "k"}
    first = await api.mutate("deleteTestClock", CLOCK, **given)

    again = await api.mutate("deleteTestClock", CLOCK, **given)
    without = await api.try_mutation("deleteTestClock", id=given["id"])

    assert again == first
    assert _problems(without) == [(["input", "id"], "NOT_FOUND")]


async def _clock(api: Api) -> str:
    return (await api.run(f"{{ {NOW} }}"))["viewer"]["environment"]["testClock"]["id"]


async def _add_customers_to_look_at(api: Api, count: int) -> None:
    """Customers who are due, as far as is known, and for whom nothing changes."""
    now = datetime(2026, 2, 1, tzinfo=START.tzinfo)
    written = dict.fromkeys(("created_at", "announced_until", "written_at"), now)
    row: dict[str, Json] = {
        "environment_id": api.environment.id,
        "metadata": {},
        "facts_version": 1,
        "announced_revision": 0,
        "due_at": now + timedelta(days=1),
        **written,
    }
    async with api.database.begin_write() as connection:
        await connection.execute(insert(customers), [row | {"id": f"cus_{number}"} for number in range(count)])


async def _created_at(api: Api, key: str) -> str:
    made = await api.mutate("createFeature", "feature { createdAt }", name=key, lookupKey=key)
    return made["feature"]["createdAt"]


def _problems(payload: Json) -> Json:
    return [(error["field"], error["code"]) for error in payload["userErrors"]]
