"""One database of two kinds: what it opens, refuses and answers alike."""

import asyncio
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, insert, select, text

from entitlements.facts import FeatureId
from storage.customers import load_customers_by_external_id, update_customer
from storage.database import Database
from storage.environments import create_environment, list_environments
from storage.errors import DatabaseUnavailable, UniqueViolation, UnknownDatabaseUrl, UnstorableInstant, UnstorableText
from storage.features import load_features, page_features
from storage.paging import Cut
from storage.rows import environments
from storage.unit_of_work import CustomerWork, write_customer
from storage.url import read_url
from tests.statements.stage import NOON, Stage


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root:hunter2@localhost/app",
        "sqlite://",
        "sqlite:///:memory:",
        "hunter2",
        "postgresql+psycopg://app:hunter2@localhost/app",
        "postgresql://app:hunter2@localhost:port/app",
        "",
    ],
)
def test_an_unknown_url_is_refused_with_the_two_forms_and_without_its_password(url: str) -> None:
    with pytest.raises(UnknownDatabaseUrl) as refusal:
        Database.open(url)

    assert "sqlite:///" in str(refusal.value)
    assert "postgresql://" in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("sqlite:///app.db", "sqlite+aiosqlite:///app.db"),
        ("sqlite+aiosqlite:////var/app.db", "sqlite+aiosqlite:////var/app.db"),
        ("postgresql://u:p@h:1/d", "postgresql+asyncpg://u:p@h:1/d"),
        ("postgresql://u@/d?host=/tmp/x", "postgresql+asyncpg://u@/d?host=%2Ftmp%2Fx"),
        ("postgresql://u@h/d?sslmode=require", "postgresql+asyncpg://u@h/d?ssl=require"),
    ],
)
def test_the_two_forms_name_their_driver(url: str, read: str) -> None:
    assert read_url(url).render_as_string(hide_password=False) == read


@pytest.mark.parametrize("url", ["postgresql://app:hunter2@127.0.0.1:1/app", "sqlite:////no/such/folder/app.db"])
async def test_an_unreachable_database_is_unavailable(url: str) -> None:
    database = Database.open(url)

    with pytest.raises(DatabaseUnavailable) as failure:
        await list_environments(database)

    assert "hunter2" not in str(failure.value)
    await database.close()


async def test_a_server_that_ends_while_it_is_connected_to_is_unavailable() -> None:
    async def greet_and_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        # PostgreSQL's messages: who asks is who they say, the server's version, and that it is ready.
        version = b"server_version\x0018.0\x00"
        writer.write(b"R" + struct.pack("!ii", 8, 0))
        writer.write(b"S" + struct.pack("!i", 4 + len(version)) + version)
        writer.write(b"Z" + struct.pack("!i", 5) + b"I")
        await reader.read(1)
        writer.close()

    async with await asyncio.start_server(greet_and_end, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        database = Database.open(f"postgresql://app@127.0.0.1:{port}/app?sslmode=disable")
        with pytest.raises(DatabaseUnavailable):
            await list_environments(database)
    await database.close()


async def test_sqlite_survives_a_power_cut_and_checks_references(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/app.db")

    async with database.read() as connection:
        pragmas = [
            await connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "foreign_keys", "synchronous")
        ]

    assert pragmas == ["wal", 1, 2]
    await database.close()


async def test_a_connection_the_server_drops_is_unavailable_and_the_next_one_works(postgresql_url: URL) -> None:
    url = postgresql_url.render_as_string(hide_password=False)
    database, administrator = Database.open(url), Database.open(url)

    async def be_dropped() -> None:
        async with database.snapshot() as connection:
            pid = await connection.scalar(text("SELECT pg_backend_pid()"))
            async with administrator.read() as other:
                await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            await connection.execute(text("SELECT 1"))

    with pytest.raises(DatabaseUnavailable):
        await be_dropped()

    async with database.read() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    await database.close()
    await administrator.close()


async def test_a_write_to_a_file_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/app.db")
    async with database.begin_write() as connection:
        await connection.execute(text("CREATE TABLE t (x)"))

    async def write() -> None:
        async with database.begin_write() as connection:
            await connection.execute(text("PRAGMA query_only = ON"))
            await connection.execute(text("INSERT INTO t VALUES (1)"))

    with pytest.raises(DatabaseUnavailable):
        await write()

    await database.close()


async def test_a_snapshot_sees_one_state_and_a_read_the_latest(database: Database) -> None:
    query = select(environments.c.name)

    async with database.snapshot() as snapshot, database.read() as read:
        seen = [(await snapshot.scalars(query)).all(), (await read.scalars(query)).all()]
        await create_environment(database, "late", livemode=False)
        seen += [(await snapshot.scalars(query)).all(), (await read.scalars(query)).all()]

    assert seen == [[], [], [], ["late"]]


async def test_a_write_that_fails_leaves_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.begin_write() as connection:
            await connection.execute(insert(environments).values(_environment("env_1", "one")))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert await list_environments(database) == []


async def test_a_duplicate_is_named_by_its_field(database: Database) -> None:
    async def write(id_: str, name: str) -> None:
        async with database.begin_write() as connection:
            await connection.execute(insert(environments).values(_environment(id_, name)))

    await write("env_1", "one")

    with pytest.raises(UniqueViolation) as name:
        await write("env_2", "one")
    with pytest.raises(UniqueViolation) as id_:
        await write("env_1", "two")

    assert (name.value.field, id_.value.field) == ("name", "id")


async def test_names_sort_by_code_point_on_both(database: Database) -> None:
    for name in ("b", "a", "Z", "é", "ß", "a b", "a-c", "\U0001f600", "\uffff"):
        await create_environment(database, name, livemode=False)

    names = [environment.name for environment in await list_environments(database)]

    assert names == ["Z", "a", "a b", "a-c", "b", "ß", "é", "\uffff", "\U0001f600"]


@pytest.mark.parametrize("unstorable", ["a\0b", "\ud800"])
async def test_text_that_one_database_cannot_hold_is_refused_by_both(stage: Stage, unstorable: str) -> None:
    customer = await stage.customer("acme")

    async def rename(work: CustomerWork) -> None:
        await update_customer(work, name=unstorable)

    async def describe(work: CustomerWork) -> None:
        await update_customer(work, metadata={"note": unstorable})

    for command in (rename, describe):
        with pytest.raises(UnstorableText):
            await write_customer(stage.db, stage.env, customer.id, command)

    assert (await stage.facts(customer)).customer == customer


@pytest.mark.parametrize("unstorable", ["a\0b", "\ud800"])
async def test_what_cannot_be_stored_is_unknown_to_both(stage: Stage, unstorable: str) -> None:
    async with stage.db.read() as connection:
        by_id = await load_features(connection, stage.env, [FeatureId(unstorable)])
        by_external_id = await load_customers_by_external_id(connection, stage.env, [unstorable])
        listed = await page_features(connection, stage.env, Cut(5), archived=False, lookup_key=unstorable)

    assert (by_id, by_external_id, listed.items) == ({}, {}, ())


@pytest.mark.parametrize("at", [datetime(2026, 3, 1), NOON + timedelta(microseconds=1)])  # noqa: DTZ001 (the fault)
async def test_instants_are_aware_and_whole_milliseconds(database: Database, at: datetime) -> None:
    with pytest.raises(UnstorableInstant):
        async with database.begin_write() as connection:
            await connection.execute(insert(environments).values(_environment("env_1", "one") | {"created_at": at}))


@pytest.mark.parametrize(
    "at",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
    ],
)
async def test_instants_come_back_as_they_were(database: Database, at: datetime) -> None:
    async with database.begin_write() as connection:
        await connection.execute(insert(environments).values(_environment("env_1", "one") | {"created_at": at}))

    [environment] = await list_environments(database)

    assert environment.created_at == at
    assert environment.created_at.tzinfo is UTC


def _environment(id_: str, name: str) -> dict[str, object]:
    return {
        "id": id_,
        "name": name,
        "livemode": False,
        "created_at": NOON,
        "catalogue_version": 0,
        "attachments_version": 0,
    }
