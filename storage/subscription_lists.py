"""All subscriptions of an environment in order, as far as SQL can tell which are wanted; the rule has the last word."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import CustomerId, EnvironmentId, SubscriptionId, SubscriptionStatus, TrialEndBehavior
from entitlements.status import INCOMPLETE_FOR
from storage.dialect import AnyRow
from storage.paging import Cut, Key, Page, page
from storage.rows import customers, subscriptions
from storage.rows import subscription_statuses as statuses

S = SubscriptionStatus

_KEY = Key(subscriptions.c.recorded_at, subscriptions.c.id)
_AFTER_TRIAL = {
    S.ACTIVE: TrialEndBehavior.ACTIVATE,
    S.PAUSED: TrialEndBehavior.PAUSE,
    S.CANCELED: TrialEndBehavior.CANCEL,
}
_LATEST = (
    select(statuses.c.status)
    .where(
        statuses.c.environment_id == subscriptions.c.environment_id,
        statuses.c.subscription_id == subscriptions.c.id,
    )
    .order_by(statuses.c.since.desc())
    .limit(1)
    .correlate(subscriptions)
    .scalar_subquery()
)
"""The status that was recorded last."""


class SubscriptionPlace(NamedTuple):
    """Where a subscription is in the list, and whose it is."""

    recorded_at: datetime
    id: SubscriptionId
    customer: CustomerId


async def page_subscriptions(
    connection: AsyncConnection,
    environment: EnvironmentId,
    cut: Cut,
    status: Collection[SubscriptionStatus] | None,
    now: datetime,
) -> Page[SubscriptionPlace]:
    """Subscriptions of customers who are there, newest first: all (None), or those that may be of some statuses now."""
    query = select(subscriptions.c.recorded_at, subscriptions.c.id, subscriptions.c.customer_id).join(customers)
    query = query.where(subscriptions.c.environment_id == environment, customers.c.deleted_at.is_(None))
    if status is not None:
        query = query.where(or_(*(_may_be(each, now) for each in sorted(status))))
    return await page(connection, query, _KEY, cut, _read)


def _may_be(status: SubscriptionStatus, now: datetime) -> ColumnElement[bool]:
    """Whether a subscription may have an effective status. Source: DESIGN, The rule, 1."""
    row, latest = subscriptions.c, _LATEST
    said = latest == status
    if status is S.TRIALING:
        said = and_(said, or_(row.trial_end.is_(None), row.trial_end > now))
    if status in _AFTER_TRIAL:
        behavior = row.trial_end_behavior == _AFTER_TRIAL[status]
        said = or_(said, and_(latest == S.TRIALING, row.trial_end <= now, behavior))
    if status is S.INCOMPLETE_EXPIRED:
        return or_(said, and_(latest == S.INCOMPLETE, row.recorded_at <= now - INCOMPLETE_FOR))
    ended = or_(row.ended_at.is_not(None), row.cancel_at <= now)
    if status is S.CANCELED:
        return or_(said, ended)
    return and_(said, row.ended_at.is_(None), or_(row.cancel_at.is_(None), row.cancel_at > now))


def _read(row: AnyRow) -> SubscriptionPlace:
    return SubscriptionPlace(row.recorded_at, row.id, row.customer_id)
