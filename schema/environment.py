"""The environment, and who is asking in it."""

from datetime import datetime
from typing import Self

import strawberry

from entitlements.facts import CustomerId, EnvironmentId
from resolvers.callers import CallerKind
from resolvers.context import Context
from resolvers.sandbox_clocks import find_clock_of
from schema.customer import Customer
from schema.info import Info
from schema.node import Node
from schema.permissions import ANYONE, SANDBOXES, Requires
from schema.sandbox import TestClock
from storage import records


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
        return cls.at(context.environment, context.now)

    @classmethod
    def at(cls, environment: records.Environment, now: datetime) -> Self:
        """An environment at its instant."""
        return cls(id=strawberry.ID(environment.id), name=environment.name, livemode=environment.livemode, now=now)

    @strawberry.field(
        description="The test clock that freezes its time; null where real time rules, as in every live environment.",
        extensions=[Requires(SANDBOXES)],
    )
    async def test_clock(self, info: Info) -> TestClock | None:
        """The clock, if there is one."""
        found = await find_clock_of(info.context, EnvironmentId(self.id))
        return TestClock.of(found) if found else None


@strawberry.type(description="Who is asking.")
class Viewer:
    """The credential of an operation as its holder sees it."""

    id: strawberry.ID = strawberry.field(description="The key's or session's: for caches.")
    kind: CallerKind = strawberry.field(description="What kind of credential it is.")
    environment: Environment = strawberry.field(description="The environment it is bound to.")
    livemode: bool = strawberry.field(description="Whether that is a live one.")
    scopes: list[str] = strawberry.field(description="What it may do.")
    expires_at: datetime | None = strawberry.field(description="When it stops being taken; null if it doesn't expire.")
    of_session: strawberry.Private[CustomerId | None]

    @classmethod
    def of(cls, context: Context) -> Self | None:
        """The viewer of an operation; None for one of the command line."""
        caller = context.caller
        if caller is None:
            return None
        return cls(
            id=strawberry.ID(caller.id),
            kind=caller.kind,
            environment=Environment.of(context),
            livemode=context.environment.livemode,
            scopes=list(caller.scopes),
            expires_at=caller.expires_at,
            of_session=caller.customer,
        )

    @strawberry.field(
        description="The customer of a session, null if there is none by that name (yet); null for an API key.",
        extensions=[Requires(ANYONE)],
    )
    async def customer(self, info: Info) -> Customer | None:
        """Whose session it is."""
        found = await info.context.loaders.customers.load(self.of_session) if self.of_session else None
        return Customer.of(info.context, found) if found else None
