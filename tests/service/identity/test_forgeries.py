"""Tokens that must let nobody in: made up, unsigned, signed with the wrong key or in the wrong way, bent, or broken."""

import hmac
import json

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.identity.claims import INVALID
from gateway.identity.providers import LONGEST_TOKEN, IdentityProviders
from tests.service.identity.conftest import NOON, refusal
from tests.service.identity_provider import WITHOUT, HandClock, Json, Provider, providing, signed, signing_key


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


async def test_an_unknown_issuer_makes_nobody_fetch_anything(provider: Provider, providers: IdentityProviders) -> None:
    await refusal(providers, provider.mint(iss="https://elsewhere.example.com"))
    await refusal(providers, provider.mint(aud="another"))
    await refusal(providers, provider.mint(header={"alg": "HS256"}))

    assert provider.fetches == 0


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
