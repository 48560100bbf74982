"""All subscriptions of an environment, perhaps those of some statuses: SQL finds candidates, and the rule decides."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from entitlements.facts import Subscription, SubscriptionStatus
from resolvers.context import Context
from resolvers.known import KnownCustomer
from resolvers.paging import PageArguments, read_cut
from storage.paging import Cut, Page
from storage.subscription_lists import SubscriptionPlace, page_subscriptions

Held = tuple[Subscription, KnownCustomer]
"""A subscription with its customer."""


async def page_all_subscriptions(
    context: Context, arguments: PageArguments, *, status: Collection[SubscriptionStatus] | None
) -> Page[Held]:
    """The environment's subscriptions, newest first, those that ended among them; perhaps those of some statuses."""
    cut = read_cut(context.scope("allSubscriptions"), arguments)
    found: list[Held] = []
    rest: Cut | None = cut
    while rest is not None and len(found) < cut.limit:
        async with context.database.read() as connection:
            part = await page_subscriptions(connection, context.environment_id, rest, status, context.now)
        found += await _decided(context, part.items[::-1] if cut.backwards else part.items, status)
        rest = _rest(part, rest)
    goes_on, items = len(found) > cut.limit or rest is not None, found[: cut.limit]
    if cut.backwards:
        return Page(tuple(reversed(items)), has_next=cut.before is not None, has_previous=goes_on)
    return Page(tuple(items), has_next=goes_on, has_previous=cut.after is not None)


async def _decided(
    context: Context, candidates: Sequence[SubscriptionPlace], status: Collection[SubscriptionStatus] | None
) -> list[Held]:
    """Those of the candidates that are of the statuses."""
    customers = await context.loaders.known.load_all(candidate.customer for candidate in candidates)
    held = [
        (subscription, customer)
        for candidate, customer in zip(candidates, customers, strict=True)
        if customer is not None
        for subscription in customer.facts.subscriptions
        if subscription.id == candidate.id
    ]
    return [each for each in held if status is None or each[1].state_of(each[0]).status in status]


def _rest(part: Page[SubscriptionPlace], cut: Cut) -> Cut | None:
    """Where the list goes on after a part of it, in the direction of reading; None if it doesn't."""
    if not (part.items and (part.has_previous if cut.backwards else part.has_next)):
        return None
    last = part.items[0 if cut.backwards else -1]
    place = (last.recorded_at, last.id)
    return replace(cut, before=place) if cut.backwards else replace(cut, after=place)
