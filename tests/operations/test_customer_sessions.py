"""Customers' sessions: who gets one, for how long, and that its token is shown once and nowhere else."""

from asyncio import gather
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from resolvers.callers import Scope
from storage.credentials import create_key
from storage.customer_sessions import find_session
from storage.database import Database
from storage.records import Credential
from storage.rows import customer_sessions
from tests.operations.api import Api, Json

ACME = {"externalId": "acme"}
SESSION = "customerSession { id customer { externalId } createdAt expiresAt revokedAt livemode }"


class MovedClock:
    """Real time, as the test tells it; the environment's own clock stands elsewhere."""

    def __init__(self) -> None:
        self.at = datetime(2030, 6, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def database(database_url: str, clock: MovedClock) -> AsyncGenerator[Database]:
    """A database whose real time is the test's."""
    opened = Database.open(database_url, clock=clock)
    yield opened
    await opened.close()


async def test_a_session_lasts_an_hour_of_real_time(shop: Api) -> None:
    payload = await shop.mutate("createCustomerSession", f"{SESSION} token", customer=ACME)

    session = payload["customerSession"]
    assert session == {
        "id": session["id"],
        "customer": {"externalId": "acme"},
        "createdAt": "2030-06-01T12:00:00.000Z",
        "expiresAt": "2030-06-01T13:00:00.000Z",
        "revokedAt": None,
        "livemode": False,
    }
    assert await shop.of_node("CustomerSession", session["id"], SESSION[len("customerSession {") : -1]) == session
    found = await find_session(shop.database, payload["token"])
    assert found is not None
    assert found.id == session["id"]


@pytest.mark.parametrize("seconds", [60, 86_400])
async def test_a_session_lasts_as_long_as_was_asked(shop: Api, clock: MovedClock, seconds: int) -> None:
    payload = await shop.mutate("createCustomerSession", "token", customer=ACME, expiresIn=seconds)

    found = await find_session(shop.database, payload["token"])
    assert found is not None
    assert found.expires_at == clock.at + timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [-1, 0, 59, 86_401, 2**31 - 1])
async def test_a_session_of_another_length_is_refused(shop: Api, seconds: int) -> None:
    refused = await shop.try_mutation("createCustomerSession", f"{SESSION} token", customer=ACME, expiresIn=seconds)

    assert problems(refused) == [(["input", "expiresIn"], "INVALID")]
    assert (refused["customerSession"], refused["token"]) == (None, None)
    assert await number_of_sessions(shop) == 0


async def test_all_that_is_wrong_is_answered_at_once(shop: Api) -> None:
    refused = await shop.try_mutation("createCustomerSession", customer={"externalId": "nobody"}, expiresIn=1)

    assert problems(refused) == [(["input", "expiresIn"], "INVALID"), (["input", "customer"], "NOT_FOUND")]
    assert await number_of_sessions(shop) == 0


async def test_a_token_is_shown_once_under_an_idempotency_key(shop: Api) -> None:
    given: Json = {"customer": ACME, "idempotencyKey": "k"}
    first = await shop.mutate("createCustomerSession", f"{SESSION} token", **given)

    again = await shop.mutate("createCustomerSession", f"{SESSION} token", **given)

    assert first["token"].startswith("adms_sandbox_")
    assert again["token"] is None
    assert again["customerSession"] == first["customerSession"]
    assert await number_of_sessions(shop) == 1


async def test_two_at_once_make_one_session_and_show_one_token(shop: Api) -> None:
    given: Json = {"customer": ACME, "idempotencyKey": "k"}

    payloads = await gather(
        *(shop.mutate("createCustomerSession", "customerSession { id } token", **given) for _ in range(4))
    )

    assert len({payload["customerSession"]["id"] for payload in payloads}) == 1
    assert len([payload for payload in payloads if payload["token"]]) == 1
    assert await number_of_sessions(shop) == 1


async def test_a_session_is_revoked_once_and_for_good(shop: Api, clock: MovedClock) -> None:
    session, token = await opened(shop)
    clock.at += timedelta(minutes=1)
    first = await shop.mutate("revokeCustomerSession", SESSION, id=session)
    clock.at += timedelta(minutes=1)

    second = await shop.mutate("revokeCustomerSession", SESSION, id=session)

    assert first["customerSession"]["revokedAt"] == "2030-06-01T12:01:00.000Z"
    assert second == first
    found = await find_session(shop.database, token)
    assert found is not None
    assert found.revoked_at == clock.at - timedelta(minutes=1)


async def test_a_replay_shows_the_session_as_it_is_now_also_within_one_operation(shop: Api) -> None:
    payload = await shop.mutate("createCustomerSession", "customerSession { id }", customer=ACME, idempotencyKey="k")
    create = 'createCustomerSession(input: {customer: {externalId: "acme"}, idempotencyKey: "k"})'
    selection = "{ customerSession { id revokedAt } userErrors { code } }"

    data = await shop.run(
        f"""mutation M($id: ID!) {{
            before: {create} {selection}
            revokeCustomerSession(input: {{id: $id}}) {selection}
            after: {create} {selection}
        }}""",
        id=payload["customerSession"]["id"],
    )

    assert data["before"]["customerSession"]["revokedAt"] is None
    assert data["after"] == data["revokeCustomerSession"]
    assert data["after"]["customerSession"]["revokedAt"] == "2030-06-01T12:00:00.000Z"


async def test_a_deleted_customers_session_is_as_unknown(shop: Api) -> None:
    session, token = await opened(shop)
    await shop.mutate("deleteCustomer", customer=ACME)

    revoked = await shop.try_mutation("revokeCustomerSession", id=session)
    made = await shop.try_mutation("createCustomerSession", customer=ACME)

    assert problems(revoked) == [(["input", "id"], "NOT_FOUND")]
    assert problems(made) == [(["input", "customer"], "NOT_FOUND")]
    assert await shop.of_node("CustomerSession", session, "id") is None
    assert await find_session(shop.database, token) is None


async def test_a_session_changes_nothing_of_its_customer(shop: Api) -> None:
    selection = "revision nextChangeAt entitlements { totalCount } subscriptions { totalCount }"
    before = await shop.of_customer("acme", selection)

    session, _ = await opened(shop)
    await shop.mutate("revokeCustomerSession", id=session)

    assert await shop.of_customer("acme", selection) == before


@pytest.mark.parametrize(
    ("scope", "mutations_pass", "node_passes"),
    [(Scope.SESSIONS_WRITE, True, False), (Scope.CUSTOMERS_READ, False, True), (Scope.CATALOG_WRITE, False, False)],
)
async def test_sessions_are_for_keys_with_the_scope(
    shop: Api, scope: Scope, mutations_pass: bool, node_passes: bool
) -> None:
    session, _ = await opened(shop)
    before = await number_of_sessions(shop)
    limited = Api(shop.database, shop.environment, await key_with(shop, scope))
    create = 'mutation { createCustomerSession(input: {customer: {externalId: "acme"}}) { token } }'
    revoke = "mutation M($id: ID!) { revokeCustomerSession(input: {id: $id}) { customerSession { id } } }"

    made, revoked = await limited.try_(create), await limited.try_(revoke, id=session)
    node = await limited.try_("query Q($id: ID!) { node(id: $id) { id } }", id=session)

    assert [not each.errors for each in (made, revoked, node)] == [mutations_pass, mutations_pass, node_passes]
    assert await number_of_sessions(shop) == before + mutations_pass


async def opened(api: Api) -> tuple[str, str]:
    """The id and the token of a new session of acme's."""
    payload = await api.mutate("createCustomerSession", "customerSession { id } token", customer=ACME)
    return payload["customerSession"]["id"], payload["token"]


async def key_with(api: Api, scope: Scope) -> Credential:
    return (await create_key(api.database, api.environment.id, "limited", [scope]))[0]


async def number_of_sessions(api: Api) -> int:
    async with api.database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(customer_sessions))).scalar_one()


def problems(payload: Json) -> list[tuple[list[str], str]]:
    return [(error["field"], error["code"]) for error in payload["userErrors"]]
