"""Work that ends when nobody waits for it any more."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

T = TypeVar("T")


async def run_while_connected(receive: Receive, work: Awaitable[T]) -> T:
    """What the work answers, unless the client goes away before: then the work is cancelled.

    `receive`: the request's own, its body read. The work goes on in the task it is awaited in, so context variables
    reach it and come back.
    Raises: ClientDisconnect, and whatever the work raises.
    """
    connected = asyncio.timeout(None)
    try:
        async with connected:
            listener = asyncio.create_task(_listen(receive, connected))
            try:
                return await work
            finally:
                listener.cancel()
                # Waited for, not awaited: its cancellation must not be taken for ours, nor ours for its.
                await asyncio.wait((listener,))
    except TimeoutError:
        # The work may have raised one of its own.
        if connected.expired():
            raise ClientDisconnect from None
        raise


async def _listen(receive: Receive, connected: asyncio.Timeout) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    # As a timeout that is due now it is told apart from any other cancellation, which asyncio is careful to do right.
    connected.reschedule(asyncio.get_running_loop().time())
