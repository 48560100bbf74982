"""Mutations of customers' sessions."""

import strawberry

from resolvers import customer_sessions
from resolvers.callers import Scope
from resolvers.context import Context
from schema import inputs, payloads
from schema.carrying_out import Parts, carry_out
from schema.customer_session import CustomerSession
from schema.given import Given
from schema.info import Info
from schema.permissions import Requires
from schema.references import reference


@strawberry.type
class SessionMutations:
    """Mutations of customers' sessions."""

    @strawberry.mutation(
        description=(
            "Opens a session for one customer, for a page or an app of theirs to ask with. Call it from your back end, "
            "once you know who the customer is."
        ),
        extensions=[Requires(Scope.SESSIONS_WRITE)],
    )
    async def create_customer_session(
        self,
        info: Info,
        input: Given[inputs.CreateCustomerSessionInput],  # noqa: A002 - Relay's name
    ) -> payloads.CreateCustomerSessionPayload | None:
        """createCustomerSession."""

        async def write(context: Context) -> Parts:
            opened = await customer_sessions.create_customer_session(
                context, customer=reference(input.customer), expires_in=input.expires_in
            )
            return {"customer_session": CustomerSession.of(context, opened), "token": opened.token}

        return await carry_out(info, payloads.CreateCustomerSessionPayload, input, write)

    @strawberry.mutation(
        description="Takes a session back: its token opens nothing any more. One taken back already stays as it is.",
        extensions=[Requires(Scope.SESSIONS_WRITE)],
    )
    async def revoke_customer_session(
        self,
        info: Info,
        input: Given[inputs.RevokeCustomerSessionInput],  # noqa: A002 - Relay's name
    ) -> payloads.RevokeCustomerSessionPayload | None:
        """revokeCustomerSession."""

        async def write(context: Context) -> Parts:
            revoked = await customer_sessions.revoke_customer_session(context, input.id)
            return {"customer_session": CustomerSession.of(context, revoked)}

        return await carry_out(info, payloads.RevokeCustomerSessionPayload, input, write)
