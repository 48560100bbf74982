"""A way to the application on which answers are lost or spoilt, once what was asked for has been done."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx2

from tests.service.serving import NO_TLS
from tests.service.webhooks.receiver import Connection, receiving

FAILURES = ("409", "429", "500", "503", "connection")
"""How the first answer to a request is spoilt: by a status instead of its own, or by none at all."""

_PASSED_ON = ("authorization", "content-type", "idempotency-key")


@dataclass
class Spoiling:
    """Passes requests to create something on; its `name` says how the first answer is to be spoilt.

    `keys`: the idempotency keys that came with requests, by that name.
    """

    address: str
    keys: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


@asynccontextmanager
async def spoiling(target: str) -> AsyncGenerator[Spoiling]:
    """Such a way to an address; it takes requests that have bodies."""
    spoilt = Spoiling("")

    async def pass_on(connection: Connection) -> None:
        arrival = connection.arrival
        given = {name: arrival.headers[name] for name in _PASSED_ON}
        answer = await client.post(arrival.path, content=arrival.body, headers=given)
        [failure] = parse_qs(arrival.body.decode())["name"]
        keys = spoilt.keys.setdefault(failure, [])
        keys.append(given["idempotency-key"])
        if len(keys) > 1:
            more = {"Content_Type": "application/json", "Connection": "close"}
            await connection.answer(answer.status_code, answer.content, **more)
        elif failure != "connection":
            # As the application itself says when the same request may be sent again.
            await connection.answer(int(failure), b'{"error": {}}', stripe_should_retry="true", Connection="close")

    async with httpx2.AsyncClient(base_url=target, verify=NO_TLS) as client, receiving(pass_on) as receiver:
        spoilt.address = f"http://127.0.0.1:{receiver.port}"
        yield spoilt
