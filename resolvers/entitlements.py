"""Entitlements: what the rule says of customers, at now or any instant."""

from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from entitlements.access import (
    NOTHING,
    AccessDecision,
    EntitlementState,
    EntitlementStatus,
    after_deletion,
    choose,
    decide,
    state_at,
)
from entitlements.changes import next_change
from entitlements.facts import Feature, FeatureId, Grant
from entitlements.ids import entitlement_id, read_entitlement_id
from entitlements.runs import AccessReason, Run
from resolvers.context import Context
from resolvers.errors import InvalidArgument
from resolvers.known import KnownCustomer
from resolvers.paging import Listing, PageArguments, list_all
from storage.paging import Page

KEYS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Entitlement:
    """One customer's right to one feature, as it is at an instant."""

    customer: KnownCustomer
    feature: Feature
    state: EntitlementState

    @property
    def id(self) -> str:
        """The right's id, the same at every instant."""
        return entitlement_id(self.customer.record.id, self.feature.id)


@dataclass(frozen=True, slots=True)
class Access:
    """The answer to one check: the decision on a key at an instant, None being now."""

    customer: KnownCustomer
    lookup_key: str
    at: datetime | None
    decision: AccessDecision


async def list_entitlements(
    context: Context,
    customer: KnownCustomer,
    arguments: PageArguments,
    *,
    at: datetime | None,
    status: Collection[EntitlementStatus],
    lookup_keys: Sequence[str] | None,
) -> Listing[Entitlement]:
    """A customer's entitlements at an instant, None being now: by their start, the latest first, then by feature."""
    wanted = None if lookup_keys is None else await features_with_keys(context, lookup_keys)
    states = _ordered(customer, at or customer.at, status, wanted)
    name = "entitlements" if at is None else "entitlementsAt"
    scope = context.scope(name, customer.record.id)
    listing = list_all(scope, arguments, states, lambda each: (each[1].run.active_from, each[0]))
    found = await present(context, customer, listing.page.items)
    page = Page(tuple(found), has_next=listing.page.has_next, has_previous=listing.page.has_previous)
    return Listing(scope, page, lambda each: (each.state.run.active_from, each.feature.id), listing.count)


async def all_entitlements(
    context: Context, customer: KnownCustomer, *, at: datetime | None, lookup_keys: Sequence[str] | None
) -> list[Entitlement]:
    """All of a customer's entitlements at an instant, in the order of the list."""
    wanted = None if lookup_keys is None else await features_with_keys(context, lookup_keys)
    return await present(context, customer, _ordered(customer, at or customer.at, EntitlementStatus, wanted))


def _ordered(
    customer: KnownCustomer, at: datetime, status: Container[EntitlementStatus], wanted: Container[FeatureId] | None
) -> list[tuple[FeatureId, EntitlementState]]:
    states = [
        (feature, state)
        for feature, state in _states(customer, at)
        if state.status in status and (wanted is None or feature in wanted)
    ]
    states.sort(key=lambda each: each[0])
    states.sort(key=lambda each: each[1].run.active_from, reverse=True)
    return states


def _states(customer: KnownCustomer, at: datetime) -> Iterator[tuple[FeatureId, EntitlementState]]:
    """The states of all features that ever have one; those that have a timeline in common have one state in common."""
    known: dict[int, EntitlementState | None] = {}
    for feature, timeline in customer.timeline.features.items():
        identity = id(timeline)
        if identity not in known:
            known[identity] = state_at(timeline, at)
        if state := known[identity]:
            yield feature, state


async def present(
    context: Context, customer: KnownCustomer, states: Sequence[tuple[FeatureId, EntitlementState]]
) -> list[Entitlement]:
    """States together with their features."""
    features = await context.loaders.features.load_all(feature for feature, _ in states)
    return [Entitlement(customer, f, state) for f, (_, state) in zip(features, states, strict=True) if f]


async def find_entitlement(context: Context, text: str) -> Entitlement | None:
    """The entitlement an id names, as it is now; None if there never was and never will be one."""
    pair = read_entitlement_id(text)
    if pair is None:
        return None
    customer = await context.loaders.known.load(pair[0])
    feature = await context.loaders.features.load(pair[1])
    return entitlement_to(customer, feature) if customer and feature else None


def entitlement_to(customer: KnownCustomer, feature: Feature, at: datetime | None = None) -> Entitlement | None:
    """A customer's entitlement to a feature at an instant, None being now; None if there never is one."""
    state = state_at(customer.timeline.features.get(feature.id, NOTHING), at or customer.at)
    return Entitlement(customer, feature, state) if state else None


def at_instant(entitlement: Entitlement, at: datetime) -> Entitlement:
    """The same right at another instant. No run tells of it any more if its customer was deleted."""
    state = state_at(entitlement.customer.timeline.features.get(entitlement.feature.id, NOTHING), at)
    return replace(entitlement, state=state or after_deletion(entitlement.state, at))


async def entitlement_of_grant(context: Context, customer: KnownCustomer, grant: Grant) -> Entitlement:
    """The right that a grant is a source of; one of no length if the grant was revoked before it began."""
    feature = await context.loaders.features.load(grant.feature)
    if feature is None:
        raise LookupError(grant.feature)
    begins = max(grant.active_from, grant.recorded_at)
    nothing = Run(begins, begins, AccessReason.GRANT_REVOKED, expired=False, sources=())
    never_was = EntitlementState(EntitlementStatus.CANCELED, nothing, customer.at)
    return entitlement_to(customer, feature) or Entitlement(customer, feature, never_was)


async def find_entitlement_by_key(context: Context, customer: KnownCustomer, lookup_key: str) -> Entitlement | None:
    """A customer's entitlement to what a key names, as it is now. Source: DESIGN, Singular answers."""
    named = await context.loaders.features_by_key.load(lookup_key) or ()
    feature = choose(customer.timeline, named, customer.at)
    return entitlement_to(customer, feature) if feature else None


async def check_access(
    context: Context, customer: KnownCustomer, lookup_keys: Sequence[str], at: datetime | None
) -> list[Access]:
    """One answer for every key, in the order asked. Raises: InvalidArgument for none, or more than 100."""
    _check_number(lookup_keys, 1)
    named = await context.loaders.features_by_key.load_all(lookup_keys)
    return [
        Access(customer, key, at, decide(customer.timeline, features or (), at or customer.at))
        for key, features in zip(lookup_keys, named, strict=True)
    ]


async def features_with_keys(context: Context, lookup_keys: Sequence[str]) -> set[FeatureId]:
    """The features that have or had one of these keys. Raises: InvalidArgument for more than 100."""
    _check_number(lookup_keys, 0)
    named = await context.loaders.features_by_key.load_all(lookup_keys)
    return {feature.id for features in named for feature in features or ()}


def next_change_at(customer: KnownCustomer) -> datetime | None:
    """The next instant at which the customer's set changes by the passing of time alone."""
    return next_change(customer.timeline, customer.at)


def _check_number(lookup_keys: Sequence[str], least: int) -> None:
    if not least <= len(lookup_keys) <= KEYS_AT_ONCE:
        message = f"`lookupKeys` takes {least} to {KEYS_AT_ONCE} keys; there are {len(lookup_keys)}."
        raise InvalidArgument("lookupKeys", message)
