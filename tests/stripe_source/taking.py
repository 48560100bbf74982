"""What Stripe might tell, put into an environment without Stripe."""

from datetime import UTC, datetime
from typing import Any

from entitlements.facts import BillingInterval, EnvironmentId, Interval, ProductId, SubscriptionStatus
from gateway.stripe_source.catalogue import take_catalogue
from gateway.stripe_source.customers import take_customers
from gateway.stripe_source.kinds import (
    ATTACHED_KIND,
    CUSTOMER_KIND,
    FEATURE_KIND,
    PRODUCT_KIND,
    SUBSCRIPTION_KIND,
)
from gateway.stripe_source.source import SOURCE
from gateway.stripe_source.states import (
    ATTACHED,
    CUSTOMER,
    FEATURE,
    PRODUCT,
    SUBSCRIPTION,
    AttachedState,
    CustomerState,
    FeatureState,
    ItemState,
    ProductState,
    SubscriptionState,
)
from gateway.stripe_source.telling import seen
from storage.database import Database
from storage.observations import Observation, note_source

BORN = datetime(2025, 1, 1, tzinfo=UTC)
"""When Stripe's objects were made."""


class Told:
    """An environment that is told things, all of them as of one instant."""

    def __init__(self, database: Database, environment: EnvironmentId, at: datetime) -> None:
        self.at = at
        self._database = database
        self._environment = environment

    @classmethod
    async def begin(cls, database: Database, environment: EnvironmentId, at: datetime = BORN) -> "Told":
        """In an environment that Stripe feeds from now on."""
        await note_source(database, environment, SOURCE)
        return cls(database, environment, at)

    async def feature(self, key: str, *, active: bool = True) -> str:
        """A feature; answers its id."""
        id_ = f"feat_{key}"
        await self._catalogue(seen(FEATURE_KIND, id_, self.at, FeatureState(key.title(), key, active, {}), FEATURE))
        return id_

    async def product(self, name: str, *features: str) -> str:
        """A product with features attached; answers its id."""
        id_ = f"prod_{name}"
        await self._catalogue(
            seen(PRODUCT_KIND, id_, self.at, ProductState(name, created=BORN), PRODUCT),
            seen(ATTACHED_KIND, id_, self.at, AttachedState(tuple((f"prodft_{f}", f) for f in features)), ATTACHED),
        )
        return id_

    async def customer(self, name: str, *, deleted: bool = False) -> str:
        """A customer; answers its id."""
        state = CustomerState(name, created=BORN, deleted=deleted)
        await self._customers(seen(CUSTOMER_KIND, f"cus_{name}", self.at, state, CUSTOMER))
        return f"cus_{name}"

    async def subscription(self, customer: str, product: str, **given: Any) -> str:  # noqa: ANN401 - by the state's fields
        """A subscription, active unless it is said otherwise; answers its id."""
        id_ = f"sub_{customer}"
        item = ItemState(f"si_{customer}", BORN, ProductId(product), 1, Interval(BillingInterval.MONTH))
        state = SubscriptionState(
            customer, given.pop("status", SubscriptionStatus.ACTIVE), BORN, BORN, (item,), **given
        )
        await self._customers(seen(SUBSCRIPTION_KIND, id_, self.at, state, SUBSCRIPTION))
        return id_

    async def _catalogue(self, *told: Observation) -> None:
        await take_catalogue(self._database, self._environment, told)

    async def _customers(self, *told: Observation) -> None:
        await take_customers(self._database, self._environment, told)
