"""Who may use what: declared on every root field and mutation, on fields that need a right of their own, and by type.

A field without a declaration shows what its type's objects show to whoever may see them. Where a declared field is
refused, it alone is null.
"""

from strawberry.types.field import StrawberryField

from execution.guarding import Guard
from resolvers.callers import Access, Scope
from schema.info import Info

ANYONE = Access(sessions=True)
"""Every credential."""

CATALOGUE = Access(Scope.CATALOG_READ, sessions=True)
"""Keys that may read the catalogue; sessions see what is active in it."""

CUSTOMERS = Access(Scope.CUSTOMERS_READ)
"""Keys that may read customers, and no session."""

OWN = Access(Scope.CUSTOMERS_READ, sessions=True)
"""Keys that may read customers; sessions see their own, and others as unknown."""

SANDBOXES = Access(Scope.SANDBOXES_WRITE)
"""Keys that may make sandboxes and move test clocks, and no session."""
WEBHOOKS = Access(Scope.WEBHOOKS_READ)
"""Keys that may read webhooks, and no session."""

TYPES = {
    "Query": ANYONE,
    "Subscription": ANYONE,
    "Viewer": ANYONE,
    "Environment": ANYONE,
    "Feature": CATALOGUE,
    "Product": CATALOGUE,
    "ProductFeature": CATALOGUE,
    "Customer": OWN,
    "CustomerSubscription": OWN,
    "SubscriptionItem": OWN,
    "Grant": OWN,
    "Entitlement": OWN,
    "EntitlementSnapshot": OWN,
    "EntitlementSource": OWN,
    "EntitlementRun": OWN,
    "UpcomingChange": OWN,
    "EntitlementsChange": OWN,
    "AccessDecision": OWN,
    "CustomerSession": CUSTOMERS,
    "TestClock": SANDBOXES,
    "TestClockProgress": SANDBOXES,
    "WebhookEndpoint": WEBHOOKS,
    "WebhookEvent": WEBHOOKS,
    "WebhookDelivery": WEBHOOKS,
    "WebhookAttempt": WEBHOOKS,
}
"""Who may see objects of a type, and with them every field that declares nothing of its own.

Connections, edges and payloads are seen with what they hold. What hangs below a customer shows the features and
products it leads to. A payload shows what its mutation wrote.
"""


class Requires(Guard):
    """The declaration on a field: checked before it is resolved, and told in its description."""

    def __init__(self, access: Access | Scope) -> None:
        self.access = Access(access) if isinstance(access, Scope) else access

    def apply(self, field: StrawberryField) -> None:
        """Says it in the description, once however many schemas are made of the field."""
        sentence = _sentence(self.access)
        if sentence and not (field.description or "").endswith(sentence):
            field.description = f"{field.description} {sentence}"

    def check(self, info: Info) -> None:
        """Lets those pass who may use the field. Raises: Forbidden."""
        info.context.require(self.access)


def _sentence(access: Access) -> str:
    if access.scope is None:
        return ""
    if access.sessions:
        return f"For keys with `{access.scope}`, and for customers' sessions."
    return f"For keys with `{access.scope}`."
