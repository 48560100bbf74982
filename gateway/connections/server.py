"""The server: uvicorn, configured in one place for `serve` and for the tests."""

import math
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from gateway.connections.connection import connection_class
from gateway.settings import Settings
from gateway.websocket.wire import socket_class

WEBSOCKET_PING_SECONDS = 20
"""How often a quiet WebSocket is asked whether somebody is there, and how long it may take to say so."""


def server_config(app: ASGIApp, settings: Settings, **more: Any) -> uvicorn.Config:  # noqa: ANN401 - uvicorn's own
    """What uvicorn needs to know to serve the application. `more` are further arguments of its Config."""
    # The name and version of the server help nobody but attackers; `Date` is wanted by the standard, and by caches.
    given: dict[str, Any] = {
        "http": connection_class(settings.request_seconds),
        "timeout_keep_alive": math.ceil(settings.request_seconds),
        "ws": socket_class(settings.request_seconds),
        "ws_max_size": settings.max_body_bytes,
        "ws_ping_interval": WEBSOCKET_PING_SECONDS,
        "ws_ping_timeout": WEBSOCKET_PING_SECONDS,
        "ws_per_message_deflate": settings.compression,
        "lifespan": "on",
        "log_config": None,
        # Requests are logged by gateway.telemetry.request_ids: with their ids, and without query strings.
        "access_log": False,
        "server_header": False,
        # Given as a list, so that uvicorn doesn't read the environment for it.
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": list(settings.trusted_proxies),
        "timeout_graceful_shutdown": settings.shutdown_seconds,
        **more,
    }
    return uvicorn.Config(app, **given)
