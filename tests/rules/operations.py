"""The writes that a generated history is made of. Each is legal where it stands, or it doesn't happen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from entitlements.facts import Interval, StatusRecord, Subscription, SubscriptionItem, TrialEndBehavior
from entitlements.facts import SubscriptionStatus as Status
from entitlements.moves import MOVES
from tests.rules.item_replay import instants_of_item
from tests.rules.status_replay import FINAL, instants_of_status, status_at
from tests.rules.world import (
    API,
    IMMEDIATE,
    NEW_ONLY,
    NEXT_PERIOD,
    PRO,
    SSO,
    TEAM,
    World,
    attached,
    grant,
    item,
    on,
    segment,
    subscription,
)

T = TypeVar("T")

END_OF_TIME = on("9999-12-31")
PRODUCTS = (PRO, TEAM)
# Mostly one feature, so that it comes from several sources.
OFTEN_ONE = (SSO, SSO, SSO, API)
ROLLOUTS = (NEXT_PERIOD, NEXT_PERIOD, IMMEDIATE, NEW_ONLY)


@dataclass(frozen=True)
class Pace:
    """How a history moves: its start, the billing intervals in it, strides of time that fit them, and its bounds."""

    starts: tuple[datetime, ...]
    intervals: tuple[Interval, ...]
    strides: tuple[timedelta, ...]
    span: timedelta
    subscriptions: int
    attachments: int = 8


class Choose(Protocol):
    """Picks one of several: by Hypothesis, or by a random generator."""

    def __call__(self, options: Sequence[T], /) -> T: ...


@dataclass(frozen=True)
class Scene:
    """What a write meets: the world so far, and its own instant."""

    one_of: Choose
    pace: Pace
    world: World
    now: datetime

    def ahead(self) -> datetime:
        """An instant to come: mostly one at which something is bound to happen anyway."""
        known = instants_ahead(self.world, self.now)[:4]
        return self.one_of((*known, *(later(self.now, stride) for stride in self.pace.strides)))

    def editable(self) -> Subscription | None:
        """One of the subscriptions that aren't over."""
        live = [each for each in self.world.subscriptions if status_at(each, self.now) not in FINAL]
        return self.one_of(live) if live else None


Operation = Callable[[Scene], World | None]


def later(at: datetime, stride: timedelta) -> datetime:
    """An instant a stride on, if there is one before the end of time."""
    return min(at, END_OF_TIME - stride) + stride


def instants_ahead(world: World, now: datetime) -> list[datetime]:
    """What is bound to happen if nothing is written: the next boundaries, ends of trials and grants, cancellations."""
    known = {at for each in world.grants for at in (each.active_from, each.active_to) if at}
    for each in world.subscriptions:
        known |= set(instants_of_status(each))
        known |= {at for item in each.items for at in instants_of_item(each, item, now)}
    return sorted(at for at in known if at > now)


def attach(scene: Scene) -> World | None:
    rows = scene.world.attachments
    there = {(row.product, row.feature) for row in rows if row.detached_at is None}
    free = [(feature, product) for feature in OFTEN_ONE for product in PRODUCTS if (product, feature) not in there]
    if not free or len(rows) == scene.pace.attachments:
        return None
    row = attached(*scene.one_of(free), scene.now, scene.one_of(ROLLOUTS))
    return replace(scene.world, attachments=(*rows, row))


def detach(scene: Scene) -> World | None:
    live = [row for row in scene.world.attachments if row.detached_at is None]
    if not live:
        return None
    row = scene.one_of(live)
    ended = replace(row, detached_at=scene.now, detach_rollout=scene.one_of(ROLLOUTS))
    return replace(scene.world, attachments=tuple(ended if each is row else each for each in scene.world.attachments))


def subscribe(scene: Scene) -> World | None:
    number = len(scene.world.subscriptions) + 1
    if number > scene.pace.subscriptions:
        return None
    items = [_new_item(scene, f"si_{number}_{index}") for index in range(scene.one_of((1, 2, 2)))]
    trial = scene.one_of((None, None, scene.ahead()))
    begins = Status.TRIALING if trial else Status.ACTIVE
    made = subscription(
        *items,
        name=f"sub_{number}",
        recorded=scene.now,
        started=scene.now - scene.one_of((timedelta(0), timedelta(0), *scene.pace.strides)),
        status=scene.one_of((begins, begins, Status.INCOMPLETE)),
        trial_end=trial,
        then=scene.one_of(tuple(TrialEndBehavior)),
        cancel_at=scene.one_of((None, None, None, None, None, trial, scene.ahead())),
    )
    return replace(scene.world, subscriptions=(*scene.world.subscriptions, made))


def report_status(scene: Scene) -> World | None:
    target = scene.editable()
    if target is None:
        return None
    status = status_at(target, scene.now)
    moves = sorted(MOVES[status]) if status else []
    going_on = [move for move in moves if move not in FINAL]
    record = StatusRecord(scene.one_of((*going_on, *going_on, *going_on, *moves)), scene.now)
    return _with(scene.world, target, replace(target, statuses=(*target.statuses, record)))


def cancel_now(scene: Scene) -> World | None:
    target = scene.editable()
    return target and _with(scene.world, target, replace(target, ended_at=scene.now, canceled_at=scene.now))


def cancel_later(scene: Scene) -> World | None:
    """Sets a cancellation, moves it or takes it back."""
    target = scene.editable()
    if target is None:
        return None
    return _with(scene.world, target, replace(target, cancel_at=scene.one_of((scene.ahead(), target.trial_end, None))))


def move_trial_end(scene: Scene) -> World | None:
    """Extends or shortens a trial, or ends it now."""
    target = scene.editable()
    if target is None or target.trial_end is None or target.trial_end <= scene.now:
        return None
    if status_at(target, scene.now) not in (Status.TRIALING, Status.INCOMPLETE):
        return None
    return _with(scene.world, target, replace(target, trial_end=scene.one_of((scene.now, scene.ahead()))))


def add_item(scene: Scene) -> World | None:
    target = scene.editable()
    if target is None or len(target.items) == 3:
        return None
    added = _new_item(scene, f"{target.items[0].id}_{len(target.items)}")
    return _with(scene.world, target, replace(target, items=(*target.items, added)))


def change_item(scene: Scene) -> World | None:
    """Another product, quantity or interval from now on; often some of them stay."""
    target = scene.editable()
    chosen = target and _item_in_force(scene, target)
    if target is None or chosen is None:
        return None
    last = chosen.segments[-1]
    changed = segment(
        scene.one_of((last.product, *PRODUCTS)),
        since=scene.now,
        quantity=scene.one_of((last.quantity, 0, 1, 5)),
        interval=scene.one_of((*[last.interval] * 5, *scene.pace.intervals)),
    )
    return _with(scene.world, target, _with_item(target, item(*chosen.segments, changed, name=chosen.id)))


def remove_item(scene: Scene) -> World | None:
    target = scene.editable()
    chosen = target and _item_in_force(scene, target)
    if target is None or chosen is None:
        return None
    closed = (*chosen.segments[:-1], replace(chosen.segments[-1], until=scene.now))
    return _with(scene.world, target, _with_item(target, replace(chosen, segments=closed)))


def give(scene: Scene) -> World | None:
    number = len(scene.world.grants) + 1
    since = scene.one_of((scene.now, scene.now - scene.pace.strides[0], scene.ahead()))
    until = scene.one_of((None, scene.ahead(), later(max(since, scene.now), scene.pace.strides[0])))
    if number > 2 or (until is not None and until <= since):
        return None
    given = grant(scene.one_of(OFTEN_ONE), scene.now, since=since, until=until, name=f"grant_{number}")
    return replace(scene.world, grants=(*scene.world.grants, given))


def revoke(scene: Scene) -> World | None:
    live = [each for each in scene.world.grants if each.revoked_at is None]
    if not live:
        return None
    chosen = scene.one_of(live)
    revoked = replace(chosen, revoked_at=scene.now)
    return replace(scene.world, grants=tuple(revoked if each is chosen else each for each in scene.world.grants))


CATALOGUE_WRITES: tuple[Operation, ...] = (attach, detach)
"""The writes that aren't the customer's own."""

ENDINGS: tuple[Operation, ...] = (detach, remove_item, change_item, report_status, cancel_now, revoke)
"""The writes that mostly take something away at once."""

# Attachments, segments and statuses are where the rule is intricate: histories are mostly made of them.
OPERATIONS: tuple[Operation, ...] = (
    *(attach, attach, attach, attach, detach, detach, detach, detach),
    *(report_status, report_status, report_status, change_item, change_item, change_item, change_item),
    *(subscribe, subscribe, add_item, remove_item, remove_item, cancel_later, cancel_now, move_trial_end),
    *(give, give, revoke),
)


def _new_item(scene: Scene, name: str) -> SubscriptionItem:
    product, interval = scene.one_of(PRODUCTS), scene.one_of(scene.pace.intervals)
    return item(segment(product, since=scene.now, quantity=scene.one_of((1, 1, 1, 0)), interval=interval), name=name)


def _item_in_force(scene: Scene, target: Subscription) -> SubscriptionItem | None:
    there = [each for each in target.items if each.removed_at is None]
    return scene.one_of(there) if there else None


def _with(world: World, old: Subscription, new: Subscription) -> World:
    return replace(world, subscriptions=tuple(new if each is old else each for each in world.subscriptions))


def _with_item(target: Subscription, new: SubscriptionItem) -> Subscription:
    return replace(target, items=tuple(new if each.id == new.id else each for each in target.items))
