"""Facts told in a line each: what a failing example shows instead of pages of dataclasses."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from entitlements.facts import Grant, ProductFeature, Segment, Subscription


def tell(
    attachments: Iterable[ProductFeature], subscriptions: Iterable[Subscription], grants: Iterable[Grant]
) -> Iterator[str]:
    """The lines of a story, catalogue first."""
    for row in attachments:
        ends = f", detached {row.detach_rollout} {_at(row.detached_at)}" if row.detached_at else ""
        yield f"{row.feature} on {row.product}: attached {row.rollout} {_at(row.attached_at)}{ends}"
    for each in subscriptions:
        yield from _tell_subscription(each)
    for grant in grants:
        window = f"[{_at(grant.active_from)}, {_at(grant.active_to)})"
        yield f"{grant.id} of {grant.feature} {window}, made {_at(grant.recorded_at)}, revoked {_at(grant.revoked_at)}"


def _tell_subscription(each: Subscription) -> Iterator[str]:
    trial = f", trial to {_at(each.trial_end)} then {each.trial_end_behavior}" if each.trial_end else ""
    ends = f", cancelled at {_at(each.cancel_at)}, ended {_at(each.ended_at)}"
    yield f"{each.id} made {_at(each.recorded_at)}, started {_at(each.started_at)}{trial}{ends}"
    yield "  " + ", ".join(f"{record.status} from {_at(record.since)}" for record in each.statuses)
    for item in each.items:
        yield f"  {item.id}: " + "; ".join(map(_tell_segment, item.segments))


def _tell_segment(segment: Segment) -> str:
    every = f"{segment.interval.count} {segment.interval.unit}"
    return f"{segment.quantity} {segment.product} every {every} [{_at(segment.from_)}, {_at(segment.until)})"


def _at(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] if at else "never"
