"""Mutations of customers, and of the rights given to them by hand."""

import strawberry

from entitlements import facts
from entitlements.facts import CustomerId
from resolvers import customers, grants
from resolvers.callers import Scope
from resolvers.context import Context
from resolvers.writing import Written
from schema import inputs, payloads
from schema.carrying_out import Parts, carry_out
from schema.change import present
from schema.customer import Customer
from schema.given import Given, or_absent, or_none
from schema.grant import Grant
from schema.info import Info
from schema.node import Node
from schema.permissions import Requires
from schema.references import reference


@strawberry.type
class CustomerMutations:
    """Mutations of customers and grants."""

    @strawberry.mutation(
        description="Creates a customer.",
        extensions=[Requires(Scope.CUSTOMERS_WRITE)],
    )
    async def create_customer(
        self,
        info: Info,
        input: Given[inputs.CreateCustomerInput],  # noqa: A002 - Relay's name
    ) -> payloads.CreateCustomerPayload | None:
        """createCustomer."""

        async def write(context: Context) -> Parts:
            made = await customers.create_customer(
                context,
                external_id=or_none(input.external_id),
                name=or_none(input.name),
                email=or_none(input.email),
                metadata=or_none(input.metadata),
            )
            return {"customer": Customer.of(context, made)}

        return await carry_out(info, payloads.CreateCustomerPayload, input, write)

    @strawberry.mutation(
        description="Changes what is known of a customer.",
        extensions=[Requires(Scope.CUSTOMERS_WRITE)],
    )
    async def update_customer(
        self,
        info: Info,
        input: Given[inputs.UpdateCustomerInput],  # noqa: A002 - Relay's name
    ) -> payloads.UpdateCustomerPayload | None:
        """updateCustomer."""

        async def write(context: Context) -> Parts:
            made = await customers.update_customer(
                context,
                reference(input.customer),
                external_id=or_absent(input.external_id),
                name=or_absent(input.name),
                email=or_absent(input.email),
                metadata=or_absent(input.metadata),
            )
            return {"customer": Customer.of(context, made)}

        return await carry_out(info, payloads.UpdateCustomerPayload, input, write)

    @strawberry.mutation(
        description="Deletes a customer: it and everything below it answers as unknown from then on, at every instant.",
        extensions=[Requires(Scope.CUSTOMERS_WRITE)],
    )
    async def delete_customer(
        self,
        info: Info,
        input: Given[inputs.DeleteCustomerInput],  # noqa: A002 - Relay's name
    ) -> payloads.DeleteCustomerPayload | None:
        """deleteCustomer."""

        async def write(context: Context) -> Parts:
            made = await customers.delete_customer(context, reference(input.customer))
            return {"customer": Customer.of(context, made)}

        return await carry_out(info, payloads.DeleteCustomerPayload, input, write, replay=_load_deleted)

    @strawberry.mutation(
        description="Gives a customer a right to a feature by hand, apart from any subscription.",
        extensions=[Requires(Scope.GRANTS_WRITE)],
    )
    async def grant_entitlement(
        self,
        info: Info,
        input: Given[inputs.GrantEntitlementInput],  # noqa: A002 - Relay's name
    ) -> payloads.GrantEntitlementPayload | None:
        """grantEntitlement."""

        async def write(context: Context) -> Parts:
            made = await grants.grant_entitlement(
                context,
                customer=reference(input.customer),
                feature=reference(input.feature),
                active_from=or_none(input.active_from),
                active_to=or_none(input.active_to),
                reason=or_none(input.reason),
                metadata=or_none(input.metadata),
            )
            return await _grant(context, made)

        return await carry_out(info, payloads.GrantEntitlementPayload, input, write)

    @strawberry.mutation(
        description="Takes a grant back from now on. One that is over or revoked already stays as it is.",
        extensions=[Requires(Scope.GRANTS_WRITE)],
    )
    async def revoke_grant(
        self,
        info: Info,
        input: Given[inputs.RevokeGrantInput],  # noqa: A002 - Relay's name
    ) -> payloads.RevokeGrantPayload | None:
        """revokeGrant."""

        async def write(context: Context) -> Parts:
            made = await grants.revoke_grant(context, input.grant_id)
            return await _grant(context, made)

        return await carry_out(info, payloads.RevokeGrantPayload, input, write)


async def _grant(context: Context, made: Written[facts.Grant]) -> Parts:
    known = await context.loaders.known.load(made.value.customer)
    return {"grant": Grant.of(context, known, made.value) if known else None, "change": await present(context, made)}


async def _load_deleted(context: Context, customer: str) -> Node | None:
    """The customer of a deletion that was carried out before, as it last was."""
    found = await customers.find_deleted_customer(context, CustomerId(customer))
    return Customer.of(context, found) if found else None
