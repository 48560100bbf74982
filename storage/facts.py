"""A customer's facts, and the attachments they meet, as one snapshot: what the rule is asked with."""

from collections.abc import Mapping, Sequence
from itertools import chain

from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import CustomerFacts, CustomerId, EnvironmentId, ProductFeature, ProductId
from storage.customers import load_customers
from storage.environments import load_environment
from storage.errors import RowUnreadable
from storage.grants import load_grants_of
from storage.kept import Kept, KeptAttachments
from storage.product_features import load_attachments
from storage.records import CustomerRecord, Environment, LoadedFacts, LockedCustomer
from storage.subscriptions import load_subscriptions_of


async def load_facts(
    connection: AsyncConnection,
    environment: EnvironmentId,
    ids: Sequence[CustomerId],
    *,
    deleted: bool = False,
    kept: KeptAttachments | None = None,
) -> dict[CustomerId, LoadedFacts | RowUnreadable]:
    """All facts of these customers; unknown and foreign ids are absent, deleted ones too unless asked for.

    A customer whose facts can't be read has the error in their place, and the others their facts. Six statements
    however many customers there are, five if all attachments they meet are kept. Give it a connection of
    `Database.snapshot`: facts, attachments and versions of different moments would contradict each other.
    Raises: EnvironmentMissing.
    """
    current = await load_environment(connection, environment)
    found = await load_customers(connection, environment, ids, deleted=deleted)
    return await _load_below(connection, current, found, kept)


async def load_facts_below(
    connection: AsyncConnection, locked: LockedCustomer, kept: Kept | None = None
) -> LoadedFacts:
    """The facts below a customer's locked row. Raises: RowUnreadable."""
    customer = locked.record
    attachments = kept.attachments if kept else None
    loaded = (await _load_below(connection, locked.environment, {customer.id: customer}, attachments))[customer.id]
    return _readable(loaded)


async def load_facts_after(
    connection: AsyncConnection, before: LoadedFacts, facts: CustomerFacts, kept: Kept | None = None
) -> LoadedFacts:
    """What facts have become since they were loaded under the same locks, with the attachments they meet by now.

    No statement for products that were there before. Raises: RowUnreadable.
    """
    met: dict[ProductId, tuple[ProductFeature, ...] | RowUnreadable] = {
        product: tuple(each for each in before.attachments if each.product == product)
        for product in _products(before.facts)
    }
    added = [product for product in _products(facts) if product not in met]
    if added:
        met |= await _load_attachments(connection, before.environment, added, kept.attachments if kept else None)
    return _readable(_gathered(before.customer, facts, met, before.environment))


async def _load_below(
    connection: AsyncConnection,
    environment: Environment,
    customers: Mapping[CustomerId, CustomerRecord],
    kept: KeptAttachments | None = None,
) -> dict[CustomerId, LoadedFacts | RowUnreadable]:
    subscriptions = await load_subscriptions_of(connection, environment.id, list(customers))
    grants = await load_grants_of(connection, environment.id, list(customers))
    facts = {
        customer: CustomerFacts(customer, held, grants.get(customer, ()))
        for customer in customers
        if not isinstance(held := subscriptions.get(customer, ()), RowUnreadable)
    }
    products = list(dict.fromkeys(chain.from_iterable(map(_products, facts.values()))))
    attachments = await _load_attachments(connection, environment, products, kept)
    return {
        customer: unreadable
        if isinstance(unreadable := subscriptions.get(customer), RowUnreadable)
        else _gathered(record, facts[customer], attachments, environment)
        for customer, record in customers.items()
    }


async def _load_attachments(
    connection: AsyncConnection, environment: Environment, products: Sequence[ProductId], kept: KeptAttachments | None
) -> dict[ProductId, tuple[ProductFeature, ...] | RowUnreadable]:
    if kept is None:
        return await load_attachments(connection, environment.id, products) if products else {}
    at_hand = {product: found for product in products if (found := kept.find(environment, product)) is not None}
    missing = [product for product in products if product not in at_hand]
    loaded = await load_attachments(connection, environment.id, missing) if missing else {}
    for product, attachments in loaded.items():
        if not isinstance(attachments, RowUnreadable):
            kept.keep(environment, product, attachments)
    return loaded | at_hand


def _readable(loaded: LoadedFacts | RowUnreadable) -> LoadedFacts:
    if isinstance(loaded, RowUnreadable):
        raise loaded
    return loaded


def _gathered(
    customer: CustomerRecord,
    facts: CustomerFacts,
    attachments: Mapping[ProductId, tuple[ProductFeature, ...] | RowUnreadable],
    environment: Environment,
) -> LoadedFacts | RowUnreadable:
    """The customer's facts together with the attachments they meet, unless one of these can't be read."""
    met: list[ProductFeature] = []
    for of_product in (attachments[product] for product in _products(facts)):
        if isinstance(of_product, RowUnreadable):
            return of_product
        met += of_product
    return LoadedFacts(customer, facts, tuple(met), environment)


def _products(facts: CustomerFacts) -> list[ProductId]:
    """The products that any item ever was for, each once."""
    segments = (
        segment for subscription in facts.subscriptions for item in subscription.items for segment in item.segments
    )
    return list(dict.fromkeys(segment.product for segment in segments))
