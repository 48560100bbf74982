"""A customer's story, told as what happened and when."""

from datetime import datetime, timedelta
from typing import Self

from entitlements.facts import BillingInterval, Interval, SubscriptionStatus, TrialEndBehavior
from gateway.demo.stage import Act, Event, Stage
from resolvers import customers, grants, subscriptions
from resolvers.references import ByKey
from resolvers.subscription_edits import NewItem, UpdateItem

MONTHLY = Interval(BillingInterval.MONTH)
YEARLY = Interval(BillingInterval.YEAR)
MAIN = "main"


class Story:
    """Collects the events of one customer. Subscriptions and grants have names, for what happens to them later."""

    def __init__(self, external_id: str, name: str) -> None:
        self.external_id = external_id
        self.name = name
        self.events: list[Event] = []

    def joins(self, at: datetime, **metadata: str) -> Self:
        """The customer is created."""

        async def act(stage: Stage) -> None:
            email = f"it@{self.external_id}.example"
            await customers.create_customer(
                stage.context, external_id=self.external_id, name=self.name, email=email, metadata=metadata
            )

        return self._then(at, act)

    def subscribes(
        self,
        at: datetime,
        product: str,
        *,
        called: str = MAIN,
        seats: int = 1,
        interval: Interval = MONTHLY,
        trial: timedelta | None = None,
        then: TrialEndBehavior = TrialEndBehavior.ACTIVATE,
        incomplete: bool = False,
    ) -> Self:
        """A subscription to one product begins, perhaps in a trial, or waiting for its first payment."""

        async def act(stage: Stage) -> None:
            written = await subscriptions.create_subscription(
                stage.context,
                customer=ByKey(self.external_id),
                items=[NewItem(ByKey(product), seats, interval)],
                trial_end=at + trial if trial else None,
                trial_end_behavior=then,
                incomplete=incomplete,
            )
            stage.subscriptions[self.external_id, called] = written.value.id
            stage.items[self.external_id, called] = written.value.items[0].id

        return self._then(at, act)

    def moves(self, at: datetime, product: str, *, called: str = MAIN, seats: int | None = None) -> Self:
        """The subscription's item goes over to another product: an upgrade or a downgrade."""

        async def act(stage: Stage) -> None:
            item = stage.items[self.external_id, called]
            change = UpdateItem(item, product=ByKey(product))
            if seats is not None:
                change = UpdateItem(item, product=ByKey(product), quantity=seats)
            await subscriptions.update_subscription(
                stage.context, stage.subscriptions[self.external_id, called], items=[change]
            )

        return self._then(at, act)

    def is_reported(self, at: datetime, status: SubscriptionStatus, *, called: str = MAIN) -> Self:
        """Billing reports a status."""

        async def act(stage: Stage) -> None:
            subscription = stage.subscriptions[self.external_id, called]
            await subscriptions.set_subscription_status(stage.context, subscription, status)

        return self._then(at, act)

    def cancels(self, at: datetime, *, called: str = MAIN, at_period_end: bool = False) -> Self:
        """The subscription is cancelled, now or at the end of what was paid for."""

        async def act(stage: Stage) -> None:
            subscription = stage.subscriptions[self.external_id, called]
            await subscriptions.cancel_subscription(stage.context, subscription, at_period_end=at_period_end)

        return self._then(at, act)

    def is_granted(
        self, at: datetime, feature: str, *, begins: datetime | None = None, ends: datetime | None = None, reason: str
    ) -> Self:
        """A feature is given by hand."""

        async def act(stage: Stage) -> None:
            written = await grants.grant_entitlement(
                stage.context,
                customer=ByKey(self.external_id),
                feature=ByKey(feature),
                active_from=begins,
                active_to=ends,
                reason=reason,
            )
            stage.grants[self.external_id, feature] = written.value.id

        return self._then(at, act)

    def loses_grant(self, at: datetime, feature: str) -> Self:
        """What was given by hand is taken back."""

        async def act(stage: Stage) -> None:
            await grants.revoke_grant(stage.context, stage.grants[self.external_id, feature])

        return self._then(at, act)

    def _then(self, at: datetime, act: Act) -> Self:
        self.events.append(Event(at, act))
        return self
