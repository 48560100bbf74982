"""Watching what is sent to the database."""

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import event

from storage.database import Database


@contextmanager
def statements(database: Database) -> Generator[list[str]]:
    """The statements that are sent within the block, in order, as the list they are put into.

    But for notifications of other processes: they go out beside whoever writes, several writes' together or not.
    """
    sent: list[str] = []

    def note(*arguments: object) -> None:
        if "pg_notify" not in (statement := str(arguments[2])):
            sent.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
