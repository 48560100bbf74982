"""Generated histories of an account: what its customers and its catalogue go through, each by a lot of its own.

A history is given by its seed, and every customer's life by the seed and its number, however many others there are: to
find out what went wrong with one, have it live alone.
"""

import heapq
from collections import Counter
from collections.abc import Iterable
from random import Random

from tests.stripe_source.billing import Billing
from tests.stripe_source.books import DAY, Books
from tests.stripe_source.lives import Life

AT_ONCE = 0.15
"""How often the next thing happens within the same second."""

CATALOGUE = -1
"""The catalogue's number among those of customers."""


class History:
    """The lives of customers, by their numbers, and the catalogue's, over an account from its present on.

    Customers come within so many `days`, most of them in the first half. `settled`: the catalogue stays as it begins.
    `steady`: items stay as often paid as they are at first.
    """

    def __init__(
        self,
        billing: Billing,
        numbers: Iterable[int],
        *,
        days: int,
        seed: int = 0,
        settled: bool = False,
        steady: bool = False,
    ) -> None:
        self.billing = billing
        self.done = Counter[str]()
        catalogue = Catalogue(billing.books, Random(f"{seed} catalogue"))  # noqa: S311 (no secret)
        self._lives: dict[int, Life | Catalogue] = {CATALOGUE: catalogue}
        self._waiting: list[tuple[int, int]] = []
        if not settled:
            self._wait(CATALOGUE)
        for number in numbers:
            lot = Random(f"{seed} {number}")  # noqa: S311 (no secret)
            self._lives[number] = Life(billing, catalogue.prices, lot, steady=steady)
            within = days * DAY * lot.choice((0.5, 0.5, 1))
            heapq.heappush(self._waiting, (billing.books.now + int(lot.random() * within), number))

    def go_on_until(self, at: int) -> None:
        """Lets happen all that happens until an instant."""
        while self._waiting and self._waiting[0][0] <= at:
            due, number = heapq.heappop(self._waiting)
            self.billing.advance_to(due)
            happened = self._lives[number].go_on()
            if happened is not None:
                self.done[happened] += 1
                self._wait(number)
        self.billing.advance_to(at)

    def _wait(self, number: int) -> None:
        life = self._lives[number]
        pause = 0 if life.lot.random() < AT_ONCE else int(life.lot.expovariate(1 / (life.pace_days * DAY)))
        heapq.heappush(self._waiting, (self.billing.books.now + pause, number))


class Catalogue:
    """What is sold, and what it gives: it changes now and then."""

    pace_days = 10.0

    def __init__(self, books: Books, lot: Random) -> None:
        self.books = books
        self.lot = lot
        self.prices: list[str] = []
        self._features: list[str] = []
        for _ in range(8):
            self._new_feature()
        for _ in range(4):
            self._new_product()

    def go_on(self) -> str:
        """Something happens; answers what."""
        moment = self.lot.choice(
            (self._attach, self._attach, self._detach, self._archive, self._rename, self._new_product)
        )
        moment()
        return f"catalogue:{moment.__name__}"

    def _new_feature(self, key: str | None = None) -> None:
        self._features.append(self.books.new_feature(key or f"feature{len(self._features)}"))

    def _new_product(self) -> None:
        number = len(self.books.products)
        # Of some somebody chose the id.
        product = self.books.new_product(f"Plan {number}", f"plan-{number}" if number % 3 == 2 else None)
        for feature in self.lot.sample(self._active(), 3):
            self.books.attach(product, feature)
        self.prices += [
            self.books.new_price(product, "month"),
            self.books.new_price(product, "year"),
            self.books.new_price(product, "week", 2),
            self.books.new_price(product, "month", metered=True),
        ]

    def _attach(self) -> None:
        product = self._any_product()
        held = {each["entitlement_feature"]["id"] for each in self.books.product_features[product].values()}
        if free := [feature for feature in self._active() if feature not in held]:
            self.books.attach(product, self.lot.choice(free))

    def _detach(self) -> None:
        product = self._any_product()
        if attached := [*self.books.product_features[product]]:
            self.books.detach(product, self.lot.choice(attached))

    def _archive(self) -> None:
        archived = self.lot.choice(self._active())
        self.books.archive(archived)
        # Its key is free again, and sometimes taken again.
        self._new_feature(self.lot.choice((None, self.books.features[archived]["lookup_key"])))

    def _rename(self) -> None:
        self.books.update_product(self._any_product(), name=f"Plan {self.lot.randint(1, 999)}")

    def _any_product(self) -> str:
        return self.lot.choice([*self.books.products])

    def _active(self) -> list[str]:
        return [feature for feature in self._features if self.books.features[feature]["active"]]
