"""Work that ends when nobody waits for it any more."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

T = TypeVar("T")

LISTEN_AFTER_SECONDS = 0.1
"""How long work goes on before anybody listens whether its client is still there.

Nearly all of it is done by then, and a listener is a task of its own, which takes about a tenth of the time at the
door. A client that leaves before is missed a tenth of a second later.
"""


async def run_while_connected(receive: Receive, work: Awaitable[T]) -> T:
    """What the work answers, unless the client goes away before: then the work is cancelled.

    `receive`: the request's own, its body read. The work goes on in the task it is awaited in, so context variables
    reach it and come back.
    Raises: ClientDisconnect, and whatever the work raises.
    """
    connected = asyncio.timeout(None)
    try:
        async with connected:
            listening = _Listening(receive, connected)
            try:
                return await work
            finally:
                await listening.end()
    except TimeoutError:
        # The work may have raised one of its own.
        if connected.expired():
            raise ClientDisconnect from None
        raise


class _Listening:
    """Begins after a while, and lets the time of the work be over when the client has gone."""

    def __init__(self, receive: Receive, connected: asyncio.Timeout) -> None:
        self._receive = receive
        self._connected = connected
        self._listener: asyncio.Task[None] | None = None
        self._beginning = asyncio.get_running_loop().call_later(LISTEN_AFTER_SECONDS, self._begin)

    async def end(self) -> None:
        self._beginning.cancel()
        if self._listener is not None:
            self._listener.cancel()
            # Waited for, not awaited: its cancellation must not be taken for ours, nor ours for its.
            await asyncio.wait((self._listener,))

    def _begin(self) -> None:
        self._listener = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        # As a timeout that is due now it is told apart from any other cancellation, which asyncio is careful to do
        # right.
        self._connected.reschedule(asyncio.get_running_loop().time())
