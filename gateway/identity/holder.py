"""Whoever holds something that stays open: looked up again for as long as it does."""

import asyncio
import random
from contextlib import suppress
from typing import NoReturn

from gateway.identity.authenticator import Authenticator, Unauthenticated
from gateway.identity.claims import EXPIRED
from gateway.identity.published_keys import IdentityProviderUnavailable
from resolvers.callers import Caller
from storage.errors import DatabaseUnavailable

RECHECK_SECONDS = 4.0
"""How often a credential is looked up while nothing is asked: it may be revoked for 5 s before its connections end."""


class CredentialEnded(Exception):
    """The credential opens nothing any more. The message says why, for its holder."""


class Holder:
    """The caller that a connection or a stream belongs to, let in once by an Authorization value."""

    def __init__(self, authenticator: Authenticator, authorization: str, caller: Caller) -> None:
        self._authenticator = authenticator
        self._authorization = authorization
        self._caller = caller

    @property
    def id(self) -> str:
        """The credential's id, for logs."""
        return self._caller.id

    async def now(self) -> Caller:
        """The caller as of this moment, with its environment: every operation is to see what was written before it.

        Raises: CredentialEnded; DatabaseUnavailable, IdentityProviderUnavailable.
        """
        try:
            self._caller = await self._authenticator.again(self._authorization)
        except Unauthenticated as error:
            raise _expired() if str(error) == EXPIRED else CredentialEnded("Credential revoked") from None
        return self._caller

    async def watch(self) -> NoReturn:
        """Waits for the credential's end. Raises: CredentialEnded.

        While it can't be looked up it is believed, but never beyond its expiry.
        """
        while True:
            # Not all at once: connections that began together, as after a restart, would ask together for ever.
            pause = RECHECK_SECONDS * random.uniform(0.75, 1)  # noqa: S311 (no secret)
            await asyncio.sleep(min(pause, self._seconds_left()))
            with suppress(DatabaseUnavailable, IdentityProviderUnavailable, TimeoutError):
                async with asyncio.timeout(min(RECHECK_SECONDS, self._seconds_left())):
                    await self.now()
            if self._seconds_left() <= 0:
                raise _expired()

    def _seconds_left(self) -> float:
        return self._authenticator.seconds_left(self._caller)


def _expired() -> CredentialEnded:
    return CredentialEnded("Credential expired")
