"""Builders for facts: a test spells out only the fact it is about, and everything else is quiet and the same.

The quiet world: the catalogue is from December 2025, subscriptions are monthly, start at `JANUARY` and are ACTIVE.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from hypothesis.vendor.pretty import RepresentationPrinter

from entitlements.facts import (
    BillingInterval,
    CatalogRollout,
    CustomerFacts,
    CustomerId,
    Feature,
    FeatureId,
    Grant,
    GrantId,
    Interval,
    ProductFeature,
    ProductFeatureId,
    ProductId,
    Segment,
    StatusRecord,
    Subscription,
    SubscriptionId,
    SubscriptionItem,
    SubscriptionItemId,
    SubscriptionStatus,
    TrialEndBehavior,
)
from entitlements.runs import FeatureTimeline, Timeline
from entitlements.timeline import timeline
from tests.rules.story import tell

HOUR = timedelta(hours=1)

DAILY = Interval(BillingInterval.DAY)
WEEKLY = Interval(BillingInterval.WEEK)
MONTHLY = Interval(BillingInterval.MONTH)
YEARLY = Interval(BillingInterval.YEAR)

NEXT_PERIOD = CatalogRollout.NEXT_PERIOD
IMMEDIATE = CatalogRollout.IMMEDIATE
NEW_ONLY = CatalogRollout.NEW_SUBSCRIPTIONS_ONLY

ALICE = CustomerId("cus_alice")
SSO = FeatureId("feat_sso")
API = FeatureId("feat_api")
PRO = ProductId("prod_pro")
TEAM = ProductId("prod_team")


def on(date: str, time: str = "00:00") -> datetime:
    """An instant in UTC, as `on("2026-03-01", "12:00")`."""
    return datetime.fromisoformat(f"{date}T{time}").replace(tzinfo=UTC)


CATALOGUE = on("2025-12-01")
JANUARY, FEBRUARY, MARCH, APRIL, MAY = (on(f"2026-{month:02}-01") for month in range(1, 6))


def attached(
    feature: FeatureId = SSO,
    product: ProductId = PRO,
    at: datetime = CATALOGUE,
    rollout: CatalogRollout = NEXT_PERIOD,
    *,
    detached: datetime | None = None,
    detach: CatalogRollout = NEXT_PERIOD,
) -> ProductFeature:
    """An attachment, named after what it attaches and when."""
    identity = ProductFeatureId(f"prodft_{product}_{feature}_{at:%Y%m%d%H%M%S%f}")
    return ProductFeature(identity, product, feature, at, rollout, detached, detach if detached else None)


def segment(
    product: ProductId = PRO,
    *,
    since: datetime = JANUARY,
    until: datetime | None = None,
    quantity: int = 1,
    interval: Interval = MONTHLY,
) -> Segment:
    """A stretch of an item's life."""
    return Segment(product, quantity, interval, since, until)


def item(*segments: Segment, name: str = "si_1") -> SubscriptionItem:
    """An item; each segment without an end is closed by the next one."""
    ends = [after.from_ for after in segments[1:]]
    closed = [replace(each, until=end) for each, end in zip(segments, ends, strict=False)]
    return SubscriptionItem(SubscriptionItemId(name), (*closed, segments[-1]))


def subscription(
    *items: SubscriptionItem,
    recorded: datetime = JANUARY,
    started: datetime | None = None,
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE,
    moves: Iterable[tuple[SubscriptionStatus, datetime]] = (),
    trial_end: datetime | None = None,
    then: TrialEndBehavior = TrialEndBehavior.ACTIVATE,
    cancel_at: datetime | None = None,
    ended_at: datetime | None = None,
    name: str = "sub_1",
) -> Subscription:
    """A subscription to one unit of PRO, unless items say otherwise; `moves` are statuses reported later."""
    records = (StatusRecord(status, recorded), *(StatusRecord(*move) for move in moves))
    return Subscription(
        id=SubscriptionId(name),
        customer=ALICE,
        recorded_at=recorded,
        started_at=started or recorded,
        statuses=records,
        items=items or (item(segment(since=recorded)),),
        trial_end=trial_end,
        trial_end_behavior=then,
        cancel_at=cancel_at,
        ended_at=ended_at,
    )


def grant(
    feature: FeatureId = SSO,
    recorded: datetime = JANUARY,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    revoked: datetime | None = None,
    name: str = "grant_1",
) -> Grant:
    """A right given by hand; from its write on, unless `since` says otherwise."""
    return Grant(GrantId(name), ALICE, feature, recorded, since or recorded, until, revoked)


def feature(
    identity: FeatureId = SSO, key: str = "sso", *, created: datetime = CATALOGUE, archived: datetime | None = None
) -> Feature:
    """A feature of the catalogue."""
    return Feature(identity, "Feature", key, {}, created, archived)


@dataclass(frozen=True)
class World:
    """What one customer's timeline depends on."""

    subscriptions: tuple[Subscription, ...] = ()
    grants: tuple[Grant, ...] = ()
    attachments: tuple[ProductFeature, ...] = ()

    def __repr__(self) -> str:
        return "\n  ".join(["World", *tell(self.attachments, self.subscriptions, self.grants)])

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        """Hypothesis prints dataclasses field by field unless told otherwise."""
        printer.text(repr(self))

    @property
    def facts(self) -> CustomerFacts:
        return CustomerFacts(ALICE, self.subscriptions, self.grants)

    @cached_property
    def timeline(self) -> Timeline:
        """What the rule makes of it."""
        return timeline(self.facts, self.attachments)

    def of(self, feature: FeatureId = SSO) -> FeatureTimeline:
        """One feature's part of the timeline; empty if the feature isn't in it."""
        return self.timeline.features.get(feature, FeatureTimeline())

    def access(self, feature: FeatureId = SSO) -> list[tuple[datetime, datetime | None]]:
        """From when until when the customer may use a feature."""
        return [(run.active_from, run.active_to) for run in self.of(feature).runs]


def world(*facts: Subscription | Grant | ProductFeature) -> World:
    """A world of these facts, in this order; SSO is attached to PRO if no attachment is among them."""
    attachments = tuple(fact for fact in facts if isinstance(fact, ProductFeature))
    return World(
        subscriptions=tuple(fact for fact in facts if isinstance(fact, Subscription)),
        grants=tuple(fact for fact in facts if isinstance(fact, Grant)),
        attachments=attachments or (attached(),),
    )
