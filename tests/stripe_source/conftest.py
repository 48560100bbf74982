"""The application over a real socket and the command line, as other tests of the service have them, and a source."""

from collections.abc import AsyncGenerator

import pytest

from storage.database import Database
from tests.service.conftest import admittance, caller, client, server
from tests.stripe_source.feeding import Fed
from tests.stripe_source.shop import Shop
from tests.stripe_source.stand_in import StandIn

__all__ = ["admittance", "caller", "client", "server"]

NEW_YEAR = 1_704_067_200


@pytest.fixture
async def fed(database: Database, database_url: str) -> AsyncGenerator[Fed]:
    """An environment whose receiver has no key to its source."""
    with StandIn(NEW_YEAR).open() as source:
        async with Fed.opened(source, database, database_url) as opened:
            yield opened


@pytest.fixture
def shop(fed: Fed) -> Shop:
    """The environment's source."""
    return Shop(fed.source)
