"""A name for every request: on its answer, on every line it logs, and on the line that says it was served."""

import logging
import re
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from secrets import token_hex
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("admittance.access")

HEADER = "X-Request-Id"

_RAW_HEADER = HEADER.lower().encode()

_LONGEST_PATH = 2_048

_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,128}")

_BEGINNINGS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})


@dataclass(slots=True)
class RequestNotes:
    """What becomes known of a request while it is answered."""

    request_id: str
    scope: Scope
    credential_id: str | None = None
    status: int | None = None


_notes: ContextVar[RequestNotes | None] = ContextVar("request_notes", default=None)


def current_request_id() -> str | None:
    """The id of the request that is being answered; None outside of any."""
    notes = _notes.get()
    return notes.request_id if notes else None


def current_headers() -> Mapping[str, str]:
    """The headers of the request that is being answered, for the trace it is part of; none outside of any."""
    notes = _notes.get()
    return Headers(scope=notes.scope) if notes else {}


def note_credential(credential_id: str) -> None:
    """Notes who asks, for the access log. An id, never a secret; nothing happens outside of a request."""
    notes = _notes.get()
    if notes is not None:
        notes.credential_id = credential_id


class RequestIds:
    """ASGI middleware that must be the outermost: it takes the caller's X-Request-Id, or makes one.

    `access_log`: whether to log a line for every request when it is over; a WebSocket is one request.
    """

    def __init__(self, app: ASGIApp, *, access_log: bool = False) -> None:
        self.app = app
        self.access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, under its id."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        notes = RequestNotes(_request_id(scope), scope)
        token = _notes.set(notes)
        started = time.perf_counter()
        try:
            await self.app(scope, receive, _naming(send, notes))
        finally:
            if self.access_log:
                _log_request(scope, notes, time.perf_counter() - started)
            _notes.reset(token)


def _request_id(scope: Scope) -> str:
    """The caller's own, so that a trail can be followed through several services; made here unless it is harmless."""
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == _RAW_HEADER]
    if len(given) == 1 and _ACCEPTED.fullmatch(given[0]):
        return given[0]
    return f"req_{token_hex(16)}"


def _naming(send: Send, notes: RequestNotes) -> Send:
    async def send_named(message: Message) -> None:
        type_ = message["type"]
        if type_ in _BEGINNINGS:
            notes.status = message.get("status", 101)
            # A list of its own: that of the answer may be one that all answers share.
            message["headers"] = [*message.get("headers", ()), (_RAW_HEADER, notes.request_id.encode())]
        elif type_ == "websocket.close" and notes.status is None:
            # Closed before it was accepted: servers answer the handshake with 403.
            notes.status = 403
        await send(message)

    return send_named


def _log_request(scope: Scope, notes: RequestNotes, seconds: float) -> None:
    # Without the query string: it may hold variables. Quoted as it was sent, so that it is one word, whatever is in it.
    path = quote(scope["path"][:_LONGEST_PATH], safe="/:@!$&'()*+,;=~", errors="backslashreplace")
    log.info(
        "request",
        extra={
            "method": scope.get("method", "WEBSOCKET"),
            "path": path,
            "status": notes.status,
            "ms": round(seconds * 1000, 1),
            "credential_id": notes.credential_id,
        },
    )
