"""Signatures of deliveries: by Stripe's scheme and by Standard Webhooks', from one secret.

Stripe's library takes the secret as it is shown, `whsec_` and all, for the key; the other decodes what comes after it.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime

_PREFIX = "whsec_"


def signature_headers(event_id: str, body: bytes, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers that prove a body to whoever knows one of the secrets, as sent at an instant of real time."""
    timestamp = str(int(at.timestamp()))
    by_stripe = (_stripe_signature(secret, timestamp, body) for secret in secrets)
    by_standard = (_standard_signature(secret, event_id, timestamp, body) for secret in secrets)
    return {
        "Stripe-Signature": ",".join((f"t={timestamp}", *(f"v1={signature}" for signature in by_stripe))),
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in by_standard),
    }


def _stripe_signature(secret: str, timestamp: str, body: bytes) -> str:
    return hmac.digest(secret.encode(), f"{timestamp}.".encode() + body, "sha256").hex()


def _standard_signature(secret: str, event_id: str, timestamp: str, body: bytes) -> str:
    key = b64decode(secret.removeprefix(_PREFIX))
    return b64encode(hmac.digest(key, f"{event_id}.{timestamp}.".encode() + body, "sha256")).decode()
