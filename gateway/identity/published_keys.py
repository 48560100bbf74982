"""A provider's keys at hand: fetched when first needed, renewed in good time, kept while the provider is away."""

import asyncio
import logging
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx2
from jwt import PyJWK

from gateway.identity.jwks import JwksInvalid, KeySet, read_key_set
from gateway.setting_groups import IdentityProvider
from storage.clock import Clock

log = logging.getLogger("admittance.identity")

LIFETIME = timedelta(minutes=10)
"""How long a set is good for, unless its Cache-Control says less."""
KEPT = timedelta(hours=24)
"""How long a set goes on being used while no newer one can be had."""
PAUSE = timedelta(seconds=30)
"""Between two looks for a key that isn't in the set, and between two attempts at renewing it: nobody who makes up key
ids can make us hammer the provider. Also the shortest time that a set is good for."""
RETRY = timedelta(seconds=5)
"""Between two attempts while there is no set at all, and nobody can get in."""
PATIENCE_SECONDS = 5.0
LARGEST_DOCUMENT = 256 * 1024

_EARLY = 0.8
"""The part of its lifetime after which a set is renewed behind the backs of those who ask."""
_MAX_AGE = re.compile(r'(?<![-\w])max-age\s*=\s*"?(\d{1,9})(?!\d)', re.IGNORECASE)
_UNCACHED = re.compile(r"(?<![-\w])no-(?:store|cache)(?![-\w])", re.IGNORECASE)


class IdentityProviderUnavailable(Exception):
    """The keys of a provider can't be had, so its tokens can't be judged. The message is for the caller."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        super().__init__("Tokens can't be verified right now: their issuer's keys are not to be had. Try again.")


@dataclass(frozen=True, slots=True)
class _Held:
    """A set, when it was asked for, and for how long it is good."""

    keys: KeySet
    since: datetime
    lifetime: timedelta


class PublishedKeys:
    """The keys of one provider. At most one request to it is ever under way."""

    def __init__(
        self, provider: IdentityProvider, client: httpx2.AsyncClient, clock: Clock, patience_seconds: float
    ) -> None:
        self._provider = provider
        self._client = client
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._held: _Held | None = None
        self._failed_at: datetime | None = None
        self._looked_again_at: datetime | None = None
        self._renewal: asyncio.Task[None] | None = None

    async def find(self, algorithm: str, kid: str | None) -> PyJWK | None:
        """The key that a token's header names; None if the provider publishes none that fits.

        Raises: IdentityProviderUnavailable, if there is no set, or none younger than `KEPT`.
        """
        before = self._held
        keys = await self._current()
        # A set that came only now can't be behind; one that was here may be, if the provider has rotated its keys.
        if kid is not None and kid not in keys.ids and self._held is before:
            keys = await self._look_again()
        return keys.find(algorithm, kid)

    async def close(self) -> None:
        """Breaks off a request that is under way."""
        if self._renewal is not None:
            self._renewal.cancel()
            with suppress(asyncio.CancelledError):
                await self._renewal

    async def _current(self) -> KeySet:
        """The set, as new as it has to be. Raises: IdentityProviderUnavailable."""
        held = self._held
        if held is None or not self._within(KEPT, held.since):
            if not self._within(RETRY, self._failed_at):
                await self._renewed()
        elif not self._within(held.lifetime, held.since) and self._failed_at is None:
            # Nobody has asked for a while. While the provider is away nobody is made to wait: that would not help.
            await self._renewed()
        elif not self._within(held.lifetime * _EARLY, held.since) and not self._within(PAUSE, self._failed_at):
            self._renew()
        return self._usable()

    async def _look_again(self) -> KeySet:
        """The set after another look at what is published; as it is, if there was one just now."""
        if not self._is_renewing():
            if self._within(PAUSE, self._looked_again_at):
                return self._usable()
            self._looked_again_at = self._clock.now()
        await self._renewed()
        return self._usable()

    def _usable(self) -> KeySet:
        if self._held is None or not self._within(KEPT, self._held.since):
            raise IdentityProviderUnavailable(self._provider.issuer)
        return self._held.keys

    def _within(self, span: timedelta, since: datetime | None) -> bool:
        """Whether less than a span has passed since an instant.

        Either way round: with a clock that was set back, a set would otherwise stay young until time has caught up.
        """
        return since is not None and abs(self._clock.now() - since) < span

    def _is_renewing(self) -> bool:
        return self._renewal is not None and not self._renewal.done()

    def _renew(self) -> asyncio.Task[None]:
        """The one request under way, begun if need be."""
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._fetch())
        return self._renewal

    async def _renewed(self) -> None:
        # Shielded: a caller who goes away must not break off what others wait for.
        await asyncio.shield(self._renew())

    async def _fetch(self) -> None:
        """Takes the set that is published now; if it can't be had, notes that and leaves the one there is."""
        since = self._clock.now()
        try:
            async with asyncio.timeout(self._patience_seconds):
                document, cache_control = await download(self._client, self._provider.jwks_url)
            keys = read_key_set(document, self._provider.algorithms)
        except (JwksInvalid, httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
            self._failed_at = self._clock.now()
            reason = str(error) if isinstance(error, JwksInvalid) else type(error).__name__
            log.warning("The keys of %r could not be had (jwks_url): %s.", self._provider.issuer, reason)
            return
        self._held = _Held(keys, since, lifetime_of(cache_control))
        self._failed_at = None
        if not any(keys.keys.values()):
            log.warning("%r publishes no key for any of its `algorithms`.", self._provider.issuer)


async def download(client: httpx2.AsyncClient, url: str) -> tuple[bytes, str]:
    """A key set's document and its Cache-Control. Raises: JwksInvalid, httpx2.HTTPError, httpx2.InvalidURL.

    Redirects are not followed: where the keys are is a setting, and nobody else's to say. Nor is anything unpacked,
    so that what is read is what was sent.
    """
    headers = {"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": "identity"}
    async with client.stream("GET", url, headers=headers, follow_redirects=False) as response:
        if response.status_code != 200:
            raise JwksInvalid(f"it was answered with status {response.status_code}")
        document = bytearray()
        async for chunk in response.aiter_raw():
            document += chunk
            if len(document) > LARGEST_DOCUMENT:
                raise JwksInvalid(f"it is larger than {LARGEST_DOCUMENT // 1024} kB")
        return bytes(document), response.headers.get("cache-control", "")


def lifetime_of(cache_control: str) -> timedelta:
    """How long a set is good for: what Cache-Control says, but no less than `PAUSE` and no more than `LIFETIME`."""
    if _UNCACHED.search(cache_control):
        return PAUSE
    stated = _MAX_AGE.search(cache_control)
    return LIFETIME if stated is None else min(max(timedelta(seconds=int(stated[1])), PAUSE), LIFETIME)
