"""A customer's facts, and the attachments they meet, as one snapshot: what the rule is asked with."""

from collections.abc import Mapping, Sequence
from itertools import chain

from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import CustomerFacts, CustomerId, EnvironmentId, ProductId
from storage.customers import load_customers
from storage.environments import load_environment
from storage.grants import load_grants_of
from storage.product_features import load_attachments
from storage.records import CustomerRecord, Environment, LoadedFacts
from storage.subscriptions import load_subscriptions_of


async def load_facts(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[CustomerId], *, deleted: bool = False
) -> dict[CustomerId, LoadedFacts]:
    """All facts of these customers; unknown and foreign ids are absent, deleted ones too unless asked for.

    Seven statements however many customers there are. Give it a connection of `Database.snapshot`: facts, attachments
    and versions of different moments would contradict each other.
    Raises: EnvironmentMissing.
    """
    current = await load_environment(connection, environment)
    return await load_facts_of(connection, current, await load_customers(connection, environment, ids, deleted=deleted))


async def load_facts_of(
    connection: AsyncConnection, environment: Environment, customers: Mapping[CustomerId, CustomerRecord]
) -> dict[CustomerId, LoadedFacts]:
    """The facts below rows that the same snapshot, or the same locks, have shown already."""
    subscriptions = await load_subscriptions_of(connection, environment.id, list(customers))
    grants = await load_grants_of(connection, environment.id, list(customers))
    facts = {
        customer: CustomerFacts(customer, subscriptions.get(customer, ()), grants.get(customer, ()))
        for customer in customers
    }
    products = {customer: _products(of_one) for customer, of_one in facts.items()}
    every_product = list(dict.fromkeys(chain.from_iterable(products.values())))
    attachments = await load_attachments(connection, environment.id, every_product)
    return {
        customer: LoadedFacts(
            customer=record,
            facts=facts[customer],
            attachments=tuple(chain.from_iterable(attachments[product] for product in products[customer])),
            environment=environment,
        )
        for customer, record in customers.items()
    }


def _products(facts: CustomerFacts) -> list[ProductId]:
    """The products that any item ever was for, each once."""
    segments = (
        segment for subscription in facts.subscriptions for item in subscription.items for segment in item.segments
    )
    return list(dict.fromkeys(segment.product for segment in segments))
