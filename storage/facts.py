"""A customer's facts, and the attachments they meet, as one snapshot: what the rule is asked with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import RowMapping, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import CustomerFacts, CustomerId, EnvironmentId, ProductFeature, ProductId
from storage.customers import CUSTOMERS, read_customer
from storage.dialect import AnySelect
from storage.environments import read_environment
from storage.errors import CustomerMissing, EnvironmentMissing, RowUnreadable
from storage.grants import GRANTS, read_grants
from storage.instants import PRESENT
from storage.kept import Kept, KeptAttachments
from storage.product_features import attachments_of, load_attachments, read_attachments
from storage.records import CustomerRecord, Environment, LoadedFacts
from storage.row_lists import rows_of
from storage.rows import environments
from storage.subscriptions import HISTORIES, PRODUCTS, SEGMENTS, read_subscriptions

# Six queries, and what is asked of them is asked at once: a round trip costs more than any of their answers, and one
# statement is a snapshot without a transaction round it.
_FACTS: AnySelect = select(
    environments,
    PRESENT.label("present"),
    rows_of(CUSTOMERS).label("customers"),
    rows_of(HISTORIES).label("histories"),
    rows_of(SEGMENTS).label("segments"),
    rows_of(GRANTS).label("grants"),
).where(environments.c.id == bindparam("environment"))
_FACTS_WITH_ATTACHMENTS = _FACTS.add_columns(rows_of(attachments_of(PRODUCTS)).label("attachments"))

_Attachments = dict[ProductId, tuple[ProductFeature, ...] | RowUnreadable]


async def load_facts(
    connection: AsyncConnection,
    environment: EnvironmentId,
    ids: Sequence[CustomerId],
    *,
    deleted: bool = False,
    kept: KeptAttachments | None = None,
) -> dict[CustomerId, LoadedFacts | RowUnreadable]:
    """All facts of these customers; unknown and foreign ids are absent, deleted ones too unless asked for.

    A customer whose facts can't be read has the error in their place, and the others their facts. One statement however
    many customers there are, and so one snapshot on whatever connection; with `kept` a second one in place of the first
    if not all attachments they meet are kept.
    Raises: EnvironmentMissing.
    """
    found, attachments = await _load(connection, environment, ids, kept)
    return {
        customer: _gathered(record, found.facts[customer], attachments, found.environment)
        for customer, record in found.customers.items()
        if deleted or record.deleted_at is None
    }


async def load_locked_facts(
    connection: AsyncConnection, environment: EnvironmentId, customer: CustomerId, kept: Kept | None = None
) -> tuple[LoadedFacts, datetime | None]:
    """The facts of a customer that is locked, and the present by PostgreSQL's clock; None on SQLite.

    Raises: CustomerMissing, RowUnreadable.
    """
    found, attachments = await _load(connection, environment, [customer], kept.attachments if kept else None)
    record = found.customers.get(customer)
    if record is None or record.deleted_at is not None:
        raise CustomerMissing(customer)
    loaded = _gathered(record, found.facts[customer], attachments, found.environment)
    return _readable(loaded), found.present


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


@dataclass(frozen=True, slots=True)
class _Found:
    """What one statement found, but for attachments. A customer without any facts is among `customers` alone."""

    environment: Environment
    present: datetime | None
    customers: Mapping[CustomerId, CustomerRecord]
    facts: Mapping[CustomerId, CustomerFacts | RowUnreadable]

    @property
    def products(self) -> dict[ProductId, None]:
        """The products that any item ever was for, each once."""
        return dict.fromkeys(
            chain.from_iterable(_products(of) for of in self.facts.values() if isinstance(of, CustomerFacts))
        )


async def _load(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[CustomerId], kept: KeptAttachments | None
) -> tuple[_Found, _Attachments]:
    given = {"environment": environment, "customers": ids}
    if kept is not None:
        found = _read(await _one_row(connection, _FACTS, given))
        at_hand = _find(kept, found.environment, found.products)
        if len(at_hand) == len(found.products):
            return found, at_hand
    row = await _one_row(connection, _FACTS_WITH_ATTACHMENTS, given)
    found = _read(row)
    attachments = dict.fromkeys(found.products, ()) | read_attachments(row["attachments"])
    _keep(kept, found.environment, attachments)
    return found, attachments


async def _load_attachments(
    connection: AsyncConnection, environment: Environment, products: Sequence[ProductId], kept: KeptAttachments | None
) -> _Attachments:
    at_hand = _find(kept, environment, products)
    missing = [product for product in products if product not in at_hand]
    loaded = await load_attachments(connection, environment.id, missing) if missing else {}
    _keep(kept, environment, loaded)
    return loaded | at_hand


def _find(kept: KeptAttachments | None, environment: Environment, products: Iterable[ProductId]) -> _Attachments:
    if kept is None:
        return {}
    return {product: found for product in products if (found := kept.find(environment, product)) is not None}


def _keep(kept: KeptAttachments | None, environment: Environment, attachments: _Attachments) -> None:
    if kept is None:
        return
    for product, of_product in attachments.items():
        if not isinstance(of_product, RowUnreadable):
            kept.keep(environment, product, of_product)


async def _one_row(connection: AsyncConnection, query: AnySelect, given: dict[str, Any]) -> RowMapping:
    row = (await connection.execute(query, given)).mappings().one_or_none()
    if row is None:
        raise EnvironmentMissing(given["environment"])
    return row


def _read(row: RowMapping) -> _Found:
    customers = {customer.id: customer for customer in map(read_customer, row["customers"])}
    subscriptions = read_subscriptions(row["histories"], row["segments"])
    grants = read_grants(row["grants"])
    facts = {
        customer: held
        if isinstance(held := subscriptions.get(customer, ()), RowUnreadable)
        else CustomerFacts(customer, held, grants.get(customer, ()))
        for customer in customers
    }
    return _Found(read_environment(row), row["present"], customers, facts)


def _readable(loaded: LoadedFacts | RowUnreadable) -> LoadedFacts:
    if isinstance(loaded, RowUnreadable):
        raise loaded
    return loaded


def _gathered(
    customer: CustomerRecord, facts: CustomerFacts | RowUnreadable, attachments: _Attachments, environment: Environment
) -> LoadedFacts | RowUnreadable:
    """The customer's facts together with the attachments they meet, unless one of these can't be read."""
    if isinstance(facts, RowUnreadable):
        return facts
    met: list[ProductFeature] = []
    for of_product in (attachments[product] for product in _products(facts)):
        if isinstance(of_product, RowUnreadable):
            return of_product
        met += of_product
    return LoadedFacts(customer, facts, tuple(met), environment)


def _products(facts: CustomerFacts) -> dict[ProductId, None]:
    """The products that any item ever was for, each once."""
    return {
        segment.product: None
        for subscription in facts.subscriptions
        for item in subscription.items
        for segment in item.segments
    }
