"""Webhook endpoints: where a back end wants to be told of events."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from resolvers.context import Context
from resolvers.errors import Problems, Refused, UserErrorCode
from resolvers.paging import Listing, PageArguments, read_cut
from resolvers.references import ABSENT, Absent
from resolvers.validation import (
    MetadataChange,
    changed_metadata,
    check_optional_text,
    new_metadata,
)
from storage import webhook_endpoints
from storage.unit_of_work import RealTimeWork, write_in_real_time
from storage.webhook_records import EVERY_EVENT, WebhookEndpoint, WebhookEventType

T = TypeVar("T")

ENDPOINTS_AT_MOST = 16
"""How many endpoints an environment has. Source: Stripe."""

DESCRIPTION_LENGTH = 500

LONGEST_GRACE_SECONDS = 604_800
"""How long a secret may go on signing beside the one in its place: a week."""


class WebhookEndpointStatus(StrEnum):
    """Whether events are delivered to an endpoint, or wait."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"


@dataclass(frozen=True, slots=True)
class ShownEndpoint:
    """An endpoint with a fresh secret, which nobody can be told again."""

    endpoint: WebhookEndpoint
    secret: str = field(repr=False)


async def list_webhook_endpoints(context: Context, arguments: PageArguments) -> Listing[WebhookEndpoint]:
    """The environment's endpoints, newest first."""
    scope = context.scope("webhookEndpoints")
    cut = read_cut(scope, arguments)

    async def count() -> int:
        async with context.database.read() as connection:
            return await webhook_endpoints.count_endpoints(connection, context.environment_id)

    async with context.database.read() as connection:
        page = await webhook_endpoints.page_endpoints(connection, context.environment_id, cut)
    return Listing(scope, page, lambda endpoint: (endpoint.created_at, endpoint.id), count)


async def create_webhook_endpoint(
    context: Context,
    *,
    url: str,
    enabled_events: Sequence[str],
    ordered: bool,
    description: str | None = None,
    metadata: MetadataChange | None = None,
) -> ShownEndpoint:
    """Adds an endpoint, which is told of every event from now on."""
    checked = Problems()
    context.webhook_targets.check(checked, url, "url", livemode=context.environment.livemode)
    wanted = _check_events(checked, enabled_events)
    check_optional_text(checked, "The description", description, DESCRIPTION_LENGTH, "description")
    entries = new_metadata(checked, metadata, "metadata")

    async def command(work: RealTimeWork) -> WebhookEndpoint:
        problems = Problems(checked.errors)
        await webhook_endpoints.wait_for_writers(work)
        if await webhook_endpoints.count_endpoints(work.connection, work.environment.id) >= ENDPOINTS_AT_MOST:
            message = f"An environment has at most {ENDPOINTS_AT_MOST} endpoints; delete one first."
            problems.add(UserErrorCode.TOO_MANY, message)
        problems.raise_any()
        return await webhook_endpoints.insert_endpoint(
            work, url=url, enabled_events=wanted, is_ordered=ordered, description=description, metadata=entries
        )

    endpoint = await _write(context, command)
    return ShownEndpoint(endpoint, endpoint.secret)


async def update_webhook_endpoint(
    context: Context,
    id_: str,
    *,
    url: str | Absent | None = ABSENT,
    enabled_events: Sequence[str] | Absent | None = ABSENT,
    ordered: bool | Absent | None = ABSENT,
    description: str | Absent | None = ABSENT,
    metadata: MetadataChange | Absent | None = ABSENT,
    status: WebhookEndpointStatus | Absent | None = ABSENT,
) -> WebhookEndpoint:
    """Changes an endpoint, and disables or enables it. What comes while it is disabled waits until it is enabled."""

    async def command(work: RealTimeWork) -> WebhookEndpoint:
        problems = Problems()
        if enabled_events is not ABSENT:
            # As for a new endpoint: who wants more now is told of all that comes after the answer.
            await webhook_endpoints.wait_for_writers(work)
        endpoint = await _load_under_lock(work, id_)
        updated = endpoint
        if url is not ABSENT:
            context.webhook_targets.check(problems, url, "url", livemode=work.environment.livemode)
            updated = replace(updated, url=url or "")
        if enabled_events is not ABSENT:
            updated = replace(updated, enabled_events=_check_events(problems, enabled_events or ()))
        if ordered is not ABSENT:
            updated = replace(updated, is_ordered=_check_given(problems, ordered, "ordered") or False)
        if description is not ABSENT:
            check_optional_text(problems, "The description", description, DESCRIPTION_LENGTH, "description")
            updated = replace(updated, description=description)
        if metadata is not ABSENT:
            updated = replace(updated, metadata=changed_metadata(problems, endpoint.metadata, metadata, "metadata"))
        if status is not ABSENT:
            _check_given(problems, status, "status")
        problems.raise_any()
        await _save(work, endpoint, updated, None if status is ABSENT else status)
        return await _load_under_lock(work, id_)

    return await _write(context, command)


async def delete_webhook_endpoint(context: Context, id_: str) -> WebhookEndpoint:
    """Deletes an endpoint, and with it what still waited for it; returns it as it last was."""

    async def command(work: RealTimeWork) -> WebhookEndpoint:
        endpoint = await _load_under_lock(work, id_)
        await webhook_endpoints.delete_endpoint(work, endpoint.id)
        return endpoint

    return await _write(context, command)


async def find_deleted_webhook_endpoint(context: Context, id_: str) -> WebhookEndpoint | None:
    """An endpoint that was deleted, as it last was."""
    async with context.database.read() as connection:
        return await webhook_endpoints.find_deleted_endpoint(connection, context.environment_id, id_)


async def rotate_webhook_secret(context: Context, id_: str, *, previous_expires_in: int) -> ShownEndpoint:
    """Gives an endpoint a fresh secret; deliveries are signed with the one before too for some seconds."""
    checked = Problems()
    if not 0 <= previous_expires_in <= LONGEST_GRACE_SECONDS:
        message = f"`previousExpiresIn` must be 0 to {LONGEST_GRACE_SECONDS} seconds."
        checked.add(UserErrorCode.INVALID, message, "previous_expires_in")

    async def command(work: RealTimeWork) -> WebhookEndpoint:
        endpoint = await _load_under_lock(work, id_, checked)
        return await webhook_endpoints.rotate_secret(work, endpoint, grace=timedelta(seconds=previous_expires_in))

    endpoint = await _write(context, command)
    return ShownEndpoint(endpoint, endpoint.secret)


async def _write(context: Context, command: Callable[[RealTimeWork], Awaitable[WebhookEndpoint]]) -> WebhookEndpoint:
    """Carries a command out on one endpoint, in a transaction of its own."""

    async def carry_out(work: RealTimeWork) -> WebhookEndpoint:
        endpoint = await command(work)
        work.result_id = endpoint.id
        return endpoint

    endpoint = await write_in_real_time(
        context.database, context.environment_id, carry_out, idempotency=context.idempotency
    )
    context.loaders.clear(context.now)
    return endpoint


async def _load_under_lock(work: RealTimeWork, id_: str, checked: Problems | None = None) -> WebhookEndpoint:
    """An endpoint whose row is locked. Refuses with NOT_FOUND, and with what was `checked` before."""
    problems = Problems(checked.errors if checked else ())
    endpoint = await webhook_endpoints.find_endpoint_under_lock(work, id_)
    if endpoint is None:
        problems.add(UserErrorCode.NOT_FOUND, "There is no such endpoint.", "id")
    if endpoint is None or problems.errors:
        raise Refused(problems.errors)
    return endpoint


def _check_events(problems: Problems, given: Sequence[str]) -> tuple[str, ...]:
    """The types that are wanted, each once, in our order; * alone stands for all."""
    known = [EVERY_EVENT, *WebhookEventType]
    unknown = [type_ for type_ in given if type_ not in known]
    if unknown or not given:
        message = f"The enabled events can be {', '.join(known[1:])}, or * for all; at least one of them."
        problems.add(UserErrorCode.INVALID if given else UserErrorCode.BLANK, message, "enabled_events")
    return (EVERY_EVENT,) if EVERY_EVENT in given else tuple(type_ for type_ in known if type_ in given)


def _check_given(problems: Problems, value: T | None, field_: str) -> T | None:
    """Notes null where it means nothing."""
    if value is None:
        problems.add(UserErrorCode.BLANK, f"`{field_}` must not be null; leave it out to keep it.", field_)
    return value


async def _save(
    work: RealTimeWork, endpoint: WebhookEndpoint, updated: WebhookEndpoint, status: WebhookEndpointStatus | None
) -> None:
    """Writes down what is to be otherwise. What had failed before is tried at once where it may do better now."""
    if updated != endpoint:
        await webhook_endpoints.update_endpoint(work, endpoint.id, **_changes(updated))
    is_enabled = status is WebhookEndpointStatus.ENABLED and endpoint.disabled_at is not None
    if is_enabled:
        await webhook_endpoints.enable_endpoint(work, endpoint.id)
    if status is WebhookEndpointStatus.DISABLED and endpoint.disabled_at is None:
        await webhook_endpoints.disable_endpoint(work, endpoint.id)
    if is_enabled or (updated.url, updated.is_ordered) != (endpoint.url, endpoint.is_ordered):
        await webhook_endpoints.deliver_anew(work, endpoint.id)


def _changes(endpoint: WebhookEndpoint) -> webhook_endpoints.EndpointChanges:
    return {
        "url": endpoint.url,
        "enabled_events": endpoint.enabled_events,
        "is_ordered": endpoint.is_ordered,
        "description": endpoint.description,
        "metadata": endpoint.metadata,
    }
