"""When a change of a product's features reaches those who have the product. Source: DESIGN, The rule, 4 and 5."""

from datetime import datetime

import pytest

from entitlements.changes import count_changes
from entitlements.facts import CatalogRollout, Segment
from entitlements.facts import SubscriptionStatus as Status
from tests.rules.calendar_walk import TICK
from tests.rules.world import (
    API,
    FEBRUARY,
    IMMEDIATE,
    JANUARY,
    MARCH,
    MAY,
    NEW_ONLY,
    NEXT_PERIOD,
    PRO,
    SSO,
    TEAM,
    YEARLY,
    attached,
    item,
    on,
    segment,
    subscription,
    world,
)

Access = list[tuple[datetime, datetime | None]]

DURING = on("2026-01-10")
NEVER: Access = []


@pytest.mark.parametrize(
    ("rollout", "access"), [(NEXT_PERIOD, [(FEBRUARY, None)]), (IMMEDIATE, [(DURING, None)]), (NEW_ONLY, NEVER)]
)
def test_an_attachment_reaches_those_who_are_there_as_its_rollout_says(rollout: CatalogRollout, access: Access) -> None:
    assert world(subscription(), attached(at=DURING, rollout=rollout)).access() == access


@pytest.mark.parametrize(
    ("detach", "access"),
    [(NEXT_PERIOD, [(JANUARY, FEBRUARY)]), (IMMEDIATE, [(JANUARY, DURING)]), (NEW_ONLY, [(JANUARY, None)])],
)
def test_a_detach_reaches_those_who_are_there_as_its_rollout_says(detach: CatalogRollout, access: Access) -> None:
    assert world(subscription(), attached(detached=DURING, detach=detach)).access() == access


@pytest.mark.parametrize("rollout", list(CatalogRollout))
def test_what_starts_after_an_attachment_has_it_and_after_a_detach_has_it_not(rollout: CatalogRollout) -> None:
    newcomer = subscription(recorded=DURING + TICK)

    assert world(newcomer, attached(at=DURING, rollout=rollout)).access() == [(DURING + TICK, None)]
    assert world(newcomer, attached(detached=DURING, detach=rollout)).access() == NEVER


@pytest.mark.parametrize(
    ("at", "arrives"), [(FEBRUARY - TICK, FEBRUARY), (FEBRUARY, FEBRUARY), (FEBRUARY + TICK, MARCH)]
)
def test_what_is_attached_or_detached_exactly_at_a_boundary_counts_there(at: datetime, arrives: datetime) -> None:
    assert world(subscription(), attached(at=at)).access() == [(arrives, None)]
    assert world(subscription(), attached(detached=at)).access() == [(JANUARY, arrives)]


def test_a_yearly_item_waits_its_year_while_a_monthly_one_of_the_same_product_does_not() -> None:
    monthly = subscription(item(segment(since=JANUARY)), name="sub_monthly")
    yearly = subscription(item(segment(interval=YEARLY)), name="sub_yearly")

    assert world(monthly, attached(at=DURING)).access() == [(FEBRUARY, None)]
    assert world(yearly, attached(at=DURING)).access() == [(on("2027-01-01"), None)]


def test_attached_in_the_frozen_instant_in_which_the_subscription_was_made_it_waits() -> None:
    # A frozen clock ticks one millisecond for each write, so that the attachment is later than the subscription.
    assert world(subscription(), attached(at=JANUARY + TICK)).access() == [(FEBRUARY, None)]


@pytest.mark.parametrize("detach", list(CatalogRollout))
@pytest.mark.parametrize("rollout", [NEXT_PERIOD, NEW_ONLY])
def test_attached_and_detached_inside_one_period_it_never_enters(
    rollout: CatalogRollout, detach: CatalogRollout
) -> None:
    row = attached(at=DURING, rollout=rollout, detached=on("2026-01-20"), detach=detach)

    assert world(subscription(), row).access() == NEVER


def test_attached_at_once_and_detached_for_the_next_period_it_is_there_between() -> None:
    row = attached(at=DURING, rollout=IMMEDIATE, detached=on("2026-01-20"), detach=NEXT_PERIOD)

    assert world(subscription(), row).access() == [(DURING, FEBRUARY)]


def test_detached_at_the_boundary_at_which_it_would_enter_it_never_does() -> None:
    for detach in CatalogRollout:
        assert world(subscription(), attached(at=DURING, detached=FEBRUARY, detach=detach)).access() == NEVER

    assert world(subscription(), attached(at=DURING, detached=FEBRUARY + TICK)).access() == [(FEBRUARY, MARCH)]


def test_detach_then_attach_within_one_period_leaves_no_gap() -> None:
    out, back = attached(detached=DURING), attached(at=on("2026-01-20"))
    seen = world(subscription(), out, back)
    (run,) = seen.of().runs

    assert seen.access() == [(JANUARY, None)]
    assert len(run.sources) == 1
    assert count_changes(seen.timeline, JANUARY, MAY) == 0


def test_detach_at_once_then_attach_for_the_next_period_leaves_a_gap() -> None:
    out, back = attached(detached=DURING, detach=IMMEDIATE), attached(at=on("2026-01-20"))

    assert world(subscription(), out, back).access() == [(JANUARY, DURING), (FEBRUARY, None)]


def test_detached_from_one_of_two_products_it_stays_by_the_other() -> None:
    both = subscription(item(segment(PRO), name="si_pro"), item(segment(TEAM), name="si_team"))
    seen = world(both, attached(product=PRO, detached=DURING, detach=IMMEDIATE), attached(product=TEAM))

    assert seen.access() == [(JANUARY, None)]


def test_two_attachments_of_one_feature_that_overlap_are_one_source() -> None:
    kept = attached(detached=DURING, detach=NEW_ONLY)
    seen = world(subscription(), kept, attached(at=on("2026-01-20"), rollout=IMMEDIATE))
    (run,) = seen.of().runs

    assert [(source.active_from, source.active_to) for source in run.sources] == [(JANUARY, None)]


PAUSED = on("2026-01-15")
RESUMED = on("2026-01-20")


def test_what_is_for_newcomers_does_not_reach_one_that_pauses_and_resumes() -> None:
    old = subscription(moves=[(Status.PAUSED, PAUSED), (Status.ACTIVE, RESUMED)])

    assert world(old, attached(at=DURING, rollout=NEW_ONLY)).access() == NEVER
    assert world(old, attached(detached=DURING, detach=NEW_ONLY)).access() == [(JANUARY, PAUSED), (RESUMED, None)]


def test_what_is_for_newcomers_reaches_an_item_that_is_added() -> None:
    added = on("2026-02-10")
    grown = subscription(item(segment()), item(segment(since=added), name="si_new"))
    row = attached(detached=DURING, detach=NEW_ONLY)

    assert world(grown, attached(at=DURING, rollout=NEW_ONLY)).access() == [(added, None)]
    assert [source.item for run in world(grown, row).of().runs for source in run.sources] == ["si_1"]


@pytest.mark.parametrize(
    "changed",
    [
        [segment(TEAM), segment(PRO, since=MARCH)],
        [segment(), segment(since=MARCH, interval=YEARLY)],
        [segment(), segment(since=FEBRUARY, quantity=0), segment(since=MARCH)],
    ],
    ids=["another product", "another interval", "a quantity from 0"],
)
def test_what_is_for_newcomers_reaches_an_upgrade(changed: list[Segment]) -> None:
    upgraded = subscription(item(*changed))
    *_, last = world(upgraded, attached(at=DURING, rollout=NEW_ONLY)).access()

    assert last == (MARCH, None)
    assert all(
        until is not None and until <= MARCH
        for _, until in world(upgraded, attached(detached=DURING, detach=NEW_ONLY)).access()
    )


def test_a_change_of_quantity_within_a_later_stretch_is_a_snapshot_too() -> None:
    # The second product comes with quantity 0, and its snapshot is taken when there is something of it.
    moved = subscription(item(segment(PRO), segment(TEAM, since=FEBRUARY, quantity=0), segment(TEAM, since=MARCH)))
    on_team = attached(product=TEAM, detached=on("2026-02-10"), detach=NEW_ONLY)

    assert world(moved, on_team).access() == NEVER
    assert world(moved, attached(product=TEAM, at=on("2026-02-10"), rollout=NEW_ONLY)).access() == [(MARCH, None)]


def test_at_once_means_the_start_of_the_stretch_for_an_item_that_comes_later() -> None:
    added = on("2026-02-10")
    grown = subscription(item(segment(since=added)))

    assert world(grown, attached(at=DURING, rollout=IMMEDIATE)).access() == [(added, None)]
    assert world(grown, attached(at=DURING, rollout=IMMEDIATE, detached=added, detach=IMMEDIATE)).access() == NEVER


def test_a_backdated_start_has_at_once_what_was_attached_since_and_did_not_have_it_before_the_write() -> None:
    backdated = subscription(recorded=FEBRUARY, started=on("2025-11-01"))
    seen = world(backdated, attached(at=DURING))

    assert seen.access() == [(FEBRUARY, None)]


def test_one_attachment_reaches_each_feature_on_its_own() -> None:
    seen = world(subscription(), attached(SSO), attached(API, at=DURING))

    assert (seen.access(SSO), seen.access(API)) == ([(JANUARY, None)], [(FEBRUARY, None)])


def test_what_is_attached_to_another_product_gives_nothing() -> None:
    assert world(subscription(), attached(product=TEAM)).access() == NEVER
