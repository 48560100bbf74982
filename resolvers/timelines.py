"""What a customer could, can and will be able to use: the runs of every feature, and the changes that lie ahead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from entitlements.access import EntitlementStatus
from entitlements.changes import changes_between
from entitlements.effects import effects_of_time
from entitlements.facts import FOREVER, Feature, FeatureId
from entitlements.ids import entitlement_id
from entitlements.runs import Run
from resolvers.context import Context
from resolvers.entitlements import Entitlement, features_with_keys, present
from resolvers.errors import InvalidArgument
from resolvers.known import KnownCustomer
from resolvers.paging import Listing, PageArguments, list_all
from storage.paging import Page

MOST_CHANGES = 100
"""Changes to come that are told at once."""


@dataclass(frozen=True, slots=True)
class EntitlementRun:
    """A stretch of access of one customer to one feature, as it is known now."""

    customer: KnownCustomer
    feature: Feature
    run: Run

    @property
    def entitlement_id(self) -> str:
        """The id of the right that it is a stretch of."""
        return entitlement_id(self.customer.record.id, self.feature.id)

    @property
    def status(self) -> EntitlementStatus:
        """Whether the stretch is still to come, there, or over, and if over, how."""
        if self.customer.at < self.run.active_from:
            return EntitlementStatus.SCHEDULED
        if self.run.holds(self.customer.at):
            return EntitlementStatus.ACTIVE
        return EntitlementStatus.EXPIRED if self.run.expired else EntitlementStatus.CANCELED


@dataclass(frozen=True, slots=True)
class UpcomingChange:
    """An instant to come at which time changes the customer's set, and what it adds and removes, as of it."""

    customer: KnownCustomer
    at: datetime
    added: list[Entitlement]
    removed: list[Entitlement]


async def list_runs(
    context: Context,
    customer: KnownCustomer,
    arguments: PageArguments,
    *,
    since: datetime | None,
    until: datetime | None,
    lookup_keys: Sequence[str] | None,
) -> Listing[EntitlementRun]:
    """The runs that overlap [since, until), None being open: by their start, the latest first, then by feature.

    There are as many as facts make: billing periods by themselves begin and end none.
    Raises: InvalidArgument, for an interval of no length, more than 100 keys, and what paging refuses.
    """
    if since is not None and until is not None and until <= since:
        raise InvalidArgument("until", "`until` must be later than `since`.")
    wanted = None if lookup_keys is None else await features_with_keys(context, lookup_keys)
    runs = [
        (feature, run)
        for feature, timeline in customer.timeline.features.items()
        if wanted is None or feature in wanted
        for run in timeline.runs
        if (until is None or run.active_from < until)
        and (since is None or run.active_to is None or since < run.active_to)
    ]
    runs.sort(key=lambda each: each[0])
    runs.sort(key=lambda each: each[1].active_from, reverse=True)
    scope = context.scope("timeline", customer.record.id)
    listing = list_all(scope, arguments, runs, lambda each: (each[1].active_from, each[0]))
    found = await _with_features(context, customer, listing.page.items)
    page = Page(tuple(found), has_next=listing.page.has_next, has_previous=listing.page.has_previous)
    return Listing(scope, page, lambda each: (each.run.active_from, each.feature.id), listing.count)


async def upcoming_changes(context: Context, customer: KnownCustomer, first: int) -> list[UpcomingChange]:
    """The next instants at which the customer's set changes by the passing of time alone, as it is known now.

    Raises: InvalidArgument, unless `first` is 1 to MOST_CHANGES.
    """
    if not 1 <= first <= MOST_CHANGES:
        raise InvalidArgument("first", f"`first` must be from 1 to {MOST_CHANGES}; it is {first}.")
    ahead = changes_between(customer.timeline, customer.at, FOREVER)[:first]
    effects = [effects_of_time(customer.timeline, at) for at in ahead]
    # The features of all of them at once; below they are at hand.
    await context.loaders.features.load_all(
        {feature for each in effects for feature, _ in chain(each.added, each.removed)}
    )
    return [
        UpcomingChange(
            customer,
            each.at,
            await present(context, customer, each.added),
            await present(context, customer, each.removed),
        )
        for each in effects
    ]


async def _with_features(
    context: Context, customer: KnownCustomer, runs: Sequence[tuple[FeatureId, Run]]
) -> list[EntitlementRun]:
    features = await context.loaders.features.load_all(feature for feature, _ in runs)
    return [EntitlementRun(customer, f, run) for f, (_, run) in zip(features, runs, strict=True) if f]
