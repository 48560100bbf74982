"""What subscriptions were at the instant since when all their events are known: it follows from what came after it.

Without that a change that nobody was told of would be dated by the first thing known after it, which may be a list of
today although Stripe lists no event of it: so it was before all of those that it lists.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from entitlements.facts import EnvironmentId
from gateway.stripe_source.kinds import SUBSCRIPTION_KIND, steps_of
from gateway.stripe_source.ordering import Step
from gateway.stripe_source.states import SUBSCRIPTION, SubscriptionState
from gateway.stripe_source.telling import seen
from storage.database import Database
from storage.observations import Manner, Observation, load_observations

LISTED_FOR = timedelta(days=29)
"""For how long before a run began Stripe lists all events until it is through; for each, that is 30 days."""


async def look_back(
    database: Database, environment: EnvironmentId, listed: Sequence[Observation], since: datetime
) -> list[Observation]:
    """What listed subscriptions were at an instant, of those that were otherwise than is known.

    All their events since then were taken already.
    """
    async with database.read() as connection:
        known = await load_observations(connection, environment, [each.object for each in listed])
    found: list[Observation] = []
    for each in listed:
        steps = steps_of(SUBSCRIPTION_KIND, [*known.get(each.object, ()), each])
        state = _state_at(since, steps)
        if state is not None:
            found.append(seen(SUBSCRIPTION_KIND, each.object, since, state, SUBSCRIPTION))
    return found


def _state_at(since: datetime, steps: Sequence[Step[SubscriptionState]]) -> SubscriptionState | None:
    """The state at an instant by the first thing that was told after it; None if that is known, or not told."""
    later = [step for step in steps if step.at > since]
    earlier = [step.state for step in steps if step.at <= since][-1:]
    if not later or later[0].state.created > since:
        return None
    first = later[0]
    state = first.state if first.manner is Manner.SEEN else first.before
    if first.manner is Manner.DELETED and earlier:
        # An ending tells all of what was before it but the status.
        state = replace(first.state, status=earlier[0].status, ended_at=None)
    return None if state in earlier else state
