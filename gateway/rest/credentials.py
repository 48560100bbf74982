"""Who asks, as Stripe's libraries and curl say it: `Bearer <key>`, or HTTP Basic with the key as the user's name."""

from base64 import b64decode
from binascii import Error as NotBase64


def as_bearer(authorization: str | None) -> str | None:
    """An Authorization value with the key as a Bearer token, whichever way it was sent; others as they are.

    Nobody is ever asked for Basic credentials by a challenge: a browser would keep them and send them along with forms
    of other pages.
    """
    scheme, _, given = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return authorization
    try:
        user = b64decode(given.strip(), validate=True).decode().partition(":")[0]
    except (NotBase64, UnicodeDecodeError):
        # As wrong as any other credential.
        user = given
    return f"Bearer {user}"
