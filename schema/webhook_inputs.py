"""Inputs of the mutations of webhooks."""

import strawberry
from strawberry import UNSET

from resolvers.webhook_endpoints import WebhookEndpointStatus
from schema.inputs import Idempotent
from schema.scalars import Metadata
from storage.webhook_records import EVERY_EVENT

_URL = (
    "Where to send deliveries: an https URL of at most 2,048 characters, or an http one in an environment that isn't "
    "live; without credentials, and of a host that everybody can reach."
)
_EVENTS = "The types it wants, such as `entitlements.changed`; `*` for all there are and will be."
_ORDERED = (
    "Whether a customer's events are delivered one after the other. One that fails then holds back those after it, of "
    "the same customer, until it is delivered or given up."
)


@strawberry.input(description="A webhook endpoint to create.")
class CreateWebhookEndpointInput(Idempotent):
    """Input of createWebhookEndpoint."""

    url: str = strawberry.field(description=_URL)
    enabled_events: list[str] = strawberry.field(default_factory=lambda: [EVERY_EVENT], description=_EVENTS)
    ordered: bool = strawberry.field(default=False, description=_ORDERED)
    description: str | None = strawberry.field(default=UNSET, description="What it is for, in 1 to 500 characters.")
    metadata: Metadata | None = strawberry.field(
        default=UNSET, description="Notes of one's own; null values and null itself mean nothing yet."
    )


@strawberry.input(description="Changes to a webhook endpoint.")
class UpdateWebhookEndpointInput(Idempotent):
    """Input of updateWebhookEndpoint."""

    id: strawberry.ID = strawberry.field(description="The endpoint's id.")
    url: str | None = strawberry.field(default=UNSET, description=_URL)
    enabled_events: list[str] | None = strawberry.field(default=UNSET, description=_EVENTS)
    ordered: bool | None = strawberry.field(default=UNSET, description=_ORDERED)
    description: str | None = strawberry.field(default=UNSET, description="What it is for; null for nothing said.")
    metadata: Metadata | None = strawberry.field(
        default=UNSET,
        description="Entries to set; a null value unsets its key, and `metadata: null` unsets them all.",
    )
    status: WebhookEndpointStatus | None = strawberry.field(
        default=UNSET, description="Whether events are delivered to it; while it is disabled they wait."
    )


@strawberry.input(description="A webhook endpoint to delete.")
class DeleteWebhookEndpointInput(Idempotent):
    """Input of deleteWebhookEndpoint."""

    id: strawberry.ID = strawberry.field(description="The endpoint's id.")


@strawberry.input(description="A webhook endpoint that is to have another secret.")
class RotateWebhookSecretInput(Idempotent):
    """Input of rotateWebhookSecret."""

    id: strawberry.ID = strawberry.field(description="The endpoint's id.")
    previous_expires_in: int = strawberry.field(
        default=86_400,
        description=(
            "How long deliveries are signed with the secret before too, in seconds: 0 to 604,800. With 0 the fresh one "
            "signs alone, and whatever was before it has ended."
        ),
    )


@strawberry.input(description="An event to deliver again.")
class RedeliverInput(Idempotent):
    """Input of redeliver."""

    event_id: strawberry.ID = strawberry.field(description="The event's id, which deliveries bring along as `id`.")
    endpoint_id: strawberry.ID = strawberry.field(description="Where to.")
