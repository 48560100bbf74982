"""The schema, assembled."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import strawberry
from graphql import DocumentNode, GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema.customer_subscription import CustomerSubscription, SubscriptionItem
from schema.entitlement import Entitlement, EntitlementSnapshot
from schema.environment import Environment
from schema.grant import Grant
from schema.live import Subscription
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import DATE_TIME, METADATA, Metadata
from schema.wording import PlainWords

PREPARED = "admittance.prepared"


class UsePrepared(SchemaExtension):
    """Lets an operation be run from a document that was parsed and validated before: see `prepared_document`."""

    def on_parse(self) -> Iterator[None]:
        """Takes the document that came with the operation, if one did."""
        document = (self.execution_context.operation_extensions or {}).get(PREPARED)
        if document is not None:
            self.execution_context.graphql_document = document
            # Validated, and nothing was wrong with it.
            self.execution_context.pre_execution_errors = []
        yield


def prepared_document(document: DocumentNode) -> dict[str, Any]:
    """What to pass as `operation_extensions` to execute a document that has been parsed and validated."""
    return {PREPARED: document}


class _Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Left to whoever answers: Strawberry's own would log a client's every typing mistake with a traceback."""


def _assemble(*, is_sorted: bool = False) -> strawberry.Schema:
    return _Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Entitlement, EntitlementSnapshot, SubscriptionItem, CustomerSubscription, Grant, Environment],
        extensions=[UsePrepared, PlainWords],
        config=StrawberryConfig(scalar_map={datetime: DATE_TIME, Metadata: METADATA}, sort_schema=is_sorted),
    )


# Not sorted: sorting rebuilds the enum types as graphql-core's own, which hand resolvers a text in place of the member.
SCHEMA = _assemble()
"""The public schema. Everything it promises is in `graphql/schema.graphql`."""

CORE_SCHEMA = SCHEMA._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Strawberry has no public way to it
"""The same as graphql-core's object, to parse and validate documents by."""


def sdl() -> str:
    """The schema as text, sorted: what `graphql/schema.graphql` must hold."""
    return f"{_assemble(is_sorted=True).as_str()}\n"
