"""What SQLite's planner is told about the tables.

Without statistics it takes every first column of an index to be held by ten rows. Here the first column is the
environment, which thousands or all of the rows share: it would rather read a whole environment than look up 25 ids.
PostgreSQL gathers statistics of its own.
"""

from sqlalchemy import Connection

from storage.rows import tables

_ROWS = 1_000_000
_SHARING_AN_ENVIRONMENT = _ROWS // 2
_SHARING_MORE = 10


def teach_planner(connection: Connection) -> None:
    """Gives SQLite the shape of big tables to plan for, however small they still are; does nothing on PostgreSQL.

    Source: https://sqlite.org/optoverview.html, "Manual Control Of Query Plans Using SQLITE_STAT Tables".
    """
    if connection.dialect.name != "sqlite":
        return
    # Makes the table of statistics, at the cost of one row.
    connection.exec_driver_sql("ANALYZE alembic_version")
    for table in tables.sorted_tables:
        connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE tbl = ?", (table.name,))
        for index, is_unique in _indexes(connection, table.name):
            shape = _shape(_columns(connection, index), is_unique=is_unique)
            connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", (table.name, index, shape))
    # Connections read the statistics when they are opened, and this one now.
    connection.exec_driver_sql("ANALYZE sqlite_schema")


def _shape(columns: list[str], *, is_unique: bool) -> str:
    """How many rows there are, and how many share the first column, the first two, and so on."""
    sharing = [_SHARING_AN_ENVIRONMENT if column == "environment_id" else _SHARING_MORE for column in columns]
    if is_unique:
        sharing[-1] = 1
    return " ".join(map(str, [_ROWS, *sharing]))


def _indexes(connection: Connection, table: str) -> list[tuple[str, bool]]:
    rows = connection.exec_driver_sql('SELECT name, "unique" FROM pragma_index_list(?)', (table,))
    return [(name, bool(is_unique)) for name, is_unique in rows]


def _columns(connection: Connection, index: str) -> list[str]:
    return list(connection.exec_driver_sql("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (index,)).scalars())
