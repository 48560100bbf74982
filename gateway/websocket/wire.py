"""WebSocket connections that nobody can hold, flood or break: what uvicorn's protocol leaves to a proxy in front of it.

A client takes what it is sent within the settings' `request_seconds`, and sends no more frames than a person's page
does. Whatever is wrong, it is told by a code before the connection ends. Source: HARDENING, the rows on sockets.
"""

import logging
import time
from asyncio import AbstractEventLoop, TimerHandle
from http import HTTPStatus
from typing import Any, ClassVar

import orjson
from uvicorn import Config
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.frames import Frame
from websockets.http11 import Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import StatusLike

from gateway.connections import kernel_buffers
from gateway.refusals import INTERNAL_MESSAGE
from gateway.websocket.closing import CloseCode
from gateway.websocket.conversation import SERVER_STOPS
from schema.error_codes import ErrorCode

MAX_FRAMES_PER_SECOND = 100
"""Of whatever kind. A page that connects again sends one for each of its operations, of which there are few."""

_PIECE_BYTES = 4_096
"""How much is taken apart before the frames are counted: some hundreds of the smallest ones, and 5 ms."""

# Below warnings the libraries log every handshake with its query string, and every frame: credentials, too. What there
# is to say of a connection the setting `access_log` says.
_log = logging.getLogger("admittance.websocket.wire")
_log.setLevel(logging.WARNING)


class SocketConnection(WebSocketsSansIOProtocol):
    """One client's connection. `socket_class` makes the class for a server."""

    request_seconds: ClassVar[float]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        extensions = self.conn.available_extensions
        self.conn = _Handshake(extensions=extensions, max_size=config.ws_max_size, logger=_log)
        self.logger = _log
        self._departure: TimerHandle | None = None
        self._is_deaf = False
        self._frames = 0
        self._second = 0.0

    # What the transport tells.

    def data_received(self, data: bytes) -> None:
        """Takes what was sent apart, piece by piece, for as long as the client keeps to the rules."""
        for start in range(0, len(data), _PIECE_BYTES):
            if self._is_deaf:
                return
            self.conn.receive_data(data[start : start + _PIECE_BYTES])
            if self.conn.parser_exc is not None:
                self.handle_parser_exception()
            elif self.conn.handshake_exc is not None and not self.handshake_initiated:
                self._refuse_handshake()
            elif self._is_flooded(len(self.conn.events)):
                self._hang_up(CloseCode.TOO_MANY, f"More than {MAX_FRAMES_PER_SECOND} messages in a second")
            else:
                self.handle_events()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._expect_departure(None)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client doesn't take what is sent: it has its time to."""
        super().pause_writing()
        self._expect_departure(self.request_seconds)

    def resume_writing(self) -> None:
        """The client has taken most of it."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._expect_departure(None)

    def shutdown(self) -> None:
        """Tells the application that the server is about to stop. It says the last word, once nothing is in flight."""
        if self.close_sent or not self.handshake_complete:
            super().shutdown()
            return
        self.stop_keepalive()
        stops = {"type": "websocket.disconnect", "code": CloseCode.SERVICE_RESTART, SERVER_STOPS: True}
        self.queue.put_nowait(stops)  # pyright: ignore[reportArgumentType] (a key more than the specification has)

    # What the parser tells.

    def handle_close(self, event: Frame) -> None:
        """The client ends the connection, or agrees to."""
        super().handle_close(event)
        self._expect_departure(kernel_buffers.LINGER_SECONDS)

    def handle_parser_exception(self) -> None:
        """What was sent isn't WebSocket, or is too large. The parser has written the close frame."""
        if not self.close_sent and self.conn.close_sent is not None:
            self._part(self.conn.close_sent.code, self.conn.close_sent.reason)
        self._go_deaf()

    def send_receive_event_to_app(self) -> None:
        """A message, of one frame or of many."""
        if self.curr_msg_data_type == "text" and not _is_utf8(b"".join(self.frames)):
            self.frames = []
            self._hang_up(CloseCode.BAD_MESSAGE, "The message is not valid UTF-8.")
        else:
            super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        """Nobody has answered a ping."""
        self._say_close(CloseCode.TIMED_OUT, "A ping was not answered in time")

    # What the application tells.

    async def send(self, message: ASGISendEvent) -> None:
        """Sends once there is room; the last word at once, behind what the client hasn't taken yet."""
        if message["type"] == "websocket.close" and self.handshake_complete:
            self._say_close(message.get("code") or CloseCode.INTERNAL, message.get("reason") or "")
        else:
            await super().send(message)

    # What follows from it.

    def _is_flooded(self, frames: int) -> bool:
        now = time.monotonic()
        if now - self._second >= 1:
            self._second, self._frames = now, 0
        self._frames += frames
        return self._frames > MAX_FRAMES_PER_SECOND

    def _say_close(self, code: int, reason: str) -> None:
        """Says why it ends, and hears the client out until it agrees."""
        if self.conn.state is State.OPEN and not self.transport.is_closing():
            self.conn.send_close(code, reason)
            self._part(code, reason)

    def _hang_up(self, code: int, reason: str) -> None:
        """Says why it ends, and hears nothing more."""
        self._say_close(code, reason)
        self._go_deaf()

    def _part(self, code: int, reason: str) -> None:
        """Writes the last word. Who waits to say more will find the client gone."""
        self.stop_keepalive()
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.close_sent = self.disconnected = True
        self.writable.set()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(kernel_buffers.LINGER_SECONDS, self.transport.abort)

    def _go_deaf(self) -> None:
        """Drops whatever still arrives, and ends our side, so that the client ends its own."""
        self._is_deaf = True
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _refuse_handshake(self) -> None:
        self._is_deaf = True
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()

    def _expect_departure(self, seconds: float | None) -> None:
        if self._departure is not None:
            self._departure.cancel()
        self._departure = None if seconds is None else self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        if self.close_sent or self.transport.is_closing():
            self.transport.abort()
        else:
            self._say_close(CloseCode.TOO_SLOW, f"What was sent was not taken within {self.request_seconds:g} seconds")


def socket_class(request_seconds: float) -> type[SocketConnection]:
    """The class of connections whose clients have so long to take what they are sent."""
    return type("SocketConnection", (SocketConnection,), {"request_seconds": request_seconds})


class _Handshake(ServerProtocol):
    """The library's protocol, refusing as JSON what is no handshake."""

    def reject(self, status: StatusLike, text: str) -> Response:
        """A refusal with a sentence of our own: the library's has texts of Python in it."""
        response = super().reject(status, text)
        code, message = _REFUSALS.get(response.status_code, _NO_HANDSHAKE)
        response.body = orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]})
        wanted = {"Content-Type": "application/json", "Content-Length": str(len(response.body))}
        kept = [pair for pair in response.headers.raw_items() if pair[0] not in wanted]
        response.headers = Headers([*kept, *wanted.items()])
        return response


_NO_HANDSHAKE = (ErrorCode.BAD_REQUEST, "This is not a WebSocket handshake by RFC 6455.")
_REFUSALS: dict[int, tuple[str, str]] = {
    HTTPStatus.FORBIDDEN: (ErrorCode.FORBIDDEN, "There is no WebSocket at this address."),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (ErrorCode.BAD_REQUEST, "A header is too long, or there are too many."),
    HTTPStatus.REQUEST_URI_TOO_LONG: (ErrorCode.BAD_REQUEST, "The address is too long."),
    HTTPStatus.INTERNAL_SERVER_ERROR: (ErrorCode.INTERNAL, INTERNAL_MESSAGE),
}


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
