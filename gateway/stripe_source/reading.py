"""Reading an account from end to end: all its lists, and the events it still has.

The catalogue comes first, as what is subscribed to must be known, then the events of before the run, the lists, and the
events of the run itself. Everything may be read twice: so a run that broke off goes on where it was, or anew.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.stripe_source.account import Account
from gateway.stripe_source.catalogue import take_catalogue
from gateway.stripe_source.customers import customer_of, take_customers
from gateway.stripe_source.gone import take_gone
from gateway.stripe_source.kinds import PRODUCT_KIND
from gateway.stripe_source.looking import (
    customer_seen,
    feature_seen,
    look_at_product,
    look_at_subscription,
    look_for_customer,
    product_seen,
)
from gateway.stripe_source.looking_back import LISTED_FOR, look_back
from gateway.stripe_source.mended import Mended
from gateway.stripe_source.news import news
from gateway.stripe_source.shapes import (
    StripeCustomer,
    StripeEvent,
    StripeFeature,
    StripeProduct,
    StripeSubscription,
)
from gateway.stripe_source.source import SOURCE
from gateway.stripe_source.states import product_id
from gateway.stripe_source.telling import EVENT_TYPES, told
from storage.database import Database
from storage.observations import Observation, load_observations, note_source
from storage.records import Environment
from storage.source_runs import SourceRun, load_run, save_run

EVENTS_ARE_KEPT = timedelta(days=30)
"""How long Stripe lists an event."""

GONE_ON_WITH = timedelta(hours=12)
"""How old a run that broke off may be to be gone on with."""

MARGIN = timedelta(minutes=10)
"""How much of what was read before is read again: an event may be listed a little after the instant it is dated by."""

Progress = Callable[[str, int], None]
"""Is told what was read and how many more of it."""


@dataclass(slots=True)
class Reading:
    """One run. `counts`: what was read of each kind, `mended`: what was otherwise here."""

    account: Account
    database: Database
    environment: Environment
    progress: Progress
    counts: Counter[str] = field(default_factory=Counter[str])
    mended: list[Mended] = field(default_factory=list[Mended])
    listed: set[str] = field(default_factory=set[str])
    is_whole: bool = True
    run: SourceRun = field(default_factory=SourceRun)

    async def carry_out(self) -> None:
        """Reads everything. Raises: CommandFailed, NotUnderstood, KeyTaken; errors of storage."""
        now = await self.account.look()
        await note_source(self.database, self.environment.id, SOURCE)
        self.run = await load_run(self.database, self.environment.id)
        if self.run.begun_at is None or not now - GONE_ON_WITH <= self.run.begun_at <= now:
            self.run = replace(self.run, begun_at=now, step=None, cursor=None)
            await save_run(self.database, self.environment.id, self.run)
        begun_at = self.run.begun_at or now
        self.is_whole = self.run.step is None
        steps: dict[str, Callable[[str | None], Awaitable[None]]] = {
            "archived features": lambda after: self._features(after, archived=True),
            "features": lambda after: self._features(after, archived=False),
            "products": self._products,
            "past events": lambda after: self._events(
                after, (self.run.read_until or begun_at - EVENTS_ARE_KEPT) - MARGIN
            ),
            "customers": self._customers,
            "subscriptions": self._subscriptions,
            # From the latest one on, however often it is begun.
            "events since": lambda _: self._events(None, begun_at - MARGIN),
        }
        names = list(steps)
        for name in names[names.index(self.run.step) if self.run.step in steps else 0 :]:
            await self._reached(name, self.run.cursor if self.run.step == name else None)
            await steps[name](self.run.cursor)
        if self.is_whole:
            self.mended += await take_gone(self.account, self.database, self.environment.id, self.listed)
        self.run = SourceRun(read_until=begun_at)
        await save_run(self.database, self.environment.id, self.run)

    async def _reached(self, step: str, cursor: str | None) -> None:
        if (step, cursor) != (self.run.step, self.run.cursor):
            self.run = replace(self.run, step=step, cursor=cursor)
            await save_run(self.database, self.environment.id, self.run)

    async def _count(self, kind: str, ids: Sequence[str]) -> None:
        """Notes that a page is through. Its last object is where the run would go on."""
        if not ids:
            return
        if kind != "events":
            # Some are read twice; those that are new are counted.
            self.counts[kind] += len(ids)
        self.progress(kind, len(ids))
        if self.run.step is not None:
            await self._reached(self.run.step, ids[-1])

    async def _features(self, after: str | None, *, archived: bool) -> None:
        path = "/v1/entitlements/features"
        filters = {"archived": "true" if archived else "false"}
        async for at, page in self.account.pages(path, StripeFeature, after=after, **filters):
            await self._take_catalogue([feature_seen(each, at) for each in page])
            await self._count("features", [each.id for each in page])

    async def _products(self, after: str | None) -> None:
        async for at, page in self.account.pages("/v1/products", StripeProduct, after=after):
            for product in page:
                await self._product(product, at)
            await self._count("products", [each.id for each in page])

    async def _product(self, product: StripeProduct, at: datetime) -> None:
        seen = await self.account.attempt(look_at_product(self.account, product, at))
        await self._take_catalogue(seen or [product_seen(product, at)])
        self.listed.add(product_id(product.id))

    async def _events(self, after: str | None, since: datetime) -> None:
        filters = {"types": list(EVENT_TYPES), "created": {"gte": int(since.timestamp())}}
        async for _, page in self.account.pages("/v1/events", StripeEvent, after=after, **filters):
            found = await news(self.database, self.environment.id, self.account.understood(told, page))
            await self._take_catalogue([each for each in found if each.kind == PRODUCT_KIND])
            await self._take_customers([each for each in found if each.kind != PRODUCT_KIND])
            self.counts["new events"] += len(found)
            await self._count("events", [each.id for each in page])

    async def _customers(self, after: str | None) -> None:
        async for at, page in self.account.pages("/v1/customers", StripeCustomer, after=after):
            await self._take_customers([customer_seen(each, at) for each in page])
            self.listed.update(each.id for each in page)
            await self._count("customers", [each.id for each in page])

    async def _subscriptions(self, after: str | None) -> None:
        async for at, page in self.account.pages("/v1/subscriptions", StripeSubscription, after=after, status="all"):
            looked = [await self.account.attempt(look_at_subscription(self.account, each, at)) for each in page]
            found = [each for each in looked if each is not None]
            await self._take_customers([*await self._unknown_customers(found), *found])
            await self._look_back(found)
            self.listed.update(each.id for each in page)
            await self._count("subscriptions", [each.id for each in page])

    async def _look_back(self, listed: Sequence[Observation]) -> None:
        """Takes what subscriptions were when all that Stripe lists began, unless all of before is known."""
        since = (self.run.begun_at or self.account.read_at) - LISTED_FOR
        if self.run.read_until is None or self.run.read_until < since:
            found = await look_back(self.database, self.environment.id, listed, since)
            self.mended += await take_customers(self.database, self.environment.id, found)

    async def _unknown_customers(self, subscriptions: Sequence[Observation]) -> list[Observation]:
        """Customers of subscriptions that no list shows: those that were deleted."""
        ids = [id_ for id_ in dict.fromkeys(map(customer_of, subscriptions)) if id_ not in self.listed]
        async with self.database.read() as connection:
            known = await load_observations(connection, self.environment.id, ids)
        looked = [await self.account.attempt(look_for_customer(self.account, id_)) for id_ in ids if id_ not in known]
        return [each for each in looked if each is not None]

    async def _take_catalogue(self, observed: Sequence[Observation]) -> None:
        fresh = await news(self.database, self.environment.id, observed)
        self.mended += await take_catalogue(self.database, self.environment.id, fresh)

    async def _take_customers(self, observed: Sequence[Observation]) -> None:
        fresh = await news(self.database, self.environment.id, observed)
        self.mended += await take_customers(self.database, self.environment.id, fresh)
