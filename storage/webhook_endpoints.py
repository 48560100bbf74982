"""Webhook endpoints at rest. A deleted one is to nobody there any more; its row stays for what was delivered to it."""

import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from sqlalchemy import ColumnElement, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId, Metadata
from storage.columns import is_storable
from storage.dialect import AnyRow, AnySelect, one_of_given
from storage.ids import new_id
from storage.locks import lock_catalogue
from storage.paging import Cut, Key, Page, count, page
from storage.rows import webhook_deliveries as deliveries
from storage.rows import webhook_endpoints as endpoints
from storage.webhook_records import WebhookDisabledReason, WebhookEndpoint
from storage.work import RealTimeWork, update_row

_KEY = Key(endpoints.c.created_at, endpoints.c.id)
_OF_ENVIRONMENT = select(endpoints).where(
    endpoints.c.environment_id == bindparam("environment"), endpoints.c.deleted_at.is_(None)
)
_BY_ID = _OF_ENVIRONMENT.where(one_of_given(endpoints.c.id, "endpoints"))

# Without a remainder in base64, so that the text ends in no "=".
_SECRET_BYTES = 33

_FORMER_SECRETS = 8
"""How many sign beside the present one at the most: each is a line in every delivery."""


class EndpointChanges(TypedDict, total=False):
    """What of an endpoint can be edited."""

    url: str
    enabled_events: tuple[str, ...]
    is_ordered: bool
    description: str | None
    metadata: Metadata


async def load_endpoints(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[str]
) -> dict[str, WebhookEndpoint]:
    """The endpoints with these ids; unknown, foreign and deleted ones are absent."""
    rows = await connection.execute(_BY_ID, {"environment": environment, "endpoints": ids})
    return {endpoint.id: endpoint for endpoint in map(read_endpoint, rows)}


async def page_endpoints(connection: AsyncConnection, environment: EnvironmentId, cut: Cut) -> Page[WebhookEndpoint]:
    """An environment's endpoints, newest first."""
    return await page(connection, _listed(environment), _KEY, cut, read_endpoint)


async def count_endpoints(connection: AsyncConnection, environment: EnvironmentId) -> int:
    """How many endpoints `page_endpoints` goes through."""
    return await count(connection, _listed(environment))


async def wait_for_writers(work: RealTimeWork) -> None:
    """Lets every write to customers end that is under way, and holds up others until the work has ended.

    So whoever has been answered that an endpoint is there, and then reads a customer, is told of all that came after.
    """
    await lock_catalogue(work.connection, work.environment.id, exclusive=True)


async def insert_endpoint(
    work: RealTimeWork,
    *,
    url: str,
    enabled_events: tuple[str, ...],
    is_ordered: bool,
    description: str | None,
    metadata: Metadata,
) -> WebhookEndpoint:
    """Adds an endpoint, enabled and with a fresh secret."""
    endpoint = WebhookEndpoint(
        id=new_id("we"),
        environment=work.environment.id,
        url=url,
        enabled_events=enabled_events,
        is_ordered=is_ordered,
        description=description,
        metadata=metadata,
        created_at=work.instant,
        secret=_fresh_secret(),
    )
    await work.connection.execute(
        insert(endpoints).values(
            environment_id=endpoint.environment,
            id=endpoint.id,
            url=url,
            enabled_events=enabled_events,
            is_ordered=is_ordered,
            description=description,
            metadata=metadata,
            created_at=endpoint.created_at,
            secret=endpoint.secret,
            former_secrets={},
        )
    )
    return endpoint


async def find_endpoint_under_lock(work: RealTimeWork, endpoint: str) -> WebhookEndpoint | None:
    """An endpoint whose row nobody else changes before the work has ended; None if there is none."""
    if not is_storable(endpoint):
        return None
    rows = await work.connection.execute(
        _BY_ID.with_for_update(key_share=True), {"environment": work.environment.id, "endpoints": [endpoint]}
    )
    return next(map(read_endpoint, rows), None)


async def update_endpoint(work: RealTimeWork, endpoint: str, **changes: Unpack[EndpointChanges]) -> None:
    """Edits an endpoint."""
    await update_row(work, update(endpoints).where(*_named(work, endpoint)).values(**changes), endpoint)


async def deliver_anew(work: RealTimeWork, endpoint: str) -> None:
    """Has all that waits for an endpoint attempted at once, as if it never had been, whatever pause it was given."""
    waiting = deliveries.c.environment_id == work.environment.id, deliveries.c.endpoint_id == endpoint
    query = update(deliveries).where(*waiting, deliveries.c.next_attempt_at.is_not(None), deliveries.c.lease.is_(None))
    await work.connection.execute(query.values(next_attempt_at=work.instant, failures=0))


async def enable_endpoint(work: RealTimeWork, endpoint: str) -> None:
    """Goes on delivering. Whatever failed before is forgiven."""
    fresh = {"disabled_at": None, "disabled_reason": None, "failing_since": None}
    await update_row(work, update(endpoints).where(*_named(work, endpoint)).values(fresh), endpoint)


async def disable_endpoint(work: RealTimeWork, endpoint: str) -> None:
    """Delivers nothing from now on, as its owner wishes."""
    given = {"disabled_at": work.instant, "disabled_reason": WebhookDisabledReason.REQUESTED}
    await update_row(work, update(endpoints).where(*_named(work, endpoint)).values(given), endpoint)


async def rotate_secret(work: RealTimeWork, endpoint: WebhookEndpoint, *, grace: timedelta) -> WebhookEndpoint:
    """Gives an endpoint a fresh secret; the one before signs too for some time, and those before it to their ends.

    Without a grace the fresh one signs alone.
    """
    still_good = [(secret, until) for secret, until in endpoint.former_secrets if work.instant < until]
    former = ((endpoint.secret, work.instant + grace), *still_good[: _FORMER_SECRETS - 1]) if grace else ()
    rotated = replace(endpoint, secret=_fresh_secret(), former_secrets=former)
    given = {"secret": rotated.secret, "former_secrets": {secret: until.isoformat() for secret, until in former}}
    await update_row(work, update(endpoints).where(*_named(work, endpoint.id)).values(given), endpoint.id)
    return rotated


async def delete_endpoint(work: RealTimeWork, endpoint: str) -> None:
    """Deletes an endpoint and forgets its secrets: what waits for it is never delivered."""
    no_secrets: dict[str, str] = {}
    given = {"deleted_at": work.instant, "secret": "", "former_secrets": no_secrets}
    await update_row(work, update(endpoints).where(*_named(work, endpoint)).values(given), endpoint)


async def find_deleted_endpoint(
    connection: AsyncConnection, environment: EnvironmentId, endpoint: str
) -> WebhookEndpoint | None:
    """An endpoint that was deleted, as it last was."""
    query = select(endpoints).where(endpoints.c.environment_id == environment, endpoints.c.id == endpoint)
    return next(map(read_endpoint, await connection.execute(query.where(endpoints.c.deleted_at.is_not(None)))), None)


def read_endpoint(row: AnyRow) -> WebhookEndpoint:
    """An endpoint from a row with the table's columns."""
    return WebhookEndpoint(
        id=row.id,
        environment=row.environment_id,
        url=row.url,
        enabled_events=row.enabled_events,
        is_ordered=row.is_ordered,
        description=row.description,
        metadata=row.metadata,
        created_at=row.created_at,
        secret=row.secret,
        former_secrets=_read_former(row.former_secrets),
        failing_since=row.failing_since,
        disabled_at=row.disabled_at,
        disabled_reason=WebhookDisabledReason(row.disabled_reason) if row.disabled_reason else None,
    )


def _fresh_secret() -> str:
    """In the form that the libraries of Stripe and of Standard Webhooks both take."""
    return f"whsec_{b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def _read_former(until: Mapping[str, str]) -> tuple[tuple[str, datetime], ...]:
    former = [(secret, datetime.fromisoformat(text)) for secret, text in until.items()]
    return tuple(sorted(former, key=lambda each: each[1], reverse=True))


def _listed(environment: EnvironmentId) -> AnySelect:
    return select(endpoints).where(endpoints.c.environment_id == environment, endpoints.c.deleted_at.is_(None))


def _named(work: RealTimeWork, endpoint: str) -> tuple[ColumnElement[bool], ...]:
    return endpoints.c.environment_id == work.environment.id, endpoints.c.id == endpoint
