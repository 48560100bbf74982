"""Lines of subscriptions: `/v1/subscription_items`."""

from dataclasses import dataclass
from typing import Annotated, Literal

from entitlements import facts
from entitlements.facts import SubscriptionId, SubscriptionItemId
from gateway.rest.endpoints import Call, Endpoints
from gateway.rest.errors import missing
from gateway.rest.items import (
    ItemParameters,
    NewItemParameters,
    SubscriptionItem,
    item_update,
    new_item,
    products_of,
)
from gateway.rest.lists import ListOf, list_of, page_of
from gateway.rest.parameters import ID, ListParameters, Parameters
from gateway.rest.subscription_parameters import Proration
from gateway.rest.subscriptions import READ, WRITE
from resolvers import subscriptions
from resolvers.context import Context
from resolvers.known import KnownCustomer
from resolvers.subscription_edits import RemoveItem
from storage.paging import Position

SUBSCRIPTION_ITEMS = Endpoints()
_ONE = "/v1/subscription_items/{id}"
_EXPANDABLE = ("price.product",)

_NAMELESS = {
    "items": "",
    "0": "",
    "add": "",
    "update": "",
    "remove": "id",
    "product": "price",
    "interval_count": "price",
}
"""The use case knows an item as one of several changes."""


@dataclass(frozen=True, slots=True)
class DeletedSubscriptionItem:
    """An item that has ended."""

    id: str
    object: Literal["subscription_item"]
    deleted: Literal[True]


class NewSubscriptionItem(Parameters, Proration, NewItemParameters):
    """Of a new item."""

    subscription: Annotated[str, ID]
    """The id of the subscription to add it to."""


class SubscriptionItemChanges(Parameters, Proration, ItemParameters):
    """Changes to an item; what is left out stays as it is."""


class SubscriptionItemEnd(Parameters, Proration):
    """Of the end of an item."""


class SubscriptionItemsWanted(ListParameters):
    """Whose items to list."""

    subscription: Annotated[str, ID]
    """The id of the subscription."""


async def find_item(call: Call[Parameters], id_: str) -> SubscriptionItem | None:
    """An item in force by its id as it is shown."""
    found = await _find(call.context, id_)
    return await _shown(call, *found) if found else None


async def _deleted(_: Call[Parameters], id_: str) -> DeletedSubscriptionItem:
    return DeletedSubscriptionItem(id_, "subscription_item", deleted=True)


@SUBSCRIPTION_ITEMS.post(
    "/v1/subscription_items", WRITE, find_item, expandable=_EXPANDABLE, renamed={**_NAMELESS, "id": "subscription"}
)
async def create_subscription_item(call: Call[NewSubscriptionItem]) -> SubscriptionItem:
    """Adds an item to a subscription."""
    written = await subscriptions.change_item(call.context, call.given.subscription, new_item(call.given))
    return await _written(call, written.value.items[-1].id)


@SUBSCRIPTION_ITEMS.get("/v1/subscription_items", READ, expandable=("data.price.product",))
async def list_subscription_items(call: Call[SubscriptionItemsWanted]) -> ListOf[SubscriptionItem]:
    """Lists a subscription's items, the latest first."""
    context, id_ = call.context, call.given.subscription
    found = await subscriptions.find_subscription(context, SubscriptionId(id_))
    if found is None:
        raise missing("subscription", id_, "subscription", status=400)
    subscription, known = found

    async def find(item_id: str) -> Position | None:
        item = next((each for each in subscription.items if each.id == item_id), None)
        return (item.added_at, item.id) if item else None

    page = await page_of(call, "subscription_item", find)
    listing = subscriptions.list_items(context, known, subscription, page)
    items, livemode = listing.page.items, context.environment.livemode
    products = await products_of(context, items, wanted=call.expands("data.price.product"))
    shown = [SubscriptionItem.of(known, subscription, each, livemode=livemode, products=products) for each in items]
    return list_of(call, listing.page, shown)


@SUBSCRIPTION_ITEMS.get(_ONE, READ, expandable=_EXPANDABLE)
async def retrieve_subscription_item(call: Call[Parameters]) -> SubscriptionItem:
    """Retrieves an item that hasn't ended."""
    found = await find_item(call, call.id)
    if found is None:
        raise missing("subscription_item", call.id)
    return found


@SUBSCRIPTION_ITEMS.post(_ONE, WRITE, find_item, expandable=_EXPANDABLE, renamed=_NAMELESS)
async def update_subscription_item(call: Call[SubscriptionItemChanges]) -> SubscriptionItem:
    """Changes an item: its product, its quantity, how often it is billed."""
    await subscriptions.change_item(call.context, await _subscription_of(call), item_update(call.id, call.given))
    return await _written(call, call.id)


@SUBSCRIPTION_ITEMS.delete(_ONE, WRITE, _deleted, renamed=_NAMELESS)
async def delete_subscription_item(call: Call[SubscriptionItemEnd]) -> DeletedSubscriptionItem:
    """Ends an item now."""
    await subscriptions.change_item(call.context, await _subscription_of(call), RemoveItem(call.id))
    return await _deleted(call, call.id)


async def _find(context: Context, id_: str) -> tuple[facts.SubscriptionItem, facts.Subscription, KnownCustomer] | None:
    found = await subscriptions.find_item(context, SubscriptionItemId(id_))
    return found if found and found[0].segment_at(found[2].at) else None


async def _subscription_of(call: Call[Parameters]) -> SubscriptionId:
    found = await _find(call.context, call.id)
    if found is None:
        raise missing("subscription_item", call.id)
    return found[1].id


async def _written(call: Call[Parameters], id_: str) -> SubscriptionItem:
    found = await find_item(call, id_)
    if found is None:
        raise LookupError(id_)
    return found


async def _shown(
    call: Call[Parameters],
    item: facts.SubscriptionItem,
    subscription: facts.Subscription,
    known: KnownCustomer,
) -> SubscriptionItem:
    products = await products_of(call.context, [item], wanted=call.expands("price.product"))
    livemode = call.context.environment.livemode
    return SubscriptionItem.of(known, subscription, item, livemode=livemode, products=products)
