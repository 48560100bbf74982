"""Liveness and readiness, over each database as it is, as it was, and as it will be."""

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx2
import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from gateway.telemetry.health import Readiness, health_routes
from storage.database import Database
from storage.migrations import schema_state
from tests.service.serving import NO_TLS


@asynccontextmanager
async def _asking(readiness: Readiness) -> AsyncGenerator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(Starlette(routes=health_routes(readiness)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://test", verify=NO_TLS) as client:
        yield client


@asynccontextmanager
async def _at_revision(database: Database, revision: str | None) -> AsyncGenerator[None]:
    """The tables as if another release had migrated them last; put back afterwards, as tests share a server."""
    before = (await schema_state(database)).current
    await _set_revision(database, revision)
    try:
        yield
    finally:
        await _set_revision(database, before)


async def _set_revision(database: Database, revision: str | None) -> None:
    async with database.begin_write() as connection:
        await connection.execute(text("DELETE FROM alembic_version"))
        if revision is not None:
            await connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})


async def test_a_migrated_database_makes_it_ready(database: Database) -> None:
    async with _asking(Readiness(database)) as client:
        answer = await client.get("/health/ready")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("revision", [None, "0001"])
async def test_tables_of_an_earlier_release_are_waited_for(database: Database, revision: str | None) -> None:
    async with _at_revision(database, revision), _asking(Readiness(database)) as client:
        answer = await client.get("/health/ready")

    assert (answer.status_code, answer.json()) == (503, {"status": "schema_outdated"})


async def test_the_old_release_serves_on_after_the_new_one_has_migrated(database: Database) -> None:
    async with _at_revision(database, "9999"), _asking(Readiness(database)) as client:
        answer = await client.get("/health/ready")

    assert answer.status_code == 200


async def test_a_database_that_is_away_takes_readiness_but_not_life() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    database = Database.open(f"postgresql://somebody:s3cr3t@127.0.0.1:{port}/x")

    async with _asking(Readiness(database)) as client:
        ready, live = await client.get("/health/ready"), await client.get("/health/live")

    assert (ready.status_code, ready.json()) == (503, {"status": "database_unavailable"})
    assert (live.status_code, live.json()) == (200, {"status": "ok"})
    await database.close()


async def test_a_database_that_does_not_answer_is_given_up_in_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.telemetry.health.PROBE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = Database.open(f"postgresql://somebody@127.0.0.1:{silent.getsockname()[1]}/x")

        async with _asking(Readiness(database)) as client:
            answer = await client.get("/health/ready")

    assert (answer.status_code, answer.json()) == (503, {"status": "database_unavailable"})
    await database.close()


async def test_a_process_that_is_stopping_wants_no_more_work(database: Database) -> None:
    readiness = Readiness(database)

    async with _asking(readiness) as client:
        before = await client.get("/health/ready")
        readiness.stop()
        after, live = await client.get("/health/ready"), await client.get("/health/live")

    assert (before.status_code, after.status_code, live.status_code) == (200, 503, 200)
    assert after.json() == {"status": "stopping"}


async def test_the_application_is_asked_without_a_credential(client: httpx2.AsyncClient) -> None:
    live, ready = await client.get("/health/live"), await client.head("/health/ready")

    assert (live.status_code, live.json(), ready.status_code) == (200, {"status": "ok"}, 200)
