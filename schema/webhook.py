"""Webhooks: where events are delivered, what is told, and how it went. Types that speak of each other."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Self, TypeVar, cast

import strawberry
from strawberry import UNSET

from execution import batched
from resolvers.context import Context
from resolvers.errors import InvalidArgument
from resolvers.paging import Listing
from resolvers.webhook_endpoints import WebhookEndpointStatus
from resolvers.webhook_events import list_attempts, list_deliveries
from schema.connection import After, Before, Connection, First, Last, connect, page_arguments
from schema.customer import Customer
from schema.info import Info
from schema.node import Node, id_of
from schema.permissions import CUSTOMERS, Requires
from schema.scalars import Metadata
from schema.showing import shows
from schema.webhook_bodies import load_bodies
from storage import webhook_records as records
from storage.webhook_lists import DeliveriesOf
from storage.webhook_records import WebhookDeliveryState, WebhookDisabledReason, WebhookFailure

R = TypeVar("R")

State = Annotated[
    list[WebhookDeliveryState] | None, strawberry.argument(description="Only those in one of these states.")
]


@strawberry.type(description="A URL of a back end that events are delivered to. It lives by real time.")
class WebhookEndpoint(Node):
    """An endpoint as its owner sees it: never with its secret."""

    record: strawberry.Private[records.WebhookEndpoint]
    id: strawberry.ID = id_of("record.id")
    url: str = shows("record.url", "Where deliveries are sent, by POST.")
    enabled_events: list[str] = shows("record.enabled_events", "The types of events that it wants; `*` for all.")
    ordered: bool = shows(
        "record.is_ordered",
        "Whether a customer's events are delivered one after the other: one that fails holds back those after it.",
    )
    description: str | None = shows("record.description", "What it is for, in up to 500 characters.")
    metadata: Metadata = shows("record.metadata", "The owner's own notes on it.")
    disabled_at: datetime | None = shows("record.disabled_at", "Since when events wait; null while it is enabled.")
    disabled_reason: WebhookDisabledReason | None = shows("record.disabled_reason", "Why they do; null while enabled.")
    failing_since: datetime | None = shows(
        "record.failing_since",
        "Since when every attempt has failed; null after one that didn't. After `webhook_disable_days` of it (5 unless "
        "the operator says otherwise) the endpoint is disabled.",
    )
    previous_secret_expires_at: datetime | None = shows(
        "record.previous_secret_until",
        "Until when deliveries are signed with a secret before this one too, if that isn't past; null if it was never "
        "rotated, or last with `previousExpiresIn: 0`.",
    )
    livemode: bool = strawberry.field(description="Whether it is of a live environment.")
    created_at: datetime = shows("record.created_at", "When it was created.")

    @classmethod
    def of(cls, context: Context, record: records.WebhookEndpoint) -> Self:
        """An endpoint as its owner sees it."""
        return cls(record=record, livemode=context.environment.livemode)

    @strawberry.field(description="Whether events are delivered to it.")
    def status(self) -> WebhookEndpointStatus:
        """By when it was disabled."""
        return WebhookEndpointStatus.ENABLED if self.record.disabled_at is None else WebhookEndpointStatus.DISABLED

    @strawberry.field(description="What was to be delivered to it, the latest first, for as long as events are kept.")
    @batched
    @staticmethod
    async def deliveries(
        endpoints: Sequence["WebhookEndpoint"],
        info: Info,
        state: State = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> list[Connection["WebhookDelivery"]]:
        """Deliveries, by endpoint."""
        states = tuple(state) if state else None
        parents = [each.record.id for each in endpoints]
        lists = [DeliveriesOf("endpoint", parent, states=states) for parent in parents]
        listings = await list_deliveries(info.context, lists, parents, page_arguments(first, after, last, before))
        return _connected(listings, lambda each: WebhookDelivery.of(info.context, each))


@strawberry.type(description="One of the things that are told of an effective change of a customer's entitlements.")
class WebhookEvent(Node):
    """An event as webhooks tell it."""

    record: strawberry.Private[records.WebhookEvent]
    id: strawberry.ID = id_of("record.id")
    type: str = shows("record.type", "What is told, such as `entitlements.changed`.")
    customer_id: strawberry.ID = shows("record.event.customer", "Whose entitlements changed.")
    revision: int = shows("record.event.revision", "The customer's revision that the change made.")
    at: datetime = shows("record.event.at", "When the change took effect.")
    livemode: bool = strawberry.field(description="Whether it is of a live environment.")
    created_at: datetime = shows("record.event.recorded_at", "When it was announced, in real time.")

    @classmethod
    def of(cls, context: Context, record: records.WebhookEvent) -> Self:
        """An event as webhooks tell it."""
        return cls(record=record, livemode=context.environment.livemode)

    @strawberry.field(
        description="Whose entitlements changed; null once deleted.",
        extensions=[Requires(CUSTOMERS)],
    )
    async def customer(self, info: Info) -> Customer | None:
        """The customer as of now."""
        found = await info.context.loaders.customers.load(self.record.event.customer)
        return Customer.of(info.context, found) if found else None

    @strawberry.field(description="The body that is sent, a JSON text: the same at every attempt.")
    @batched
    @staticmethod
    async def payload(events: Sequence["WebhookEvent"], info: Info) -> list[str]:
        """The bodies."""
        return [body.decode() for body in await load_bodies(info.context, [each.record for each in events])]

    @strawberry.field(description="Its deliveries to endpoints, the latest first.")
    @batched
    @staticmethod
    async def deliveries(
        events: Sequence["WebhookEvent"],
        info: Info,
        state: State = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> list[Connection["WebhookDelivery"]]:
        """Deliveries, by event."""
        states = tuple(state) if state else None
        lists = [DeliveriesOf("event", each.record.event.id, each.record.type, states) for each in events]
        parents = [each.record.id for each in events]
        listings = await list_deliveries(info.context, lists, parents, page_arguments(first, after, last, before))
        return _connected(listings, lambda each: WebhookDelivery.of(info.context, each))


@strawberry.type(description="An event on its way to an endpoint. It lives by real time.")
class WebhookDelivery(Node):
    """A delivery as clients see it."""

    record: strawberry.Private[records.WebhookDelivery]
    id: strawberry.ID = id_of("record.id")
    state: WebhookDeliveryState = shows("record.state", "What has become of it.")
    next_attempt_at: datetime | None = shows(
        "record.next_attempt_at",
        "When it is tried, or is to be tried again, at the earliest; null once it has ended. Where it waits for an "
        "earlier event it is tried once that has ended, and this is when that is seen to at the latest.",
    )
    ended_at: datetime | None = shows("record.ended_at", "When it was confirmed or given up; null while pending.")
    livemode: bool = strawberry.field(description="Whether it is of a live environment.")
    created_at: datetime = shows("record.created_at", "When it came to be.")

    @classmethod
    def of(cls, context: Context, record: records.WebhookDelivery) -> Self:
        """A delivery as clients see it."""
        return cls(record=record, livemode=context.environment.livemode)

    @strawberry.field(description="Where it goes; null once the endpoint was deleted.")
    @batched
    @staticmethod
    async def endpoint(deliveries: Sequence["WebhookDelivery"], info: Info) -> list[WebhookEndpoint | None]:
        """The endpoints, each loaded once."""
        found = await info.context.loaders.webhook_endpoints.load_all(each.record.endpoint for each in deliveries)
        return [WebhookEndpoint.of(info.context, each) if each else None for each in found]

    @strawberry.field(description="What is delivered; null once the event's time is past.")
    @batched
    @staticmethod
    async def event(deliveries: Sequence["WebhookDelivery"], info: Info) -> list[WebhookEvent | None]:
        """The events, each loaded once."""
        found = await info.context.loaders.webhook_events.load_all(each.record.event for each in deliveries)
        return [WebhookEvent.of(info.context, each) if each else None for each in found]

    @strawberry.field(description="How it was tried, the latest first.")
    @batched
    @staticmethod
    async def attempts(
        deliveries: Sequence["WebhookDelivery"],
        info: Info,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> list[Connection["WebhookAttempt"]]:
        """Attempts, by delivery."""
        parents = [each.record.id for each in deliveries]
        listings = await list_attempts(info.context, parents, page_arguments(first, after, last, before))
        return _connected(listings, lambda each: WebhookAttempt.of(info.context, each))


@strawberry.type(description="One attempt at a delivery.")
class WebhookAttempt(Node):
    """An attempt as clients see it."""

    record: strawberry.Private[records.WebhookAttempt]
    id: strawberry.ID = id_of("record.id")
    at: datetime = shows("record.at", "When it began.")
    duration_ms: int = shows("record.duration_ms", "How long it took, in milliseconds.")
    status_code: int | None = shows(
        "record.status_code", "The HTTP status that was answered, of which 200 to 299 confirm; null without an answer."
    )
    failure: WebhookFailure | None = shows("record.failure", "Why there was no answer; null with one.")
    answer: str | None = shows(
        "record.answer", "How the answer's body begins, in at most 1,000 characters; null without an answer."
    )
    livemode: bool = strawberry.field(description="Whether it is of a live environment.")

    @classmethod
    def of(cls, context: Context, record: records.WebhookAttempt) -> Self:
        """An attempt as clients see it."""
        return cls(record=record, livemode=context.environment.livemode)

    @strawberry.field(description="What was tried; null once the event's time is past.")
    @batched
    @staticmethod
    async def delivery(attempts: Sequence["WebhookAttempt"], info: Info) -> list[WebhookDelivery | None]:
        """The deliveries, each loaded once."""
        found = await info.context.loaders.webhook_deliveries.load_all(each.record.delivery for each in attempts)
        return [WebhookDelivery.of(info.context, each) if each else None for each in found]


def _connected(listings: Sequence[Listing[R] | InvalidArgument], present: Callable[[R], Any]) -> list[Connection[Any]]:
    """A connection for each list, or the exception to raise there: in a batch that is the error of its place alone."""
    pages = [each if isinstance(each, InvalidArgument) else connect(each, present) for each in listings]
    return cast("list[Connection[Any]]", pages)
