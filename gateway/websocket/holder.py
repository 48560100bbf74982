"""Whoever holds a connection: let in once, and looked up again for as long as it is open."""

import asyncio
import random
from contextlib import suppress
from typing import NoReturn

from gateway.identity.authenticator import Authenticator, TooManyFailures, Unauthenticated
from gateway.identity.claims import EXPIRED
from gateway.identity.published_keys import IdentityProviderUnavailable
from gateway.websocket.closing import CloseCode, Closing
from resolvers.callers import Caller
from storage.errors import DatabaseUnavailable

RECHECK_SECONDS = 4.0
"""How often a credential is looked up while nothing is asked: it may be revoked for 5 s before its connections end."""

_MISSING = 'Send a credential, as the payload of connection_init: {"authorization": "Bearer <API key or token>"}'


class Holder:
    """The caller that a connection belongs to. `Holder.admit` makes one."""

    def __init__(self, authenticator: Authenticator, authorization: str, caller: Caller) -> None:
        self._authenticator = authenticator
        self._authorization = authorization
        self._caller = caller

    @property
    def id(self) -> str:
        """The credential's id, for logs."""
        return self._caller.id

    @classmethod
    async def admit(cls, authenticator: Authenticator, authorization: str | None, source: str | None) -> "Holder":
        """Lets in whoever has a credential, from an address. Raises: Closing, with what a client had better do next."""
        if not authorization:
            raise Closing(CloseCode.UNAUTHORIZED, _MISSING)
        try:
            caller = await authenticator.caller(authorization, source)
        except Unauthenticated as error:
            # Clients try again after 4403 and give up after 4401. What has expired can be renewed on the way.
            code = CloseCode.FORBIDDEN if str(error) == EXPIRED else CloseCode.UNAUTHORIZED
            raise Closing(code, str(error)) from None
        except TooManyFailures as error:
            raise Closing(CloseCode.TOO_MANY, str(error)) from None
        except (DatabaseUnavailable, IdentityProviderUnavailable) as error:
            raise Closing(CloseCode.TRY_AGAIN_LATER, str(error)) from None
        return cls(authenticator, authorization, caller)

    async def now(self) -> Caller:
        """The caller as of this moment, with its environment: every operation is to see what was written before it.

        Raises: Closing, if the credential opens nothing any more; DatabaseUnavailable, IdentityProviderUnavailable.
        """
        try:
            self._caller = await self._authenticator.again(self._authorization)
        except Unauthenticated as error:
            raise _expired() if str(error) == EXPIRED else Closing(CloseCode.FORBIDDEN, "Credential revoked") from None
        return self._caller

    async def watch(self) -> NoReturn:
        """Waits for the credential's end. Raises: Closing.

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


def _expired() -> Closing:
    return Closing(CloseCode.FORBIDDEN, "Credential expired")
