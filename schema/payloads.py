"""Payloads of the mutations: the object, nullable, and what the caller can mend."""

import strawberry

from schema.catalogue import Feature, Product, ProductFeature
from schema.change import EntitlementsChange
from schema.customer import Customer
from schema.customer_session import CustomerSession
from schema.customer_subscription import CustomerSubscription
from schema.environment import Environment
from schema.errors import UserError
from schema.grant import Grant
from schema.sandbox import TestClock


@strawberry.type
class Payload:
    """What every payload has."""

    user_errors: list[UserError] = strawberry.field(
        default_factory=list[UserError], description="What is wrong with the input; empty if it was carried out."
    )


@strawberry.type
class ChangePayload(Payload):
    """What the payload of a write to a customer's facts has."""

    change: EntitlementsChange | None = strawberry.field(
        default=None, description="What it changed for the customer; null if the entitlements stay as they were."
    )


@strawberry.type
class FeaturePayload(Payload):
    """A payload with a feature."""

    feature: Feature | None = strawberry.field(default=None, description="The feature; null if it was refused.")


@strawberry.type(description="What createFeature answers.")
class CreateFeaturePayload(FeaturePayload):
    """Payload of createFeature."""


@strawberry.type(description="What updateFeature answers.")
class UpdateFeaturePayload(FeaturePayload):
    """Payload of updateFeature."""


@strawberry.type(description="What archiveFeature answers.")
class ArchiveFeaturePayload(FeaturePayload):
    """Payload of archiveFeature."""


@strawberry.type
class ProductPayload(Payload):
    """A payload with a product."""

    product: Product | None = strawberry.field(default=None, description="The product; null if it was refused.")


@strawberry.type(description="What createProduct answers.")
class CreateProductPayload(ProductPayload):
    """Payload of createProduct."""


@strawberry.type(description="What updateProduct answers.")
class UpdateProductPayload(ProductPayload):
    """Payload of updateProduct."""


@strawberry.type
class ProductFeaturePayload(Payload):
    """A payload with an attachment."""

    product_feature: ProductFeature | None = strawberry.field(
        default=None, description="The attachment; null if it was refused."
    )


@strawberry.type(description="What attachFeature answers.")
class AttachFeaturePayload(ProductFeaturePayload):
    """Payload of attachFeature."""


@strawberry.type(description="What detachFeature answers.")
class DetachFeaturePayload(ProductFeaturePayload):
    """Payload of detachFeature."""


@strawberry.type
class CustomerPayload(Payload):
    """A payload with a customer."""

    customer: Customer | None = strawberry.field(default=None, description="The customer; null if it was refused.")


@strawberry.type(description="What createCustomer answers.")
class CreateCustomerPayload(CustomerPayload):
    """Payload of createCustomer."""


@strawberry.type(description="What updateCustomer answers.")
class UpdateCustomerPayload(CustomerPayload):
    """Payload of updateCustomer."""


@strawberry.type(description="What deleteCustomer answers: the customer as it last was.")
class DeleteCustomerPayload(CustomerPayload):
    """Payload of deleteCustomer."""


@strawberry.type
class SubscriptionPayload(ChangePayload):
    """A payload with a subscription."""

    subscription: CustomerSubscription | None = strawberry.field(
        default=None, description="The subscription; null if it was refused."
    )


@strawberry.type(description="What createSubscription answers.")
class CreateSubscriptionPayload(SubscriptionPayload):
    """Payload of createSubscription."""


@strawberry.type(description="What updateSubscription answers.")
class UpdateSubscriptionPayload(SubscriptionPayload):
    """Payload of updateSubscription."""


@strawberry.type(description="What setSubscriptionStatus answers.")
class SetSubscriptionStatusPayload(SubscriptionPayload):
    """Payload of setSubscriptionStatus."""


@strawberry.type(description="What cancelSubscription answers.")
class CancelSubscriptionPayload(SubscriptionPayload):
    """Payload of cancelSubscription."""


@strawberry.type
class GrantPayload(ChangePayload):
    """A payload with a grant."""

    grant: Grant | None = strawberry.field(default=None, description="The grant; null if it was refused.")


@strawberry.type(description="What grantEntitlement answers.")
class GrantEntitlementPayload(GrantPayload):
    """Payload of grantEntitlement."""


@strawberry.type(description="What revokeGrant answers.")
class RevokeGrantPayload(GrantPayload):
    """Payload of revokeGrant."""


@strawberry.type
class CustomerSessionPayload(Payload):
    """A payload with a session."""

    customer_session: CustomerSession | None = strawberry.field(
        default=None, description="The session; null if it was refused."
    )


@strawberry.type(description="What createCustomerSession answers.")
class CreateCustomerSessionPayload(CustomerSessionPayload):
    """Payload of createCustomerSession."""

    token: str | None = strawberry.field(
        default=None,
        description=(
            "What the customer sends as `Authorization: Bearer`. Shown this once: only its hash is kept, so it is null "
            "when the request is answered again under its idempotency key. Null if it was refused."
        ),
    )


@strawberry.type(description="What revokeCustomerSession answers.")
class RevokeCustomerSessionPayload(CustomerSessionPayload):
    """Payload of revokeCustomerSession."""


@strawberry.type(description="What createSandbox answers.")
class CreateSandboxPayload(Payload):
    """Payload of createSandbox."""

    environment: Environment | None = strawberry.field(default=None, description="The sandbox; null if it was refused.")
    api_key: str | None = strawberry.field(
        default=None,
        description=(
            "What opens it, sent as `Authorization: Bearer`. Shown this once: only its hash is kept, so it is null "
            "when the request is answered again under its idempotency key. Null if it was refused."
        ),
    )


@strawberry.type
class TestClockPayload(Payload):
    """A payload with a test clock."""

    test_clock: TestClock | None = strawberry.field(default=None, description="The test clock; null if it was refused.")


@strawberry.type(description="What createTestClock answers.")
class CreateTestClockPayload(TestClockPayload):
    """Payload of createTestClock."""


@strawberry.type(description="What advanceTestClock answers.")
class AdvanceTestClockPayload(TestClockPayload):
    """Payload of advanceTestClock."""


@strawberry.type(description="What deleteTestClock answers: the test clock as it last was.")
class DeleteTestClockPayload(TestClockPayload):
    """Payload of deleteTestClock."""
