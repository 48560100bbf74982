"""One attempt at a delivery: a POST to an address that was checked, within bounds of time and size."""

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version

import httpx2

from gateway.webhooks.addresses import HostUnknown, LookUp, TargetRefused, addresses_of
from resolvers.webhook_targets import Address, WebhookTargets
from storage.webhook_records import WebhookFailure

ATTEMPT_SECONDS = 15.0
"""For all of an attempt: from looking the name up to the end of the answer."""

ANSWER_BYTES = 65_536
"""Of an answer's body that are read."""

KEPT_CHARACTERS = 1_000
"""Of an answer's body that are kept, for people to read."""

_CONNECT_SECONDS = 5.0
_ADDRESSES = 3
_ASKS_TO_WAIT = {429, 503}


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
    """Sends deliveries, each on a connection of its own. Ended by `close`.

    No connection is kept: one to an address might be of another name, and was checked long ago. `trust`: whose
    certificates are taken, those of public authorities unless it is given.
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
        # The transport by itself: a client would follow the environment's proxies, and keep cookies.
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
        self._transport = httpx2.AsyncHTTPTransport(verify=trust or True, trust_env=False, limits=limits)
        self._agent = f"Admittance/{version('admittance')} (webhooks)"

    async def close(self) -> None:
        """Closes what is open."""
        await self._transport.aclose()

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
                response = await self._post(url, addresses[:_ADDRESSES], body, headers)
        except (TargetRefused, httpx2.InvalidURL):
            return Answer(failure=WebhookFailure.REFUSED_TARGET)
        except HostUnknown:
            return Answer(failure=WebhookFailure.UNKNOWN_HOST)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            return Answer(failure=WebhookFailure.NO_CONNECTION)
        except TimeoutError:
            return Answer(failure=WebhookFailure.TIMEOUT)
        except httpx2.HTTPError:
            return Answer(failure=WebhookFailure.BROKEN_ANSWER)
        beginning = await _beginning(response, deadline)
        return Answer(response.status_code, text=beginning, wait=_wait(response))

    async def _post(
        self, url: httpx2.URL, addresses: Sequence[Address], body: bytes, headers: Mapping[str, str]
    ) -> httpx2.Response:
        """The answer's head, from the first address that can be connected to."""
        *others, last = addresses
        for address in others:
            try:
                return await self._transport.handle_async_request(self._request(url, address, body, headers))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._transport.handle_async_request(self._request(url, last, body, headers))

    def _request(self, url: httpx2.URL, address: Address, body: bytes, headers: Mapping[str, str]) -> httpx2.Request:
        """To the address itself, under the host's name: in the header, and in the certificate that is asked for."""
        given = {
            "Host": url.netloc.decode(),
            "User-Agent": self._agent,
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        return httpx2.Request(
            "POST",
            url.copy_with(host=str(address)),
            headers={**given, **headers},
            content=body,
            extensions={
                "sni_hostname": url.raw_host.decode().rstrip("."),
                "timeout": {"connect": _CONNECT_SECONDS},
            },
        )


async def _beginning(response: httpx2.Response, deadline: float) -> str:
    """How the body begins. Whatever goes wrong with the rest of it: the status has been answered."""
    read = bytearray()
    try:
        async with asyncio.timeout_at(deadline):
            async for chunk in response.aiter_raw():
                read += chunk
                if len(read) >= ANSWER_BYTES:
                    break
    except (TimeoutError, httpx2.HTTPError):
        pass
    finally:
        await response.aclose()
    return read[: 4 * KEPT_CHARACTERS].decode("utf-8", "replace").replace("\0", "\ufffd")[:KEPT_CHARACTERS]


def _wait(response: httpx2.Response) -> timedelta | None:
    """What Retry-After says, as seconds or as a date; None where it says nothing that can be read."""
    text = response.headers.get("retry-after", "").strip()
    if response.status_code not in _ASKS_TO_WAIT or not text:
        return None
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(until - datetime.now(UTC), timedelta())
