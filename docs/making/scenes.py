"""The pictures of the pages on concepts: facts that are made up, and what the rule makes of them."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from docs.making.drawing import Bar, Lane, Look, Mark, Picture
from entitlements.access import decide
from entitlements.changes import changes_between
from entitlements.facts import CatalogRollout, FeatureId, ProductId, Subscription, SubscriptionStatus, TrialEndBehavior
from entitlements.periods import boundary
from entitlements.status import FINAL, anchor, phases
from tests.rules.world import MONTHLY, World, attached, feature, grant, item, on, segment, subscription, world

TEAM, BUSINESS = ProductId("team"), ProductId("business")
PROJECTS, SSO, TRACKING = FeatureId("projects"), FeatureId("sso"), FeatureId("time-tracking")
CATALOGUE = (attached(PROJECTS, TEAM), attached(PROJECTS, BUSINESS), attached(SSO, BUSINESS))
JANUARY, JULY = on("2026-01-01"), on("2026-07-01")
WHAT_FOLLOWS = Lane("What follows")


def pictures() -> list[Picture]:
    """All of them."""
    return [_facts_and_runs(), _questions(), _arriving(), _leaving(), _statuses(), _trials(), _events()]


def _upgraded() -> World:
    """Team, then Business, then cancelled; and single sign-on by hand before it was paid for."""
    moved = item(segment(TEAM, since=on("2026-01-10")), segment(BUSINESS, since=on("2026-04-01")))
    return world(
        subscription(moved, recorded=on("2026-01-10"), cancel_at=on("2026-06-10")),
        grant(SSO, on("2026-02-15"), until=on("2026-04-15")),
        *CATALOGUE,
    )


def _facts_and_runs() -> Picture:
    about = (
        "Facts: a subscription from January 10 that is cancelled for June 10, its item on Team and from April 1 on "
        "Business, and a grant of sso from February 15 until April 15. What follows: projects from January 10 "
        "until June 10; sso from February 15 until June 10, one run of two sources."
    )
    return Picture("facts-and-runs", about, JANUARY, JULY, (*_upgraded_facts(), WHAT_FOLLOWS, *_runs(_upgraded())))


def _questions() -> Picture:
    about = "The same timeline, asked about sso at three instants: before the grant, during it, and after the end."
    asked = [on("2026-02-01"), on("2026-03-20"), on("2026-06-20")]
    marks = tuple(Mark(at, _decision(_upgraded(), SSO, at)) for at in asked)
    return Picture("questions", about, JANUARY, JULY, (WHAT_FOLLOWS, *_runs(_upgraded())), marks)


def _arriving() -> Picture:
    about = (
        "time-tracking is attached to Team on February 20. A subscription since January 10 gets it at its next "
        "period, March 10, at once, or never, as the rollout says; one that begins on March 1 has it from its "
        "start."
    )
    when = on("2026-02-20")
    here, newcomer = (_on_team(on(f"2026-{day}")) for day in ("01-10", "03-01"))
    rows = [
        _one_run(rollout, world(here, attached(TRACKING, TEAM, when, rollout)), TRACKING) for rollout in CatalogRollout
    ]
    new = _one_run("any rollout", world(newcomer, attached(TRACKING, TEAM, when)), TRACKING)
    facts = (Lane("Subscriptions"), _subscribed("there already", here), _subscribed("new", newcomer))
    lanes = (*facts, Lane("time-tracking, there already"), *rows, Lane("time-tracking, new"), new)
    return Picture("arriving", about, JANUARY, on("2026-05-01"), lanes, (Mark(when, "attached to Team"),))


def _leaving() -> Picture:
    about = (
        "projects is detached from Team on February 20. A subscription since January 10 loses it at its next "
        "period, March 10, at once, or never, as the rollout says."
    )
    when = on("2026-02-20")
    here = _on_team(on("2026-01-10"))
    rows = [
        _one_run(rollout, world(here, attached(PROJECTS, TEAM, detached=when, detach=rollout)), PROJECTS)
        for rollout in CatalogRollout
    ]
    lanes = (Lane("Subscriptions"), _subscribed("there already", here), Lane("projects, there already"), *rows)
    return Picture("leaving", about, JANUARY, on("2026-05-01"), lanes, (Mark(when, "detached from Team"),))


def _statuses() -> Picture:
    about = (
        "A subscription is past due, then unpaid, active again, paused, and active again. projects is kept while "
        "it is past due, and withheld while it is unpaid or paused."
    )
    moves = [
        (SubscriptionStatus.PAST_DUE, on("2026-02-01")),
        (SubscriptionStatus.UNPAID, on("2026-03-01")),
        (SubscriptionStatus.ACTIVE, on("2026-03-25")),
        (SubscriptionStatus.PAUSED, on("2026-04-25")),
        (SubscriptionStatus.ACTIVE, on("2026-06-01")),
    ]
    lived = world(subscription(item(segment(TEAM)), moves=moves), *CATALOGUE)
    lanes = (Lane("Fact"), _statuses_of("status", lived.subscriptions[0]), WHAT_FOLLOWS, *_runs(lived))
    return Picture("statuses", about, JANUARY, JULY, lanes)


def _trials() -> Picture:
    about = (
        "Three trials until February 15. One becomes active and keeps projects; one is paused, and projects is "
        "withheld; one is cancelled, and projects has expired."
    )
    lanes: list[Lane] = []
    for then in TrialEndBehavior:
        trial = subscription(
            item(segment(TEAM)), status=SubscriptionStatus.TRIALING, trial_end=on("2026-02-15"), then=then
        )
        lanes += [Lane(f"trialEndBehavior: {then}"), _statuses_of("status", trial), *_runs(world(trial, *CATALOGUE))]
    return Picture("trials", about, JANUARY, on("2026-05-01"), tuple(lanes))


def _events() -> Picture:
    about = (
        "Five effective changes, each an event: the subscription begins, an attachment arrives with a period, a "
        "grant begins and ends, and the subscription is reported unpaid, which takes two features at once."
    )
    unpaid = (SubscriptionStatus.UNPAID, on("2026-05-20"))
    lived = world(
        subscription(item(segment(TEAM, since=on("2026-01-10"))), recorded=on("2026-01-10"), moves=[unpaid]),
        grant(SSO, on("2026-03-25"), until=on("2026-04-25")),
        attached(PROJECTS, TEAM),
        attached(TRACKING, TEAM, on("2026-02-20")),
    )
    changes = changes_between(lived.timeline, JANUARY, JULY)
    marks = tuple(Mark(at, f"revision {number}") for number, at in enumerate(changes, 1))
    return Picture("events", about, JANUARY, JULY, (WHAT_FOLLOWS, *_runs(lived)), marks)


def _on_team(since: datetime) -> Subscription:
    return subscription(item(segment(TEAM, since=since)), recorded=since, name=f"sub_{since:%m%d}")


def _upgraded_facts() -> Iterator[Lane]:
    [lived], [given] = _upgraded().subscriptions, _upgraded().grants
    # The last segment has no end of its own: its subscription's is the item's.
    segments = tuple(
        Bar(each.from_, each.until or lived.cancel_at, Look.FACT, str(each.product)) for each in lived.items[0].segments
    )
    yield Lane("Facts")
    yield _statuses_of("subscription", lived)
    yield Lane("its item", segments)
    yield Lane("grant", (Bar(given.active_from, given.active_to, Look.FACT, str(given.feature)),))


def _statuses_of(label: str, lived: Subscription) -> Lane:
    lasting = [phase for phase in phases(lived) if phase.status not in FINAL]
    ends = [phase.from_ for phase in phases(lived)[1:]]
    bars = [Bar(phase.from_, end, Look.FACT, phase.status) for phase, end in zip(lasting, [*ends, None], strict=False)]
    return Lane(label, tuple(bars))


def _subscribed(label: str, lived: Subscription) -> Lane:
    """A subscription to Team, with where its periods begin."""
    boundaries = [boundary(anchor(lived), MONTHLY, number) for number in range(1, 4)]
    bar = Bar(lived.recorded_at, None, Look.FACT, "team")
    return Lane(label, (bar,), tuple(each for each in boundaries if each and each < on("2026-05-01")))


def _runs(lived: World) -> Iterator[Lane]:
    return (_one_run(str(key), lived, key) for key in lived.timeline.features)


def _one_run(label: str, lived: World, key: FeatureId) -> Lane:
    """Every run of a feature and what is withheld of it, each with what ends it."""
    of = lived.of(key)
    runs = [
        Bar(run.active_from, run.active_to, Look.RUN, _sources(len(run.sources)), run.end_reason or "")
        for run in of.runs
    ]
    withheld = [Bar(each.from_, each.until, Look.WITHHELD, each.status) for each in of.withheld]
    bars = tuple(sorted((*runs, *withheld), key=lambda bar: bar.since))
    return Lane(label, bars, empty="" if bars else "never")


def _sources(number: int) -> str:
    return f"{number} sources" if number > 1 else ""


def _decision(lived: World, key: FeatureId, at: datetime) -> str:
    """What a check at an instant answers."""
    return f"{at:%b} {at.day}: {decide(lived.timeline, [feature(key, str(key))], at).reason}"


def drawn() -> Mapping[str, str]:
    """The pictures' files by their names."""
    return {f"{picture.name}.svg": picture.draw() for picture in pictures()}
