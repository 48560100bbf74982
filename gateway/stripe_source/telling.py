"""What Stripe tells as observations: of an object in a list, and of an event."""

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from gateway.stripe_source.kinds import CUSTOMER_KIND, PRODUCT_KIND, SUBSCRIPTION_KIND
from gateway.stripe_source.shapes import StripeCustomer, StripeEvent, StripeProduct, StripeSubscription
from gateway.stripe_source.states import (
    CUSTOMER,
    PRODUCT,
    SUBSCRIPTION,
    CustomerState,
    ProductState,
    State,
    SubscriptionState,
    instant,
    product_id,
)
from storage.observations import Manner, Observation

S = TypeVar("S", bound=State)

_MANNERS = {"created": Manner.CREATED, "deleted": Manner.DELETED}


class NotUnderstood(Exception):
    """Something of Stripe's that isn't as it is known to be. Says what, and quotes no more of it than ids."""


def seen(kind: str, object_id: str, at: datetime, state: S, adapter: TypeAdapter[S]) -> Observation:
    """An object as a list shows it. `at`: an instant by Stripe's clock before it was asked."""
    text = dumped(adapter, state)
    # Within one second an object may be seen twice, and be otherwise.
    id_ = f"seen_{at:%Y%m%dT%H%M%SZ}_{sha256(text.encode()).hexdigest()[:8]}"
    return Observation(object_id, id_, kind, Manner.SEEN, at, text)


def told(event: StripeEvent) -> Observation | None:
    """What an event tells; None for one that tells nothing of what is needed. Raises: NotUnderstood."""
    subject, _, verb = event.type.rpartition(".")
    if verb not in _VERBS or subject not in _READERS:
        return None
    kind, read = _READERS[subject]
    try:
        object_id, state = read(event.data.object, deleted=verb == "deleted")
        before = None
        if event.data.previous_attributes is not None:
            _, before = read(_before(event.data.object, event.data.previous_attributes), deleted=False)
    except ValueError as error:
        raise NotUnderstood(f"The event {event.id} ({event.type}) can't be read: {_problem(error)}") from error
    at = instant(event.created)
    assert at is not None, "an event has an instant"  # noqa: S101
    return Observation(object_id, event.id, kind, _MANNERS.get(verb, Manner.CHANGED), at, state, before)


EVENT_TYPES = (
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.pending_update_applied",
    "product.created",
    "product.updated",
    "product.deleted",
)
"""The events that are read; a webhook endpoint may send others, too."""

_VERBS = {name.rpartition(".")[2] for name in EVENT_TYPES}


def _read_customer(given: Mapping[str, Any], *, deleted: bool) -> tuple[str, str]:
    customer = StripeCustomer.model_validate({**given, "deleted": deleted})
    return customer.id, dumped(CUSTOMER, CustomerState.of(customer))


def _read_product(given: Mapping[str, Any], *, deleted: bool) -> tuple[str, str]:
    product = StripeProduct.model_validate({**given, "deleted": deleted})
    return product_id(product.id), dumped(PRODUCT, ProductState.of(product))


def _read_subscription(given: Mapping[str, Any], *, deleted: bool) -> tuple[str, str]:
    # A deleted one tells of itself that it is canceled.
    del deleted
    subscription = StripeSubscription.model_validate(given)
    return subscription.id, dumped(SUBSCRIPTION, SubscriptionState.of(subscription))


_READERS: Mapping[str, tuple[str, Callable[..., tuple[str, str]]]] = {
    "customer": (CUSTOMER_KIND, _read_customer),
    "product": (PRODUCT_KIND, _read_product),
    "customer.subscription": (SUBSCRIPTION_KIND, _read_subscription),
}


def _before(now: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Any]:
    """The object as it was: of maps only what was otherwise is told, of lists all."""
    was = dict(now)
    for name, value in previous.items():
        held = was.get(name)
        if isinstance(value, dict) and isinstance(held, dict):
            was[name] = _before(cast("dict[str, Any]", held), cast("dict[str, Any]", value))
        else:
            was[name] = value
    return was


def dumped(adapter: TypeAdapter[S], state: S) -> str:
    """A state as an observation holds it."""
    return adapter.dump_json(state).decode()


def _problem(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
