"""An installation that trusts a real provider on the loopback, at a noon that lasts until a test moves the clock."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest

from gateway.identity.claims import TokenRefused
from gateway.identity.providers import IdentityProviders
from gateway.identity.published_keys import IdentityProviderUnavailable
from tests.service.identity_provider import HandClock, Json, Provider, providing

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
IN_THREE_DAYS = int((NOON + timedelta(days=3)).timestamp())


@pytest.fixture
async def provider() -> AsyncGenerator[Provider]:
    """A provider with one RSA key, at noon."""
    async with providing(NOON) as provider:
        yield provider


@pytest.fixture
def clock() -> HandClock:
    """Noon, until a test moves it."""
    return HandClock(NOON)


@pytest.fixture
async def providers(provider: Provider, clock: HandClock) -> AsyncGenerator[IdentityProviders]:
    """An installation that trusts the provider."""
    providers = IdentityProviders([provider.settings()], clock=clock)
    yield providers
    await providers.close()


async def refusal(providers: IdentityProviders, token: str) -> str:
    """What the sender of a token is told."""
    with pytest.raises(TokenRefused) as refused:
        await providers.verify(token)
    return str(refused.value)


async def outcome(providers: IdentityProviders, token: str) -> str:
    """What becomes of a token: the customer it stands for, or what went wrong."""
    try:
        return (await providers.verify(token)).external_id
    except (TokenRefused, IdentityProviderUnavailable) as error:
        return type(error).__name__


def lasting(provider: Provider, **header: Json) -> str:
    """A token that outlives the test's days."""
    return provider.mint(header=header, exp=IN_THREE_DAYS)
