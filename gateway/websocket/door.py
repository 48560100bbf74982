"""WebSockets at the endpoint: which handshakes are taken, and what becomes of a surprise."""

import re

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.http.websocket_origin import is_same_origin

from gateway.errors import log_surprise
from gateway.identity.authenticator import Authenticator
from gateway.operations import Operations
from gateway.refusals import refusal
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics
from gateway.websocket.closing import CloseCode, Closing
from gateway.websocket.conversation import Conversation
from schema.error_codes import ErrorCode

SUBPROTOCOL = "graphql-transport-ws"

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class GraphQLSockets:
    """The application for WebSocket scopes."""

    def __init__(
        self, authenticator: Authenticator, operations: Operations, metrics: Metrics, settings: Settings
    ) -> None:
        self._authenticator = authenticator
        self._operations = operations
        self._metrics = metrics
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Holds one connection, from the handshake to the close."""
        socket = WebSocket(scope, receive, send)
        await socket.receive()
        origin = socket.headers.get("origin")
        if origin is not None and not self._is_welcome(origin, socket):
            await socket.send_denial_response(_refuse_origin(origin))
            return
        offered: list[str] = scope["subprotocols"]
        if SUBPROTOCOL not in offered:
            await _refuse_subprotocol(socket, offered)
            return
        await socket.accept(SUBPROTOCOL)
        with self._metrics.sockets.track_inprogress():
            await self._hold(socket)

    def _is_welcome(self, origin: str, socket: WebSocket) -> bool:
        """Whether the page that opens the connection may. What isn't a browser sends no origin, or any it likes."""
        headers, listed = socket.headers, self._settings.cors_origins
        return (
            # Told by the browser itself, where a proxy before us has changed the host.
            headers.get("sec-fetch-site") == "same-origin"
            or is_same_origin(origin, headers.get("host"))
            or "*" in listed
            or origin.lower() in listed
        )

    async def _hold(self, socket: WebSocket) -> None:
        conversation = Conversation(socket, self._authenticator, self._operations, self._settings)
        try:
            closed_with = await conversation.hold()
        except Exception as error:  # noqa: BLE001 - the ASGI edge: the last place that can say so instead of breaking off
            error_id = log_surprise(error, "the connection")
            await _close(socket, Closing(CloseCode.INTERNAL, f"Something went wrong on our side: {error_id}"))
            return
        if closed_with is CloseCode.UNAUTHORIZED:
            self._metrics.operation(None, "unknown", "unauthenticated", 0, None)


async def _refuse_subprotocol(socket: WebSocket, offered: list[str]) -> None:
    """Takes the connection in order to close it: a browser tells its page the code, and of a refused handshake nothing.

    It does so only if one of the subprotocols it offered was taken.
    """
    first = next((each for each in offered if _TOKEN.fullmatch(each)), None)
    await socket.accept(first)
    reason = f"The subprotocol must be {SUBPROTOCOL}."
    await _close(socket, Closing(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, reason))


async def _close(socket: WebSocket, ending: Closing) -> None:
    try:
        await socket.close(ending.code, ending.reason)
    except WebSocketDisconnect:
        # The client was faster.
        return


def _refuse_origin(origin: str) -> Response:
    message = f"Pages of {origin[:200]} may not connect. `cors_origins` is the setting that lists those that may."
    return refusal(403, ErrorCode.FORBIDDEN, message, {"Cache-Control": "no-store"})
