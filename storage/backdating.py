"""Announcing what attachments changed that count from an instant in the past: only a source may write such.

Of others' attachments time brings the changes, and the announcer finds them. These change customers' sets as of their
write, which is announced as one change, as a write of the customers' own facts would be.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, select

from entitlements.changes import changes_between, next_change
from entitlements.effects import effects_of_time, effects_of_write
from entitlements.facts import CustomerId, ProductFeature, ProductId
from entitlements.timeline import timeline
from storage.customers import Announced, save_announcements
from storage.events import insert_events, numbered
from storage.facts import load_facts
from storage.records import Event, LoadedFacts
from storage.rows import customers, subscription_items, subscriptions
from storage.rows import subscription_item_segments as segments
from storage.work import CatalogueWork

CUSTOMERS_AT_ONCE = 100
"""Whose facts are held at once: a popular product has many."""


async def announce_attachments(work: CatalogueWork, product: ProductId, before: Sequence[ProductFeature]) -> None:
    """Announces what a write of a product's attachments, in the same transaction, made of sets at its instant.

    `before`: all attachments of the product as they were. A customer whose facts can't be read is left alone.
    """
    after = ""
    while holders := await _holders(work, product, after):
        loaded = await load_facts(work.connection, work.environment.id, holders)
        announced: dict[CustomerId, Announced] = {}
        events: list[Event] = []
        for customer, of in loaded.items():
            if isinstance(of, LoadedFacts) and (made := _made(work, of, product, before)):
                news, announced[customer] = made
                events += news
        await insert_events(work.connection, work.environment.id, events)
        await save_announcements(work.connection, work.environment.id, announced)
        after = holders[-1]


def _made(
    work: CatalogueWork, loaded: LoadedFacts, product: ProductId, before: Iterable[ProductFeature]
) -> tuple[list[Event], Announced] | None:
    """The events and the row of one customer; None if its set and its ends are at this instant as they were."""
    others = [each for each in loaded.attachments if each.product != product]
    was, is_ = timeline(loaded.facts, [*others, *before]), timeline(loaded.facts, loaded.attachments)
    effects = effects_of_write(was, is_, work.instant)
    if effects is None:
        return None
    record = loaded.customer
    due = changes_between(was, record.announced_until, work.instant)
    events = numbered(record, [*(effects_of_time(was, each) for each in due), effects], work.instant)
    revision = record.announced_revision + len(events)
    return events, Announced(revision, work.instant, next_change(is_, work.instant))


async def _holders(work: CatalogueWork, product: ProductId, after: str) -> list[CustomerId]:
    given = {"environment": work.environment.id, "product": product, "after": after, "at_most": CUSTOMERS_AT_ONCE}
    return [row.customer_id for row in await work.connection.execute(_HOLDERS, given)]


_HOLDERS = (
    select(subscriptions.c.customer_id)
    .distinct()
    .select_from(segments.join(subscription_items).join(subscriptions).join(customers))
    .where(
        segments.c.environment_id == bindparam("environment"),
        segments.c.product_id == bindparam("product"),
        subscriptions.c.customer_id > bindparam("after"),
        customers.c.deleted_at.is_(None),
    )
    .order_by(subscriptions.c.customer_id)
    .limit(bindparam("at_most"))
)
