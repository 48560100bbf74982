"""Events as webhooks tell them, and how their deliveries went."""

from collections.abc import Container, Sequence
from datetime import datetime

from resolvers.context import Context
from resolvers.errors import InvalidArgument, Problems, Refused, UserErrorCode
from resolvers.paging import Listing, PageArguments, list_all, nothing, read_cut, try_to_read_cut
from storage import webhook_lists
from storage.paging import Cut, Page, Position
from storage.unit_of_work import RealTimeWork, write_in_real_time
from storage.webhook_endpoints import find_endpoint_under_lock
from storage.webhook_lists import AttemptPage, DeliveriesOf, DeliveryPage, EventsWanted
from storage.webhook_outbox import queue_again
from storage.webhook_records import WebhookAttempt, WebhookDelivery, WebhookEvent, WebhookEventType


async def list_webhook_events(
    context: Context,
    arguments: PageArguments,
    *,
    types: Container[str] | None,
    from_: datetime | None = None,
    until: datetime | None = None,
) -> Listing[WebhookEvent]:
    """The environment's events, of all types (None) or some, the latest first. Those past their time are gone.

    `from_`, `until`: only those of changes that took effect from the one on and before the other.
    """
    scope = context.scope("webhookEvents")
    wanted = EventsWanted([each for each in WebhookEventType if types is None or each in types], from_, until)
    if not wanted.types:
        return list_all(scope, arguments, [], _position)
    cut = read_cut(scope, arguments)

    async def count() -> int:
        async with context.database.read() as connection:
            return await webhook_lists.count_webhook_events(connection, context.environment_id, wanted)

    async with context.database.read() as connection:
        page = await webhook_lists.page_webhook_events(connection, context.environment_id, cut, wanted)
    return Listing(scope, page, _position, count)


async def list_deliveries(
    context: Context, lists: Sequence[DeliveriesOf], parents: Sequence[str], arguments: PageArguments
) -> list[Listing[WebhookDelivery] | InvalidArgument]:
    """The deliveries of endpoints or events, the latest first. `parents`: their ids, which their cursors belong to.

    Where the arguments are wrong, as a cursor is for all lists but its own, it is what is wrong with them.
    """
    scopes = [context.scope("webhookDeliveries", of.by, parent) for of, parent in zip(lists, parents, strict=True)]
    cuts = [try_to_read_cut(scope, arguments) for scope in scopes]
    wanted = [DeliveryPage(of, cut) for of, cut in zip(lists, cuts, strict=True) if isinstance(cut, Cut)]
    pages = iter(await context.loaders.webhook_delivery_pages.load_all(wanted))
    return [
        _deliveries(context, of, scope, next(pages)) if isinstance(cut, Cut) else cut
        for of, scope, cut in zip(lists, scopes, cuts, strict=True)
    ]


async def list_attempts(
    context: Context, deliveries: Sequence[str], arguments: PageArguments
) -> list[Listing[WebhookAttempt] | InvalidArgument]:
    """The attempts at deliveries, the latest first; or what is wrong with the arguments."""
    scopes = [context.scope("webhookAttempts", delivery) for delivery in deliveries]
    cuts = [try_to_read_cut(scope, arguments) for scope in scopes]
    wanted = [
        AttemptPage(delivery, cut) for delivery, cut in zip(deliveries, cuts, strict=True) if isinstance(cut, Cut)
    ]
    pages = iter(await context.loaders.webhook_attempt_pages.load_all(wanted))
    return [
        _attempts(context, delivery, scope, next(pages)) if isinstance(cut, Cut) else cut
        for delivery, scope, cut in zip(deliveries, scopes, cuts, strict=True)
    ]


async def redeliver(context: Context, *, event_id: str, endpoint_id: str) -> WebhookDelivery:
    """Has an event delivered to an endpoint at once, whatever became of it before."""

    async def command(work: RealTimeWork) -> str:
        problems = Problems()
        told = await webhook_lists.find_event_under_lock(work, event_id)
        endpoint = await find_endpoint_under_lock(work, endpoint_id)
        if told is None:
            problems.add(UserErrorCode.NOT_FOUND, "There is no such event, or no longer.", "event_id")
        if endpoint is None:
            problems.add(UserErrorCode.NOT_FOUND, "There is no such endpoint.", "endpoint_id")
        if told is None or endpoint is None:
            raise Refused(problems.errors)
        work.result_id = await queue_again(work, told, endpoint.id)
        return work.result_id

    id_ = await write_in_real_time(context.database, context.environment_id, command, idempotency=context.idempotency)
    context.loaders.clear(context.now)
    delivery = await context.loaders.webhook_deliveries.load(id_)
    if delivery is None:
        raise LookupError(id_)
    return delivery


def _position(told: WebhookEvent) -> Position:
    return told.event.recorded_at, told.id


def _deliveries(
    context: Context, of: DeliveriesOf, scope: str, page: Page[WebhookDelivery] | None
) -> Listing[WebhookDelivery]:
    async def count() -> int:
        return await context.loaders.webhook_delivery_counts.load(of) or 0

    return Listing(scope, page or nothing(), lambda delivery: (delivery.created_at, delivery.id), count)


def _attempts(
    context: Context, delivery: str, scope: str, page: Page[WebhookAttempt] | None
) -> Listing[WebhookAttempt]:
    async def count() -> int:
        return await context.loaders.webhook_attempt_counts.load(delivery) or 0

    return Listing(scope, page or nothing(), lambda attempt: (attempt.at, attempt.id), count)
