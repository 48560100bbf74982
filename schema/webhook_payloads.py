"""Payloads of the mutations of webhooks."""

import strawberry

from schema.payloads import Payload
from schema.webhook import WebhookDelivery, WebhookEndpoint

_SHOWN_ONCE = (
    "What deliveries are signed with, for Stripe's library and that of Standard Webhooks alike. Shown this once: it is "
    "null when the request is answered again under its idempotency key. Null if it was refused."
)


@strawberry.type
class WebhookEndpointPayload(Payload):
    """A payload with an endpoint."""

    webhook_endpoint: WebhookEndpoint | None = strawberry.field(
        default=None, description="The endpoint; null if it was refused."
    )


@strawberry.type(description="What createWebhookEndpoint answers.")
class CreateWebhookEndpointPayload(WebhookEndpointPayload):
    """Payload of createWebhookEndpoint."""

    secret: str | None = strawberry.field(default=None, description=_SHOWN_ONCE)


@strawberry.type(description="What updateWebhookEndpoint answers.")
class UpdateWebhookEndpointPayload(WebhookEndpointPayload):
    """Payload of updateWebhookEndpoint."""


@strawberry.type(description="What deleteWebhookEndpoint answers: the endpoint as it last was.")
class DeleteWebhookEndpointPayload(WebhookEndpointPayload):
    """Payload of deleteWebhookEndpoint."""


@strawberry.type(description="What rotateWebhookSecret answers.")
class RotateWebhookSecretPayload(WebhookEndpointPayload):
    """Payload of rotateWebhookSecret."""

    secret: str | None = strawberry.field(default=None, description=_SHOWN_ONCE)


@strawberry.type(description="What redeliver answers.")
class RedeliverPayload(Payload):
    """Payload of redeliver."""

    webhook_delivery: WebhookDelivery | None = strawberry.field(
        default=None, description="The delivery, on its way; null if it was refused."
    )
