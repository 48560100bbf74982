"""An environment that a stand-in feeds: by commands, and by webhooks that a served receiver takes."""

import asyncio
import os
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from random import Random
from unittest.mock import patch

import httpx2
import pytest
from pydantic import SecretStr

from entitlements.facts import CustomerId
from entitlements.runs import Timeline
from entitlements.timeline import timeline
from gateway.cli import main
from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key
from storage.database import Database
from storage.environments import create_environment
from storage.errors import RowUnreadable
from storage.facts import load_facts
from storage.records import Environment
from tests.service.serving import NO_TLS, Caller, serving
from tests.stripe_source.shapes import Json
from tests.stripe_source.stand_in import KEY, SECRET, StandIn, send

AT_ONCE = 8
"""Deliveries that are on their way side by side."""

ENVIRONMENT = "fed"

_HELD = """query($id: ID!, $at: DateTime!) {
  customer(by: {id: $id}) { entitlementsAt(at: $at, first: 100) { nodes { feature { id } } } }
}"""


class Fed:
    """The environment and what feeds it."""

    def __init__(
        self, source: StandIn, database: Database, url: str, environment: Environment, client: httpx2.AsyncClient
    ) -> None:
        self.source = source
        self.database = database
        self.environment = environment
        self.client = client
        self._url = url
        self._caller: Caller | None = None

    @classmethod
    @asynccontextmanager
    async def opened(cls, source: StandIn, database: Database, url: str, **settings: object) -> AsyncGenerator["Fed"]:
        """With a receiver that is served while the block lasts. It can't ask the source unless the settings say how."""
        environment = await create_environment(database, ENVIRONMENT, livemode=source.books.livemode)
        given = {"stripe_webhook_secret": SecretStr(SECRET), "stripe_environment": ENVIRONMENT, "rate_limits": False}
        with serving(url, **given, **settings) as served:
            async with httpx2.AsyncClient(base_url=served, timeout=60, verify=NO_TLS) as client:
                yield cls(source, database, url, environment, client)

    async def run(self, *arguments: str) -> int:
        """`admittance stripe ...` on the environment; answers its exit code."""
        return await asyncio.to_thread(run_stripe, self._url, self.source.url, *arguments)

    async def deliver(self, events: Iterable[Json]) -> None:
        """Sends events until each is taken, as Stripe does, several at once."""
        waiting = iter([*events])

        async def one_after_the_other() -> None:
            for event in waiting:
                while (answer := await send(self.client, event)).status_code == 503:
                    pass
                assert answer.status_code == 200, answer.text

        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))

    async def ask(self, customer: str, at: datetime) -> set[str]:
        """What a customer may use at an instant as clients are answered: the features' ids."""
        given = {"id": customer, "at": at.isoformat()}
        answer = await (await self.caller()).ask(_HELD, given)
        return {node["feature"]["id"] for node in answer["customer"]["entitlementsAt"]["nodes"]}

    async def caller(self) -> Caller:
        """A holder of a key to the environment."""
        if self._caller is None:
            _, secret = await create_key(self.database, self.environment.id, "tests", (EVERY_SCOPE,))
            self._caller = Caller(self.client, self.database, self.environment, secret)
        return self._caller

    async def timelines(self, customers: Sequence[str]) -> Mapping[str, Timeline]:
        """What the environment knows of customers; who is unknown is absent."""
        async with self.database.snapshot() as connection:
            loaded = await load_facts(connection, self.environment.id, [CustomerId(each) for each in customers])
        found: dict[str, Timeline] = {}
        for customer, facts in loaded.items():
            assert not isinstance(facts, RowUnreadable), facts
            found[customer] = timeline(facts.facts, facts.attachments)
        return found


def run_stripe(database_url: str, address: str, *arguments: str, environment: str = ENVIRONMENT) -> int:
    """The command in this process, with settings of its own; answers its exit code."""
    given = {
        "DATABASE_URL": database_url,
        "ADMITTANCE_STRIPE_API_KEY": KEY,
        "ADMITTANCE_STRIPE_API_BASE": address,
    }
    with patch.dict(os.environ, given), pytest.raises(SystemExit) as ended:
        main(("stripe", *arguments, "--environment", environment))
    return ended.value.code if isinstance(ended.value.code, int) else 0


class Post:
    """A post that loses one event in ten, delivers as many twice, and keeps some for up to three weeks."""

    def __init__(self, lot: Random, *, lost: float = 0.1) -> None:
        self.lot = lot
        self.lost = lost
        self._kept: list[tuple[int, Json]] = []
        self._weeks = 0

    def week(self, events: Iterable[Json]) -> list[Json]:
        """What arrives in a week in which these events happened, in the order of arrival."""
        self._weeks += 1
        for event in events:
            if self.lot.random() >= self.lost:
                for _ in range(2 if self.lot.random() < 0.1 else 1):
                    late = self.lot.randint(1, 3) if self.lot.random() < 0.1 else 0
                    self._kept.append((self._weeks + late, event))
        arriving = [event for week, event in self._kept if week <= self._weeks]
        self._kept = [(week, event) for week, event in self._kept if week > self._weeks]
        self.lot.shuffle(arriving)
        return arriving

    def rest(self) -> list[Json]:
        """What would have arrived later."""
        late, self._kept = [event for _, event in self._kept], []
        return late
