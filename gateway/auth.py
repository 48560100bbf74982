"""Who is asking: an API key in the Authorization header, as a Bearer token (RFC 6750)."""

from starlette.datastructures import Headers

from storage.credentials import find_credential
from storage.database import Database
from storage.records import Credential

EVERYTHING = ("*",)
"""The scopes of a key that may do all there is to do in its environment; so far every key may."""


class Unauthenticated(Exception):
    """No credential, or one that opens nothing. `challenge` is what the WWW-Authenticate header says."""

    def __init__(self, message: str, challenge: str) -> None:
        self.challenge = challenge
        super().__init__(message)


async def authenticate(database: Database, headers: Headers) -> Credential:
    """The credential of a request. Raises: Unauthenticated; DatabaseUnavailable.

    A wrong key and a revoked one are told apart by their owner in the list of keys, and by nobody here.
    """
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        message = "This endpoint needs an API key: send the header `Authorization: Bearer <key>`."
        raise Unauthenticated(message, 'Bearer realm="admittance"')
    credential = await find_credential(database, secret.strip())
    if credential is None or credential.revoked_at is not None:
        message = "This API key is not valid: it is unknown or was revoked."
        raise Unauthenticated(message, 'Bearer realm="admittance", error="invalid_token"')
    return credential
