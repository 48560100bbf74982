"""Requests that the server can't wait for any longer when it stops."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from gateway.refusals import unavailable


class ServerStopped(Exception):
    """A request outlasted the time that the server had to stop."""

    def __init__(self) -> None:
        super().__init__(
            "The server stopped before this was done. Send it again: with an idempotencyKey, nothing is done twice."
        )


async def answer_if_stopped(
    cycle: RequestResponseCycle, app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    """The application; whatever it has no answer to when the server's time to stop is over gets one."""
    try:
        await app(scope, receive, send)
    except asyncio.CancelledError:
        # uvicorn alone cancels it. It would say so in plain text, and log it as a failure.
        if cycle.response_started:
            cycle.transport.close()
        else:
            await unavailable(ServerStopped())(scope, receive, send)
