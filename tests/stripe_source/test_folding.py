"""What follows from what Stripe told doesn't depend on the order in which it was told, nor on how often."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlements.facts import StatusRecord, Subscription, TrialEndBehavior
from entitlements.facts import SubscriptionStatus as S
from gateway.stripe_source.folding import subscription_facts
from gateway.stripe_source.kinds import SUBSCRIPTION_KIND, steps_of
from gateway.stripe_source.shapes import StripeEvent, StripeSubscription
from gateway.stripe_source.states import SUBSCRIPTION, SubscriptionState
from gateway.stripe_source.telling import seen, told
from storage.observations import Observation

BORN = 1_767_225_600
DAY = 86_400


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def item(id_: str = "si_1", product: str = "prod_a", quantity: int = 1, created: int = BORN) -> dict[str, Any]:
    recurring = {"interval": "month", "interval_count": 1}
    return {"id": id_, "created": created, "quantity": quantity, "price": {"product": product, "recurring": recurring}}


def subscription(status: str, *items: dict[str, Any], **given: object) -> dict[str, Any]:
    return {
        "id": "sub_1",
        "customer": "cus_1",
        "status": status,
        "created": BORN,
        "start_date": BORN,
        "items": {"object": "list", "data": list(items) or [item()]},
        **given,
    }


def event(
    number: int, created: int, now: dict[str, Any], before: dict[str, Any] | None = None, verb: str = "updated"
) -> Observation:
    """As Stripe tells of a change: what was otherwise, of the attributes that were."""
    previous = None
    if before is not None:
        previous = {name: before.get(name) for name in {*now, *before} if now.get(name) != before.get(name)}
    found = told(
        StripeEvent.model_validate(
            {
                "id": f"evt_{number}",
                "type": f"customer.subscription.{verb}",
                "created": created,
                "data": {"object": now, "previous_attributes": previous},
            }
        )
    )
    assert found is not None
    return found


def listed(second: int, now: dict[str, Any]) -> Observation:
    state = SubscriptionState.of(StripeSubscription.model_validate(now))
    return seen(SUBSCRIPTION_KIND, "sub_1", at(second), state, SUBSCRIPTION)


def facts(*observed: Observation) -> Subscription:
    return subscription_facts("sub_1", steps_of(SUBSCRIPTION_KIND, observed))


def history(*changes: tuple[int, dict[str, Any]]) -> list[Observation]:
    """The events of what a subscription was one after another, each from a second on."""
    made = [event(900, changes[0][0], changes[0][1], verb="created")]
    for number, ((_, before), (second, now)) in enumerate(pairwise(changes)):
        # Ids don't tell the order.
        made.append(event(899 - number, second, now, before))
    return made


STATUSES = ["incomplete", "trialing", "active", "past_due", "unpaid", "paused"]


@st.composite
def lives(draw: st.DrawFn) -> list[Observation]:
    """Events, several of which may be of one second, and what lists showed in between."""
    second, changes = BORN, [(BORN, subscription(draw(st.sampled_from(STATUSES))))]
    for _ in range(draw(st.integers(0, 6))):
        second += draw(st.sampled_from([0, 0, 1, 60, DAY]))
        items = [item(f"si_{n}", quantity=draw(st.integers(0, 2))) for n in range(draw(st.integers(1, 2)))]
        trial_end = draw(st.sampled_from([None, second, second + DAY]))
        status = draw(st.sampled_from(STATUSES))
        changes.append((second, subscription(status, *items, trial_end=trial_end)))
    shown = draw(st.lists(st.sampled_from(changes), max_size=2))
    return [*history(*changes), *(listed(seconds, now) for seconds, now in shown)]


@given(lives(), st.randoms(use_true_random=False))
def test_any_order_with_any_repetition_gives_the_same_facts(observed: list[Observation], lot: Random) -> None:
    told_otherwise = [*observed, *lot.choices(observed, k=3)]
    lot.shuffle(told_otherwise)

    assert facts(*told_otherwise) == facts(*observed)


@given(lives(), st.data())
def test_whatever_is_known_so_far_makes_facts_that_the_rule_can_read(
    observed: list[Observation], data: st.DataObject
) -> None:
    known = facts(*data.draw(st.lists(st.sampled_from(observed), min_size=1)))

    since = [record.since for record in known.statuses]
    assert since == sorted(set(since))
    for line in known.items:
        assert [part.until for part in line.segments[:-1]] == [part.from_ for part in line.segments[1:]]


@given(st.lists(st.sampled_from(STATUSES[1:]), min_size=2, unique=True), st.randoms(use_true_random=False))
def test_changes_of_one_second_end_as_they_ended(statuses: Sequence[str], lot: Random) -> None:
    changes = [(BORN, subscription("incomplete")), *((BORN + DAY, subscription(status)) for status in statuses)]
    events = history(*changes)
    lot.shuffle(events)

    found = facts(*events).statuses

    assert found == (StatusRecord(S.INCOMPLETE, at(BORN)), StatusRecord(S(statuses[-1].upper()), at(BORN + DAY)))


def test_an_older_event_fills_in_history() -> None:
    active, unpaid = subscription("active"), subscription("unpaid")
    events = history((BORN, active), (BORN + DAY, unpaid), (BORN + 2 * DAY, active))

    late = facts(events[0], events[2], events[1])

    assert late.statuses == (
        StatusRecord(S.ACTIVE, at(BORN)),
        StatusRecord(S.UNPAID, at(BORN + DAY)),
        StatusRecord(S.ACTIVE, at(BORN + 2 * DAY)),
    )


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (subscription("trialing", trial_end=BORN + 9 * DAY), [(S.TRIALING, 0)]),
        (subscription("active", trial_end=BORN + DAY), [(S.TRIALING, 0), (S.ACTIVE, 1)]),
        (subscription("paused", trial_end=BORN + DAY), [(S.TRIALING, 0), (S.PAUSED, 1)]),
        (subscription("unpaid", trial_end=BORN + DAY), [(S.TRIALING, 0), (S.ACTIVE, 1), (S.UNPAID, 5)]),
        (subscription("past_due"), [(S.ACTIVE, 0), (S.PAST_DUE, 5)]),
        (subscription("canceled", ended_at=BORN + 3 * DAY), [(S.ACTIVE, 0), (S.CANCELED, 3)]),
        (
            subscription("canceled", trial_end=BORN + DAY, ended_at=BORN + 3 * DAY),
            [(S.TRIALING, 0), (S.ACTIVE, 1), (S.CANCELED, 3)],
        ),
        (
            subscription("canceled", trial_end=BORN + 4 * DAY, ended_at=BORN + 3 * DAY),
            [(S.TRIALING, 0), (S.CANCELED, 3)],
        ),
    ],
)
def test_of_the_time_before_the_first_look_the_dates_tell(shown: dict[str, Any], expected: list[tuple[S, int]]) -> None:
    found = facts(listed(BORN + 5 * DAY, shown))

    assert found.statuses == tuple(StatusRecord(status, at(BORN + days * DAY)) for status, days in expected)


def test_one_that_nobody_paid_for_expired_after_23_hours() -> None:
    found = facts(listed(BORN + 5 * DAY, subscription("incomplete_expired")))

    expired = at(BORN) + timedelta(hours=23)
    assert found.statuses == (StatusRecord(S.INCOMPLETE, at(BORN)), StatusRecord(S.INCOMPLETE_EXPIRED, expired))


def test_the_first_event_says_what_was_before_it() -> None:
    before, now = subscription("past_due"), subscription("active", item(quantity=3))

    found = facts(event(1, BORN + 5 * DAY, now, before))

    assert [part.quantity for part in found.items[0].segments] == [1, 3]
    assert [part.from_ for part in found.items[0].segments] == [at(BORN), at(BORN + 5 * DAY)]


def test_a_list_that_shows_what_an_event_tells_a_moment_later_leaves_the_instant_to_the_event() -> None:
    active, unpaid = subscription("active"), subscription("unpaid")
    [created, changed] = history((BORN, active), (BORN + DAY + 30, unpaid))

    found = facts(created, listed(BORN + DAY, unpaid), changed)

    assert found.statuses[-1] == StatusRecord(S.UNPAID, at(BORN + DAY + 30))


def test_what_was_lost_for_good_counts_from_the_list_that_shows_it() -> None:
    found = facts(event(1, BORN, subscription("active"), verb="created"), listed(BORN + DAY, subscription("unpaid")))

    assert found.statuses[-1] == StatusRecord(S.UNPAID, at(BORN + DAY))


def test_a_trial_that_went_on_in_stripe_went_on() -> None:
    pauses = {"trial_end": BORN + DAY, "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}}}
    trial, active = subscription("trialing", **pauses), subscription("active", **pauses)

    ahead = facts(*history((BORN, trial)))
    over = facts(*history((BORN, trial), (BORN + DAY + 20, active)))

    assert ahead.trial_end_behavior is TrialEndBehavior.PAUSE
    assert over.trial_end_behavior is TrialEndBehavior.ACTIVATE
    assert over.statuses[-1] == StatusRecord(S.ACTIVE, at(BORN + DAY))


def test_items_that_an_event_shows_in_part_stay_as_they_were() -> None:
    both = subscription("active", item("si_1"), item("si_2"))
    part = subscription("past_due", item("si_1"))
    part["items"]["has_more"] = True

    found = facts(*history((BORN, both), (BORN + DAY, part)))

    assert [line.removed_at for line in found.items] == [None, None]


def test_items_that_an_event_shows_in_part_were_more_before_it_too() -> None:
    now = subscription("active", item(quantity=3))
    now["items"]["has_more"] = True
    change = {"object": now, "previous_attributes": {"items": {"data": [item()]}}}
    body = {"id": "evt_1", "type": "customer.subscription.updated", "created": BORN + DAY, "data": change}

    found = told(StripeEvent.model_validate(body))

    assert found is not None
    assert found.before is not None
    before = SUBSCRIPTION.validate_json(found.before)
    assert ([line.quantity for line in before.items], before.items_complete) == ([1], False)
