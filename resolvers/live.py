"""Following a customer's entitlements: every change once and in order, or the whole set where changes are missing."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass

from entitlements.facts import CustomerId, EnvironmentId
from resolvers.context import Context
from resolvers.customers import find_customer, know_customer, know_deleted_customer
from resolvers.errors import InvalidArgument, NotFound
from resolvers.following import EVENTS_AT_ONCE
from resolvers.references import Reference
from resolvers.revisions import EntitlementsChange, present_effects, present_whole, revision
from resolvers.shared import SharedReads
from storage.current import load_current
from storage.database import Database
from storage.errors import DatabaseUnavailable
from storage.events import load_events_after
from storage.pauses import about
from storage.records import Event

LOOK_SECONDS = 30.0
"""How often it is looked whether a customer is still there of whom nothing is heard: one without any entitlement is
deleted without an event."""

PAUSE_SECONDS = 1.0
"""How long a follower waits on average before it tries again what the database couldn't answer."""


@dataclass(slots=True)
class Moment:
    """What a follower is to be told next: an event or, where events are missing, the whole set as it is by then.

    Once it was told: `reached` is the revision that was told of, and `last` the one that none comes after, as the
    customer was deleted; None if there may be more.
    """

    customer: CustomerId
    event: Event | None
    reached: int = 0
    last: int | None = None


async def follow_entitlements(
    context: Context, by: Reference | None, after_revision: int | None
) -> AsyncGenerator[Moment]:
    """Every change of a customer after a revision; from now on, if None is given. It ends when the customer is deleted.

    Each moment must have been told before the next is asked for. `by`: None for the customer who asks.
    Raises: NotFound, InvalidArgument, DatabaseUnavailable; once it is under way, it waits for the database.
    """
    if after_revision is not None and after_revision < 0:
        raise InvalidArgument("afterRevision", "`afterRevision` must be 0 or more.")
    customer = await _find(context, by)
    known = await know_customer(context, customer)
    if known is None:
        raise _not_found()
    present = revision(known)
    after = present if after_revision is None else after_revision
    # What comes after the last one announced is on its way; of what was announced the oldest may be gone.
    is_behind = after < known.record.announced_revision
    is_cut = after > present or (is_behind and not await _is_there(context, customer, after + 1))
    followed = _Followed(context.database, context.shared, context.environment_id, customer)
    return followed.moments(after, is_cut=is_cut)


async def tell(context: Context, moment: Moment) -> EntitlementsChange:
    """What a moment shows in a context of its own: the lists as of then, the customer as of now.

    Raises: NotFound, RowUnreadable, DatabaseUnavailable.
    """
    known = await know_customer(context, moment.customer)
    if known is None:
        known = await know_deleted_customer(context, moment.customer)
        if known is None:
            raise _not_found()
        moment.last = known.record.announced_revision
    event = moment.event
    if event is None:
        told = await present_whole(context, known)
    else:
        told = await present_effects(context, known, event.revision, event.effects)
    moment.reached = told.revision
    return told


@dataclass(frozen=True, slots=True)
class _Followed:
    """A customer that is followed. Nothing here holds on to what one operation has read."""

    database: Database
    shared: SharedReads
    environment: EnvironmentId
    customer: CustomerId

    async def moments(self, reached: int, *, is_cut: bool) -> AsyncGenerator[Moment]:
        events: deque[Event] = deque()
        while True:
            if is_cut:
                events.clear()
                moment = Moment(self.customer, None)
            else:
                events.extend(() if events else await self._wait_for_events(reached))
                if not events:
                    return
                moment = Moment(self.customer, events.popleft())
                if moment.event is not None and moment.event.revision != reached + 1:
                    is_cut = True
                    continue
            yield moment
            reached, is_cut = moment.reached, False
            if moment.last is not None and moment.last <= reached:
                return

    async def _wait_for_events(self, reached: int) -> list[Event]:
        """What comes next, at least one; none if the customer is gone."""
        while True:
            with suppress(DatabaseUnavailable):
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        return await self.shared.following.after(self.environment, self.customer, reached)
                except TimeoutError:
                    if not await self.shared.look_up(load_current, self.environment, [self.customer]):
                        return await _load_events(self.database, self.environment, self.customer, reached)
                    continue
            await asyncio.sleep(about(PAUSE_SECONDS))


async def _find(context: Context, by: Reference | None) -> CustomerId:
    if by is not None:
        found = await find_customer(context, by)
        if found is None:
            raise _not_found()
        return found.id
    caller = context.caller
    if caller is None or not caller.is_session:
        message = "Say which `customer` to follow: only a customer's own session may leave it out."
        raise InvalidArgument("customer", message)
    if caller.customer is None:
        raise _not_found()
    return caller.customer


async def _is_there(context: Context, customer: CustomerId, wanted: int) -> bool:
    found = await _load_events(context.database, context.environment_id, customer, wanted - 1, 1)
    return bool(found) and found[0].revision == wanted


async def _load_events(
    database: Database, environment: EnvironmentId, customer: CustomerId, after: int, at_most: int = EVENTS_AT_ONCE
) -> list[Event]:
    async with database.read() as connection:
        return await load_events_after(connection, environment, customer, after, at_most)


def _not_found() -> NotFound:
    return NotFound("customer", "There is no such customer.")
