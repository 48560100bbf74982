"""Revisions: the count of a customer's effective changes, and what one write changed."""

from dataclasses import dataclass

from entitlements.access import EntitlementState, state_at
from entitlements.changes import count_changes, difference
from entitlements.facts import FeatureId
from resolvers.context import Context
from resolvers.entitlements import Entitlement, present
from resolvers.loaders import KnownCustomer, know
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
    customer = know(change.loaded_after, change.instant)
    found = difference(change.before, change.after, change.instant)

    async def states(features: tuple[FeatureId, ...]) -> list[Entitlement]:
        pairs: list[tuple[FeatureId, EntitlementState]] = [
            (feature, state)
            for feature in features
            if (state := state_at(change.after.features[feature], change.instant)) is not None
        ]
        return await present(context, customer, pairs)

    return EntitlementsChange(
        customer, change.revision, await states(found.added), await states(found.removed), await states(found.changed)
    )
