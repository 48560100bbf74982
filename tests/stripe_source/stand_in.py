"""A stand-in for Stripe: an account of ours behind Stripe's REST interface on a real socket, and its webhooks.

It tells what Stripe tells and nothing else: no event of a feature or of what is attached to a product, none older than
30 days, instants in whole seconds. Its own whole history is in its books.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Generator
from contextlib import contextmanager

import httpx2
import uvicorn

from tests.service.serving import answering
from tests.stripe_source.billing import Billing
from tests.stripe_source.books import Books
from tests.stripe_source.interface import Interface
from tests.stripe_source.shapes import Json

KEY = "sk_" + "test_stand_in_0123456789"
SECRET = "whsec_" + "stand_in_0123456789abcdef"


class StandIn:
    """An account, its billing and its interface. `url` is where it answers while it is `open`.

    `late_seconds`: how long after it is due something happens, such as a trial's end.
    """

    def __init__(self, now: int, *, livemode: bool = False, seed: int = 0, late_seconds: int = 0) -> None:
        self.books = Books(now, livemode=livemode, seed=seed)
        self.billing = Billing(self.books, late_seconds)
        self.interface = Interface(self.books, KEY)
        self.url = ""

    @contextmanager
    def open(self) -> Generator["StandIn"]:
        """Answers on a free port of the loopback, in a thread of its own."""
        config = uvicorn.Config(self.interface.app(), log_config=None, date_header=False, ws="none")
        with answering(config) as self.url:
            yield self


def body_of(event: Json) -> bytes:
    """An event as it is sent: its lines are indented."""
    return json.dumps(event, indent=2).encode()


def signature(body: bytes, secret: str = SECRET, at: float | None = None) -> str:
    """What the header `Stripe-Signature` says of a body; `at` is the real time of sending."""
    sent_at = int(time.time() if at is None else at)
    signed = hmac.new(secret.encode(), f"{sent_at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={sent_at},v1={signed}"


async def send(client: httpx2.AsyncClient, event: Json, secret: str = SECRET) -> httpx2.Response:
    """What a receiver answers to an event, signed as Stripe does."""
    body = body_of(event)
    headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature(body, secret)}
    return await client.post("/stripe/webhook", content=body, headers=headers)
