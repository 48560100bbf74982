"""The official library against the application over a real socket, on each database."""

import pytest
import stripe

from tests.service.rest.shop import Shop
from tests.service.serving import Caller


@pytest.fixture
def shop(server: str, caller: Caller) -> Shop:
    """Someone with code for Stripe, whose base address was changed."""
    return Shop(caller, stripe.StripeClient(caller.secret, base_addresses={"api": server}, max_network_retries=0))
