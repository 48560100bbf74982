"""Connections that nobody can hold for ever: what uvicorn's HTTP protocol leaves to a proxy in front of it.

A request must have arrived, and an answer been taken, within the settings' `request_seconds`. What isn't HTTP is
refused once, in its turn and as JSON, and the connection ends. Source: HARDENING, result 6.
"""

from asyncio import AbstractEventLoop, TimerHandle, Transport
from functools import partial
from typing import Any, ClassVar

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from gateway.connections import kernel_buffers
from gateway.connections.head_with_body import HeadWithBody
from gateway.connections.kernel_buffers import drop_unsent, keep_little
from gateway.connections.request_head import MAX_HEAD_BYTES, check_head, head_too_large
from gateway.connections.stopping import answer_if_stopped
from gateway.http.event_stream import STOPPING
from gateway.refusals import BadRequest, bad_request

MAX_REQUESTS_AHEAD = 100
"""Requests that a client may send before it has the answer to the first."""


class HttpConnection(HttpToolsProtocol):
    """One client's connection. `connection_class` makes the class for a server."""

    request_seconds: ClassVar[float]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._answering: RequestResponseCycle | None = None
        self._arrival: TimerHandle | None = None
        self._departure: TimerHandle | None = None
        # A message is being read from its first byte to its last; `_has_head` once its headers are complete.
        self._is_reading = False
        self._has_head = False
        # Since the transport last told of bytes a message has come to its end.
        self._has_arrived = False
        self._bytes_in_a_row = 0
        self._refused: BadRequest | None = None
        self._is_deaf = False
        self._is_overdue = False

    # What the transport tells.

    def connection_made(self, transport: Transport) -> None:
        """The first request must be there within its time from now."""
        super().connection_made(transport)
        keep_little(transport.get_extra_info("socket"), self.request_seconds)
        self._expect_arrival()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells every request that isn't answered yet; uvicorn tells the latest alone."""
        for cycle in (self._answering, *(waiting for waiting, _ in self.pipeline)):
            _disconnect(cycle)
        self.pipeline.clear()
        self._stop_clocks()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on, where there is still something to be read."""
        if self._is_deaf:
            return
        self._unset_keepalive_if_required()
        is_first, self._has_arrived = self._arrival is None and _is_answered(self._answering), False
        self._bytes_in_a_row += len(data)
        try:
            self.parser.feed_data(data)
            if self._bytes_in_a_row > MAX_HEAD_BYTES:
                raise head_too_large()
            if is_first and not self._has_arrived:
                # Most requests come in one piece: for those no clock was ever needed.
                self._expect_arrival()
        except HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        except BadRequest as refusal:
            self._refuse(refusal)
        except HttpParserError as error:
            # What a callback raised arrives as the context of the parser's own error.
            cause = error.__context__
            self._refuse(cause if isinstance(cause, BadRequest) else BadRequest("This is not valid HTTP/1.1."))

    def pause_writing(self) -> None:
        """The client doesn't take what is sent: it has its time to begin."""
        super().pause_writing()
        self._expect_departure()

    def resume_writing(self) -> None:
        """The client has taken most of it."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._departure = _stopped(self._departure)

    def timeout_keep_alive_handler(self) -> None:
        """Ends a connection at rest, which may still hold an answer that nobody takes."""
        super().timeout_keep_alive_handler()
        self._expect_departure()

    def shutdown(self) -> None:
        """Lets a stream of events come to its end by itself. Whatever else is being answered uvicorn waits for."""
        super().shutdown()
        if self._answering is not None and not _is_answered(self._answering):
            scope: dict[str, Any] = self._answering.scope  # pyright: ignore[reportAssignmentType] (a key more)
            if STOPPING in scope:
                scope[STOPPING]()

    # What the parser tells.

    def on_message_begin(self) -> None:
        """A request's first byte."""
        super().on_message_begin()
        self._is_reading, self._has_head = True, False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. One after the body is dropped: it would change the headers of a request that is being answered."""
        if not self._has_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Refuses what readers might understand in two ways, and begins the request. Raises: BadRequest."""
        self._bytes_in_a_row = 0
        if len(self.pipeline) >= MAX_REQUESTS_AHEAD:
            raise BadRequest(f"At most {MAX_REQUESTS_AHEAD} requests may be sent ahead of their answers.")
        check_head(self.url, self.headers, self.parser.get_http_version())
        if self.parser.should_upgrade() and not self._should_upgrade():
            # `_read_without_upgrade` goes on from here.
            return
        super().on_headers_complete()
        self._has_head = not self.parser.should_upgrade()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._bytes_in_a_row = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request's last byte."""
        self._bytes_in_a_row = 0
        self._is_reading = False
        self._has_arrived = True
        self._arrival = _stopped(self._arrival)
        if not self._has_head:
            return
        super().on_message_complete()
        if self.cycle.response_complete:
            # It was answered before it had arrived, and what came since has stopped the clock of a connection at rest.
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    # What the application tells.

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401 - uvicorn's own type
        self._answering = cycle
        if cycle.scope["method"] != "HEAD":
            cycle.transport = HeadWithBody(cycle.transport)
        # uvicorn's types of an application and Starlette's are two spellings of one thing.
        answering: Any = partial(answer_if_stopped, cycle, app)
        super()._start_asgi_task(cycle, answering)

    def on_response_complete(self) -> None:
        """Turns to the next request, or to the refusal of it."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._expect_departure()
        elif self._refused is not None and _is_answered(self._answering):
            self._answer(self._refused)
        elif self._is_reading and not self.pipeline and self._arrival is None:
            # While earlier ones were answered, the time of this one didn't count.
            self._expect_arrival()

    # What follows from it.

    def _upgrade(self, rest: bytes) -> None:
        if not self._should_upgrade():
            self._read_without_upgrade(rest)
        elif not _is_answered(self._answering):
            self._refuse(BadRequest("Wait for the answer to the request before, then upgrade."))
        else:
            # From here on the WebSocket's own clocks count.
            self._stop_clocks()
            self.handle_websocket_upgrade()

    def _read_without_upgrade(self, rest: bytes) -> None:
        """Reads the request again as if it hadn't offered to change the protocol, as the standard wants.

        Java's client and `curl --http2` offer h2c with any request; the parser takes the body for the new protocol.
        Source: RFC 9110, 7.8.
        """
        if self.parser.get_method() == b"CONNECT":
            self._refuse(BadRequest("This is no proxy."))
            return
        version = self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version)]
        lines += [b"%s: %s" % (name, value) for name, value in self.headers if name != b"upgrade"]
        self.parser = HttpRequestParser(self)
        self.data_received(b"\r\n".join((*lines, b"", rest)))

    def _expect_arrival(self) -> None:
        self._arrival = self.loop.call_later(self.request_seconds, self._give_up_waiting)

    def _give_up_waiting(self) -> None:
        self._is_overdue = True
        if self._is_reading:
            message = f"The request has not arrived within {self.request_seconds:g} seconds."
            self._refuse(BadRequest(message, status=408))
        else:
            self.transport.close()

    def _expect_departure(self) -> None:
        _stopped(self._departure)
        self._departure = self.loop.call_later(self.request_seconds, self._reset)

    def _reset(self) -> None:
        drop_unsent(self.transport.get_extra_info("socket"))
        self.transport.abort()

    def _refuse(self, refusal: BadRequest) -> None:
        """Reads no further, and answers the request at fault once those before it are answered."""
        self._is_deaf = True
        self._arrival = _stopped(self._arrival)
        if self._is_reading and self._has_head and not self._withdraw():
            return
        if _is_answered(self._answering):
            self._answer(refusal)
        else:
            self._refused = refusal

    def _withdraw(self) -> bool:
        """Takes the request that is being read from the application; False if it has been answered already."""
        cycle = self.cycle
        if cycle.response_complete:
            self._end()
        elif cycle.response_started:
            self.transport.abort()
        elif self._answering is cycle:
            _disconnect(cycle)
            self._answering = None
            return True
        else:
            self.pipeline.popleft()
            return True
        return False

    def _answer(self, refusal: BadRequest) -> None:
        response = bad_request(refusal)
        headers = (*self.server_state.default_headers, *response.raw_headers, (b"connection", b"close"))
        head = b"".join(b"%s: %s\r\n" % header for header in headers)
        self.transport.write(b"".join((STATUS_LINE[response.status_code], head, b"\r\n", bytes(response.body))))
        self._end()

    def _end(self) -> None:
        """Says no more, and lets the client finish what it was saying, unless it has had its time."""
        self._stop_clocks()
        if self._is_overdue:
            self.transport.close()
            self._expect_departure()
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self._departure = self.loop.call_later(kernel_buffers.LINGER_SECONDS, self.transport.abort)

    def _stop_clocks(self) -> None:
        self._unset_keepalive_if_required()
        self._arrival = _stopped(self._arrival)
        self._departure = _stopped(self._departure)


def connection_class(request_seconds: float) -> type[HttpConnection]:
    """The class of connections whose requests have so long to arrive, and whose answers to be taken."""
    return type("HttpConnection", (HttpConnection,), {"request_seconds": request_seconds})


def _is_answered(cycle: RequestResponseCycle | None) -> bool:
    return cycle is None or cycle.response_complete or cycle.disconnected


def _disconnect(cycle: RequestResponseCycle | None) -> None:
    """Lets the application read that the client is gone; what it sends from here on is dropped."""
    if cycle is not None and not cycle.response_complete:
        cycle.disconnected = True
        cycle.message_event.set()


def _stopped(clock: TimerHandle | None) -> None:
    if clock is not None:
        clock.cancel()
