"""Statements that the two databases spell differently."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Insert,
    Row,
    Select,
    Table,
    TableValuedAlias,
    bindparam,
    column,
    insert,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from storage.columns import WordList

AnyRow = Row[*tuple[Any, ...]]
"""A row whose columns the reader knows by name."""

AnySelect = Select[*tuple[Any, ...]]
"""A query whose columns the reader knows by name."""


def is_postgresql(connection: AsyncConnection) -> bool:
    """Whether the other end is PostgreSQL; else it is SQLite."""
    return connection.dialect.name == "postgresql"


def insert_into(connection: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, which both have under one spelling and SQLAlchemy under two."""
    return postgresql.insert(table) if is_postgresql(connection) else sqlite.insert(table)


def one_of(column: ColumnElement[Any], words: Iterable[str]) -> ColumnElement[bool]:
    """Whether a text column has one of these values; no list is too long, and what can't be stored matches nothing."""
    return _OneOf(column, bindparam(None, list(words), type_=WordList()))


def one_of_given(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The same with the values given by this name when the statement is executed, so that it can be written once.

    `IN (?, ?, ...)` has a text of its own for every length, which empties the drivers' caches of prepared statements,
    and SQLite allows only so many parameters.
    """
    return _OneOf(column, bindparam(name, type_=WordList()))


def elements_of(name: str) -> TableValuedAlias:
    """The elements of a list that is given by this name when the statement is executed: rows with the column `value`.

    Each element is JSON: a list, say, whose parts are `value[0].as_string()` and so on.
    """
    return _Elements(bindparam(name, type_=_JSON)).table_valued(column("value", _JSON))


async def insert_rows(connection: AsyncConnection, rows: Mapping[Table, Sequence[Mapping[str, object]]]) -> None:
    """Adds rows to several tables, which may refer to those before them.

    One statement for each table; on PostgreSQL one for all of them if each gets a single row, as its foreign keys are
    looked at when a statement is through, and a statement of its own costs more than the row.
    """
    if is_postgresql(connection) and all(len(of) == 1 for of in rows.values()):
        single = {_parameter(table, name): value for table, [row] in rows.items() for name, value in row.items()}
        await connection.execute(_insert_together(*rows), single)
        return
    for table, of in rows.items():
        if of:
            # A list of one is sent as a batch too, which costs more than the row by itself.
            await connection.execute(insert(table), of if len(of) > 1 else of[0])


@cache
def _insert_together(*tables: Table) -> Insert:
    *first, last = (
        insert(table).values({column.name: bindparam(_parameter(table, column.name)) for column in table.columns})
        for table in tables
    )
    return last.add_cte(*(statement.cte(f"into_{statement.table.description}") for statement in first))


def _parameter(table: Table, column: str) -> str:
    return f"{table.name}_{column}"


_JSON = JSON().with_variant(postgresql.JSONB(), "postgresql")


class _Elements(FunctionElement[Any]):
    name = "elements"
    inherit_cache = True


@compiles(_Elements, "postgresql")
def _jsonb_array_elements(element: _Elements, compiler: SQLCompiler, **options: object) -> str:
    return f"jsonb_array_elements({compiler.process(element.clauses, **options)})"


@compiles(_Elements, "sqlite")
def _elements_of_json(element: _Elements, compiler: SQLCompiler, **options: object) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


class _OneOf(FunctionElement[bool]):
    type = Boolean()
    name = "one_of"
    inherit_cache = True
    # Without this SQLAlchemy writes `(...) = 1` on SQLite, which then uses no index for it.
    _is_implicitly_boolean = True


@compiles(_OneOf, "postgresql")
def _any(element: _OneOf, compiler: SQLCompiler, **options: object) -> str:
    column, words = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} = ANY ({words}))"


@compiles(_OneOf, "sqlite")
def _json_each(element: _OneOf, compiler: SQLCompiler, **options: object) -> str:
    column, words = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({words})))"  # noqa: S608 (both are compiled parts)
