"""Mutations of webhooks."""

import strawberry

from resolvers import webhook_endpoints, webhook_events
from resolvers.callers import Scope
from resolvers.context import Context
from schema import webhook_inputs as inputs
from schema import webhook_payloads as payloads
from schema.carrying_out import Parts, carry_out
from schema.given import Given, or_absent, or_none
from schema.info import Info
from schema.node import Node
from schema.permissions import Requires
from schema.webhook import WebhookDelivery, WebhookEndpoint


@strawberry.type
class WebhookMutations:
    """Mutations of webhooks."""

    @strawberry.mutation(
        description=(
            "Adds an endpoint: every effective change of entitlements after the answer is delivered to it until it "
            "confirms, for more than 80 hours. An environment has at most 16; one more is refused with TOO_MANY."
        ),
        extensions=[Requires(Scope.WEBHOOKS_WRITE)],
    )
    async def create_webhook_endpoint(
        self,
        info: Info,
        input: Given[inputs.CreateWebhookEndpointInput],  # noqa: A002 - Relay's name
    ) -> payloads.CreateWebhookEndpointPayload | None:
        """createWebhookEndpoint."""

        async def write(context: Context) -> Parts:
            shown = await webhook_endpoints.create_webhook_endpoint(
                context,
                url=input.url,
                enabled_events=input.enabled_events,
                ordered=input.ordered,
                description=or_none(input.description),
                metadata=or_none(input.metadata),
            )
            return {"webhook_endpoint": WebhookEndpoint.of(context, shown.endpoint), "secret": shown.secret}

        return await carry_out(info, payloads.CreateWebhookEndpointPayload, input, write)

    @strawberry.mutation(
        description=(
            "Changes an endpoint, disables it, or enables it again. What waits is tried at once when it is enabled, "
            "sent elsewhere, or delivered in another order."
        ),
        extensions=[Requires(Scope.WEBHOOKS_WRITE)],
    )
    async def update_webhook_endpoint(
        self,
        info: Info,
        input: Given[inputs.UpdateWebhookEndpointInput],  # noqa: A002 - Relay's name
    ) -> payloads.UpdateWebhookEndpointPayload | None:
        """updateWebhookEndpoint."""

        async def write(context: Context) -> Parts:
            made = await webhook_endpoints.update_webhook_endpoint(
                context,
                input.id,
                url=or_absent(input.url),
                enabled_events=or_absent(input.enabled_events),
                ordered=or_absent(input.ordered),
                description=or_absent(input.description),
                metadata=or_absent(input.metadata),
                status=or_absent(input.status),
            )
            return {"webhook_endpoint": WebhookEndpoint.of(context, made)}

        return await carry_out(info, payloads.UpdateWebhookEndpointPayload, input, write)

    @strawberry.mutation(
        description="Deletes an endpoint. What still waited for it is not delivered, and its secrets are forgotten.",
        extensions=[Requires(Scope.WEBHOOKS_WRITE)],
    )
    async def delete_webhook_endpoint(
        self,
        info: Info,
        input: Given[inputs.DeleteWebhookEndpointInput],  # noqa: A002 - Relay's name
    ) -> payloads.DeleteWebhookEndpointPayload | None:
        """deleteWebhookEndpoint."""

        async def write(context: Context) -> Parts:
            deleted = await webhook_endpoints.delete_webhook_endpoint(context, input.id)
            return {"webhook_endpoint": WebhookEndpoint.of(context, deleted)}

        return await carry_out(info, payloads.DeleteWebhookEndpointPayload, input, write, replay=_load_deleted)

    @strawberry.mutation(
        description=(
            "Gives an endpoint another secret. For some time deliveries are signed with the one before too, so that a "
            "receiver can change over when it likes; and those before that stay good to their ends, up to 8 altogether."
        ),
        extensions=[Requires(Scope.WEBHOOKS_WRITE)],
    )
    async def rotate_webhook_secret(
        self,
        info: Info,
        input: Given[inputs.RotateWebhookSecretInput],  # noqa: A002 - Relay's name
    ) -> payloads.RotateWebhookSecretPayload | None:
        """rotateWebhookSecret."""

        async def write(context: Context) -> Parts:
            shown = await webhook_endpoints.rotate_webhook_secret(
                context, input.id, previous_expires_in=input.previous_expires_in
            )
            return {"webhook_endpoint": WebhookEndpoint.of(context, shown.endpoint), "secret": shown.secret}

        return await carry_out(info, payloads.RotateWebhookSecretPayload, input, write)

    @strawberry.mutation(
        description=(
            "Delivers an event to an endpoint at once, whatever became of it before and whatever types the endpoint "
            "wants otherwise. To one that is disabled it waits; and to one that is ordered, for the customer's earlier "
            "events that are on their way."
        ),
        extensions=[Requires(Scope.WEBHOOKS_WRITE)],
    )
    async def redeliver(
        self,
        info: Info,
        input: Given[inputs.RedeliverInput],  # noqa: A002 - Relay's name
    ) -> payloads.RedeliverPayload | None:
        """redeliver."""

        async def write(context: Context) -> Parts:
            delivery = await webhook_events.redeliver(context, event_id=input.event_id, endpoint_id=input.endpoint_id)
            return {"webhook_delivery": WebhookDelivery.of(context, delivery)}

        return await carry_out(info, payloads.RedeliverPayload, input, write)


async def _load_deleted(context: Context, endpoint: str) -> Node | None:
    """The endpoint of a deletion that was carried out before, as it last was."""
    found = await webhook_endpoints.find_deleted_webhook_endpoint(context, endpoint)
    return WebhookEndpoint.of(context, found) if found else None
