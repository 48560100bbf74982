"""All that a Stripe account holds, and how it came to be: objects, events, and every version of every object."""

import string
from collections import defaultdict
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from tests.stripe_source import shapes
from tests.stripe_source.shapes import Json

EVENT_DAYS = 30
"""How long Stripe lists an event."""

DAY = 86_400


class Version(NamedTuple):
    """What an object was from an instant on; None once it is deleted."""

    at: int
    object: Json | None


class Attachment(NamedTuple):
    """When a feature was on a product, which Stripe tells nobody: until is None while it is."""

    product: str
    feature: str
    from_: int
    until: int | None


class Books:
    """The account at its present, `now`, in whole seconds, which whoever holds it moves on.

    Objects are values: a change puts a new one in the place of the old. `versions` and `attachments` are the whole
    history, which Stripe keeps to itself but for events. `event_days`: how long it lists those.
    """

    event_days = EVENT_DAYS

    def __init__(self, now: int, *, livemode: bool = False, seed: int = 0) -> None:
        self.now = now
        self.livemode = livemode
        self.features: dict[str, Json] = {}
        self.products: dict[str, Json] = {}
        self.prices: dict[str, Json] = {}
        self.product_features: dict[str, dict[str, Json]] = {}
        self.customers: dict[str, Json] = {}
        self.subscriptions: dict[str, Json] = {}
        self.events: list[Json] = []
        self.versions: defaultdict[str, list[Version]] = defaultdict(list)
        self.attachments: dict[str, Attachment] = {}
        self._lot = Random(seed)  # noqa: S311 (no secret)

    def new_id(self, prefix: str) -> str:
        """An id as Stripe's look."""
        return prefix + "".join(self._lot.choices(string.ascii_letters + string.digits, k=14))

    def put(self, kind: dict[str, Json], made: Json, *types: str) -> Json:
        """Makes an object what it is from now on, and an event of each of these types."""
        before = kind.get(made["id"])
        kind[made["id"]] = made
        self._happened(made["id"], made)
        for type_ in types:
            is_update = before is not None and type_.endswith(".updated")
            previous = shapes.previous_attributes(before, made) if before is not None and is_update else None
            self.tell(type_, made, previous)
        return made

    def take_away(self, kind: dict[str, Json], id_: str, *types: str) -> None:
        """Deletes an object; its events show it as it was."""
        gone = kind.pop(id_)
        self._happened(id_, None)
        for type_ in types:
            self.tell(type_, gone)

    def tell(self, type_: str, shown: Json, previous: Json | None = None) -> None:
        """An event of now."""
        self.events.append(shapes.event(self.new_id("evt_1"), type_, self.now, shown, previous))

    def events_since(self, number: int) -> list[Json]:
        """What happened after so many events."""
        return self.events[number:]

    def listed_events(self) -> Iterator[Json]:
        """The events that Stripe still lists, the latest first."""
        return (event for event in reversed(self.events) if event["created"] > self.now - self.event_days * DAY)

    def new_feature(self, key: str) -> str:
        """A feature with a key; answers its id."""
        made = shapes.feature(self.new_id("feat_"), key.title(), key, livemode=self.livemode)
        return self.put(self.features, made)["id"]

    def archive(self, feature: str) -> None:
        """Archives a feature, for good. It tells nobody, as no change of features does."""
        self.put(self.features, {**self.features[feature], "active": False})
        for attached in self.product_features.values():
            for id_, shown in attached.items():
                if shown["entitlement_feature"]["id"] == feature:
                    attached[id_] = {**shown, "entitlement_feature": self.features[feature]}

    def new_product(self, name: str, id_: str | None = None) -> str:
        """A product, with an id of its own choice if it has one; answers its id."""
        made = shapes.product(id_ or self.new_id("prod_"), name, self.now, livemode=self.livemode)
        self.product_features[made["id"]] = {}
        return self.put(self.products, made, "product.created")["id"]

    def update_product(self, product: str, **changes: object) -> None:
        """Changes a product's own fields."""
        changed = {**self.products[product], **changes, "updated": self.now}
        self.put(self.products, changed, "product.updated")

    def new_price(self, product: str, interval: str = "month", count: int = 1, *, metered: bool = False) -> str:
        """A price of a product; answers its id."""
        id_ = self.new_id("price_1")
        made = shapes.price(id_, product, interval, count, self.now, metered=metered, livemode=self.livemode)
        return self.put(self.prices, made, "price.created", "plan.created")["id"]

    def attach(self, product: str, feature: str) -> str:
        """Attaches a feature to a product, which tells nobody; answers the product feature's id."""
        made = shapes.product_feature(self.new_id("prodft_"), self.features[feature])
        self.product_features[product][made["id"]] = made
        self.attachments[made["id"]] = Attachment(product, feature, self.now, None)
        return made["id"]

    def detach(self, product: str, product_feature: str) -> None:
        """Takes a feature from a product, which tells nobody."""
        del self.product_features[product][product_feature]
        self.attachments[product_feature] = self.attachments[product_feature]._replace(until=self.now)

    def new_customer(self, email: str) -> str:
        """A customer; answers its id."""
        made = shapes.customer(self.new_id("cus_"), email, self.now, livemode=self.livemode)
        return self.put(self.customers, made, "customer.created")["id"]

    def update_customer(self, customer: str, **changes: object) -> None:
        """Changes a customer's own fields."""
        self.put(self.customers, {**self.customers[customer], **changes}, "customer.updated")

    def _happened(self, id_: str, made: Json | None) -> None:
        self.versions[id_].append(Version(self.now, made))
