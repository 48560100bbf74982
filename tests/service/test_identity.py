"""Tokens of a company's own identity provider: whom they let in, and every one that must not.

Real keys, a real provider on the loopback, and a clock that is moved by hand.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.identity import EXPIRED, INVALID, LONGEST_TOKEN, NOT_YET_VALID, Identity, IdentityProviders, TokenRefused
from tests.service.identity_provider import AUDIENCE, WITHOUT, HandClock, Json, Provider, providing, signed, signing_key

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


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


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"])
async def test_every_algorithm_that_is_allowed_is_verified(
    provider: Provider, clock: HandClock, algorithm: str
) -> None:
    provider.keys = [signing_key(algorithm, algorithm)]
    providers = IdentityProviders([provider.settings(algorithms=(algorithm,))], clock=clock)

    identity = await providers.verify(provider.mint())

    assert identity.external_id == "acme"
    await providers.close()


async def test_edwards_curves_are_verified(provider: Provider, clock: HandClock) -> None:
    provider.keys = [signing_key("ed", "EdDSA")]
    providers = IdentityProviders([provider.settings(algorithms=("EdDSA",))], clock=clock)

    assert (await providers.verify(provider.mint())).external_id == "acme"
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


@pytest.mark.parametrize(
    "header",
    [
        {"jku": "https://attacker.example.com/keys"},
        {"x5u": "https://attacker.example.com/certificate"},
        {"x5c": ["MIIB"]},
        {"jwk": signing_key("attacker").public_jwk()},
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": ["b64"], "b64": True},
        {"b64": False},
        {"b64": True},
        {"alg": WITHOUT},
        {"alg": None},
        {"alg": ["RS256"]},
        {"alg": "rs256"},
        {"alg": "RS512"},
        {"alg": "ES256"},
        {"kid": 5},
        {"kid": None},
        {"kid": "unknown"},
        {"typ": "logout+jwt"},
        {"typ": "dpop+jwt"},
        {"typ": 5},
    ],
    ids=lambda header: ",".join(f"{name}={str(value)[:20]}" for name, value in header.items()),
)
async def test_headers_that_ask_for_anything_else_are_refused(
    provider: Provider, providers: IdentityProviders, header: dict[str, Json]
) -> None:
    assert await refusal(providers, provider.mint(header=header)) == INVALID


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "application/at+jwt", WITHOUT])
async def test_the_names_of_an_access_token_are_taken(
    provider: Provider, providers: IdentityProviders, kind: Json
) -> None:
    identity = await providers.verify(provider.mint(header={"typ": kind}))

    assert identity.external_id == "acme"


async def test_a_token_without_a_signature_is_refused(provider: Provider, providers: IdentityProviders) -> None:
    honest = provider.mint()
    unsigned = signed({"alg": "none", "typ": "JWT"}, provider.claims(), lambda _: b"")

    assert providers.recognises(unsigned)
    for token in (unsigned, honest.rpartition(".")[0] + "."):
        assert await refusal(providers, token) == INVALID


async def test_the_public_key_is_no_secret_to_sign_with(provider: Provider, providers: IdentityProviders) -> None:
    public = provider.keys[0].private.public_key()
    guesses = [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).strip(),
        public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(provider.keys[0].public_jwk()).encode(),
        provider.keys[0].public_jwk()["n"].encode(),
        b"",
    ]

    for secret in guesses:
        for header in ({"alg": "HS256", "kid": "first"}, {"alg": "HS256"}, {"alg": "RS256", "kid": "first"}):
            token = signed(header, provider.claims(), lambda message: hmac.digest(secret, message, "sha256"))  # noqa: B023
            assert await refusal(providers, token) == INVALID


@pytest.mark.parametrize(
    ("algorithm", "stated"),
    [("ES256", "RS256"), ("RS256", "ES256"), ("RS256", "PS256"), ("ES384", "ES256"), ("EdDSA", "ES256")],
)
async def test_a_key_verifies_what_it_is_for_and_nothing_else(
    provider: Provider, clock: HandClock, algorithm: str, stated: str
) -> None:
    provider.keys = [signing_key("mine", algorithm)]
    providers = IdentityProviders([provider.settings(algorithms=(algorithm, stated))], clock=clock)

    honest = await providers.verify(provider.mint())

    assert honest.external_id == "acme"
    assert await refusal(providers, provider.mint(header={"alg": stated})) == INVALID
    await providers.close()


async def test_a_key_that_names_no_algorithm_verifies_those_of_its_type(provider: Provider, clock: HandClock) -> None:
    provider.publish({"keys": [signing_key().public_jwk(alg=WITHOUT, use=WITHOUT)]})
    providers = IdentityProviders([provider.settings(algorithms=("PS256", "RS256", "ES256"))], clock=clock)
    probabilistic = signing_key("first", "PS256")

    identity = await providers.verify(provider.mint())

    assert identity.external_id == "acme"
    assert await refusal(providers, provider.mint(probabilistic)) == INVALID, "another key of the same name"
    await providers.close()


async def test_a_token_signed_by_somebody_else_is_refused(provider: Provider, providers: IdentityProviders) -> None:
    stranger = signing_key("stranger")

    assert await refusal(providers, provider.mint(stranger, header={"kid": "first"})) == INVALID
    assert await refusal(providers, provider.mint(stranger, header={"kid": WITHOUT})) == INVALID


async def test_a_changed_token_is_refused(provider: Provider, providers: IdentityProviders) -> None:
    header, claims, signature = provider.mint().split(".")
    other = provider.mint(sub="other").split(".")[1]
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]

    for token in (
        f"{header}.{other}.{signature}",
        f"{header}.{claims}.{flipped}",
        f"{header}.{claims}.{signature[4:]}",
    ):
        assert await refusal(providers, token) == INVALID


async def test_a_key_too_short_to_be_safe_verifies_nothing(provider: Provider, providers: IdentityProviders) -> None:
    provider.keys = [signing_key("short", bits=1024)]

    assert await refusal(providers, provider.mint()) == INVALID


NOT_TOKENS: list[str] = [
    "",
    ".",
    "..",
    "a.b",
    "a.b.c.d",
    "adm_test_0123456789",
    "é.b.c",
    "a b.c.d",
    "eyJ.e30.",
    "e30.e30.e30\n",
    "e30=.e30.e30",
    "\ud800.b.c",
    "a." + "b" * LONGEST_TOKEN + ".c",
]


@pytest.mark.parametrize("text", NOT_TOKENS, ids=lambda text: ascii(text)[:24])
async def test_what_is_no_token_is_refused_without_a_word_to_the_provider(
    provider: Provider, providers: IdentityProviders, text: str
) -> None:
    assert await refusal(providers, text) == INVALID
    assert provider.fetches == 0


@pytest.mark.parametrize(
    "payload", [b"", b"null", b"[]", b'"x"', b"\xff", b"{", b"9" * 5000, b"[" * 5000, b'{"iss":' * 600], ids=ascii
)
async def test_claims_that_are_no_object_are_refused(
    provider: Provider, providers: IdentityProviders, payload: bytes
) -> None:
    token = signed({"alg": "RS256", "kid": "first"}, payload, lambda _: b"signature")

    assert await refusal(providers, token) == INVALID


async def test_keys_and_tokens_are_told_apart(provider: Provider, providers: IdentityProviders) -> None:
    longest = "a." + "b" * (LONGEST_TOKEN - 4) + ".c"

    assert providers.recognises(provider.mint())
    assert providers.recognises(longest)
    assert not any(providers.recognises(text) for text in (longest + "c", "adm_live_" + "x" * 43, "", "a.b"))


async def test_an_unknown_issuer_makes_nobody_fetch_anything(provider: Provider, providers: IdentityProviders) -> None:
    await refusal(providers, provider.mint(iss="https://elsewhere.example.com"))
    await refusal(providers, provider.mint(aud="another"))
    await refusal(providers, provider.mint(header={"alg": "HS256"}))

    assert provider.fetches == 0


async def test_without_a_provider_every_token_is_refused(provider: Provider, clock: HandClock) -> None:
    nobody = IdentityProviders([], clock=clock)

    assert nobody.recognises(provider.mint())
    assert await refusal(nobody, provider.mint()) == INVALID
    await nobody.close()


async def test_each_provider_vouches_for_its_own_customers_alone(provider: Provider, clock: HandClock) -> None:
    async with providing(NOON) as other:
        other.keys = [signing_key("other")]
        both = [provider.settings(environment="live"), other.settings(environment="test")]
        providers = IdentityProviders(both, clock=clock)

        own = await providers.verify(other.mint())
        forged = other.mint(iss=provider.issuer)

        assert own.environment == "test"
        assert await refusal(providers, forged) == INVALID
        await providers.close()


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
