"""What a customer may use by Stripe's word: it tells what was attached to a product or detached since it was looked at.

Of that itself Stripe sends no event. But it reaches those who have the product when their next period begins, and then
Stripe sends a summary of what the customer may use. What is otherwise in it than is known here, and the product
explains, was so by the beginning of that period.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import ValidationError

from entitlements.billing import item_period, items_in_force
from entitlements.changes import features_at
from entitlements.facts import CustomerFacts, CustomerId, EnvironmentId, FeatureId, ProductId
from entitlements.timeline import timeline
from gateway.stripe_source.account import Account
from gateway.stripe_source.catalogue import take_catalogue
from gateway.stripe_source.kinds import ATTACHED_KIND, PRODUCT_KIND, REACHED_KIND, steps_of
from gateway.stripe_source.looking import look_at_product
from gateway.stripe_source.news import news
from gateway.stripe_source.refreshing import left_to_reconciling
from gateway.stripe_source.shapes import StripeEntitlement, StripeEvent, StripeProduct, StripeSummary
from gateway.stripe_source.states import ATTACHED, REACHED, ReachedState, id_of, instant
from gateway.stripe_source.telling import NotUnderstood, seen
from storage.database import Database
from storage.facts import load_facts
from storage.observations import Observation, load_observations
from storage.records import LoadedFacts
from storage.source_runs import load_run

SUMMARY_UPDATED = "entitlements.active_entitlement_summary.updated"


@dataclass(frozen=True, slots=True)
class _Otherwise:
    """How a customer's rights at an instant are otherwise by Stripe's word than by what is known here.

    `come`: the features that only Stripe knows of, `gone`: those that only we know of. `boundaries`: of each product
    that the customer has then, when the period began.
    """

    at: datetime
    come: AbstractSet[str]
    gone: AbstractSet[str]
    boundaries: Mapping[ProductId, datetime]


async def refresh_reached(account: Account, database: Database, environment: EnvironmentId, event: StripeEvent) -> None:
    """Looks at a customer's products if the customer's rights are otherwise by Stripe's word than is known here.

    What they turn out to have or lack, and it explains that, counts from the period that the customer was in.
    Whatever fails is left to reconciling.
    """
    async with left_to_reconciling(event):
        otherwise = await _compare(account, database, environment, event)
        if otherwise is not None:
            for product in otherwise.boundaries:
                await _look(account, database, environment, product, otherwise)


async def _compare(
    account: Account, database: Database, environment: EnvironmentId, event: StripeEvent
) -> _Otherwise | None:
    """How a summary differs from what is known; None if it doesn't, or nothing is known of the customer."""
    summary = _read(event)
    customer = CustomerId(summary.customer)
    async with database.snapshot() as connection:
        loaded = (await load_facts(connection, environment, [customer])).get(customer)
    at = instant(event.created)
    if not isinstance(loaded, LoadedFacts) or at is None:
        return None
    listed = summary.entitlements.data
    if summary.entitlements.has_more:
        # An event shows the first ten. All of them are listed as they are now.
        at, listed = await account.look(), await _all(account, customer)
    named = {FeatureId(id_of(each.feature)) for each in listed}
    # Grants give rights that Stripe knows nothing of.
    held = features_at(timeline(replace(loaded.facts, grants=()), loaded.attachments), at)
    come, gone = named - held, held - named
    return _Otherwise(at, come, gone, _boundaries(loaded.facts, at)) if come or gone else None


def _read(event: StripeEvent) -> StripeSummary:
    try:
        return StripeSummary.model_validate(event.data.object)
    except ValidationError as error:
        raise NotUnderstood("it is no summary of a customer's entitlements") from error


async def _all(account: Account, customer: CustomerId) -> list[StripeEntitlement]:
    return await account.whole("/v1/entitlements/active_entitlements", StripeEntitlement, customer=customer)


def _boundaries(facts: CustomerFacts, at: datetime) -> Mapping[ProductId, datetime]:
    """The latest beginnings of periods, by the product of the items that are in them at an instant."""
    found: dict[ProductId, datetime] = {}
    for subscription in facts.subscriptions:
        for item in items_in_force(subscription, at):
            segment, period = item.segment_at(at), item_period(subscription, item, at)
            if segment and period:
                found[segment.product] = max(period[0], found.get(segment.product, period[0]))
    return found


async def _look(
    account: Account, database: Database, environment: EnvironmentId, product: ProductId, otherwise: _Otherwise
) -> None:
    """Looks at a product, unless it was looked at since, and takes what it shows and what of that had reached whom."""
    async with database.read() as connection:
        known = (await load_observations(connection, environment, [product])).get(product, ())
    looks = steps_of(ATTACHED_KIND, known)
    shown: list[Observation] = []
    taken: list[Observation] = []
    if not looks or looks[-1].at < otherwise.at:
        shown = await _ask(account, product, known)
        taken = await news(database, environment, shown)
        read_until = (await load_run(database, environment)).read_until
        if taken and looks and read_until is not None and looks[-1].at < read_until:
            # Whatever is new now the last reading didn't find: it can't have been there before.
            taken.append(seen(ATTACHED_KIND, product, read_until, looks[-1].state, ATTACHED))
    # What is shown need not be new: meanwhile another event may have had it taken.
    if reached := _reached([*known, *shown], otherwise):
        taken.append(seen(REACHED_KIND, product, otherwise.boundaries[product], reached, REACHED))
    await take_catalogue(database, environment, taken)


async def _ask(account: Account, product: ProductId, known: Sequence[Observation]) -> list[Observation]:
    products = steps_of(PRODUCT_KIND, known)
    chosen = products[-1].state.chosen if products else None
    found = await account.find(f"/v1/products/{chosen or product}", StripeProduct)
    return [] if found is None else await look_at_product(account, found, account.read_at)


def _reached(observed: Sequence[Observation], otherwise: _Otherwise) -> ReachedState | None:
    """What of the difference the product's features explain as they are by now; None if they explain nothing."""
    looks = [{feature for _, feature in look.state.attached} for look in steps_of(ATTACHED_KIND, observed)]
    if not looks:
        return None
    there, gone = otherwise.come & looks[-1], otherwise.gone & (set[str]().union(*looks) - looks[-1])
    return ReachedState(tuple(sorted(there)), tuple(sorted(gone))) if there or gone else None
