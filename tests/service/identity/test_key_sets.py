"""What a provider publishes: which of its keys verify what, and what is no key set at all."""

import gzip

import pytest

from gateway.identity.providers import IdentityProviders
from gateway.identity.published_keys import lifetime_of
from tests.service.identity.conftest import lasting, outcome
from tests.service.identity_provider import WITHOUT, HandClock, Json, Provider, signing_key


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        ("", 600),
        ("public", 600),
        ("max-age=86400", 600),
        ("max-age=99999999999999999999", 600),
        ("public, max-age=120", 120),
        ('Max-Age="120"', 120),
        ("s-maxage=60, max-age=300", 300),
        ("x-max-age=60", 600),
        ("max-age=0", 30),
        ("max-age=-5", 600),
        ("max-age=soon", 600),
        ("no-store", 30),
        ("no-cache, max-age=300", 30),
    ],
)
def test_cache_control_may_shorten_a_sets_life_but_not_make_us_hammer(cache_control: str, seconds: int) -> None:
    assert lifetime_of(cache_control).total_seconds() == seconds


async def test_a_published_key_that_does_not_fit_is_not_looked_for_again(
    provider: Provider, providers: IdentityProviders
) -> None:
    provider.keys.append(signing_key("elliptic", "ES256"))
    await outcome(providers, provider.mint())

    mixed = await outcome(providers, provider.mint(header={"kid": "elliptic"}))

    assert mixed == "TokenRefused"
    assert provider.fetches == 1


async def test_a_token_without_a_key_id_is_verified_by_the_only_key_that_fits(
    provider: Provider, providers: IdentityProviders, clock: HandClock
) -> None:
    token = lasting(provider, kid=WITHOUT)
    provider.keys.append(signing_key("elliptic", "ES256"))
    only = await outcome(providers, token)

    provider.keys.append(signing_key("second"))
    clock.move(minutes=10)

    assert (only, await outcome(providers, token)) == ("acme", "TokenRefused")


async def test_a_key_on_another_curve_is_not_one_that_fits(provider: Provider, providers: IdentityProviders) -> None:
    keys = [signing_key("longer", "ES384"), signing_key("short", "ES256")]
    provider.publish({"keys": [key.public_jwk(alg=WITHOUT) for key in keys]})

    assert await outcome(providers, provider.mint(keys[1], header={"kid": WITHOUT})) == "acme"


async def test_a_provider_that_withdraws_every_key_is_taken_at_its_word(
    provider: Provider, providers: IdentityProviders, clock: HandClock
) -> None:
    before = await outcome(providers, lasting(provider))
    provider.publish({"keys": []})

    clock.move(minutes=10)

    assert (before, await outcome(providers, lasting(provider))) == ("acme", "TokenRefused")


UNUSABLE: list[Json] = [
    signing_key("bad").public_jwk(use="enc"),
    signing_key("bad").public_jwk(use=["sig"]),
    signing_key("bad").public_jwk(key_ops=["encrypt"]),
    signing_key("bad").public_jwk(key_ops="verify"),
    signing_key("bad").public_jwk(alg="RSA-OAEP"),
    signing_key("bad").public_jwk(alg=["RS256"]),
    signing_key("bad").public_jwk(alg="HS256"),
    signing_key("bad").public_jwk(kty="oct", k="c2VjcmV0"),
    signing_key("bad").public_jwk(kty="EC"),
    signing_key("bad").public_jwk(kty={"RSA": 1}),
    signing_key("bad").public_jwk(kty=WITHOUT),
    signing_key("bad").public_jwk(n=5),
    signing_key("bad").public_jwk(n="é"),
    signing_key("bad").public_jwk(n=""),
    signing_key("bad").public_jwk(n=WITHOUT),
    signing_key("bad").public_jwk(e="AA"),
    signing_key("bad").public_jwk(kid=5),
    signing_key("bad").private_jwk(),
    signing_key("bad", bits=1024).public_jwk(),
    {"kty": "oct", "kid": "bad"},
    {"kty": "EC", "kid": "bad", "crv": "P-256", "x": 5, "y": None},
    {"kty": "EC", "kid": "bad", "crv": "P-256", "x": "A" * 43, "y": "A" * 43},
    {"kty": "OKP", "kid": "bad", "crv": "Ed25519", "x": "AA"},
    {"kty": "OKP", "kid": "bad", "crv": "X25519", "x": "A" * 43},
    None,
    "bad",
    [],
]


@pytest.mark.parametrize("jwk", UNUSABLE, ids=range(len(UNUSABLE)))
async def test_a_key_that_cannot_be_used_verifies_nothing_and_harms_no_other(
    provider: Provider, clock: HandClock, jwk: Json
) -> None:
    provider.publish({"keys": [jwk, signing_key().public_jwk()]})
    algorithms = ("RS256", "ES256", "EdDSA")
    providers = IdentityProviders([provider.settings(algorithms=algorithms)], clock=clock)

    assert await outcome(providers, provider.mint()) == "acme"
    for bits in (2048, 1024):
        assert await outcome(providers, provider.mint(signing_key("bad", bits=bits))) == "TokenRefused"
    await providers.close()


async def test_of_two_keys_with_one_id_each_verifies_its_own_algorithm(
    provider: Provider, providers: IdentityProviders
) -> None:
    twins = [signing_key("twin"), signing_key("twin", "ES256")]
    provider.keys = twins

    assert [await outcome(providers, provider.mint(key)) for key in twins] == ["acme", "acme"]


GARBAGE: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b'{"keys": null}',
    b'{"keys": {}}',
    b'{"keys": "RSA"}',
    b"<html>502</html>",
    b"\xff\xfe",
    b"[" * 100_000,
    b"9" * 5_000,
    b'{"keys": []' + b" " * (256 * 1024) + b"}",
]


@pytest.mark.parametrize("document", GARBAGE, ids=lambda document: ascii(document)[:20])
async def test_a_document_that_is_no_key_set_changes_nothing(
    provider: Provider, providers: IdentityProviders, clock: HandClock, document: bytes
) -> None:
    provider.publish(document)
    at_first = await outcome(providers, lasting(provider))
    provider.document = None
    clock.move(seconds=5)
    then = await outcome(providers, lasting(provider))
    provider.publish(document)
    clock.move(hours=1)

    assert (at_first, then) == ("IdentityProviderUnavailable", "acme")
    assert await outcome(providers, lasting(provider)) == "acme"
    assert provider.fetches == 3


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("404 Not Found", {}),
        ("500 Internal Server Error", {}),
        ("204 No Content", {}),
        ("203 Non-Authoritative Information", {}),
        ("302 Found", {"Location": "/.well-known/jwks.json?again"}),
        ("308 Permanent Redirect", {"Location": "/.well-known/jwks.json?again"}),
        ("nonsense", {}),
    ],
)
async def test_only_a_plain_answer_is_taken(
    provider: Provider, providers: IdentityProviders, status: str, headers: dict[str, str]
) -> None:
    provider.status, provider.headers = status, headers

    assert await outcome(providers, provider.mint()) == "IdentityProviderUnavailable"
    assert provider.fetches == 1


async def test_what_is_packed_is_not_unpacked(
    provider: Provider, providers: IdentityProviders, caplog: pytest.LogCaptureFixture
) -> None:
    provider.headers = {"Content-Encoding": "gzip"}
    provider.publish(gzip.compress(b'{"keys": []' + b" " * 10_000_000 + b"}"))

    assert await outcome(providers, provider.mint()) == "IdentityProviderUnavailable"
    assert "it is not JSON" in caplog.text


async def test_of_a_flood_of_keys_the_first_hundred_count(provider: Provider, providers: IdentityProviders) -> None:
    numbered = [signing_key().public_jwk(kid=str(number)) for number in range(300)]
    provider.publish({"keys": numbered})

    answers = [await outcome(providers, provider.mint(header={"kid": kid})) for kid in ("99", "100")]

    assert answers == ["acme", "TokenRefused"]
