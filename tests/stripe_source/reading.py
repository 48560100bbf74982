"""What an account's own whole history says of its customers' entitlements: read by the rule, and by nothing else.

Read as simply as it can be: what an object was at the end of a second it was from that second on.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby, pairwise

from entitlements.facts import (
    BillingInterval,
    CustomerFacts,
    CustomerId,
    FeatureId,
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
from entitlements.runs import Timeline
from entitlements.timeline import timeline
from tests.stripe_source.books import Books, Version
from tests.stripe_source.shapes import Json

Intervals = dict[str, list[tuple[datetime, datetime]]]
"""When a customer was entitled to features, by their ids."""

_AT_TRIAL_END = {
    "create_invoice": TrialEndBehavior.ACTIVATE,
    "pause": TrialEndBehavior.PAUSE,
    "cancel": TrialEndBehavior.CANCEL,
}


def instant(seconds: int) -> datetime:
    """An instant of Stripe's."""
    return datetime.fromtimestamp(seconds, UTC)


def read_entitlements(
    books: Books, customer: str, attachments: Iterable[ProductFeature], since: int, known_until: int = 0
) -> Timeline:
    """When a customer who isn't deleted may use what; `since` and `known_until` as in `read_subscription`."""
    held = [each["id"] for each in books.subscriptions.values() if each["customer"] == customer]
    facts = CustomerFacts(
        CustomerId(customer), tuple(read_subscription(books.versions[id_], since, known_until) for id_ in held)
    )
    return timeline(facts, attachments)


def read_attachments(books: Books, looks: Sequence[int]) -> list[ProductFeature]:
    """What was attached when, as far as it shows to who looks at these instants: no event tells.

    What a product has at the first look it counts as having had from its beginning. What comes later counts from the
    look that finds it, what goes until the look that misses it; what came and went between two looks never was.
    """
    found: list[ProductFeature] = []
    for id_, (product, feature, from_, until) in books.attachments.items():
        created = books.products[product]["created"]
        seen, missed = _first_look(looks, from_), None if until is None else _first_look(looks, until)
        if seen is None or seen == missed:
            continue
        found.append(
            ProductFeature(
                ProductFeatureId(id_),
                ProductId(product),
                FeatureId(feature),
                attached_at=instant(created if seen == _first_look(looks, created) else seen),
                detached_at=None if missed is None else instant(missed),
            )
        )
    return found


def read_subscription(versions: Sequence[Version], since: int, known_until: int) -> Subscription:
    """A subscription's facts by what it was from an instant on; what it was then it counts as from its beginning.

    What it was before it ended no event tells. If nothing else happened since that instant, it was what was known
    until an earlier one, or else in good standing.
    """
    moments = [*_seconds(versions)]
    older = [moment for moment in moments if moment[0] <= since]
    lived = [*older[-1:], *moments[len(older) :]]
    if older and [shown["status"] for _, shown in lived[1:2]] == ["canceled"]:
        known = [shown["status"] for at, shown in moments if at <= known_until]
        lived[0] = (lived[0][0], {**lived[0][1], "status": known[-1] if known else "active"})
    lived[0] = (lived[0][1]["created"], lived[0][1])
    last = lived[-1][1]
    behavior = last["trial_settings"]["end_behavior"]["missing_payment_method"]
    return Subscription(
        id=SubscriptionId(last["id"]),
        customer=CustomerId(last["customer"]),
        recorded_at=instant(last["created"]),
        started_at=instant(last["start_date"]),
        statuses=tuple(_statuses(lived)),
        items=tuple(SubscriptionItem(id_, tuple(_segments(lived, id_))) for id_ in _items(lived)),
        trial_end=None if last["trial_end"] is None else instant(last["trial_end"]),
        trial_end_behavior=_AT_TRIAL_END["create_invoice" if last["default_payment_method"] else behavior],
        cancel_at=None if last["cancel_at"] is None else instant(last["cancel_at"]),
    )


def intervals(read: Timeline, from_: datetime, until: datetime) -> Intervals:
    """Who may use what from an instant until another."""
    found: Intervals = {}
    for feature, of_feature in read.features.items():
        clipped = [(max(run.active_from, from_), min(run.active_to or until, until)) for run in of_feature.runs]
        if kept := [(start, end) for start, end in clipped if start < end]:
            found[feature] = kept
    return found


def held_at(known: Intervals, at: datetime) -> set[str]:
    """What may be used at an instant."""
    return {feature for feature, held in known.items() if any(from_ <= at < until for from_, until in held)}


def _first_look(looks: Sequence[int], at: int) -> int | None:
    return next((look for look in looks if look >= at), None)


def _seconds(versions: Sequence[Version]) -> Iterator[tuple[int, Json]]:
    """What there was at the end of each second in which something happened."""
    for at, within in groupby(versions, key=lambda version: version.at):
        *_, (_, last) = within
        assert last is not None
        yield at, last


def _statuses(lived: Sequence[tuple[int, Json]]) -> Iterator[StatusRecord]:
    for status, within in groupby(lived, key=lambda moment: moment[1]["status"]):
        at, _ = next(within)
        yield StatusRecord(SubscriptionStatus(status.upper()), instant(at))


def _items(lived: Sequence[tuple[int, Json]]) -> list[SubscriptionItemId]:
    return [*dict.fromkeys(SubscriptionItemId(item["id"]) for _, shown in lived for item in shown["items"]["data"])]


def _segments(lived: Sequence[tuple[int, Json]], item: str) -> Iterator[Segment]:
    """The stretches in which an item was for the same; what came and went within a second is none."""
    held = [(at, next((each for each in shown["items"]["data"] if each["id"] == item), None)) for at, shown in lived]
    same = [next(within) for _, within in groupby(held, key=lambda moment: moment[1] and _terms(moment[1]))]
    for (at, line), (until, _) in pairwise([*same, (None, None)]):
        if at is not None and line is not None:
            from_ = instant(max(at, line["created"]))
            yield Segment(*_terms(line), from_, None if until is None else instant(until))


def _terms(line: Json) -> tuple[ProductId, int, Interval]:
    """What an item is for. What is metered has no quantity, and is there."""
    price = line["price"]
    unit, count = price["recurring"]["interval"], price["recurring"]["interval_count"]
    return ProductId(price["product"]), line.get("quantity", 1), Interval(BillingInterval(unit.upper()), count)
