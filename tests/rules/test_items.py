"""Items, their segments, and several of them. Source: DESIGN, The rule, 4 to 7."""

from entitlements.changes import count_changes, difference, features_at, is_effective
from entitlements.facts import SubscriptionStatus as Status
from entitlements.runs import AccessReason, Source, SourceKind
from tests.rules.calendar_walk import TICK
from tests.rules.world import (
    API,
    APRIL,
    FEBRUARY,
    JANUARY,
    MARCH,
    MAY,
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

DURING = on("2026-01-10")
MID_FEBRUARY = on("2026-02-15")


def test_a_source_names_subscription_item_and_product() -> None:
    (run,) = world(subscription(cancel_at=MAY)).of().runs

    assert run.sources == (
        Source(
            SourceKind.SUBSCRIPTION,
            JANUARY,
            MAY,
            AccessReason.SUBSCRIPTION_ENDED,
            subscription=subscription().id,
            item=item(segment()).id,
            product=PRO,
        ),
    )


def test_a_quantity_between_two_and_five_takes_no_snapshot() -> None:
    changed = item(segment(quantity=2), segment(since=DURING, quantity=5))

    assert world(subscription(changed), attached(at=on("2026-01-05"))).access() == [(FEBRUARY, None)]


def test_a_quantity_of_0_gives_nothing_and_from_0_a_fresh_snapshot_is_taken() -> None:
    changed = item(segment(), segment(since=DURING, quantity=0), segment(since=on("2026-01-20")))

    assert world(subscription(changed)).access() == [(JANUARY, DURING), (on("2026-01-20"), None)]
    assert world(subscription(changed), attached(at=on("2026-01-05"))).access() == [(on("2026-01-20"), None)]


def test_a_quantity_of_0_from_the_start_gives_nothing() -> None:
    assert world(subscription(item(segment(quantity=0)))).timeline.features == {}


def test_access_taken_by_a_quantity_of_0_ends_as_an_item_removed() -> None:
    (run,) = world(subscription(item(segment(), segment(since=MARCH, quantity=0)))).of().runs

    assert (run.active_to, run.end_reason) == (MARCH, AccessReason.ITEM_REMOVED)


def test_another_interval_is_a_snapshot() -> None:
    changed = subscription(item(segment(), segment(since=DURING, interval=YEARLY)))

    assert world(changed, attached(at=on("2026-01-05"))).access() == [(DURING, None)]


def test_an_item_removed_takes_its_features_along() -> None:
    (run,) = world(subscription(item(segment(until=MARCH)))).of().runs

    assert (run.active_to, run.end_reason) == (MARCH, AccessReason.ITEM_REMOVED)


def test_an_item_removed_and_one_added_in_one_request_leave_no_gap() -> None:
    swapped = subscription(item(segment(until=MARCH), name="si_old"), item(segment(since=MARCH), name="si_new"))
    seen = world(swapped)
    (run,) = seen.of().runs

    assert seen.access() == [(JANUARY, None)]
    assert [source.item for source in run.sources] == ["si_old", "si_new"]
    assert count_changes(seen.timeline, JANUARY, MAY) == 0


def test_two_items_with_one_product_are_two_sources_of_one_run() -> None:
    two = subscription(item(segment(), name="si_1"), item(segment(since=DURING, until=MARCH), name="si_2"))
    (run,) = world(two).of().runs

    assert (run.active_from, run.active_to) == (JANUARY, None)
    assert [(s.item, s.active_from, s.active_to) for s in run.sources] == [
        ("si_1", JANUARY, None),
        ("si_2", DURING, MARCH),
    ]


def test_one_feature_by_two_products_of_one_subscription_stays_when_one_is_removed() -> None:
    two = subscription(item(segment(PRO, until=MARCH), name="si_pro"), item(segment(TEAM), name="si_team"))

    assert world(two, attached(product=PRO), attached(product=TEAM)).access() == [(JANUARY, None)]


def test_an_upgrade_whose_plans_share_features_changes_only_the_others() -> None:
    plans = (attached(SSO, PRO), attached(SSO, TEAM), attached(API, TEAM))
    before = world(subscription(), *plans).timeline
    upgraded = world(subscription(item(segment(PRO), segment(TEAM, since=DURING))), *plans)

    made = difference(before, upgraded.timeline, DURING)

    assert (made.added, made.removed, made.changed) == ((API,), (), ())
    assert upgraded.access(SSO) == [(JANUARY, None)]
    assert upgraded.access(API) == [(DURING, None)]


def test_a_product_that_is_left_leaves_at_the_instant_of_the_change() -> None:
    moved = subscription(item(segment(PRO), segment(TEAM, since=DURING)))
    (run,) = world(moved, attached(product=PRO), attached(API, TEAM)).of(SSO).runs

    assert (run.active_to, run.end_reason) == (DURING, AccessReason.ITEM_REMOVED)


def test_a_move_to_a_product_with_no_features_and_back() -> None:
    moved = subscription(item(segment(PRO), segment(TEAM, since=DURING), segment(PRO, since=MARCH)))

    assert world(moved).access() == [(JANUARY, DURING), (MARCH, None)]


def test_a_product_that_comes_back_takes_a_new_snapshot() -> None:
    moved = subscription(item(segment(PRO), segment(TEAM, since=DURING), segment(PRO, since=MARCH)))

    assert world(moved, attached(at=on("2026-02-20"))).access() == [(MARCH, None)]
    assert world(moved, attached(detached=on("2026-02-20"))).access() == [(JANUARY, DURING)]


def test_an_item_added_to_a_paused_subscription_waits_for_it() -> None:
    paused = subscription(item(segment(since=MID_FEBRUARY)), moves=[(Status.PAUSED, FEBRUARY), (Status.ACTIVE, MARCH)])
    seen = world(paused)

    assert seen.access() == [(MARCH, None)]
    assert [(w.from_, w.until) for w in seen.of().withheld] == [(MID_FEBRUARY, MARCH)]


def test_two_subscriptions_share_a_feature_and_one_ends_then_the_other() -> None:
    first, second = subscription(name="sub_1"), subscription(name="sub_2")
    one_ended = subscription(name="sub_1", ended_at=MARCH)
    two_ended = subscription(name="sub_2", ended_at=APRIL)
    start, middle, end = world(first, second), world(one_ended, second), world(one_ended, two_ended)

    assert not is_effective(start.timeline, middle.timeline, MARCH)
    assert is_effective(middle.timeline, end.timeline, APRIL)
    assert difference(middle.timeline, end.timeline, APRIL).removed == (SSO,)
    assert end.access() == [(JANUARY, APRIL)]


def test_touching_sources_are_no_change() -> None:
    ends, begins = subscription(name="sub_1", cancel_at=MARCH), subscription(name="sub_2", recorded=MARCH)
    seen = world(ends, begins)

    assert seen.access() == [(JANUARY, None)]
    assert count_changes(seen.timeline, JANUARY, MAY) == 0


def test_a_gap_of_a_millisecond_is_two_changes() -> None:
    ends, begins = subscription(name="sub_1", cancel_at=MARCH), subscription(name="sub_2", recorded=MARCH + TICK)
    seen = world(ends, begins)

    assert seen.access() == [(JANUARY, MARCH), (MARCH + TICK, None)]
    assert count_changes(seen.timeline, JANUARY, MAY) == 2


def test_two_features_that_change_at_one_instant_are_one_change() -> None:
    seen = world(subscription(cancel_at=MARCH), attached(SSO), attached(API))

    assert count_changes(seen.timeline, JANUARY, MAY) == 1
    assert features_at(seen.timeline, MARCH - TICK) == {SSO, API}
    assert features_at(seen.timeline, MARCH) == frozenset()


def test_a_customer_without_facts_has_nothing() -> None:
    assert world(attached()).timeline.features == {}
