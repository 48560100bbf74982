"""The rule by brute force: what a timeline must be, found by stepping through every instant of interest.

Written from DESIGN section 1 alone. It shares the dataclasses of facts and runs with the implementation and nothing
else: no arithmetic, no intervals, no union. At each instant it asks for each source whether it gives; then it reads
off where the answers change.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from entitlements.facts import (
    CustomerFacts,
    FeatureId,
    Grant,
    ProductFeature,
    ProductId,
    Subscription,
    SubscriptionItem,
)
from entitlements.facts import SubscriptionStatus as Status
from entitlements.runs import AccessReason as Reason
from entitlements.runs import FeatureTimeline, Run, Source, SourceKind, Timeline, Withheld
from tests.rules.calendar_walk import TICK
from tests.rules.item_replay import instants_of_item, replay, segment_at, snapshots
from tests.rules.status_replay import ENTITLING, NOT_IN_GOOD_STANDING, instants_of_status, reason_of_status, status_at

FIRST_NAMED = (
    Reason.SUBSCRIPTION_ENDED,
    Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING,
    Reason.ITEM_REMOVED,
    Reason.FEATURE_DETACHED,
    Reason.GRANT_REVOKED,
    Reason.TRIAL_ENDED,
    Reason.GRANT_ENDED,
)
"""Which cause names the end of a run at whose end several sources end."""

Flags = list[bool]


@dataclass
class _ByHand:
    """A grant, and at which of the instants it gives."""

    grant: Grant
    gives: Flags

    @property
    def feature(self) -> FeatureId:
        return self.grant.feature

    def source(self, since: datetime, until: datetime | None) -> Source:
        return Source(SourceKind.GRANT, since, until, self._cause(until), grant=self.grant.id)

    def _cause(self, until: datetime | None) -> Reason | None:
        if until is None:
            return None
        return Reason.GRANT_ENDED if until == self.grant.active_to else Reason.GRANT_REVOKED


@dataclass
class _ByItem:
    """A feature that an item has by one product: when it would give it, and when its subscription lets it."""

    feature: FeatureId
    subscription: Subscription
    item: SubscriptionItem
    product: ProductId
    would: Flags
    gives: Flags

    def source(self, since: datetime, until: datetime | None) -> Source:
        return Source(
            SourceKind.SUBSCRIPTION,
            since,
            until,
            None if until is None else self.cause(until),
            subscription=self.subscription.id,
            item=self.item.id,
            product=self.product,
        )

    def cause(self, until: datetime) -> Reason:
        """Why it gives, or would give, until an instant and no longer: the status' cause first."""
        before, after = (status_at(self.subscription, at) for at in (until - TICK, until))
        if after not in ENTITLING and before is not after:
            return reason_of_status(self.subscription, until)
        segment = segment_at(self.item, until)
        if segment is None or segment.product != self.product or segment.quantity == 0:
            return Reason.ITEM_REMOVED
        return Reason.FEATURE_DETACHED


@dataclass
class Oracle:
    """All answers about one customer. `instants` are those of interest and the milliseconds round them."""

    facts: CustomerFacts
    attachments: Sequence[ProductFeature]
    instants: list[datetime] = field(init=False)
    timeline: Timeline = field(init=False)

    def __post_init__(self) -> None:
        self.instants = _of_interest(self.facts, self.attachments)
        self._statuses = {each.id: [status_at(each, at) for at in self.instants] for each in self.facts.subscriptions}
        self._items = [given for each in self.facts.subscriptions for given in self._items_of(each)]
        self._grants = [_ByHand(each, [_grants(each, at) for at in self.instants]) for each in self.facts.grants]
        features = {each.feature for each in (*self._items, *self._grants)}
        found = {feature: FeatureTimeline(self._runs(feature), self._withheld(feature)) for feature in features}
        self.timeline = Timeline({feature: each for feature, each in found.items() if each.runs or each.withheld})

    def sets(self) -> list[frozenset[FeatureId]]:
        """The customer's set at each of the instants."""
        given = (*self._items, *self._grants)
        return [frozenset(g.feature for g in given if g.gives[index]) for index in range(len(self.instants))]

    def _items_of(self, subscription: Subscription) -> Iterator[_ByItem]:
        entitled = [status in ENTITLING for status in self._statuses[subscription.id]]
        for item in subscription.items:
            kinds = snapshots(subscription, item, self.instants, entitled)
            for product, feature in sorted({(row.product, row.feature) for row in self.attachments}):
                rows = [row for row in self.attachments if (row.product, row.feature) == (product, feature)]
                replayed = [replay(kinds, item, row, self.instants) for row in rows]
                would = [any(each) for each in zip(*replayed, strict=True)]
                gives = [inside and lets for inside, lets in zip(would, entitled, strict=True)]
                yield _ByItem(feature, subscription, item, product, would, gives)

    def _runs(self, feature: FeatureId) -> tuple[Run, ...]:
        given = [each for each in (*self._items, *self._grants) if each.feature == feature]
        sources = [each.source(*stretch) for each in given for stretch in self._stretches(each.gives)]
        union = [any(each.gives[index] for each in given) for index in range(len(self.instants))]
        return tuple(_run(since, until, sources) for since, until in self._stretches(union))

    def _withheld(self, feature: FeatureId) -> tuple[Withheld, ...]:
        found = [
            interval
            for subscription in self.facts.subscriptions
            for status in NOT_IN_GOOD_STANDING
            for interval in self._withheld_by(subscription, status, feature)
        ]
        return tuple(sorted(found, key=lambda interval: (interval.from_, interval.subscription)))

    def _withheld_by(self, subscription: Subscription, status: Status, feature: FeatureId) -> Iterator[Withheld]:
        items = [each for each in self._items if each.feature == feature and each.subscription.id == subscription.id]
        for since, until in self._stretches(self._waits(items, self._statuses[subscription.id], status)):
            reason = None if until is None else self._end_of_waiting(items, until)
            yield Withheld(since, until, status, reason, subscription.id)

    def _waits(self, items: list[_ByItem], statuses: list[Status | None], status: Status) -> Flags:
        return [
            statuses[index] is status and any(each.would[index] for each in items)
            for index in range(len(self.instants))
        ]

    def _end_of_waiting(self, items: list[_ByItem], until: datetime) -> Reason:
        index = self.instants.index(until)
        ended = [each for each in items if each.would[index - 1]]
        if any(each.gives[index] for each in ended):
            return Reason.ENTITLED
        return min((each.cause(until) for each in ended), key=FIRST_NAMED.index)

    def _stretches(self, flags: Flags) -> Iterator[tuple[datetime, datetime | None]]:
        since: datetime | None = None
        for at, flag in zip(self.instants, flags, strict=True):
            if flag and since is None:
                since = at
            if not flag and since is not None:
                yield since, at
                since = None
        if since is not None:
            yield since, None


def expected(facts: CustomerFacts, attachments: Sequence[ProductFeature]) -> Timeline:
    """What the rule must answer."""
    return Oracle(facts, attachments).timeline


def _of_interest(facts: CustomerFacts, attachments: Sequence[ProductFeature]) -> list[datetime]:
    """Every instant at which anything can change, with the milliseconds before and after it."""
    known = {at for each in facts.subscriptions for at in instants_of_status(each)}
    known |= {at for row in attachments for at in (row.attached_at, row.detached_at) if at}
    for grant in facts.grants:
        known |= {at for at in (grant.recorded_at, grant.active_from, grant.active_to, grant.revoked_at) if at}
    segments = [seg for each in facts.subscriptions for item in each.items for seg in item.segments]
    known |= {at for seg in segments for at in (seg.from_, seg.until) if at}
    horizon = max(known, default=None)
    if horizon is None:
        return []
    for each in facts.subscriptions:
        known |= {at for item in each.items for at in instants_of_item(each, item, horizon)}
    return sorted({moment for at in known for moment in (at - TICK, at, at + TICK)})


def _run(since: datetime, until: datetime | None, sources: Iterable[Source]) -> Run:
    inside = [s for s in sources if since <= s.active_from and (until is None or s.active_from < until)]
    if until is None:
        return Run(since, None, None, expired=False, sources=tuple(inside))
    causes = [s.end_reason for s in inside if s.active_to == until and s.end_reason]
    expired = all(cause in (Reason.TRIAL_ENDED, Reason.GRANT_ENDED) for cause in causes)
    return Run(since, until, min(causes, key=FIRST_NAMED.index), expired, tuple(inside))


def _grants(grant: Grant, at: datetime) -> bool:
    if at < grant.recorded_at or at < grant.active_from:
        return False
    over = grant.active_to is not None and grant.active_to <= at
    revoked = grant.revoked_at is not None and grant.revoked_at <= at
    return not over and not revoked
