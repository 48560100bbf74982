"""Tokens of a company's own identity provider: whom they let in, and until when."""

import hashlib
import logging
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from gateway.identity.claims import EXPIRED, INVALID, NOT_YET_VALID, Identity
from gateway.identity.providers import LONGEST_TOKEN, IdentityProviders
from gateway.setting_groups import Algorithm
from tests.service.identity.conftest import NOON, refusal
from tests.service.identity_provider import AUDIENCE, WITHOUT, HandClock, Json, Provider, signing_key


async def test_a_token_stands_for_the_customer_it_names(provider: Provider, providers: IdentityProviders) -> None:
    known_by = f"{provider.issuer}\0live\0acme".encode()

    identity = await providers.verify(provider.mint())

    assert identity == Identity(
        external_id="acme",
        environment="live",
        expires_at=NOON + timedelta(minutes=10),
        token_id=f"ext_{hashlib.sha256(known_by).hexdigest()[:24]}",
    )


async def test_the_setting_names_the_claim_and_the_environment(provider: Provider, clock: HandClock) -> None:
    claim = "https://example.com/account"
    providers = IdentityProviders([provider.settings(customer_claim=claim, environment="test")], clock=clock)

    claims: dict[str, Json] = {claim: "acme-account", "sub": "user-1"}
    identity = await providers.verify(provider.mint(**claims))

    assert (identity.external_id, identity.environment) == ("acme-account", "test")
    await providers.close()


async def test_all_tokens_of_a_customer_have_one_id_and_no_other_customer_has_it(
    provider: Provider, providers: IdentityProviders
) -> None:
    tokens = [provider.mint(), provider.mint(jti="another", exp=provider.claims()["exp"] + 60), provider.mint(sub="b")]

    first, again, other = [(await providers.verify(token)).token_id for token in tokens]

    assert first == again
    assert first != other


@pytest.mark.parametrize("algorithm", get_args(Algorithm))
async def test_every_algorithm_that_is_allowed_is_verified(
    provider: Provider, clock: HandClock, algorithm: str
) -> None:
    provider.keys = [signing_key(algorithm, algorithm)]
    providers = IdentityProviders([provider.settings(algorithms=(algorithm,))], clock=clock)

    identity = await providers.verify(provider.mint())

    assert identity.external_id == "acme"
    await providers.close()


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": -1}, EXPIRED),
        ({"exp": NOON.timestamp() - 1}, EXPIRED),
        ({"exp": NOON.timestamp()}, EXPIRED),
        ({"nbf": NOON.timestamp() + 6}, NOT_YET_VALID),
        ({"iat": NOON.timestamp() + 6}, NOT_YET_VALID),
        ({"nbf": 10**400}, NOT_YET_VALID),
        ({"exp": WITHOUT}, INVALID),
        ({"exp": None}, INVALID),
        ({"exp": "1893456000"}, INVALID),
        ({"exp": True}, INVALID),
        ({"exp": float("inf")}, INVALID),
        ({"exp": float("nan")}, INVALID),
        ({"nbf": None}, INVALID),
        ({"nbf": [0]}, INVALID),
        ({"iat": "now"}, INVALID),
        ({"iss": WITHOUT}, INVALID),
        ({"iss": "https://elsewhere.example.com"}, INVALID),
        ({"iss": ["https://elsewhere.example.com"]}, INVALID),
        ({"aud": WITHOUT}, INVALID),
        ({"aud": AUDIENCE + "/"}, INVALID),
        ({"aud": AUDIENCE.upper()}, INVALID),
        ({"aud": [AUDIENCE[:-1], "another"]}, INVALID),
        ({"aud": [AUDIENCE, 5]}, INVALID),
        ({"aud": {AUDIENCE: True}}, INVALID),
        ({"sub": WITHOUT}, INVALID),
        ({"sub": None}, INVALID),
        ({"sub": 42}, INVALID),
        ({"sub": ["acme"]}, INVALID),
        ({"sub": ""}, INVALID),
        ({"sub": " \t"}, INVALID),
        ({"sub": "a\0b"}, INVALID),
        ({"sub": "a\ud800b"}, INVALID),
        ({"sub": "x" * 256}, INVALID),
    ],
    ids=str,
)
async def test_claims_that_do_not_hold_are_refused(
    provider: Provider, providers: IdentityProviders, claims: dict[str, Json], message: str
) -> None:
    assert await refusal(providers, provider.mint(**claims)) == message


@pytest.mark.parametrize(
    "claims",
    [
        {"nbf": NOON.timestamp() + 5},
        {"iat": NOON.timestamp() + 5},
        {"iat": WITHOUT},
        {"exp": NOON.timestamp() + 0.5},
        {"aud": ["another", AUDIENCE]},
        {"sub": "x" * 255},
        {"sub": "é🙂"},
    ],
    ids=str,
)
async def test_claims_that_only_just_hold_are_taken(
    provider: Provider, providers: IdentityProviders, claims: dict[str, Json]
) -> None:
    identity = await providers.verify(provider.mint(**claims))

    assert identity.external_id == claims.get("sub", "acme")


async def test_a_token_is_taken_until_it_expires_and_not_a_moment_longer(
    provider: Provider, providers: IdentityProviders, clock: HandClock
) -> None:
    token = provider.mint()
    identity = await providers.verify(token)

    clock.at = identity.expires_at - timedelta(milliseconds=1)
    last = await providers.verify(token)
    clock.at = identity.expires_at

    assert last == identity
    assert await refusal(providers, token) == EXPIRED


async def test_a_token_may_be_good_for_as_long_as_there_are_years(
    provider: Provider, providers: IdentityProviders
) -> None:
    identity = await providers.verify(provider.mint(exp=10**30))

    assert identity.expires_at == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


async def test_keys_and_tokens_are_told_apart(provider: Provider, providers: IdentityProviders) -> None:
    longest = "a." + "b" * (LONGEST_TOKEN - 4) + ".c"

    assert providers.recognises(provider.mint())
    assert providers.recognises(longest)
    assert not any(providers.recognises(text) for text in (longest + "c", "adm_live_" + "x" * 43, "", "a.b"))


async def test_without_a_provider_every_token_is_refused(provider: Provider, clock: HandClock) -> None:
    nobody = IdentityProviders([], clock=clock)

    assert nobody.recognises(provider.mint())
    assert await refusal(nobody, provider.mint()) == INVALID
    await nobody.close()


async def test_one_issuer_may_serve_two_environments_by_audience(provider: Provider, clock: HandClock) -> None:
    both = [provider.settings(audience="live-app"), provider.settings(audience="test-app", environment="test")]
    providers = IdentityProviders(both, clock=clock)

    live = await providers.verify(provider.mint(aud=["live-app"]))
    test = await providers.verify(provider.mint(aud="test-app"))

    assert (live.environment, test.environment) == ("live", "test")
    assert live.token_id != test.token_id
    await providers.close()


async def test_the_log_says_why_and_never_which_token(
    provider: Provider, providers: IdentityProviders, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = [provider.mint(exp=1), provider.mint(aud="another"), provider.mint(iss="slash/\r\n"), provider.mint(sub=5)]

    for token in tokens:
        await refusal(providers, token)

    said = [record.getMessage() for record in caplog.records if record.name == "admittance.identity"]
    assert [message.partition(": ")[2] for message in said] == [
        "it has expired.",
        "it is for another audience.",
        r"its issuer is none of ours: 'slash/\r\n'.",
        "it does not hold (InvalidSubjectError).",
    ]
    for token in tokens:
        assert not any(part in caplog.text for part in token.split(".")[1:])
