"""The mutation root: one input, one payload, one transaction each."""

from typing import Annotated, Any, TypeVar

import strawberry
from strawberry import UNSET

from entitlements import facts
from entitlements.facts import CustomerId, Interval
from resolvers import customers, features, grants, product_features, products, subscriptions
from resolvers.context import Context
from resolvers.references import ABSENT, Absent
from resolvers.revisions import present_change
from resolvers.subscription_edits import ItemChange, NewItem, RemoveItem, UpdateItem
from resolvers.writing import Written
from schema import inputs, payloads
from schema.carrying_out import Parts, carry_out
from schema.catalogue import Feature, Product, ProductFeature
from schema.change import EntitlementsChange
from schema.customer import Customer
from schema.customer_subscription import CustomerSubscription
from schema.grant import Grant
from schema.info import Info
from schema.node import Node
from schema.references import ProductBy, reference

T = TypeVar("T")

Given = Annotated[T, strawberry.argument(description="What to do.")]


@strawberry.type(description="Everything that can be changed. The mutations of one operation run one after another.")
class Mutation:
    """The mutation root."""

    @strawberry.mutation(description="Creates a feature.")
    async def create_feature(
        self,
        info: Info,
        input: Given[inputs.CreateFeatureInput],  # noqa: A002 - Relay's name
    ) -> payloads.CreateFeaturePayload | None:
        """createFeature."""

        async def write(context: Context) -> Parts:
            made = await features.create_feature(
                context, name=input.name, lookup_key=input.lookup_key, metadata=_or_none(input.metadata)
            )
            return {"feature": Feature.of(context, made)}

        return await carry_out(info, payloads.CreateFeaturePayload, input, write)

    @strawberry.mutation(description="Changes a feature's name and metadata. An archived one can't be changed.")
    async def update_feature(
        self,
        info: Info,
        input: Given[inputs.UpdateFeatureInput],  # noqa: A002 - Relay's name
    ) -> payloads.UpdateFeaturePayload | None:
        """updateFeature."""

        async def write(context: Context) -> Parts:
            made = await features.update_feature(
                context, reference(input.feature), name=_or_absent(input.name), metadata=_or_absent(input.metadata)
            )
            return {"feature": Feature.of(context, made)}

        return await carry_out(info, payloads.UpdateFeaturePayload, input, write)

    @strawberry.mutation(
        description=(
            "Archives a feature, for good. It goes on entitling through the products it is attached to, and its key "
            "can be used again."
        )
    )
    async def archive_feature(
        self,
        info: Info,
        input: Given[inputs.ArchiveFeatureInput],  # noqa: A002 - Relay's name
    ) -> payloads.ArchiveFeaturePayload | None:
        """archiveFeature."""

        async def write(context: Context) -> Parts:
            made = await features.archive_feature(context, reference(input.feature))
            return {"feature": Feature.of(context, made)}

        return await carry_out(info, payloads.ArchiveFeaturePayload, input, write)

    @strawberry.mutation(description="Creates a product, with features attached to it from the start.")
    async def create_product(
        self,
        info: Info,
        input: Given[inputs.CreateProductInput],  # noqa: A002 - Relay's name
    ) -> payloads.CreateProductPayload | None:
        """createProduct."""

        async def write(context: Context) -> Parts:
            made = await products.create_product(
                context,
                name=input.name,
                lookup_key=_or_none(input.lookup_key),
                metadata=_or_none(input.metadata),
                features=[reference(by) for by in _or_none(input.features) or ()],
            )
            return {"product": Product.of(context, made)}

        return await carry_out(info, payloads.CreateProductPayload, input, write)

    @strawberry.mutation(description="Changes a product.")
    async def update_product(
        self,
        info: Info,
        input: Given[inputs.UpdateProductInput],  # noqa: A002 - Relay's name
    ) -> payloads.UpdateProductPayload | None:
        """updateProduct."""

        async def write(context: Context) -> Parts:
            made = await products.update_product(
                context,
                reference(input.product),
                name=_or_absent(input.name),
                active=_or_absent(input.active),
                metadata=_or_absent(input.metadata),
            )
            return {"product": Product.of(context, made)}

        return await carry_out(info, payloads.UpdateProductPayload, input, write)

    @strawberry.mutation(
        description=(
            "Attaches a feature to a product: by default new subscriptions get it at once, and others with their next "
            "billing period."
        )
    )
    async def attach_feature(
        self,
        info: Info,
        input: Given[inputs.AttachFeatureInput],  # noqa: A002 - Relay's name
    ) -> payloads.AttachFeaturePayload | None:
        """attachFeature."""

        async def write(context: Context) -> Parts:
            made = await product_features.attach_feature(
                context, product=reference(input.product), feature=reference(input.feature), rollout=input.rollout
            )
            return {"product_feature": ProductFeature.of(context, made)}

        return await carry_out(info, payloads.AttachFeaturePayload, input, write)

    @strawberry.mutation(description="Detaches a feature from a product. One that is detached already stays as it is.")
    async def detach_feature(
        self,
        info: Info,
        input: Given[inputs.DetachFeatureInput],  # noqa: A002 - Relay's name
    ) -> payloads.DetachFeaturePayload | None:
        """detachFeature."""

        async def write(context: Context) -> Parts:
            made = await product_features.detach_feature(context, input.product_feature_id, rollout=input.rollout)
            return {"product_feature": ProductFeature.of(context, made)}

        return await carry_out(info, payloads.DetachFeaturePayload, input, write)

    @strawberry.mutation(description="Creates a customer.")
    async def create_customer(
        self,
        info: Info,
        input: Given[inputs.CreateCustomerInput],  # noqa: A002 - Relay's name
    ) -> payloads.CreateCustomerPayload | None:
        """createCustomer."""

        async def write(context: Context) -> Parts:
            made = await customers.create_customer(
                context,
                external_id=_or_none(input.external_id),
                name=_or_none(input.name),
                email=_or_none(input.email),
                metadata=_or_none(input.metadata),
            )
            return {"customer": Customer.of(context, made)}

        return await carry_out(info, payloads.CreateCustomerPayload, input, write)

    @strawberry.mutation(description="Changes what is known of a customer.")
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
                external_id=_or_absent(input.external_id),
                name=_or_absent(input.name),
                email=_or_absent(input.email),
                metadata=_or_absent(input.metadata),
            )
            return {"customer": Customer.of(context, made)}

        return await carry_out(info, payloads.UpdateCustomerPayload, input, write)

    @strawberry.mutation(
        description="Deletes a customer: it and everything below it answers as unknown from then on, at every instant."
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

    @strawberry.mutation(description="Subscribes a customer to products.")
    async def create_subscription(
        self,
        info: Info,
        input: Given[inputs.CreateSubscriptionInput],  # noqa: A002 - Relay's name
    ) -> payloads.CreateSubscriptionPayload | None:
        """createSubscription."""

        async def write(context: Context) -> Parts:
            made = await subscriptions.create_subscription(
                context,
                customer=reference(input.customer),
                items=[_new_item(item) for item in input.items],
                started_at=_or_none(input.started_at),
                trial_end=_or_none(input.trial_end),
                trial_end_behavior=input.trial_end_behavior,
                incomplete=input.incomplete,
                cancel_at=_or_none(input.cancel_at),
                metadata=_or_none(input.metadata),
            )
            return await _subscription(context, made)

        return await carry_out(info, payloads.CreateSubscriptionPayload, input, write)

    @strawberry.mutation(
        description=(
            "Changes a subscription: upgrade, downgrade, add and remove items, move its trial's end, schedule a "
            "cancellation. All of it, or nothing."
        )
    )
    async def update_subscription(
        self,
        info: Info,
        input: Given[inputs.UpdateSubscriptionInput],  # noqa: A002 - Relay's name
    ) -> payloads.UpdateSubscriptionPayload | None:
        """updateSubscription."""

        async def write(context: Context) -> Parts:
            made = await subscriptions.update_subscription(
                context,
                input.id,
                items=[_item_change(change) for change in _or_none(input.items) or ()],
                metadata=_or_absent(input.metadata),
                cancel_at_period_end=_or_absent(input.cancel_at_period_end),
                cancel_at=_or_absent(input.cancel_at),
                trial_end=_or_absent(input.trial_end),
                end_trial_now=input.end_trial_now,
            )
            return await _subscription(context, made)

        return await carry_out(info, payloads.UpdateSubscriptionPayload, input, write)

    @strawberry.mutation(
        description="Records what billing reports. A move that isn't possible is refused as INVALID_TRANSITION."
    )
    async def set_subscription_status(
        self,
        info: Info,
        input: Given[inputs.SetSubscriptionStatusInput],  # noqa: A002 - Relay's name
    ) -> payloads.SetSubscriptionStatusPayload | None:
        """setSubscriptionStatus."""

        async def write(context: Context) -> Parts:
            made = await subscriptions.set_subscription_status(context, input.id, input.status)
            return await _subscription(context, made)

        return await carry_out(info, payloads.SetSubscriptionStatusPayload, input, write)

    @strawberry.mutation(
        description="Cancels a subscription, now or at the end of what was paid for. One that has ended stays as it is."
    )
    async def cancel_subscription(
        self,
        info: Info,
        input: Given[inputs.CancelSubscriptionInput],  # noqa: A002 - Relay's name
    ) -> payloads.CancelSubscriptionPayload | None:
        """cancelSubscription."""

        async def write(context: Context) -> Parts:
            made = await subscriptions.cancel_subscription(context, input.id, at_period_end=input.at_period_end)
            return await _subscription(context, made)

        return await carry_out(info, payloads.CancelSubscriptionPayload, input, write)

    @strawberry.mutation(description="Gives a customer a right to a feature by hand, apart from any subscription.")
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
                active_from=_or_none(input.active_from),
                active_to=_or_none(input.active_to),
                reason=_or_none(input.reason),
                metadata=_or_none(input.metadata),
            )
            return await _grant(context, made)

        return await carry_out(info, payloads.GrantEntitlementPayload, input, write)

    @strawberry.mutation(
        description="Takes a grant back from now on. One that is over or revoked already stays as it is."
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


def _or_none(value: T | None) -> T | None:
    """An optional value: left out is as null."""
    return None if value is UNSET else value


def _or_absent(value: T | None) -> T | Absent | None:
    """A value of an update: left out is not null."""
    return ABSENT if value is UNSET else value


def _new_item(item: inputs.SubscriptionItemInput) -> NewItem:
    return NewItem(reference(item.product), item.quantity, Interval(item.interval, item.interval_count))


def _item_change(change: inputs.SubscriptionItemChange) -> ItemChange:
    """The one of the three that is given; the schema has seen to it that it is one and no null."""
    if change.add:
        return _new_item(change.add)
    if change.remove:
        return RemoveItem(change.remove)
    update = change.update
    if not update:
        return RemoveItem("")
    product = _or_absent(update.product)
    return UpdateItem(
        id=update.id,
        product=reference(product) if isinstance(product, ProductBy) else product,
        quantity=_or_absent(update.quantity),
        unit=_or_absent(update.interval),
        count=_or_absent(update.interval_count),
    )


async def _subscription(context: Context, made: Written[facts.Subscription]) -> Parts:
    known = await context.loaders.known.load(made.value.customer)
    subscription = CustomerSubscription.of(context, known, made.value) if known else None
    return {"subscription": subscription, "change": await _change(context, made)}


async def _grant(context: Context, made: Written[facts.Grant]) -> Parts:
    known = await context.loaders.known.load(made.value.customer)
    return {"grant": Grant.of(context, known, made.value) if known else None, "change": await _change(context, made)}


async def _change(context: Context, made: Written[Any]) -> EntitlementsChange | None:
    change = await present_change(context, made.change)
    return EntitlementsChange.of(context, change) if change else None


async def _load_deleted(context: Context, customer: str) -> Node | None:
    """The customer of a deletion that was carried out before, as it last was."""
    found = await customers.find_deleted_customer(context, CustomerId(customer))
    return Customer.of(context, found) if found else None
