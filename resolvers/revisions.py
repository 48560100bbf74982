"""Revisions: the count of a customer's effective changes, and what one write changed."""

from dataclasses import dataclass

from entitlements.changes import count_changes
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
    if change is None or change.effects is None:
        return None
    after = WorkedOut(change.loaded_after.facts, change.after)
    customer = know(current_of(change.loaded_after), after, change.instant)
    effects = change.effects
    return EntitlementsChange(
        customer,
        change.revision,
        await present(context, customer, effects.added),
        await present(context, customer, effects.removed),
        await present(context, customer, effects.changed),
    )
