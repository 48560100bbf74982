"""API keys."""

import re

from sqlalchemy import select

from storage.credentials import create_key, find_credential, list_keys, record_key_uses, revoke_key
from storage.environments import create_environment
from storage.rows import api_keys
from tests.operations.statements import statements
from tests.statements.stage import NOON, TICK, Stage


async def test_a_key_opens_its_environment(stage: Stage) -> None:
    credential, secret = await create_key(stage.db, stage.env, "ci", ["read", "write"])

    found = await find_credential(stage.db, secret)

    assert found is not None
    assert found == credential
    assert found.environment == await stage.environment()
    assert found.scopes == ("read", "write")
    assert re.fullmatch(r"adm_sandbox_[0-9A-Za-z]{43}", secret)


async def test_only_the_hash_of_a_secret_is_kept(stage: Stage) -> None:
    credential, secret = await create_key(stage.db, stage.env, "ci", [])

    async with stage.db.read() as connection:
        row = (await connection.execute(select(api_keys))).one()

    assert secret not in repr(row)
    assert secret not in repr(credential)
    assert secret.endswith(credential.hint)
    assert len(credential.hint) == 4


async def test_an_unknown_secret_opens_nothing(stage: Stage) -> None:
    _, secret = await create_key(stage.db, stage.env, "ci", [])

    for wrong in ("", secret[:-1], secret + "x", secret.upper(), "adm_sandbox_\0", "\ud800"):
        assert await find_credential(stage.db, wrong) is None


async def test_a_revoked_key_is_found_as_revoked_and_stays_revoked_as_it_was(stage: Stage) -> None:
    credential, secret = await create_key(stage.db, stage.env, "ci", [])

    first = await revoke_key(stage.db, credential.id)
    second = await revoke_key(stage.db, credential.id)

    assert first is not None
    assert first.revoked_at is not None
    assert second == first
    assert await find_credential(stage.db, secret) == first
    assert await revoke_key(stage.db, "key_none") is None


async def test_keys_are_listed_by_environment_newest_first(stage: Stage) -> None:
    other = await create_environment(stage.db, "QA & Staging", livemode=False)
    older, _ = await create_key(stage.db, stage.env, "older", [])
    newer, _ = await create_key(stage.db, stage.env, "newer", [])
    foreign, secret = await create_key(stage.db, other.id, "foreign", [])

    assert await list_keys(stage.db, stage.env) == [newer, older]
    assert await list_keys(stage.db) == [foreign, newer, older]
    assert secret.startswith("adm_qastaging_")


async def test_a_key_that_expires_is_found_with_its_end(stage: Stage) -> None:
    credential, secret = await create_key(stage.db, stage.env, "ci", [], expires_at=NOON)

    found = await find_credential(stage.db, secret)

    assert found is not None
    assert found == credential
    assert found.expires_at == NOON


async def test_uses_of_many_keys_are_recorded_in_one_statement(stage: Stage) -> None:
    keys = [(await create_key(stage.db, stage.env, f"key {number}", []))[0].id for number in range(3)]

    with statements(stage.db) as sent:
        await record_key_uses(stage.db, {keys[0]: NOON, keys[1]: NOON + TICK, "key_none": NOON})

    recorded = {key.id: key.last_used_at for key in await list_keys(stage.db, stage.env)}
    assert recorded == {keys[0]: NOON, keys[1]: NOON + TICK, keys[2]: None}
    assert len([each for each in sent if "UPDATE" in each]) == 1


async def test_the_last_use_of_a_key_never_moves_back(stage: Stage) -> None:
    (one, _), (other, _) = [await create_key(stage.db, stage.env, "ci", []) for _ in range(2)]
    await record_key_uses(stage.db, {one.id: NOON, other.id: NOON})

    await record_key_uses(stage.db, {one.id: NOON - TICK, other.id: NOON + TICK})

    recorded = {key.id: key.last_used_at for key in await list_keys(stage.db, stage.env)}
    assert recorded == {one.id: NOON, other.id: NOON + TICK}


async def test_no_uses_are_no_statement(stage: Stage) -> None:
    with statements(stage.db) as sent:
        await record_key_uses(stage.db, {})

    assert sent == []


async def test_a_key_is_found_with_one_statement(stage: Stage) -> None:
    _, secret = await create_key(stage.db, stage.env, "ci", [])

    with statements(stage.db) as sent:
        await find_credential(stage.db, secret)

    assert len(sent) == 1
