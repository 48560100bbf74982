"""A provider's keys: fetched once however many ask, renewed in good time, rotated, withdrawn, and kept through outages.

The provider says how often it was asked; the clock is moved by hand.
"""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from gateway.identity.providers import IdentityProviders
from gateway.identity.published_keys import IdentityProviderUnavailable
from tests.service.identity.conftest import lasting, outcome
from tests.service.identity_provider import HandClock, Json, Provider, signing_key

PATIENCE_SECONDS = 0.2


@pytest.fixture
async def impatient(provider: Provider, clock: HandClock) -> AsyncGenerator[IdentityProviders]:
    """One that waits for a fifth of a second."""
    providers = IdentityProviders([provider.settings()], clock=clock, patience_seconds=PATIENCE_SECONDS)
    yield providers
    await providers.close()


async def settled() -> None:
    """Waits until nothing is under way in the background."""
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)


def renewals() -> set[asyncio.Task[Json]]:
    """The requests for keys that are under way."""
    return {task for task in asyncio.all_tasks() if "PublishedKeys" in repr(task.get_coro())}


async def test_a_hundred_at_once_make_one_request(provider: Provider, providers: IdentityProviders) -> None:
    provider.may_answer.clear()
    tokens = [provider.mint(sub=f"customer-{number}") for number in range(100)]
    asking = [asyncio.create_task(outcome(providers, token)) for token in tokens]
    await provider.asked.wait()
    provider.may_answer.set()

    answers = await asyncio.gather(*asking)

    assert answers == [f"customer-{number}" for number in range(100)]
    assert provider.fetches == 1


async def test_one_who_goes_away_takes_nobody_elses_answer_along(
    provider: Provider, providers: IdentityProviders
) -> None:
    provider.may_answer.clear()
    first, second = (asyncio.create_task(outcome(providers, provider.mint())) for _ in range(2))
    await provider.asked.wait()
    first.cancel()
    provider.may_answer.set()

    assert await second == "acme"
    assert first.cancelled()
    assert provider.fetches == 1


async def test_keys_are_kept_for_ten_minutes_and_renewed_before_they_are_old(
    provider: Provider, providers: IdentityProviders, clock: HandClock
) -> None:
    token = lasting(provider)
    await outcome(providers, token)
    clock.move(minutes=7, seconds=59)
    await outcome(providers, token)
    await settled()
    assert provider.fetches == 1

    clock.move(seconds=1)
    provider.may_answer.clear()
    answer = await outcome(providers, token)

    assert answer == "acme", "it waits for nothing"
    provider.may_answer.set()
    await settled()
    assert provider.fetches == 2
    clock.move(minutes=7, seconds=59)
    await outcome(providers, token)
    await settled()
    assert provider.fetches == 2


async def test_a_set_that_is_good_for_less_is_renewed_sooner(
    provider: Provider, providers: IdentityProviders, clock: HandClock
) -> None:
    provider.headers = {"Cache-Control": "public, max-age=60"}
    await outcome(providers, lasting(provider))

    clock.move(seconds=61)
    await outcome(providers, lasting(provider))

    assert provider.fetches == 2


async def test_a_set_is_as_old_as_the_question_it_answers(
    provider: Provider, providers: IdentityProviders, clock: HandClock
) -> None:
    provider.may_answer.clear()
    asking = asyncio.create_task(outcome(providers, lasting(provider)))
    await provider.asked.wait()
    clock.move(minutes=10)
    provider.may_answer.set()
    await asking

    await outcome(providers, lasting(provider))

    assert provider.fetches == 2


async def test_a_clock_that_was_set_back_makes_keys_old_and_not_young_for_ever(
    provider: Provider, providers: IdentityProviders, clock: HandClock
) -> None:
    token = lasting(provider)
    clock.move(days=1)
    await outcome(providers, token)
    clock.move(hours=-23)

    await outcome(providers, token)

    assert provider.fetches == 2


async def test_a_new_key_is_found_as_soon_as_a_token_names_it(provider: Provider, providers: IdentityProviders) -> None:
    await outcome(providers, provider.mint())
    provider.keys.append(signing_key("second"))

    answers = await asyncio.gather(*(outcome(providers, provider.mint(signing_key("second"))) for _ in range(20)))

    assert answers == ["acme"] * 20
    assert provider.fetches == 2


async def test_a_key_that_was_withdrawn_verifies_nothing_once_the_set_is_renewed(
    provider: Provider, providers: IdentityProviders, clock: HandClock
) -> None:
    token = lasting(provider)
    before = await outcome(providers, token)
    provider.keys = [signing_key("second")]

    clock.move(minutes=10)

    assert (before, await outcome(providers, token)) == ("acme", "TokenRefused")
    assert provider.fetches == 2


async def test_made_up_key_ids_make_one_request_in_half_a_minute(
    provider: Provider, providers: IdentityProviders, clock: HandClock
) -> None:
    async def flood(name: str) -> None:
        forged = [provider.mint(header={"kid": f"{name}-{number}"}) for number in range(100)]
        assert set(await asyncio.gather(*(outcome(providers, token) for token in forged))) == {"TokenRefused"}

    await flood("at first")
    assert provider.fetches == 1
    for again in range(5):
        await flood(f"again-{again}")
    assert provider.fetches == 2
    clock.move(seconds=29)
    await outcome(providers, provider.mint(header={"kid": "forged"}))
    assert provider.fetches == 2
    clock.move(seconds=1)
    await outcome(providers, provider.mint(header={"kid": "forged"}))
    assert provider.fetches == 3


async def test_while_there_are_no_keys_nobody_is_told_that_a_token_is_wrong(
    provider: Provider, providers: IdentityProviders, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    await provider.go_away()
    token = provider.mint()
    with pytest.raises(IdentityProviderUnavailable) as unavailable:
        await providers.verify(token)
    clock.move(seconds=5)
    await provider.come_back()

    assert await outcome(providers, token) == "acme"
    assert str(unavailable.value) == (
        "Tokens can't be verified right now: their issuer's keys are not to be had. Try again."
    )
    assert unavailable.value.issuer == provider.issuer
    said = f"The keys of '{provider.issuer}' could not be had (jwks_url): ConnectError."
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [said]


async def test_a_provider_that_is_away_is_asked_again_after_five_seconds_and_not_before(
    provider: Provider, providers: IdentityProviders, clock: HandClock
) -> None:
    provider.status = "503 Service Unavailable"
    for _ in range(5):
        answers = await asyncio.gather(*(outcome(providers, provider.mint()) for _ in range(20)))
        assert set(answers) == {"IdentityProviderUnavailable"}
    assert provider.fetches == 1

    clock.move(seconds=4.9)
    await outcome(providers, provider.mint())
    clock.move(seconds=0.1)
    await outcome(providers, provider.mint())

    assert provider.fetches == 2


async def test_keys_that_were_had_go_on_being_used_for_a_day(
    provider: Provider, providers: IdentityProviders, clock: HandClock
) -> None:
    token = lasting(provider)
    await outcome(providers, token)
    await provider.go_away()

    answers: list[str] = []
    for hours in (1, 22, 0.999, 0.001):
        clock.move(hours=hours)
        answers.append(await outcome(providers, token))
        await settled()
    await provider.come_back()
    clock.move(seconds=5)

    assert answers == ["acme", "acme", "acme", "IdentityProviderUnavailable"]
    assert await outcome(providers, token) == "acme"


async def test_while_keys_are_old_nobody_waits_and_the_provider_is_asked_every_half_minute(
    provider: Provider, impatient: IdentityProviders, clock: HandClock
) -> None:
    token = lasting(provider)
    await outcome(impatient, token)
    provider.may_answer.clear()
    clock.move(hours=1)
    assert await outcome(impatient, token) == "acme", "the first one waits, in vain"
    assert provider.fetches == 2

    for _ in range(3):
        clock.move(seconds=30)
        provider.asked.clear()
        async with asyncio.timeout(PATIENCE_SECONDS / 2):
            assert await outcome(impatient, token) == "acme"
        await provider.asked.wait()
        await asyncio.wait(renewals())
        assert await outcome(impatient, token) == "acme"
        assert renewals() == set(), "that was too soon"

    assert provider.fetches == 5
    provider.may_answer.set()
    provider.keys = [signing_key("second")]
    clock.move(seconds=30)
    await outcome(impatient, token)
    await settled()
    assert await outcome(impatient, token) == "TokenRefused", "it is back, with another key"


async def test_a_provider_that_does_not_answer_is_waited_for_only_so_long(
    provider: Provider, impatient: IdentityProviders
) -> None:
    provider.may_answer.clear()

    async with asyncio.timeout(5):
        assert await outcome(impatient, provider.mint()) == "IdentityProviderUnavailable"


async def test_closing_breaks_off_what_is_being_fetched(provider: Provider, clock: HandClock) -> None:
    providers = IdentityProviders([provider.settings()], clock=clock)
    provider.may_answer.clear()
    asking = asyncio.create_task(outcome(providers, provider.mint()))
    await provider.asked.wait()

    await providers.close()

    with pytest.raises(asyncio.CancelledError):
        await asking
    assert renewals() == set()
