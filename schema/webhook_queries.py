"""Queries of webhooks."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from resolvers.webhook_endpoints import list_webhook_endpoints
from resolvers.webhook_events import list_webhook_events
from schema.connection import After, Before, Connection, First, Last, connect, page_arguments
from schema.info import Info
from schema.permissions import WEBHOOKS, Requires
from schema.webhook import WebhookEndpoint, WebhookEvent


@strawberry.type
class WebhookQueries:
    """Queries of webhooks."""

    @strawberry.field(
        description="A webhook endpoint; null if there is none.",
        extensions=[Requires(WEBHOOKS)],
    )
    async def webhook_endpoint(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="A public id.")],  # noqa: A002 - the contract's name
    ) -> WebhookEndpoint | None:
        """One endpoint."""
        found = await info.context.loaders.webhook_endpoints.load(id)
        return WebhookEndpoint.of(info.context, found) if found else None

    @strawberry.field(
        description="The environment's webhook endpoints, newest first.",
        extensions=[Requires(WEBHOOKS)],
    )
    async def webhook_endpoints(
        self,
        info: Info,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[WebhookEndpoint] | None:
        """The endpoints."""
        listing = await list_webhook_endpoints(info.context, page_arguments(first, after, last, before))
        return connect(listing, lambda each: WebhookEndpoint.of(info.context, each))

    @strawberry.field(
        description="What webhooks tell of the environment, whether or not anybody wants it; the latest first.",
        extensions=[Requires(WEBHOOKS)],
    )
    async def webhook_events(
        self,
        info: Info,
        type: Annotated[  # noqa: A002 - as the field it goes by
            str | None, strawberry.argument(description="Only events of this type, such as `entitlements.changed`.")
        ] = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[WebhookEvent] | None:
        """The events."""
        listing = await list_webhook_events(
            info.context, page_arguments(first, after, last, before), types=(type,) if isinstance(type, str) else None
        )
        return connect(listing, lambda each: WebhookEvent.of(info.context, each))
