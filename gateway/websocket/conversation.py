"""What is said on one connection, from the client's greeting to the close."""

import asyncio
from asyncio import TaskGroup
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from typing import NoReturn, ParamSpec, TypeVar

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from gateway.answering import refused
from gateway.identity.authenticator import Authenticator
from gateway.identity.holder import CredentialEnded, Holder
from gateway.operations import Operations
from gateway.settings import Settings
from gateway.telemetry.request_ids import note_credential
from gateway.websocket import messages
from gateway.websocket.admission import admit
from gateway.websocket.answers import answers
from gateway.websocket.closing import CloseCode, Closing
from gateway.websocket.in_flight import MAX_OPERATIONS, InFlight
from gateway.websocket.messages import Complete, Init, Message, Ping, Subscribe
from schema.error_codes import ErrorCode

P = ParamSpec("P")
T = TypeVar("T")

IDLE_SECONDS = 300.0
"""How long a connection may be open without an operation."""

SERVER_STOPS = "admittance.server_stops"
"""A key of the disconnect event by which our own server says that it is about to go, and the client still there."""

_LAST_SECONDS = 1.0
"""What is left of the server's time to stop for saying so to everybody."""


class Conversation:
    """One accepted connection. All that runs for it runs within `hold`, and has ended when that returns."""

    def __init__(
        self, socket: WebSocket, authenticator: Authenticator, operations: Operations, settings: Settings
    ) -> None:
        self._socket = socket
        self._authenticator = authenticator
        self._operations = operations
        self._settings = settings
        self._closed_with: CloseCode | None = None

    async def hold(self) -> CloseCode | None:
        """Speaks until the end, and closes the connection unless the client did. Returns the code it closed it with."""
        try:
            holder = await self._or_close(self._admit)
            async with TaskGroup() as group:
                in_flight = InFlight(group)
                group.create_task(self._or_close(holder.watch), name="watching the credential")
                group.create_task(self._or_close(_expect_use, in_flight), name="watching for use")
                await self._or_close(self._listen, in_flight, holder)
        except* (Closing, WebSocketDisconnect):
            # One of them has ended, and with it the others.
            pass
        return self._closed_with

    async def _or_close(self, part: Callable[P, Awaitable[T]], *given: P.args, **more: P.kwargs) -> T:
        """A part of the conversation, which may find that it is to end.

        The last word is said before the other parts are stopped: a driver that waits for a lock can take seconds.
        """
        try:
            return await part(*given, **more)
        except (Closing, CredentialEnded) as cause:
            ending = cause if isinstance(cause, Closing) else Closing(CloseCode.FORBIDDEN, str(cause))
            if self._is_open:
                self._closed_with = ending.code
                with suppress(WebSocketDisconnect):
                    await self._socket.close(ending.code, ending.reason)
            raise ending from None

    @property
    def _is_open(self) -> bool:
        return self._socket.application_state is WebSocketState.CONNECTED

    async def _admit(self) -> Holder:
        """Waits for the greeting and lets the client in. Raises: Closing, WebSocketDisconnect."""
        seconds = self._settings.request_seconds
        patience = asyncio.timeout(seconds)
        try:
            async with patience:
                while True:
                    match await self._read():
                        case Init() as init:
                            return await self._greet(init)
                        case Subscribe():
                            raise Closing(CloseCode.UNAUTHORIZED, "Send connection_init and wait for connection_ack.")
                        case Ping() as ping:
                            await self._say(messages.pong(ping.payload))
                        case _:
                            pass
        except TimeoutError:
            if not patience.expired():
                raise
            raise Closing(CloseCode.TIMED_OUT, f"No connection_init within {seconds:g} seconds") from None

    async def _greet(self, init: Init) -> Holder:
        authorization = init.authorization or self._socket.headers.get("authorization")
        source = self._socket.client.host if self._socket.client else None
        holder = await admit(self._authenticator, authorization, source)
        note_credential(holder.id)
        await self._say(messages.connection_ack())
        return holder

    async def _listen(self, in_flight: InFlight, holder: Holder) -> NoReturn:
        while True:
            try:
                message = await self._read()
            except _ServerStops:
                self._operations.streams.stop()
                await in_flight.finish(self._settings.shutdown_seconds - _LAST_SECONDS)
                raise
            await self._heed(message, in_flight, holder)

    async def _heed(self, message: Message, in_flight: InFlight, holder: Holder) -> None:
        match message:
            case Subscribe():
                await self._begin(message, in_flight, holder)
            case Complete():
                await in_flight.stop(message.id)
            case Ping():
                await self._say(messages.pong(message.payload))
            case Init():
                raise Closing(CloseCode.TOO_MANY, "Too many initialisation requests")
            case _:
                pass

    async def _begin(self, asked: Subscribe, in_flight: InFlight, holder: Holder) -> None:
        if asked.id in in_flight:
            raise Closing(CloseCode.ID_IN_USE, f"Subscriber for {asked.id} already exists")
        if in_flight.is_full:
            message = f"At most {MAX_OPERATIONS} operations may be carried out at once on one connection."
            await self._say(messages.error(asked.id, refused(ErrorCode.TOO_MANY_OPERATIONS, message).body["errors"]))
            return
        in_flight.start(asked.id, self._or_close(self._carry_out, asked, holder))

    async def _carry_out(self, asked: Subscribe, holder: Holder) -> None:
        async with aclosing(answers(self._operations, asked.payload, holder)) as found:
            async for answer in found:
                if not answer.ran:
                    await self._say(messages.error(asked.id, answer.body["errors"]))
                    return
                await self._say(messages.next_answer(asked.id, answer.body))
        await self._say(messages.complete(asked.id))

    async def _read(self) -> Message:
        """The next message. Raises: Closing, WebSocketDisconnect."""
        event = await self._socket.receive()
        if event["type"] == "websocket.disconnect":
            if event.get(SERVER_STOPS):
                raise _ServerStops
            raise WebSocketDisconnect(event["code"])
        text = event.get("text")
        if text is None:
            raise Closing(CloseCode.BAD_MESSAGE, "Messages must be text frames.")
        return messages.read_message(text)

    async def _say(self, text: str) -> None:
        """Sends once the client has taken what was sent before, for which the server gives it a time.

        Raises: WebSocketDisconnect, once the last word is said.
        """
        if not self._is_open:
            raise WebSocketDisconnect
        await self._socket.send_text(text)


class _ServerStops(Closing):
    """The server was told to stop."""

    def __init__(self) -> None:
        super().__init__(CloseCode.SERVICE_RESTART, "The server is restarting. Connect again.")


async def _expect_use(in_flight: InFlight) -> NoReturn:
    while True:
        seconds_left = IDLE_SECONDS - in_flight.idle_seconds
        if seconds_left <= 0:
            raise Closing(CloseCode.TIMED_OUT, f"No operation for {IDLE_SECONDS:g} seconds")
        await asyncio.sleep(seconds_left)
