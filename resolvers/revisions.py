"""Revisions: the count of a customer's effective changes, and what one of them changed."""

from dataclasses import dataclass
from datetime import datetime

from entitlements.changes import count_changes
from entitlements.effects import Effects, whole_set
from resolvers.context import Context
from resolvers.entitlements import Entitlement, present
from resolvers.known import KnownCustomer, WorkedOut, current_of, know
from storage.records import CustomerChange


@dataclass(frozen=True, slots=True)
class EntitlementsChange:
    """One effective change: the customer, and the entitlements it added, removed and changed, as of its instant.

    `is_whole`: no single change is told of, and what is added is the customer's whole set by then.
    """

    customer: KnownCustomer
    revision: int
    at: datetime
    added: list[Entitlement]
    removed: list[Entitlement]
    changed: list[Entitlement]
    is_whole: bool = False


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
    return await present_effects(context, customer, change.revision, change.effects)


async def present_effects(
    context: Context, customer: KnownCustomer, reached: int, effects: Effects
) -> EntitlementsChange:
    """What the change that reached a revision made of a customer's entitlements."""
    return EntitlementsChange(
        customer,
        reached,
        effects.at,
        await present(context, customer, effects.added),
        await present(context, customer, effects.removed),
        await present(context, customer, effects.changed),
    )


async def present_whole(context: Context, customer: KnownCustomer) -> EntitlementsChange:
    """The customer's set as it is now, in place of the changes that led to it."""
    states = whole_set(customer.timeline, customer.at)
    added = await present(context, customer, states)
    return EntitlementsChange(customer, revision(customer), customer.at, added, [], [], is_whole=True)
