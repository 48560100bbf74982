"""The schema, assembled."""

from datetime import datetime
from functools import cache

import strawberry
from graphql import GraphQLOneOfDirective
from strawberry.schema.config import StrawberryConfig

from schema.customer_subscription import CustomerSubscription, SubscriptionItem
from schema.entitlement import Entitlement, EntitlementSnapshot
from schema.environment import Environment
from schema.grant import Grant
from schema.live import Subscription
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import DATE_TIME, METADATA, Metadata


def _assemble(*, is_sorted: bool = False) -> strawberry.Schema:
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Entitlement, EntitlementSnapshot, SubscriptionItem, CustomerSubscription, Grant, Environment],
        config=StrawberryConfig(scalar_map={datetime: DATE_TIME, Metadata: METADATA}, sort_schema=is_sorted),
    )


# Not sorted: sorting rebuilds the enum types as graphql-core's own, which hand resolvers a text in place of the member.
SCHEMA = _assemble()
"""The public schema. Everything it promises is in `graphql/schema.graphql`."""

CORE_SCHEMA = SCHEMA._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Strawberry has no public way to it
"""The same as graphql-core's object, to parse and validate documents by."""


@cache
def sdl() -> str:
    """The schema as text, sorted: what `graphql/schema.graphql` must hold."""
    described = f'"""{GraphQLOneOfDirective.description}"""\ndirective @oneOf'
    # The printer leaves out what the specification says of its directive.
    return f"{_assemble(is_sorted=True).as_str()}\n".replace("directive @oneOf", described, 1)
