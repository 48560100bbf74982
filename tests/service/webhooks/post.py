"""An environment with customers whose entitlements change, endpoints, and a dispatcher for whom time can pass."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gateway.setting_groups import WebhookSettings
from gateway.webhooks.addresses import LookUp, NameService
from gateway.webhooks.dispatcher import Dispatcher
from gateway.webhooks.schedule import RetrySchedule
from gateway.webhooks.sending import Sender
from resolvers.webhook_targets import WebhookTargets
from storage.database import Database
from storage.environments import load_environment
from storage.paging import Cut
from storage.records import CustomerRecord
from storage.unit_of_work import RealTimeWork, write_in_real_time
from storage.webhook_endpoints import insert_endpoint, load_endpoints
from storage.webhook_lists import AttemptPage, DeliveriesOf, DeliveryPage, load_attempt_pages, load_delivery_pages
from storage.webhook_records import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from tests.statements.aging import let_pass
from tests.statements.stage import Stage

AT_ONCE = RetrySchedule(pauses=(timedelta(milliseconds=5),) * 200)
"""Tries again at once, and for ever as far as a test goes."""

SETTINGS = WebhookSettings(webhook_private_targets=True)


@dataclass
class Post:
    """An environment of real time."""

    stage: Stage
    customers: list[CustomerRecord] = field(default_factory=list[CustomerRecord])

    @property
    def database(self) -> Database:
        return self.stage.db

    async def endpoint(self, url: str, *events: str, ordered: bool = False) -> WebhookEndpoint:
        """A new endpoint; of all events unless some are named."""

        async def command(work: RealTimeWork) -> WebhookEndpoint:
            return await insert_endpoint(
                work, url=url, enabled_events=events or ("*",), is_ordered=ordered, description=None, metadata={}
            )

        return await write_in_real_time(self.database, self.stage.env, command)

    async def reload(self, endpoint: WebhookEndpoint) -> WebhookEndpoint:
        async with self.database.read() as connection:
            return (await load_endpoints(connection, self.stage.env, [endpoint.id]))[endpoint.id]

    async def happen(self, customers: int, changes: int = 1) -> None:
        """Changes the entitlements of some new customers, each so many times."""
        features = [await self.stage.feature(f"f{len(self.customers)}-{number}") for number in range(changes)]
        for _ in range(customers):
            customer = await self.stage.customer(f"customer {len(self.customers)}")
            self.customers.append(customer)
            for feature in features:
                await self.stage.grant(customer, feature)

    async def deliveries(self, endpoint: WebhookEndpoint) -> list[WebhookDelivery]:
        """The latest hundred of them, the first one first."""
        page = DeliveryPage(DeliveriesOf("endpoint", endpoint.id), Cut(100))
        async with self.database.read() as connection:
            found = await load_delivery_pages(connection, self.stage.env, [page])
        return list(found[page].items[::-1])

    async def attempts(self, delivery: WebhookDelivery) -> list[WebhookAttempt]:
        """The attempts at a delivery, the first one first."""
        page = AttemptPage(delivery.id, Cut(100))
        async with self.database.read() as connection:
            return list((await load_attempt_pages(connection, self.stage.env, [page]))[page].items[::-1])

    async def wait(self, time: timedelta) -> None:
        """Lets time pass."""
        await let_pass(self.database, time)

    async def wait_until(self, at: datetime) -> None:
        """Lets time pass until an instant as it was read just now, and a second past it."""
        await self.wait(at - datetime.now(UTC) + timedelta(seconds=1))

    async def livemode(self) -> bool:
        async with self.database.read() as connection:
            return (await load_environment(connection, self.stage.env)).livemode


@asynccontextmanager
async def dispatching(
    database: Database,
    *,
    schedule: RetrySchedule | None = None,
    seconds: float = 2,
    look_up: LookUp | None = None,
    settings: WebhookSettings = SETTINGS,
) -> AsyncGenerator[Dispatcher]:
    """A dispatcher that does nothing until it is told to."""
    sender = Sender(WebhookTargets(private=settings.webhook_private_targets), look_up or NameService(), seconds=seconds)
    yield Dispatcher(database, settings, sender, schedule=schedule)


@asynccontextmanager
async def running(dispatcher: Dispatcher) -> AsyncGenerator[None]:
    """The dispatcher at work, until the block ends."""
    task = asyncio.create_task(dispatcher.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
