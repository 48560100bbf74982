"""What of observations is new: nearly nothing, where an account is read again."""

from collections.abc import Sequence

from entitlements.facts import EnvironmentId
from gateway.stripe_source.kinds import ADAPTERS, steps_of
from storage.database import Database
from storage.observations import Manner, Observation, load_observations


async def news(database: Database, environment: EnvironmentId, told: Sequence[Observation]) -> list[Observation]:
    """Those that tell what isn't known: events that didn't come before, and what a list shows otherwise. One read."""
    if not told:
        return []
    async with database.read() as connection:
        known = await load_observations(connection, environment, list({each.object for each in told}))
    return [each for each in told if _is_new(each, known.get(each.object, ()))]


def _is_new(told: Observation, known: Sequence[Observation]) -> bool:
    if any(each.id == told.id for each in known):
        return False
    steps = steps_of(told.kind, known)
    if told.manner is not Manner.SEEN or not steps:
        return True
    return steps[-1].state != ADAPTERS[told.kind].validate_json(told.state)
