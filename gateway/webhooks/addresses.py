"""From a host's name to the addresses that may be connected to: looked up once, and checked all of them."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from resolvers.webhook_targets import Address, WebhookTargets, literal_address

LookUp = Callable[[str], Awaitable[Sequence[Address]]]
"""The addresses of a name. Raises: OSError or UnicodeError, if it has none."""


class TargetRefused(Exception):
    """A host is, or its name leads to, an address that webhooks may not go to."""


class HostUnknown(Exception):
    """A name leads to no address."""


class NameService:
    """The system's own look-ups, in threads of their own: a name server that hangs holds up nobody else."""

    def __init__(self, at_once: int) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="webhook-names")

    async def __call__(self, host: str) -> list[Address]:
        """The addresses of a name, the one to try first before the others."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host)
        return [ip_address(address) for address in dict.fromkeys(found)]

    def close(self) -> None:
        """Ends the threads, without waiting for those that hang."""
        self._threads.shutdown(wait=False, cancel_futures=True)


async def addresses_of(host: str, targets: WebhookTargets, look_up: LookUp) -> Sequence[Address]:
    """The addresses of a host, at least one, each of which may be connected to.

    A name with a single forbidden address is refused altogether: which one is taken would be somebody else's choice.
    What is connected to must be one of these addresses, and never the name, which may lead elsewhere by then.
    Raises: TargetRefused, HostUnknown.
    """
    literal = literal_address(host)
    try:
        found = [literal] if literal is not None else await look_up(host)
    except (OSError, UnicodeError):
        raise HostUnknown(host) from None
    if not found:
        raise HostUnknown(host)
    if not all(targets.allows(address) for address in found):
        raise TargetRefused(host)
    return found


def _look_up(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
