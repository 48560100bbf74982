"""Answers as server-sent events: the protocol of `graphql-sse`, in its mode of distinct connections.

Source: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

import asyncio
from asyncio import TaskGroup
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import NoReturn

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Send

from gateway.answering import Answer, refused
from gateway.errors import log_surprise
from gateway.http.reply import COMMON_HEADERS
from gateway.identity.holder import CredentialEnded, Holder
from gateway.refusals import INTERNAL_MESSAGE
from schema.error_codes import ErrorCode

STOPPING = "admittance.stopping"
"""A key of the scope. Our own server calls what stands there when it is about to stop, so that streams end by then."""

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    # Or nginx would keep the events until it has some kilobytes of them.
    (b"x-accel-buffering", b"no"),
    *COMMON_HEADERS,
]
_NOTHING = b":\n\n"
"""A comment: clients pass over it, and whatever is between sees that the connection is in use."""

_COMPLETE = b"event: complete\ndata:\n\n"


class EventStream:
    """The answers to one operation, sent as they come, for as long as the client and its credential are there.

    `keep_alive_seconds`: how often a stream in which nothing happens says that it is there.
    """

    def __init__(
        self,
        answers: AsyncGenerator[Answer],
        holder: Holder,
        receive: Receive,
        *,
        keep_alive_seconds: float,
    ) -> None:
        self._answers = answers
        self._holder = holder
        self._receive = receive
        self._keep_alive_seconds = keep_alive_seconds

    async def compress(self, accept_encoding: str) -> None:
        """Leaves it as it is: what compresses keeps back what it was given."""
        del accept_encoding

    async def send(self, send: Send) -> None:
        """Sends all of it."""
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        # At once, so that the client learns that it was let in before anything happens.
        await _say(send, _NOTHING)
        is_gone, last = False, None
        try:
            async with TaskGroup() as group:
                besides = [group.create_task(self._attend(send)), group.create_task(self._holder.watch())]
                async with aclosing(self._answers) as answers:
                    async for answer in answers:
                        await _say(send, _next(answer))
                for each in besides:
                    each.cancel()
        except* ClientDisconnect:
            is_gone = True
        except* CredentialEnded as ended:
            last = refused(ErrorCode.UNAUTHENTICATED, f"{ended.exceptions[0]}.")
        except* Exception as surprises:  # noqa: BLE001 - the ASGI edge: the last place that can say so
            last = refused(ErrorCode.INTERNAL, INTERNAL_MESSAGE, errorId=log_surprise(surprises, "the stream"))
        if is_gone:
            return
        if last is not None:
            await _say(send, _next(last))
        await send({"type": "http.response.body", "body": _COMPLETE})

    async def _attend(self, send: Send) -> NoReturn:
        """Says from time to time that the connection is in use, and hears whether the client is still there.

        Raises: ClientDisconnect.
        """
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._keep_alive_seconds):
                    while (await self._receive())["type"] != "http.disconnect":
                        pass
                raise ClientDisconnect
            await _say(send, _NOTHING)


async def _say(send: Send, text: bytes) -> None:
    # In one piece, so that nothing comes between the lines of an event.
    await send({"type": "http.response.body", "body": text, "more_body": True})


def _next(answer: Answer) -> bytes:
    return b"event: next\ndata: %s\n\n" % orjson.dumps(answer.body)
