"""Rows that come as one value are those that the query would have answered by itself."""

from datetime import UTC, datetime

from sqlalchemy import select, update

from storage.row_lists import rows_of
from storage.rows import customers, environments, products
from tests.statements.stage import Stage


async def test_rows_are_those_of_the_query_in_its_order_and_of_its_types(stage: Stage) -> None:
    keys = ["bär", 'quo"te', "zebra"]
    for key in reversed(keys):
        await stage.product(key)
    odd = {"name": "[1, null]\\", "metadata": {"b": '{"x": 1}', "a": "☃"}, "active": False}
    async with stage.db.begin_write() as connection:
        await connection.execute(update(products).where(products.c.lookup_key == "zebra").values(odd))
    query = select(products).order_by(products.c.lookup_key)

    async with stage.db.read() as connection:
        rows = (await connection.execute(query)).all()
        [listed] = (await connection.execute(select(rows_of(query)))).scalars()

    assert [tuple(row) for row in listed] == [tuple(row) for row in rows]
    assert [row.lookup_key for row in listed] == keys
    assert (listed[2].active, listed[2].metadata) == (False, {"a": "☃", "b": '{"x": 1}'})


async def test_instants_at_the_ends_of_time_come_as_they_were_written(stage: Stage) -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
    await stage.customer()
    async with stage.db.begin_write() as connection:
        await connection.execute(update(customers).values(created_at=first, written_at=last))

    async with stage.db.read() as connection:
        [listed] = (await connection.execute(select(rows_of(select(customers))))).scalars()

    assert [(row.created_at, row.written_at, row.deleted_at) for row in listed] == [(first, last, None)]


async def test_several_queries_answer_at_once_and_those_without_rows_with_none(stage: Stage) -> None:
    await stage.product("pro")
    query = select(
        environments.c.id,
        rows_of(select(products.c.lookup_key)).label("products"),
        rows_of(select(customers)).label("customers"),
    )

    async with stage.db.read() as connection:
        row = (await connection.execute(query)).one()

    assert row.id == stage.env
    assert [product.lookup_key for product in row.products] == ["pro"]
    assert row.customers == []
