"""From facts to runs: the whole of the rule for one customer.

The cost grows with the facts and attachments, not with the time they span: every instant is computed, none is
stepped through. Source: DESIGN, The rule; `README.md` defines the terms.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from operator import itemgetter
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

    Shape: `attachments` as for `timeline`, of the products of both. A fact that stays is the same object in both.
    """
    rule = _Rule(attachments)
    return rule.timeline(before), rule.timeline(after)


class _Given(NamedTuple):
    """What one fact gives: the very same object for all features that a product gives alike, which most do."""

    sources: Sequence[Source]
    withheld: Sequence[Withheld] = ()


class _Rule:
    """The rule over some attachments. It goes by the identity of facts, so they must outlive it."""

    def __init__(self, attachments: Iterable[ProductFeature]) -> None:
        self._by_product: defaultdict[ProductId, list[ProductFeature]] = defaultdict(list)
        for attachment in attachments:
            self._by_product[attachment.product].append(attachment)
        self._given: dict[int, list[tuple[FeatureId, _Given]]] = {}
        self._united: dict[tuple[int, ...], FeatureTimeline] = {}

    def timeline(self, facts: CustomerFacts) -> Timeline:
        by_feature: defaultdict[FeatureId, list[_Given]] = defaultdict(list)
        for fact in chain(facts.subscriptions, facts.grants):
            for feature, given in self._of(fact):
                by_feature[feature].append(given)
        return Timeline({feature: self._unite(by_feature[feature]) for feature in sorted(by_feature)})

    def _of(self, fact: Subscription | Grant) -> Sequence[tuple[FeatureId, _Given]]:
        if id(fact) not in self._given:
            given = _of_grant(fact) if isinstance(fact, Grant) else _of_subscription(fact, self._by_product)
            self._given[id(fact)] = [(feature, each) for feature, each in given if each.sources or each.withheld]
        return self._given[id(fact)]

    def _unite(self, given: Sequence[_Given]) -> FeatureTimeline:
        key = tuple(map(id, given))
        if key not in self._united:
            self._united[key] = _united(given)
        return self._united[key]


def _united(given: Sequence[_Given]) -> FeatureTimeline:
    withheld = sorted(chain.from_iterable(each.withheld for each in given), key=_withheld_order)
    return FeatureTimeline(tuple(_runs(chain.from_iterable(each.sources for each in given))), tuple(withheld))


def _of_grant(grant: Grant) -> Iterator[tuple[FeatureId, _Given]]:
    """Source: DESIGN, The rule, 6."""
    from_ = max(grant.active_from, grant.recorded_at)
    ends, revoked = grant.active_to or FOREVER, grant.revoked_at or FOREVER
    until = min(ends, revoked)
    if from_ < until:
        cause = AccessReason.GRANT_REVOKED if revoked < ends else AccessReason.GRANT_ENDED
        source = Source(SourceKind.GRANT, from_, *_known(until, cause), grant=grant.id)
        yield grant.feature, _Given([source])


class _Piece(NamedTuple):
    """What an item gives during `[from_, until)` while its subscription's status allows it, and what ends it."""

    from_: datetime
    until: datetime
    cause: AccessReason


_Pieces = tuple[_Piece, ...]


def _of_subscription(
    subscription: Subscription, by_product: Mapping[ProductId, Sequence[ProductFeature]]
) -> Iterator[tuple[FeatureId, _Given]]:
    stood = standings(subscription)
    begins = [standing.from_ for standing in stood if standing.withheld_by is None]
    for item in subscription.items:
        pieces: defaultdict[tuple[FeatureId, ProductId], list[_Pieces]] = defaultdict(list)
        for stretch in stretches(item, anchor(subscription), begins):
            alike: dict[tuple[object, ...], _Pieces] = {}
            for attachment in by_product.get(stretch.product, ()):
                shape = attachment.attached_at, attachment.rollout, attachment.detached_at, attachment.detach_rollout
                if shape not in alike:
                    alike[shape] = tuple(_pieces(stretch, attachment))
                pieces[attachment.feature, stretch.product].append(alike[shape])
        given: dict[tuple[ProductId, tuple[int, ...]], _Given] = {}
        for (feature, product), parts in pieces.items():
            key = product, tuple(map(id, parts))
            if key not in given:
                given[key] = _given(list(chain.from_iterable(parts)), stood, subscription, item, product)
            yield feature, given[key]


def _given(
    pieces: Sequence[_Piece],
    stood: Sequence[Standing],
    subscription: Subscription,
    item: SubscriptionItem,
    product: ProductId,
) -> _Given:
    """What a subscription's item gives by a product, or would but for the subscription's status."""
    sources: list[Source] = []
    withheld: list[Withheld] = []
    for piece in _joined(pieces):
        for standing in stood:
            if not (standing.from_ < piece.until and piece.from_ < standing.until):
                continue
            from_ = max(piece.from_, standing.from_)
            to, reason = _known(*_end(piece, standing))
            if standing.withheld_by is None:
                sources.append(Source(SourceKind.SUBSCRIPTION, from_, to, reason, subscription.id, item.id, product))
            else:
                withheld.append(Withheld(from_, to, standing.withheld_by, reason, subscription.id))
    return _Given(sources, withheld)


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
