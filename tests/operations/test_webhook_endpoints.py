"""Webhook endpoints: who may have one, where, with which secret, and what becomes of it."""

from datetime import UTC, datetime, timedelta

import pytest

from schema.scalars import write_instant
from storage.webhook_endpoints import load_endpoints
from storage.webhook_records import WebhookEndpoint
from tests.operations.api import Api, Json

URL = "https://hooks.example.com/entitlements"
ENDPOINT = """webhookEndpoint {
    id url enabledEvents ordered status disabledAt disabledReason failingSince previousSecretExpiresAt description
    metadata livemode
}"""


def problems(payload: Json) -> list[tuple[list[str] | None, str]]:
    return [(error["field"], error["code"]) for error in payload["userErrors"]]


async def stored(api: Api, endpoint: str) -> WebhookEndpoint:
    async with api.database.read() as connection:
        return (await load_endpoints(connection, api.environment.id, [endpoint]))[endpoint]


async def test_an_endpoint_is_made_with_a_secret_that_is_shown_once(shop: Api) -> None:
    given = {"url": URL, "description": "Our store", "metadata": {"team": "growth"}, "idempotencyKey": "1"}

    payload = await shop.mutate("createWebhookEndpoint", f"{ENDPOINT} secret", **given)
    again = await shop.mutate("createWebhookEndpoint", f"{ENDPOINT} secret", **given)

    endpoint = payload["webhookEndpoint"]
    assert endpoint == {
        "id": endpoint["id"],
        "url": URL,
        "enabledEvents": ["*"],
        "ordered": False,
        "status": "ENABLED",
        "disabledAt": None,
        "disabledReason": None,
        "failingSince": None,
        "previousSecretExpiresAt": None,
        "description": "Our store",
        "metadata": {"team": "growth"},
        "livemode": False,
    }
    assert (await stored(shop, endpoint["id"])).secret == payload["secret"]
    assert payload["secret"].startswith("whsec_")
    assert (again["webhookEndpoint"], again["secret"]) == (endpoint, None)
    found = f'{{ webhookEndpoint(id: "{endpoint["id"]}") {{ id url }} }}'
    assert await shop.run(found) == {"webhookEndpoint": {"id": endpoint["id"], "url": URL}}


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"url": ""}, [("url", "BLANK")]),
        ({"url": " "}, [("url", "BLANK")]),
        ({"url": f"https://hooks.example.com/{'a' * 2_023}"}, [("url", "TOO_LONG")]),
        ({"url": "hooks.example.com"}, [("url", "INVALID")]),
        ({"url": "ftp://hooks.example.com"}, [("url", "INVALID")]),
        ({"url": "file:///etc/passwd"}, [("url", "INVALID")]),
        ({"url": "https://"}, [("url", "INVALID")]),
        ({"url": "https://me@hooks.example.com"}, [("url", "INVALID")]),
        ({"url": "https://me:secret@hooks.example.com"}, [("url", "INVALID")]),
        ({"url": "https://hooks.example.com:0"}, [("url", "INVALID")]),
        ({"url": "https://hooks.example.com:65536"}, [("url", "INVALID")]),
        ({"url": "https://hooks.example.com:x"}, [("url", "INVALID")]),
        ({"url": "https://127.0.0.1"}, [("url", "INVALID")]),
        ({"url": "https://[::1]"}, [("url", "INVALID")]),
        ({"url": "https://2130706433"}, [("url", "INVALID")]),
        ({"url": "https://localhost:8000"}, [("url", "INVALID")]),
        ({"url": "https://hooks.example.com\n"}, [("url", "INVALID")]),
        ({"url": "https://hooks.example.com/\0"}, [("url", "INVALID")]),
        ({"url": URL, "enabledEvents": []}, [("enabledEvents", "BLANK")]),
        ({"url": URL, "enabledEvents": ["entitlements.vanished"]}, [("enabledEvents", "INVALID")]),
        ({"url": URL, "description": "a" * 501}, [("description", "TOO_LONG")]),
        (
            {"url": "nowhere", "enabledEvents": [], "description": ""},
            [("url", "INVALID"), ("enabledEvents", "BLANK"), ("description", "BLANK")],
        ),
    ],
)
async def test_what_is_wrong_with_an_endpoint_is_told_at_once(
    shop: Api, given: Json, refused: list[tuple[str, str]]
) -> None:
    payload = await shop.try_mutation("createWebhookEndpoint", f"{ENDPOINT} secret", **given)

    assert problems(payload) == [(["input", field], code) for field, code in refused]
    assert (payload["webhookEndpoint"], payload["secret"]) == (None, None)
    assert await shop.run("{ webhookEndpoints { totalCount } }") == {"webhookEndpoints": {"totalCount": 0}}


async def test_an_environment_has_at_most_16(shop: Api) -> None:
    endpoints = [await shop.webhook_endpoint() for _ in range(16)]

    refused = await shop.try_mutation("createWebhookEndpoint", url=URL)
    await shop.mutate("deleteWebhookEndpoint", id=endpoints[0])
    await shop.mutate("createWebhookEndpoint", url=URL)

    assert problems(refused) == [(None, "TOO_MANY")]


async def test_an_update_changes_what_it_names_and_nothing_else(shop: Api) -> None:
    endpoint = await shop.webhook_endpoint(description="Before", metadata={"a": "1", "b": "2"})

    payload = await shop.mutate(
        "updateWebhookEndpoint",
        ENDPOINT,
        id=endpoint,
        url=URL,
        enabledEvents=["entitlements.changed", "entitlements.changed"],
        ordered=True,
        metadata={"a": None, "c": "3"},
    )
    cleared = await shop.mutate("updateWebhookEndpoint", ENDPOINT, id=endpoint, description=None, metadata=None)

    changed = payload["webhookEndpoint"]
    assert (changed["url"], changed["enabledEvents"], changed["ordered"]) == (URL, ["entitlements.changed"], True)
    assert (changed["description"], changed["metadata"]) == ("Before", {"b": "2", "c": "3"})
    assert cleared["webhookEndpoint"] == {**changed, "description": None, "metadata": {}}


@pytest.mark.parametrize("field", ["url", "enabledEvents", "ordered", "status"])
async def test_what_an_endpoint_must_have_can_not_be_cleared(shop: Api, field: str) -> None:
    endpoint = await shop.webhook_endpoint()

    payload = await shop.try_mutation("updateWebhookEndpoint", id=endpoint, **{field: None})

    assert problems(payload) == [(["input", field], "BLANK")]


async def test_an_endpoint_is_disabled_and_enabled(shop: Api) -> None:
    endpoint = await shop.webhook_endpoint()

    await shop.mutate("updateWebhookEndpoint", ENDPOINT, id=endpoint, status="ENABLED")
    off = await shop.mutate("updateWebhookEndpoint", ENDPOINT, id=endpoint, status="DISABLED")
    still = await shop.mutate("updateWebhookEndpoint", ENDPOINT, id=endpoint, status="DISABLED")
    on = await shop.mutate("updateWebhookEndpoint", ENDPOINT, id=endpoint, status="ENABLED")

    assert (off["webhookEndpoint"]["status"], off["webhookEndpoint"]["disabledReason"]) == ("DISABLED", "REQUESTED")
    assert still == off
    assert on["webhookEndpoint"]["status"] == "ENABLED"
    assert (on["webhookEndpoint"]["disabledAt"], on["webhookEndpoint"]["disabledReason"]) == (None, None)


async def test_a_deleted_endpoint_is_nowhere_and_its_secrets_are_forgotten(shop: Api) -> None:
    endpoint = await shop.webhook_endpoint(description="Ours")

    first = await shop.mutate("deleteWebhookEndpoint", ENDPOINT, id=endpoint, idempotencyKey="1")
    replayed = await shop.mutate("deleteWebhookEndpoint", ENDPOINT, id=endpoint, idempotencyKey="1")
    again = await shop.try_mutation("deleteWebhookEndpoint", id=endpoint)

    assert first["webhookEndpoint"]["description"] == "Ours"
    assert replayed == first
    assert problems(again) == [(["input", "id"], "NOT_FOUND")]
    assert await shop.of_node("WebhookEndpoint", endpoint, "id") is None
    assert await shop.run("{ webhookEndpoints { totalCount nodes { id } } }") == {
        "webhookEndpoints": {"totalCount": 0, "nodes": []}
    }


async def test_a_rotated_secret_leaves_the_one_before_good_for_as_long_as_asked(shop: Api) -> None:
    made = await shop.mutate("createWebhookEndpoint", "webhookEndpoint { id } secret", url=URL)
    endpoint = made["webhookEndpoint"]["id"]

    rotated = await shop.mutate("rotateWebhookSecret", f"{ENDPOINT} secret", id=endpoint)
    kept = await stored(shop, endpoint)

    assert rotated["secret"] not in (None, made["secret"])
    [(former, until)] = kept.former_secrets
    assert (kept.secret, former) == (rotated["secret"], made["secret"])
    assert timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(hours=24)
    assert rotated["webhookEndpoint"]["previousSecretExpiresAt"] == write_instant(until)
    assert kept.secrets_at(until) == (rotated["secret"],)


async def test_a_secret_is_good_to_its_end_however_often_it_was_rotated_since(shop: Api) -> None:
    """Whoever lost an answer, and the secret with it, asks for another: the receiver knows the first alone."""
    made = await shop.mutate("createWebhookEndpoint", "webhookEndpoint { id } secret", url=URL)
    endpoint = made["webhookEndpoint"]["id"]

    lost = await shop.mutate("rotateWebhookSecret", "secret", id=endpoint, previousExpiresIn=600)
    rotated = await shop.mutate("rotateWebhookSecret", f"{ENDPOINT} secret", id=endpoint, previousExpiresIn=60)

    kept = await stored(shop, endpoint)
    now = datetime.now(UTC)
    assert set(kept.secrets_at(now)) == {rotated["secret"], lost["secret"], made["secret"]}
    assert kept.secrets_at(now + timedelta(seconds=61)) == (rotated["secret"], made["secret"])
    assert kept.secrets_at(now + timedelta(seconds=601)) == (rotated["secret"],)
    assert rotated["webhookEndpoint"]["previousSecretExpiresAt"] == write_instant(kept.former_secrets[0][1])


async def test_no_more_than_a_few_secrets_sign_beside_the_present_one(shop: Api) -> None:
    endpoint = await shop.webhook_endpoint()

    for _ in range(10):
        await shop.mutate("rotateWebhookSecret", id=endpoint)

    assert len((await stored(shop, endpoint)).secrets_at(datetime.now(UTC))) == 9


async def test_a_secret_that_is_known_to_others_is_rotated_at_once(shop: Api) -> None:
    endpoint = await shop.webhook_endpoint()
    await shop.mutate("rotateWebhookSecret", id=endpoint)

    rotated = await shop.mutate("rotateWebhookSecret", f"{ENDPOINT} secret", id=endpoint, previousExpiresIn=0)

    kept = await stored(shop, endpoint)
    assert rotated["webhookEndpoint"]["previousSecretExpiresAt"] is None
    assert kept.secrets_at(datetime.now(UTC)) == (rotated["secret"],)


@pytest.mark.parametrize("seconds", [-1, 604_801])
async def test_a_grace_time_of_another_length_is_refused(shop: Api, seconds: int) -> None:
    endpoint = await shop.webhook_endpoint()
    before = await stored(shop, endpoint)

    payload = await shop.try_mutation("rotateWebhookSecret", "secret", id=endpoint, previousExpiresIn=seconds)

    assert problems(payload) == [(["input", "previousExpiresIn"], "INVALID")]
    assert payload["secret"] is None
    assert await stored(shop, endpoint) == before
