"""What there is of webhooks to read: events as they are told, deliveries, attempts; by id, and in lists."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import literal, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId
from storage.columns import Word, is_storable
from storage.dialect import AnyRow, AnySelect, one_of
from storage.events import load_events, read_event
from storage.paging import Cut, Key, Page, count, counts_by_parent, page, pages_by_parent
from storage.rows import events
from storage.rows import webhook_attempts as attempts
from storage.rows import webhook_deliveries as deliveries
from storage.rows import webhook_endpoints as endpoints
from storage.webhook_ids import LETTERS, read_webhook_event_id, webhook_event_id
from storage.webhook_records import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookDeliveryState,
    WebhookEvent,
    WebhookEventType,
    WebhookFailure,
)
from storage.work import RealTimeWork

_PARENTS = {"endpoint": deliveries.c.endpoint_id, "event": deliveries.c.event_id}


@dataclass(frozen=True, slots=True)
class EventsWanted:
    """Which events: of which types, at least one; and of changes that took effect in `[from_, until)`."""

    types: Sequence[WebhookEventType]
    from_: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveriesOf:
    """Names the deliveries to one endpoint, or of one thing told of a stored event: `type` says which.

    All of them (None), or those in some states.
    """

    by: Literal["endpoint", "event"]
    parent: str
    type: WebhookEventType | None = None
    states: tuple[WebhookDeliveryState, ...] | None = None


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Names one page of deliveries."""

    of: DeliveriesOf
    cut: Cut


@dataclass(frozen=True, slots=True)
class AttemptPage:
    """Names one page of the attempts at a delivery."""

    delivery: str
    cut: Cut


async def load_webhook_events(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[str]
) -> dict[str, WebhookEvent]:
    """Events as they are told, by ids of their own; unknown and foreign ones are absent, and those past their time."""
    named = {text: known for text in ids if (known := read_webhook_event_id(text))}
    found = await load_events(connection, environment, [stored for stored, _ in named.values()])
    return {
        text: WebhookEvent(text, type_, found[stored]) for text, (stored, type_) in named.items() if stored in found
    }


async def find_event_under_lock(work: RealTimeWork, id_: str) -> WebhookEvent | None:
    """An event as it is told, which nobody removes before the work has ended; None if there is none, or no longer."""
    known = read_webhook_event_id(id_)
    if known is None or not is_storable(id_):
        return None
    stored, type_ = known
    query = select(events).where(events.c.environment_id == work.environment.id, events.c.id == stored)
    row = (await work.connection.execute(query.with_for_update(read=True, key_share=True))).one_or_none()
    return WebhookEvent(id_, type_, read_event(row)) if row else None


async def page_webhook_events(
    connection: AsyncConnection, environment: EnvironmentId, cut: Cut, wanted: EventsWanted
) -> Page[WebhookEvent]:
    """What is told of an environment's events, the latest first."""
    query, key = _told(environment, wanted)
    return await page(connection, query, key, cut, _read_told)


async def count_webhook_events(connection: AsyncConnection, environment: EnvironmentId, wanted: EventsWanted) -> int:
    """How many `page_webhook_events` goes through."""
    return await count(connection, _told(environment, wanted)[0])


async def load_deliveries(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[str]
) -> dict[str, WebhookDelivery]:
    """The deliveries with these ids; unknown and foreign ones are absent, and those to deleted endpoints."""
    query = _deliveries(environment).where(one_of(deliveries.c.id, ids))
    return {delivery.id: delivery for delivery in map(read_delivery, await connection.execute(query))}


async def load_delivery_pages(
    connection: AsyncConnection, environment: EnvironmentId, pages: Sequence[DeliveryPage]
) -> Mapping[DeliveryPage, Page[WebhookDelivery]]:
    """Pages of deliveries: one statement for all parents that are asked for the same page."""
    alike: defaultdict[tuple[DeliveriesOf, Cut], list[DeliveryPage]] = defaultdict(list)
    for each in pages:
        alike[replace(each.of, parent=""), each.cut].append(each)
    found: dict[DeliveryPage, Page[WebhookDelivery]] = {}
    for (kind, cut), group in alike.items():
        by_parent = await pages_by_parent(
            connection,
            _of_kind(environment, kind),
            Key(deliveries.c.created_at, deliveries.c.id),
            cut,
            read_delivery,
            parent=_PARENTS[kind.by],
            parents=[each.of.parent for each in group],
        )
        found.update((each, by_parent[each.of.parent]) for each in group)
    return found


async def load_delivery_counts(
    connection: AsyncConnection, environment: EnvironmentId, lists: Sequence[DeliveriesOf]
) -> Mapping[DeliveriesOf, int]:
    """How many deliveries there are: one statement for each kind of list."""
    alike: defaultdict[DeliveriesOf, list[str]] = defaultdict(list)
    for each in lists:
        alike[replace(each, parent="")].append(each.parent)
    found: dict[DeliveriesOf, int] = {}
    for kind, parents in alike.items():
        counts = await counts_by_parent(
            connection, _of_kind(environment, kind), parent=_PARENTS[kind.by], parents=parents
        )
        found.update((replace(kind, parent=parent), number) for parent, number in counts.items())
    return found


async def load_attempts(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[str]
) -> dict[str, WebhookAttempt]:
    """The attempts with these ids; unknown and foreign ones are absent, and those at deliveries that are."""
    query = _attempts(environment).where(one_of(attempts.c.id, ids))
    return {attempt.id: attempt for attempt in map(_read_attempt, await connection.execute(query))}


async def load_attempt_pages(
    connection: AsyncConnection, environment: EnvironmentId, pages: Sequence[AttemptPage]
) -> Mapping[AttemptPage, Page[WebhookAttempt]]:
    """Pages of attempts, the latest first: one statement for all deliveries that are asked for the same page."""
    alike: defaultdict[Cut, list[AttemptPage]] = defaultdict(list)
    for each in pages:
        alike[each.cut].append(each)
    found: dict[AttemptPage, Page[WebhookAttempt]] = {}
    for cut, group in alike.items():
        by_parent = await pages_by_parent(
            connection,
            _attempts(environment),
            Key(attempts.c.at, attempts.c.id),
            cut,
            _read_attempt,
            parent=attempts.c.delivery_id,
            parents=[each.delivery for each in group],
        )
        found.update((each, by_parent[each.delivery]) for each in group)
    return found


async def load_attempt_counts(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[str]
) -> Mapping[str, int]:
    """How many attempts there were at deliveries; one statement."""
    return await counts_by_parent(connection, _attempts(environment), parent=attempts.c.delivery_id, parents=ids)


def read_delivery(row: AnyRow) -> WebhookDelivery:
    """A delivery from a row with the table's columns."""
    return WebhookDelivery(
        id=row.id,
        endpoint=row.endpoint_id,
        event=webhook_event_id(row.event_id, WebhookEventType(row.type)),
        created_at=row.created_at,
        state=WebhookDeliveryState(row.state),
        failures=row.failures,
        next_attempt_at=row.next_attempt_at,
        ended_at=row.ended_at,
    )


def _read_attempt(row: AnyRow) -> WebhookAttempt:
    return WebhookAttempt(
        id=row.id,
        delivery=row.delivery_id,
        at=row.at,
        duration_ms=row.duration_ms,
        status_code=row.status_code,
        failure=WebhookFailure(row.failure) if row.failure else None,
        answer=row.answer,
    )


def _told(environment: EnvironmentId, wanted: EventsWanted) -> tuple[AnySelect, Key]:
    """What is told of an environment's events, and its order: by the instant, for which there is an index."""
    letters = union_all(*(select(literal(LETTERS[type_], Word()).label("letter")) for type_ in wanted.types)).subquery()
    query = select(events, letters.c.letter).join_from(events, letters, true())
    if wanted.from_ is not None:
        query = query.where(events.c.at >= wanted.from_)
    if wanted.until is not None:
        query = query.where(events.c.at < wanted.until)
    key = Key(events.c.recorded_at, events.c.id.concat(letters.c.letter))
    return query.where(events.c.environment_id == environment), key


def _read_told(row: AnyRow) -> WebhookEvent:
    type_ = next(type_ for type_, letter in LETTERS.items() if letter == row.letter)
    return WebhookEvent(webhook_event_id(row.id, type_), type_, read_event(row))


_OF_ENDPOINT = (endpoints.c.environment_id == deliveries.c.environment_id) & (
    endpoints.c.id == deliveries.c.endpoint_id
)


def _deliveries(environment: EnvironmentId) -> AnySelect:
    query = select(deliveries).join(endpoints, _OF_ENDPOINT).where(deliveries.c.environment_id == environment)
    return query.where(endpoints.c.deleted_at.is_(None))


def _of_kind(environment: EnvironmentId, kind: DeliveriesOf) -> AnySelect:
    query = _deliveries(environment)
    if kind.type is not None:
        query = query.where(deliveries.c.type == kind.type)
    return query if kind.states is None else query.where(one_of(deliveries.c.state, kind.states))


def _attempts(environment: EnvironmentId) -> AnySelect:
    query = select(attempts).select_from(attempts.join(deliveries).join(endpoints, _OF_ENDPOINT))
    query = query.where(attempts.c.environment_id == environment)
    return query.where(endpoints.c.deleted_at.is_(None))
