"""What happens to subscriptions: what people and payments do to them, and what the passing of time does by itself.

The rules are Stripe's, as far as they show in a subscription's status, dates and items.
"""

import heapq
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from entitlements.facts import BillingInterval, Interval
from entitlements.periods import first_boundary
from tests.stripe_source import shapes
from tests.stripe_source.books import DAY, Books
from tests.stripe_source.shapes import Json

PAID_WITHIN = 23 * 3600
"""How long a first payment is waited for."""

ENDED = frozenset({"canceled", "incomplete_expired"})
RUNNING = frozenset({"trialing", "active", "past_due", "unpaid"})

CREATED = "customer.subscription.created"
UPDATED = "customer.subscription.updated"
DELETED = "customer.subscription.deleted"
PAUSED = "customer.subscription.paused"
RESUMED = "customer.subscription.resumed"
TRIAL_WILL_END = "customer.subscription.trial_will_end"


class Billing:
    """The subscriptions of an account. Whatever is due by the clock happens on the way, so many seconds after it is."""

    def __init__(self, books: Books, late_seconds: int = 0) -> None:
        self.books = books
        self._late = late_seconds
        self._due: list[tuple[int, str]] = []

    def advance_to(self, at: int) -> None:
        """Moves the clock on, and lets happen what is due until then."""
        while self._due and self._due[0][0] <= at:
            due, id_ = heapq.heappop(self._due)
            if self._next(self.books.subscriptions[id_]) == due - self._late:
                self.books.now = max(self.books.now, due)
                self._come_due(self.books.subscriptions[id_])
        self.books.now = at

    def subscribe(
        self,
        customer: str,
        prices: Iterable[tuple[str, int]],
        *,
        trial_seconds: int = 0,
        trial_behavior: str = "create_invoice",
        payment_method: str | None = "pm_1",
        incomplete: bool = False,
        backdated_seconds: int = 0,
    ) -> str:
        """A new subscription to prices and quantities; answers its id."""
        now = self.books.now
        made = shapes.subscription(self.books.new_id("sub_1"), customer, now, livemode=self.books.livemode)
        trial_end = now + trial_seconds if trial_seconds else None
        made |= {
            "start_date": now - backdated_seconds,
            "billing_cycle_anchor": trial_end or now - backdated_seconds,
            "trial_start": now if trial_end else None,
            "trial_end": trial_end,
            "trial_settings": {"end_behavior": {"missing_payment_method": trial_behavior}},
            "default_payment_method": payment_method,
            "status": "incomplete" if incomplete else "trialing" if trial_end else "active",
        }
        return self._put(made, CREATED, items=[self._item(made["id"], *each) for each in prices])["id"]

    def set_status(self, id_: str, status: str) -> None:
        """What a payment, or its failing, makes of a subscription."""
        before = self.books.subscriptions[id_]
        resumes = before["status"] == "paused" and status == "active"
        self._put({**before, "status": status}, UPDATED, *([RESUMED] if resumes else []))

    def cancel(self, id_: str) -> None:
        """Cancels at once."""
        before, now = self.books.subscriptions[id_], self.books.now
        asked = before["canceled_at"] or now
        self._put({**before, "status": "canceled", "canceled_at": asked, "ended_at": now}, DELETED)

    def end_trial(self, id_: str) -> None:
        """Ends the trial now."""
        now = self.books.now
        changed = {"status": "active", "trial_end": now, "billing_cycle_anchor": now}
        self._put({**self.books.subscriptions[id_], **changed}, UPDATED)

    def extend_trial(self, id_: str, until: int) -> None:
        """Lets the trial end at another instant ahead."""
        before = self.books.subscriptions[id_]
        self._put({**before, "trial_end": until, "billing_cycle_anchor": until}, UPDATED)

    def cancel_at_period_end(self, id_: str, *, wanted: bool) -> None:
        """Sets the flag, which places the cancellation, or takes both away."""
        before = self.books.subscriptions[id_]
        cancellation = self._cancellation(_period_end(_items(before)) if wanted else None)
        self._put({**before, **cancellation, "cancel_at_period_end": wanted}, UPDATED)

    def cancel_at(self, id_: str, at: int | None) -> None:
        """Places the cancellation at an instant, or takes it away."""
        before = self.books.subscriptions[id_]
        self._put({**before, **self._cancellation(at), "cancel_at_period_end": False}, UPDATED)

    def pause_collection(self, id_: str, *, wanted: bool) -> None:
        """Stops collecting payments, or goes on: no status."""
        behavior = {"behavior": "void", "resumes_at": None} if wanted else None
        self._put({**self.books.subscriptions[id_], "pause_collection": behavior}, UPDATED)

    def change_item(self, id_: str, item: str, *, price: str | None = None, quantity: int | None = None) -> None:
        """Moves an item to another price, or gives it another quantity."""
        before = self.books.subscriptions[id_]
        items = [self._changed(each, price, quantity) if each["id"] == item else each for each in _items(before)]
        self._put(before, UPDATED, items=items)

    def add_item(self, id_: str, price: str, quantity: int = 1) -> None:
        """Adds an item behind the others."""
        before = self.books.subscriptions[id_]
        self._put(before, UPDATED, items=[*_items(before), self._item(id_, price, quantity)])

    def remove_item(self, id_: str, item: str) -> None:
        """Takes an item out."""
        before = self.books.subscriptions[id_]
        self._put(before, UPDATED, items=[each for each in _items(before) if each["id"] != item])

    def delete_customer(self, customer: str) -> None:
        """Deletes a customer, whose subscriptions are cancelled."""
        for each in [*self.books.subscriptions.values()]:
            if each["customer"] == customer and each["status"] not in ENDED:
                self.cancel(each["id"])
        self.books.take_away(self.books.customers, customer, "customer.deleted")

    def _put(self, made: Json, *types: str, items: list[Json] | None = None) -> Json:
        if items is not None:
            if _is_in_another_rhythm(_items(made), items):
                made = {**made, "billing_cycle_anchor": self.books.now}
            made = {**made, "items": {**made["items"], "data": items}}
        if made["status"] not in ENDED:
            made = self._in_period(made)
        self.books.put(self.books.subscriptions, made, *types)
        self._schedule(made)
        return made

    def _schedule(self, made: Json) -> None:
        if (due := self._next(made)) is not None:
            heapq.heappush(self._due, (due + self._late, made["id"]))

    def _item(self, subscription: str, price: str, quantity: int) -> Json:
        paid = self.books.prices[price]
        return shapes.subscription_item(self.books.new_id("si_"), subscription, paid, quantity, self.books.now)

    def _changed(self, item: Json, price: str | None, quantity: int | None) -> Json:
        paid = self.books.prices[price] if price else item["price"]
        given = {} if quantity is None else {"quantity": quantity}
        return {**item, "price": paid, "plan": shapes.plan(paid), **given}

    def _cancellation(self, at: int | None) -> Json:
        return {"cancel_at": at, "canceled_at": None if at is None else self.books.now}

    def _in_period(self, made: Json) -> Json:
        """The subscription with its items in the periods that hold the present, and a cancellation at their end."""
        items = [{**item, **self._period(made, item)} for item in _items(made)]
        at_end = {"cancel_at": _period_end(items)} if made["cancel_at_period_end"] else {}
        return {**made, "items": {**made["items"], "data": items}, **at_end}

    def _period(self, made: Json, item: Json) -> Json:
        """The period that an item is in now. The time before the anchor is one."""
        anchor, now = made["billing_cycle_anchor"], self.books.now
        start, end = item["current_period_start"], item["current_period_end"]
        if now < anchor:
            return {"current_period_start": made["start_date"], "current_period_end": anchor}
        if anchor <= start <= now < end:
            return {}
        boundary = first_boundary(_instant(anchor), _interval(item), _instant(now + 1))
        assert boundary is not None
        return {"current_period_start": now, "current_period_end": int(boundary.timestamp())}

    def _next(self, made: Json) -> int | None:
        """When the passing of time changes a subscription next; None if it never does."""
        dates: list[int] = [made["cancel_at"]] if made["cancel_at"] else []
        status = made["status"]
        if status in ENDED:
            return None
        if status == "incomplete":
            dates.append(made["created"] + PAID_WITHIN)
        if status == "trialing":
            dates.append(made["trial_end"])
            if self.books.now < made["trial_end"] - 3 * DAY:
                dates.append(made["trial_end"] - 3 * DAY)
        elif status in RUNNING:
            dates.extend(item["current_period_end"] for item in _items(made))
        return min(dates, default=None)

    def _come_due(self, made: Json) -> None:
        now, status = self.books.now, made["status"]
        if made["cancel_at"] is not None and made["cancel_at"] <= now:
            self._put({**made, "status": "canceled", "ended_at": now}, DELETED)
        elif status == "incomplete":
            self._put({**made, "status": "incomplete_expired", "ended_at": now}, UPDATED)
        elif status == "trialing" and now < made["trial_end"]:
            self.books.tell(TRIAL_WILL_END, made)
            self._schedule(made)
        elif status == "trialing":
            self._trial_ended(made)
        else:
            self._put(made, UPDATED)

    def _trial_ended(self, made: Json) -> None:
        behavior = made["trial_settings"]["end_behavior"]["missing_payment_method"]
        if behavior == "create_invoice" or made["default_payment_method"]:
            self._put({**made, "status": "active"}, UPDATED)
        elif behavior == "pause":
            self._put({**made, "status": "paused"}, UPDATED, PAUSED)
        else:
            now = self.books.now
            self._put({**made, "status": "canceled", "canceled_at": now, "ended_at": now}, DELETED)


def _items(made: Json) -> list[Json]:
    return made["items"]["data"]


def _period_end(items: list[Json]) -> int:
    return max(item["current_period_end"] for item in items)


def _is_in_another_rhythm(before: list[Json], after: list[Json]) -> bool:
    """Whether an item that stays is paid at other intervals from now on, which starts all periods anew."""
    old: dict[str, Any] = {item["id"]: _interval(item) for item in before}
    return any(item["id"] in old and old[item["id"]] != _interval(item) for item in after)


def _interval(item: Json) -> Interval:
    recurring = item["price"]["recurring"]
    return Interval(BillingInterval(recurring["interval"].upper()), recurring["interval_count"])


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
