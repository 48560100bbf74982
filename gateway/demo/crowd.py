"""The other customers: lives drawn by lot, the same ones at every load but for the day they are counted from."""

from datetime import datetime, timedelta
from itertools import product
from random import Random

from entitlements.facts import SubscriptionStatus, TrialEndBehavior
from gateway.demo.catalogue import PLANS
from gateway.demo.story import MONTHLY, YEARLY, Story

_FIRST = [
    "Amber",
    "Bright",
    "Clear",
    "Coastal",
    "Copper",
    "Crimson",
    "Distant",
    "Golden",
    "Green",
    "Hidden",
    "Iron",
    "Little",
    "Misty",
    "North",
    "Quiet",
    "Silver",
]
_SECOND = [
    "Anchor",
    "Bakery",
    "Bridge",
    "Clinic",
    "Forge",
    "Garden",
    "Harvest",
    "Labs",
    "Lantern",
    "Motors",
    "Orchard",
    "Press",
    "Robotics",
    "Tailors",
]
_LADDER = list(PLANS)
_TRADES = [
    "agency",
    "education",
    "finance",
    "health",
    "manufacturing",
    "retail",
    "software",
]


def crowd(now: datetime, size: int, beginning: datetime) -> list[Story]:
    """Stories of so many customers, who join anywhere between the beginning and `now`."""
    lots = Random(20_240_229)  # noqa: S311 - a demonstration wants the same lots every time
    names = list(product(_FIRST, _SECOND))
    lots.shuffle(names)
    return [_life(lots, f"{first} {second}", now, beginning) for first, second in names[:size]]


def _life(lots: Random, name: str, now: datetime, beginning: datetime) -> Story:
    story = Story(name.lower().replace(" ", "-"), name)
    first_day = beginning + timedelta(days=1)
    at = first_day + (now - timedelta(days=3) - first_day) * lots.random() ** 0.8
    at = at.replace(second=0, microsecond=0)
    story.joins(at, trade=lots.choice(_TRADES))
    if lots.random() < 0.04:
        return story
    plan = lots.choices(range(4), weights=[40, 35, 20, 5])[0]
    on_trial = lots.random() < 0.4
    then = lots.choices(list(TrialEndBehavior), weights=[80, 5, 15])[0]
    story.subscribes(
        at,
        _LADDER[plan],
        seats=lots.randint(1, 10 * (plan + 1)),
        interval=YEARLY if lots.random() < 0.25 else MONTHLY,
        trial=timedelta(days=14) if on_trial else None,
        then=then,
    )
    if not on_trial or then is TrialEndBehavior.ACTIVATE:
        _years(lots, story, at, now, plan)
    return story


def _years(lots: Random, story: Story, joined: datetime, now: datetime, plan: int) -> None:
    """What happens to a paying customer, every three months or so, until it leaves or the story reaches `now`."""
    at = joined
    while (at := at + timedelta(days=lots.randint(45, 150), hours=lots.randint(0, 23))) < now - timedelta(days=30):
        lot = lots.random()
        if lot < 0.22 and plan < 3:
            plan += 1
            story.moves(at, _LADDER[plan])
        elif lot < 0.32 and plan > 0:
            plan -= 1
            story.moves(at, _LADDER[plan])
        elif lot < 0.46:
            story.is_reported(at, SubscriptionStatus.PAST_DUE)
            story.is_reported(at + timedelta(days=lots.randint(2, 20)), SubscriptionStatus.ACTIVE)
        elif lot < 0.52:
            story.is_reported(at, SubscriptionStatus.PAUSED)
            story.is_reported(at + timedelta(days=lots.randint(10, 25)), SubscriptionStatus.ACTIVE)
        elif lot < 0.62:
            feature = lots.choice(["sso", "api", "ai-drafts", "audit-log"])
            ends = at + timedelta(days=lots.choice([30, 90, 400]))
            story.is_granted(at, feature, ends=ends, reason="Goodwill")
        elif lot < 0.68:
            story.subscribes(at, lots.choice(["ai-add-on", "security-add-on"]), called=f"add-on of {at:%Y-%m-%d}")
        elif lot < 0.76:
            _leaves(lots, story, at)
            return


def _leaves(lots: Random, story: Story, at: datetime) -> None:
    if lots.random() < 0.6:
        story.cancels(at, at_period_end=lots.random() < 0.5)
        return
    story.is_reported(at, SubscriptionStatus.PAST_DUE)
    story.is_reported(at + timedelta(days=14), SubscriptionStatus.UNPAID)
    if lots.random() < 0.7:
        story.is_reported(at + timedelta(days=28), SubscriptionStatus.CANCELED)
