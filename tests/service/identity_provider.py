"""A little identity provider on the loopback: it serves its public keys over HTTP and signs whatever it is asked to."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import Algorithm
from jwt.utils import base64url_encode

from gateway.setting_groups import IdentityProvider

Json = Any
AUDIENCE = "https://entitlements.example.com"


class _Without:
    def __repr__(self) -> str:
        return "WITHOUT"


WITHOUT: Json = _Without()
"""The value of a claim or header that is to be left out."""

_CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}


@dataclass
class HandClock:
    """A clock that stands still until it is moved."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        """Moves it, by days, hours, minutes or seconds, as `timedelta` has them."""
        self.at += timedelta(**by)


@dataclass(frozen=True)
class SigningKey:
    """A private key with its id and the algorithm it is for."""

    kid: str
    algorithm: str
    private: Any = field(repr=False)

    def public_jwk(self, **changes: Json) -> dict[str, Json]:
        """What is published of it."""
        jwk = self._family().to_jwk(self.private.public_key(), as_dict=True)
        return _changed({**jwk, "kid": self.kid, "use": "sig", "alg": self.algorithm}, changes)

    def private_jwk(self) -> dict[str, Json]:
        """What must never be published of it."""
        jwk = self._family().to_jwk(self.private, as_dict=True)
        return {**jwk, "kid": self.kid, "alg": self.algorithm, "key_ops": ["sign", "verify"]}

    def sign(self, header: Mapping[str, Json], claims: Mapping[str, Json]) -> str:
        """A token with exactly this header and these claims, whatever they hold."""
        return signed(header, claims, partial(self._family().sign, key=self.private))

    def _family(self) -> Algorithm:
        return jwt.get_algorithm_by_name(self.algorithm)


def signed(header: Mapping[str, Json], claims: Mapping[str, Json] | bytes, sign: Callable[[bytes], bytes]) -> str:
    """A token by hand: no library refuses to write what no library should read."""
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    message = base64url_encode(json.dumps(header).encode()) + b"." + base64url_encode(payload)
    return (message + b"." + base64url_encode(sign(message))).decode()


def signing_key(kid: str = "first", algorithm: str = "RS256", *, bits: int = 2048) -> SigningKey:
    """The key of this name: always the same one, as making one takes a while."""
    return _made_key(kid, algorithm, bits)


@cache
def _made_key(kid: str, algorithm: str, bits: int) -> SigningKey:
    if algorithm == "EdDSA":
        return SigningKey(kid, algorithm, ed25519.Ed25519PrivateKey.generate())
    if algorithm in _CURVES:
        return SigningKey(kid, algorithm, ec.generate_private_key(_CURVES[algorithm]()))
    return SigningKey(kid, algorithm, rsa.generate_private_key(65537, bits))


@dataclass
class Provider:
    """A running provider. What it publishes, and how it misbehaves, can be changed at any time."""

    issuer: str
    now: datetime
    keys: list[SigningKey] = field(default_factory=lambda: [signing_key()])
    document: bytes | None = None
    status: str = "200 OK"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    fetches: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None

    @property
    def jwks_url(self) -> str:
        return f"{self.issuer}/.well-known/jwks.json"

    def settings(self, **changes: Json) -> IdentityProvider:
        """How an installation is told to trust it."""
        given = {"issuer": self.issuer, "audience": AUDIENCE, "jwks_url": self.jwks_url, **changes}
        return IdentityProvider.model_validate(given)

    def claims(self, **changes: Json) -> dict[str, Json]:
        """Those of a token for the customer `acme`, good for ten minutes from the provider's `now`."""
        now = int(self.now.timestamp())
        claims = {"iss": self.issuer, "aud": AUDIENCE, "sub": "acme", "iat": now, "exp": now + 600}
        return _changed(claims, changes)

    def mint(self, key: SigningKey | None = None, header: Mapping[str, Json] | None = None, **claims: Json) -> str:
        """A token, signed by its first key or another, with the claims changed as stated."""
        key = key or self.keys[0]
        return key.sign(
            _changed({"alg": key.algorithm, "typ": "JWT", "kid": key.kid}, header or {}), self.claims(**claims)
        )

    def publish(self, document: Json) -> None:
        """From now on serves this instead of its keys: bytes as they are, anything else as JSON."""
        self.document = document if isinstance(document, bytes) else json.dumps(document).encode()

    async def go_away(self) -> None:
        """Stops listening: connections are refused from now on."""
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def come_back(self) -> None:
        """Listens, on the port it had if it had one."""
        port = int(self.issuer.rpartition(":")[2])
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", port)
        self.issuer = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.fetches += 1
            self.asked.set()
            await self.may_answer.wait()
            published = {"keys": [key.public_jwk() for key in self.keys]}
            body = json.dumps(published).encode() if self.document is None else self.document
            headers = {"Content-Type": "application/json", "Connection": "close", **self.headers}
            lines = [f"HTTP/1.1 {self.status}", *(f"{name}: {value}" for name, value in headers.items())]
            writer.write("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body)
            await writer.drain()
        except ConnectionError:
            # Whoever asked has hung up, as it may.
            pass
        finally:
            writer.close()


@asynccontextmanager
async def providing(now: datetime) -> AsyncGenerator[Provider]:
    """A provider on a free port, in the loop of the test. Its tokens are made at `now`."""
    provider = Provider("http://127.0.0.1:0", now)
    provider.may_answer.set()
    await provider.come_back()
    try:
        yield provider
    finally:
        provider.may_answer.set()
        await provider.go_away()


def _changed(given: dict[str, Json], changes: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in {**given, **changes}.items() if value is not WITHOUT}
