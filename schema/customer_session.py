"""A customer's session as its owner's back end sees it: never with its token."""

from datetime import datetime
from typing import Self

import strawberry

from resolvers.context import Context
from resolvers.customer_sessions import KnownSession, find_customer_session
from schema.customer import Customer
from schema.info import Info
from schema.node import Node
from storage.records import CustomerRecord


@strawberry.type(
    description=(
        "A customer's right to ask by themselves, from a browser say: they see their own entitlements and the active "
        "catalogue, and can change nothing. It lives by real time, whatever clock its environment has."
    )
)
class CustomerSession(Node):
    """A session as clients see it."""

    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime = strawberry.field(description="From when on its token opens nothing.")
    revoked_at: datetime | None = strawberry.field(description="When it was taken back; null if it wasn't.")
    livemode: bool = strawberry.field(description="Whether it is of a live environment.")
    record: strawberry.Private[CustomerRecord]

    @classmethod
    def of(cls, context: Context, known: KnownSession) -> Self:
        """A session as clients see it."""
        session = known.session
        return cls(
            id=strawberry.ID(session.id),
            created_at=session.created_at,
            expires_at=session.expires_at,
            revoked_at=session.revoked_at,
            livemode=context.environment.livemode,
            record=known.customer,
        )

    @strawberry.field(description="Whose it is.")
    def customer(self, info: Info) -> Customer:
        """The customer, at hand."""
        return Customer.of(info.context, self.record)


async def load_customer_session(context: Context, text: str) -> CustomerSession | None:
    """A session by its id."""
    found = await find_customer_session(context, text)
    return CustomerSession.of(context, found) if found else None
