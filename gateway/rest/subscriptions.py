"""Subscriptions, as far as entitlements need them: `/v1/subscriptions`."""

from dataclasses import dataclass
from typing import Literal

from entitlements import facts
from entitlements.billing import items_in_force
from entitlements.facts import CustomerId, Metadata, SubscriptionId
from entitlements.status import anchor, trial_end
from gateway.rest.customers import Customer
from gateway.rest.endpoints import Call, Endpoints
from gateway.rest.errors import missing
from gateway.rest.items import SubscriptionItem, item_changes, new_items, products_of
from gateway.rest.lists import ListOf, list_of, page_of
from gateway.rest.moments import seconds
from gateway.rest.parameters import NOW, Parameters
from gateway.rest.subscription_parameters import (
    Cancellation,
    NewSubscription,
    Resumption,
    SubscriptionChanges,
    SubscriptionsWanted,
)
from resolvers import subscriptions
from resolvers.callers import Access, Scope
from resolvers.customers import know_customer
from resolvers.known import KnownCustomer
from resolvers.references import ABSENT, ById
from resolvers.subscription_lists import page_all_subscriptions
from storage.paging import Position

READ = Access(Scope.CUSTOMERS_READ)
WRITE = Access(Scope.SUBSCRIPTIONS_WRITE)

SUBSCRIPTIONS = Endpoints()

_PRODUCT = "items.data.price.product"
_EXPANDABLE = ("customer", _PRODUCT)

_PARAMETERS = {
    "add": "",
    "update": "",
    "remove": "id",
    "product": "price",
    "interval_count": "price",
    "started_at": "backdate_start_date",
    "end_trial_now": "trial_end",
}
"""Names of parameters whose use cases have others: there a price is a product and an interval."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as it is now; `customer` is an id, or the customer where that was asked for."""

    id: str
    object: Literal["subscription"]
    billing_cycle_anchor: int
    cancel_at: int | None
    cancel_at_period_end: bool
    canceled_at: int | None
    created: int
    customer: str | Customer
    ended_at: int | None
    items: ListOf[SubscriptionItem]
    livemode: bool
    metadata: Metadata
    start_date: int
    status: str
    trial_end: int | None
    trial_start: int | None


async def find_subscription(call: Call[Parameters], id_: str) -> Subscription | None:
    """A subscription by its id as it is shown."""
    found = await subscriptions.find_subscription(call.context, SubscriptionId(id_))
    return await _shown(call, *found) if found else None


@SUBSCRIPTIONS.post("/v1/subscriptions", WRITE, find_subscription, expandable=_EXPANDABLE, renamed=_PARAMETERS)
async def create_subscription(call: Call[NewSubscription]) -> Subscription:
    """Subscribes a customer to products."""
    given = call.given
    written = await subscriptions.create_subscription(
        call.context,
        customer=ById(given.customer),
        items=new_items(given.items),
        started_at=given.backdate_start_date,
        trial_end=given.trial_ends(call.context.now),
        trial_end_behavior=given.trial_end_behavior,
        incomplete=given.waits_for_payment,
        cancel_at=None if given.cancel_at is ABSENT else given.cancel_at,
        cancel_at_period_end=given.cancel_at_period_end is True,
        metadata=given.metadata,
    )
    return await _written(call, written.value)


@SUBSCRIPTIONS.get("/v1/subscriptions", READ, expandable=("data.customer",))
async def list_subscriptions(call: Call[SubscriptionsWanted]) -> ListOf[Subscription]:
    """Lists subscriptions, of all or of one customer, newest first: all that aren't cancelled, unless `status` says."""
    context, customer, status = call.context, call.given.customer, call.given.statuses
    known = await know_customer(context, CustomerId(customer)) if customer is not None else None
    if customer is not None and known is None:
        raise missing("customer", customer, "customer", status=400)

    async def find(subscription: str) -> Position | None:
        found = await subscriptions.find_subscription(context, SubscriptionId(subscription))
        belongs = found is not None and found[0].customer == (customer or found[0].customer)
        return (found[0].recorded_at, found[0].id) if found and belongs else None

    asked = await page_of(call, "subscription", find)
    if known is None:
        page = await page_all_subscriptions(context, asked, status=status)
        return list_of(call, page, [await _shown(call, each, of, "data.customer") for each, of in page.items])
    page = subscriptions.list_subscriptions(context, known, asked, status=status).page
    return list_of(call, page, [await _shown(call, each, known, "data.customer") for each in page.items])


@SUBSCRIPTIONS.get("/v1/subscriptions/{id}", READ, expandable=_EXPANDABLE)
async def retrieve_subscription(call: Call[Parameters]) -> Subscription:
    """Retrieves a subscription, as it is now."""
    found = await find_subscription(call, call.id)
    if found is None:
        raise missing("subscription", call.id)
    return found


@SUBSCRIPTIONS.post("/v1/subscriptions/{id}", WRITE, find_subscription, expandable=_EXPANDABLE, renamed=_PARAMETERS)
async def update_subscription(call: Call[SubscriptionChanges]) -> Subscription:
    """Changes a subscription: its items, its trial, its cancellation, its metadata. All of it, or nothing."""
    given = call.given
    written = await subscriptions.update_subscription(
        call.context,
        call.id,
        items=item_changes(given.items),
        metadata=given.metadata,
        cancel_at_period_end=given.cancel_at_period_end,
        cancel_at=given.cancel_at,
        trial_end=ABSENT if given.trial_end == NOW else given.trial_end,
        end_trial_now=given.trial_end == NOW,
    )
    return await _written(call, written.value)


@SUBSCRIPTIONS.post("/v1/subscriptions/{id}/resume", WRITE, find_subscription, expandable=_EXPANDABLE)
async def resume_subscription(call: Call[Resumption]) -> Subscription:
    """Makes a paused subscription active again, at once."""
    written = await subscriptions.resume_subscription(call.context, call.id)
    return await _written(call, written.value)


@SUBSCRIPTIONS.delete("/v1/subscriptions/{id}", WRITE, find_subscription, expandable=_EXPANDABLE)
async def cancel_subscription(call: Call[Cancellation]) -> Subscription:
    """Cancels a subscription now. One that has ended stays as it is."""
    written = await subscriptions.cancel_subscription(call.context, call.id)
    return await _written(call, written.value)


async def _written(call: Call[Parameters], subscription: facts.Subscription) -> Subscription:
    known = await know_customer(call.context, subscription.customer)
    if known is None:
        raise LookupError(subscription.customer)
    return await _shown(call, subscription, known)


async def _shown(
    call: Call[Parameters], subscription: facts.Subscription, known: KnownCustomer, customer: str = "customer"
) -> Subscription:
    """`customer`: what the customer is called where it is to be shown whole."""
    state, livemode = known.state_of(subscription), call.context.environment.livemode
    trial = trial_end(subscription)
    products = await products_of(call.context, subscription.items, wanted=call.expands(_PRODUCT))
    items = [
        SubscriptionItem.of(known, subscription, each, livemode=livemode, products=products)
        for each in items_in_force(subscription, known.at)
    ]
    return Subscription(
        id=subscription.id,
        object="subscription",
        billing_cycle_anchor=seconds(anchor(subscription)),
        cancel_at=seconds(subscription.cancel_at),
        cancel_at_period_end=subscription.cancel_at_period_end,
        canceled_at=seconds(subscription.canceled_at),
        created=seconds(subscription.recorded_at),
        customer=Customer.of(call.context, known.record) if call.expands(customer) else subscription.customer,
        ended_at=seconds(state.ended_at),
        items=ListOf("list", f"/v1/subscription_items?subscription={subscription.id}", has_more=False, data=items),
        livemode=livemode,
        metadata=subscription.metadata,
        start_date=seconds(subscription.started_at),
        status=state.status.lower(),
        trial_end=seconds(trial),
        trial_start=seconds(subscription.started_at) if trial else None,
    )
