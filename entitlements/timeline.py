"""From facts to runs: the whole of the rule for one customer.

The cost grows with the facts and attachments, not with the time they span: every instant is computed, none is
stepped through. Source: DESIGN, The rule; `README.md` defines the terms.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from itertools import product as cartesian
from operator import attrgetter, itemgetter
from typing import NamedTuple

from entitlements.facts import (
    FOREVER,
    CustomerFacts,
    FeatureId,
    Grant,
    ProductFeature,
    ProductId,
    Subscription,
    SubscriptionId,
    SubscriptionItem,
)
from entitlements.runs import AccessReason, FeatureTimeline, Run, Source, SourceKind, Timeline, Withheld
from entitlements.snapshots import Stretch, stretches
from entitlements.status import Standing, anchor, standings

EXPIRING = frozenset({AccessReason.TRIAL_ENDED, AccessReason.GRANT_ENDED})
"""Causes by which access ends as it was meant to from the start."""

PRECEDENCE = (
    AccessReason.SUBSCRIPTION_ENDED,
    AccessReason.SUBSCRIPTION_NOT_IN_GOOD_STANDING,
    AccessReason.ITEM_REMOVED,
    AccessReason.FEATURE_DETACHED,
    AccessReason.GRANT_REVOKED,
    AccessReason.TRIAL_ENDED,
    AccessReason.GRANT_ENDED,
)
"""Which of several causes at one instant is named: what cut access short before what ran out."""


def timeline(facts: CustomerFacts, attachments: Iterable[ProductFeature]) -> Timeline:
    """Every feature's runs and withheld intervals, for all time, as it is known today.

    Shape: `attachments` in any order, of every product that a segment names; others don't count.
    """
    return _Rule(attachments).timeline(facts)


def timelines(
    before: CustomerFacts, after: CustomerFacts, attachments: Iterable[ProductFeature]
) -> tuple[Timeline, Timeline]:
    """The timelines of a customer's facts before and after a write: what it left as it was is worked out once.

    Shape: `attachments` as for `timeline`, of the products of both. A subscription that stays is the same object in
    both.
    """
    rule = _Rule(attachments)
    return rule.timeline(before), rule.timeline(after)


class _Bundle(NamedTuple):
    """Features that a product gives alike: each was attached and detached at the same instants, on the same terms."""

    features: Sequence[FeatureId]
    attachments: Sequence[ProductFeature]
    """Those of one of the features, which stands for the others."""


@dataclass(frozen=True, slots=True, eq=False)
class _Gift:
    """What a grant, or an item's product, gives to every feature of a bundle. The features share it."""

    sources: Sequence[Source] = ()
    withheld: Sequence[Withheld] = ()


class _Rule:
    """The rule over some attachments. It knows subscriptions by their identity, so they must outlive it."""

    def __init__(self, attachments: Iterable[ProductFeature]) -> None:
        self._bundles = _bundles(attachments)
        self._gifts: dict[int, Sequence[tuple[Sequence[FeatureId], _Gift]]] = {}
        self._timelines: dict[tuple[_Gift, ...], FeatureTimeline] = {}

    def timeline(self, facts: CustomerFacts) -> Timeline:
        """Every feature's timeline, in the order of the features; those that got the same gifts share one."""
        gifts: defaultdict[FeatureId, list[_Gift]] = defaultdict(list)
        for subscription in facts.subscriptions:
            for features, gift in self._gifts_of(subscription):
                for feature in features:
                    gifts[feature].append(gift)
        for grant in facts.grants:
            if gift := _gift_of_grant(grant):
                gifts[grant.feature].append(gift)
        return Timeline({feature: self._timeline_of(tuple(gifts[feature])) for feature in sorted(gifts)})

    def _gifts_of(self, subscription: Subscription) -> Sequence[tuple[Sequence[FeatureId], _Gift]]:
        if id(subscription) not in self._gifts:
            self._gifts[id(subscription)] = list(_gifts_of_subscription(subscription, self._bundles))
        return self._gifts[id(subscription)]

    def _timeline_of(self, gifts: tuple[_Gift, ...]) -> FeatureTimeline:
        if gifts not in self._timelines:
            self._timelines[gifts] = _timeline_of(gifts)
        return self._timelines[gifts]


def _bundles(attachments: Iterable[ProductFeature]) -> Mapping[ProductId, Sequence[_Bundle]]:
    """A product has many features and few bundles, mostly one: what follows is worked out once for each."""
    by_feature: defaultdict[tuple[ProductId, FeatureId], list[ProductFeature]] = defaultdict(list)
    for attachment in attachments:
        by_feature[attachment.product, attachment.feature].append(attachment)
    alike: dict[tuple[ProductId, Sequence[object]], tuple[list[FeatureId], list[ProductFeature]]] = {}
    for (product, feature), attached in by_feature.items():
        features, _ = alike.setdefault((product, tuple(map(_terms, attached))), ([], attached))
        features.append(feature)
    bundles: defaultdict[ProductId, list[_Bundle]] = defaultdict(list)
    for (product, _), (features, attached) in alike.items():
        bundles[product].append(_Bundle(features, attached))
    return bundles


_terms = attrgetter("attached_at", "rollout", "detached_at", "detach_rollout")
"""All of an attachment but what it is of."""


def _timeline_of(gifts: Sequence[_Gift]) -> FeatureTimeline:
    withheld = sorted(chain.from_iterable(gift.withheld for gift in gifts), key=_withheld_order)
    return FeatureTimeline(tuple(_runs(chain.from_iterable(gift.sources for gift in gifts))), tuple(withheld))


def _gift_of_grant(grant: Grant) -> _Gift | None:
    """What a grant gives; None if it never does. Source: DESIGN, The rule, 6."""
    from_ = max(grant.active_from, grant.recorded_at)
    ends, revoked = grant.active_to or FOREVER, grant.revoked_at or FOREVER
    until = min(ends, revoked)
    if from_ >= until:
        return None
    cause = AccessReason.GRANT_REVOKED if revoked < ends else AccessReason.GRANT_ENDED
    return _Gift(sources=[Source(SourceKind.GRANT, from_, *_known(until, cause), grant=grant.id)])


class _Piece(NamedTuple):
    """What an item gives during `[from_, until)` while its subscription's status allows it, and what ends it."""

    from_: datetime
    until: datetime
    cause: AccessReason


def _gifts_of_subscription(
    subscription: Subscription, bundles: Mapping[ProductId, Sequence[_Bundle]]
) -> Iterator[tuple[Sequence[FeatureId], _Gift]]:
    """What each item gives through each product it ever was for, and to which features."""
    stood = standings(subscription)
    begins = [standing.from_ for standing in stood if standing.withheld_by is None]
    counted_from = anchor(subscription)
    for item in subscription.items:
        lived: defaultdict[ProductId, list[Stretch]] = defaultdict(list)
        for stretch in stretches(item, counted_from, begins):
            lived[stretch.product].append(stretch)
        for product, of_product in lived.items():
            for bundle in bundles.get(product, ()):
                pieces = [p for stretch in of_product for each in bundle.attachments for p in _pieces(stretch, each)]
                gift = _gift_of_item(_joined(pieces), stood, subscription, item, product)
                if gift.sources or gift.withheld:
                    yield bundle.features, gift


def _pieces(stretch: Stretch, attachment: ProductFeature) -> Iterator[_Piece]:
    """What an attachment gives in a stretch, cut where the quantity is 0."""
    held = stretch.holding(attachment)
    if held is None:
        return
    entry, leave = held
    for from_, until in stretch.given:
        if entry < until and from_ < leave:
            # Of an item's end and a detach at one instant the item's end is named.
            cause = AccessReason.ITEM_REMOVED if until <= leave else AccessReason.FEATURE_DETACHED
            yield _Piece(max(entry, from_), min(leave, until), cause)


def _joined(pieces: Sequence[_Piece]) -> Sequence[_Piece]:
    """Pieces that touch or overlap made one, as by a detach and an attach within one period."""
    if len(pieces) < 2:
        return pieces
    joined: list[_Piece] = []
    for piece in sorted(pieces):
        if joined and piece.from_ <= joined[-1].until:
            joined.append(_join(joined.pop(), piece))
        else:
            joined.append(piece)
    return joined


def _join(one: _Piece, other: _Piece) -> _Piece:
    last = max(one, other, key=lambda piece: (piece.until, -PRECEDENCE.index(piece.cause)))
    return _Piece(one.from_, last.until, last.cause)


def _gift_of_item(
    pieces: Iterable[_Piece],
    stood: Sequence[Standing],
    subscription: Subscription,
    item: SubscriptionItem,
    product: ProductId,
) -> _Gift:
    """Where pieces and standings overlap: what the subscription's status lets through, and what it withholds."""
    sources: list[Source] = []
    withheld: list[Withheld] = []
    for piece, standing in cartesian(pieces, stood):
        if standing.until <= piece.from_ or piece.until <= standing.from_:
            continue
        from_ = max(piece.from_, standing.from_)
        to, reason = _known(*_end(piece, standing))
        if standing.withheld_by is None:
            source = Source(SourceKind.SUBSCRIPTION, from_, to, reason, subscription.id, item.id, product)
            sources.append(source)
        else:
            withheld.append(Withheld(from_, to, standing.withheld_by, reason, subscription.id))
    return _Gift(sources, withheld)


def _end(piece: _Piece, standing: Standing) -> tuple[datetime, AccessReason]:
    """The earlier end of the two; of both at one instant the status is named, unless it is one that gives access."""
    if standing.until == piece.until and standing.end_reason is not AccessReason.ENTITLED:
        return standing.until, standing.end_reason
    return min((piece.until, piece.cause), (standing.until, standing.end_reason), key=itemgetter(0))


def _runs(sources: Iterable[Source]) -> Iterator[Run]:
    """The union of sources; those that overlap or touch are one run. Source: DESIGN, The rule, 7."""
    together: list[Source] = []
    reach: datetime | None = None
    for source in sorted(sources, key=_source_order):
        if together and reach is not None and source.active_from > reach:
            yield _run(together, reach)
            together = []
        reach = _later(reach, source.active_to) if together else source.active_to
        together.append(source)
    if together:
        yield _run(together, reach)


def _run(sources: Sequence[Source], until: datetime | None) -> Run:
    if until is None:
        return Run(sources[0].active_from, None, None, expired=False, sources=tuple(sources))
    causes = {source.end_reason for source in sources if source.active_to == until}
    reason = next(reason for reason in PRECEDENCE if reason in causes)
    return Run(sources[0].active_from, until, reason, expired=causes <= EXPIRING, sources=tuple(sources))


def _source_order(source: Source) -> tuple[datetime, str, str, str]:
    return source.active_from, source.grant or "", source.item or "", source.product or ""


def _withheld_order(withheld: Withheld) -> tuple[datetime, datetime, SubscriptionId, str]:
    reason = withheld.end_reason or ""
    return withheld.from_, withheld.until or FOREVER, withheld.subscription, reason


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two ends, None being open."""
    return None if one is None or other is None else max(one, other)


def _known(until: datetime, cause: AccessReason) -> tuple[datetime | None, AccessReason | None]:
    """An end and its cause as the rule answers them: both None while open."""
    return (None, None) if until == FOREVER else (until, cause)
