"""What the report of a reconciling says of an object that was otherwise here."""

from datetime import UTC, datetime

import pytest

from entitlements.facts import BillingInterval, Interval, ProductId
from entitlements.facts import SubscriptionStatus as S
from gateway.stripe_source.kinds import ATTACHED_KIND, SUBSCRIPTION_KIND, steps_of
from gateway.stripe_source.mended import Mended, mended
from gateway.stripe_source.states import ATTACHED, SUBSCRIPTION, AttachedState, ItemState, SubscriptionState
from gateway.stripe_source.telling import seen

BORN = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 3, 1, tzinfo=UTC)


def item(id_: str, quantity: int = 1) -> ItemState:
    return ItemState(id_, BORN, ProductId("prod_a"), quantity, Interval(BillingInterval.MONTH))


def subscription(*items: ItemState, status: S = S.ACTIVE, **metadata: str) -> SubscriptionState:
    return SubscriptionState("cus_1", status, BORN, BORN, items, metadata=metadata)


@pytest.mark.parametrize(
    ("here", "there", "how"),
    [
        (subscription(item("si_1")), subscription(item("si_1"), status=S.UNPAID), "status: ACTIVE instead of UNPAID"),
        (subscription(item("si_1")), subscription(item("si_1", 5)), "items: 1 otherwise"),
        (subscription(item("si_1")), subscription(item("si_1"), item("si_2")), "items: 1 missing"),
        (subscription(item("si_1")), subscription(item("si_2")), "items: 1 missing, 1 too many"),
        (subscription(seats="3", plan="a"), subscription(seats="4"), "metadata: 1 too many, 1 otherwise"),
        (subscription(), subscription(), None),
    ],
)
def test_it_says_what_was_otherwise(here: SubscriptionState, there: SubscriptionState, how: str | None) -> None:
    before = seen(SUBSCRIPTION_KIND, "sub_1", BORN, here, SUBSCRIPTION)
    after = seen(SUBSCRIPTION_KIND, "sub_1", LATER, there, SUBSCRIPTION)

    known, by_now = (steps_of(SUBSCRIPTION_KIND, each) for each in ([before], [before, after]))

    assert mended(SUBSCRIPTION_KIND, "sub_1", known, by_now) == (how and Mended(SUBSCRIPTION_KIND, "sub_1", how))


def test_features_of_a_product_are_compared_one_by_one() -> None:
    here, there = AttachedState((("prodft_1", "feat_a"),)), AttachedState((("prodft_2", "feat_a"),))
    before, after = (seen(ATTACHED_KIND, "prod_a", at, state, ATTACHED) for at, state in ((BORN, here), (LATER, there)))

    known, by_now = (steps_of(ATTACHED_KIND, each) for each in ([before], [before, after]))

    assert mended(ATTACHED_KIND, "prod_a", known, by_now) == Mended(
        ATTACHED_KIND, "prod_a", "attached: 1 missing, 1 too many"
    )
