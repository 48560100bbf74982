"""Watching what is sent to the database."""

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import event

from storage.database import Database


@contextmanager
def statements(database: Database) -> Generator[list[str]]:
    """The statements that are sent within the block, in order, as the list they are put into."""
    sent: list[str] = []

    def note(*arguments: object) -> None:
        sent.append(str(arguments[2]))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
