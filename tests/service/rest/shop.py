"""Someone whose code speaks to Stripe, and asks here."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
import stripe
from stripe.entitlements import Feature

from tests.service.serving import Caller

T = TypeVar("T")

FORM = "application/x-www-form-urlencoded"


@dataclass
class Shop:
    """The library with a key, and the holder of that key."""

    caller: Caller
    stripe: stripe.StripeClient

    @property
    def address(self) -> str:
        """Where the application is."""
        return str(self.caller.client.base_url).rstrip("/")

    async def use(self, walk: Callable[[], T]) -> T:
        """What the library, which waits, comes to in a thread of its own."""
        return await asyncio.to_thread(walk)

    async def send(
        self, method: str, path: str, form: bytes | str | Mapping[str, str] = b"", **headers: str
    ) -> httpx2.Response:
        """The answer to a request, its form as it is written or by names and values."""
        given = {"Authorization": f"Bearer {self.caller.secret}", "Content-Type": FORM, **headers}
        if isinstance(form, Mapping):
            form = str(httpx2.QueryParams(dict(form)))
        return await self.caller.client.request(method, path, content=form, headers=given)

    async def refusal(self, method: str, path: str, form: bytes | str | Mapping[str, str] = b"") -> tuple[Any, ...]:
        """Of an answer that must be an error: status, type, code and parameter."""
        answer = await self.send(method, path, form)
        error = answer.json()["error"]
        assert error["message"]
        return answer.status_code, error["type"], error.get("code"), error.get("param")

    def feature(self, key: str) -> Feature:
        """A new feature."""
        return self.stripe.v1.entitlements.features.create({"name": key.title(), "lookup_key": key})

    def product(self, *keys: str) -> str:
        """A new product with new features attached; answers its id."""
        product = self.stripe.v1.products.create({"name": "-".join(keys)})
        for key in keys:
            self.stripe.v1.products.features.create(product.id, {"entitlement_feature": self.feature(key).id})
        return product.id

    def customer(self) -> str:
        """A new customer; answers its id."""
        return self.stripe.v1.customers.create().id

    def subscribe(self, customer: str, product: str) -> str:
        """A new monthly subscription; answers its id."""
        price = f"price_1month_{product}"
        return self.stripe.v1.subscriptions.create({"customer": customer, "items": [{"price": price}]}).id

    def active(self, customer: str) -> set[str]:
        """The keys of what a customer may use."""
        listed = self.stripe.v1.entitlements.active_entitlements.list({"customer": customer})
        return {each.lookup_key for each in listed}


def plain(shown: stripe.StripeObject | Mapping[str, str]) -> Mapping[str, Any]:
    """An object of the library as what it was made of."""
    return shown.to_dict() if isinstance(shown, stripe.StripeObject) else shown
