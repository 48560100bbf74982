"""One customer's life: up to four subscriptions, one after another or side by side, through any status."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tests.stripe_source.billing import ENDED, Billing
from tests.stripe_source.books import DAY
from tests.stripe_source.shapes import Json

PACE_DAYS = 12.0
"""How long it is between two things that happen, on average."""

HURRIED_DAYS = 0.5
"""The same while a first payment is waited for."""


class Life:
    """A customer, who comes first of all. `prices` are those there are to subscribe to, by the time of asking.

    `steady`: items stay as often paid as they are at first.
    """

    def __init__(self, billing: Billing, prices: Sequence[str], lot: Random, *, steady: bool) -> None:
        self.lot = lot
        self._steady = steady
        self.pace_days = PACE_DAYS
        self._billing = billing
        self._books = billing.books
        self._prices = prices
        self._customer: str | None = None
        self._subscriptions: list[str] = []

    def go_on(self) -> str | None:
        """Something happens; answers what, None if nothing ever will."""
        chance = self.lot.random()
        if self._customer is None:
            self._customer = self._books.new_customer(self._any_email())
            return "arrive"
        if self._customer not in self._books.customers:
            return None
        if chance < 0.01:
            self._billing.delete_customer(self._customer)
            return "leave"
        if chance < 0.04:
            self._books.update_customer(self._customer, email=self._any_email())
            return "move"
        running = [id_ for id_ in self._subscriptions if self._show(id_)["status"] not in ENDED]
        if len(self._subscriptions) < 4 and (not running or chance < 0.12):
            return self._subscribe(self._customer)
        return self._change(self.lot.choice(running)) if running else "rest"

    def _subscribe(self, customer: str) -> str:
        how = self.lot.choice(("at once", "at once", "on trial", "on trial", "incomplete", "backdated"))
        given: dict[str, dict[str, Any]] = {
            "on trial": {
                "trial_seconds": self.lot.randint(1, 30) * DAY,
                "trial_behavior": self.lot.choice(("create_invoice", "pause", "cancel")),
                "payment_method": self.lot.choice(("pm_1", None)),
            },
            "incomplete": {"incomplete": True},
            "backdated": {"backdated_seconds": self.lot.randint(1, 40 * DAY)},
        }
        first = self.lot.choice(self._prices)
        more = [self._price_like(first) for _ in range(self.lot.choice((0, 0, 1, 2)))]
        prices = [(price, self.lot.choice((1, 1, 3, 0))) for price in dict.fromkeys([first, *more])]
        self._subscriptions.append(self._billing.subscribe(customer, prices, **given.get(how, {})))
        self.pace_days = HURRIED_DAYS if how == "incomplete" else PACE_DAYS
        return f"subscribe {how}"

    def _change(self, id_: str) -> str:
        self.pace_days = PACE_DAYS
        change = self.lot.choice(self._changes(self._show(id_)["status"]))
        change(id_)
        return change.__name__.strip("_")

    def _changes(self, status: str) -> Sequence[Callable[[str], None]]:
        """What may happen to a subscription of a status, the more often the likelier."""
        items = (self._change_quantity, self._change_quantity, self._change_price, self._add_item, self._remove_item)
        ends = (self._cancel, *(self._cancel_at, self._cancel_at_period_end) * 2)
        return {
            "incomplete": (*(self._activate,) * 3, self._cancel),
            "trialing": (self._end_trial, self._extend_trial, self._pause_collection, *items, *ends),
            "active": (*(self._fail,) * 3, self._give_up, self._pause_collection, *items * 2, *ends),
            "past_due": (self._activate, self._activate, self._give_up, self._give_up, self._cancel, *items),
            "unpaid": (self._activate, self._activate, self._cancel, *items),
            "paused": (self._activate, self._activate, self._cancel, *items),
        }[status]

    def _activate(self, id_: str) -> None:
        self._billing.set_status(id_, "active")

    def _fail(self, id_: str) -> None:
        self._billing.set_status(id_, "past_due")

    def _give_up(self, id_: str) -> None:
        self._billing.set_status(id_, "unpaid")

    def _cancel(self, id_: str) -> None:
        self._billing.cancel(id_)

    def _end_trial(self, id_: str) -> None:
        self._billing.end_trial(id_)

    def _extend_trial(self, id_: str) -> None:
        self._billing.extend_trial(id_, self._ahead())

    def _cancel_at_period_end(self, id_: str) -> None:
        self._billing.cancel_at_period_end(id_, wanted=not self._show(id_)["cancel_at_period_end"])

    def _cancel_at(self, id_: str) -> None:
        self._billing.cancel_at(id_, None if self._show(id_)["cancel_at"] else self._ahead())

    def _pause_collection(self, id_: str) -> None:
        self._billing.pause_collection(id_, wanted=self._show(id_)["pause_collection"] is None)

    def _change_quantity(self, id_: str) -> None:
        item = self._any_item(id_)
        if "quantity" in item:
            self._billing.change_item(id_, item["id"], quantity=0 if item["quantity"] else self.lot.randint(1, 5))

    def _change_price(self, id_: str) -> None:
        items, item = self._items(id_), self._any_item(id_)
        # All items are paid in one rhythm, so the only one there is may change it.
        is_free = len(items) == 1 and not self._steady
        price = self.lot.choice(self._prices) if is_free else self._price_like(item["price"]["id"])
        if all(each["price"]["id"] != price for each in items):
            self._billing.change_item(id_, item["id"], price=price)

    def _add_item(self, id_: str) -> None:
        items = self._items(id_)
        price = self._price_like(items[0]["price"]["id"])
        if len(items) < 5 and all(each["price"]["id"] != price for each in items):
            self._billing.add_item(id_, price, self.lot.choice((1, 0)))

    def _remove_item(self, id_: str) -> None:
        if len(self._items(id_)) > 1:
            self._billing.remove_item(id_, self._any_item(id_)["id"])

    def _show(self, id_: str) -> Json:
        return self._books.subscriptions[id_]

    def _items(self, id_: str) -> list[Json]:
        return self._show(id_)["items"]["data"]

    def _any_item(self, id_: str) -> Json:
        return self.lot.choice(self._items(id_))

    def _price_like(self, price: str) -> str:
        """Any price of the same rhythm."""
        return self.lot.choice([each for each in self._prices if self._rhythm(each) == self._rhythm(price)])

    def _rhythm(self, price: str) -> tuple[str, int]:
        recurring = self._books.prices[price]["recurring"]
        return recurring["interval"], recurring["interval_count"]

    def _ahead(self) -> int:
        return self._books.now + self.lot.randint(1, 40 * DAY)

    def _any_email(self) -> str:
        return f"{self.lot.randint(1, 999_999)}@acme.test"
