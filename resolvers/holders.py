"""The reverse look-up: which customers have a feature at an instant.

SQL finds candidates, those whom a grant or a product's attachment could ever have given the feature; the rule decides
on them in batches. However many candidates there are, one request looks at a bounded number of them.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from entitlements.facts import Feature
from resolvers.context import Context
from resolvers.entitlements import Entitlement, entitlement_to
from resolvers.paging import PageArguments, read_cut
from storage import customers
from storage.paging import Cut, Position

CANDIDATES = 5_000
"""Candidates that one request looks at."""

BATCH = 250


@dataclass(frozen=True, slots=True)
class HolderPage:
    """A page of those who have a feature, newest customers first, in list order also when read backwards.

    `examined` is the last candidate looked at when the bound was reached before the page was full: where the next
    page goes on from; else None.
    """

    scope: str
    items: tuple[Entitlement, ...]
    has_next: bool
    has_previous: bool
    examined: Position | None


async def list_holders(context: Context, feature: Feature, arguments: PageArguments, at: datetime | None) -> HolderPage:
    """One page of the customers who have a feature at an instant, None being now."""
    scope = context.scope("holders", feature.id)
    cut = read_cut(scope, arguments)
    found: list[Entitlement] = []
    examined, place = 0, None
    async for candidate, entitlement in _decide(context, feature, cut, at):
        if entitlement is not None:
            found.append(entitlement)
        if len(found) > cut.limit:
            break
        examined, place = examined + 1, candidate
        if examined == CANDIDATES:
            break
    more = len(found) > cut.limit
    stopped = examined == CANDIDATES and not more
    items = found[: cut.limit]
    goes_on = more or stopped
    if cut.backwards:
        items.reverse()
        return HolderPage(scope, tuple(items), cut.before is not None, goes_on, place if stopped else None)
    return HolderPage(scope, tuple(items), goes_on, cut.after is not None, place if stopped else None)


async def count_holders(context: Context, feature: Feature, at: datetime | None) -> int | None:
    """How many customers have a feature at an instant; None if there are too many candidates to tell."""
    examined = holding = 0
    everything = Cut(limit=CANDIDATES, backwards=False, after=None, before=None)
    async for _, entitlement in _decide(context, feature, everything, at):
        examined += 1
        if examined > CANDIDATES:
            return None
        holding += entitlement is not None
    return holding


async def _decide(
    context: Context, feature: Feature, cut: Cut, at: datetime | None
) -> AsyncIterator[tuple[Position, Entitlement | None]]:
    """Candidates in the order of the cut, each with the entitlement that gives it the feature, if any."""
    after, before = cut.after, cut.before
    while True:
        part = Cut(limit=BATCH, backwards=cut.backwards, after=after, before=before)
        async with context.database.read() as connection:
            found = await customers.candidates_for_feature(connection, context.environment_id, feature.id, part)
        candidates = [(customer.created_at, customer.id) for customer in found]
        known = await context.loaders.known.load_all(customer for _, customer in candidates)
        for (instant, customer_id), customer in zip(candidates, known, strict=True):
            entitlement = entitlement_to(customer, feature, at) if customer else None
            yield (instant, customer_id), entitlement if entitlement and entitlement.state.has_access else None
        if len(candidates) < BATCH:
            return
        after, before = (after, candidates[-1]) if cut.backwards else (candidates[-1], before)
