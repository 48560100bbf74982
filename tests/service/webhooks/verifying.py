"""Receivers as people write them: with Stripe's library, and with that of Standard Webhooks."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.service.webhooks.receiver import Arrival

Json = Any

stripe: Json = pytest.importorskip("stripe")
standardwebhooks: Json = pytest.importorskip("standardwebhooks")


def by_stripe(body: bytes, headers: Mapping[str, str], secret: str) -> str:
    """The event's id. Raises: ValueError, for what Stripe's library doesn't accept."""
    try:
        return stripe.Webhook.construct_event(body, headers["stripe-signature"], secret).id
    except stripe.SignatureVerificationError as error:
        raise ValueError(str(error)) from error


def by_standard(body: bytes, headers: Mapping[str, str], secret: str) -> str:
    """The event's id. Raises: ValueError, for what the library of Standard Webhooks doesn't accept."""
    try:
        event: Json = standardwebhooks.Webhook(secret).verify(body, dict(headers))
    except standardwebhooks.WebhookVerificationError as error:
        raise ValueError(str(error)) from error
    return event["id"]


VERIFIERS = {"stripe": by_stripe, "standardwebhooks": by_standard}


def verified(arrival: Arrival, secret: str) -> str:
    """The event's id, if both libraries accept it."""
    [id_] = {verify(arrival.body, arrival.headers, secret) for verify in VERIFIERS.values()}
    return id_
