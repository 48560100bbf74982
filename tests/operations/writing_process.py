"""A process of its own that writes when it is told to, a line for each, and says so when it is acknowledged."""

import asyncio
import sys

from storage.database import Database
from tests.operations.currency import Writer


async def main() -> None:
    """Writes to the database at the URL of the first argument for as long as standard input lasts."""
    database = Database.open(sys.argv[1])
    writer = await Writer.begin(database, seed=6)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while await asyncio.to_thread(sys.stdin.readline):
        sys.stdout.write(f"{await writer.write()}\n")
        sys.stdout.flush()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main())
