"""Several queries answered by one statement, and so from one snapshot: the rows of each come as one value."""

from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import JSON, ColumnElement, Dialect, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

from storage.dialect import AnySelect


def rows_of(query: AnySelect) -> ColumnElement[list[Any]]:
    """All rows of a query, in its order, as a list to select beside others.

    Each row is a tuple that knows its columns by the names the query gives them, which must be distinct. The query may
    not refer to what stands around it.
    """
    return _RowsOf(query)


class _RowList(TypeDecorator[list[Any]]):
    """PostgreSQL's driver reads an array of records by itself; SQLite has JSON, whose values are those it stores."""

    impl = JSON
    cache_ok = True

    def __init__(self, columns: tuple[ColumnElement[Any], ...] = ()) -> None:
        super().__init__()
        self.columns = columns

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type on this database."""
        return dialect.type_descriptor(JSON() if dialect.name == "sqlite" else NullType())

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[..., list[Any]]:
        """What makes rows of the driver's value, each column read as its own type reads it."""
        parse: Callable[..., Any] | None = self.impl_instance.result_processor(dialect, coltype)
        names = [str(column.key) for column in self.columns]
        row: Any = namedtuple("row", names)  # noqa: PYI024  # pyright: ignore[reportUntypedNamedTuple] - known here only
        readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in self.columns]

        def process(value: Any) -> list[Any]:  # noqa: ANN401 (as the driver has it)
            rows: Sequence[Sequence[Any]] = parse(value) if parse else value
            if not rows:
                return []
            # Column by column, so that nothing is called for a value that is read already.
            columns = zip(*rows, strict=True)
            return list(map(row, *(map(read, of) if read else of for read, of in zip(readers, columns, strict=True))))

        return process


class _RowsOf(FunctionElement[list[Any]]):
    name = "rows_of"
    inherit_cache = True

    def __init__(self, query: AnySelect) -> None:
        rows = query.correlate(None).subquery()
        records = select(func.row(*rows.c)).scalar_subquery()
        arrays = select(func.json_group_array(func.json_array(*rows.c))).scalar_subquery()
        super().__init__(func.array(records), arrays)
        self.type = _RowList(tuple(rows.c))


@compiles(_RowsOf, "postgresql")
def _array(element: _RowsOf, compiler: SQLCompiler, **options: object) -> str:
    records, _ = element.clauses
    return compiler.process(records, **options)


@compiles(_RowsOf, "sqlite")
def _json(element: _RowsOf, compiler: SQLCompiler, **options: object) -> str:
    _, arrays = element.clauses
    return compiler.process(arrays, **options)
