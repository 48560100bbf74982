"""Prices, which here are a product and how often it is billed: their ids say both, and there is nothing to store.

`price_1month_prod_01J...`: made of it, and read back in one way.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from entitlements.facts import BillingInterval, Interval, ProductId
from gateway.rest.errors import ParameterWrong
from gateway.rest.parameters import ID, Group, Kind, integer, one_of, text
from gateway.rest.products import Product
from resolvers.subscription_edits import MONTHLY

Unit = Literal["day", "week", "month", "year"]

_WORDS: dict[BillingInterval, Unit] = {
    BillingInterval.DAY: "day",
    BillingInterval.WEEK: "week",
    BillingInterval.MONTH: "month",
    BillingInterval.YEAR: "year",
}
_UNITS: dict[str, BillingInterval] = {word: unit for unit, word in _WORDS.items()}
_PRICE = re.compile(rf"price_([1-9][0-9]{{0,3}})({'|'.join(_UNITS)})_(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Recurring:
    """How often a price is billed."""

    interval: Unit
    interval_count: int


@dataclass(frozen=True, slots=True)
class Price:
    """What a subscription's item is for, and how often that is billed. What it costs isn't known here.

    `product` is its id, or all of it where that was asked for.
    """

    id: str
    object: Literal["price"]
    livemode: bool
    product: str | Product
    recurring: Recurring
    type: Literal["recurring"]

    @classmethod
    def of(cls, product: ProductId, interval: Interval, *, livemode: bool, whole: Product | None = None) -> "Price":
        """The price of a product that is billed at an interval. `whole`: that product, if all of it is to be shown."""
        unit = _WORDS[interval.unit]
        return cls(
            id=f"price_{interval.count}{unit}_{product}",
            object="price",
            livemode=livemode,
            product=whole or product,
            recurring=Recurring(unit, interval.count),
            type="recurring",
        )


@dataclass(frozen=True, slots=True)
class Billed:
    """What a price stands for."""

    product: str
    interval: Interval


def _read_price(value: object) -> Billed:
    match = _PRICE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ParameterWrong(f"No such price: '{value}'", "resource_missing")
    count, unit, product = match.groups()
    return Billed(product, Interval(_UNITS[unit], int(count)))


PRICE = Kind(_read_price, {"type": "string", "pattern": _PRICE.pattern})


class RecurringData(Group):
    """How often it is billed."""

    interval: Annotated[str, one_of(*_UNITS)]
    """The unit of the billing period."""
    interval_count: Annotated[int, integer(1, 9_999)] = 1
    """How many units a period has: three years at the most."""


class PriceData(Group):
    """A price that is described instead of named. What it costs is taken, and not kept."""

    product: Annotated[str, ID]
    """The id of the product."""
    recurring: RecurringData | None = None
    """How often it is billed; every month if that isn't said."""
    currency: Annotated[str | None, text()] = None
    """Taken, and not kept."""
    unit_amount: Annotated[str | None, text()] = None
    """Taken, and not kept."""
    unit_amount_decimal: Annotated[str | None, text()] = None
    """Taken, and not kept."""

    @property
    def billed(self) -> Billed:
        """What it stands for."""
        if self.recurring is None:
            return Billed(self.product, MONTHLY)
        return Billed(self.product, Interval(_UNITS[self.recurring.interval], self.recurring.interval_count))
