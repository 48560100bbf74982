"""Revisions: the count of a customer's effective changes, and what one write changed."""

from dataclasses import dataclass, replace

from entitlements.access import NOTHING, EntitlementState, EntitlementStatus, state_at
from entitlements.changes import count_changes, difference, members_at
from entitlements.facts import FeatureId
from entitlements.runs import AccessReason, SourceKind
from entitlements.status import ended_at
from resolvers.context import Context
from resolvers.entitlements import Entitlement, present
from resolvers.known import KnownCustomer, WorkedOut, current_of, know
from storage.records import CustomerChange


@dataclass(frozen=True, slots=True)
class EntitlementsChange:
    """One effective change: the customer after it, and the entitlements it added, removed and changed, as of it."""

    customer: KnownCustomer
    revision: int
    added: list[Entitlement]
    removed: list[Entitlement]
    changed: list[Entitlement]


def revision(customer: KnownCustomer) -> int:
    """How many effective changes there have been by now. Right before any worker ran. Source: DESIGN, Versions."""
    record = customer.record
    return record.announced_revision + count_changes(customer.timeline, record.announced_until, customer.at)


async def present_change(context: Context, change: CustomerChange | None) -> EntitlementsChange | None:
    """What a write changed for its customer; None if the customer's entitlements stay as they were."""
    if change is None or not change.effective:
        return None
    after = WorkedOut(change.loaded_after.facts, change.after)
    customer = know(current_of(change.loaded_after), after, change.instant)
    found = difference(change.before, change.after, change.instant)

    async def states(features: tuple[FeatureId, ...]) -> list[Entitlement]:
        return await present(context, customer, [(feature, _state_after(change, feature)) for feature in features])

    return EntitlementsChange(
        customer, change.revision, await states(found.added), await states(found.removed), await states(found.changed)
    )


def _state_after(change: CustomerChange, feature: FeatureId) -> EntitlementState:
    """What the change made of a feature that was in the set before it or is after it.

    Access that began in the very instant of the write that took it leaves no run behind: a run of no length is shown.
    """
    state = state_at(change.after.features.get(feature, NOTHING), change.instant)
    if state is not None:
        return state
    taken = members_at(change.before, change.instant)[feature]
    ended = replace(taken, active_to=change.instant, end_reason=_cause(change, feature), expired=False)
    return EntitlementState(EntitlementStatus.CANCELED, ended, change.instant)


def _cause(change: CustomerChange, feature: FeatureId) -> AccessReason:
    """What a write did that left no run of a feature to name its cause."""
    [source, *_] = members_at(change.before, change.instant)[feature].sources
    if source.kind is SourceKind.GRANT:
        return AccessReason.GRANT_REVOKED
    withheld = change.after.features.get(feature, NOTHING).withheld
    if any(each.subscription == source.subscription and each.holds(change.instant) for each in withheld):
        return AccessReason.SUBSCRIPTION_NOT_IN_GOOD_STANDING
    carrying = next(each for each in change.loaded_after.facts.subscriptions if each.id == source.subscription)
    return AccessReason.SUBSCRIPTION_ENDED if ended_at(carrying, change.instant) else AccessReason.ITEM_REMOVED
