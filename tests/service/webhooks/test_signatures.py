"""Deliveries prove themselves to both libraries with the one secret that is shown, and nothing else does."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from gateway.webhooks.signing import signature_headers
from storage.rows import webhook_endpoints
from storage.unit_of_work import RealTimeWork, write_in_real_time
from storage.webhook_endpoints import rotate_secret
from tests.service.webhooks.post import Post, dispatching
from tests.service.webhooks.receiver import receiving
from tests.service.webhooks.verifying import VERIFIERS, verified

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr"
OTHER = "whsec_" + "C2FVsBQIhrscChlQIMV+b5sSYspob7oDC2FVsBQIhrsc"
BODY = b'{"id": "evt_1c", "object": "event", "type": "entitlements.changed", "data": {"object": {"name": "\xc3\xa9"}}}'
NOW = datetime.now(UTC)

verifiers = pytest.mark.parametrize("verify", VERIFIERS.values(), ids=VERIFIERS)
Verify = Callable[[bytes, Mapping[str, str], str], str]


def signed(*secrets: str, at: datetime | None = None) -> dict[str, str]:
    headers = signature_headers("evt_1c", BODY, secrets or (SECRET,), at or datetime.now(UTC))
    return {name.lower(): value for name, value in headers.items()}


@verifiers
def test_what_was_signed_is_accepted(verify: Verify) -> None:
    assert verify(BODY, signed(), SECRET) == "evt_1c"


@verifiers
@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_while_a_secret_is_rotated_both_are_good(verify: Verify, secret: str) -> None:
    assert verify(BODY, signed(OTHER, SECRET), secret) == "evt_1c"


@verifiers
def test_another_secret_is_refused(verify: Verify) -> None:
    with pytest.raises(ValueError, match=r"[Nn]o (signatures|matching)"):
        verify(BODY, signed(), OTHER)


@verifiers
@pytest.mark.parametrize("altered", [BODY + b" ", BODY.replace(b"changed", b"chanced"), b"{}"])
def test_an_altered_body_is_refused(verify: Verify, altered: bytes) -> None:
    with pytest.raises(ValueError, match=r"[Nn]o (signatures|matching)"):
        verify(altered, signed(), SECRET)


@verifiers
def test_an_old_delivery_is_refused(verify: Verify) -> None:
    with pytest.raises(ValueError, match=r"too old|outside the tolerance"):
        verify(BODY, signed(at=datetime.now(UTC) - timedelta(minutes=6)), SECRET)


def test_a_delivery_from_the_future_is_refused_by_standard_webhooks() -> None:
    """Stripe's own library accepts it."""
    with pytest.raises(ValueError, match="too new"):
        VERIFIERS["standardwebhooks"](BODY, signed(at=datetime.now(UTC) + timedelta(minutes=6)), SECRET)


@verifiers
def test_a_delivery_under_a_later_time_is_refused(verify: Verify) -> None:
    old, new = signed(at=datetime.now(UTC) - timedelta(minutes=6)), signed()
    forged = {
        **old,
        "webhook-timestamp": new["webhook-timestamp"],
        "stripe-signature": new["stripe-signature"].partition(",")[0] + ",v1=" + old["stripe-signature"][-64:],
    }

    with pytest.raises(ValueError, match=r"[Nn]o (signatures|matching)"):
        verify(BODY, forged, SECRET)


async def test_deliveries_verify_with_the_old_and_the_new_secret_until_the_old_one_ends(post: Post) -> None:
    async with receiving() as receiver, dispatching(post.database) as dispatcher:
        endpoint = await post.endpoint(receiver.url, "entitlements.changed")

        async def rotate(work: RealTimeWork) -> str:
            return (await rotate_secret(work, endpoint, grace=timedelta(hours=1))).secret

        fresh = await write_in_real_time(post.database, post.stage.env, rotate)
        await post.happen(1)
        await dispatcher.deliver_due()
        ended = {endpoint.secret: (datetime.now(UTC) - timedelta(seconds=1)).isoformat()}
        async with post.database.begin_write() as connection:
            await connection.execute(update(webhook_endpoints).values(former_secrets=ended))
        await post.happen(1)
        await dispatcher.deliver_due()

    during, after = receiver.arrivals
    assert verified(during, endpoint.secret) == verified(during, fresh) == during.event["id"]
    assert during.headers["stripe-signature"].count("v1=") == 2
    assert after.headers["stripe-signature"].count("v1=") == 1
    assert verified(after, fresh) == after.event["id"]
    assert len(after.headers["webhook-signature"].split(" ")) == 1
