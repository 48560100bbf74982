"""Events as webhooks tell them: `/v1/events`."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, Self

import orjson
from pydantic import Field, model_validator

from gateway.rest.endpoints import Call, Endpoints
from gateway.rest.errors import ParameterWrong, missing
from gateway.rest.lists import ListOf, list_of, page_of
from gateway.rest.moments import next_second
from gateway.rest.parameters import ID, MOMENT, Group, Listed, ListParameters, Parameters
from resolvers import webhook_events
from resolvers.callers import Access, Scope
from schema.webhook_bodies import load_bodies
from storage.paging import Position
from storage.webhook_records import WebhookEventType

READ = Access(Scope.WEBHOOKS_READ)

EVENTS = Endpoints()

TYPES_AT_ONCE = 20
"""How many types can be asked for. Source: Stripe."""

Event = dict[str, Any]
"""An event, the very body that webhooks deliver."""


class Created(Group):
    """A stretch of time. A number in its place is the one second."""

    gt: Annotated[datetime | None, MOMENT] = None
    """After this second."""
    gte: Annotated[datetime | None, MOMENT] = None
    """From this second on."""
    lt: Annotated[datetime | None, MOMENT] = None
    """Before this second."""
    lte: Annotated[datetime | None, MOMENT] = None
    """Until this second, all of it."""

    @model_validator(mode="before")
    @classmethod
    def _one_second(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        MOMENT.read(value)
        return {"gte": value, "lte": value}

    @property
    def from_(self) -> datetime | None:
        """The first instant of it; None, if it has no beginning."""
        return max(filter(None, (self.gte, self.gt and next_second(self.gt))), default=None)

    @property
    def until(self) -> datetime | None:
        """The first instant after it; None, if it has no end."""
        return min(filter(None, (self.lt, self.lte and next_second(self.lte))), default=None)


class EventsWanted(ListParameters):
    """Which events to list."""

    created: Created = Field(default_factory=Created)
    """Only those whose `created` is of this time."""
    type: Annotated[str | None, ID] = None
    """Only those of a type, or of all that begin with what stands before a final `*`."""
    types: Annotated[tuple[Annotated[str, ID], ...], Listed(TYPES_AT_ONCE)] = ()
    """Only those of these types; not together with `type`."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.type is not None and self.types:
            raise ParameterWrong("Pass `type` or `types`, not both.", "parameters_exclusive", "types")
        return self

    @property
    def wanted(self) -> Collection[str] | None:
        """The types that are wanted, None for all."""
        if self.type is None:
            return self.types or None
        beginning, star, rest = self.type.partition("*")
        if not star or rest:
            return (self.type,)
        return [each for each in WebhookEventType if each.startswith(beginning)]


@EVENTS.get("/v1/events", READ)
async def list_events(call: Call[EventsWanted]) -> ListOf[Event]:
    """Lists events, the latest first, for as long as they are kept."""

    async def find(id_: str) -> Position | None:
        found = await call.context.loaders.webhook_events.load(id_)
        return (found.event.recorded_at, found.id) if found else None

    page = await page_of(call, "event", find)
    given = call.given
    listing = await webhook_events.list_webhook_events(
        call.context, page, types=given.wanted, from_=given.created.from_, until=given.created.until
    )
    bodies = await load_bodies(call.context, listing.page.items)
    return list_of(call, listing.page, [orjson.loads(body) for body in bodies])


@EVENTS.get("/v1/events/{id}", READ)
async def retrieve_event(call: Call[Parameters]) -> Event:
    """Retrieves an event, for as long as it is kept."""
    found = await call.context.loaders.webhook_events.load(call.id)
    if found is None:
        raise missing("event", call.id)
    [body] = await load_bodies(call.context, [found])
    return orjson.loads(body)
