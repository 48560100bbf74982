"""The environment, and who is asking in it."""

from datetime import datetime
from typing import Self

import strawberry

from resolvers.context import Context
from schema.customer import Customer
from schema.enums import ViewerKind
from schema.node import Node


@strawberry.type(
    description="An isolated space of data: live, test, or a sandbox. A credential sees one and nothing of the others."
)
class Environment(Node):
    """The environment as clients see it."""

    name: str = strawberry.field(description="Unique in the installation.")
    livemode: bool = strawberry.field(description="Whether its data is live.")
    now: datetime = strawberry.field(description="Its clock: what `at` means when left out.")

    @classmethod
    def of(cls, context: Context) -> Self:
        """The environment of an operation."""
        environment = context.environment
        return cls(
            id=strawberry.ID(environment.id), name=environment.name, livemode=environment.livemode, now=context.now
        )


@strawberry.type(description="Who is asking.")
class Viewer:
    """The credential of an operation as its holder sees it."""

    id: strawberry.ID = strawberry.field(description="The key's or session's: for caches.")
    kind: ViewerKind = strawberry.field(description="What kind of credential it is.")
    environment: Environment = strawberry.field(description="The environment it is bound to.")
    livemode: bool = strawberry.field(description="Whether that is a live one.")
    scopes: list[str] = strawberry.field(description="What it may do.")
    expires_at: datetime | None = strawberry.field(description="When it stops being taken; null if it doesn't expire.")
    customer: Customer | None = strawberry.field(description="The customer of a session; null for an API key.")

    @classmethod
    def of(cls, context: Context) -> Self | None:
        """The viewer of an operation; None for one of the command line."""
        credential = context.credential
        if credential is None:
            return None
        return cls(
            id=strawberry.ID(credential.id),
            kind=ViewerKind.API_KEY,
            environment=Environment.of(context),
            livemode=context.environment.livemode,
            scopes=list(credential.scopes),
            expires_at=None,
            customer=None,
        )
