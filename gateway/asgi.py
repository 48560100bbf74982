"""The application for ASGI servers: `gateway.asgi:app`."""

from gateway.app import build_app
from gateway.settings import Settings

app = build_app(Settings.read())
