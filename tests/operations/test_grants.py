"""Rights given by hand: when they begin and end, and how they are taken back."""

import pytest

from tests.operations.api import Api, Json

MIDNIGHT = "2026-02-01T00:00:00.000Z"
STATE = 'entitlement(lookupKey: "sso") { status hasAccess activeFrom activeTo endReason }'


async def test_a_grant_shows_what_was_asked_for(shop: Api) -> None:
    given: Json = {
        "activeFrom": "2026-02-10T00:00:00+01:00",
        "activeTo": "2026-02-20T00:00:00Z",
        "reason": "beta",
        "metadata": {"ticket": "7"},
    }

    payload = await grant(shop, **given)

    selection = """
        id customer { externalId } feature { lookupKey } entitlement { lookupKey status } activeFrom activeTo revokedAt
        reason metadata livemode createdAt
    """
    found = await shop.of_node("Grant", payload["grant"]["id"], selection)
    assert found == {
        "id": payload["grant"]["id"],
        "customer": {"externalId": "acme"},
        "feature": {"lookupKey": "sso"},
        "entitlement": {"lookupKey": "sso", "status": "SCHEDULED"},
        "activeFrom": "2026-02-09T23:00:00.000Z",
        "activeTo": "2026-02-20T00:00:00.000Z",
        "revokedAt": None,
        "reason": "beta",
        "metadata": {"ticket": "7"},
        "livemode": False,
        "createdAt": MIDNIGHT,
    }
    assert payload["change"] is None


async def test_a_grant_without_dates_acts_from_now_without_an_end(shop: Api) -> None:
    payload = await grant(shop)

    assert payload["grant"]["activeFrom"] == MIDNIGHT
    assert payload["change"] == {"revision": 1, "added": [{"lookupKey": "sso"}], "removed": [], "changed": []}
    assert await state(shop) == ("ACTIVE", MIDNIGHT, None, None)


async def test_an_active_from_in_the_past_acts_from_now(shop: Api) -> None:
    payload = await grant(shop, activeFrom="2026-01-01T00:00:00Z")

    assert payload["grant"]["activeFrom"] == "2026-01-01T00:00:00.000Z"
    assert await state(shop) == ("ACTIVE", MIDNIGHT, None, None)
    assert await shop.keys("acme", "2026-01-31T23:59:59.999Z") == set()


async def test_a_future_start_shows_as_scheduled_and_at_its_instant_as_active(shop: Api) -> None:
    start = "2026-02-10T00:00:00.000Z"
    await grant(shop, activeFrom=start)
    await shop.move_to("2026-02-09T23:59:59.999Z")
    before = await state(shop)

    await shop.move_to(start)

    assert (before, await state(shop)) == (("SCHEDULED", start, None, None), ("ACTIVE", start, None, None))


async def test_a_grant_expires_with_every_worker_off(shop: Api) -> None:
    end = "2026-02-10T00:00:00.000Z"
    await grant(shop, activeTo=end)
    await shop.move_to("2026-02-09T23:59:59.999Z")
    before = await state(shop)

    await shop.move_to(end)

    assert before == ("ACTIVE", MIDNIGHT, end, "GRANT_ENDED")
    assert await state(shop) == ("EXPIRED", MIDNIGHT, end, "GRANT_ENDED")
    assert await shop.keys("acme") == set()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"activeTo": MIDNIGHT}, "IN_PAST"),
        ({"activeTo": "2026-01-01T00:00:00Z"}, "IN_PAST"),
        ({"activeFrom": "2026-03-01T00:00:00Z", "activeTo": "2026-03-01T00:00:00Z"}, "INVALID"),
        ({"activeFrom": "2026-03-01T00:00:00.0009Z", "activeTo": "2026-03-01T00:00:00.0001Z"}, "INVALID"),
        ({"activeFrom": "2026-03-02T00:00:00Z", "activeTo": "2026-03-01T00:00:00Z"}, "INVALID"),
    ],
)
async def test_a_grant_that_could_give_nothing_is_refused(shop: Api, given: Json, code: str) -> None:
    """A zero-length window refused; activeTo not ahead refused."""
    by = {"customer": {"externalId": "acme"}, "feature": {"lookupKey": "sso"}}

    payload = await shop.try_mutation("grantEntitlement", "grant { id } change { revision }", **by, **given)

    assert (payload["grant"], payload["change"]) == (None, None)
    assert problems(payload) == [(["input", "activeTo"], code)]
    assert await shop.of_customer("acme", "grants { totalCount }") == {"grants": {"totalCount": 0}}


async def test_everything_wrong_with_a_grant_is_said_at_once(shop: Api) -> None:
    await shop.mutate("archiveFeature", feature={"lookupKey": "sso"})
    wrong: Json = {"activeTo": "2026-01-01T00:00:00Z", "reason": "x" * 501, "metadata": {"a": None}}

    archived = await shop.try_mutation(
        "grantEntitlement", customer={"externalId": "acme"}, feature={"lookupKey": "sso"}, **wrong
    )
    unknown = await shop.try_mutation(
        "grantEntitlement", customer={"externalId": "nobody"}, feature={"lookupKey": "sso"}, **wrong
    )

    of_values = [(["input", "reason"], "TOO_LONG"), (["input", "metadata", "a"], "INVALID")]
    of_facts = [(["input", "feature"], "ARCHIVED"), (["input", "activeTo"], "IN_PAST")]
    assert problems(archived) == [*of_values, *of_facts]
    assert problems(unknown) == [*of_values, (["input", "customer"], "NOT_FOUND")]


async def test_windows_that_touch_make_one_run(shop: Api) -> None:
    """Windows [a,b) and [b,c) make one run, with both as its sources."""
    one, other, end = "2026-02-02T00:00:00.000Z", "2026-02-05T00:00:00.000Z", "2026-02-08T00:00:00.000Z"
    await grant(shop, activeFrom=other, activeTo=end)
    await grant(shop, activeFrom=one, activeTo=other)

    await shop.move_to(one)

    selection = 'entitlement(lookupKey: "sso") { activeFrom activeTo sources { activeFrom activeTo } }'
    found = (await shop.of_customer("acme", selection))["entitlement"]
    sources = [{"activeFrom": one, "activeTo": other}, {"activeFrom": other, "activeTo": end}]
    assert found == {"activeFrom": one, "activeTo": end, "sources": sources}


async def test_a_revoked_grant_ends_in_the_instant_of_the_write_whatever_it_was_given_for(shop: Api) -> None:
    """revoking in the middle"""
    given = (await grant(shop, activeTo="2026-03-01T00:00:00Z"))["grant"]["id"]
    await shop.move_to("2026-02-05T00:00:00Z")

    payload = await revoke(shop, given)

    now = "2026-02-05T00:00:00.000Z"
    assert payload["grant"] == {"revokedAt": now, "activeTo": "2026-03-01T00:00:00.000Z"}
    assert payload["change"] == {"revision": 2, "added": [], "removed": [{"lookupKey": "sso"}], "changed": []}
    assert await state(shop) == ("CANCELED", MIDNIGHT, now, "GRANT_REVOKED")
    assert await shop.keys("acme", "2026-02-04T23:59:59.999Z") == {"sso"}


async def test_a_scheduled_grant_revoked_before_its_start_never_was(shop: Api) -> None:
    """The entitlement is null again."""
    given = (await grant(shop, activeFrom="2026-03-01T00:00:00Z"))["grant"]["id"]

    payload = await revoke(shop, given)

    assert payload["change"] is None
    assert await shop.of_customer("acme", STATE) == {"entitlement": None}
    found = await shop.of_node("Grant", given, "revokedAt entitlement { status hasAccess }")
    assert found["revokedAt"] == "2026-02-01T00:00:00.001Z"
    assert found["entitlement"] == {"status": "CANCELED", "hasAccess": False}


async def test_revoking_a_grant_that_is_over_or_revoked_succeeds_and_changes_nothing(shop: Api) -> None:
    """Revoking after the end, twice."""
    over = (await grant(shop, activeTo="2026-02-05T00:00:00Z"))["grant"]["id"]
    revoked = (await grant(shop))["grant"]["id"]
    await shop.move_to("2026-02-04T00:00:00Z")
    once = await revoke(shop, revoked)
    await shop.move_to("2026-02-05T00:00:00Z")

    payloads = [await revoke(shop, over), await revoke(shop, revoked)]

    assert [payload["change"] for payload in payloads] == [None, None]
    assert payloads[0]["grant"] == {"revokedAt": None, "activeTo": "2026-02-05T00:00:00.000Z"}
    assert payloads[1]["grant"] == once["grant"]
    assert await state(shop) == ("EXPIRED", MIDNIGHT, "2026-02-05T00:00:00.000Z", "GRANT_ENDED")


async def test_a_grant_revoked_in_the_instant_it_begins_is_announced_as_removed(shop: Api) -> None:
    start = "2026-02-10T00:00:00.000Z"
    given = (await grant(shop, activeFrom=start))["grant"]["id"]
    await shop.move_to(start)

    payload = await revoke(shop, given)

    # It began by time, and was taken back: a reader in between has seen both, so they are an instant apart.
    assert payload["grant"]["revokedAt"] == "2026-02-10T00:00:00.001Z"
    assert payload["change"] == {"revision": 2, "added": [], "removed": [{"lookupKey": "sso"}], "changed": []}
    assert await shop.of_customer("acme", "revision") == {"revision": 2}
    assert await state(shop) == ("CANCELED", start, "2026-02-10T00:00:00.001Z", "GRANT_REVOKED")


async def test_of_two_overlapping_grants_the_longer_revoked_lets_the_end_fall_back(shop: Api) -> None:
    shorter, longer = "2026-03-01T00:00:00.000Z", "2026-04-01T00:00:00.000Z"
    await grant(shop, activeTo=shorter)
    payloads = [await grant(shop, activeTo=longer)]

    payloads.append(await revoke(shop, payloads[0]["grant"]["id"]))

    changed = {"added": [], "removed": [], "changed": [{"lookupKey": "sso"}]}
    assert [payload["change"] for payload in payloads] == [{"revision": 2, **changed}, {"revision": 3, **changed}]
    assert await state(shop) == ("ACTIVE", MIDNIGHT, shorter, "GRANT_ENDED")


async def test_a_grant_beside_a_subscription_outlives_it(shop: Api) -> None:
    """A grant beside a subscription is announced by nobody until it is all that is left."""
    subscription = (await shop.subscribe("acme", "pro"))["id"]
    beside = await grant(shop)

    payload = await shop.mutate("cancelSubscription", "change { removed { lookupKey } }", id=subscription)

    assert beside["change"] is None
    assert payload["change"] == {"removed": [{"lookupKey": "audit"}]}
    assert await state(shop) == ("ACTIVE", MIDNIGHT, None, None)


@pytest.mark.parametrize(
    ("how", "status", "reason"),
    [
        ({"cancelAt": "2026-02-15T00:00:00Z"}, "CANCELED", "SUBSCRIPTION_ENDED"),
        ({"trialEnd": "2026-02-15T00:00:00Z", "trialEndBehavior": "CANCEL"}, "EXPIRED", "TRIAL_ENDED"),
    ],
)
async def test_of_a_grant_and_a_subscription_ending_at_one_instant_the_subscription_is_the_cause(
    shop: Api, how: Json, status: str, reason: str
) -> None:
    end = "2026-02-15T00:00:00.000Z"
    await grant(shop, activeTo=end)
    await shop.subscribe("acme", "pro", **how)
    await shop.move_to(end)

    assert await state(shop) == (status, MIDNIGHT, end, reason)


async def test_a_grant_given_before_its_feature_was_archived_stays(shop: Api) -> None:
    await grant(shop, activeTo="2026-03-01T00:00:00Z")

    await shop.mutate("archiveFeature", feature={"lookupKey": "sso"})

    assert await state(shop) == ("ACTIVE", MIDNIGHT, "2026-03-01T00:00:00.000Z", "GRANT_ENDED")


async def test_grants_are_listed_newest_first_those_over_among_them(shop: Api) -> None:
    over = (await grant(shop, activeTo="2026-02-02T00:00:00Z"))["grant"]["id"]
    revoked = (await grant(shop))["grant"]["id"]
    await revoke(shop, revoked)
    scheduled = (await grant(shop, activeFrom="2026-05-01T00:00:00Z"))["grant"]["id"]
    await shop.move_to("2026-03-01T00:00:00Z")

    found = await shop.of_customer("acme", "grants { nodes { id } totalCount }")

    assert found["grants"] == {"nodes": [{"id": scheduled}, {"id": revoked}, {"id": over}], "totalCount": 3}


async def test_an_unknown_grant_is_not_found(shop: Api) -> None:
    payload = await shop.try_mutation("revokeGrant", grantId="grt_unknown")

    assert problems(payload) == [(["input", "grantId"], "NOT_FOUND")]


async def grant(shop: Api, **given: Json) -> Json:
    """The payload of a grant of sso to acme."""
    lists = "revision added { lookupKey } removed { lookupKey } changed { lookupKey }"
    by = {"customer": {"externalId": "acme"}, "feature": {"lookupKey": "sso"}}
    return await shop.mutate("grantEntitlement", f"grant {{ id activeFrom }} change {{ {lists} }}", **by, **given)


async def revoke(shop: Api, grant_id: str) -> Json:
    """The payload of a revocation."""
    lists = "revision added { lookupKey } removed { lookupKey } changed { lookupKey }"
    selection = f"grant {{ revokedAt activeTo }} change {{ {lists} }}"
    return await shop.mutate("revokeGrant", selection, grantId=grant_id)


async def state(shop: Api) -> tuple[str, str, str | None, str | None]:
    """Status, activeFrom, activeTo and endReason of acme's entitlement to sso, access being there while ACTIVE."""
    found = (await shop.of_customer("acme", STATE))["entitlement"]
    assert found["hasAccess"] is (found["status"] == "ACTIVE")
    return found["status"], found["activeFrom"], found["activeTo"], found["endReason"]


def problems(payload: Json) -> list[tuple[list[str], str]]:
    """Where and what is wrong."""
    return [(error["field"], error["code"]) for error in payload["userErrors"]]
