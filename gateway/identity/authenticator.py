"""Who is asking: an API key, a customer's session, or a token of the company's own sign-in (RFC 6750, Bearer)."""

import logging
import math

from entitlements.facts import CustomerId, EnvironmentId
from gateway.identity.claims import EXPIRED, INVALID, TokenRefused
from gateway.identity.key_usage import KeyUsage
from gateway.identity.providers import IdentityProviders
from gateway.rates.limits import RateLimits, Spent
from resolvers.callers import Caller, CallerKind, holder_of, of_session
from resolvers.shared import SharedReads
from storage.clock import Clock
from storage.columns import is_storable
from storage.current import load_current_by_external_id
from storage.tokens import token_digest

log = logging.getLogger("admittance.auth")

_SESSION_PREFIX = "adms_"
_REALM = 'Bearer realm="admittance"'


class Unauthenticated(Exception):
    """No credential, or one that opens nothing. `challenge` is what the WWW-Authenticate header says."""

    def __init__(self, message: str, challenge: str) -> None:
        self.challenge = challenge
        super().__init__(message)


class TooManyFailures(Exception):
    """An address that has been wrong about its credential too often."""

    def __init__(self, spent: Spent) -> None:
        self.spent = spent
        super().__init__("Too many wrong credentials from this address. Try again later.")


class Authenticator:
    """Tells who holds a credential.

    `clock`: real time, by which credentials end, whatever test clock an environment has.
    """

    def __init__(
        self, shared: SharedReads, clock: Clock, identity: IdentityProviders, rates: RateLimits, usage: KeyUsage
    ) -> None:
        self._shared = shared
        self._clock = clock
        self._identity = identity
        self._rates = rates
        self._usage = usage

    async def caller(self, authorization: str | None, source: str | None) -> Caller:
        """The caller with an Authorization value, which comes from an address.

        A wrong credential, a revoked one and one of nobody's are told apart by their owner, and by nobody here.
        Raises: Unauthenticated; TooManyFailures; DatabaseUnavailable; IdentityProviderUnavailable.
        """
        try:
            return await self._holder(_token(authorization))
        except TokenRefused as refused:
            log.debug("credential refused: %s", refused.reason)
            if str(refused) != EXPIRED:
                # What has expired was right once: an open tab that asks on is not guessing.
                await self._note_failure(source)
            raise _unauthenticated(refused) from None

    async def again(self, authorization: str) -> Caller:
        """The caller with an Authorization value that was right before: should it be wrong now, nobody was guessing.

        Raises: Unauthenticated; DatabaseUnavailable; IdentityProviderUnavailable.
        """
        try:
            return await self._holder(_token(authorization))
        except TokenRefused as refused:
            raise _unauthenticated(refused) from None

    def seconds_left(self, caller: Caller) -> float:
        """How long a caller's credential still holds, if it isn't revoked; infinite for one without an end."""
        if caller.expires_at is None:
            return math.inf
        return (caller.expires_at - self._clock.now()).total_seconds()

    async def _holder(self, token: str) -> Caller:
        if self._identity.recognises(token):
            return await self._customer(token)
        if token.startswith(_SESSION_PREFIX):
            return await self._session(token)
        return await self._key(token)

    async def _key(self, secret: str) -> Caller:
        key = await self._shared.credentials.load(token_digest(secret)) if is_storable(secret) else None
        if key is None or key.revoked_at is not None:
            raise TokenRefused("unknown or revoked key", "This API key is not valid: it is unknown or was revoked.")
        if key.expires_at is not None and key.expires_at <= self._clock.now():
            raise TokenRefused("expired key", EXPIRED)
        self._usage.noted(key.id)
        return holder_of(key)

    async def _session(self, token: str) -> Caller:
        session = await self._shared.sessions.load(token_digest(token)) if is_storable(token) else None
        if session is None or session.revoked_at is not None:
            raise TokenRefused("unknown or revoked session")
        if session.expires_at <= self._clock.now():
            raise TokenRefused("expired session", EXPIRED)
        return of_session(session)

    async def _customer(self, token: str) -> Caller:
        identity = await self._identity.verify(token)
        environment = await self._shared.environments.load(identity.environment)
        if environment is None:
            log.error('identity_providers: there is no environment named "%s"', identity.environment)
            raise TokenRefused("no such environment", INVALID)
        return Caller(
            id=identity.token_id,
            kind=CallerKind.CUSTOMER_SESSION,
            environment=environment,
            expires_at=identity.expires_at,
            customer=await self._customer_named(environment.id, identity.external_id),
        )

    async def _customer_named(self, environment: EnvironmentId, external_id: str) -> CustomerId | None:
        found = await self._shared.look_up(load_current_by_external_id, environment, [external_id])
        return found[external_id].record.id if external_id in found else None

    async def _note_failure(self, source: str | None) -> None:
        spent = await self._rates.note_failure(source)
        if not spent.allowed:
            raise TooManyFailures(spent)


def _token(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        message = "This endpoint needs a credential: send the header `Authorization: Bearer <API key or token>`."
        raise Unauthenticated(message, _REALM)
    return token


def _unauthenticated(refused: TokenRefused) -> Unauthenticated:
    return Unauthenticated(str(refused), f'{_REALM}, error="invalid_token"')
