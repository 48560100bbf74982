"""Places for subscriptions are counted for whoever holds them."""

import pytest
from prometheus_client import Gauge

from entitlements.facts import CustomerId, EnvironmentId
from gateway.settings import Settings
from gateway.streams import Streams, TooManySubscriptions
from resolvers.callers import Caller, CallerKind
from storage.records import Environment
from tests.statements.stage import NOON


def _session(number: int, environment: str, customer: str) -> Caller:
    owner = Environment(EnvironmentId(environment), environment, livemode=True, created_at=NOON)
    return Caller(f"cs_{number}", CallerKind.CUSTOMER_SESSION, owner, customer=CustomerId(customer))


def test_sessions_of_one_customer_share_its_places_and_those_of_a_namesake_elsewhere_have_their_own() -> None:
    streams = Streams(Settings(session_subscriptions=2), Gauge("open", "Open.", registry=None))

    with streams.opened(_session(1, "env_1", "cus_1")), streams.opened(_session(2, "env_1", "cus_1")):
        with pytest.raises(TooManySubscriptions), streams.opened(_session(3, "env_1", "cus_1")):
            pass
        with streams.opened(_session(4, "env_1", "cus_2")), streams.opened(_session(5, "env_2", "cus_1")):
            pass
