"""The keys a provider publishes (JSON Web Key Sets, RFC 7517): which of them may verify which signatures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from jwt import PyJWK
from jwt.exceptions import PyJWTError

MOST_KEYS = 100
"""Keys of a set that are looked at. Providers publish two or three; the bound keeps a broken one from stalling us."""

_PRIVATE_PART = "d"


class JwksInvalid(Exception):
    """A document that is no key set. The message says what is wrong with it and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of one set, by what a token's header names.

    `ids` holds the id of every published key, of unusable ones too: a token that names one of them has nothing to gain
    from a look at a newer set.
    """

    ids: frozenset[str]
    keys: Mapping[str, Mapping[str | None, PyJWK]]

    def find(self, algorithm: str, kid: str | None) -> PyJWK | None:
        """The key for an algorithm with this id. A token without one is verified by the only key there is, if any."""
        fitting = self.keys.get(algorithm, {})
        if kid is None and len(fitting) == 1:
            return next(iter(fitting.values()))
        return fitting.get(kid)


def read_key_set(document: bytes, algorithms: Sequence[str]) -> KeySet:
    """The keys of a set that may verify one of these algorithms. Raises: JwksInvalid.

    A key is bound to algorithms here, by its own type, curve and `alg`, so that no token can choose another use for it.
    Left out are those for encryption, private ones (what is published is no secret), symmetric ones (no algorithm that
    can be allowed is for them), RSA keys below 2048 bits, and whatever can't be read. Of two with the same id for the
    same algorithm the first counts.
    """
    published = _published(document)
    keys: dict[str, dict[str | None, PyJWK]] = {algorithm: {} for algorithm in algorithms}
    for jwk in filter(_may_verify, published):
        for algorithm in algorithms:
            if (key := _bound(jwk, algorithm)) is not None:
                keys[algorithm].setdefault(_id(jwk), key)
    return KeySet(frozenset(kid for jwk in published if (kid := _id(jwk)) is not None), keys)


def _published(document: bytes) -> list[dict[str, Any]]:
    try:
        parsed: object = orjson.loads(document)
    except orjson.JSONDecodeError:
        raise JwksInvalid("it is not JSON") from None
    keys = cast("dict[str, object]", parsed).get("keys") if isinstance(parsed, dict) else None
    if not isinstance(keys, list):
        raise JwksInvalid("it is not a key set: it has no list `keys`")
    return [cast("dict[str, Any]", jwk) for jwk in cast("list[object]", keys)[:MOST_KEYS] if isinstance(jwk, dict)]


def _may_verify(jwk: dict[str, Any]) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    return (
        jwk.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and _PRIVATE_PART not in jwk
    )


def _bound(jwk: dict[str, Any], algorithm: str) -> PyJWK | None:
    """The key as one for this algorithm; None if it is not."""
    if jwk.get("alg", algorithm) != algorithm:
        return None
    try:
        key = PyJWK(jwk, algorithm)
        # PyJWK holds the type against the algorithm; the curve is held against it only here.
        prepared = key.Algorithm.prepare_key(key.key)
    except (PyJWTError, UnsupportedAlgorithm):
        return None
    return None if key.Algorithm.check_key_length(prepared) else key


def _id(jwk: dict[str, Any]) -> str | None:
    kid = jwk.get("kid")
    return kid if isinstance(kid, str) else None
