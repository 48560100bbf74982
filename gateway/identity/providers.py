"""Customers' tokens of the company's own identity provider: signed JWTs (RFC 7519), verified by its published keys.

What a token says of itself is used for one thing before its signature holds: to find the provider and the key among
those that were configured. Source: RFC 8725, JSON Web Token Best Current Practices.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import httpx2
import jwt
from jwt.exceptions import PyJWTError

from gateway.identity.claims import Claims, Identity, TokenRefused, identify
from gateway.identity.published_keys import PATIENCE_SECONDS, PublishedKeys
from gateway.setting_groups import IdentityProvider
from storage.clock import Clock, SystemClock

log = logging.getLogger("admittance.identity")

LONGEST_TOKEN = 8_192
"""Characters. More than servers and proxies let through in a header, and twice what providers issue."""

# The signature of an unsigned token is empty: it is recognised, so as to be refused as what it is.
_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
# Keys that come with the token are anybody's; extensions (`crit`, RFC 7797's `b64`) change what was signed.
_REFUSED_HEADERS = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64"})
# Logout tokens, security events and proofs of possession are signed with the same keys for the same audience.
_TYPES = frozenset({"jwt", "at+jwt"})


@dataclass(frozen=True, slots=True)
class _Trusted:
    provider: IdentityProvider
    keys: PublishedKeys


class IdentityProviders:
    """The providers that are trusted, with their keys at hand.

    `client` fetches the keys and stays its owner's; without one it is made, and honours the system's proxies and
    certificate authorities. `clock` tells real time, whatever an environment's clock says.
    """

    def __init__(
        self,
        providers: Sequence[IdentityProvider],
        *,
        client: httpx2.AsyncClient | None = None,
        clock: Clock | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._clock = clock or SystemClock()
        # Making a client takes 50 ms, for the certificate authorities: only where there is something to fetch.
        self._own_client = httpx2.AsyncClient(timeout=patience_seconds) if providers and client is None else None
        self._trusted: list[_Trusted] = []
        if (fetching := client or self._own_client) is not None:
            self._trusted = [
                _Trusted(each, PublishedKeys(each, fetching, self._clock, patience_seconds)) for each in providers
            ]

    def recognises(self, token: str) -> bool:
        """Whether a credential has the form of a signed token, of whomever: no API key and no session of ours has."""
        return len(token) <= LONGEST_TOKEN and _FORM.fullmatch(token) is not None

    async def verify(self, token: str) -> Identity:
        """Who a token stands for. Raises: TokenRefused, IdentityProviderUnavailable."""
        try:
            return await self._verify(token)
        except TokenRefused as refused:
            log.debug("A token was refused: %s.", refused.reason)
            raise

    async def close(self) -> None:
        """Breaks off what is being fetched."""
        for each in self._trusted:
            await each.keys.close()
        if self._own_client is not None:
            await self._own_client.aclose()

    async def _verify(self, token: str) -> Identity:
        if not self.recognises(token):
            raise TokenRefused("it has not the form of one")
        header, claims = _peek(token)
        trusted = self._find_issuer(claims)
        provider = trusted.provider
        _check_header(header, provider)
        key = await trusted.keys.find(header["alg"], header.get("kid"))
        if key is None:
            raise TokenRefused("no published key fits its `kid` and `alg`")
        return identify(_verified(token, key, provider), provider, self._clock.now())

    def _find_issuer(self, claims: Claims) -> _Trusted:
        """The first provider that a token says it is of, and for whom. Its word is held against its signature later."""
        issuer, audience = claims.get("iss"), claims.get("aud")
        of_issuer = [each for each in self._trusted if each.provider.issuer == issuer]
        if not of_issuer:
            # Named, as a slash too many in the setting is the mistake one makes; as `repr`, as anybody can send it.
            stated = repr(issuer[:200]) if isinstance(issuer, str) else "not even a text"
            raise TokenRefused(f"its issuer is none of ours: {stated}")
        audiences = cast("list[object]", audience) if isinstance(audience, list) else [audience]
        for each in of_issuer:
            if each.provider.audience in audiences:
                return each
        raise TokenRefused("it is for another audience")


def _peek(token: str) -> tuple[dict[str, Any], Claims]:
    """A token's header and claims, unverified."""
    try:
        decoded = jwt.decode_complete(token, options={"verify_signature": False})
    except PyJWTError as error:
        raise TokenRefused(f"it can't be read ({type(error).__name__})") from None
    return decoded["header"], decoded["payload"]


def _check_header(header: dict[str, Any], provider: IdentityProvider) -> None:
    if refused := _REFUSED_HEADERS.intersection(header):
        raise TokenRefused(f"its header holds {', '.join(sorted(refused))}")
    if header.get("alg") not in provider.algorithms:
        raise TokenRefused("its `alg` is not one of the provider's `algorithms`")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in _TYPES:
        raise TokenRefused("its `typ` says that it is another kind of token")


def _verified(token: str, key: jwt.PyJWK, provider: IdentityProvider) -> Claims:
    """A token's claims: signed by the key, of the provider, for its audience. Their times are left to `identify`."""
    try:
        return jwt.decode(
            token,
            key,
            algorithms=provider.algorithms,
            issuer=provider.issuer,
            audience=provider.audience,
            options={
                "require": ["exp", "iss", "aud"],
                # By the library's own clock, which can't be handed to it; `identify` does it by ours.
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
    except PyJWTError as error:
        raise TokenRefused(f"it does not hold ({type(error).__name__})") from None
