"""Whether this process lives, and whether it can do its work: what orchestrators and load balancers ask."""

import asyncio
import time
from typing import Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.errors import log_surprise
from storage.database import Database
from storage.errors import DatabaseUnavailable
from storage.migrations import schema_state

PROBE_SECONDS = 2
"""How long the database may take to answer."""

BELIEVED_SECONDS = 1
"""How long an answer is given again: a flood of probes is one statement a second."""

Verdict = Literal["ok", "stopping", "database_unavailable", "schema_outdated", "failing"]


class Readiness:
    """What /health/ready says. One for each application; told by it when it begins to shut down."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_stopping = False
        self._asking = asyncio.Lock()
        self._verdict: Verdict = "ok"
        self._believed_until = 0.0

    def stop(self) -> None:
        """From now on no new work should be sent here; what is in flight is finished."""
        self._is_stopping = True

    async def verdict(self) -> Verdict:
        """Whether work may be sent here, and what is in the way if not. Takes PROBE_SECONDS at the most."""
        if self._is_stopping:
            return "stopping"
        async with self._asking:
            if time.monotonic() >= self._believed_until:
                self._verdict = await self._ask()
                self._believed_until = time.monotonic() + BELIEVED_SECONDS
        return self._verdict

    async def _ask(self) -> Verdict:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                state = await schema_state(self._database)
        except (DatabaseUnavailable, TimeoutError):
            return "database_unavailable"
        except Exception as error:  # noqa: BLE001 - the ASGI edge: whatever it is, no work should be sent here
            log_surprise(error, "/health/ready")
            return "failing"
        # In a rolling deployment the new release migrates first. The old one must go on serving until it is replaced.
        return "ok" if state.is_current or state.is_newer else "schema_outdated"


def health_routes(readiness: Readiness) -> list[BaseRoute]:
    """GET /health/live and /health/ready. Both are open to everybody, and say nothing that helps an attacker."""

    async def live(_: Request) -> Response:
        return _answer(200, "ok")

    async def ready(_: Request) -> Response:
        verdict = await readiness.verdict()
        return _answer(200 if verdict == "ok" else 503, verdict)

    return [Route("/health/live", live), Route("/health/ready", ready)]


def _answer(status: int, verdict: Verdict) -> Response:
    # A cache in between would go on saying what is no longer so.
    return JSONResponse({"status": verdict}, status, {"Cache-Control": "no-store"})
