"""Subscription items as parameters, and as they are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import model_validator
from pydantic.json_schema import SkipJsonSchema

from entitlements import facts
from entitlements.billing import latest_item_period
from entitlements.facts import ProductId
from gateway.rest.errors import ParameterWrong
from gateway.rest.moments import seconds
from gateway.rest.parameters import FLAG, ID, Group, integer
from gateway.rest.prices import PRICE, Billed, Price, PriceData
from gateway.rest.products import Product, product_called
from resolvers.context import Context
from resolvers.known import KnownCustomer
from resolvers.references import ABSENT, Absent
from resolvers.subscription_edits import LARGEST_QUANTITY, ItemChange, NewItem, RemoveItem, UpdateItem

Products = Mapping[ProductId, Product]
"""Products by id as they are shown."""


@dataclass(frozen=True, slots=True)
class SubscriptionItem:
    """A line of a subscription."""

    id: str
    object: Literal["subscription_item"]
    created: int
    current_period_end: int | None
    current_period_start: int | None
    metadata: dict[str, str]
    price: Price
    quantity: int
    subscription: str

    @classmethod
    def of(
        cls,
        known: KnownCustomer,
        subscription: facts.Subscription,
        item: facts.SubscriptionItem,
        *,
        livemode: bool,
        products: Products,
    ) -> "SubscriptionItem":
        """An item of the rule as it is shown, at the customer's now. `products`: those to be shown whole."""
        segment = item.segment_at(known.at) or item.segments[-1]
        start, end = latest_item_period(subscription, item, known.at) or (None, None)
        return cls(
            id=item.id,
            object="subscription_item",
            created=seconds(item.added_at),
            current_period_end=seconds(end),
            current_period_start=seconds(start),
            metadata={},
            price=Price.of(segment.product, segment.interval, livemode=livemode, whole=products.get(segment.product)),
            quantity=segment.quantity,
            subscription=subscription.id,
        )


async def products_of(context: Context, items: Sequence[facts.SubscriptionItem], *, wanted: bool) -> Products:
    """The products that items are or were for, if they are to be shown whole; else none."""
    ids = {segment.product for item in items for segment in item.segments} if wanted else ()
    found = await context.loaders.products.load_all(ids)
    return {product.id: Product.of(context, product) for product in found if product}


class ItemParameters(Group):
    """What an item is for."""

    price: Annotated[Billed | None, PRICE] = None
    """A product and how often it is billed, as an item's `price.id` says it: `price_1month_<product's id>`."""
    price_data: PriceData | None = None
    """The same described, instead of `price`."""
    quantity: Annotated[int | SkipJsonSchema[Absent], integer(0, LARGEST_QUANTITY)] = ABSENT
    """How many; with 0 it gives no access."""

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        if self.price and self.price_data:
            raise ParameterWrong("Pass `price` or `price_data`, not both.", "parameters_exclusive", "price")
        return self

    @property
    def billed(self) -> Billed | None:
        """What its price stands for, if it has one."""
        return self.price or (self.price_data.billed if self.price_data else None)


class NewItemParameters(ItemParameters):
    """Of a new item."""

    @model_validator(mode="after")
    def _some_price(self) -> Self:
        if self.billed is None:
            raise ParameterWrong("Missing required param: price, or price_data.", "parameter_missing", "price")
        return self


class ItemChanges(ItemParameters):
    """A new item; or, of one that an id names, what is to be otherwise, or its end."""

    id: Annotated[str | None, ID] = None
    """The item to change; without it one is added."""
    deleted: Annotated[bool, FLAG] = False
    """True ends the item."""

    @model_validator(mode="after")
    def _something_named(self) -> Self:
        if self.id is None and (self.deleted or self.billed is None):
            raise ParameterWrong("Missing required param: id, or price for a new item.", "parameter_missing", "id")
        return self


def new_items(given: Sequence[ItemParameters]) -> list[NewItem]:
    """Items to begin with."""
    return [new_item(each) for each in given]


def item_changes(given: Sequence[ItemChanges]) -> list[ItemChange]:
    """Changes of items as the use case takes them."""
    return [_change(each) for each in given]


def new_item(given: ItemParameters) -> NewItem:
    """An item as the use case takes it."""
    billed = given.billed
    assert billed is not None, "it was read as a new one"  # noqa: S101
    quantity = 1 if given.quantity is ABSENT else given.quantity
    return NewItem(product_called(billed.product), quantity, billed.interval)


def _change(given: ItemChanges) -> ItemChange:
    if given.id is None:
        return new_item(given)
    if given.deleted:
        return RemoveItem(given.id)
    return item_update(given.id, given)


def item_update(id_: str, given: ItemParameters) -> UpdateItem:
    """What is to be otherwise of an item as the use case takes it."""
    if given.billed is None:
        return UpdateItem(id_, quantity=given.quantity)
    interval = given.billed.interval
    return UpdateItem(id_, product_called(given.billed.product), given.quantity, interval.unit, interval.count)
