"""A source where acme subscribes to a product that gives sso."""

from entitlements.changes import features_at
from tests.stripe_source.feeding import Fed
from tests.stripe_source.reading import instant
from tests.stripe_source.stand_in import StandIn


class Shop:
    """An hour after acme came it subscribed, and that is an hour ago."""

    def __init__(self, source: StandIn, interval: str = "year") -> None:
        self.books, self.billing = source.books, source.billing
        self.sso = self.books.new_feature("sso")
        self.product = self.books.new_product("Pro")
        self.books.attach(self.product, self.sso)
        self.acme = self.books.new_customer("it@acme.test")
        self.subscribed_at = self.wait()
        self.price = self.books.new_price(self.product, interval)
        self.subscription = self.billing.subscribe(self.acme, [(self.price, 1)])
        self.wait()

    def wait(self, seconds: int = 3600) -> int:
        """Until somewhat later; answers when that is."""
        self.billing.advance_to(self.books.now + seconds)
        return self.books.now

    async def held(self, fed: Fed, *instants: int) -> list[bool]:
        """Whether acme may use sso at each of these instants, as far as the environment knows."""
        known = (await fed.timelines([self.acme]))[self.acme]
        return [self.sso in features_at(known, instant(at)) for at in instants]
