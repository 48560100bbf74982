"""Database URLs: the two forms people write, made into what the drivers take."""

import re

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from storage.errors import UnknownDatabaseUrl

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


def read_url(text: str) -> URL:
    """The URL with its asynchronous driver named.

    `?sslmode=` (as libpq says it) is handed to asyncpg under its own name, `ssl`.
    Raises: UnknownDatabaseUrl for any other scheme, for what isn't a URL, and for SQLite without a file: a database in
    memory belongs to one connection, and here every read has its own.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # SQLAlchemy's message quotes the text, and with it the password. `from None` keeps it out of the traceback.
        raise UnknownDatabaseUrl(_scheme(text)) from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None or (driver.startswith("sqlite") and url.database in {None, "", ":memory:"}):
        raise UnknownDatabaseUrl(_scheme(text))
    url = url.set(drivername=driver)
    sslmode = url.query.get("sslmode")
    if sslmode is not None:
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": sslmode})
    return url


def _scheme(text: str) -> str | None:
    match = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*)://", text)
    return match[1] if match else None
