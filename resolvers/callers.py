"""Who is asking, and what that allows: API keys with scopes, and customers by sessions of their own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from entitlements.facts import CustomerId, EnvironmentId
from storage.records import Credential, CustomerSession, Environment


class Scope(StrEnum):
    """What an API key may be allowed to do. A write scope also shows what it writes."""

    CATALOG_READ = "catalog:read"
    CATALOG_WRITE = "catalog:write"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    SUBSCRIPTIONS_WRITE = "subscriptions:write"
    GRANTS_WRITE = "grants:write"
    SESSIONS_WRITE = "sessions:write"
    SANDBOXES_WRITE = "sandboxes:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"


EVERY_SCOPE = "*"
"""In place of scopes: all there are, and all there will be."""


class CallerKind(StrEnum):
    """What kind of credential a caller holds."""

    API_KEY = "API_KEY"
    CUSTOMER_SESSION = "CUSTOMER_SESSION"


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a credential, bound to one environment.

    `id` is the key's or session's, never a secret. A session is confined to `customer`, which is None if its customer
    isn't known (yet): then there is the catalogue, and nobody's entitlements. `made_by`: see `Credential`.
    """

    id: str
    kind: CallerKind
    environment: Environment
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None
    customer: CustomerId | None = None
    made_by: str | None = None

    @property
    def is_session(self) -> bool:
        """Whether it is a customer who asks, and not a back end."""
        return self.kind is CallerKind.CUSTOMER_SESSION

    @property
    def counted_as(self) -> tuple[EnvironmentId, str]:
        """Whose share of what there is little of it takes: all sessions of a customer together, as there may be many.

        Customers of two environments may have the same id.
        """
        return self.environment.id, self.customer or self.id

    def may_see(self, customer: CustomerId) -> bool:
        """Whether a customer is there for the caller: to a session all but its own are as unknown."""
        return not self.is_session or self.customer == customer


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a field: API keys with the scope (None: any key), and customers' sessions or not."""

    scope: Scope | None = None
    sessions: bool = False

    def allows(self, caller: Caller) -> bool:
        """Whether a caller is among them."""
        if caller.is_session:
            return self.sessions
        return self.scope is None or self.scope in caller.scopes or EVERY_SCOPE in caller.scopes


def holder_of(key: Credential) -> Caller:
    """The caller with an API key."""
    return Caller(
        key.id, CallerKind.API_KEY, key.environment, key.scopes, expires_at=key.expires_at, made_by=key.made_by
    )


def of_session(session: CustomerSession) -> Caller:
    """The caller with a session's token."""
    return Caller(
        session.id,
        CallerKind.CUSTOMER_SESSION,
        session.environment,
        expires_at=session.expires_at,
        customer=session.customer,
    )


class Forbidden(Exception):
    """A caller without the right to what was asked. Says which right, and nothing of what is there."""

    def __init__(self, access: Access, caller: Caller) -> None:
        self.scope = None if caller.is_session else access.scope
        super().__init__(
            f"This API key lacks the scope {access.scope}." if self.scope else "A customer's session may not do this."
        )


def scopes_beyond(caller: Caller | None, scopes: Iterable[str]) -> list[str]:
    """Those of some scopes that a caller doesn't have itself; None is the command line, which has them all."""
    if caller is None or EVERY_SCOPE in caller.scopes:
        return []
    return [scope for scope in scopes if scope not in caller.scopes]


def unknown_scopes(scopes: Iterable[str]) -> list[str]:
    """Those of some scopes that there are none of."""
    known = {*Scope, EVERY_SCOPE}
    return [scope for scope in scopes if scope not in known]
