"""A unit of work as its command sees it: where to write, in which environment, at which instant.

`storage.unit_of_work` makes these and commits them; the aggregates' files write through them.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import CustomerFacts, Grant, ProductId, Subscription, SubscriptionId
from storage.errors import RowMissing
from storage.kept import Kept, Lookup
from storage.records import CustomerChange, CustomerRecord, Environment, LoadedFacts

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class Work:
    """What every unit of work has.

    `instant` is the one at which all of it happens, later than every write it can see. `result_id` names the object a
    replay answers with; a command under an idempotency key must set it. `is_changed` says that something was written.
    """

    connection: AsyncConnection
    environment: Environment
    instant: datetime
    result_id: str | None = None
    is_changed: bool = False


@dataclass(slots=True)
class CatalogueWork(Work):
    """A unit of work on features, products and attachments; no other write to the environment runs beside it.

    `products`: those whose attachments were written. `deleted`: those that are gone, and their attachments with them.
    """

    products: set[ProductId] = field(default_factory=set[ProductId])
    deleted: set[ProductId] = field(default_factory=set[ProductId])

    def note_attachments(self, product: ProductId) -> None:
        """Takes note that the attachments of a product were written."""
        self.products.add(product)


@dataclass(slots=True)
class NewCustomerWork(Work):
    """A unit of work that makes a customer."""


@dataclass(slots=True)
class RealTimeWork(Work):
    """A unit of work on what is no fact and lives by real time: `instant` is the process's present."""


@dataclass(slots=True, kw_only=True)
class CustomerWork(Work):
    """A unit of work on one customer, whose row is locked.

    `loaded` is as it was before, `customer` and `facts` as they are with what was written since: whatever writes says
    so with one of the `note_...`, so that nothing has to be read again. `real_time`: the present, whatever clock the
    environment has. `change` is set at the end.
    """

    real_time: datetime
    loaded: LoadedFacts
    customer: CustomerRecord
    facts: CustomerFacts
    kept: Kept | None = None
    change: CustomerChange | None = None

    def find_subscription(self, subscription: SubscriptionId) -> Subscription:
        """A subscription as it is now. Raises: RowMissing."""
        for each in self.facts.subscriptions:
            if each.id == subscription:
                return each
        raise RowMissing("subscriptions", subscription)

    def note_customer(self, customer: CustomerRecord) -> None:
        """Takes the customer's own row as it was written."""
        self.customer = replace(customer, metadata=dict(sorted(customer.metadata.items())))
        self.is_changed = True

    def note_subscription(self, subscription: Subscription) -> None:
        """Takes a subscription as it was written, new or in the place of what it was before."""
        others = (each for each in self.facts.subscriptions if each.id != subscription.id)
        stored = replace(subscription, metadata=dict(sorted(subscription.metadata.items())))
        self.facts = replace(self.facts, subscriptions=tuple(sorted((*others, stored), key=_in_order)))
        self.is_changed = True

    def note_grant(self, grant: Grant) -> None:
        """Takes a grant as it was written, new or in the place of what it was before."""
        others = (each for each in self.facts.grants if each.id != grant.id)
        stored = replace(grant, metadata=dict(sorted(grant.metadata.items())))
        self.facts = replace(self.facts, grants=tuple(sorted((*others, stored), key=_in_order)))
        self.is_changed = True


async def look_up(work: Work, lookup: Lookup[K, V], key: K) -> V | None:
    """What a look-up finds of the catalogue as it stands under the work's lock."""
    # A catalogue's own write may have changed what is kept, and its version not yet.
    kept = work.kept if isinstance(work, CustomerWork) else None
    [at_hand] = kept.at_hand(lookup, work.environment, [key]) if kept else [None]
    if at_hand is not None:
        return at_hand
    found = await lookup(work.connection, work.environment.id, [key])
    if kept:
        kept.keep_catalogue(lookup, work.environment, found)
    return found.get(key)


def _in_order(fact: Subscription | Grant) -> tuple[datetime, str]:
    """Facts in the order in which they are read."""
    return fact.recorded_at, fact.id


async def update_row(work: Work, statement: Update, id_: str) -> None:
    """Runs an UPDATE that must meet a row. Raises: RowMissing, and the unit of work comes to nothing."""
    result = await work.connection.execute(statement)
    if result.rowcount == 0:
        raise RowMissing(statement.table.description, id_)
    work.is_changed = True
