"""Subscriptions as a browser opens them, by either transport."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from tests.service.event_streams import EventStream, event_stream
from tests.service.serving import Caller
from tests.service.websockets import Socket, greeted

Json = Any

CHANGES = """
subscription Changes($customer: CustomerBy, $after: Int) {
  entitlementsChanged(customer: $customer, afterRevision: $after) {
    id revision at snapshot
    customer { name revision }
    added { ...S } removed { ...S } changed { ...S }
  }
}
fragment S on EntitlementSnapshot { id lookupKey hasAccess activeTo customer { name } entitlement { id hasAccess } }
"""

ACME: Json = {"externalId": "acme"}


class Watcher(ABC):
    """One open subscription."""

    @abstractmethod
    async def next(self) -> Json:
        """The body of the next answer, or of the refusal; None once it is complete."""

    async def change(self) -> Json:
        """The next change, which there must be."""
        body = await self.next()
        assert body is not None, "it is complete"
        assert "errors" not in body, body
        return body["data"]["entitlementsChanged"]

    async def changes(self, number: int) -> list[Json]:
        """The next changes."""
        return [await self.change() for _ in range(number)]

    async def refusal(self) -> Json:
        """The code it ends with: the next answer has no data, and is the last."""
        body = await self.next()
        assert not body.get("data"), body
        assert await self.next() is None
        return body["errors"][0]["extensions"]["code"]


class _BySocket(Watcher):
    def __init__(self, socket: Socket, id_: str) -> None:
        self._socket = socket
        self._id = id_
        self._is_over = False

    async def next(self) -> Json:
        if self._is_over:
            return None
        message = await self._socket.receive()
        assert message["id"] == self._id
        self._is_over = message["type"] != "next"
        return {"errors": message["payload"]} if message["type"] == "error" else message.get("payload")


class _ByEvents(Watcher):
    def __init__(self, stream: EventStream) -> None:
        self._stream = stream

    async def next(self) -> Json:
        return await self._stream.next()


Watch = Callable[..., AbstractAsyncContextManager[Watcher]]
"""Opens a subscription: of a URL, by a secret, with variables."""


@asynccontextmanager
async def watch_by_socket(url: str, secret: str, query: str = CHANGES, **variables: Json) -> AsyncGenerator[Watcher]:
    """Over a WebSocket of its own."""
    async with greeted(url, secret) as socket:
        yield _BySocket(socket, await socket.subscribe(query, variables=variables))


@asynccontextmanager
async def watch_by_events(url: str, secret: str, query: str = CHANGES, **variables: Json) -> AsyncGenerator[Watcher]:
    """As server-sent events."""
    async with event_stream(url, secret, query, **variables) as stream:
        assert stream.response.status_code == 200
        yield _ByEvents(stream)


TRANSPORTS: dict[str, Watch] = {"websocket": watch_by_socket, "events": watch_by_events}
by_either = pytest.mark.parametrize("watch", TRANSPORTS.values(), ids=TRANSPORTS.keys())


async def open_subscriptions(caller: Caller) -> float:
    """How many the process holds open."""
    lines = (await caller.client.get("/metrics")).text.splitlines()
    [value] = [line.split(" ")[1] for line in lines if line.startswith("admittance_subscriptions ")]
    return float(value)


async def until_open(caller: Caller, number: int) -> None:
    """Waits until the process holds so many open."""
    while await open_subscriptions(caller) != number:
        pass


async def set_up(caller: Caller) -> None:
    """Two features, and a customer who may use neither."""
    for key in ("sso", "audit"):
        await caller.do("createFeature", "feature { id }", name=key, lookupKey=key)
    await caller.do("createCustomer", "customer { id }", externalId="acme", name="Acme")


async def session_of(caller: Caller, customer: Json = ACME) -> tuple[str, str]:
    """The id and the token of a session of a customer."""
    made = await caller.do("createCustomerSession", "customerSession { id } token", customer=customer)
    return made["customerSession"]["id"], made["token"]


async def grant(caller: Caller, feature: str, customer: Json = ACME, **more: Json) -> str:
    """Gives a customer a feature by hand; answers the grant's id."""
    given = {"customer": customer, "feature": {"lookupKey": feature}, **more}
    return (await caller.do("grantEntitlement", "grant { id }", **given))["grant"]["id"]


async def revoke(caller: Caller, grant_id: str) -> None:
    """Takes a grant back."""
    await caller.do("revokeGrant", "grant { id }", grantId=grant_id)


def keys(states: list[Json]) -> list[str]:
    """The lookup keys of a list of a change."""
    return sorted(state["lookupKey"] for state in states)
