"""Sandboxes: an environment and a key of its own, made by whoever holds a key of one that isn't live."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from storage import sandboxes
from storage.credentials import create_key, find_credential, list_keys, revoke_key
from storage.environments import create_environment
from storage.records import Credential
from storage.rows import api_keys, environments
from tests.operations.api import Api, Json

SELECTION = "apiKey environment { id name livemode now testClock { id } }"


async def test_a_sandbox_is_empty_goes_by_real_time_and_opens_with_the_key_that_came_with_it(api: Api) -> None:
    await api.feature("sso")

    made = await api.mutate("createSandbox", SELECTION, name="CI 481")

    sandbox = await _enter(api, made["apiKey"])
    assert made["environment"] == {
        "id": sandbox.environment.id,
        "name": "CI 481",
        "livemode": False,
        "now": made["environment"]["now"],
        "testClock": None,
    }
    assert abs(datetime.fromisoformat(made["environment"]["now"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert await sandbox.run("{ features { totalCount } viewer { scopes } }") == {
        "features": {"totalCount": 0},
        "viewer": {"scopes": ["*"]},
    }


async def test_its_key_may_do_what_the_makers_may_and_ends_when_that_does(api: Api) -> None:
    ends = datetime(2100, 1, 1, tzinfo=UTC)
    scopes = ("sandboxes:write", "catalog:read")
    api.credential, _ = await create_key(api.database, api.environment.id, "few", scopes, expires_at=ends)

    made = await api.mutate("createSandbox", SELECTION, name="few")
    fewer = await api.mutate("createSandbox", SELECTION, name="fewer", scopes=["catalog:read", "catalog:read"])

    inherited, chosen = await _key(api, made["apiKey"]), await _key(api, fewer["apiKey"])
    assert (inherited.scopes, inherited.expires_at) == (scopes, ends)
    assert (chosen.scopes, chosen.expires_at) == (("catalog:read",), ends)


async def test_its_key_is_revoked_with_the_makers_and_by_itself_alone(api: Api) -> None:
    made = await api.mutate("createSandbox", SELECTION, name="one")
    other = await api.mutate("createSandbox", SELECTION, name="other")
    key = await _key(api, made["apiKey"])

    await revoke_key(api.database, key.id)
    alone = await _key(api, other["apiKey"])
    revoked = await revoke_key(api.database, api.credential.id)

    assert revoked is not None
    assert (key.revoked_at, alone.revoked_at) == (None, None)
    assert (await _key(api, other["apiKey"])).revoked_at == revoked.revoked_at
    assert {each.id for each in await list_keys(api.database) if each.revoked_at is None} == set()


async def test_its_key_makes_no_sandboxes_and_is_not_told_which_there_are(api: Api) -> None:
    made = await api.mutate("createSandbox", SELECTION, name="CI")
    sandbox = await _enter(api, made["apiKey"])
    before = await _count(api)

    for name in ("CI", "new"):
        assert _problems(await sandbox.try_mutation("createSandbox", SELECTION, name=name)) == [(None, "INVALID")]
    assert await _count(api) == before


async def test_twenty_can_be_open_at_once_that_keys_of_one_environment_made(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandboxes, "SANDBOXES_AT_MOST", 3)
    elsewhere = await create_environment(api.database, "elsewhere", livemode=False)
    others_key, _ = await create_key(api.database, elsewhere.id, "other", ("*",))
    await Api(api.database, elsewhere, others_key).mutate("createSandbox", SELECTION, name="theirs")
    made = [await api.mutate("createSandbox", SELECTION, name=f"{number}") for number in range(3)]
    revoked, expired, _ = [await _key(api, each["apiKey"]) for each in made]

    full = [await api.try_mutation("createSandbox", SELECTION, name=f"more {number}") for number in range(2)]
    await revoke_key(api.database, revoked.id)
    after_one = await api.try_mutation("createSandbox", SELECTION, name="after one")
    refused = await api.try_mutation("createSandbox", SELECTION, name="refused")
    async with api.database.begin_write() as connection:
        mine = update(api_keys).where(api_keys.c.id == expired.id)
        await connection.execute(mine.values(expires_at=api.database.clock.now()))
    after_another = await api.try_mutation("createSandbox", SELECTION, name="after another")

    assert [_problems(each) for each in (*full, refused)] == [[(None, "TOO_MANY")]] * 3
    assert [_problems(each) for each in (after_one, after_another)] == [[], []]


async def test_scopes_beyond_the_makers_own_and_those_there_are_none_of_are_refused(api: Api) -> None:
    scopes = ("sandboxes:write", "catalog:read")
    api.credential, _ = await create_key(api.database, api.environment.id, "few", scopes)
    before = await _count(api)

    refused = await api.try_mutation(
        "createSandbox", SELECTION, name="", scopes=["catalog:read", "catalog:write", "*", "catalog:all"]
    )
    none = await api.try_mutation("createSandbox", SELECTION, name="none", scopes=[])
    many = await api.try_mutation("createSandbox", SELECTION, name="many", scopes=["catalog:read"] * 101)

    assert (refused["environment"], refused["apiKey"]) == (None, None)
    assert _problems(refused) == [
        (["input", "name"], "BLANK"),
        (["input", "scopes", "1"], "INVALID"),
        (["input", "scopes", "2"], "INVALID"),
        (["input", "scopes", "3"], "INVALID"),
    ]
    assert _problems(none) == [(["input", "scopes"], "BLANK")]
    assert _problems(many) == [(["input", "scopes"], "TOO_MANY")]
    assert await _count(api) == before


async def test_a_key_of_a_live_environment_makes_none(api: Api) -> None:
    live = await create_environment(api.database, "live", livemode=True)
    credential, _ = await create_key(api.database, live.id, "production", ("*",))
    before = await _count(api)

    refused = await Api(api.database, live, credential).try_mutation("createSandbox", SELECTION, name="new")

    assert _problems(refused) == [(None, "INVALID")]
    assert await _count(api) == before


@pytest.mark.parametrize(
    ("name", "problems"),
    [
        ("n" * 80, []),
        ("n" * 81, [(["input", "name"], "TOO_LONG")]),
        (" ", [(["input", "name"], "BLANK")]),
        ("sandbox", [(["input", "name"], "TAKEN")]),
    ],
)
async def test_a_name_has_1_to_80_characters_and_is_given_once(api: Api, name: str, problems: Json) -> None:
    before = await _count(api)

    answer = await api.try_mutation("createSandbox", SELECTION, name=name)

    assert _problems(answer) == problems
    assert await _count(api) == (before if problems else tuple(count + 1 for count in before))


async def test_sent_again_it_answers_the_sandbox_of_then_and_no_secret(api: Api) -> None:
    first = await api.mutate("createSandbox", "apiKey environment { id }", name="CI", idempotencyKey="k")
    before = await _count(api)

    again = await api.mutate("createSandbox", "apiKey environment { id }", name="CI", idempotencyKey="k")

    assert again["environment"] == first["environment"]
    assert again["apiKey"] is None
    assert await _count(api) == before


async def test_a_sandbox_sees_nothing_of_its_maker_and_its_maker_nothing_of_it(api: Api) -> None:
    made = await api.mutate("createSandbox", SELECTION, name="CI")
    sandbox = await _enter(api, made["apiKey"])
    own, other = await api.feature("sso"), await sandbox.feature("sso")

    assert await sandbox.of_node("Feature", own, "id") is None
    assert await api.of_node("Feature", other, "id") is None
    assert await api.of_node("Environment", sandbox.environment.id, "id") is None


async def _enter(api: Api, secret: str) -> Api:
    key = await _key(api, secret)
    return Api(api.database, key.environment, key)


async def _key(api: Api, secret: str) -> Credential:
    key = await find_credential(api.database, secret)
    assert key is not None
    return key


async def _count(api: Api) -> tuple[int, int]:
    """How many environments there are, and keys."""
    async with api.database.read() as connection:
        return (
            (await connection.execute(select(func.count()).select_from(environments))).scalar_one(),
            (await connection.execute(select(func.count()).select_from(api_keys))).scalar_one(),
        )


def _problems(payload: Json) -> Json:
    return [(error["field"], error["code"]) for error in payload["userErrors"]]
