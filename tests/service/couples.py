"""Somebody who writes at one server and reads at another, and knows what must be seen there."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from tests.service.serving import Caller

Json = dict[str, Any]

SEEN = """query Seen($by: CustomerBy!, $given: FeatureBy!, $product: ProductBy!) {
  customer(by: $by) { name entitlements(first: 100) { nodes { lookupKey feature { name } } } }
  feature(by: $given) { name }
  product(by: $product) { name }
}"""


@dataclass
class Couple:
    """A writer and a reader of one customer, two features and a product, which nobody else writes.

    The customer is subscribed to the product, to which the feature "sold" is attached or not; the feature "given" is
    granted to the customer or not.
    """

    number: int
    servers: tuple[Caller, Caller]
    random: random.Random
    customer: str | None = None
    is_subscribed: bool = False
    grant: str | None = None
    attachment: str | None = None
    names: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    async def meet(cls, number: int, servers: tuple[Caller, Caller]) -> "Couple":
        """With all they need to begin with."""
        couple = cls(number, servers, random.Random(number))  # noqa: S311 (no secret)
        for key in ("given", "sold"):
            await couple._do("createFeature", "__typename", name=key, lookupKey=couple._own(key))
        await couple._do("createProduct", "__typename", name="plan", lookupKey=couple._own("plan"))
        couple.names = {"given": "given", "sold": "sold", "plan": "plan"}
        await couple.arrive()
        await couple.subscribe()
        return couple

    @property
    def customer_deeds(self) -> list[Callable[[], Awaitable[None]]]:
        """Writes to the customer that may come next."""
        if self.customer is None:
            return [self.arrive]
        if not self.is_subscribed:
            return [self.subscribe]
        return [self.grant_or_revoke, self.grant_or_revoke, self.name_customer, self.leave]

    @property
    def catalogue_deeds(self) -> list[Callable[[], Awaitable[None]]]:
        """Writes to the catalogue that may come next."""
        # Attachments are the rarest, as their history stays, and is read with every customer.
        return [self.attach_or_detach, *[self.name_feature, self.name_product] * 3]

    async def write_and_read(self, deeds: list[Callable[[], Awaitable[None]]]) -> None:
        """One write at either server, and the read at the other that begins when the write is acknowledged.

        Another read races with the write: it sees what was before or what is after, and must leave nothing behind.
        """
        deed = self.random.choice(deeds)
        first, second = self.servers
        self.servers = self.random.choice(((first, second), (second, first)))
        before = self.expected()
        racing = asyncio.create_task(self.seen())

        await deed()
        seen, raced = await asyncio.gather(self.seen(), racing)

        assert seen == self.expected(), deed.__name__
        # Each part is read by itself, so one may be of before and another of after.
        assert all(raced[part] in (before[part], seen[part]) for part in seen if part != "customer"), deed.__name__
        assert raced["customer"] in (before["customer"], seen["customer"], _gone(before)), deed.__name__

    async def seen(self) -> Json:
        """What the server that is read says now."""
        by = {"externalId": self._own("customer")}
        if self.customer is not None and self.random.random() < 0.5:
            by = {"id": self.customer}
        keys = {"given": {"lookupKey": self._own("given")}, "product": {"lookupKey": self._own("plan")}}
        data = await self.servers[1].ask(SEEN, {"by": by, **keys})
        if data["customer"] and data["customer"]["entitlements"]:
            # They come by when they began, which is another matter.
            data["customer"]["entitlements"]["nodes"].sort(key=itemgetter("lookupKey"))
        return data

    def expected(self) -> Json:
        """What it must say."""
        held = [("given", self.grant), ("sold", self.is_subscribed and self.attachment)]
        nodes = [{"lookupKey": self._own(key), "feature": {"name": self.names[key]}} for key, has in held if has]
        customer = {"name": self.names.get("customer"), "entitlements": {"nodes": nodes}}
        return {
            "customer": customer if self.customer else None,
            "feature": {"name": self.names["given"]},
            "product": {"name": self.names["plan"]},
        }

    async def arrive(self) -> None:
        name = self._new_name()
        done = await self._do("createCustomer", "customer { id }", externalId=self._own("customer"), name=name)
        self.customer, self.names["customer"] = done["customer"]["id"], name

    async def subscribe(self) -> None:
        items = [{"product": {"lookupKey": self._own("plan")}}]
        await self._do("createSubscription", "__typename", customer=self._customer, items=items)
        self.is_subscribed = True

    async def leave(self) -> None:
        await self._do("deleteCustomer", "__typename", customer=self._customer)
        self.customer, self.grant, self.is_subscribed = None, None, False

    async def name_customer(self) -> None:
        name = self._new_name()
        await self._do("updateCustomer", "__typename", customer=self._customer, name=name)
        self.names["customer"] = name

    async def grant_or_revoke(self) -> None:
        if self.grant is not None:
            await self._do("revokeGrant", "__typename", grantId=self.grant)
            self.grant = None
        else:
            feature = {"lookupKey": self._own("given")}
            done = await self._do("grantEntitlement", "grant { id }", customer=self._customer, feature=feature)
            self.grant = done["grant"]["id"]

    async def attach_or_detach(self) -> None:
        if self.attachment is not None:
            await self._do("detachFeature", "__typename", productFeatureId=self.attachment, rollout="IMMEDIATE")
            self.attachment = None
        else:
            pair = {"product": {"lookupKey": self._own("plan")}, "feature": {"lookupKey": self._own("sold")}}
            done = await self._do("attachFeature", "productFeature { id }", **pair, rollout="IMMEDIATE")
            self.attachment = done["productFeature"]["id"]

    async def name_feature(self) -> None:
        name, key = self._new_name(), self.random.choice(("given", "sold"))
        await self._do("updateFeature", "__typename", feature={"lookupKey": self._own(key)}, name=name)
        self.names[key] = name

    async def name_product(self) -> None:
        name = self._new_name()
        await self._do("updateProduct", "__typename", product={"lookupKey": self._own("plan")}, name=name)
        self.names["plan"] = name

    @property
    def _customer(self) -> Json:
        return {"externalId": self._own("customer")}

    def _own(self, name: str) -> str:
        return f"{name}-{self.number}"

    def _new_name(self) -> str:
        return f"name {self.random.random()}"

    async def _do(self, mutation: str, selection: str, **given: object) -> Json:
        return await self.servers[0].do(mutation, selection, **given)


def _gone(before: Json) -> Json:
    """A customer that is deleted between a statement that finds the row and the next, which finds nothing below."""
    return {**(before["customer"] or {}), "entitlements": None}
