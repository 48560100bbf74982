"""From a host's name to the addresses that may be connected to: looked up once, and checked all of them."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from ipaddress import ip_address
from threading import Thread

from resolvers.webhook_targets import Address, WebhookTargets, literal_address

LookUp = Callable[[str], Awaitable[Sequence[Address]]]
"""The addresses of a name. Raises: OSError or ValueError, if it has none."""


class TargetRefused(Exception):
    """A host is, or its name leads to, an address that webhooks may not go to."""


class HostUnknown(Exception):
    """A name leads to no address."""


class NameService:
    """The system's own look-ups, each in a thread of its own, and of one name one at a time.

    A thread can't be stopped that waits for a name server: it is waited for by nobody else, nor when the process ends.
    """

    def __init__(self) -> None:
        self._under_way: dict[str, Future[list[str]]] = {}

    async def __call__(self, host: str) -> list[Address]:
        """The addresses of a name, the one to try first before the others."""
        looked_up = self._under_way.get(host)
        if looked_up is None:
            looked_up = self._under_way[host] = Future()
            # So that whoever waits for it no longer doesn't cancel it for the others.
            looked_up.set_running_or_notify_cancel()
            Thread(target=self._look_up, args=(host, looked_up), name="webhook-names", daemon=True).start()
        found = await asyncio.wrap_future(looked_up)
        return [ip_address(address) for address in dict.fromkeys(found)]

    def _look_up(self, host: str, looked_up: "Future[list[str]]") -> None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, ValueError) as error:
            del self._under_way[host]
            looked_up.set_exception(error)
        else:
            del self._under_way[host]
            looked_up.set_result([str(address[0]) for *_, address in found])


async def addresses_of(host: str, targets: WebhookTargets, look_up: LookUp) -> Sequence[Address]:
    """The addresses of a host, at least one, each of which may be connected to.

    A name with a single forbidden address is refused altogether: which one is taken would be somebody else's choice.
    What is connected to must be one of these addresses, and never the name, which may lead elsewhere by then.
    Raises: TargetRefused, HostUnknown.
    """
    literal = literal_address(host)
    try:
        found = [literal] if literal is not None else await look_up(host)
    except (OSError, ValueError):
        raise HostUnknown(host) from None
    if not found:
        raise HostUnknown(host)
    if not all(targets.allows(address) for address in found):
        raise TargetRefused(host)
    return found
