"""A process of its own that announces what lies on the way of a clock, and says so before its first step."""

import asyncio
import sys

from entitlements.facts import EnvironmentId
from storage.advancing import announce_advance, find_advancing
from storage.database import Database


async def main() -> None:
    """Announces at the database of the first argument, in the environment of the second, until there is no more."""
    database = Database.open(sys.argv[1])
    await find_advancing(database)
    sys.stdout.write("begins\n")
    sys.stdout.flush()
    while await announce_advance(database, EnvironmentId(sys.argv[2])):
        pass
    await database.close()


if __name__ == "__main__":
    asyncio.run(main())
