"""One attempt at a delivery: a POST to an address that was checked, within bounds of time and size."""

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version

import httpcore2
import httpx2

from gateway.webhooks.addresses import HostUnknown, LookUp, TargetRefused, addresses_of
from gateway.webhooks.bounded import BoundedConnections
from resolvers.webhook_targets import Address, WebhookTargets
from storage.webhook_records import WebhookFailure

ATTEMPT_SECONDS = 15.0
"""For all of an attempt: from looking the name up to the end of the answer."""

KEPT_CHARACTERS = 1_000
"""Of an answer's body that are kept, for people to read."""

_CONNECT_SECONDS = 5.0
_ADDRESSES = 3
_ASKS_TO_WAIT = {429, 503}
_NOT_CONNECTED = (httpcore2.ConnectError, httpcore2.ConnectTimeout)
# TLS that breaks after its handshake, as where a certificate of ours is asked for, is an OSError.
_BROKEN = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, OSError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt: a status, or why there was none. `wait`: what the receiver asked for by Retry-After."""

    status_code: int | None = None
    failure: WebhookFailure | None = None
    text: str | None = None
    wait: timedelta | None = None
    seconds: float = 0

    @property
    def confirms(self) -> bool:
        """Whether the receiver has taken the delivery. A redirect doesn't: it is followed nowhere."""
        return self.status_code is not None and 200 <= self.status_code < 300


class Sender:
    """Sends deliveries, each on a connection of its own.

    No connection is kept: one to an address might be of another name, and was checked long ago. Nor are cookies, and no
    proxy of the environment's is used. `trust`: whose certificates are taken, those of public authorities unless it is
    given.
    """

    def __init__(
        self,
        targets: WebhookTargets,
        look_up: LookUp,
        *,
        seconds: float = ATTEMPT_SECONDS,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._targets = targets
        self._look_up = look_up
        self._seconds = seconds
        self._trust = trust or httpx2.create_ssl_context(trust_env=False)
        self._connections = BoundedConnections()
        self._agent = f"Admittance/{version('admittance')} (webhooks)"

    async def send(self, url: str, body: bytes, headers: Mapping[str, str], *, livemode: bool) -> Answer:
        """Posts a body, and tells what came of it: it raises nothing."""
        began = time.monotonic()
        deadline = asyncio.get_running_loop().time() + self._seconds
        answer = await self._answer(url, body, headers, deadline, livemode=livemode)
        return Answer(answer.status_code, answer.failure, answer.text, answer.wait, time.monotonic() - began)

    async def _answer(
        self, text: str, body: bytes, headers: Mapping[str, str], deadline: float, *, livemode: bool
    ) -> Answer:
        try:
            url = httpx2.URL(text)
            async with asyncio.timeout_at(deadline):
                if url.scheme != "https" and livemode and not self._targets.private:
                    return Answer(failure=WebhookFailure.REFUSED_TARGET)
                addresses = await addresses_of(url.raw_host.decode(), self._targets, self._look_up)
                connection, response = await self._post(url, addresses[:_ADDRESSES], body, headers)
        except (TargetRefused, httpx2.InvalidURL):
            return Answer(failure=WebhookFailure.REFUSED_TARGET)
        except HostUnknown:
            return Answer(failure=WebhookFailure.UNKNOWN_HOST)
        except _NOT_CONNECTED:
            return Answer(failure=WebhookFailure.NO_CONNECTION)
        except TimeoutError:
            return Answer(failure=WebhookFailure.TIMEOUT)
        except _BROKEN:
            return Answer(failure=WebhookFailure.BROKEN_ANSWER)
        try:
            return Answer(response.status, text=await _beginning(response, deadline), wait=_wait(response))
        finally:
            await connection.aclose()

    async def _post(
        self, url: httpx2.URL, addresses: Sequence[Address], body: bytes, headers: Mapping[str, str]
    ) -> tuple[httpcore2.AsyncHTTPConnection, httpcore2.Response]:
        """The answer's head, from the first address that can be connected to."""
        *others, last = addresses
        for address in others:
            try:
                return await self._post_to(url, address, body, headers)
            except _NOT_CONNECTED:
                continue
        return await self._post_to(url, last, body, headers)

    async def _post_to(
        self, url: httpx2.URL, address: Address, body: bytes, headers: Mapping[str, str]
    ) -> tuple[httpcore2.AsyncHTTPConnection, httpcore2.Response]:
        """To the address itself, under the host's name: in the header, and in the certificate that is asked for."""
        target = httpcore2.URL(scheme=url.raw_scheme, host=str(address).encode(), port=url.port, target=url.raw_path)
        given = {
            "Host": url.netloc.decode(),
            "User-Agent": self._agent,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        extensions = {
            "sni_hostname": url.raw_host.decode().rstrip("."),
            "timeout": {"connect": _CONNECT_SECONDS},
        }
        request = httpcore2.Request("POST", target, headers={**given, **headers}, content=body, extensions=extensions)
        connection = httpcore2.AsyncHTTPConnection(
            target.origin, ssl_context=self._trust, network_backend=self._connections
        )
        return connection, await connection.handle_async_request(request)


async def _beginning(response: httpcore2.Response, deadline: float) -> str:
    """How the body begins. Whatever goes wrong with the rest of it: the status has been answered."""
    read = bytearray()
    with suppress(TimeoutError, *_BROKEN):
        async with asyncio.timeout_at(deadline), aclosing(response.aiter_stream()) as chunks:
            async for chunk in chunks:
                read += chunk
    return read[: 4 * KEPT_CHARACTERS].decode("utf-8", "replace").replace("\0", "\ufffd")[:KEPT_CHARACTERS]


def _wait(response: httpcore2.Response) -> timedelta | None:
    """What Retry-After says, as seconds or as a date; None where it says nothing that can be read."""
    given = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
    text = given.decode("latin-1").strip()
    if response.status not in _ASKS_TO_WAIT or not text:
        return None
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(until - datetime.now(UTC), timedelta())
