"""What a verified token says: whom it stands for, and for how long."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from gateway.setting_groups import IdentityProvider
from resolvers.validation import EXTERNAL_ID_LENGTH, is_storable
from storage.clock import cut

LEEWAY_SECONDS = 5
"""How far a provider's clock may be ahead of ours, for `nbf` and `iat`. `exp` is kept to the letter."""

INVALID = "This token is not valid."
EXPIRED = "This token has expired."
NOT_YET_VALID = "This token is not valid yet."

Claims = dict[str, Any]

_LAST_SECOND = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a verified token stands for.

    `external_id` is the customer's, `environment` the name of theirs. From `expires_at` on the token is refused, on an
    open stream too. `token_id` is the same for all tokens of one customer and says nothing about any: for caches, logs.
    """

    external_id: str
    environment: str
    expires_at: datetime
    token_id: str


class TokenRefused(Exception):
    """A token that opens nothing. The message is for the caller; `reason` is for the log, and quotes no token."""

    def __init__(self, reason: str, message: str = INVALID) -> None:
        self.reason = reason
        super().__init__(message)


def identify(claims: Claims, provider: IdentityProvider, now: datetime) -> Identity:
    """Whom the verified claims of a provider's token stand for at this instant. Raises: TokenRefused."""
    expires_at = _check_times(claims, now)
    customer = claims.get(provider.customer_claim)
    if not isinstance(customer, str) or not customer.strip():
        raise TokenRefused("it names no customer: `customer_claim` is missing, blank or no text")
    if len(customer) > EXTERNAL_ID_LENGTH or not is_storable(customer):
        raise TokenRefused("what it names is no customer's externalId: too long, or not to be stored")
    # A customer's id holds no NUL, so the parts can't run into each other.
    known_by = f"{provider.issuer}\0{provider.environment}\0{customer}"
    token_id = f"ext_{sha256(known_by.encode()).hexdigest()[:24]}"
    return Identity(customer, provider.environment, expires_at, token_id)


def _check_times(claims: Claims, now: datetime) -> datetime:
    """When a token expires. Raises: TokenRefused, if it has, or isn't valid yet."""
    # Without `exp` one never gets here. There is no bound to how far ahead it may be but that of the calendar.
    expires_at = cut(datetime.fromtimestamp(min(max(_seconds(claims, "exp"), 0), _LAST_SECOND), UTC))
    if expires_at <= now:
        raise TokenRefused("it has expired", EXPIRED)
    begins = max(_seconds(claims, "nbf"), _seconds(claims, "iat"))
    if begins > now.timestamp() + LEEWAY_SECONDS:
        raise TokenRefused("it is not valid yet", NOT_YET_VALID)
    return expires_at


def _seconds(claims: Claims, name: str) -> float:
    """A claim that is a number of seconds since 1970 (RFC 7519, NumericDate); 0 for one that is left out."""
    value = claims.get(name, 0)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (isinstance(value, float) and not math.isfinite(value)):
        raise TokenRefused(f"its `{name}` is no number")
    return value
