"""Where webhooks go: `/v1/webhook_endpoints`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic.json_schema import SkipJsonSchema

from entitlements.facts import Metadata
from gateway.rest.endpoints import Call, Endpoints
from gateway.rest.errors import missing
from gateway.rest.lists import ListOf, list_of, page_of
from gateway.rest.moments import seconds
from gateway.rest.parameters import FLAG, ID, METADATA, NEW_METADATA, Listed, ListParameters, Parameters, text
from resolvers import webhook_endpoints
from resolvers.callers import Access, Scope
from resolvers.context import Context
from resolvers.references import ABSENT, Absent
from resolvers.validation import MetadataChange
from resolvers.webhook_endpoints import DESCRIPTION_LENGTH, WebhookEndpointStatus
from storage import webhook_records
from storage.paging import Position

READ = Access(Scope.WEBHOOKS_READ)
WRITE = Access(Scope.WEBHOOKS_WRITE)

WEBHOOK_ENDPOINTS = Endpoints()


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """Somewhere that events are delivered to."""

    id: str
    object: Literal["webhook_endpoint"]
    created: int
    description: str | None
    enabled_events: Sequence[str]
    livemode: bool
    metadata: Metadata
    status: Literal["enabled", "disabled"]
    url: str

    @classmethod
    def of(cls, context: Context, endpoint: webhook_records.WebhookEndpoint, **more: str) -> Self:
        """An endpoint as it is shown; `more`: what is shown once."""
        return cls(
            id=endpoint.id,
            object="webhook_endpoint",
            created=seconds(endpoint.created_at),
            description=endpoint.description,
            enabled_events=endpoint.enabled_events,
            livemode=context.environment.livemode,
            metadata=endpoint.metadata,
            status="enabled" if endpoint.disabled_at is None else "disabled",
            url=endpoint.url,
            **more,
        )


@dataclass(frozen=True, slots=True)
class NewWebhookEndpoint(WebhookEndpoint):
    """One that was just made, with the secret that its deliveries are signed with."""

    secret: str


@dataclass(frozen=True, slots=True)
class DeletedWebhookEndpoint:
    """An endpoint that was deleted."""

    id: str
    object: Literal["webhook_endpoint"]
    deleted: Literal[True]


class WebhookEndpointData(Parameters):
    """Of a new endpoint."""

    url: Annotated[str, text()]
    """Where to deliver to."""
    enabled_events: Annotated[tuple[Annotated[str, ID], ...], Listed()]
    """Which types of events; `*` for all."""
    description: Annotated[str | None, text(DESCRIPTION_LENGTH)] = None
    """What it is for."""
    metadata: Annotated[MetadataChange | None, NEW_METADATA] = None
    """Your own notes on it."""


class WebhookEndpointChanges(Parameters):
    """Changes to an endpoint; what is left out stays as it is."""

    url: Annotated[str | SkipJsonSchema[Absent], text()] = ABSENT
    """Where to deliver to."""
    enabled_events: Annotated[tuple[Annotated[str, ID], ...] | None, Listed()] = None
    """Which types of events; `*` for all."""
    description: Annotated[str | SkipJsonSchema[Absent], text(DESCRIPTION_LENGTH, may_be_empty=True)] = ABSENT
    """What it is for; an empty text unsets it."""
    disabled: Annotated[bool | SkipJsonSchema[Absent], FLAG] = ABSENT
    """True: what is to be delivered waits until it is false."""
    metadata: Annotated[MetadataChange | SkipJsonSchema[Absent] | None, METADATA] = ABSENT
    """Entries to set; an empty value unsets its key, and an empty text for `metadata` itself unsets all."""

    @property
    def status(self) -> WebhookEndpointStatus | Absent:
        """What it is to be, if that is said."""
        if self.disabled is ABSENT:
            return ABSENT
        return WebhookEndpointStatus.DISABLED if self.disabled else WebhookEndpointStatus.ENABLED


async def find_endpoint(call: Call[Parameters], id_: str) -> WebhookEndpoint | None:
    """An endpoint by its id as it is shown."""
    found = await call.context.loaders.webhook_endpoints.load(id_)
    return WebhookEndpoint.of(call.context, found) if found else None


async def _deleted(_: Call[Parameters], id_: str) -> DeletedWebhookEndpoint:
    return DeletedWebhookEndpoint(id_, "webhook_endpoint", deleted=True)


@WEBHOOK_ENDPOINTS.post("/v1/webhook_endpoints", WRITE, find_endpoint)
async def create_webhook_endpoint(call: Call[WebhookEndpointData]) -> NewWebhookEndpoint:
    """Adds an endpoint, which is told of every event from now on. Its secret is shown this once."""
    given = call.given
    made = await webhook_endpoints.create_webhook_endpoint(
        call.context,
        url=given.url,
        enabled_events=given.enabled_events,
        ordered=False,
        description=given.description,
        metadata=given.metadata,
    )
    return NewWebhookEndpoint.of(call.context, made.endpoint, secret=made.secret)


@WEBHOOK_ENDPOINTS.get("/v1/webhook_endpoints", READ)
async def list_webhook_endpoints(call: Call[ListParameters]) -> ListOf[WebhookEndpoint]:
    """Lists endpoints, newest first."""

    async def find(id_: str) -> Position | None:
        found = await call.context.loaders.webhook_endpoints.load(id_)
        return (found.created_at, found.id) if found else None

    page = await page_of(call, "webhook_endpoint", find)
    listing = await webhook_endpoints.list_webhook_endpoints(call.context, page)
    return list_of(call, listing.page, [WebhookEndpoint.of(call.context, each) for each in listing.page.items])


@WEBHOOK_ENDPOINTS.get("/v1/webhook_endpoints/{id}", READ)
async def retrieve_webhook_endpoint(call: Call[Parameters]) -> WebhookEndpoint:
    """Retrieves an endpoint, without its secret."""
    found = await find_endpoint(call, call.id)
    if found is None:
        raise missing("webhook_endpoint", call.id)
    return found


@WEBHOOK_ENDPOINTS.post("/v1/webhook_endpoints/{id}", WRITE, find_endpoint)
async def update_webhook_endpoint(call: Call[WebhookEndpointChanges]) -> WebhookEndpoint:
    """Changes an endpoint, and disables or enables it."""
    given = call.given
    updated = await webhook_endpoints.update_webhook_endpoint(
        call.context,
        call.id,
        url=given.url,
        enabled_events=ABSENT if given.enabled_events is None else given.enabled_events,
        description=given.description or None,
        metadata=given.metadata,
        status=given.status,
    )
    return WebhookEndpoint.of(call.context, updated)


@WEBHOOK_ENDPOINTS.delete("/v1/webhook_endpoints/{id}", WRITE, _deleted)
async def delete_webhook_endpoint(call: Call[Parameters]) -> DeletedWebhookEndpoint:
    """Deletes an endpoint, and what still waited for it."""
    deleted = await webhook_endpoints.delete_webhook_endpoint(call.context, call.id)
    return await _deleted(call, deleted.id)
